"""How much of a page is covered: what must not be left readable, and what a cover's shape must not tell."""

import struct

import pytest

from dropbox.errors import FileOutOfBounds, InvalidValue
from dropbox.workstation import sandbox_words
from dropbox.workstation.redacting_boxes import Box
from dropbox.workstation.redacting_words import GRID, covers, find_nothing, joined, text_of, words_found
from dropbox.workstation.sandbox_frames import LIMITS, Word, Words, _frame
from tests.redacted import finder


def line(text: str, top: int = 100, left: int = 100) -> list[Word]:
    """A line of words, ten thousandths a letter."""
    words = []
    for word in text.split():
        words.append(Word(word, left, top, left + 10 * len(word), top + 12))
        left += 10 * len(word) + 5
    return words


def hidden(words: list[Word], boxes: tuple[Box, ...]) -> list[str]:
    """Return the words that are covered whole; none may be covered in part."""
    found = []
    for word in words:
        for box in boxes:
            beside = word.right <= box.x or word.left >= box.x + box.width
            apart = word.bottom <= box.y or word.top >= box.y + box.height
            if not beside and not apart:
                assert box.x <= word.left
                assert word.right <= box.x + box.width
                assert box.y <= word.top
                assert word.bottom <= box.y + box.height
                found.append(word.text)
    return found


def cover(words: list[Word], *names: str) -> tuple[Box, ...]:
    return covers(1, words, words_found(words, finder(*names)), ())


def test_a_name_over_two_lines_is_not_left_half() -> None:
    words = line("it was Jan") + line("Jansen who came", top=120)
    assert set(hidden(words, cover(words, "Jan Jansen"))) >= {"Jan", "Jansen"}


def test_a_name_within_a_longer_word_is_not_left_readable() -> None:
    words = line("the jansen-report is late")
    assert "jansen-report" in hidden(words, cover(words, "Jansen"))


def test_what_is_not_sought_is_not_covered() -> None:
    words = line("one two three") + line("four five six", top=200)
    assert cover(words, "seven") == ()
    assert words_found(words, find_nothing) == frozenset()
    assert not set(hidden(words, cover(words, "five"))) & {"one", "two", "three"}


def test_lines_above_and_below_stay_readable() -> None:
    words = line("above this", 88) + line("the name Jansen here", 100) + line("below this", 112)
    boxes = cover(words, "Jansen")
    kept = [word for word in words if word.text in ("above", "below", "this")]
    assert all(box.y >= 96 and box.y + box.height <= 116 for box in boxes)
    assert len(kept) == 4


def test_a_cover_does_not_end_with_the_name() -> None:
    words = line("here lives Jan")
    (box,) = cover(words, "Jan")
    assert (box.x + box.width) % GRID == 0
    assert box.x + box.width >= words[-1].right + 3


@pytest.mark.parametrize("names", [("Jo", "Al"), ("Jan", "Ann")])
def test_names_of_one_length_do_not_get_covers_of_two(names: tuple[str, str]) -> None:
    shapes = {cover(line(f"seen by {name}"), name) for name in names}
    assert len(shapes) == 1


def test_a_mark_that_cuts_a_word_in_two_takes_all_of_it() -> None:
    words = line("a remarkable sentence here")
    boxes = covers(1, words, (), [Box(1, 150, 102, 10, 5)])
    assert "remarkable" in hidden(words, boxes)


def test_a_mark_is_not_put_on_another_page() -> None:
    assert covers(2, [], (), [Box(1, 150, 102, 10, 5)]) == ()


def test_a_mark_at_the_rim_does_not_leave_the_page() -> None:
    for mark in (Box(1, 0, 0, 1, 1), Box(1, 999, 999, 1, 1), Box(1, 0, 0, 1000, 1000)):
        (box,) = covers(1, [], (), [mark])
        assert box.x <= mark.x
        assert box.y <= mark.y
        assert box.x + box.width >= mark.x + mark.width


