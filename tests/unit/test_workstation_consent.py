"""Consent: only the reporter's own yes, to exactly these terms, once, and their last word."""

from dataclasses import replace

import pytest

from dropbox.envelope import Account, Ask, AskKind, Consent, Reader
from dropbox.envelope.account import Disclosed, HandedOver
from dropbox.errors import ConsentMissing, ConsentRefused, ConsentUsed, InvalidValue
from dropbox.models import DeskId, Kind
from dropbox.workstation import consent
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.consent import AskAnswer
from dropbox.workstation.thread import items_of
from tests.casebooks import ANNA, CASE, CORA, DROP, casebook, submission, writing

PLAN = "a1" * 32
READERS = (Reader("the works council"), Reader("Cora", CORA))
BUREAU = DeskId("bureau")


def pack(nonce: str = "01" * 16, **changes: object) -> Ask:
    return replace(Ask(AskKind.DISCLOSE, nonce, READERS, PLAN), **changes)  # type: ignore[arg-type]


def ask_in(book: Casebook, ask: Ask, *, desk: DeskId | None = None) -> str:
    record = writing(book, days=1)
    detail = replace(detail_of(record), ask=ask, desk=desk or detail_of(record).desk)
    book.update(record.item, detail=detail)
    return ask.id_in(DROP, CASE, record.item)


def answer(book: Casebook, number: int, **said: bool) -> ItemRecord:
    record = submission(book, number, days=number)
    consents = tuple(Consent(ask, agreed) for ask, agreed in said.items())
    book.update(record.item, detail=replace(detail_of(record), consents=consents))
    return record


def note(book: Casebook, account: Account) -> None:
    record = writing(book, Kind.NOTE, days=9, author=ANNA)
    book.update(record.item, detail=replace(detail_of(record), account=account))


def asked(*asks: Ask) -> tuple[Casebook, list[str]]:
    book = casebook()
    submission(book, 1)
    return book, [ask_in(book, ask) for ask in asks]


def require(book: Casebook, **changes: object) -> consent.AskState:
    terms: dict[str, object] = {"plan": PLAN, "readers": READERS} | changes
    return consent.require(book, CASE, AskKind.DISCLOSE, **terms)  # type: ignore[arg-type]


def test_a_question_without_an_answer_is_no_consent() -> None:
    book, _ids = asked(pack())
    with pytest.raises(ConsentMissing):
        require(book)
    assert [each.answer for each in consent.asks_of(book, CASE)] == [AskAnswer.OPEN]


def test_a_yes_is_found_with_the_submission_that_says_it() -> None:
    book, (ask_id,) = asked(pack())
    said = answer(book, 2, **{ask_id: True})
    found = require(book)
    assert (found.ask_id, found.answered_in, found.answered_on) == (ask_id, said.item, said.day)


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": "a2" * 32},
        {"readers": READERS[:1]},
        {"readers": (READERS[0], Reader("Cora", ANNA))},
        {"readers": (*READERS, Reader("the board"))},
    ],
)
def test_a_yes_does_not_reach_another_pack_or_other_readers(changes: dict[str, object]) -> None:
    book, (ask_id,) = asked(pack())
    answer(book, 2, **{ask_id: True})
    with pytest.raises(ConsentMissing):
        require(book, **changes)


def test_readers_in_another_order_are_the_same_readers() -> None:
    book, (ask_id,) = asked(pack())
    answer(book, 2, **{ask_id: True})
    assert require(book, readers=READERS[::-1]).ask_id == ask_id


def test_an_answer_to_an_ask_that_nobody_asked_is_no_consent() -> None:
    book, _ids = asked(pack())
    answer(book, 2, **{"ab" * 16: True})
    with pytest.raises(ConsentMissing):
        require(book)


def test_a_yes_that_was_taken_back_does_not_count() -> None:
    book, (ask_id,) = asked(pack())
    answer(book, 2, **{ask_id: True})
    answer(book, 3, **{ask_id: False})
    with pytest.raises(ConsentRefused):
        require(book)


def test_a_no_that_became_a_yes_does_not_stand_in_the_way() -> None:
    book, (ask_id,) = asked(pack())
    answer(book, 2, **{ask_id: False})
    answer(book, 3, **{ask_id: True})
    assert require(book).answer is AskAnswer.AGREED


