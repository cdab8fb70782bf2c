"""Compares what the teller found with what is true: each question, each feature, one test.

A question is what nobody may tell; a row of `told` is what everybody may. Tests are two-sided, within strata of what is
alike otherwise, and the bound is for all of them together: so many tests, so much the less for each.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.attacking.seized import chances
from tests.attacking.seized.chances import Verdict

FALSE_ALARM = 1e-4
"""How likely a whole run may be to call something that is not there."""

Truth = Mapping[str, Any]
Told = Mapping[str, Any]
NUMBERED = "number in the log"
DAY_NS = 86_400 * 1_000_000_000
_FLOOR = 65_536
_NEAR = 32
"""Bytes by which two sealed files of one bucket may differ: RSA gives a byte less now and then."""


@dataclass(frozen=True)
class Answer:
    """One question asked of one feature."""

    question: str
    feature: str
    verdict: Verdict


def ask(truth: Truth, told: Told) -> list[Answer]:
    """Return every answer that says anything at all."""
    answers = [*_order(truth, told), *_sizes(truth, told), *_kinds(truth, told), *_first(truth, told)]
    answers += [*_mandates(truth, told), *_changed(truth, told), *_authors(truth, told), *_replies(truth, told)]
    return [answer for answer in answers if answer.verdict.count]


def called(answers: Sequence[Answer]) -> list[Answer]:
    """Return those that chance does not explain."""
    bound = FALSE_ALARM / max(1, len(answers))
    return sorted((each for each in answers if each.verdict.p < bound), key=lambda each: each.verdict.p)


def guessed_authors(truth: Truth, told: Told) -> tuple[int, int, float]:
    """Guess who wrote each reply by who brought receipts on its day; return right guesses, guesses, their p-value.

    Only desks whose members all bring answers, or there would be nothing to guess.
    """
    active = _active_members(truth)
    on_day: dict[tuple[str, str], set[str]] = defaultdict(set)
    for receipt in told["claims"]["receipts"]:
        on_day[receipt["desk_id"], receipt["day"]].add(receipt["fingerprint"])
    right = tried = 0
    for item in _held(truth, told, "reply"):
        desk = truth["members"][item["author"]]
        if len(active[desk]) != 2:
            continue
        here = on_day[desk, item["day"]] & active[desk]
        tried += 1
        # where both or neither were there, the guess is as good as a coin: half of them are counted as right
        right += 2 * (here == {item["author"]}) + (len(here) != 1)
    return right // 2, tried, chances.guesses(right // 2, tried, 0.5)


def guessed_by_lack(truth: Truth, told: Told) -> tuple[int, int]:
    """Guess that who lacks a reply that one of two members alone has wrote it; return right guesses and guesses."""
    active = _active_members(truth)
    has: dict[str, set[str]] = defaultdict(set)
    for receipt in told["claims"]["receipts"]:
        has[receipt["item_id"]].add(receipt["fingerprint"])
    right = tried = 0
    for item in _held(truth, told, "reply"):
        here = active[truth["members"][item["author"]]]
        lacking = here - has[item["item"]]
        if len(here) == 2 and len(lacking) == 1:
            tried += 1
            right += lacking == {item["author"]}
    return right, tried


def _active_members(truth: Truth) -> dict[str, set[str]]:
    active: dict[str, set[str]] = defaultdict(set)
    for item in truth["items"].values():
        if item["author"]:
            active[truth["members"][item["author"]]].add(item["author"])
    return active


def _held(truth: Truth, told: Told, *kinds: str) -> list[dict[str, Any]]:
    known = truth["items"]
    return [known[item] for item in told["items"] if item in known and known[item]["kind"] in kinds]


SUBMISSIONS = ("report", "message", "mandate", "withdrawal")
ALL = (*SUBMISSIONS, "reply", "note")


def _features(told: Told, of: str, ids: Iterable[str]) -> list[str]:
    return sorted({feature for one in ids for feature in told[of][one]})


def _each(
    told: Told,
    question: str,
    items: Sequence[Mapping[str, Any]],
    stratum: Callable[[Mapping[str, Any]], Hashable],
    truth_of: Callable[[Mapping[str, Any]], float | bool],
    of: str = "items",
) -> Iterable[Answer]:
    """Ask one question of every feature; a place in a page is compared with places in the same page alone."""
    name = "item" if of == "items" else "id"
    for feature in _features(told, of, [each[name] for each in items]):
        rows: list[tuple[Hashable, float, Any]] = []
        for each in items:
            own = told[of][each[name]]
            if feature not in own:
                continue
            page = own.get(f"page:{feature[6:]}") if feature.startswith("place:") else None
            rows.append(((stratum(each), page), float(own[feature]), truth_of(each)))
        test = chances.classes if rows and isinstance(rows[0][2], bool) else chances.order
        yield Answer(question, feature, test(rows))


def _order(truth: Truth, told: Told) -> Iterable[Answer]:
    """Ask for the order within a closed day: of all items, and of those that reporters sent."""
    yield from _each(
        told, "order within a day", _held(truth, told, *SUBMISSIONS), lambda i: i["day"], lambda i: i["order"]
    )
    writings = _held(truth, told, "reply", "note")
    desks = _desks(truth)

    def alike(item: Mapping[str, Any]) -> Hashable:
        # the desk is told, and all that one desk writes in a sitting comes together
        return item["day"], item["kind"], desks(item), truth["members"][item["author"]]

    yield from _each(told, "order of writings within a day", writings, alike, lambda i: i["order"])
    cases = [each for each in truth["cases"].values() if each["id"] in told["cases"]]
    for question, key in (("order of cases within a day", "first"), ("which case was last used", "last")):
        day = f"{key}_day"
        yield from _each(told, question, cases, lambda c: c[day], lambda c: float(c[key]), "cases")  # noqa: B023


def _sizes(truth: Truth, told: Told) -> Iterable[Answer]:
    desks = _desks(truth)
    texts = [item for item in _held(truth, told, *SUBMISSIONS) if not item["files"]]
    yield from _each(told, "length of a text", texts, desks, lambda i: float(i["size"]))
    files = [item for item in _held(truth, told, *SUBMISSIONS) if item["files"]]
    rows = told["claims"]["items"]
    # RSA gives a byte less for one key in 256, so what is one bucket is told by steps of it, not by single bytes
    yield from _each(
        told,
        "size within a bucket",
        files,
        lambda i: (desks(i), rows[i["item"]]["bytes"] // 512),
        lambda i: float(i["size"]),
    )
    writings = _held(truth, told, "reply", "note")
    yield from _each(told, "length of a writing", writings, lambda i: (i["kind"], desks(i)), lambda i: float(i["size"]))


def unpadded(truth: Truth, told: Told) -> tuple[int, int]:
    """Count submissions with files whose sealed size is none that padding gives, and all those that were looked at.

    What sealing adds for the same readers is seen from a text alone: it is padded to the floor.
    """
    rows = told["claims"]["items"]
    added: dict[tuple[str, ...], int] = {}
    for item in _held(truth, told, *SUBMISSIONS):
        if not item["files"]:
            row = rows[item["item"]]
            added[tuple(sorted(row["recipients"]))] = row["bytes"] - _partial(_FLOOR)
    wrong = looked = 0
    for item in _held(truth, told, *SUBMISSIONS):
        row = rows[item["item"]]
        readers = tuple(sorted(row["recipients"]))
        if item["files"] and readers in added:
            packed = row["bytes"] - added[readers]
            looked += 1
            wrong += abs(_partial(_bucket(packed - packed // 4096 - _NEAR)) - packed) > _NEAR
    return wrong, looked


def _bucket(size: int) -> int:
    """Return Padme's size for that one, as docs/formats.md has it and not as the drop's own code does."""
    if size <= _FLOOR:
        return _FLOOR
    exponent = math.floor(math.log2(size))
    step = 2 ** (exponent - math.floor(math.log2(exponent)) - 1)
    return int(-(-size // step) * step)


def _partial(size: int) -> int:
    """Return a size with the byte in 4 KiB that OpenPGP's partial lengths cost."""
    return size + size // 4096


