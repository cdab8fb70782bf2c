"""The sums that hold between published counts, as a network in which each count is what flows through one edge.

A table of two axes is a network: what leaves a row's node enters the columns' nodes. Whoever looks at the published
numbers can move a hidden count up or down exactly as far as hidden edges lead around it, in whole cases; this room
finds the ways. Knows nothing of cases. After Gusfield, "A graph theoretic approach to statistical data security" (SIAM
Journal on Computing 17, 1988).
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from heapq import heappop, heappush

from dropbox.workstation.statistics.axes import Axis, Cell, Counts

SOURCE, SINK = "source", "sink"
_CELL_COST, _MARGIN_COST, _LOT = 1 << 16, 10 << 16, 1 << 16


@dataclass(frozen=True)
class Edge:
    """One count between two nodes. cost: what hiding it takes from a reader, and a lot that was drawn for it."""

    cell: Cell
    tail: str
    head: str
    cost: int


@dataclass(frozen=True)
class Step:
    """One edge as a way takes it: `up` adds a case to its count, the other direction takes one away."""

    edge: Edge
    up: bool

    @property
    def goal(self) -> str:
        return self.edge.head if self.up else self.edge.tail


class Network:
    """Edges between which every node's sums hold, and the total is known."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.edges = tuple(edges)
        self._steps: dict[str, list[Step]] = {}
        for edge in self.edges:
            self._steps.setdefault(edge.tail, []).append(Step(edge, up=True))
            self._steps.setdefault(edge.head, []).append(Step(edge, up=False))

    def total(self, counts: Counts) -> int:
        """Return how many cases there are."""
        return sum(counts[edge.cell] for edge in self.edges if edge.tail == SOURCE)

    def way(self, around: Edge, counts: Counts, hidden: AbstractSet[Cell], *, up: bool) -> list[Step]:
        """Return the cheapest way to let one case more (`up`) or less through an edge, with all sums as they were.

        Hidden edges cost nothing. Empty where there is no way.
        """
        start, goal = (around.head, around.tail) if up else (around.tail, around.head)
        came: dict[str, Step] = {}
        costs, waiting = {start: 0}, [(0, start)]
        while waiting:
            cost, node = heappop(waiting)
            if node == goal:
                return _walked(came, start, goal)
            for step in self._steps.get(node, ()) if cost == costs[node] else ():
                cell = step.edge.cell
                further = cost + (0 if cell in hidden else step.edge.cost)
                free = step.edge is not around and (step.up or counts[cell] > 0)
                if free and further < costs.get(step.goal, further + 1):
                    costs[step.goal], came[step.goal] = further, step
                    heappush(waiting, (further, step.goal))
        return []


def row(axis: Axis, key: bytes) -> Network:
    """Return the sums of one axis alone: its counts together are the total. key: what the lots are drawn with."""
    return Network(_edge((axis.name, code), SOURCE, SINK, key) for code in axis.categories)


def chain(first: Axis, middle: Axis, last: Axis, key: bytes) -> Network:
    """Return the sums of three axes of which the middle one is crossed with both others."""
    edges = [_edge((first.name, code), SOURCE, f"{first.name}.{code}", key, _MARGIN_COST) for code in first.categories]
    edges += [_edge((last.name, code), f"{last.name}.{code}", SINK, key, _MARGIN_COST) for code in last.categories]
    crossed, crossing = f"{first.name}_{middle.name}", f"{middle.name}_{last.name}"
    for code in middle.categories:
        into, out = f"{middle.name}.{code}.in", f"{middle.name}.{code}.out"
        edges.append(_edge((middle.name, code), into, out, key, _MARGIN_COST))
        edges += [_edge((crossed, one, code), f"{first.name}.{one}", into, key) for one in first.categories]
        edges += [_edge((crossing, code, one), out, f"{last.name}.{one}", key) for one in last.categories]
    return Network(edges)


def _edge(cell: Cell, tail: str, head: str, key: bytes, cost: int = _CELL_COST) -> Edge:
    """Return an edge with a lot that nobody can draw again without the key.

    The lot never follows from the counts: whoever knows the program could work backwards from what was chosen.
    """
    drawn = blake2b("\n".join(cell).encode(), digest_size=8, key=key).digest()
    return Edge(cell, tail, head, cost + int.from_bytes(drawn) % _LOT)


def _walked(came: Mapping[str, Step], start: str, goal: str) -> list[Step]:
    steps = []
    while goal != start:
        step = came[goal]
        steps.append(step)
        goal = step.edge.tail if step.up else step.edge.head
    return steps[::-1]
