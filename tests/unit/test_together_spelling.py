"""Near and to the ear the same: what a slip of the pen makes is found, and short names stay apart."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.workstation.together.spelling import is_near, mistakes_allowed, sound, with_letters_left_out

WORDS = st.text(alphabet="abcdehijkorstz", min_size=1, max_size=13)


@pytest.mark.parametrize(
    "words",
    [
        "meyer meier maier mayer",
        "jansen janssen janszen janse",
        "hendriks hendrix hendrickx hendricks",
        "visser visscher fisser",
        "bos bosch",
        "khalid chalid galid",
        "mohammed mohamed",
        "claes klaas claas",
        "gerard geraart",
        "djamila jamila",
        "bruyn bruin",
        "thys tys theis",
        "smit smid smith",
        "verhoeven verhoeve",
        "bouwman bauman",
        "vries fries",
        "yilmaz ylmaz",
    ],
)
def test_what_sounds_alike_is_not_told_apart(words: str) -> None:
    assert len({sound(word) for word in words.split()}) == 1


@pytest.mark.parametrize("words", ["bos vos", "bakker bekker", "jansen hansen", "smit smits", "boer beer"])
def test_what_sounds_different_is_not_taken_for_the_same(words: str) -> None:
    one, other = words.split()
    assert sound(one) != sound(other)


@settings(deadline=None)
@given(WORDS)
def test_no_word_loses_its_sound_or_takes_long(word: str) -> None:
    assert len(sound(word)) <= len(word) + word.count("x")


SHORT_WORDS = st.text(alphabet="abc", min_size=1, max_size=11)


@settings(deadline=None)
@given(SHORT_WORDS, SHORT_WORDS)
def test_what_two_words_begin_and_end_with_never_changes_how_near_they_are(one: str, other: str) -> None:
    allowed = mistakes_allowed(min(one, other, key=len))
    assert is_near(one, other) is (one != other and 0 < _mistakes(one, other) <= allowed)


def _mistakes(one: str, other: str) -> int:
    """Count mistakes without leaving anything out: letters put in, left out, changed, or swapped."""
    counts = {(0, column): column for column in range(len(other) + 1)}
    counts |= {(row, 0): row for row in range(len(one) + 1)}
    for row, column in product(range(1, len(one) + 1), range(1, len(other) + 1)):
        changed = counts[row - 1, column - 1] + (one[row - 1] != other[column - 1])
        counts[row, column] = min(counts[row - 1, column] + 1, counts[row, column - 1] + 1, changed)
        if min(row, column) > 1 and one[row - 2 : row] == other[column - 2 : column][::-1]:
            counts[row, column] = min(counts[row, column], counts[row - 2, column - 2] + 1)
    return counts[len(one), len(other)]


@settings(deadline=None)
@given(WORDS, st.data())
def test_a_slip_of_the_pen_is_near_and_is_found_without_comparing_all(word: str, data: st.DataObject) -> None:
    """Whatever is near shares a form with letters left out: what the index looks up is never less than what is near."""
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcz"))
    slips = {word[:at] + letter + word[at:], word[:at] + word[at + 1 :], word[:at] + letter + word[at + 1 :]}
    slips.add(word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :])
    for slip in slips - {word, ""}:
        if mistakes_allowed(min(word, slip, key=len)):
            assert is_near(word, slip)
        if is_near(word, slip):
            assert set(with_letters_left_out(word)) & set(with_letters_left_out(slip))


@settings(deadline=None)
@given(WORDS, WORDS)
def test_near_is_near_from_both_sides_and_never_the_same(one: str, other: str) -> None:
    assert is_near(one, other) is is_near(other, one)
    assert not is_near(one, one)
    if is_near(one, other):
        assert set(with_letters_left_out(one)) & set(with_letters_left_out(other))


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("bos", "vos", False),
        ("boom", "bomo", True),
        ("bakker", "bekkor", False),
        ("hendriksen", "hendrikson", True),
        ("hendriksen", "handrikson", True),
        ("hendriksen", "handriksom", False),
        ("hendriks", "handrikz", False),
    ],
)
def test_a_short_name_is_allowed_fewer_mistakes(one: str, other: str, near: bool) -> None:
    assert is_near(one, other) is near
