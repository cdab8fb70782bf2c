"""What a seized server does tell, row by row, each counted: how often the teller's word for it was right.

The rows are those of the table in docs/threat-model.md, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

from tests.attacking.outcome import Figure, at_least, count

Truth = Mapping[str, Any]
Found = Mapping[str, Any]
Counted = tuple[int, int]

DECISION = "0036"
_BY_NUMBER = {"number in the log", "page:desk_log", "place:desk_log"}
_ORDERED_BY_NUMBER = ("order within a day", "order of writings within a day", "author of a reply", "author of a note")
_BY_LOCK = {"has a lock", "lock bytes", "is marked as gone"}
LARGEST_TEXT_FILE = 70_000
"""A sealed item of 64 KiB and what sealing adds for four readers is no larger; one more step of Padme is."""


def accepted(question: str, feature: str) -> str | None:
    """Return the decision that says why this stays, if one does."""
    by_number = feature in _BY_NUMBER and question in _ORDERED_BY_NUMBER
    by_lock = feature in _BY_LOCK and question == "reply was deleted"
    by_receipt = feature == "receipts" and question in _ORDERED_BY_NUMBER
    return DECISION if by_number or by_lock or by_receipt else None


def figures(truth: Truth, found: Found) -> list[Figure]:
    """Count each row. A row that is told wrongly makes the table a lie, too."""
    rows = []
    for name, counted in ROWS.items():
        right, tried = counted(truth, found)
        said = f"told: {name} ({tried:,} times)"
        rows.append(at_least(said, 100.0 * right / tried, 100.0, "% right") if tried else count(said, 0))
    return rows


def _same(pairs: list[tuple[object, object]]) -> Counted:
    return sum(one == other for one, other in pairs), len(pairs)


def _desks(truth: Truth, found: Found) -> Counted:
    """A desk that has erased its part stands among those for a while, and no longer at the case."""
    told = {name: set(case["desks"]) for name, case in found["claims"]["cases"].items()}
    for row in found["claims"]["erased"]:
        if row["case_id"] in told:
            told[row["case_id"]].add(row["desk_id"])
    return _same([(sorted(desks), truth["cases"][name]["desks"]) for name, desks in told.items()])


def _days(truth: Truth, found: Found) -> Counted:
    return _same([(row["day"], truth["items"][item]["day"]) for item, row in found["claims"]["items"].items()])


def _direction(truth: Truth, found: Found) -> Counted:
    kinds = {"reply": "reply", "note": "note"}
    claims = found["claims"]["items"].items()
    return _same([(row["kind"], kinds.get(truth["items"][item]["kind"], "submission")) for item, row in claims])


def _size(truth: Truth, found: Found) -> Counted:
    """Tell what is more than a text by its size: files of more than 64 KiB together are."""
    pairs: list[tuple[object, object]] = []
    for item, row in found["claims"]["items"].items():
        size = truth["items"][item]["size"]
        if row["kind"] == "submission" and not 60_000 < size < LARGEST_TEXT_FILE:
            pairs.append((row["bytes"] > LARGEST_TEXT_FILE, size >= LARGEST_TEXT_FILE))
    return _same(pairs)


def _readers(truth: Truth, found: Found) -> Counted:
    pairs: list[tuple[object, object]] = []
    for item, row in found["claims"]["items"].items():
        if row["kind"] == "submission":
            desks = truth["cases"][truth["items"][item]["case"]]["desks"]
            types = [truth["key_types"][member] for member, desk in truth["members"].items() if desk in desks]
            pairs.append((sorted(row["recipients"]), sorted(types)))
    return _same(pairs)


def _number(truth: Truth, found: Found) -> Counted:
    cases = found["claims"]["cases"].items()
    return _same([(case["next_number"] - 1, truth["cases"][name]["sent"]) for name, case in cases])


def _picked_up(truth: Truth, found: Found) -> Counted:
    """Tell which member has which item that is held."""
    told = {(row["item_id"], row["fingerprint"]) for row in found["claims"]["receipts"]}
    true = {(item, member) for member, held in truth["has"].items() for item in held}
    held = found["claims"]["items"]
    return _same([((item, who) in told, (item, who) in true) for item in held for who in truth["members"]])


def _read(truth: Truth, found: Found) -> Counted:
    cases = found["claims"]["cases"].items()
    return _same([(bool(case["read"]), truth["cases"][name]["seen"]) for name, case in cases])


def _answered(truth: Truth, found: Found) -> Counted:
    cases = found["claims"]["cases"].items()
    return _same([(case["first_reply_day"], truth["cases"][name]["first_reply_day"]) for name, case in cases])


def _withdrawn(truth: Truth, found: Found) -> Counted:
    cases = found["claims"]["cases"].items()
    return _same([(case["withdrawn_day"] is not None, truth["cases"][name]["withdrawn"]) for name, case in cases])


def _erasing(truth: Truth, found: Found) -> Counted:
    return _same([(row["author"], truth["items"][row["item_id"]]["author"]) for row in found["claims"]["steps"]])


def _fetches(truth: Truth, found: Found) -> Counted:
    """Tell which of two items of one day a desk was handed earlier, by their numbers."""
    logged: dict[str, list[tuple[int, int, str]]] = {}
    days = truth["items"]
    for row in found["claims"]["log"]:
        fetch = truth["fetched"].get(row["desk_id"], {}).get(row["item_id"])
        if fetch is not None:
            logged.setdefault(row["desk_id"], []).append((row["n"], fetch, days[row["item_id"]]["day"]))
    pairs: list[tuple[object, object]] = [
        (one[0] < other[0], one[1] < other[1])
        for log in logged.values()
        for one, other in combinations(log, 2)
        if one[2] == other[2] and one[1] != other[1]
    ]
    return _same(pairs)


def _gone(truth: Truth, found: Found) -> Counted:
    """Tell how many of the items that a desk was handed are gone."""
    held = set(found["claims"]["items"])
    pairs: list[tuple[object, object]] = []
    for desk, fetched in truth["fetched"].items():
        told = sum(row["desk_id"] == desk and row["item_id"] is None for row in found["claims"]["log"])
        pairs.append((told, len(set(fetched) - held)))
    return _same(pairs)


def _deleted(truth: Truth, found: Found) -> Counted:
    replies = [(item, row) for item, row in found["claims"]["items"].items() if row["kind"] == "reply"]
    return _same([(not row["has_lock"], truth["items"][item]["deleted"]) for item, row in replies])


def _bundles(truth: Truth, found: Found) -> Counted:
    told = {row["author"]: row["bundles"] for row in found["claims"]["vaults"]}
    return _same([(told.get(member, 0), number) for member, number in truth["bundles"].items()])


ROWS: dict[str, Callable[[Truth, Found], Counted]] = {
    "the desks of a case": _desks,
    "the day of an item": _days,
    "whether a reporter sent it, or it is a reply or a note": _direction,
    "the padded size": _size,
    "how many readers, and their types of key": _readers,
    "how many submissions a case ever had": _number,
    "which member has which item": _picked_up,
    "whether a desk says that it read a case": _read,
    "whether a case was answered, and on which day first": _answered,
    "whether a case is withdrawn": _withdrawn,
    "who proposed or seconded to keep or to erase a case": _erasing,
    "which items of a day a desk fetched earlier": _fetches,
    "how many items that were fetched are gone": _gone,
    "which reply was deleted, until every member has it": _deleted,
    "how many bundles a member brought": _bundles,
}
"""The rows of the table, by what a reader learns."""
