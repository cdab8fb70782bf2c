"""Follow-ups, mandates, withdrawals, first envelopes and replies that are planted, as a workstation meets them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey

from dropbox.models import Kind, Mandate, new_item_id
from tests.attacking.insider.desk import Story
from tests.attacking.insider.items import Deed, on_desk
from tests.attacking.insider.rows import CANARY, Row, Seen
from tests.attacks import test_workstation_items as plants
from tests.envelopes import Case
from tests.factories_bundles import DESK, left, write_as


def _ways(case: Case) -> dict[str, dict[str, Any]]:
    """How somebody without the codename may try to speak in a case."""
    own = Case()
    return {
        "signed by a key of their own": {"signer": SigningKey.generate()},
        "with a case key of their own": {"signer": own.case_key, "case_key": own.case_public.hex()},
        "with both keys of their own": {
            "signer": own.case_key, "case_key": own.case_public.hex(), "reply_key": own.reply_public.hex(),
        },
        "with the number of an earlier one": {"signer": own.case_key, "number": 1, "previous": None},
        "far ahead": {"signer": own.case_key, "number": 999, "previous": "ab" * 32},
        "as their own case": {
            "signer": own.case_key, "case_key": own.case_public.hex(), "reply_key": own.reply_public.hex(),
            "case": own.id,
        },
    }  # fmt: skip


def planted(kind: Kind, **header: Any) -> Deed:
    def deed(story: Story, chance: Random) -> Seen:
        case = chance.choice(story.cases)
        if kind is not Kind.REPORT and chance.random() < 0.5:
            story.here.drop.send(case, "True, narrower.", kind=Kind.MANDATE, mandate=Mandate.LISTEN)
            story.fetch()
        before = _mandates(story)
        odd = chance.choice(list(_ways(case).values()))
        chain = list(story.here.drop.chains[case.id])
        story.here.drop.send(case, CANARY, kind=kind, **(header | odd))
        story.here.drop.chains[case.id] = chain
        seen = story.judge()
        return Seen(seen.noticed and _mandates(story) == before, seen.shown, seen.lost)

    return deed


def _mandates(story: Story) -> dict[str, str]:
    return {line["case"]: line["mandate"] for line in story.here.anna.ok("cases")}


def replayed(kind: Kind, **header: Any) -> Deed:
    """What the reporter did say once, and took back since, comes a second time."""

    def deed(story: Story, chance: Random) -> Seen:
        case = chance.choice(story.cases)
        first = story.here.drop.send(case, "Said once.", kind=kind, **header)
        story.fetch()
        story.here.drop.send(case, "Taken back.", kind=Kind.MANDATE, mandate=Mandate.LISTEN)
        story.fetch()
        before = _mandates(story)
        story.here.drop.hold(replace(first, item=new_item_id(), day=story.here.drop.day))
        seen = story.judge()
        return Seen(seen.noticed and _mandates(story) == before, seen.shown, seen.lost)

    return deed


def from_the_list(names: tuple[str, ...]) -> Deed:
    def deed(story: Story, chance: Random) -> Seen:
        case = chance.choice(story.cases)
        chains = {key: list(chain) for key, chain in story.here.drop.chains.items()}
        plants._plant(story.here, case, plants.PLANTS[chance.choice(names)])
        story.here.drop.chains = chains
        return story.judge()

    return deed


FOLLOW_UPS = (
    "signed by another key", "of another drop", "of another epoch", "with another item's id", "of another case",
    "with a link to nothing that was", "with a number and no link", "sealed to fewer than the roster",
    "sealed to one more than it lists", "sealed to a stranger", "an old one in another case", "on another day",
    "with the keys of somebody else", "no message at all", "cut off",
)  # fmt: skip
REPLIES = (
    "a reply by a stranger", "a reply by a member of another desk", "a reply in a colleague's name",
    "a reply of another drop", "a reply to other desks", "a reply for another desk", "a note passed off as a reply",
    "a note of another desk", "a reply with an altered body",
)  # fmt: skip


def by_a_former_member(story: Story, chance: Random) -> Seen:
    """Bram has left, and writes on as if he had not; under the day on which the drop got it."""
    drop = story.here.drop
    last = drop.day
    drop.day += timedelta(days=chance.randrange(1, 400))
    drop.rosters[DESK] = left(drop.rosters[DESK], story.here.bram.key, last)
    kind = chance.choice([Kind.REPLY, Kind.NOTE])
    day = last if chance.random() < 0.5 else drop.day
    held = write_as(drop, story.here.bram, chance.choice(story.cases), kind, text=CANARY, day=day)
    quarantined = story.here.anna.ok("import", drop.pickup())["quarantined"]
    seen = story.judge()
    return Seen(seen.noticed and held.item in quarantined, seen.shown, seen.lost)


def ahead_of_the_real_one(story: Story, chance: Random) -> Seen:
    """The desk's vault has nothing of the case yet; whatever comes first must not say whose case it is."""
    case, drop = Case(), story.here.drop
    ways = _ways(case)
    odd = ways[chance.choice([way for way in ways if way != "far ahead"])]
    odd = {"number": 1, "previous": None, "kind": Kind.REPORT} | odd
    gone: set[str] = set()
    if chance.random() < 0.5:
        drop.send(case, CANARY, **odd)
        drop.chains[case.id] = []
        if chance.random() < 0.5:
            first = story.judge(by=story.here.bram)
            if not first.noticed or first.shown:
                return first
        true = story.send(case, "The real beginning.")
    else:
        true = story.send(case, "The real beginning.")
        chain = list(drop.chains[case.id])
        drop.send(case, CANARY, **odd)
        drop.chains[case.id] = chain
    if chance.random() < 0.3:
        drop.let_go(true)
        gone.add("The real beginning.")
    return story.judge(by=story.here.bram, gone=gone)


