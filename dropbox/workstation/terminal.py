"""Text for a terminal: what others wrote is shown and never obeyed, and tables fit the width there is.

Returns strings; only `main` prints. Every text that came out of a seal or a bundle goes through `visible` or `line`.
"""

import textwrap
import unicodedata
from collections.abc import Sequence

from dropbox.workstation.speech import ngettext

MIN_WIDTH = 40
_JOINERS = "\u200c\u200d"
_TAB = " " * 4


def visible(text: str) -> str:
    """Return the text with its line ends, and whatever else a terminal might obey spelled out.

    Controls, escapes, direction marks and private characters come as their number in hex, behind a backslash. The two
    joiners stay: Persian and many other scripts are written with them.
    """
    text = text.replace("\r\n", "\n").replace("\t", _TAB)
    return "".join(_visible(character) for character in text)


def line(text: str) -> str:
    """Return the text on one line, for names."""
    return visible(text.replace("\n", "\\n").replace("\r", "\\r"))


def paragraphs(text: str, width: int, indent: str) -> list[str]:
    """Return the visible text wrapped to the width, every line indented, empty lines kept."""
    lines: list[str] = []
    for paragraph in visible(text).split("\n"):
        wrapped = textwrap.wrap(
            paragraph,
            max(MIN_WIDTH, width),
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
        lines += wrapped or [""]
    return lines


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return lines of columns as wide as their widest cell; the columns numbered in `right` are set flush right."""
    widths = [max(columns(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    return [
        "  ".join(_cell(cell, widths[at], at in right) for at, cell in enumerate(row)).rstrip()
        for row in (heads, *rows)
    ]


def columns(text: str) -> int:
    """Return how many columns a terminal needs for this text."""
    wide = sum(1 for character in text if unicodedata.east_asian_width(character) in "WF")
    return len(text) + wide - sum(1 for character in text if unicodedata.combining(character) or character in _JOINERS)


def size(bytes_held: int) -> str:
    """Return a number of bytes as people say it."""
    amount, units = float(bytes_held), ["bytes", "KiB", "MiB", "GiB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return ngettext("%(num)s byte", "%(num)s bytes", bytes_held) if units[0] == "bytes" else f"{amount:.1f} {units[0]}"


def _cell(text: str, width: int, flush_right: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if flush_right else text + space


def _visible(character: str) -> str:
    if character == "\n" or character in _JOINERS:
        return character
    if unicodedata.category(character)[0] != "C" and character not in "\u2028\u2029":
        return character
    return (
        character.encode("ascii", "backslashreplace").decode() if ord(character) > 255 else f"\\x{ord(character):02x}"
    )
