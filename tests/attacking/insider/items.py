"""Items that were changed, dropped, reordered, rolled back or planted, as a workstation meets them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from nacl.signing import SigningKey

from dropbox.bundle import LineState
from dropbox.canonical import dump, load
from dropbox.models import Recipient, new_item_id
from tests.attacking.insider.desk import Story
from tests.attacking.insider.rows import CANARY, Row, Seen, Try
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
)  # fmt: skip
