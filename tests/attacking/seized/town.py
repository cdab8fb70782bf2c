"""A drop that lives for some days: many cases, through the real intake, store, gpg and nightly pass; and what is true.

Only the clock is moved, and a codename's keys are drawn instead of derived. What is true of each item is written down
beside the drop, for the judge alone.
"""

from __future__ import annotations

import io
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from dropbox import config, models, writing
from dropbox.bundle import KeepStep, ReadMark, Receipt, StepKind
from dropbox.codename import CodenameKeys
from dropbox.envelope import Header
from dropbox.gpg import Gpg
from dropbox.models import (
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Mandate,
    Plaintext,
    Recipient,
    SealedKind,
    VaultId,
    new_item_id,
)
from dropbox.sealed_mandate import open_mandate
from dropbox.server.commands import serve
from dropbox.server.drop import Drop
from dropbox.server.form import FormLimits, open_form
from dropbox.server.intake import Draft
from dropbox.server.store import NewAnswer, NewWriting, Store
from dropbox.shown import Shown, note_shown, open_shown, seal_shown
from tests import factories
from tests.visitor import multipart

CONFIDANT, COMMITTEE = DeskId("confidant"), DeskId("committee")
FIRST_DAY = date(2026, 3, 2)
KEYS_MADE = datetime(2026, 1, 5, 9, tzinfo=UTC)
RSA, ECDH = 1, 18
"""How OpenPGP numbers the types of key that are sealed to here."""


@dataclass
class Clock:
    """The day that the whole program takes for today."""

    day: date = FIRST_DAY

    def __call__(self) -> date:
        return self.day


@dataclass
class Item:
    """What is true of one item; `order`: its place among all that was ever stored, `size`: what is in it, unpadded."""

    item: ItemId
    case: CaseId
    order: int
    day: str
    kind: str
    size: int
    files: int = 0
    mandate: str = ""
    author: str = ""
    deleted: bool = False
    read: bool = False


@dataclass
class Case:
    """A reporter and what they remember."""

    keys: CodenameKeys
    desks: tuple[DeskId, ...]
    mandate: Mandate
    changed: bool = False
    withdrawn: bool = False
    undone: bool = False
    erased: bool = False
    dead: bool = False
    seen: bool = False
    sent: int = 0

    @property
    def id(self) -> CaseId:
        return self.keys.case


@dataclass
class Member:
    """An investigator with one vault. `lazy`: brings no answers, so what their desk gets is never complete."""

    fingerprint: Fingerprint
    desk: DeskId
    vault: VaultId
    lazy: bool = False
    sequence: int = 0
    held: set[ItemId] = field(default_factory=set)


