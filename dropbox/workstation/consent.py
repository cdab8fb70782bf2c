"""What a reporter was asked to agree to, and what they answered: for exactly these terms, and for nothing near them.

Read from the case's verified items alone: the question from a reply that a member signed, the answer from a submission
that the case key signed.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.envelope import Ask, AskKind, Reader
from dropbox.errors import ConsentMissing, ConsentRefused, ConsentUsed
from dropbox.models import CaseId, DeskId, ItemId
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of, number_of
from dropbox.workstation.order import submissions_of
from dropbox.workstation.speech import N_, _, day_text, language, ngettext
from dropbox.workstation.thread import items_of

_WHAT = {
    AskKind.DISCLOSE: N_("May a part of the case be given to these readers?"),
    AskKind.HAND_OVER: N_("May the case be handed over to %(desk)s?"),
    AskKind.JOIN: N_("May the report be put beside others about the same people?"),
}


class AskAnswer(StrEnum):
    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True)
class AskState:
    """One question and how it stands. `item`: the reply that asks; `answered_in`: the submission whose answer counts.

    used: what was agreed to has been done; a pack and a hand-over are agreed to once.
    """

    ask_id: str
    ask: Ask
    item: ItemId
    desk: DeskId
    day: date
    answer: AskAnswer = AskAnswer.OPEN
    answered_in: ItemId | None = None
    answered_on: date | None = None
    answer_number: int = 0
    used: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "ask": self.ask_id,
            "kind": self.ask.kind.value,
            "item": self.item,
            "desk": self.desk,
            "day": self.day.isoformat(),
            "readers": [{"name": each.name, "fingerprint": each.fingerprint} for each in self.ask.readers],
            "plan": self.ask.plan,
            "to": self.ask.desk,
            "answer": self.answer.value,
            "answered_in": self.answered_in,
            "answered_on": None if self.answered_on is None else self.answered_on.isoformat(),
            "used": self.used,
        }


def asks_of(casebook: Casebook, case: CaseId) -> tuple[AskState, ...]:
    """Return every question of a case, oldest first. The reporter's last answer to each is the one that counts."""
    items = items_of(casebook, case)
    answers = _answers(items)
    used = _used(items)
    return tuple(_state(casebook, record, ask, answers, used) for record, ask in _asking(items))


def require(
    casebook: Casebook,
    case: CaseId,
    kind: AskKind,
    *,
    plan: str | None = None,
    readers: Collection[Reader] = (),
    desk: DeskId | None = None,
) -> AskState:
    """Return the consent that this desk asked for and got, for exactly these terms, and that was not used yet.

    Raises ConsentMissing, ConsentRefused (the reporter's newest word on these terms is no) or ConsentUsed.
    """
    own = casebook.bound.desk
    asked = [each for each in asks_of(casebook, case) if each.desk == own and each.ask.kind is kind]
    terms = (plan, _readers(readers), desk)
    answered = [each for each in asked if _terms(each.ask) == terms and each.answer is not AskAnswer.OPEN]
    newest = max((each.answer_number for each in answered), default=0)
    if not answered:
        raise ConsentMissing
    if any(each.answer is AskAnswer.REFUSED for each in answered if each.answer_number == newest):
        raise ConsentRefused
    unused = [each for each in answered if each.answer is AskAnswer.AGREED and not each.used]
    if not unused:
        raise ConsentUsed
    return unused[-1]


def desk_name(casebook: Casebook, desk: DeskId) -> str:
    """Return what a desk is called on the reporter's pages, in the language that is spoken here where it has one."""
    names = casebook.desk_names.get(desk, {})
    return names.get(language()) or next(iter(names.values()), desk)


def question_text(casebook: Casebook, ask: Ask) -> str:
    """Return a question as the desk reads it."""
    return _(_WHAT[ask.kind].english, desk=desk_name(casebook, ask.desk) if ask.desk else "")


