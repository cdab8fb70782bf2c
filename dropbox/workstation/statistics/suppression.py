"""Which counts are withheld: those under five, and as many others as it takes that no small one can be worked out.

From everything that is published, each count under five could just as well be none, or five or more. Zeros count as
small: that nobody reported violence tells one person a lot. All withheld counts look alike, so that nobody sees which
ones are small.
"""

from collections import Counter
from collections.abc import Iterator

from dropbox.workstation.statistics.axes import CROSSED, ONE_AXIS, SINGLE, TWO_AXES, Cell, Counts
from dropbox.workstation.statistics.network import Edge, Network, chain, row

THRESHOLD = 5
"""A count below this is small."""
CROSSED_FROM = 100
"""With fewer cases than this in all, nothing is crossed: nearly every cell would be small, and the rest would tell."""


def withheld(counts: Counts, key: bytes) -> frozenset[Cell]:
    """Return the cells that may not be published. Where all cases together are too few, these are all cells.

    key: a secret of the desk, the same in each member's vault: two choices for the same counts, taken together, would
    tell what either of them hides.
    """
    total = sum(counts[cell] for cell in ONE_AXIS[0].cells())
    cells: set[Cell] = set()
    if total < CROSSED_FROM:
        cells.update(*(table.cells() for table in TWO_AXES))
    for network, reach in _networks(key, crossed=total >= CROSSED_FROM):
        cells |= hidden_in(network, counts, reach)
    return frozenset(cells)


def crossed_reach(threshold: int) -> int:
    """Return how high a small count must be able to be where tables are crossed."""
    return 2 * threshold + 1


def hidden_in(network: Network, counts: Counts, reach: int, threshold: int = THRESHOLD) -> set[Cell]:
    """Return what to hide, so that each count below `threshold` could be none and could be `reach`."""
    if network.total(counts) < threshold:
        return {edge.cell for edge in network.edges}
    small = [edge for edge in network.edges if counts[edge.cell] < threshold]
    hidden = {edge.cell for edge in small}
    for edge in small:
        held = counts[edge.cell]
        _make_room(network, edge, counts, hidden, cases=held, up=False)
        _make_room(network, edge, counts, hidden, cases=reach - held, up=True)
    return hidden


def _networks(key: bytes, *, crossed: bool) -> Iterator[tuple[Network, int]]:
    """Give each network with how high its small counts must be able to be.

    More than twice as high where tables are crossed: at the bare threshold, whoever knows the program but not the key
    could exclude so much in a small table that a single value is left. tests/attacks/test_figures.py tries them all.
    """
    if crossed:
        yield chain(*CROSSED, key), crossed_reach(THRESHOLD)
    for axis in SINGLE:
        if not crossed or axis not in CROSSED:
            yield row(axis, key), THRESHOLD


def _make_room(network: Network, edge: Edge, counts: Counts, hidden: set[Cell], *, cases: int, up: bool) -> None:
    """Hide more, until the edge's count could be so many cases higher or lower for all that a reader can see.

    There is a way as long as there are that many cases in all: the others could lie anywhere.
    """
    moved = Counter(counts)
    for _ in range(cases):
        for step in network.way(edge, moved, hidden, up=up):
            moved[step.edge.cell] += 1 if step.up else -1
            hidden.add(step.edge.cell)