class Town:
    """The drop, its reporters and members, on one day after the other."""

    def __init__(self, folder: Path, drop: Drop, home: Path, members: list[Member], clock: Clock, dice: random.Random):
        self.folder, self.drop, self.home, self.members = folder, drop, home, members
        self.clock, self.dice = clock, dice
        self.cases: list[Case] = []
        self.key_types: dict[Fingerprint, int] = {}
        self.items: dict[ItemId, Item] = {}
        self.fetched: dict[DeskId, dict[ItemId, int]] = {CONFIDANT: {}, COMMITTEE: {}}
        self._gpg = Gpg(home, agent=True)

    @property
    def store(self) -> Store:
        return self.drop.store

    @property
    def data_dir(self) -> Path:
        return self.drop.settings.server.data_dir

    # --- days ------------------------------------------------------------------------------------------------------

    def live(self, cases: int, days: int) -> None:
        """Let this many reporters come in this many days, each day closed by the server's own nightly pass."""
        for day in range(days):
            new = cases * (day + 1) // days - cases * day // days
            self.a_day(new)
            self.night()

    def a_day(self, new: int) -> None:
        """Do what happens in a day, in an order by chance."""
        deeds: list[Callable[[], None]] = [self.new_case] * new
        old = [case for case in self.cases if not case.dead]
        for case in self.dice.sample(old, min(len(old), new)):
            deeds.append(self._follow_up_of(case))
        for member in self.members:
            if not member.lazy and self.dice.random() < 0.8:
                deeds.append(lambda member=member: self.bring(member))  # type: ignore[misc]
        self.dice.shuffle(deeds)
        for deed in deeds:
            deed()

    def night(self) -> None:
        """Let the day end: one turn of what `serve` does each hour, the first one after midnight."""
        self.clock.day += timedelta(days=1)
        said: list[str] = []
        serve._keep_house(self.drop, None, _OneTurn(), said.append)
        if said:
            raise RuntimeError(f"the nightly pass said: {said}")

    # --- reporters -------------------------------------------------------------------------------------------------

    def new_case(self) -> None:
        desks = self.dice.choices([(CONFIDANT,), (COMMITTEE,), (COMMITTEE, CONFIDANT)], [6, 3, 2])[0]
        keys = CodenameKeys.from_root(self.dice.randbytes(32))
        case = Case(keys, desks, self.dice.choice(list(Mandate)))
        self.cases.append(case)
        self._send(case, Kind.REPORT)
        if self.dice.random() < 0.15:  # on the same day, so that the day does not tell which one was first
            self._send(case, Kind.MESSAGE)

    def _follow_up_of(self, case: Case) -> Callable[[], None]:
        deeds = [self._message, self._change_mandate, self._withdraw_or_undo, self._come_back]
        deed = self.dice.choices(deeds, [4, 3, 1, 3])[0]
        return lambda: deed(case) if self._is_there(case) else None

    def _is_there(self, case: Case) -> bool:
        """Tell whether the codename still opens a case; where two agreed to erase it, nobody here writes any more."""
        return not case.dead and self.store.find_case(case.keys.lookup_id) is not None

    def _message(self, case: Case) -> None:
        if not case.withdrawn:
            self._send(case, Kind.MESSAGE)

    def _change_mandate(self, case: Case) -> None:
        if not case.withdrawn:
            case.mandate = self.dice.choice([each for each in Mandate if each is not case.mandate])
            case.changed = True
            self._send(case, Kind.MANDATE)

    def _withdraw_or_undo(self, case: Case) -> None:
        case.undone = case.withdrawn
        case.withdrawn = not case.withdrawn
        self._send(case, Kind.WITHDRAWAL, undo=case.undone)

    def _come_back(self, case: Case) -> None:
        """Look at the case as its page does: open each reply; perhaps hide what was read, or delete one."""
        state = self.store.case(case.id)
        open_mandate(state.sealed_mandate, case.keys.reply_key)
        shown = list(self._openable(case, state.replies))
        for reply in shown:
            self.drop.opener.open(case.keys, state, reply)
            self.items[reply.item].read = True
        if shown and self.dice.random() < 0.5:
            view = open_shown(state.sealed_view, case.keys.reply_key)
            existing = [reply.item for reply in state.replies]
            noted = note_shown(Shown(True, view.replies), existing, [reply.item for reply in shown])
            self.store.set_view(case.id, seal_shown(noted, case.keys.reply_key))
        if shown and self.dice.random() < 0.4:
            gone = self.dice.choice(shown)
            self._delete(case, gone.item)

    def _openable(self, case: Case, replies: Sequence[Any]) -> list[Any]:
        return [reply for reply in replies if not self.items[reply.item].deleted]

    def _delete(self, case: Case, item: ItemId) -> None:
        self.store.delete_reply(case.id, item)
        self.items[item].deleted = True

    def _send(self, case: Case, kind: Kind, *, undo: bool = False) -> None:
        text = "" if kind is Kind.WITHDRAWAL and self.dice.random() < 0.5 else "a" * self.dice.randint(1, 30_000)
        count = self.dice.choice([0, 0, 0, 0, 1, 2]) if kind in {Kind.REPORT, Kind.MESSAGE} else 0
        files = [(f"{n}.bin", "image/png", self.dice.randbytes(self.dice.randint(1, 200_000))) for n in range(count)]
        body, content_type = multipart([], files)
        draft = Draft(
            keys=case.keys,
            kind=kind,
            desks=case.desks,
            mandate=case.mandate,
            mandate_changed=kind is Kind.MANDATE,
            undo=undo,
            message=Plaintext(text),
            answers={},
            language="en",
            nonce=self.dice.randbytes(16),
            binding=b"visit",
            form=open_form(io.BytesIO(body), content_type, FormLimits(max_files=20)),
        )
        sent = self.drop.intake.submit(draft)
        if sent.item is None:
            raise RuntimeError("a submission was taken for a resend")
        case.sent += 1
        size = len(text) + sum(len(data) for _, _, data in files)
        self._note(sent.item, case, kind.value, size, files=count, mandate=case.mandate.value)

    # --- members ---------------------------------------------------------------------------------------------------

    def bring(self, member: Member) -> None:
        """Fetch the desk's bundle and bring an answer: receipts, read marks, replies, notes, steps of erasing."""
        held = list(self.store.pickup(member.desk, self.clock.day).items)
        self.store.record_fetch(member.desk, self.clock.day)
        numbered = self.fetched[member.desk]
        fetch = max(numbered.values(), default=0) + 1
        numbered |= {each.item: fetch for each in held if each.item not in numbered}
        fresh = [each for each in held if each.item not in member.held]
        self.dice.shuffle(fresh)
        member.held |= {each.item for each in fresh}
        receipts = tuple(Receipt(each.item, member.desk, each.sha256) for each in fresh)
        subs = [each.item for each in fresh if each.kind is SealedKind.SUBMISSION]
        read = tuple(ReadMark(item, member.desk) for item in subs if self.dice.random() < 0.5)
        by_id = {case.id: case for case in self.cases}
        cases = sorted({each.case for each in held if each.kind is SealedKind.SUBMISSION})
        self.dice.shuffle(cases)
        for mark in read:
            by_id[self.items[mark.item].case].seen = True
        picked = [by_id[case] for case in cases if self.dice.random() < 0.4 and not by_id[case].withdrawn]
        kinds = [self.dice.choice([SealedKind.REPLY, SealedKind.REPLY, SealedKind.NOTE]) for _ in picked]
        written = [self._write(member, case, kind) for case, kind in zip(picked, kinds, strict=True)]
        self._apply(member, receipts, read, written)
        if cases and self.dice.random() < 0.6:
            self._agree_to_erase(member, by_id[self.dice.choice(cases)])

    def _agree_to_erase(self, member: Member, case: Case) -> None:
        """Let a member propose it; where a second one agrees, the nightly pass erases when the delay is over."""
        other = next((each for each in self.members if each.desk == member.desk and each is not member), None)
        if other is None or other.lazy or case.erased or case.withdrawn or len(case.desks) > 1:
            return
        proposal = self._write(member, case, SealedKind.NOTE)
        step = KeepStep(case.id, member.desk, proposal.item, StepKind.PROPOSE, (), case.sent)
        self._apply(member, (), (), [proposal], [step])
        if self.dice.random() < 0.5:
            return  # nobody seconds it
        case.erased = case.dead = True
        second = self._write(other, case, SealedKind.NOTE)
        agreed = KeepStep(case.id, member.desk, second.item, StepKind.SECOND, (proposal.item,))
        self._apply(other, (), (), [second], [agreed])

    def _write(self, member: Member, case: Case, kind: SealedKind) -> NewWriting:
        item = new_item_id()
        target = self.store.part_path(item)
        text = "b" * self.dice.randint(1, 30_000)
        header = Header(
            drop=self.drop.identity.drop,
            case=case.id,
            item=item,
            kind=Kind.REPLY if kind is SealedKind.REPLY else Kind.NOTE,
            desks=case.desks if kind is SealedKind.REPLY else (member.desk,),
            desk=member.desk,
            author=member.fingerprint,
            day=self.clock.day,
        )
        readers = [each.fingerprint for each in self.members if each.desk in header.desks]
        lock = writing.write(
            target,
            header,
            Plaintext(text),
            [],
            sign=lambda data: self._sign(member.fingerprint, data),
            seal_lock=lambda key: self._gpg.seal_bytes(key, [Recipient(each) for each in sorted(readers)]),
            reply_public=case.keys.reply_public if kind is SealedKind.REPLY else None,
        )
        data = target.read_bytes()
        self._note(item, case, kind.value, len(text), author=member.fingerprint)
        return NewWriting(item, case.id, kind, member.desk, len(data), sha256(data).hexdigest(), lock)

    def _sign(self, author: Fingerprint, data: bytes) -> bytes:
        clock = ("--faked-system-time", f"{self.clock.day:%Y%m%d}T120000!")
        arguments = ("--armor", "--digest-algo", "SHA512", "--local-user", author, "--detach-sign")
        return factories.run_gpg(self.home, *clock, *arguments, data=data)

    def _apply(
        self,
        member: Member,
        receipts: tuple[Receipt, ...],
        read: tuple[ReadMark, ...],
        written: Sequence[NewWriting],
        steps: Sequence[KeepStep] = (),
    ) -> None:
        member.sequence += 1
        answer = NewAnswer(
            author=member.fingerprint,
            vault=member.vault,
            desk=member.desk,
            sequence=member.sequence,
            sha256=sha256(self.dice.randbytes(32)).hexdigest(),
            day=self.clock.day,
            writings=tuple(written),
            receipts=receipts,
            read=read,
            erasures=tuple(steps),
        )
        with self.store.transfer_lock():
            self.store.apply_answer(answer)

    def _note(self, item: ItemId, case: Case, kind: str, size: int, **more: Any) -> None:
        day = self.clock.day.isoformat()
        self.items[item] = Item(item, case.id, len(self.items), day, kind, size, **more)


