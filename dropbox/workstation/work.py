"""What the members of a desk arranged about a case: who has it, how it stands, its tags; and who wrote at once.

Said by notes of all members, which come together here to the same in every vault. Answers come from the casebook
alone; nothing is unsealed or written here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from dropbox.envelope import MAX_KNOWN, MAX_TAGS, NOBODY, Work, WorkState, clean_tag
from dropbox.errors import NotAMember, NothingToChange, TooManyTags
from dropbox.models import CaseId, Fingerprint, ItemId, SealedKind
from dropbox.workstation import addressing
from dropbox.workstation.casebook import Casebook, ItemRecord, State, detail_of
from dropbox.workstation.order import in_order
from dropbox.workstation.speech import N_, _, list_text
from dropbox.workstation.thread import author_name

MAX_PAIRS = 200
"""Pairs that are told of in one case: what one hostile member can make of their own writings must not fill memory."""

_STATES = {
    WorkState.NEW: N_("new"),
    WorkState.TALKING: N_("talking"),
    WorkState.WAITING: N_("waiting"),
    WorkState.INVESTIGATING: N_("investigating"),
    WorkState.CLOSED: N_("closed"),
}

Pair = tuple[ItemId, ItemId]


@dataclass(frozen=True)
class CaseWork:
    """How a case stands now. `written_at_once`: replies or works, by two, of which neither's author knew the other."""

    assignee: Fingerprint | None
    state: WorkState
    tags: tuple[str, ...]
    written_at_once: tuple[Pair, ...]

    def at_once_with(self, item: ItemId) -> tuple[ItemId, ...]:
        """Return what was written at the same time as this item, in the order of the thread."""
        return tuple(other for pair in self.written_at_once if item in pair for other in pair if other != item)


def of_case(casebook: Casebook, case: CaseId) -> CaseWork:
    """Return the case's work: the same in every vault that holds the same items, whatever way they came."""
    return of_items(casebook, in_order(list(casebook.thread(case))))


def of_items(casebook: Casebook, items: Sequence[ItemRecord]) -> CaseWork:
    """Return the work of a case whose items stand in their order already, as `thread.items_of` gives them."""
    assignee, state, tags = "", None, dict[str, None]()
    for record in items:
        work = detail_of(record).work
        if work is None:
            continue
        assignee = assignee if work.assignee is None else work.assignee
        state = work.state or state
        tags = _tagged(tags, work)
    answered = any(record.kind is SealedKind.REPLY for record in items)
    return CaseWork(
        assignee=Fingerprint(assignee) if assignee else None,
        state=state or (WorkState.TALKING if answered else WorkState.NEW),
        tags=tuple(sorted(tags, key=lambda tag: (tag.casefold(), tag))),
        written_at_once=_at_once(casebook, items),
    )


def heads(casebook: Casebook, case: CaseId) -> tuple[ItemId, ...]:
    """Return what a writing that is made now must name in `knows`: the newest items, which lead to all others.

    Replies among themselves as well: members of another desk do not get the notes that would lead to them.
    """
    items = in_order(list(casebook.thread(case)))
    submissions = [record.item for record in items if record.kind is SealedKind.SUBMISSION]
    writings = [record for record in items if record.kind is not SealedKind.SUBMISSION]
    replies = [record for record in writings if record.kind is SealedKind.REPLY]
    newest = dict.fromkeys([*submissions[-1:], *reversed(_ends(replies)), *reversed(_ends(writings))])
    return tuple(sorted(list(newest)[:MAX_KNOWN]))


def change(
    casebook: Casebook,
    case: CaseId,
    *,
    assignee: str | None = None,
    state: WorkState | None = None,
    add: Collection[str] = (),
    remove: Collection[str] = (),
) -> Work:
    """Return what a note must say to bring the case there: only what is not so already.

    assignee: a member's fingerprint, or NOBODY. Raises NotAMember, TagUnusable, TooManyTags, NothingToChange.
    """
    now = of_case(casebook, case)
    if assignee and assignee not in addressing.members(casebook):
        raise NotAMember
    there = {tag.casefold(): tag for tag in now.tags}
    fresh = {tag.casefold(): tag for tag in map(clean_tag, add) if tag.casefold() not in there}
    gone = {there[tag.casefold()] for tag in map(clean_tag, remove) if tag.casefold() in there}
    if len(there) + len(fresh) - len(gone) > MAX_TAGS:
        raise TooManyTags
    same = (assignee or None) == now.assignee
    wanted = (None if assignee is None or same else assignee, None if state is now.state else state)
    if wanted == (None, None) and not fresh and not gone:
        raise NothingToChange
    return Work(*wanted, tuple(sorted(set(fresh.values()) - gone)), tuple(sorted(gone)))


