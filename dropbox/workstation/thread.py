"""One case as a thread: its items in order, what is missing from its chain, its mandate and whether it was withdrawn.

Answers come from the casebook alone; nothing is unsealed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dropbox.codename import case_name
from dropbox.envelope import ChainLink, chain_faults
from dropbox.errors import ThreadBroken
from dropbox.models import CaseId, Fingerprint, Kind, Mandate
from dropbox.workstation.casebook import Casebook, CaseRecord, ItemRecord, detail_of, number_of
from dropbox.workstation.order import in_order
from dropbox.workstation.speech import _


@dataclass(frozen=True)
class CaseSummary:
    """One line of `cases`."""

    case: CaseId
    name: str
    desk: str
    mandate: Mandate | None
    received: date
    submissions: int
    replies: int
    unread: int
    withdrawn: date | None
    missing: tuple[int, ...]


def items_of(casebook: Casebook, case: CaseId) -> list[ItemRecord]:
    """Return the case's verified items, oldest first, in the same order in every member's vault."""
    return in_order(list(casebook.thread(case)))


def log_notes(casebook: Casebook, case: CaseId) -> list[ItemRecord]:
    """Return the notes that only bring the log of the case, which stand in no thread."""
    notes = (record for record in casebook.verified(case) if detail_of(record).is_log_only)
    return sorted(notes, key=lambda record: (record.day, record.item))


def missing_numbers(items: list[ItemRecord]) -> tuple[int, ...]:
    """Return the numbers below the highest that no submission of this case carries."""
    details = (detail_of(record) for record in items)
    links = (ChainLink(each.number, each.previous, each.index_sha256) for each in details if each.number)
    return chain_faults(links).missing


def withdrawn_on(items: list[ItemRecord]) -> date | None:
    day: date | None = None
    for record in items:
        if detail_of(record).kind is Kind.WITHDRAWAL:
            day = None if detail_of(record).undo else record.day
    return day


def received_on(items: Sequence[ItemRecord]) -> date | None:
    """Return the day of a case's report, given its items oldest first; None when no submission is left."""
    return next((record.day for record in items if number_of(record)), None)


def summarise(casebook: Casebook, case: CaseRecord) -> CaseSummary:
    """Return the case in one line. Raises ThreadBroken when none of its submissions is left."""
    items = items_of(casebook, case.case)
    received = received_on(items)
    if received is None:
        raise ThreadBroken
    kinds = [detail_of(record).kind for record in items]
    is_here = casebook.bound.desk in case.desks
    mandates = [detail_of(record).mandate for record in items if detail_of(record).mandate is not None]
    return CaseSummary(
        case=case.case,
        name=case_name(case.case),
        desk=casebook.bound.desk,
        mandate=mandates[-1] if mandates else None,
        received=received,
        submissions=sum(1 for record in items if number_of(record)),
        replies=kinds.count(Kind.REPLY),
        unread=sum(1 for record in items if not record.read and not record.own) if is_here else 0,
        withdrawn=withdrawn_on(items),
        missing=missing_numbers(items),
    )


def summaries(casebook: Casebook) -> list[CaseSummary]:
    """Return every case, the newest first; one whose submissions are all quarantined has its banner instead."""
    there = (case for case in casebook.cases.values() if any(number_of(item) for item in casebook.thread(case.case)))
    lines = [summarise(casebook, case) for case in there]
    return sorted(lines, key=lambda line: (line.received.toordinal(), line.case), reverse=True)


def author_name(casebook: Casebook, author: Fingerprint | None) -> str:
    """Return who that is: "you", what their own key calls them with its last digits, or the digits alone."""
    if not author:
        return ""
    return _("you") if author == casebook.key else member_name(casebook, author)


def member_name(casebook: Casebook, member: Fingerprint) -> str:
    """Return what a key calls its owner, which anybody may call themselves, and always the end of its fingerprint."""
    name = casebook.member_names.get(member, "")
    return f"{name} ({member[-8:-4]} {member[-4:]})" if name else member[-16:]