class _OneTurn(threading.Event):
    """Ends the housekeeping loop where it would wait for its next hour."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


@contextmanager
def town(folder: Path, dice: random.Random) -> Iterator[Town]:
    """Give a new drop with two desks of two members each, with keys of several types."""
    with ExitStack() as stack, factories.short_dir() as home_folder:
        home = factories.new_home(home_folder)
        names = ("anna", "bram", "cora", "dirk")
        keys = [_key(home, name, rsa=name in {"bram", "dirk"}) for name in names]
        desks = {"confidant": keys[:2], "committee": keys[2:]}
        path = factories.write_config(folder, desks, server="min_free_mib = 16", retention="days_after_receipt = 2")
        factories.publish_keys(home, folder / "keys", keys)
        clock = Clock()
        move_the_clock(stack, clock)
        settings = config.load(path)
        # less than may be configured, or nobody would see an erasure within these few days
        soon = replace(settings.retention, erase_delay_days=1)
        drop = Drop.open(replace(settings, retention=soon))
        stack.callback(drop.store.close)
        rsa = {key for name, key in zip(names, keys, strict=True) if name in {"bram", "dirk"}}
        members = [
            Member(key, desk, VaultId(dice.randbytes(16).hex()), lazy=name == "dirk")
            for name, key, desk in zip(names, keys, (CONFIDANT, CONFIDANT, COMMITTEE, COMMITTEE), strict=True)
        ]
        lived = Town(folder, drop, home, members, clock, dice)
        lived.key_types = {key: RSA if key in rsa else ECDH for key in keys}
        yield lived


def move_the_clock(stack: ExitStack, clock: Clock) -> None:
    """Put the clock into every room of the program that asks what day it is."""
    real = models.today
    for name, module in sorted(sys.modules.items()):
        if name.startswith("dropbox.") and vars(module).get("today") is real:
            stack.enter_context(mock.patch.object(module, "today", clock))


def _key(home: Path, name: str, *, rsa: bool) -> Fingerprint:
    if not rsa:
        return factories.make_key(home, name, at=KEYS_MADE)
    clock = ("--faked-system-time", KEYS_MADE.strftime("%Y%m%dT%H%M%S!"))
    made = ("--status-fd", "1", "--quick-generate-key", f"{name} <{name}@example.org>", "rsa2048", "sign", "0")
    fingerprint = Fingerprint(factories.run_gpg(home, *clock, *made).decode().split("KEY_CREATED P ")[1].split()[0])
    factories.run_gpg(home, *clock, "--quick-add-key", fingerprint, "rsa2048", "encr", "0")
    return fingerprint
