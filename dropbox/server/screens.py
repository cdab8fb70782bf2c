"""What the server's commands show to people: lines for a terminal of a given width. Nothing is printed here."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date

from dropbox.models import DeskId
from dropbox.server.check import Row
from dropbox.server.check.rows import fullness_text
from dropbox.server.letterbox import Fullness
from dropbox.server.store import Counts

_WORDS_IN_A_LINE = 5
_MIN_WIDTH = 40
_MAX_SUBJECT = 30  # a file's name may be longer: it then has a line of its own


def check_lines(rows: Sequence[Row], width: int) -> list[str]:
    """Return a table of three columns; advice stands under its row, and nothing runs over the terminal's edge."""
    subject_width = min(max(len(row.subject) for row in rows), _MAX_SUBJECT)
    return [line for row in rows for line in _row_lines(row, subject_width, width)]


def status_lines(
    counts: Counts, rosters: Mapping[DeskId, str], address: str, drop_key: str, last_loop: date | None = None
) -> list[str]:
    """Return the counts, then whatever is compared by voice, laid out as the workstation shows it."""
    lines = [f"{count(counts.cases, 'case')}, {count(counts.items, 'sealed item')}", f"onion address: {address}"]
    for desk, words in rosters.items():
        waiting = count(counts.waiting.get(desk, 0), "item")
        lines += [f"desk {desk}: {waiting} without all receipts; roster words:", *word_lines(words)]
    loop = f"last full loop: {last_loop or 'never; send a test report: dropbox-server canary'}"
    return [*lines, loop, "drop key:", *word_lines(drop_key)]


def letterbox_lines(letterboxes: Mapping[DeskId, Fullness], *, new_reports: bool) -> list[str]:
    """Return how full each desk's letterbox is; first, whether the operator has the drop closed for new reports."""
    closed = [] if new_reports else ["NEW REPORTS ARE NOT TAKEN; to take them again: dropbox-server reports open"]
    return [*closed, *(f"desk {desk}: {fullness_text(each)}" for desk, each in letterboxes.items())]


def word_lines(words: str) -> list[str]:
    """Return ten words in lines of five, which two people on a telephone do not lose their place in."""
    split = words.split()
    starts = range(0, len(split), _WORDS_IN_A_LINE)
    return ["    " + " ".join(split[start : start + _WORDS_IN_A_LINE]) for start in starts]


def count(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else one + 's'}"


def _row_lines(row: Row, subject_width: int, width: int) -> list[str]:
    head = f"{row.verdict:<4}  {row.subject:<{subject_width}}  "
    margin = " " * len(f"{'':4}  {'':{subject_width}}  ")
    alone = [head.rstrip()] if len(head) > len(margin) else []
    texts = [(margin if alone else head, margin, row.finding)]
    texts += [(f"{margin}-> ", f"{margin}   ", row.advice)] if row.advice else []
    room = max(width, len(margin) + _MIN_WIDTH)
    return [*alone, *(line for first, later, text in texts for line in _wrapped(first, later, text, room))]


def _wrapped(first: str, later: str, text: str, width: int) -> list[str]:
    # a path or an address is copied whole, so it is not broken
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
