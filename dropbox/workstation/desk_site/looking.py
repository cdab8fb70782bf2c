"""What this run of the desk page has looked at: true types of files, and the last pages as pictures. In memory alone.

One file is looked at at a time: each may take as much memory as its limits allow.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from flask import current_app

from dropbox.errors import OwnItemInside, StillSealed
from dropbox.workstation.desk_site.showing import this_desk
from dropbox.workstation.file_types import FileType
from dropbox.workstation.opening import Opened
from dropbox.workstation.redrawing import Page, draw_page
from dropbox.workstation.sandbox_frames import LIMITS
from dropbox.workstation.vault import Vault
from dropbox.workstation.viewing import Shown, look, true_types

MAX_KEPT_BYTES = 64 * 1024 * 1024
"""How many bytes of pictures are kept; the oldest go first."""
MAX_DRAWN = 20
"""How many pages are kept that somebody marks what is covered on."""
_NAME = "looking"
Key = tuple[str, int]
"""An attachment: its item's id and its number there."""


class Looking:
    """Keeps what was seen, so that turning a page opens nothing anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._types: dict[tuple[str, str], tuple[FileType, ...]] = {}
        self._seals: dict[Key, int] = {}
        self._seen: OrderedDict[tuple[Key, int, int], Shown] = OrderedDict()
        self._drawn: OrderedDict[tuple[Key, int], Page] = OrderedDict()

    def types(self, vault: Vault, opened: Opened) -> tuple[FileType, ...]:
        """Return the true type of each attachment of an item."""
        key = (opened.record.item, opened.record.sha256)
        if key not in self._types:
            self._types[key] = true_types(vault, opened)
        return self._types[key]

    def see(self, vault: Vault, opened: Opened, number: int, page: int) -> Shown:
        """Return what can be seen of an attachment, with this page among the pictures. Raises what `look` raises."""
        key = (opened.record.item, number)
        with self._lock:
            return self._see(vault, opened, key, page, self._seals.get(key, 0))

    def draw(self, vault: Vault, opened: Opened, number: int, page: int) -> Page:
        """Return one page of an attachment with its words. Raises what `draw_page` raises."""
        kept = ((opened.record.item, number), page)
        with self._lock:
            if kept not in self._drawn:
                attachment = opened.envelope.index.attachments[number - 1]
                with _alarmed():
                    self._drawn[kept] = draw_page(vault, opened, attachment, page)
                while len(self._drawn) > MAX_DRAWN:
                    self._drawn.popitem(last=False)
            self._drawn.move_to_end(kept)
            return self._drawn[kept]

    def unseal(self, vault: Vault, opened: Opened, number: int) -> None:
        """Open one more of the reporter's own seals around an attachment, for this run. Raises what `look` raises."""
        key = (opened.record.item, number)
        with self._lock:
            seals = self._seals.get(key, 0) + 1
            # where another one is in it, this one did open
            with suppress(StillSealed):
                self._see(vault, opened, key, 1, seals)
            self._seals[key] = seals

    def forget(self, items: Collection[str]) -> None:
        """Let go of what was seen of these items."""
        with self._lock:
            self._types = {key: types for key, types in self._types.items() if key[0] not in items}
            self._seals = {key: seals for key, seals in self._seals.items() if key[0] not in items}
            for seen in [key for key in self._seen if key[0][0] in items]:
                del self._seen[seen]
            for drawn in [key for key in self._drawn if key[0][0] in items]:
                del self._drawn[drawn]

    def _see(self, vault: Vault, opened: Opened, key: Key, page: int, seals: int) -> Shown:
        first = page - (page - 1) % LIMITS.pages
        kept = (key, seals, first)
        if kept not in self._seen:
            attachment = opened.envelope.index.attachments[key[1] - 1]
            with _alarmed():
                self._seen[kept] = look(vault, opened, attachment, seals=seals, first_page=first)
            self._forget()
        self._seen.move_to_end(kept)
        return self._seen[kept]

    def _forget(self) -> None:
        while len(self._seen) > 1 and sum(map(_weight, self._seen.values())) > MAX_KEPT_BYTES:
            self._seen.popitem(last=False)


@contextmanager
def _alarmed() -> Iterator[None]:
    """Have the vault keep an alarm that is raised within."""
    try:
        yield
    except OwnItemInside as alarm:
        if alarm.place is not None:
            this_desk().alarm(alarm.place)
        raise


def looking() -> Looking:
    """Return the running site's memory of what was looked at."""
    kept: Looking | None = current_app.extensions.get(_NAME)
    if kept is None:
        fresh = kept = current_app.extensions.setdefault(_NAME, Looking())
        this_desk().forgetters.append(lambda _, items: fresh.forget(items))
    return kept


def _weight(shown: Shown) -> int:
    return sum(len(page.png) for page in shown.pages) + len(shown.text or "")
