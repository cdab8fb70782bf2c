"""The drop's key and its successors, as a vault follows them: by signatures alone, or by words that were compared."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import Succession
from dropbox.trust_words import drop_words, roster_words
from tests.envelopes import Case
from tests.factories_bundles import DESK, Investigator, World, joined


def public(key: SigningKey) -> str:
    return bytes(key.verify_key).hex()


@pytest.fixture
def started(here: World) -> World:
    """Anna's vault is confirmed, and holds a report and a reply from before."""
    here.start()
    here.drop.send(Case(), "From before.")
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    return here


def old_bundle(here: World, old: SigningKey, chain: tuple[Succession, ...] = ()) -> Path:
    """Write what somebody with an old key of the drop could: a bundle of today."""
    signing, successions = here.drop.signing_key, here.drop.successions
    here.drop.signing_key, here.drop.successions = old, chain
    try:
        return here.drop.pickup()
    finally:
        here.drop.signing_key, here.drop.successions = signing, successions


def texts(of: Investigator) -> list[str]:
    cases = [each["case"] for each in of.ok("cases")]
    return sorted(item["text"] for case in cases for item in of.ok("read", case)["items"])


def test_a_successor_that_the_old_key_signed_for_is_followed_and_told(started: World) -> None:
    started.drop.succeed()
    started.drop.send(Case(), "From after.")
    told = started.anna.run("import", started.drop.pickup(), columns=120).out
    assert "The drop has a new key; its old one signed for it." in told
    assert started.drop.words in " ".join(told.split())
    assert started.anna.ok("import", started.drop.pickup())["drop_key"] is None
    assert texts(started.anna) == ["From after.", "From before."]
    started.anna.ok("export", started.folder / "1.tar")
    assert started.drop.take(started.folder / "1.tar", Case()).drop == started.drop.drop


def test_several_successors_since_the_last_bundle_are_followed_at_once(started: World) -> None:
    for _ in range(3):
        started.drop.succeed()
    assert started.anna.ok("import", started.drop.pickup())["drop_key"] == public(started.drop.signing_key)
    assert started.anna.ok("roster")["drop"] == started.drop.drop
    assert started.anna.ok("roster")["drop_key"] == started.drop.words


def test_whoever_keeps_the_old_key_is_refused_once_the_newer_was_seen(started: World) -> None:
    early = started.drop.pickup()
    old = started.drop.succeed()
    started.anna.ok("import", started.drop.pickup())
    for bundle in (early, old_bundle(started, old)):
        assert "has had a successor since" in started.anna.refused("import", bundle)
    started.anna.ok("import", started.drop.pickup())


def test_whoever_keeps_the_old_key_cannot_name_another_successor(started: World) -> None:
    old = started.drop.succeed()
    started.anna.ok("import", started.drop.pickup())
    thief = SigningKey.generate()
    forged = Succession(started.drop.drop, 1, started.drop.day, public(old), public(thief)).signed_by(old)
    assert started.anna.refused("import", old_bundle(started, thief, (forged,))).startswith("error: ALARM.")
    assert "NEW KEY" in started.anna.run("cases").out
    assert "differ" in started.anna.refused("confirm", drop_words(public(old)))


def test_a_key_that_was_lost_is_refused_until_its_words_were_compared(started: World) -> None:
    old = started.drop.succeed(lost=True)
    bundle = started.drop.pickup()
    refused = started.anna.run("import", bundle)
    assert refused.code == 1
    assert "did not sign for" in refused.err
    assert "confirm" in refused.err
    shown = " ".join(started.anna.run("cases", columns=120).out.split())
    assert "NEW KEY. A bundle was refused" in shown
    assert started.drop.words in shown
    assert "differ" in started.anna.refused("confirm", drop_words("ab" * 32))
    started.anna.refused("import", bundle)
    started.anna.ok("confirm", started.drop.words)
    started.anna.ok("import", bundle)
    assert "NEW KEY" not in started.anna.run("cases").out
    assert "has had a successor since" in started.anna.refused("import", old_bundle(started, old))


def test_confirmed_words_let_in_exactly_that_key(started: World) -> None:
    first = started.drop.succeed(lost=True)
    bundle = started.drop.pickup()
    started.anna.refused("import", bundle)
    started.anna.ok("confirm", started.drop.words)
    stranger = SigningKey.generate()
    lost = Succession(started.drop.drop, 1, started.drop.day, public(first), public(stranger))
    assert "ALARM" in started.anna.refused("import", old_bundle(started, stranger, (lost,)))
    started.anna.ok("import", bundle)


