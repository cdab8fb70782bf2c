"""One running desk page's state: the casebook in memory, who may change it, the finder, the job at work.

Pages read a casebook that nobody changes under them; whoever writes gets a copy of their own, under the vault's lock.
No page and no text is made here.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from dropbox.envelope.account import LogAct
from dropbox.errors import DropboxError, VaultBusy
from dropbox.models import CaseId, ItemId
from dropbox.workstation import alarms, case_log
from dropbox.workstation.desk_site.door import Door
from dropbox.workstation.desk_site.jobs import Jobs
from dropbox.workstation.desk_site.later import Later
from dropbox.workstation.disclosure.drafts import PlanDrafts
from dropbox.workstation.drafts import Drafts
from dropbox.workstation.finder import Finder
from dropbox.workstation.together import Memory
from dropbox.workstation.vault import Stamp, Vault, casebook_stamp, hold_lock, look_into

LOCK_SECONDS = 5.0
"""How long a page waits for another one that writes."""
LOCK_PAUSE_SECONDS = 0.05
Made = TypeVar("Made")
Forget = Callable[[CaseId, Collection[ItemId]], object]


class Desk:
    """Everything that the pages share. `folder` is the vault's, which need not be there yet."""

    def __init__(self, folder: Path, door: Door | None = None) -> None:
        self.folder = folder
        self.door = door or Door()
        self.jobs = Jobs()
        self.finder = Finder()
        self.drafts = Drafts()
        self.later = Later(self.flush)
        self.plans = PlanDrafts()
        self.together = Memory()
        self.forgetters: list[Forget] = [
            lambda case, _items: self.drafts.forget(case),
            lambda case, _items: self.plans.drop(case),
        ]
        """What lets go of an erased case's texts and pictures in memory; whoever keeps any adds a line of theirs."""
        self.tell_link: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._held: tuple[Stamp, Vault] | None = None
        self._made: dict[object, object] = {}
        self._alarms: dict[alarms.Place, None] = {}

    @property
    def has_vault(self) -> bool:
        return casebook_stamp(self.folder) is not None

    @contextmanager
    def reading(self) -> Iterator[Vault]:
        """Give the vault for reading: no lock, nothing to save, and its casebook must not be changed.

        Raises VaultMissing, CasebookClosed, CasebookDamaged or what gpg says.
        """
        yield self._current()

    @contextmanager
    def writing(self) -> Iterator[Vault]:
        """Give a copy of the vault to change and `save()`, under its lock; pages go on with the old one meanwhile.

        What was not saved at the end, or not before an error, is forgotten. Raises VaultBusy while a command or
        another page writes.
        """
        with self._vault_lock():
            mine = self._current().with_own_casebook()
            looked_at = self.later.put_into(mine.casebook)
            raised = tuple(self._alarms)
            for place in raised:
                alarms.keep(mine.casebook, place)
            before = casebook_stamp(self.folder)
            yield mine
            after = casebook_stamp(self.folder)
            if after != before:
                self._install(mine, after)
                self.later.forget(looked_at)
                for place in raised:
                    self._alarms.pop(place, None)

    def looked(self, case: CaseId, act: LogAct, **details: str) -> None:
        """Keep for the log, once a day, what somebody looked at here; it is saved soon, and no page waits for that."""
        with self.reading() as vault:
            if not case_log.is_told(vault.casebook, case, act, **details):
                self.later.keep(case, act, **details)

    def alarm(self, place: alarms.Place) -> None:
        """Keep an alarm about an attachment, now if nothing else writes, else with whatever is saved next."""
        self._alarms[place] = None
        with suppress(DropboxError, OSError), self.writing() as vault:
            vault.save()

    def flush(self) -> None:
        """Save what was looked at, unless something else writes just now; then it is tried again."""
        try:
            if not self.later.is_empty:
                # where it fails the lines wait; a card that is out or a full disk is told of where somebody writes
                with suppress(DropboxError, OSError), self.writing() as vault:
                    vault.save()
        finally:
            self.later.again()

    @contextmanager
    def _vault_lock(self) -> Iterator[None]:
        """Hold the vault's lock. Another page is done in a moment and worth waiting for; a job or a command is not."""
        until = time.monotonic() + LOCK_SECONDS
        while True:
            with ExitStack() as held:
                try:
                    held.enter_context(hold_lock(self.folder))
                except VaultBusy:
                    at_work = self.jobs.running is not None and not self.jobs.is_here
                    if at_work or time.monotonic() > until:
                        raise
                    time.sleep(LOCK_PAUSE_SECONDS)
                    continue
                yield
                return

    def made_once(self, key: object, make: Callable[[Vault], Made]) -> Made:
        """Return what `make` makes of the casebook there is, made anew only after the casebook has changed."""
        with self._lock:
            vault = self._current()
            if key not in self._made:
                self._made[key] = make(vault)
            return self._made[key]  # type: ignore[return-value]  # one key, one maker

    def _current(self) -> Vault:
        with self._lock:
            stamp = casebook_stamp(self.folder)
            if self._held is not None and self._held[0] == stamp:
                return self._held[1]
            # the stamp is older than what is read, or as old: at worst the next page reads it again
            return self._install(look_into(self.folder), stamp)

    def _install(self, vault: Vault, stamp: Stamp | None) -> Vault:
        with self._lock:
            self._forget_erased(vault)
            if stamp is not None:
                self._held = (stamp, vault)
            self._made.clear()
            self.finder.follow(vault.casebook)
            self.together.follow(vault.casebook)
            return vault

    def _forget_erased(self, vault: Vault) -> None:
        before = self._held[1].casebook.erased if self._held is not None else {}
        for case, erased in vault.casebook.erased.items():
            if case not in before or before[case].items != erased.items:
                for forget in self.forgetters:
                    forget(case, erased.items.keys())