def _kinds(truth: Truth, told: Told) -> Iterable[Answer]:
    """Compare follow-ups of text alone; not those on a case's first day, which only messages are."""
    desks = _desks(truth)
    ups = [
        item
        for item in _held(truth, told, "message", "mandate", "withdrawal")
        if not item["files"]
        and item["day"] != truth["cases"][item["case"]]["first_day"]
        and not truth["cases"][item["case"]]["withdrawn"]
    ]
    for kind in ("mandate", "withdrawal"):
        two = [item for item in ups if item["kind"] in {kind, "message"}]
        yield from _each(told, f"{kind} or message", two, lambda i: (i["day"], desks(i)), lambda i: i["kind"] == kind)  # noqa: B023


def _first(truth: Truth, told: Told) -> Iterable[Answer]:
    """Ask which one was the report where a message came on the same day."""
    both = [
        item
        for item in _held(truth, told, "report", "message")
        if item["day"] == truth["cases"][item["case"]]["first_day"] and not item["files"]
    ]
    yield from _each(told, "report or message of its day", both, lambda i: i["case"], lambda i: i["kind"] == "report")


def _mandates(truth: Truth, told: Told) -> Iterable[Answer]:
    desks = _desks(truth)
    items = [item for item in _held(truth, told, *SUBMISSIONS) if not item["files"]]
    cases = [each for each in truth["cases"].values() if each["id"] in told["cases"]]
    for mandate in ("listen", "advise", "investigate"):
        question = f"mandate {mandate}"
        yield from _each(
            told, question, items, lambda i: (i["day"], i["kind"], desks(i)), lambda i: i["mandate"] == mandate  # noqa: B023
        )  # fmt: skip
        yield from _each(
            told, question, cases, lambda c: (c["first_day"], *c["desks"]), lambda c: c["mandate"] == mandate, "cases"  # noqa: B023
        )  # fmt: skip