def test_a_refused_key_holds_nothing_up_and_is_forgotten_when_the_known_one_signs(started: World) -> None:
    old = started.drop.signing_key
    started.drop.succeed(lost=True)
    started.anna.refused("import", started.drop.pickup())
    started.anna.ok("export", started.folder / "1.tar")
    started.anna.ok("import", old_bundle(started, old))
    assert "NEW KEY" not in started.anna.run("cases").out


def test_a_signed_successor_of_a_lost_one_needs_the_words_of_the_last(started: World) -> None:
    started.drop.succeed(lost=True)
    started.drop.succeed()
    started.anna.refused("import", started.drop.pickup())
    started.anna.ok("confirm", started.drop.words)
    started.anna.ok("import", started.drop.pickup())
    started.drop.succeed()
    assert started.anna.ok("import", started.drop.pickup())["drop_key"] == public(started.drop.signing_key)


def test_a_drop_put_back_from_before_its_succession_goes_on_with_a_key_that_was_compared(started: World) -> None:
    """Its backup was older than the new key, which is gone for ever."""
    first = started.drop.signing_key
    started.drop.succeed()
    started.anna.ok("import", started.drop.pickup())
    started.drop.signing_key, started.drop.successions = first, ()
    assert "has had a successor since" in started.anna.refused("import", started.drop.pickup())
    started.drop.succeed(lost=True)
    assert "ALARM" in started.anna.refused("import", started.drop.pickup())
    started.anna.ok("confirm", started.drop.words)
    started.anna.ok("import", started.drop.pickup())


def test_a_first_contact_is_by_the_words_of_todays_key(here: World) -> None:
    old_words = here.drop.words
    here.drop.succeed()
    here.start(here.anna)
    assert here.drop.words != old_words
    assert here.anna.ok("import", here.drop.pickup())["drop_key"] is None
    here.anna.ok("export", here.folder / "1.tar")
    here.bram.ok("init", "--drop-key", old_words)
    assert "differ" in here.bram.refused("import", here.drop.pickup())
    here.dirk.ok("init")
    here.dirk.ok("import", here.drop.pickup())
    assert here.drop.words in " ".join(here.dirk.run("cases", columns=120).out.split())
    assert "differ" in here.dirk.refused("confirm", old_words)
    here.dirk.ok("confirm", here.drop.words)


def _bad_signature(made: Succession) -> Succession:
    return replace(made, signature=bytes(64))


def _other_day(made: Succession) -> Succession:
    return replace(made, day=made.day.replace(year=made.day.year - 1))


@pytest.mark.parametrize("bend", [_bad_signature, _other_day])
def test_a_succession_that_is_not_signed_as_it_stands_is_refused(
    started: World, bend: Callable[[Succession], Succession]
) -> None:
    started.drop.succeed()
    started.drop.successions = tuple(map(bend, started.drop.successions))
    assert "signature is not valid" in started.anna.refused("import", started.drop.pickup())
    assert "NEW KEY" not in started.anna.run("cases").out


def test_a_bundle_must_be_signed_by_the_last_key_that_it_names(started: World) -> None:
    old = started.drop.succeed()
    bundle = old_bundle(started, old, started.drop.successions)
    started.anna.refused("import", bundle)
    assert "NEW KEY" not in started.anna.run("cases").out


def test_another_drop_is_no_successor(started: World, here: World) -> None:
    stranger = SigningKey.generate()
    here.drop.drop, here.drop.signing_key = public(stranger), stranger
    assert "another drop or desk" in started.anna.refused("import", here.drop.pickup())


def test_what_colleagues_pass_on_and_hand_over_keeps_the_name_of_the_drop(started: World) -> None:
    """A reseal bundle names the drop; both vaults know it by its first key, whichever signs today."""
    case = Case()
    started.drop.send(case, "From before the newcomer.")
    started.next_day()
    started.drop.succeed()
    started.drop.rosters[DESK] = joined(started.drop.rosters[DESK], started.dirk.key, started.drop.day)
    started.start(started.dirk)
    for person in (started.anna, started.dirk):
        person.ok("import", started.drop.pickup())
    started.anna.ok("confirm", "--roster", roster_words(DESK, started.drop.rosters[DESK]))
    started.anna.ok("reseal", case.id, "--to", started.dirk.key, started.folder / "r.tar")
    assert started.dirk.ok("import", started.folder / "r.tar")["new"] == 1
    assert texts(started.dirk) == ["From before the newcomer."]
