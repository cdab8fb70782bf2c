"""The one order of a case's items, which every member's vault comes to by itself, however the items arrived.

Works on records alone. What an author knew is signed and cannot be made true afterwards; days come from the drop, and
only decide between items that say nothing of each other.
"""

from collections.abc import Collection, Iterable
from datetime import date
from heapq import heappop, heappush
from itertools import pairwise

from dropbox.models import ItemId
from dropbox.workstation.casebook import ItemRecord, detail_of, number_of

Place = tuple[date, bool, int, ItemId]
Waits = dict[ItemId, frozenset[ItemId]]


def in_order(records: Collection[ItemRecord]) -> list[ItemRecord]:
    """Return the verified items of one case, oldest first.

    Submissions keep the order of their signed numbers, and a writing stands after all that its author knew. Of what may
    come next the earlier day goes first; within a day a writing goes before a submission that its author did not know,
    and then the lower id.
    """
    submissions = submissions_of(records)
    writings = [record for record in records if not number_of(record)]
    if not writings:
        return submissions
    here = {record.item: record for record in records}
    waits: Waits = {record.item: _known(record, here, submissions) for record in writings}
    waits |= {each.item: frozenset() for each in submissions[:1]}
    waits |= {each.item: frozenset({before.item}) for before, each in pairwise(submissions)}
    return [here[item] for item in _Queue(here, waits).drain()]


def submissions_of(records: Iterable[ItemRecord]) -> list[ItemRecord]:
    """Return a case's submissions by their signed numbers, oldest first.

    Where the drop lost the newest in a restore, the reporter went on from those before, and gave their numbers again.
    """
    found = [record for record in records if number_of(record)]
    first_lost = min((number_of(record) for record in found if record.lost), default=0)

    def place(record: ItemRecord) -> tuple[bool, int, ItemId]:
        came_later = 0 < first_lost <= number_of(record) and not record.lost
        return came_later, number_of(record), record.item

    return sorted(found, key=place)


class _Queue:
    """Gives the items out one by one, each when everything that it waits for is out."""

    def __init__(self, here: dict[ItemId, ItemRecord], waits: Waits) -> None:
        self._here, self._waits = here, waits
        self._left = {item: len(earlier) for item, earlier in waits.items()}
        self._followers: dict[ItemId, list[ItemId]] = {}
        for item, earlier in waits.items():
            for other in earlier:
                self._followers.setdefault(other, []).append(item)
        self._days: dict[ItemId, date] = {}
        self._ready: list[Place] = []

    def drain(self) -> Iterable[ItemId]:
        for item in [item for item, count in self._left.items() if not count]:
            heappush(self._ready, self._place(item))
        while self._left:
            # nothing is ready only where writings claim to know each other, which no two honest ones can
            place = heappop(self._ready) if self._ready else min(map(self._place, self._left))
            if place[-1] in self._left:
                yield self._give(place)

    def _give(self, place: Place) -> ItemId:
        day, *_, item = place
        del self._left[item]
        self._days[item] = day
        for follower in self._followers.get(item, ()):
            if follower in self._left:
                self._left[follower] -= 1
                if not self._left[follower]:
                    heappush(self._ready, self._place(follower))
        return item

    def _place(self, item: ItemId) -> Place:
        record = self._here[item]
        return self._day(record), bool(number_of(record)), number_of(record), item

    def _day(self, record: ItemRecord) -> date:
        """Return the drop's day. Until it has named what was written here, this machine's clock decides nothing."""
        earlier = [self._days[item] for item in self._waits[record.item] if item in self._days]
        named = not record.own or (record.on_drop and record.written is not None)
        return record.day if named or not earlier else max(earlier)


def _known(record: ItemRecord, here: dict[ItemId, ItemRecord], submissions: list[ItemRecord]) -> frozenset[ItemId]:
    """Return what a writing stands after. One that does not say what its author knew stands as it came here."""
    knows = detail_of(record).knows
    first = [each.item for each in submissions[:1]]
    if knows is not None:
        return frozenset([*first, *(item for item in knows if item in here and item != record.item)])
    if record.own:
        return frozenset(item for item, other in here.items() if other.arrived < record.arrived)
    before = [each.item for each in submissions if each.arrived < record.arrived and each.day <= record.day]
    return frozenset(before[-1:])
