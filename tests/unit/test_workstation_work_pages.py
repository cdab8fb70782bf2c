"""A case's work on its page: what a form changes all members get, what is closed says why, nothing typed is lost."""

import re
from collections.abc import Iterator

import pytest

from dropbox.envelope import Work, WorkState
from dropbox.models import Kind, Mandate
from tests.desk_browser import DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import World, left, write_as


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    here.start()
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def begun(here: World, mandate: Mandate = Mandate.INVESTIGATE) -> Case:
    case = Case()
    here.drop.send(case, mandate=mandate)
    here.anna.ok("import", here.drop.pickup())
    return case


def fields(**changes: object) -> dict[str, object]:
    return {"assignee": "", "state": "new", "tags": ""} | changes


def test_the_form_changes_all_of_it_in_one_note(here: World, browser: DeskBrowser) -> None:
    case = begun(here)
    sent = fields(assignee=here.bram.key, state="investigating", tags="urgent, two words,,")
    page = browser.post(f"/case/{case.id}/work", sent)
    assert "It leaves with the next answer bundle." in page
    now = here.anna.ok("work", case.id)
    assert (now["assignee"], now["state"], now["tags"]) == (here.bram.key, "investigating", ["two words", "urgent"])
    assert len(now["acts"]) == 1
    sent = fields(assignee=here.bram.key, state="closed", gone=["urgent"])
    assert "Tags taken away: urgent." in browser.post(f"/case/{case.id}/work", sent)
    assert here.anna.ok("work", case.id)["tags"] == ["two words"]


def test_the_page_names_the_members_and_who_has_it(here: World, browser: DeskBrowser) -> None:
    case = begun(here)
    page = browser.get(f"/case/{case.id}")
    options = dict(re.findall(r'<option value="([0-9A-F]{40})"[^>]*>([^<]*)<', page))
    assert set(options) == {here.anna.key, here.bram.key}
    assert options[here.anna.key].startswith("you (")
    assert options[here.bram.key].startswith("bram")
    assert here.bram.key[-4:] in options[here.bram.key]


def test_who_left_the_desk_still_has_the_case_until_somebody_takes_it(here: World, browser: DeskBrowser) -> None:
    case = begun(here)
    here.anna.ok("assign", case.id, here.bram.key)
    here.drop.rosters = {desk: left(roster, here.bram.key, here.drop.day) for desk, roster in here.drop.rosters.items()}
    here.anna.run("import", here.drop.pickup())
    assert "no longer at this desk" in browser.get(f"/case/{case.id}")


def test_a_refused_form_comes_back_with_everything_that_was_typed(here: World, browser: DeskBrowser) -> None:
    case = begun(here)
    sent = fields(assignee=here.bram.key, state="waiting", tags="good, " + "x" * 41)
    page = browser.refused(f"/case/{case.id}/work", sent)
    assert 'aria-describedby="tags-hint tags-error"' in page
    assert "x" * 41 in page
    assert re.search(rf'value="{here.bram.key}" selected', page)
    assert re.search(r'value="waiting" selected', page)
    assert "<details open>" in page
    assert here.anna.ok("work", case.id)["tags"] == []
    assert "nothing was written" in browser.post(f"/case/{case.id}/work", fields())


def test_what_the_mandate_closes_is_shown_with_its_reason_and_a_way_to_ask(here: World, browser: DeskBrowser) -> None:
    case = begun(here, Mandate.LISTEN)
    page = browser.get(f"/case/{case.id}")
    assert re.search(r'value="investigating" disabled', page)
    assert "asked you only to listen" in page
    assert f'href="/case/{case.id}/reply?letter=ask"' in page
    page = browser.refused(f"/case/{case.id}/work", fields(state="investigating"))
    assert 'id="state-error"' in page
    assert here.anna.ok("work", case.id)["state"] == "new"
    assert "shut" not in browser.get(f"/case/{begun(here).id}")


def test_after_a_withdrawal_the_page_offers_no_form_and_takes_none(here: World, browser: DeskBrowser) -> None:
    case = begun(here)
    here.drop.send(case, kind=Kind.WITHDRAWAL, mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    page = browser.get(f"/case/{case.id}")
    assert f'action="/case/{case.id}/work"' not in page
    assert "withdrawn this case" in page
    assert "withdrawn this case" in browser.refused(f"/case/{case.id}/work", fields(state="closed"))
    assert here.anna.ok("work", case.id)["acts"] == []


def test_what_a_reporter_took_back_stays_on_the_pages_until_it_was_read(here: World, browser: DeskBrowser) -> None:
    case = begun(here)
    here.anna.ok("reply", case.id, "--text-file", here.text())
    here.drop.send(case, kind=Kind.MANDATE, mandate=Mandate.LISTEN)
    here.anna.ok("import", here.drop.pickup())
    for path in ("/", f"/case/{case.id}"):
        page = browser.get(path)
        assert "MANDATE NARROWED" in page
        assert 'href="/narrowed"' in page
    page = browser.get("/narrowed")
    assert page.count("MANDATE NARROWED") == 1
    assert "Reply to the reporter, by you" in page
    assert browser.send("/narrowed", {"case": "c" * 32}).status_code == 400
    page = browser.post("/narrowed", {"case": case.id})
    assert "NARROWED" not in page
    assert "Nothing that you have not read yet." in browser.get("/narrowed")


def test_what_colleagues_wrote_at_the_same_time_is_said_on_both_and_obeyed_by_nobody(
    here: World, browser: DeskBrowser
) -> None:
    case = begun(here)
    here.anna.ok("reply", case.id, "--text-file", here.text())
    hostile = "<b>&amp;</b>"
    write_as(here.drop, here.bram, case, knows=())
    write_as(here.drop, here.bram, case, Kind.NOTE, text="", knows=(), work=Work(None, WorkState.WAITING, (hostile,)))
    here.anna.ok("import", here.drop.pickup())
    page = browser.get(f"/case/{case.id}")
    assert page.count("Written at the same time as number") == 2
    assert "State: waiting." in page
    assert hostile not in page
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in page
