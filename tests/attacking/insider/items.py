"""Items that were changed, dropped, reordered, rolled back or planted, as a workstation meets them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey

from dropbox.bundle import LineState
from dropbox.canonical import dump, load
from dropbox.models import Kind, Mandate, Recipient, new_item_id
from tests.attacking.insider.desk import Story
from tests.attacking.insider.rows import CANARY, Row, Seen, Try
from tests.attacks import test_workstation_items as plants
from tests.bundles import read_members, write_members
from tests.envelopes import Case
from tests.factories_bundles import DESK, Held

Deed = Callable[[Story, Random], Seen]


def on_desk(deed: Deed) -> Try:
    return lambda grounds, chance: deed(grounds.desk.again(chance), chance)


# --- changed ------------------------------------------------------------------------------------------------------


def _fresh(story: Story, chance: Random) -> Held:
    """A true item that nobody has fetched yet."""
    return story.send(chance.choice(story.cases), "True, and taken away.")


def _bent(data: bytes, chance: Random) -> bytes:
    how = chance.choice(["flip", "cut", "add", "zero"])
    at = chance.randrange(1, len(data))
    if how == "cut":
        return data[:at]
    if how == "add":
        return data + chance.randbytes(chance.randrange(1, 64))
    if how == "zero":
        until = min(len(data), at + chance.randrange(1, 5000))
        return data[:at] + (bytes(until - at) if any(data[at:until]) else b"\1" * (until - at)) + data[until:]
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def changed_before_it_was_fetched(story: Story, chance: Random) -> Seen:
    held = _fresh(story, chance)
    story.here.drop.hold(replace(held, data=_bent(held.data, chance)))
    return story.judge(gone={"True, and taken away."})


def changed_after_it_was_fetched(story: Story, chance: Random) -> Seen:
    held = chance.choice(story.sent)
    story.fetch()
    story.here.drop.hold(replace(held, data=_bent(held.data, chance)))
    return story.judge()


def words_in_its_place(story: Story, chance: Random) -> Seen:
    held = _fresh(story, chance)
    readers = [Recipient(key) for key in story.here.drop.recipients(held.desks)]
    data = story.here.drop.public.seal_bytes(f"{CANARY} ".encode() * chance.randrange(1, 9000), readers)
    story.here.drop.hold(replace(held, data=data))
    return story.judge(gone={"True, and taken away."})


def another_day(story: Story, chance: Random) -> Seen:
    held = _fresh(story, chance)
    day = held.day.replace(year=held.day.year + chance.choice([-1, 1]))
    story.here.drop.hold(replace(held, day=day))
    return story.judge(gone={"True, and taken away."})


# --- dropped, reordered -------------------------------------------------------------------------------------------


def said_to_be_received(story: Story, chance: Random) -> Seen:
    story.here.drop.let_go(_fresh(story, chance), LineState.RECEIVED)
    return story.judge(gone={"True, and taken away."})


def left_out_of_the_bundle(story: Story, chance: Random) -> Seen:
    """The log says that it is there, and the bundle has no such file."""
    held = _fresh(story, chance)
    bundle = story.here.drop.pickup()
    members = read_members(bundle)
    manifest = load(members[0][1], len(members[0][1]))
    manifest["items"] = [each for each in manifest["items"] if each["item"] != held.item]
    signed = dump(manifest)
    signature = story.here.drop.signing_key.sign(b"onion-dropbox pickup 1\n" + signed).signature
    rest = [(name, data) for name, data in members[2:] if held.item not in name]
    write_members(bundle, [("manifest.json", signed), ("manifest.sig", signature), *rest])
    return story.judge(bundle=bundle, gone={"True, and taken away."})


def gone_before_it_had_a_number(story: Story, chance: Random) -> Seen:
    """No number tells of it, but the case's next submission does."""
    case = chance.choice(story.cases)
    held = story.send(case, "True, and taken away.")
    del story.here.drop.items[held.item]
    story.send(case, "True, and after it.")
    return story.judge(gone={"True, and taken away."})


def called_withdrawn(story: Story, chance: Random) -> Seen:
    case = chance.choice(story.cases)
    story.here.drop.let_go(story.send(case, "True, and taken away."), LineState.WITHDRAWN)
    story.send(case, "True, and after it.")
    return story.judge(gone={"True, and taken away."})


def numbers_changed_places(story: Story, chance: Random) -> Seen:
    story.fetch()
    numbers = story.here.drop.logs[DESK].numbers
    one, other = chance.sample(range(len(numbers)), 2)
    numbers[one], numbers[other] = numbers[other], numbers[one]
    if chance.random() < 0.5:
        story.send(chance.choice(story.cases), "True, and after it.")
        return story.judge(gone={"True, and after it."})
    return story.judge()


