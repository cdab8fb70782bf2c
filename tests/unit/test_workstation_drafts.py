"""Drafts: nothing typed is lost, nothing grows without bound, nothing of it is printed or written down."""

import pytest

from dropbox.envelope import MAX_TEXT_BYTES
from dropbox.errors import DraftsFull, NothingWritten, SignatureTooLong, TextUnreadable, TooLarge
from dropbox.models import CaseId, Kind
from dropbox.workstation import drafts
from dropbox.workstation.drafts import Drafts, Typed, signed
from dropbox.writing import MAX_ATTACHMENTS_BYTES, HeldFile

CASE, OTHER = CaseId("a" * 32), CaseId("b" * 32)


def test_a_draft_of_one_case_or_kind_is_not_anothers() -> None:
    kept = Drafts()
    kept.keep(CASE, Kind.REPLY, Typed("for the reporter"))
    assert kept.get(CASE, Kind.NOTE) == kept.get(OTHER, Kind.REPLY) == Typed()
    assert kept.get(CASE, Kind.REPLY).text == "for the reporter"
    assert kept.waiting() == ((CASE, Kind.REPLY),)
    kept.drop(CASE, Kind.REPLY)
    kept.drop(CASE, Kind.REPLY)
    assert kept.waiting() == ()


def test_a_draft_that_holds_nothing_does_not_wait() -> None:
    kept = Drafts()
    kept.keep(CASE, Kind.REPLY, Typed(" \n", sign="Anna"))
    assert kept.waiting() == ()
    kept.keep(CASE, Kind.REPLY, Typed(files=(HeldFile("a", b""),)))
    assert kept.waiting() == ((CASE, Kind.REPLY),)


def test_files_that_are_too_many_or_too_large_are_not_added() -> None:
    half = HeldFile("half", bytes(MAX_ATTACHMENTS_BYTES // 2 + 1))
    draft = Typed().with_files((half,))
    with pytest.raises(TooLarge):
        draft.with_files((half,))
    with pytest.raises(TooLarge):
        Typed().with_files((HeldFile("x", b""),) * (drafts.MAX_FILES + 1))
    assert draft.without_file(2) == draft
    assert draft.without_file(1).files == ()


def test_drafts_do_not_fill_the_memory() -> None:
    kept = Drafts()
    whole = Typed(files=(HeldFile("whole", bytes(MAX_ATTACHMENTS_BYTES)),))
    for number in range(4):
        kept.keep(CaseId(f"{number:032x}"), Kind.REPLY, whole)
    with pytest.raises(DraftsFull):
        kept.keep(CASE, Kind.REPLY, whole)
    kept.keep(CaseId(f"{0:032x}"), Kind.REPLY, whole)
    kept.keep(CASE, Kind.REPLY, Typed("text alone still has room"))


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (Typed(), NothingWritten),
        (Typed("  \n", sign="Anna"), NothingWritten),
        (Typed("x" * (MAX_TEXT_BYTES + 1)), TooLarge),
        (Typed("x" * MAX_TEXT_BYTES, sign="A"), TooLarge),
        (Typed("\ud800"), TextUnreadable),
        (Typed("x", sign="A" * 101), SignatureTooLong),
        (Typed("x", sign="A\nB"), SignatureTooLong),
    ],
    ids=["empty", "name alone", "long", "long with name", "no unicode", "long name", "two lines"],
)
def test_what_cannot_be_sealed_is_said_before(draft: Typed, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        draft.require_sealable()


def test_a_text_that_just_fits_is_not_refused() -> None:
    Typed("x" * MAX_TEXT_BYTES).require_sealable()


def test_nobody_is_named_who_does_not_sign() -> None:
    assert signed("Text.\n", " ") == "Text.\n"
    assert signed("Text.\n\n", " Anna ") == "Text.\n\nAnna\n"


def test_any_change_shows_in_the_mark() -> None:
    file = HeldFile("a", b"1")
    states = [
        Typed("x"), Typed("y"), Typed("x", sign="A"), Typed("x", files=(file,)), Typed("x", files=(file, file)),
        Typed("x", files=(HeldFile("b", b"1"),)), Typed("x", files=(HeldFile("a", b"2"),)),
    ]  # fmt: skip
    assert len({state.mark for state in states}) == len(states)
    assert Typed("x", letter="ask", language="nl").mark == Typed("x").mark


def test_a_draft_s_words_are_not_in_its_repr() -> None:
    shown = repr(Typed("secret", sign="secret", files=(HeldFile("name", b"secret"),)))
    assert "secret" not in shown
