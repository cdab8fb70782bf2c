"""The templates, read strictly: a paragraph is one line, and what its first characters are says what it is.

`# ` the title, `## ` and `### ` headings, `- ` a point, `[` a blank, `| ` a table's row of which the first has the
headings, `{keeping}` alone the desk's periods; every other line is a text.
"""

import re
from collections.abc import Callable, Mapping
from importlib import resources
from itertools import groupby
from pathlib import PurePath

from dropbox.errors import EndingUnknown
from dropbox.workstation.assessment.filling import keeping, values
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.document import Blank, Block, Document, Heading, Point, Table, Text, as_html, as_pdf, as_text
from dropbox.workstation.speech import LANGUAGES, speaking

TEMPLATES = LANGUAGES
"""The languages that there is a template in."""
KEEPING = "{keeping}"

_MAKERS: Mapping[str, Callable[[Document], bytes]] = {".html": as_html, ".txt": as_text, ".pdf": as_pdf}
ENDINGS = tuple(_MAKERS)
_PLACE = re.compile(r"\{([a-z]+)\}")


def assessment(casebook: Casebook, language: str) -> Document:
    """Return the assessment in this language, one of TEMPLATES. Raises VaultEmpty."""
    with speaking(language):
        filled = values(casebook)
        title, *lines = _lines(language)
        blocks: list[Block] = []
        for is_row, group in groupby(lines, _is_table_row):
            rows = list(group)
            blocks += [_table(rows, filled)] if is_row else [_block(line, filled) for line in rows]
        periods = keeping(casebook.keeping)
    told = tuple(periods if block == Text(KEEPING) else block for block in blocks)
    return Document(_filled(title.removeprefix("# "), filled), language, told)


def assessment_bytes(document: Document, name: str) -> bytes:
    """Return it in the form that the file's name asks for. Raises EndingUnknown."""
    make = _MAKERS.get(PurePath(name).suffix.lower())
    if make is None:
        raise EndingUnknown
    return make(document)


def _lines(language: str) -> list[str]:
    file = resources.files("dropbox.workstation.assessment") / f"dpia.{language}.txt"
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line]


def _is_table_row(line: str) -> bool:
    return line.startswith("|")


def _table(lines: list[str], filled: Mapping[str, str]) -> Table:
    heads, *rows = (tuple(_filled(cell.strip(), filled) for cell in line.strip("| ").split("|")) for line in lines)
    return Table(heads, tuple(rows))


def _block(line: str, filled: Mapping[str, str]) -> Block:
    text = _filled(line, filled)
    if line.startswith("#"):
        marks, _space, heading = text.partition(" ")
        return Heading(heading, len(marks) - 1)
    if line.startswith("- "):
        return Point(text.removeprefix("- "))
    return Blank(text[1:-1]) if line.startswith("[") else Text(text)


def _filled(text: str, filled: Mapping[str, str]) -> str:
    return text if text == KEEPING else _PLACE.sub(lambda place: filled[place[1]], text)


def blanks(document: Document) -> int:
    """Return how many places somebody must fill in."""
    return sum(1 for block in document.blocks if isinstance(block, Blank))
