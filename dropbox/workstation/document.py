"""A short document of headings, texts, points, tables and blanks, as plain text, as HTML, and on paper.

Its HTML is for a word processor, in which the blanks are filled in: it holds no script, style or link.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

from dropbox.workstation.terminal import paragraphs

TEXT_WIDTH = 100
_INDENT = "  "


@dataclass(frozen=True)
class Heading:
    """A heading below the title; level 1 or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Point:
    """One point of a list: those that follow each other are one list."""

    text: str


@dataclass(frozen=True)
class Blank:
    """What somebody must fill in, in square brackets."""

    text: str


@dataclass(frozen=True)
class Table:
    """heads: as many as each row has cells. widths: each column's share on paper."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] | None = None


Block = Heading | Text | Point | Blank | Table


@dataclass(frozen=True)
class Document:
    title: str
    language: str
    blocks: tuple[Block, ...]


def as_text(document: Document) -> bytes:
    """Return it in UTF-8. A table's rows stand below each other, each cell that holds something with its heading."""
    lines = [document.title, "=" * len(document.title), ""]
    for block, following in zip_longest(document.blocks, document.blocks[1:]):
        in_list = isinstance(block, Point) and isinstance(following, Point)
        lines += [*_text_lines(block), *([] if in_list else [""])]
    return ("\n".join(lines).rstrip() + "\n").encode()


def as_html(document: Document) -> bytes:
    """Return one whole page."""
    title = escape(document.title)
    body = "\n".join(_html_lines(document.blocks))
    head = f'<meta charset="utf-8">\n<title>{title}</title>'
    page = f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n{head}\n</head>\n'
    return f"{page}<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n".encode()


def as_pdf(document: Document) -> bytes:
    # its libraries are a third of what every command loads, and few commands make paper
    from dropbox.workstation.paper import Paper  # noqa: PLC0415

    paper = Paper(document.title, document.language, foot=document.title)
    for block in document.blocks:
        match block:
            case Heading(text, level):
                paper.heading(text, level)
            case Text(text):
                paper.paragraph(text)
            case Point(text):
                paper.paragraph(f"• {text}")
            case Blank(text):
                paper.paragraph(f"[{text}]", bold=True)
            case Table(heads, rows, widths):
                paper.table([heads, *rows], widths=widths)
    return paper.pdf()


def _text_lines(block: Block) -> list[str]:
    match block:
        case Heading(text, level):
            return [text, ("-" if level == 1 else ".") * len(text)]
        case Text(text):
            return paragraphs(text, TEXT_WIDTH, "")
        case Point(text):
            return _hanging(f"- {text}")
        case Blank(text):
            return paragraphs(f"[{text}]", TEXT_WIDTH, "")
        case Table(heads, rows):
            return [line for row in rows for line in (*_row_lines(heads, row), "")][:-1]


def _row_lines(heads: tuple[str, ...], row: tuple[str, ...]) -> list[str]:
    first, *others = row
    named = [_hanging(f"{_INDENT}{head}: {cell}") for head, cell in zip(heads[1:], others, strict=True) if cell]
    return [*paragraphs(first, TEXT_WIDTH, ""), *(line for lines in named for line in lines)]


def _hanging(text: str) -> list[str]:
    """Return lines of which those after the first are indented further."""
    depth = len(text) - len(text.lstrip())
    first, *others = paragraphs(text.lstrip(), TEXT_WIDTH, " " * depth)
    return [first, *(f"{_INDENT}{line}" for line in others)]


def _html_lines(blocks: tuple[Block, ...]) -> Iterator[str]:
    in_list = False
    for block in blocks:
        if isinstance(block, Point) is not in_list:
            in_list = not in_list
            yield "<ul>" if in_list else "</ul>"
        yield _html(block)
    if in_list:
        yield "</ul>"


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level + 1}>{escape(text)}</h{level + 1}>"
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Point(text):
            return f"<li>{escape(text)}</li>"
        case Blank(text):
            return f"<p><mark>[{escape(text)}]</mark></p>"
        case Table(heads, rows):
            top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
            return f'<table border="1">\n<tr>{top}</tr>\n{"".join(map(_html_row, rows))}</table>'


def _html_row(row: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n"
