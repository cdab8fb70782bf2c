"""The fingerprint as a picture: a terminal's half blocks and the page's picture show the same code."""

import re

import segno

from dropbox.models import Fingerprint
from dropbox.workstation import qr

KEY = Fingerprint("0123456789ABCDEF0123456789ABCDEF01234567")
_BLOCKS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def test_no_square_of_the_code_is_lost_on_a_terminal() -> None:
    expected = [list(map(bool, row)) for row in segno.make(qr.fingerprint_text(KEY), error="m", micro=False).matrix]
    rows: list[list[bool]] = []
    for line in qr.as_lines(KEY):
        cells = [_BLOCKS[character] for character in re.sub(r"\x1b\[[0-9;]*m", "", line)]
        rows += [[bool(upper) for upper, _ in cells], [bool(lower) for _, lower in cells]]
    inner = [row[4:-4] for row in rows[4 : 4 + len(expected)]]
    assert inner == expected
    assert not any(map(any, [*rows[:4], *rows[4 + len(expected) :]]))


def test_the_code_does_not_depend_on_the_terminals_colours() -> None:
    assert all(line.startswith("\x1b[38;5;16m\x1b[48;5;231m") and line.endswith("\x1b[0m") for line in qr.as_lines(KEY))


def test_the_pages_picture_runs_no_script_and_loads_nothing() -> None:
    picture = qr.as_svg(KEY).decode()
    assert picture.startswith("<svg")
    assert "script" not in picture
    assert "href" not in picture
