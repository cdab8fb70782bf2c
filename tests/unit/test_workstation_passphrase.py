"""Passphrases: what is offered keeps its own rule, and what is guessed first does not."""

import pytest

from dropbox.errors import (
    DropboxError,
    PassphraseMonotonous,
    PassphrasesDiffer,
    PassphraseShort,
    PassphraseUntypable,
    PassphraseWellKnown,
)
from dropbox.words import WORDS
from dropbox.workstation import passphrase


@pytest.mark.parametrize("words", passphrase.OFFERED_WORDS)
def test_offered_words_are_not_refused_by_the_rule(words: int) -> None:
    for _ in range(300):
        offered = passphrase.offer(words).reveal()
        assert len(offered.split()) == words
        assert set(offered.split()) <= set(WORDS)
        assert passphrase.choose(offered, offered, "Anna de Wit").reveal() == offered


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("nineteen characters", PassphraseShort),
        ("", PassphraseShort),
        ("x" * 201, PassphraseShort),
        ("abababababababababababab", PassphraseMonotonous),
        ("correct horse battery staple", PassphraseWellKnown),
        ("Wachtwoord Wachtwoord 2026!", PassphraseWellKnown),
        ("qwertyuiopasdfghjkl12345678", PassphraseWellKnown),
        ("the quick brown fox jumps over the lazy dog", PassphraseWellKnown),
        ("anna de wit, Anna de Wit, 1984", PassphraseWellKnown),
        ("caf\u00e9 au lait and twenty more letters", PassphraseUntypable),
        ("twenty letters and a\ttab in between", PassphraseUntypable),
    ],
)
def test_a_weak_passphrase_is_not_taken(typed: str, refusal: type[DropboxError]) -> None:
    with pytest.raises(refusal):
        passphrase.choose(typed, typed, "Anna de Wit")


def test_a_passphrase_typed_two_ways_is_not_taken() -> None:
    with pytest.raises(PassphrasesDiffer):
        passphrase.choose("some long enough sentence", "some long enough sentense", "Anna")


def test_blanks_at_the_ends_are_not_part_of_a_passphrase() -> None:
    assert passphrase.choose(" some long enough sentence\n", "some long enough sentence", "Anna").reveal()[0] == "s"


def test_a_passphrase_shows_in_no_repr_and_no_error() -> None:
    offered = passphrase.offer()
    assert offered.reveal() not in f"{offered!r} {offered} {offered!s}"
    with pytest.raises(PassphraseWellKnown) as refused:
        passphrase.choose("correct horse battery staple", "correct horse battery staple", "")
    assert "horse" not in str(refused.value) + refused.value.hint


def test_an_empty_field_is_no_passphrase_so_that_the_agent_asks() -> None:
    assert passphrase.typed_passphrase("") is None
    assert passphrase.typed_passphrase("one\ntwo") is None  # gpg would take the first line alone
    typed = passphrase.typed_passphrase(" blanks count here ")
    assert typed is not None
    assert typed.reveal() == " blanks count here "
