"""Casebooks with marks, without a vault or gpg: for tests of what belongs together."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from dropbox.envelope import Account, Ask, AskKind, Consent
from dropbox.envelope.account import Mark, MarkChange, MarkKind
from dropbox.models import CaseId, Kind, Mandate
from dropbox.workstation import marks
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.together import CaseLinks, index_of, links_of
from tests.casebooks import add_case, casebook, submission, writing


def case_id(number: int) -> CaseId:
    return CaseId(blake2b(str(number).encode(), digest_size=16).hexdigest())


def mark(typed: str, kind: MarkKind = MarkKind.PERSON, number: int = 0) -> Mark:
    """Return a mark whose id follows from what it is, so that two vaults can make the same."""
    digest = blake2b(f"{kind}{typed}{number}".encode(), digest_size=8).hexdigest()
    return marks.read(kind, typed, digest)


def note(to: Casebook, case: CaseId, change: MarkChange, *, days: int = 1) -> ItemRecord:
    """Let a colleague's note change a case's marks."""
    made = writing(to, Kind.NOTE, case=case, days=days)
    to.update(made.item, detail=replace(detail_of(made), account=Account(marks=change)))
    return to.items[made.item]


def marked(to: Casebook, case: CaseId, *held: Mark, days: int = 1) -> ItemRecord:
    return note(to, case, MarkChange(tuple(held)), days=days)


def vault_of(*cases: tuple[Mandate, Sequence[Mark | str]]) -> Casebook:
    """Return a casebook with a case for each mandate, about these; a text is a person. They are `case_id(0)` and on."""
    made = casebook()
    for number, (mandate, about) in enumerate(cases):
        case = case_id(number)
        add_case(made, case)
        submission(made, 1, case=case, mandate=mandate)
        if about:
            marked(made, case, *(each if isinstance(each, Mark) else mark(each) for each in about))
    return made


def links(book: Casebook, number: int) -> CaseLinks:
    return links_of(book, index_of(marks.of_all(book)), case_id(number))


def asked(to: Casebook, case: CaseId, *answers: bool) -> None:
    """Ask whether the case may be joined, and have the reporter answer so many times."""
    ask = Ask(AskKind.JOIN, f"{len(to.items):032x}")
    reply = writing(to, case=case, days=2)
    to.update(reply.item, detail=replace(detail_of(reply), ask=ask))
    for agreed in answers:
        said(to, case, Consent(ask.id_in(to.bound.drop, case, reply.item), agreed))


def said(to: Casebook, case: CaseId, *consents: Consent, mandate: Mandate | None = None, **more: object) -> ItemRecord:
    """Have the reporter send something more, with what they say to asks or with another mandate."""
    before = [detail_of(record) for record in to.thread(case) if detail_of(record).number]
    number = max(detail.number or 0 for detail in before) + 1
    last = max(before, key=lambda detail: detail.number or 0)
    made = submission(to, number, case=case, days=number + 2, mandate=mandate or last.mandate or Mandate.LISTEN, **more)
    to.update(made.item, detail=replace(detail_of(made), consents=consents))
    return to.items[made.item]
