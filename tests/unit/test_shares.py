"""Shares on paper: enough of them give the key, and a slip is told by its place, never by a word."""

import itertools
import os
import random

import pytest
from shamir_mnemonic.wordlist import WORDLIST

from dropbox import shares
from dropbox.errors import (
    ShareError,
    ShareForeign,
    ShareLength,
    ShareMiscopied,
    SharePartLength,
    SharesTooFew,
    SharesUnusable,
    ShareTwice,
    ShareWordUnknown,
)
from dropbox.shares import Collection, read_share, split

KEY = os.urandom(32)
SET = [words.reveal() for words in split(KEY, 2, 3)]


def collected(*texts: str, set_id: int | None = None) -> Collection:
    found = Collection(set_id)
    for text in texts:
        found.add(read_share(text))
    return found


def test_no_two_of_three_shares_give_another_key() -> None:
    for pair in itertools.permutations(SET, 2):
        assert collected(*pair).key() == KEY
    assert collected(*SET).key() == KEY


@pytest.mark.parametrize(("needed", "count"), [(1, 1), (1, 3), (3, 2), (2, 17), (0, 0), (-1, 3)])
def test_a_share_that_opens_alone_or_a_set_too_large_is_not_made(needed: int, count: int) -> None:
    with pytest.raises(SharesUnusable):
        split(KEY, needed, count)


@pytest.mark.parametrize("needed", [2, 16])
def test_the_largest_sets_are_not_refused(needed: int) -> None:
    made = [words.reveal() for words in split(KEY, needed, 16)]
    assert collected(*made[-needed:]).key() == KEY


def test_one_share_is_not_enough() -> None:
    one = collected(SET[0])
    assert not one.complete
    with pytest.raises(SharesTooFew, match="1 were given, and 2 are needed"):
        one.key()


def test_the_same_share_twice_does_not_count_twice() -> None:
    found = collected(SET[0])
    with pytest.raises(ShareTwice):
        found.add(read_share(SET[0].upper()))
    assert found.given == 1


def test_a_share_of_another_set_is_not_mixed_in() -> None:
    other = split(KEY, 2, 3)[1].reveal()
    found = collected(SET[0])
    with pytest.raises(ShareForeign):
        found.add(read_share(other))
    with pytest.raises(ShareForeign):
        collected(other, set_id=read_share(SET[0]).set_id)
    found.add(read_share(SET[2]))
    assert found.key() == KEY


def test_capitals_numbers_and_line_ends_do_no_harm() -> None:
    typed = "\n".join(f"{number}. {word.upper()}," for number, word in enumerate(SET[1].split(), start=1))
    assert read_share(typed).words.reveal() == SET[1]


@pytest.mark.parametrize("position", range(1, 34))
def test_a_wrong_word_is_not_told_without_its_place(position: int) -> None:
    words = SET[0].split()
    others = [word for word in WORDLIST if word != words[position - 1]]
    words[position - 1] = random.Random(position).choice(others)
    with pytest.raises(ShareMiscopied) as slip:
        read_share(" ".join(words))
    assert (slip.value.position, slip.value.swapped) == (position, False)
    assert str(slip.value) == f"Word {position} seems to be wrong."


@pytest.mark.parametrize("position", [2, 17, 30, 32])
def test_two_swapped_words_are_not_told_without_their_places(position: int) -> None:
    words = SET[0].split()
    if words[position - 1] == words[position]:
        pytest.skip("the same word twice")
    words[position - 1], words[position] = words[position], words[position - 1]
    with pytest.raises(ShareMiscopied) as slip:
        read_share(" ".join(words))
    assert (slip.value.position, slip.value.swapped) == (position, True)


def test_two_wrong_words_are_not_told_as_one() -> None:
    words = SET[0].split()
    words[6], words[20] = ("zero" if words[6] != "zero" else "acid"), ("yoga" if words[20] != "yoga" else "acid")
    with pytest.raises(ShareMiscopied, match="Two or more"):
        read_share(" ".join(words))


def test_a_word_outside_the_list_is_told_by_its_place_and_shown_to_its_typist_alone() -> None:
    words = SET[0].split()
    words[4] = "acadmic"
    with pytest.raises(ShareWordUnknown, match=r"^Word 5 is not on the list\.$") as slip:
        read_share(" ".join(words))
    assert "acadmic" not in str(slip.value) + slip.value.hint
    assert "academic" in shares.near_words(" ".join(words), 5)


@pytest.mark.parametrize("typed", ["", "academic", " ".join(SET[0].split()[:-1]), SET[0] + " acid", "acid " * 5000])
def test_too_few_or_too_many_words_are_no_share(typed: str) -> None:
    with pytest.raises(ShareLength):
        read_share(typed)


def test_a_line_of_a_share_with_a_word_missing_is_not_taken() -> None:
    words = SET[0].split()
    assert shares.check_words(" ".join(words[11:22]), 12, 11) == " ".join(words[11:22])
    with pytest.raises(SharePartLength, match="There should be 11 words; here are 10"):
        shares.check_words(" ".join(words[:10]), 1, 11)
    with pytest.raises(ShareWordUnknown, match="Word 14"):
        shares.check_words("acid acid oops", 12, 11)


@pytest.mark.parametrize("typed", ["\0", "\u202e" * 40, "é" * 33, "<script>" * 33, "acid\u0301 " * 33])
def test_hostile_text_is_no_share(typed: str) -> None:
    with pytest.raises(ShareError):
        read_share(typed)


def test_a_share_shows_in_no_repr() -> None:
    shown = f"{split(KEY, 2, 3)!r} {read_share(SET[0])!r} {collected(SET[0])!r}"
    assert not any(word in shown.split() for word in SET[0].split() if word != "object")  # Python's own word for one
