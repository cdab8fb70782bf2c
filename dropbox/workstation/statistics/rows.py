"""Published figures as rows in the reader's language: for the page, the terminal, the chart and the account."""

from collections.abc import Sequence
from dataclasses import dataclass

from dropbox.workstation.speech import _, number_text
from dropbox.workstation.statistics.axes import ONE_AXIS, TWO_AXES, Table
from dropbox.workstation.statistics.figures import Figures
from dropbox.workstation.terminal import paragraphs, table


@dataclass(frozen=True)
class Row:
    """One count. labels: the categories' names; count: None where it is withheld."""

    labels: tuple[str, ...]
    count: int | None

    @property
    def text(self) -> str:
        return _("withheld") if self.count is None else number_text(self.count)


@dataclass(frozen=True)
class Block:
    """One table: what it counts by, in words, and its rows. withheld: how many rows have no count."""

    name: str
    titles: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        return self.titles[0] if len(self.titles) == 1 else _("%(one)s, and %(other)s", **self._both())

    def _both(self) -> dict[str, str]:
        one, other = self.titles
        return {"one": one, "other": other[:1].lower() + other[1:]}

    @property
    def shown(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.count is not None)

    @property
    def withheld(self) -> int:
        return len(self.rows) - len(self.shown)


def single(figures: Figures) -> list[Block]:
    """Return each axis with all its categories."""
    return [_block(figures, each) for each in ONE_AXIS]


def crossed(figures: Figures) -> list[Block]:
    """Return the tables of two axes."""
    return [_block(figures, each) for each in TWO_AXES]


def total_text(figures: Figures) -> str:
    """Return how many reports there were, in a sentence."""
    if figures.total is None:
        return _("Fewer than five reports came in, so that no figures are given.")
    return _("%(number)s reports came in.", number=number_text(figures.total))


def withheld_text() -> str:
    """Return what it means that a count is withheld."""
    return _("What is withheld is below five, or something below five could be worked out from it.")


def unfinished_text(figures: Figures) -> str:
    """Return what whoever publishes figures of a year that goes on must know; "" for one that is over."""
    if figures.complete:
        return ""
    return _(
        "The year is not over. Publish its figures once, afterwards: whoever compares two of them can work out what "
        "changed in between."
    )


def lines(figures: Figures, width: int) -> list[str]:
    """Return the figures for a terminal."""
    told = [text for text in (unfinished_text(figures), total_text(figures)) if text]
    found = [each for text in told for each in paragraphs(text, width, "")]
    if figures.total is None:
        return found
    for block in (*single(figures), *crossed(figures)):
        rows = block.rows if len(block.titles) == 1 else block.shown
        found += ["", *(_table_lines(block, rows) if block.shown else paragraphs(nothing_text(block), width, ""))]
    return [*found, "", *paragraphs(withheld_text(), width, "")]


def nothing_text(block: Block) -> str:
    return _("%(what)s: every count is withheld.", what=block.title)


def _table_lines(block: Block, rows: Sequence[Row]) -> list[str]:
    heads = (*block.titles, _("Reports"))
    return table(heads, [(*row.labels, row.text) for row in rows], right=(len(block.titles),))


def _block(figures: Figures, table: Table) -> Block:
    titles = tuple(str(axis.title) for axis in table.axes)
    rows = []
    for cell in table.cells():
        labels = tuple(str(axis.categories[code]) for axis, code in zip(table.axes, cell[1:], strict=True))
        rows.append(Row(labels, figures.counts.get(cell)))
    return Block(table.name, titles, tuple(rows))