def files_changed_places(story: Story, chance: Random) -> Seen:
    one, other = (story.send(case, "True, and taken away.") for case in story.cases)
    story.here.drop.hold(replace(one, data=other.data))
    story.here.drop.hold(replace(other, data=one.data))
    return story.judge(gone={"True, and taken away."})


def a_case_in_another_order(story: Story, chance: Random) -> Seen:
    """The same two messages under each other's ids and files: their own order is signed."""
    case = chance.choice(story.cases)
    one, other = (story.send(case, "True, and taken away.") for _ in range(2))
    del story.here.drop.items[one.item], story.here.drop.items[other.item]
    story.here.drop.hold(replace(one, item=other.item))
    story.here.drop.hold(replace(other, item=one.item))
    return story.judge(gone={"True, and taken away."})


# --- rolled back --------------------------------------------------------------------------------------------------


def _rolled_back(story: Story, chance: Random) -> None:
    """Put the data folder back to an earlier day; what came since is gone."""
    backup = story.here.drop.back_up()
    for number in range(chance.randrange(1, 4)):
        story.send(chance.choice(story.cases), f"True, and rolled back, {number}.")
    if chance.random() < 0.5:
        story.here.next_day()
    story.fetch()
    drop = story.here.drop
    drop.items, drop.logs, drop.chains = backup.items, backup.logs, backup.chains


def an_older_data_folder(story: Story, chance: Random) -> Seen:
    _rolled_back(story, chance)
    story.here.drop.send(Case(), "A stranger comes next.")
    return story.judge()


def an_older_data_folder_under_a_new_history(story: Story, chance: Random) -> Seen:
    _rolled_back(story, chance)
    story.here.drop.epoch = chance.randbytes(16).hex()
    return story.judge()


def a_restore_that_a_stranger_signed(story: Story, chance: Random) -> Seen:
    backup = story.here.drop.back_up()
    story.send(chance.choice(story.cases), "True, and rolled back.")
    story.fetch()
    story.here.drop.restore(backup, SigningKey.generate())
    return _refused(story)


def a_restore_with_another_past(story: Story, chance: Random) -> Seen:
    story.here.drop.restore(story.here.drop.back_up())
    (made,) = story.here.drop.epochs
    last, head = made.logs[DESK]
    odd = chance.choice([(last, chance.randbytes(32).hex()), (last + 1, head), (max(0, last - 1), head)])
    story.here.drop.epochs = (replace(made, logs={**made.logs, DESK: odd}).signed_by(story.here.drop.signing_key),)
    return _refused(story)


def an_item_of_another_epoch(story: Story, chance: Random) -> Seen:
    epoch = story.here.drop.epoch
    story.here.drop.epoch = chance.randbytes(16).hex()
    story.here.drop.send(chance.choice(story.cases), CANARY)
    story.here.drop.epoch = epoch
    return story.judge()


def an_old_item_once_more(story: Story, chance: Random) -> Seen:
    held = chance.choice(story.sent)
    story.here.drop.hold(replace(held, item=new_item_id()))
    return story.judge()


def _refused(story: Story) -> Seen:
    before = story.here.anna.run("cases", "--json").out
    result = story.here.anna.run("import", story.here.drop.pickup())
    return Seen(result.code == 1 and before == story.here.anna.run("cases", "--json").out)


# --- planted ------------------------------------------------------------------------------------------------------


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
    Row("A changed item", {
        "before anybody fetched it": on_desk(changed_before_it_was_fetched),
        "after it was fetched": on_desk(changed_after_it_was_fetched),
        "other words in its place": on_desk(words_in_its_place),
        "under another day": on_desk(another_day),
    }),
    Row("A dropped item", {
        "said to be received": on_desk(said_to_be_received),
        "left out of the bundle": on_desk(left_out_of_the_bundle),
        "before it had a number": on_desk(gone_before_it_had_a_number),
        "called withdrawn": on_desk(called_withdrawn),
    }),
    Row("Items in another order", {
        "numbers changed places": on_desk(numbers_changed_places),
        "files changed places": on_desk(files_changed_places),
        "within a case": on_desk(a_case_in_another_order),
    }),
    Row("A rolled-back data folder", {
        "as if nothing had been": on_desk(an_older_data_folder),
        "under a new history": on_desk(an_older_data_folder_under_a_new_history),
        "a restore that a stranger signed": on_desk(a_restore_that_a_stranger_signed),
        "a restore with another past": on_desk(a_restore_with_another_past),
        "an item of another epoch": on_desk(an_item_of_another_epoch),
        "an old item once more": on_desk(an_old_item_once_more),
    }),
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
    Row("A planted reply", {"on the workstation": on_desk(from_the_list(REPLIES))}),
    Row("A replayed reply", {
        "on the workstation": on_desk(from_the_list(("a reply in another case", "a reply under another id"))),
    }),
)  # fmt: skip
