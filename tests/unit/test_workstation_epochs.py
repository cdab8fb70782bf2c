"""A restored drop as a vault meets it: one history where the drop signed it, an alarm where it did not or lies."""

from dataclasses import replace
from datetime import timedelta

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import EpochStart, LineState, PickupManifest
from dropbox.models import Kind
from tests.envelopes import Case
from tests.factories_bundles import DESK, Investigator, World
from tests.factories_bundles import People as Homes
from tests.factories_bundles import world as made_world


def shown(person: Investigator) -> str:
    return person.run("cases").out


def reply(person: Investigator, case: Case, world: World, text: str = "We have read it.") -> None:
    person.ok("reply", case.id, "--text-file", world.text(text))


def bring(person: Investigator, case: Case, world: World, name: str) -> None:
    target = world.folder / name
    person.ok("export", target)
    world.drop.take(target, case)


def texts(person: Investigator, case: Case) -> list[str]:
    return [item["text"] for item in person.ok("read", case.id)["items"]]


@pytest.fixture
def story(here: World) -> tuple[World, Case, Case]:
    """A case from before a backup, with a message and a reply from after it, and a case from after it."""
    here.start(here.anna, here.bram)
    drop, old, new = here.drop, Case(), Case()
    drop.send(old, "From before.")
    here.anna.ok("import", drop.pickup())
    here.bram.ok("import", drop.pickup())
    backup = drop.back_up()
    here.next_day()
    drop.send(old, "Lost message.")
    drop.send(new, "Lost report.")
    here.anna.ok("import", drop.pickup())
    reply(here.anna, old, here)
    bring(here.anna, old, here, "first.tar")
    here.anna.ok("import", drop.pickup())
    here.next_day()
    drop.restore(backup)
    return here, old, new


def test_a_restore_that_the_drop_signed_is_no_alarm(story: tuple[World, Case, Case]) -> None:
    here, old, new = story
    told = here.anna.ok("import", here.drop.pickup())["restored"]
    assert (told["lost"], told["cases"], told["again"]) == (2, 2, 1)
    assert told["day"] == here.drop.day.isoformat()
    assert told["backup"] == (here.drop.day - timedelta(days=2)).isoformat()
    screen = shown(here.anna)
    assert "RESTORED" in screen
    assert not any(word in screen for word in ("NEW HISTORY", "ALARM", "MISSING", "QUARANTINE"))
    assert texts(here.anna, old)[:2] == ["From before.", "Lost message."]
    assert texts(here.anna, new) == ["Lost report."]


