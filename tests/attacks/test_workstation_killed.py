"""A workstation that dies in the middle of a command: its vault opens, with all that was taken in or written before."""

import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest

from tests.crashes import crash_at, kill_after
from tests.envelopes import Case
from tests.factories_bundles import DESK, World, joined
from tests.keeping_room import Room

KILLS = 8


def test_a_power_cut_at_any_moment_of_an_import_loses_nothing(here: World) -> None:
    here.start()
    kept = Case()
    here.drop.send(kept)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("reply", kept.id, "--text-file", here.text())
    cases = [Case(), Case()]
    for case in cases:
        here.drop.send(case)
    bundle = here.drop.pickup()
    moment = 1
    while crash_at(here.anna, moment, "import", str(bundle)):
        assert [item["kind"] for item in here.anna.ok("read", kept.id)["items"]] == ["report", "reply"]
        moment += 1
    assert moment > 4
    assert {line["case"] for line in here.anna.ok("cases")} == {case.id for case in (kept, *cases)}
    assert not list(here.anna.vault.rglob("*.part"))


def test_a_power_cut_at_any_moment_of_a_reply_leaves_a_vault_that_opens(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    moment = 1
    while crash_at(here.anna, moment, "reply", case.id, "--text-file", str(here.text())):
        moment += 1
        kinds = [item["kind"] for item in here.anna.ok("read", case.id)["items"]]
        assert set(kinds) <= {"report", "reply"}
    assert moment > 2
    assert here.anna.ok("cases")[0]["replies"] >= 1


def test_a_power_cut_at_any_moment_of_an_export_repeats_no_number(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    moment = 1
    while crash_at(here.anna, moment, "export", str(here.folder / f"{moment}.tar")):
        moment += 1
    here.anna.ok("export", here.folder / "last.tar")
    bundles: list[Path] = [path for path in here.folder.glob("*.tar") if path.stat().st_size]
    sequences = [here.drop.take(path, case).sequence for path in bundles]
    assert len(bundles) >= 2
    assert len(set(sequences)) == len(sequences)


def opened_case(here: World) -> Case:
    here.start()
    case = Case()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("reply", case.id, "--text-file", here.text("kept reply"))
    return case


def a_note(here: World, case: Case) -> list[str]:
    return ["note", case.id, "--text-file", str(here.text())]


def a_tag(_here: World, case: Case) -> list[str]:
    return ["tag", case.id, f"+{token_hex(4)}"]


def an_intake(here: World, _case: Case) -> list[str]:
    return ["intake", "--text-file", str(here.text())]


Command = Callable[[World, Case], list[str]]


@pytest.mark.parametrize("command", [a_note, a_tag, an_intake])
def test_a_power_cut_at_any_moment_of_a_command_costs_nothing_that_was_there(here: World, command: Command) -> None:
    case = opened_case(here)
    moment = 1
    while crash_at(here.anna, moment, *command(here, case)):
        moment += 1
        items = here.anna.ok("read", case.id)["items"]
        assert [item["text"] for item in items if item["kind"] == "reply"] == ["kept reply"]
    assert moment > 2
    here.anna.ok("export", here.folder / "answer.tar")
    here.anna.ok("import", here.drop.pickup())
    assert not list(here.anna.vault.rglob("*.part"))


def test_a_power_cut_while_cases_are_taken_over_leaves_none_half_known(here: World) -> None:
    case = opened_case(here)
    drop = here.drop
    drop.rosters[DESK] = joined(drop.rosters[DESK], here.dirk.key, drop.day)
    here.start(here.dirk)
    pickup = drop.pickup()
    for person in (here.anna, here.dirk):
        person.ok("import", pickup)
    words = [line.strip() for line in here.anna.run("cases").out.splitlines() if line.startswith("    ")]
    here.anna.ok("confirm", "--roster", " ".join(words))
    bundle = here.folder / "reseal.tar"
    here.anna.ok("reseal", case.id, "--to", here.dirk.key, bundle)
    moment = 1
    while crash_at(here.dirk, moment, "import", str(bundle)):
        # the last of these moments comes when the new casebook has its name already
        known = here.dirk.ok("cases")
        assert known == [] or [line["case"] for line in known] == [case.id]
        moment += 1
    assert moment > 2
    assert [item["kind"] for item in here.dirk.ok("read", case.id)["items"]] == ["report"]


def test_kill_9_at_any_moment_of_a_round_of_work_loses_nothing(here: World) -> None:
    case = opened_case(here)
    for _ in range(30):
        here.drop.send(Case())
    bundle = here.drop.pickup()
    begun = time.monotonic()
    here.anna.ok("cases")
    whole = max(time.monotonic() - begun, 0.2) * 3
    for number in range(KILLS):
        commands = (["import", str(bundle)], a_note(here, case), ["export", str(here.folder / f"killed-{number}.tar")])
        kill_after(here.anna, whole * (number + 1) / KILLS, *commands[number % 3])
        items = here.anna.ok("read", case.id)["items"]
        assert [item["text"] for item in items if item["kind"] == "reply"] == ["kept reply"]
    here.anna.ok("import", bundle)
    assert len(here.anna.ok("cases")) == 31
    here.anna.ok("export", here.folder / "last.tar")
    assert len(here.drop.take(here.folder / "last.tar", case).entries) >= 1


def test_a_power_cut_at_any_moment_of_an_erasure_leaves_the_case_whole_or_nothing_of_it(here: World) -> None:
    room = Room(here).begin()
    room.agree()
    room.later()
    bundle = here.drop.pickup()
    moment = 1
    while crash_at(here.anna, moment, "import", str(bundle)):
        moment += 1
        if room.case.id in room.cases(here.anna):
            assert next(item["kind"] for item in here.anna.ok("read", room.case.id)["items"]) == "report"
    here.anna.ok("import", bundle)
    assert moment > 1
    assert room.cases(here.anna) == {room.other.id}
    assert not room.is_on_disk(here.anna)


def test_what_a_power_cut_left_of_an_erased_case_is_swept_without_an_import(here: World) -> None:
    room = Room(here).begin()
    room.agree()
    room.later()
    held = {path.name: path.read_bytes() for path in (here.anna.vault / "items").iterdir()}
    room.fetch()
    for name, data in held.items():
        (here.anna.vault / "items" / name).write_bytes(data)
    assert room.is_on_disk(here.anna)
    here.anna.ok("erase", "--due")
    assert not room.is_on_disk(here.anna)
    assert room.cases(here.anna) == {room.other.id}