@pytest.mark.parametrize(
    "place", [(1, 0, 0, 0, 5), (1, 0, 0, 5, 0), (0, 0, 0, 5, 5), (1, 990, 0, 20, 5), (1, -1, 0, 5, 5)]
)
def test_a_box_outside_a_page_is_refused(place: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(InvalidValue):
        Box(*place)


def test_boxes_over_each_other_do_not_show_two_names() -> None:
    assert joined([Box(1, 100, 100, 40, 20), Box(1, 130, 101, 40, 20)]) == (Box(1, 100, 100, 70, 21),)
    apart = (Box(1, 100, 100, 40, 20), Box(1, 100, 200, 40, 20), Box(2, 100, 100, 40, 20))
    assert joined(apart) == apart


def test_a_text_keeps_its_lines_and_knows_whose_each_letter_is() -> None:
    words = line("one two") + line("three", top=200)
    text, owners = text_of(words)
    assert text == "one two\nthree"
    assert [owners[text.index(word.text)] for word in words] == [0, 1, 2]
    assert owners[3] == -1


def test_names_from_right_to_left_are_not_missed() -> None:
    """Poppler tells such a line from left to right, each word's letters too."""
    typed = ["مرحبا", "بالعالم"]
    words = line(" ".join(word[::-1] for word in reversed(typed)))
    assert text_of(words)[0] == " ".join(typed)
    assert words_found(words, finder(" ".join(typed))) == {0, 1}


# --- what comes out of the sandbox --------------------------------------------------------------------------------


def words_of(packed: bytes) -> tuple[Word, ...]:
    frame = _frame(b"W", memoryview(packed), LIMITS)
    assert isinstance(frame, Words)
    return frame.words


def test_words_come_through_with_their_places() -> None:
    page = '<page width="500.0" height="1000.0">\n<word xMin="50.1" yMin="99.9" xMax="100" yMax="120">a&amp;b</word>'
    assert words_of(sandbox_words.of_pdf(page.encode(), page.encode(), (1000, 2000))) == (
        Word("a&b", 100, 99, 200, 120),
    )
    row = "\t".join(["5", "1", "1", "1", "1", "1", "10", "20", "30", "40", "96.1", "héllo"])
    assert words_of(sandbox_words.of_tsv(row.encode(), 100, 200)) == (Word("héllo", 100, 100, 400, 300),)


@pytest.mark.parametrize("told", [b"", b"<page", b'<page width="0.0" height="0.0">\n<word xMin="1"', b"\xff" * 100])
def test_nonsense_is_no_words(told: bytes) -> None:
    assert sandbox_words.of_pdf(told, told, (10, 10)) == b""
    assert sandbox_words.of_tsv(told, 10, 10) == b""


def test_words_beside_the_page_are_nobodys() -> None:
    page = '<page width="500.0" height="1000.0">\n<word xMin="-90" yMin="5" xMax="-10" yMax="20">gone</word>'
    assert sandbox_words.of_pdf(page.encode(), page.encode(), (1000, 2000)) == b""


@pytest.mark.parametrize(
    "body",
    [
        struct.pack(">HHHHBB", 0, 0, 10, 10, 0, 5) + b"four",
        struct.pack(">HHHHBB", 10, 0, 10, 10, 0, 1) + b"x",
        struct.pack(">HHHHBB", 0, 0, 1001, 10, 0, 1) + b"x",
        b"abc",
        (struct.pack(">HHHHBB", 0, 0, 10, 10, 0, 1) + b"x") * (LIMITS.words + 1),
    ],
)
def test_words_that_cannot_be_are_not_believed(body: bytes) -> None:
    with pytest.raises(FileOutOfBounds):
        words_of(body)


def test_a_word_does_not_bring_control_characters_or_lines() -> None:
    (word,) = words_of(struct.pack(">HHHHBB", 0, 0, 10, 10, 0, 6) + b"a\n b\r\x0b")
    assert word.text == "ab"


def test_the_words_of_a_page_on_its_side_are_not_looked_for_beside_it() -> None:
    page = '<page width="500.0" height="1000.0">\n<word xMin="800" yMin="250" xMax="900" yMax="300">far</word>'
    assert words_of(sandbox_words.of_pdf(page.encode(), page.encode(), (2000, 1000))) == (
        Word("far", 800, 500, 900, 600),
    )


def test_pieces_of_words_that_are_written_askew_are_not_taken_for_words() -> None:
    page = '<page width="500.0" height="1000.0">\n<word xMin="80" yMin="250" xMax="90" yMax="300">Jan</word>'
    for straight, askew in ((b"", True), (page.encode(), False)):
        (word,) = words_of(sandbox_words.of_pdf(page.encode(), straight, (1000, 2000)))
        assert word.askew is askew