def with_another_reply_key(story: Story, chance: Random) -> Seen:
    """Even with a codename's own signature; and the desk's next reply is locked to the true key."""
    case, other, drop = chance.choice(story.cases), Case(), story.here.drop
    chain = list(drop.chains[case.id])
    odd: dict[str, Any] = {"reply_key": other.reply_public.hex()}
    if chance.random() < 0.6:
        odd |= {"signer": other.case_key}
    if chance.random() < 0.3:
        odd |= {"number": 1, "previous": None, "kind": Kind.REPORT}
    drop.send(case, CANARY, **odd)
    drop.chains[case.id] = chain
    seen = story.judge()
    anna = story.here.anna
    anna.ok("reply", case.id, "--text-file", story.here.text("For the reporter alone."))
    target = story.here.folder / "answer.tar"
    anna.ok("export", target)
    locks = [entry.lock for entry in drop.take(target, case).entries if entry.lock]
    mine = all(_opens(lock, case) and not _opens(lock, other) for lock in locks)
    return Seen(seen.noticed and bool(locks) and mine, seen.shown, seen.lost)


def _opens(lock: bytes, case: Case) -> bool:
    try:
        return bool(SealedBox(case.reply_key).decrypt(lock))
    except CryptoError:
        return False


ROWS = (
    Row("An injected follow-up", {
        "in the reporter's name": on_desk(planted(Kind.MESSAGE)),
        "of every form": on_desk(from_the_list(FOLLOW_UPS)),
    }),
    Row("An injected mandate change", {
        "wider": on_desk(planted(Kind.MANDATE, mandate=Mandate.INVESTIGATE)),
        "narrower": on_desk(planted(Kind.MANDATE, mandate=Mandate.LISTEN)),
        "an earlier one once more": on_desk(replayed(Kind.MANDATE, mandate=Mandate.INVESTIGATE)),
    }),
    Row("An injected withdrawal", {
        "of the case": on_desk(planted(Kind.WITHDRAWAL)),
        "an undo": on_desk(planted(Kind.WITHDRAWAL, undo=True)),
    }),
    Row("A first envelope ahead of the real one", {"in a case that is new here": on_desk(ahead_of_the_real_one)}),
    Row("A swapped reply key", {"in a bundle": on_desk(with_another_reply_key)}),
    Row("A planted reply", {
        "on the workstation": on_desk(from_the_list(REPLIES)),
        "on the workstation, by a former member": on_desk(by_a_former_member),
    }),
    Row("A replayed reply", {
        "on the workstation": on_desk(from_the_list(("a reply in another case", "a reply under another id"))),
    }),
)  # fmt: skip