def _changed(truth: Truth, told: Told) -> Iterable[Answer]:
    """Ask whether a case's second submission changed its mandate; more would be told by how many there are."""
    cases = [each for each in truth["cases"].values() if each["id"] in told["cases"] and each["sent"] == 2]
    yield from _each(
        told,
        "mandate was changed",
        cases,
        lambda c: (c["last_day"], *c["desks"]),
        lambda c: bool(c["changed"]),
        "cases",
    )


def _authors(truth: Truth, told: Told) -> Iterable[Answer]:
    """Compare two members of one desk with keys of different types."""
    desks, active = _desks(truth), _active_members(truth)
    for kind in ("reply", "note"):
        for desk in sorted(active):
            if len(active[desk]) == 2:
                one = min(active[desk])
                theirs = [item for item in _held(truth, told, kind) if item["author"] in active[desk]]
                yield from _each(
                    told, f"author of a {kind}", theirs, lambda i: (i["day"], desks(i)), lambda i: i["author"] == one  # noqa: B023
                )  # fmt: skip


def _replies(truth: Truth, told: Told) -> Iterable[Answer]:
    """Ask which replies their reporter read, or deleted."""
    desks = _desks(truth)
    replies = _held(truth, told, "reply")
    there = [item for item in replies if not item["deleted"]]
    yield from _each(told, "reply was read", there, lambda i: (i["day"], desks(i)), lambda i: bool(i["read"]))
    yield from _each(told, "reply was deleted", replies, lambda i: (i["day"], desks(i)), lambda i: bool(i["deleted"]))


def _desks(truth: Truth) -> Callable[[Mapping[str, Any]], Hashable]:
    return lambda item: tuple(truth["cases"][item["case"]]["desks"])