def answer_text(state: AskState) -> str:
    """Return how a question stands, in one sentence."""
    if state.answered_on is None:
        return _("Asked on %(day)s; not answered yet.", day=day_text(state.day))
    day = day_text(state.answered_on)
    if state.answer is AskAnswer.REFUSED:
        return _("The reporter said no on %(day)s.", day=day)
    if state.used:
        return _("The reporter agreed on %(day)s, and it was done.", day=day)
    return _("The reporter agreed on %(day)s.", day=day)


def told(casebook: Casebook, items: Sequence[ItemRecord]) -> dict[ItemId, list[str]]:
    """Return what items of a thread ask, answer, or say of a hand-over, in sentences."""
    lines: dict[ItemId, list[str]] = {}
    questions: dict[str, str] = {}
    for record, ask in _asking(items):
        question = question_text(casebook, ask)
        questions[ask.id_in(casebook.bound.drop, record.case, record.item)] = question
        lines.setdefault(record.item, []).append(_("Asks the reporter: %(question)s", question=question))
    for record in items:
        lines.setdefault(record.item, []).extend(_said(casebook, record, questions))
    return lines


def _said(casebook: Casebook, record: ItemRecord, questions: dict[str, str]) -> Iterator[str]:
    detail = detail_of(record)
    for each in detail.consents:
        question = questions.get(each.ask, _("a question that is not here"))
        yes, no = N_("Yes to: %(question)s"), N_("No to: %(question)s")
        yield _((yes if each.agreed else no).english, question=question)
    handed = detail.account.handed_over if detail.account is not None else None
    if handed is not None:
        desk = desk_name(casebook, handed.to)
        yield ngettext(
            "%(num)s item was sealed to the members of %(desk)s, who have the case now.",
            "%(num)s items were sealed to the members of %(desk)s, who have the case now.",
            handed.items,
            desk=desk,
        )


def _asking(items: Sequence[ItemRecord]) -> Iterator[tuple[ItemRecord, Ask]]:
    for record in items:
        ask = detail_of(record).ask
        if ask is not None:
            yield record, ask


def _answers(items: Sequence[ItemRecord]) -> dict[str, tuple[ItemRecord, bool]]:
    """Return the last answer to each ask, by the signed numbers of the submissions."""
    submissions = submissions_of(items)
    return {consent.ask: (record, consent.agreed) for record in submissions for consent in detail_of(record).consents}


def _used(items: Sequence[ItemRecord]) -> frozenset[str]:
    """Return the ids of the asks of which a note says that what they allowed was done."""
    accounts = [account for account in (detail_of(record).account for record in items) if account is not None]
    packs = {each.disclosed.consent for each in accounts if each.disclosed is not None}
    moves = {each.handed_over.ask for each in accounts if each.handed_over is not None}
    return frozenset(ask for ask in packs | moves if ask is not None)


def _state(
    casebook: Casebook,
    record: ItemRecord,
    ask: Ask,
    answers: dict[str, tuple[ItemRecord, bool]],
    used: frozenset[str],
) -> AskState:
    ask_id = ask.id_in(casebook.bound.drop, record.case, record.item)
    asked = AskState(ask_id, ask, record.item, detail_of(record).desk or casebook.bound.desk, record.day)
    if ask_id not in answers:
        return asked
    answer, agreed = answers[ask_id]
    return AskState(
        ask_id=ask_id,
        ask=ask,
        item=asked.item,
        desk=asked.desk,
        day=asked.day,
        answer=AskAnswer.AGREED if agreed else AskAnswer.REFUSED,
        answered_in=answer.item,
        answered_on=answer.day,
        answer_number=number_of(answer),
        used=ask_id in used,
    )


def _terms(ask: Ask) -> tuple[str | None, tuple[tuple[str, str], ...], DeskId | None]:
    return ask.plan, _readers(ask.readers), ask.desk


def _readers(readers: Collection[Reader]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((reader.name, reader.fingerprint or "") for reader in readers))
