"""The server's screens: nothing runs over the edge of a terminal, nothing that is copied or read out is broken."""

from dropbox.models import DeskId
from dropbox.server.check import Row, Verdict
from dropbox.server.screens import check_lines, count, status_lines, word_lines
from dropbox.server.store import Counts

TEN = "consonant runner underfoot gore acre translate compacted zipfile header onslaught"
ADDRESS = "a" * 56 + ".onion"
ROWS = (
    Row(Verdict.FAIL, "key of adviser …01234567", "there is no key with this fingerprint here", "Add it. " * 9),
    Row(Verdict.OK, "disk", "fine"),
)


def test_no_line_of_a_check_is_wider_than_the_terminal() -> None:
    lines = check_lines(ROWS, 80)
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "ok    disk                      fine"
    assert " ".join(" ".join(lines).split()).count("Add it.") == 9
    assert sum("-> " in line for line in lines) == 1


def test_what_is_copied_is_never_broken() -> None:
    path = "/" + "very-long/" * 12
    lines = check_lines([Row(Verdict.WARN, "x", "y", f"chmod go-w {path}")], 80)
    assert any(line.endswith(path) for line in lines)


def test_the_words_are_shown_five_to_a_line_and_nothing_is_lost() -> None:
    assert [len(line.split()) for line in word_lines(TEN)] == [5, 5]
    assert " ".join(" ".join(word_lines(TEN)).split()) == TEN


def test_a_status_fits_a_terminal_and_counts_as_people_do() -> None:
    lines = status_lines(Counts(1, 2, {DeskId("adviser"): 1}), {DeskId("adviser"): TEN, DeskId("b"): TEN}, ADDRESS, TEN)
    assert max(map(len, lines)) <= 80
    assert lines[0] == "1 case, 2 sealed items"
    assert "desk adviser: 1 item without all receipts; roster words:" in lines
    assert "desk b: 0 items without all receipts; roster words:" in lines
    assert [count(number, "case") for number in (0, 1, 2)] == ["0 cases", "1 case", "2 cases"]


def test_a_files_long_name_pushes_nothing_over_the_edge() -> None:
    long = Row(Verdict.WARN, f"keys/{'A' * 40}.asc", "belongs to no desk", "Remove it, or name it under a desk.")
    assert all(len(line) <= 80 for line in check_lines([long, Row(Verdict.OK, "disk", "room " * 30, "")], 80))
