"""The figures as bars: an SVG of black, white and patterns, with every number beside its bar.

It is read in grey, on paper, and by a screen reader: nothing hangs on a colour. It holds no script, style or link.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dropbox.workstation.speech import _, language
from dropbox.workstation.statistics.figures import Figures
from dropbox.workstation.statistics.rows import Block, Row, single, total_text

_WIDTH, _LABELS, _BARS = 760, 320, 340
_TITLE_HEIGHT, _ROW_HEIGHT, _BAR_HEIGHT, _GAP = 30, 24, 16, 14
_SMALL, _LARGE = 14, 16
_WITHHELD = ' font-style="italic"'
_PATTERNS = (
    '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" stroke="#000" stroke-width="1.5"/>',
    '<circle cx="4" cy="4" r="1.6"/>',
    '<path d="M0 4H8" stroke="#000" stroke-width="2"/>',
    '<path d="M4 0V8" stroke="#000" stroke-width="2"/>',
    '<path d="M0 0L8 8M8 0L0 8" stroke="#000" stroke-width="1"/>',
    '<rect width="4" height="4"/><rect x="4" y="4" width="4" height="4"/>',
)


@dataclass(frozen=True)
class _Scale:
    """How many cases the longest bar stands for."""

    most: int

    def pixels(self, count: int) -> int:
        return max(1, round(count * _BARS / self.most)) if count else 0


def svg(figures: Figures) -> str:
    """Return the chart in the reader's language."""
    blocks = single(figures) if figures.total is not None else []
    counts = [row.count for block in blocks for row in block.rows if row.count is not None]
    scale = _Scale(max(counts, default=1))
    y, drawn = _GAP, []
    for number, block in enumerate(blocks):
        drawn.append(_group(block, number, y, scale))
        y += _TITLE_HEIGHT + _ROW_HEIGHT * (len(block.rows) if block.shown else 1) + _GAP
    return _whole(figures, drawn, y + (0 if blocks else _TITLE_HEIGHT))


def _whole(figures: Figures, drawn: Sequence[str], height: int) -> str:
    title = _("Reports in %(year)s", year=figures.year)
    told = _("%(total)s Each bar has its number beside it; what is withheld has none.", total=total_text(figures))
    patterns = "".join(
        f'<pattern id="p{number}" width="8" height="8" patternUnits="userSpaceOnUse">{inside}</pattern>'
        for number, inside in enumerate(_PATTERNS)
    )
    nothing = "" if drawn else _text(_GAP, _GAP + _LARGE, total_text(figures))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="title told" lang="{language()}" font-family="sans-serif" '
        f'font-size="{_SMALL}">\n<title id="title">{escape(title)}</title>\n<desc id="told">{escape(told)}</desc>\n'
        f'<defs>{patterns}</defs>\n<rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n'
        f"{nothing}{''.join(drawn)}</svg>\n"
    )


def _group(block: Block, number: int, y: int, scale: _Scale) -> str:
    head = _text(_GAP, y + _LARGE, block.title, f' font-weight="bold" font-size="{_LARGE}"')
    if not block.shown:
        return head + _text(_LABELS, y + _TITLE_HEIGHT + _SMALL, _("every count is withheld"), _WITHHELD)
    rows = (
        _row(row, number % len(_PATTERNS), y + _TITLE_HEIGHT + _ROW_HEIGHT * place, scale)
        for place, row in enumerate(block.rows)
    )
    return f"{head}{''.join(rows)}"


def _row(row: Row, pattern: int, y: int, scale: _Scale) -> str:
    label = _text(_LABELS - 8, y + _SMALL, row.labels[0], ' text-anchor="end"')
    if row.count is None:
        return label + _text(_LABELS, y + _SMALL, row.text, _WITHHELD)
    width = scale.pixels(row.count)
    bar = (
        f'<rect x="{_LABELS}" y="{y + 2}" width="{width}" height="{_BAR_HEIGHT}" fill="url(#p{pattern})" '
        'stroke="#000"/>\n'
    )
    return label + bar + _text(_LABELS + width + 8, y + _SMALL, row.text)


def _text(x: int, y: int, text: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}"{more}>{escape(text)}</text>\n'
