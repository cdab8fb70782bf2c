"""about, together and join: sealed to the desk, the same for every member, and no name where none belongs."""

import json
import os
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from dropbox.envelope import ANSWER_PREFIX, YES
from dropbox.envelope.account import LogAct
from dropbox.models import Kind, Mandate
from dropbox.workstation.vault import look_into
from tests.envelopes import Case
from tests.factories_bundles import Investigator, World

LISTEN, ADVISE, INVESTIGATE = Mandate
JAN = "Jan van den Berg"


@pytest.fixture
def begin(here: World) -> Callable[..., list[Case]]:
    """Send a report for each mandate and import them all."""

    def make(*mandates: Mandate, text: str = "Something happened.") -> list[Case]:
        if not here.anna.vault.exists():
            here.start()
        cases = [Case() for _ in mandates]
        for case, mandate in zip(cases, mandates, strict=True):
            here.drop.send(case, text, mandate=mandate)
        here.anna.ok("import", here.drop.pickup())
        return cases

    return make


def names(person: Investigator, case: Case) -> list[tuple[str, str]]:
    return [(each["kind"], each["name"]) for each in person.ok("about", case.id)["marks"]]


def linked(person: Investigator, case: Case) -> Any:
    return [(each["case"], each["sure"]) for each in person.ok("together", case.id)["links"]]


def test_marks_are_written_in_one_note_and_come_back_by_kind(here: World, begin: Callable[..., list[Case]]) -> None:
    (case,) = begin(ADVISE)
    made = here.anna.ok("about", case.id, "--person", f"{JAN}; Jan B.", "--place", "town hall", "--date", "2026-03-04")
    assert [(each["kind"], each["name"], each["aliases"]) for each in made["marks"]] == [
        ("person", JAN, ["Jan B."]),
        ("place", "town hall", []),
        ("date", "2026-03-04", []),
    ]
    assert len(here.anna.ok("work", case.id)["acts"]) == 1
    person, place, _ = (each["id"] for each in made["marks"])
    made = here.anna.ok("about", case.id, "--change", person, JAN, "--remove", place, "--person", "Piet Bakker")
    assert [each["name"] for each in made["marks"]] == [JAN, "Piet Bakker", "2026-03-04"]
    lines = here.anna.run("about", case.id).out
    assert person in lines
    assert "Piet Bakker" in lines


def test_what_is_not_so_is_refused_and_nothing_is_written(here: World, begin: Callable[..., list[Case]]) -> None:
    (case,) = begin(ADVISE)
    here.anna.ok("about", case.id, "--person", JAN)
    assert "so already" in here.anna.refused("about", case.id, "--person", JAN.upper())
    assert "cannot be marked" in here.anna.refused("about", case.id, "--date", "yesterday")
    assert "no such mark" in here.anna.refused("about", case.id, "--remove", "0" * 16)
    assert names(here.anna, case) == [("person", JAN)]
    assert len(here.anna.ok("work", case.id)["acts"]) == 1