def test_who_saw_nothing_of_what_was_lost_is_told_so(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story
    told = here.bram.ok("import", here.drop.pickup())["restored"]
    assert (told["lost"], told["again"]) == (0, 0)
    assert "Nothing that came here after that backup is missing there." in shown(here.bram)


def test_a_lost_answer_and_lost_receipts_go_to_the_drop_again_and_once_only(story: tuple[World, Case, Case]) -> None:
    here, old, _ = story
    here.anna.ok("import", here.drop.pickup())
    bring(here.anna, old, here, "again.tar")
    manifest = here.drop.answers[-1]
    assert len(manifest.entries) == 1
    assert len(manifest.receipts) >= 1
    here.anna.ok("import", here.drop.pickup())
    waiting = here.anna.ok("export", here.folder / "nothing.tar")
    assert (waiting["replies"], waiting["notes"]) == (0, 0)


def test_an_old_bundle_that_comes_late_takes_nothing_back(story: tuple[World, Case, Case]) -> None:
    here, old, _ = story
    drop, epochs, epoch = here.drop, here.drop.epochs, here.drop.epoch
    late = drop.folder / "pickup-4.tar"
    assert late.exists()
    here.anna.ok("import", drop.pickup())
    again = here.anna.ok("import", late)
    assert "restored" not in again
    bring(here.anna, old, here, "again.tar")
    assert len(drop.answers[-1].entries) == 1
    assert (drop.epochs, drop.epoch) == (epochs, epoch)


def test_what_a_late_bundle_confirms_the_drop_may_have_lost_since(here: World) -> None:
    here.start()
    drop, case = here.drop, Case()
    drop.send(case, "Mine.")
    here.anna.ok("import", drop.pickup())
    backup = drop.back_up()
    reply(here.anna, case, here)
    bring(here.anna, case, here, "first.tar")
    late = drop.pickup()
    drop.restore(backup)
    here.anna.ok("import", drop.pickup())
    here.anna.ok("import", late)
    bring(here.anna, case, here, "again.tar")
    assert len(drop.answers[-1].entries) == 1


def test_a_reporter_goes_on_from_what_the_drop_still_has(story: tuple[World, Case, Case]) -> None:
    here, old, _ = story
    here.anna.ok("import", here.drop.pickup())
    # the case's own chain as the drop knows it: it gives the number of the lost message again
    here.drop.send(old, "From after.")
    report = here.anna.ok("import", here.drop.pickup())
    assert report["quarantined"] == {}
    said = [text for text in texts(here.anna, old) if text != "We have read it."]
    assert said == ["From before.", "Lost message.", "From after."]


def test_reading_of_a_restore_ends_its_notice_and_no_other(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story
    here.anna.ok("import", here.drop.pickup())
    here.anna.run("explain", "--restored")
    assert "RESTORED" not in shown(here.anna)
    here.drop.restore(here.drop.back_up())
    here.anna.ok("import", here.drop.pickup())
    assert "RESTORED" in shown(here.anna)


def test_a_new_epoch_that_nobody_signed_is_an_alarm_as_before(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story
    here.drop.epochs = ()
    assert "restored" not in here.anna.ok("import", here.drop.pickup())
    assert "NEW HISTORY" in shown(here.anna)


def test_a_statement_of_another_epoch_explains_nothing(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story
    here.drop.epoch = "ab" * 16
    here.anna.ok("import", here.drop.pickup())
    assert "NEW HISTORY" in shown(here.anna)


def test_a_restore_that_a_stranger_signed_is_refused(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story
    (made,) = here.drop.epochs
    here.drop.epochs = (made.signed_by(SigningKey.generate()),)
    assert "signature" in here.anna.refused("import", here.drop.pickup())


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_restore_with_another_past_is_a_fork(story: tuple[World, Case, Case], n: int) -> None:
    """Whoever calls a changed past a restore is found out: what this vault saw up to there must be in it."""
    here, _, _ = story
    (made,) = here.drop.epochs
    last, head = made.logs[DESK]
    changed = {0: {}, 1: {DESK: (last, "ab" * 32)}, 2: {DESK: (last + 1, head)}}[n]
    if n == 0:
        # the item from before the backup is gone from the log, and the statement agrees
        here.drop.logs[DESK].numbers.clear()
        here.drop.items.clear()
        here.drop.send(Case(), "Put in its place.")
        here.drop._number(DESK)
        changed = {DESK: (1, head_of_now(here, made))}
    here.drop.epochs = (replace(made, logs=changed).signed_by(here.drop.signing_key),)
    assert "ALARM" in here.anna.refused("import", here.drop.pickup())


def head_of_now(here: World, made: EpochStart) -> str:
    from tests.factories_bundles import head_of

    return head_of(made.previous, here.drop._lines(DESK))


def test_another_salt_after_a_restore_is_a_fork(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story

    def salted(manifest: PickupManifest) -> PickupManifest:
        return replace(manifest, kdf=replace(manifest.kdf, salt=bytes(15) + b"x"))

    assert "ALARM" in here.anna.refused("import", here.drop.pickup(bend=salted))


def test_what_went_to_others_before_a_vault_was_there_stays_excused(here: World) -> None:
    drop = here.drop
    gone = drop.send(Case(), "Long ago.")
    drop.let_go(gone, LineState.RECEIVED)
    drop.send(Case(), "Today.")
    here.start()
    here.anna.ok("import", drop.pickup())
    drop.restore(drop.back_up())
    here.anna.ok("import", drop.pickup())
    assert "MISSING" not in shown(here.anna)
    assert here.anna.ok("explain")["open"] == []


def test_a_gap_that_was_explained_stays_explained(here: World) -> None:
    drop = here.drop
    here.start()
    drop.send(Case(), "Here.")
    here.anna.ok("import", drop.pickup())
    missed = drop.send(Case(), "Never came.")
    drop.let_go(missed, LineState.RECEIVED)
    here.anna.ok("import", drop.pickup())
    here.anna.ok("explain", "2", "--because", "Its stick was lost.")
    drop.restore(drop.back_up())
    here.anna.ok("import", drop.pickup())
    told = here.anna.ok("explain")
    assert told["open"] == []
    assert [each["number"] for each in told["explained"]] == [2]


def test_an_answer_to_a_case_that_was_withdrawn_is_not_brought_back(here: World) -> None:
    here.start()
    drop, case = here.drop, Case()
    drop.send(case, "Mine.")
    backup = drop.back_up()
    here.anna.ok("import", drop.pickup())
    reply(here.anna, case, here)
    bring(here.anna, case, here, "first.tar")
    drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", drop.pickup())
    drop.restore(backup)
    assert here.anna.ok("import", drop.pickup())["restored"]["again"] == 0


def test_two_restores_in_a_row_are_one_history(story: tuple[World, Case, Case]) -> None:
    here, _, _ = story
    here.bram.ok("import", here.drop.pickup())
    here.next_day()
    here.drop.restore(here.drop.back_up())
    for person in (here.anna, here.bram):
        here_told = person.ok("import", here.drop.pickup())
        assert here_told["restored"] is not None
        assert "NEW HISTORY" not in shown(person)


def test_a_new_vault_after_a_restore_is_told_of_none(people: Homes) -> None:
    with made_world(people) as fresh:
        fresh.drop.send(Case(), "Old.")
        fresh.drop.pickup()
        fresh.drop.restore(fresh.drop.back_up())
        fresh.start()
        assert "restored" not in fresh.anna.ok("import", fresh.drop.pickup())
        assert "RESTORED" not in shown(fresh.anna)
        assert "QUARANTINE" not in shown(fresh.anna)


def test_two_living_drops_are_not_taken_for_one(story: tuple[World, Case, Case]) -> None:
    """The machine that was thought lost goes on serving beside the restored one."""
    here, _, _ = story
    drop = here.drop
    assert here.anna.ok("import", drop.pickup())["restored"]
    ended = drop.epochs[-1].previous
    drop.epoch, drop.epochs = ended, ()
    same_day = drop.pickup()
    assert "restored" not in here.anna.ok("import", same_day)  # as late as a bundle from before the restore may be
    here.next_day()
    assert "ALARM. The bundle was refused: it tells another history" in here.anna.refused("import", drop.pickup())