def test_asking_again_does_not_get_round_a_later_no() -> None:
    book, (first, second) = asked(pack(), pack("02" * 16))
    answer(book, 2, **{first: True})
    answer(book, 3, **{second: False})
    with pytest.raises(ConsentRefused):
        require(book)


def test_a_yes_and_a_no_in_one_submission_are_a_no() -> None:
    book, (first, second) = asked(pack(), pack("02" * 16))
    answer(book, 2, **{first: True, second: False})
    with pytest.raises(ConsentRefused):
        require(book)


def test_one_yes_does_not_allow_two_packs() -> None:
    book, (ask_id,) = asked(pack())
    said = answer(book, 2, **{ask_id: True})
    note(book, Account(disclosed=Disclosed(PLAN, "b1" * 32, "b2" * 32, (said.item,), ("Cora",), (CORA,), ask_id)))
    with pytest.raises(ConsentUsed):
        require(book)
    assert consent.asks_of(book, CASE)[0].used


def test_a_second_yes_allows_the_pack_once_more() -> None:
    book, (first, second) = asked(pack(), pack("02" * 16))
    said = answer(book, 2, **{first: True, second: True})
    note(book, Account(disclosed=Disclosed(PLAN, "b1" * 32, "b2" * 32, (said.item,), ("Cora",), (CORA,), first)))
    assert require(book).ask_id == second


def test_a_hand_over_is_marked_as_done() -> None:
    book, (ask_id,) = asked(Ask(AskKind.HAND_OVER, "03" * 16, desk=BUREAU))
    said = answer(book, 2, **{ask_id: True})
    assert not consent.asks_of(book, CASE)[0].used
    note(book, Account(handed_over=HandedOver(BUREAU, ask_id, said.item, 3, "c1" * 32)))
    assert consent.asks_of(book, CASE)[0].used


def test_a_yes_to_one_desk_does_not_hand_over_to_another() -> None:
    book, (ask_id,) = asked(Ask(AskKind.HAND_OVER, "03" * 16, desk=BUREAU))
    answer(book, 2, **{ask_id: True})
    assert consent.require(book, CASE, AskKind.HAND_OVER, desk=BUREAU).ask_id == ask_id
    with pytest.raises(ConsentMissing):
        consent.require(book, CASE, AskKind.HAND_OVER, desk=DeskId("board"))


def test_what_another_desk_asked_does_not_allow_this_one() -> None:
    book = casebook()
    submission(book, 1)
    ask_id = ask_in(book, pack(), desk=BUREAU)
    answer(book, 2, **{ask_id: True})
    with pytest.raises(ConsentMissing):
        require(book)


def test_the_same_question_in_another_reply_is_another_question() -> None:
    book, (first, second) = asked(pack(), pack())
    assert first != second
    answer(book, 2, **{first: False})
    assert [each.answer for each in consent.asks_of(book, CASE)] == [AskAnswer.REFUSED, AskAnswer.OPEN]


def test_a_thread_says_what_was_asked_and_answered_and_no_bare_ids() -> None:
    book, (ask_id,) = asked(Ask(AskKind.HAND_OVER, "03" * 16, desk=BUREAU))
    said = answer(book, 2, **{ask_id: True, "ab" * 16: False})
    book.desk_names[BUREAU] = {"en": "Outside bureau"}
    told = consent.told(book, items_of(book, CASE))
    assert sorted(told[said.item]) == [
        "No to: a question that is not here",
        "Yes to: May the case be handed over to Outside bureau?",
    ]


@pytest.mark.parametrize(
    "name", ["", " ", "Cora ", "Cora\n", "\u202eCora", "Cora\u2066", "Co\u200bra", "\x1b[2J", "C\u2028a"]
)
def test_no_reader_is_named_so_that_the_question_reads_otherwise(name: str) -> None:
    with pytest.raises(InvalidValue):
        Reader(name)


def test_a_reader_keeps_the_joiners_of_their_name() -> None:
    assert Reader("علی\u200cرضا").name == "علی\u200cرضا"