def written_without(casebook: Casebook, items: Sequence[ItemRecord], known: ItemId) -> frozenset[ItemId]:
    """Return the writings of a thread whose authors surely did not have this item of it."""
    bit = next(at for at, record in enumerate(items) if record.item == known)
    closures = _closures(casebook, items)
    said = [at for at, record in enumerate(items) if detail_of(record).knows is not None]
    return frozenset(items[at].item for at in said if not closures[at] >> bit & 1)


def state_text(state: WorkState) -> str:
    """Return how a case stands, in the reader's language."""
    return str(_STATES[state])


def sentences(casebook: Casebook, change: Work) -> list[str]:
    """Return what a note changed, in the reader's language."""
    told = []
    if change.assignee == NOBODY:
        told.append(_("Nobody has this case."))
    elif change.assignee is not None:
        who = author_name(casebook, Fingerprint(change.assignee))
        told.append(_("This case is given to %(who)s.", who=who))
    if change.state is not None:
        told.append(_("State: %(state)s.", state=state_text(change.state)))
    if change.add:
        told.append(_("Tags added: %(tags)s.", tags=", ".join(change.add)))
    if change.remove:
        told.append(_("Tags taken away: %(tags)s.", tags=", ".join(change.remove)))
    return told


def told(casebook: Casebook, items: Sequence[ItemRecord]) -> dict[ItemId, list[str]]:
    """Return for each item of a thread what is to be said below it: what it changed, and what was written at once."""
    now = of_items(casebook, items)
    numbers = {record.item: number for number, record in enumerate(items, start=1)}
    lines: dict[ItemId, list[str]] = {}
    for record in items:
        change = detail_of(record).work
        lines[record.item] = sentences(casebook, change) if change else []
        others = [_numbered(casebook, numbers, other) for other in now.at_once_with(record.item)]
        if others:
            told_of = _("Written at the same time as %(others)s: neither knew of the other.", others=list_text(others))
            lines[record.item].append(told_of)
    return lines


def _numbered(casebook: Casebook, numbers: Mapping[ItemId, int], item: ItemId) -> str:
    who = author_name(casebook, detail_of(casebook.items[item]).author)
    return _("number %(number)s by %(who)s", number=numbers[item], who=who)


def _tagged(tags: dict[str, None], work: Work) -> dict[str, None]:
    """Return the tags after this change. What goes beyond the limit is not added, in whatever vault."""
    kept = dict.fromkeys(tag for tag in tags if tag not in work.remove)
    for tag in work.add:
        if len(kept) < MAX_TAGS:
            kept[tag] = None
    return kept


def _ends(writings: Sequence[ItemRecord]) -> list[ItemId]:
    """Return those that none of the others names. One that cannot say what it knew counts as knowing all before it."""
    knows = [detail_of(record).knows for record in writings]
    silent = max((at for at, known in enumerate(knows) if known is None), default=0)
    named = {record.item for record in writings[:silent]}
    named.update(*(known for known in knows if known is not None))
    return [record.item for record in writings if record.item not in named]


def _at_once(casebook: Casebook, items: Sequence[ItemRecord]) -> tuple[Pair, ...]:
    """Return the pairs, by whole rows of bits: one member can make so many writings that no two by two would end."""
    known = _closures(casebook, items)
    pairs: list[Pair] = []
    for is_one in (_is_reply, _is_work):
        before = 0
        for other, record in enumerate(items):
            if detail_of(record).knows is None or not is_one(record):
                continue
            for one in islice(_bits(before & ~known[other]), MAX_PAIRS):
                if not known[one] >> other & 1:
                    pairs.append((items[one].item, record.item))
                if len(pairs) >= MAX_PAIRS:
                    return tuple(pairs)
            before |= 1 << other
    return tuple(pairs)


def _bits(mask: int) -> Iterator[int]:
    """Give the places of a number's bits, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _closures(casebook: Casebook, items: Sequence[ItemRecord]) -> list[int]:
    """Return for each item everything that its author knew, as bits by place in the order."""
    place = {record.item: at for at, record in enumerate(items)}
    known: list[int] = []
    submitted = 0
    for at, record in enumerate(items):
        if record.kind is SealedKind.SUBMISSION:
            known.append(submitted)
            submitted |= 1 << at
            continue
        knows = detail_of(record).knows
        # what cannot be followed (an old writing, or one sealed before this member came) tells of no simultaneity
        if knows is None or any(_is_closed(casebook, item) for item in knows):
            known.append((1 << at) - 1)
            continue
        mask = 0
        for other in (place[item] for item in knows if item in place):
            mask |= 1 << other | (known[other] if other < at else 0)
        known.append(mask)
    return known


def _is_closed(casebook: Casebook, item: ItemId) -> bool:
    record = casebook.items.get(item)
    return record is not None and record.state is not State.VERIFIED


def _is_reply(record: ItemRecord) -> bool:
    return record.kind is SealedKind.REPLY


def _is_work(record: ItemRecord) -> bool:
    return detail_of(record).work is not None