def test_a_withdrawn_case_is_marked_no_more_and_tells_of_nobody(here: World, begin: Callable[..., list[Case]]) -> None:
    one, other = begin(INVESTIGATE, INVESTIGATE)
    for case in (one, other):
        here.anna.ok("about", case.id, "--person", JAN)
    here.drop.send(one, kind=Kind.WITHDRAWAL, mandate=INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    assert "withdrawn" in here.anna.refused("about", one.id, "--person", "Piet Bakker")
    assert here.anna.ok("together", one.id)["shut"] == "withdrawn"
    assert linked(here.anna, other) == []
    assert "withdrawn" in here.anna.refused("join", one.id)


def test_every_member_sees_the_same_marks_and_links(here: World, begin: Callable[..., list[Case]]) -> None:
    one, other = begin(INVESTIGATE, INVESTIGATE)
    here.start(here.bram)
    here.bram.ok("import", here.drop.pickup())
    here.anna.ok("about", one.id, "--person", JAN)
    here.bram.ok("about", one.id, "--place", "town hall")
    here.bram.ok("about", other.id, "--person", "Jan v.d. Berg")
    for _ in range(2):
        for person in (here.anna, here.bram):
            target = here.folder / f"answer-{person.name}-{_}.tar"
            person.ok("export", target)
            for_one = {entry.case for entry in _manifest(here, target)}
            assert for_one <= {one.id, other.id}
        here.next_day()
        for person in (here.anna, here.bram):
            person.ok("import", here.drop.pickup())
    for person in (here.anna, here.bram):
        assert names(person, one) == [("person", JAN), ("place", "town hall")]
        assert linked(person, one) == [(other.id, True)]
        assert linked(person, other) == [(one.id, True)]
    ids = [[each["id"] for each in person.ok("about", one.id)["marks"]] for person in (here.anna, here.bram)]
    assert ids[0] == ids[1]


def _manifest(here: World, path: Any) -> Any:
    """Take an answer bundle in, whatever cases its notes are of, and return its entries."""
    cases = {held.case.id: held.case for held in here.drop.items.values()}
    manifest = here.drop.take(path, next(iter(cases.values())))
    for entry in manifest.entries:
        held = here.drop.items[entry.item]
        object.__setattr__(held, "case", cases[entry.case])
    return manifest.entries


def test_no_command_names_a_listening_case_or_its_people_elsewhere(
    here: World, begin: Callable[..., list[Case]]
) -> None:
    listening, open_case = begin(LISTEN, INVESTIGATE)
    for case in (listening, open_case):
        here.anna.ok("about", case.id, "--person", JAN)
    for arguments in ((open_case.id,), ()):
        told = here.anna.run("together", *arguments, "--json").out + here.anna.run("together", *arguments).out
        assert listening.id[:8] not in told
        assert "another case" not in told
    own = here.anna.ok("together", listening.id)
    assert (own["links"], own["another"], own["left_out"]) == ([], True, 0)
    told = here.anna.run("together", listening.id).out
    assert "another case here that may touch this one" in told
    assert open_case.id[:8] not in told
    assert "Berg" not in told
    assert f"join {listening.id[:8]}" in told


def test_both_reporters_are_asked_the_same_and_joined_when_both_agree(
    here: World, begin: Callable[..., list[Case]]
) -> None:
    cases = begin(LISTEN, LISTEN)
    for case in cases:
        here.anna.ok("about", case.id, "--person", JAN)
    asked = [here.anna.ok("join", case.id) for case in cases]
    texts = [here.anna.ok("read", case.id)["items"][-1]["text"] for case in cases]
    assert texts[0] == texts[1]
    assert "Berg" not in texts[0]
    for case in cases:
        assert here.anna.ok("together", case.id)["join"] == "open"
        assert "asked already" in here.anna.refused("join", case.id)
    for case, made in zip(cases, asked, strict=True):
        _agree(here, case, made["item"])
        expected = [] if case is cases[0] else [(cases[0].id, True)]
        assert linked(here.anna, case) == expected
    assert here.anna.ok("together")["joined"] == [sorted(case.id for case in cases)]
    assert "both reporters agreed" in here.anna.run("together", cases[0].id, columns=200).out


def _agree(here: World, case: Case, item: str) -> None:
    here_book = _casebook(here.anna)
    ask = here_book.items[item].detail.ask
    answers = {f"{ANSWER_PREFIX}{ask.id_in(here_book.bound.drop, case.id, item)}": YES}
    here.drop.send(case, "", mandate=LISTEN, answers=answers)
    here.anna.ok("import", here.drop.pickup())


def _casebook(person: Investigator) -> Any:
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}):
        return look_into(person.vault).casebook


def test_the_question_can_be_put_in_ones_own_words_and_signed(here: World, begin: Callable[..., list[Case]]) -> None:
    (case,) = begin(ADVISE)
    here.anna.ok("join", case.id, "--text-file", here.text("May we?"), "--sign", "Anna de Wit")
    assert here.anna.ok("read", case.id)["items"][-1]["text"].split() == ["May", "we?", "Anna", "de", "Wit"]
    assert here.anna.ok("together", case.id)["join"] == "open"


def test_names_that_the_reporter_wrote_are_proposed_until_they_are_marked(
    here: World, begin: Callable[..., list[Case]]
) -> None:
    (case,) = begin(ADVISE, text="It was Karel Meijer again. I told Anna Smit, and Karel Meijer laughed.")
    here.anna.ok("note", case.id, "--text-file", here.text("We know Piet Bakker."))
    assert here.anna.ok("about", case.id, "--propose")["proposed"] == ["Karel Meijer", "Anna Smit"]
    made = here.anna.ok("about", case.id, "--person", "Karel Meyer", "--propose")
    assert made["proposed"] == ["Anna Smit"]
    assert "Anna Smit" in here.anna.run("about", case.id, "--propose").out


def test_no_line_of_the_log_tells_whom_a_case_is_about(here: World, begin: Callable[..., list[Case]]) -> None:
    (case,) = begin(ADVISE)
    here.anna.ok("about", case.id, "--person", JAN, "--place", "town hall")
    here.anna.ok("join", case.id)
    lines = _casebook(here.anna).log[case.id]
    assert LogAct.MARKED in {each.act for each in lines}
    assert LogAct.ASKED in {each.act for each in lines}
    told = json.dumps([each.details for each in lines])
    assert "Berg" not in told
    assert "hall" not in told


def test_a_hostile_name_is_shown_and_not_obeyed(here: World, begin: Callable[..., list[Case]]) -> None:
    (case,) = begin(ADVISE)
    here.anna.refused("about", case.id, "--person", "Jan\x1b[2J")
    here.anna.ok("about", case.id, "--person", "<b>Jan</b> {{ 7*7 }}")
    assert "<b>Jan</b> {{ 7*7 }}" in here.anna.run("about", case.id).out


def test_a_vault_without_a_bundle_tells_of_nothing(here: World) -> None:
    here.start()
    assert here.anna.ok("together") == {"groups": [], "joined": [], "complete": True}
    assert "No two cases" in here.anna.run("together").out
