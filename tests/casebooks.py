"""Casebooks made without a vault, a bundle or gpg: for tests of what can be said from records alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from unittest import mock

from dropbox.envelope import Work, WorkState
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Kind, Mandate, Membership, SealedKind, VaultId
from dropbox.workstation.casebook import Binding, Casebook, CaseRecord, DeskRoster, Detail, ItemRecord, State, detail_of

DAY = date(2026, 3, 4)
DROP = "d0" * 32
EPOCH = "e0" * 16
DESK = DeskId("integrity")
ANNA, BRAM, CORA = (Fingerprint(letters * 20) for letters in ("A1", "B2", "C3"))
CASE = CaseId("c" * 32)


def casebook(*, confirmed: bool = True, trial: bool = False) -> Casebook:
    """Return a bound casebook of anna's with one empty case."""
    made = Casebook.new(VaultId("b" * 32), ANNA)
    made.binding = Binding(DROP, DESK, trial)
    made.confirmed = confirmed
    roster = (Membership(ANNA, DAY), Membership(BRAM, DAY))
    made.rosters[DESK] = DeskRoster(roster, roster, DAY, 1)
    add_case(made, CASE)
    return made


@contextmanager
def on(day: date) -> Iterator[None]:
    """Have the log's lines be of this day."""
    with mock.patch("dropbox.workstation.case_log.lines.today", return_value=day):
        yield


def add_case(to: Casebook, case: CaseId) -> None:
    to.cases[case] = CaseRecord(case, "1" * 64, "2" * 64, (DESK,))


def submission(
    to: Casebook, number: int, *, days: int = 0, mandate: Mandate = Mandate.ADVISE, case: CaseId = CASE, **more: Any
) -> ItemRecord:
    """Add a verified submission that came `days` after DAY."""
    kind = more.pop("kind", Kind.REPORT if number == 1 else Kind.MESSAGE)
    detail = Detail(
        kind=kind,
        index_sha256=f"{number:064x}",
        desks=(DESK,),
        number=number,
        previous=f"{number - 1:064x}" if number > 1 else None,
        mandate=mandate,
        undo=more.pop("undo", False),
    )
    return _add(to, SealedKind.SUBMISSION, case, days, detail, more)


def writing(
    to: Casebook,
    kind: Kind = Kind.REPLY,
    *,
    days: int = 0,
    author: Fingerprint = BRAM,
    case: CaseId = CASE,
    **more: Any,
) -> ItemRecord:
    detail = Detail(kind=kind, index_sha256="f" * 64, desks=(DESK,), desk=DESK, author=author)
    return _add(to, SealedKind(kind.value), case, days, detail, more)


def _add(to: Casebook, kind: SealedKind, case: CaseId, days: int, detail: Detail, more: dict[str, Any]) -> ItemRecord:
    item = ItemId(f"{len(to.items) + 1:032x}")
    values: dict[str, Any] = {"state": State.VERIFIED, "detail": detail, "sha256": f"{len(to.items) + 1:064x}"}
    to.add(ItemRecord(item=item, case=case, kind=kind, day=DAY + timedelta(days=days), epoch=EPOCH, **(values | more)))
    return to.items[item]


def many(to: Casebook, cases: int) -> Casebook:
    """Add that many cases, a third of each mandate, over 200 days: reports, messages, replies, tags and assignees."""
    mandates = list(Mandate)
    for number in range(cases):
        case = CaseId(blake2b(str(number).encode(), digest_size=16).hexdigest())
        add_case(to, case)
        days, mandate = number % 200, mandates[number % 3]
        submission(to, 1, case=case, days=days, mandate=mandate, read=number % 4 > 0)
        if number % 3:
            submission(to, 2, case=case, days=days + 2, mandate=mandate, read=number % 5 > 0)
        if number % 2:
            writing(to, case=case, days=days + 5, read=True)
        if number % 7 == 0:
            note = writing(to, Kind.NOTE, case=case, days=days + 6, read=True)
            work = Work((ANNA, BRAM)[number % 2], list(WorkState)[number % 5], (f"tag {number % 11}",))
            to.update(note.item, detail=replace(detail_of(note), work=work))
    return to
