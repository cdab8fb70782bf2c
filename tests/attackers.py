"""Somebody with nothing but the published figures, pencil and patience: how far can each withheld count be narrowed?

Written apart from the program, against docs/figures.schema.json alone. Sums of whole cases form a network, so the
bounds that are found here are exact: each end of a range is met by some table that fits everything published.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Cell = tuple[str, ...]
Range = tuple[int, int]


@dataclass
class _Arc:
    """A count between two nodes with what is known of it, and what flows in one table that fits."""

    tail: str
    head: str
    low: int
    high: int
    flow: int = 0


@dataclass
class _Graph:
    arcs: dict[Cell, _Arc] = field(default_factory=dict)
    at: defaultdict[str, list[_Arc]] = field(default_factory=lambda: defaultdict(list))

    def add(self, cell: Cell, tail: str, head: str, known: int | None, most: int) -> None:
        low, high = (0, most) if known is None else (known, known)
        self.arcs[cell] = arc = _Arc(tail, head, low, high)
        self.at[tail].append(arc)
        self.at[head].append(arc)

    def range_of(self, cell: Cell) -> Range:
        """Move the count as far up and then as far down as some table allows that fits everything."""
        arc = self.arcs[cell]
        arc.flow += self._push(arc.head, arc.tail, arc.high - arc.flow, without=arc)
        high = arc.flow
        arc.flow -= self._push(arc.tail, arc.head, arc.flow - arc.low, without=arc)
        return arc.flow, high

    def fit(self) -> None:
        """Find one table that fits everything: fill each arc to what is known at least, then mend every node."""
        for arc in self.arcs.values():
            arc.flow = arc.low
        excess: dict[str, int] = {}
        for arc in self.arcs.values():
            excess[arc.head] = excess.get(arc.head, 0) + arc.flow
            excess[arc.tail] = excess.get(arc.tail, 0) - arc.flow
        while True:
            over = next((node for node, amount in excess.items() if amount > 0), None)
            if over is None:
                assert not any(excess.values()), "the published figures do not add up"
                return
            short = self._reach(over, lambda node: excess.get(node, 0) < 0, None)
            assert short is not None, "the published figures do not add up"
            excess[over] -= 1
            excess[short] += 1

    def _push(self, start: str, goal: str, most: int, *, without: _Arc) -> int:
        pushed = 0
        while pushed < most and self._reach(start, lambda node: node == goal, without) is not None:
            pushed += 1
        return pushed

    def _reach(self, start: str, is_goal: Callable[[str], bool], without: _Arc | None) -> str | None:
        """Move one case along a way from `start` to a goal, and return the goal."""
        came: dict[str, tuple[str, _Arc, int]] = {}
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            if is_goal(node):
                self._move(came, start, node)
                return node
            for arc in self.at[node]:
                there, by = (arc.head, 1) if arc.tail == node else (arc.tail, -1)
                free = arc.flow < arc.high if by > 0 else arc.flow > arc.low
                if free and arc is not without and there not in came and there != start:
                    came[there] = (node, arc, by)
                    waiting.append(there)
        return None

    @staticmethod
    def _move(came: dict[str, tuple[str, _Arc, int]], start: str, node: str) -> None:
        while node != start:
            node, arc, by = came[node]
            arc.flow += by


def narrowed(document: dict[str, Any]) -> dict[Cell, Range]:
    """Return for each withheld cell between which two numbers it lies for certain."""
    total = document["total"]
    if total is None:
        return dict.fromkeys(cells_of(document), (0, document["threshold"] - 1))
    found: dict[Cell, Range] = {}
    for graph in _graphs(document, total):
        graph.fit()
        hidden = [cell for cell, arc in graph.arcs.items() if arc.low != arc.high]
        found |= {cell: graph.range_of(cell) for cell in hidden}
    return found


def cells_of(document: dict[str, Any]) -> dict[Cell, int | None]:
    """Return every cell of every table with its count, or None."""
    axes, cells = document["axes"], dict[Cell, int | None]()
    for table in document["tables"]:
        first, *others = table["axes"]
        for code, counts in zip(axes[first], table["counts"], strict=True):
            if not others:
                cells[first, code] = counts
                continue
            for other, count in zip(axes[others[0]], counts, strict=True):
                cells[f"{first}_{others[0]}", code, other] = count
    return cells


def _graphs(document: dict[str, Any], total: int) -> list[_Graph]:
    """Return what hangs together: the crossed axes in one graph, and each of the others in its own."""
    (first, middle), (again, last) = (table["axes"] for table in document["tables"] if len(table["axes"]) == 2)
    assert middle == again
    graphs = {name: _Graph() for name in document["axes"]}
    graphs[first] = graphs[last] = graphs[middle]
    apart = list({id(graph): graph for graph in graphs.values()}.values())
    for graph in apart:
        graph.add(("total",), "sink", "source", total, total)
    for cell, count in cells_of(document).items():
        name, *codes = cell
        nodes = [f"{axis}.{code}" for axis, code in zip(name.split("_"), codes, strict=True)]
        ends = {
            first: ("source", nodes[0]),
            middle: (f"{nodes[0]}.in", f"{nodes[0]}.out"),
            last: (nodes[0], "sink"),
            f"{first}_{middle}": (nodes[0], f"{nodes[-1]}.in"),
            f"{middle}_{last}": (f"{nodes[0]}.out", nodes[-1]),
        }
        tail, head = ends.get(name, ("source", "sink"))
        graphs[name.split("_")[0]].add(cell, tail, head, count, total)
    return apart
