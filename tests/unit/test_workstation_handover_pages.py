"""The pages for handing a case over: nothing without a desk and a text, and a case that is gone opens no more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dropbox.envelope import Moved
from dropbox.models import Kind
from tests.desk_browser import DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, World


@pytest.fixture
def case(here: World) -> Case:
    made = Case()
    here.start(here.anna)
    here.drop.send(made, "It began in March.")
    here.drop.send(Case(), desks=(DESK, OTHER_DESK))
    here.anna.ok("import", here.drop.pickup())
    return made


@pytest.fixture
def desk(here: World, case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def path(case: Case, more: str = "") -> str:
    return f"/case/{case.id}/handover{more}"


def agree(here: World, case: Case, browser: DeskBrowser) -> None:
    """Have the reporter say yes, and import it."""
    ask = here.anna.ok("consent", case.id)["asks"][0]["ask"]
    yes: dict[str, Any] = {"moved": Moved(ask, DESK, OTHER_DESK), "answers": {f"consent-{ask}": "yes"}}
    here.drop.send(case, "Yes.", desks=(DESK, OTHER_DESK), kind=Kind.MESSAGE, **yes)
    browser.import_bundle(here.drop.pickup())


def test_a_question_without_a_desk_or_a_text_is_not_sealed(here: World, case: Case, desk: DeskBrowser) -> None:
    page = desk.refused(path(case, "/ask"), {"text": "  "})
    assert "Choose a desk." in page
    assert "Write something to the reporter." in page
    assert "May we?" in desk.refused(path(case, "/ask"), {"to": "nowhere", "text": "May we?"})
    assert here.anna.ok("consent", case.id)["asks"] == []


def test_the_reporter_is_asked_once(here: World, case: Case, desk: DeskBrowser) -> None:
    fields = {"to": OTHER_DESK, "text": "May we?"}
    assert "The reporter is asked." in desk.post(path(case, "/ask"), fields)
    assert "asked this already" in desk.refused(path(case, "/ask"), fields)
    assert "not answered yet" in desk.get(f"/case/{case.id}")
    assert len(here.anna.ok("consent", case.id)["asks"]) == 1


def test_no_file_is_written_before_the_yes(here: World, case: Case, desk: DeskBrowser) -> None:
    place = {"folder": "other", "other": str(here.folder), "name": "early.tar"}
    assert "has not agreed" in desk.refused(path(case, "/file"), place)
    assert not (here.folder / "early.tar").exists()


def test_after_the_yes_the_case_shows_only_where_it_went(here: World, case: Case, desk: DeskBrowser) -> None:
    desk.get(f"/case/{case.id}")
    desk.post(path(case, "/ask"), {"to": OTHER_DESK, "text": "May we?"})
    agree(here, case, desk)
    answer = desk.client.get(f"/case/{case.id}", base_url="http://127.0.0.1:4711")
    assert answer.headers["Location"] == path(case)
    assert "It began in March." not in desk.get(path(case))
    for more in ("/reply", "/note"):
        gone = desk.client.get(f"/case/{case.id}{more}", base_url="http://127.0.0.1:4711")
        assert "It began in March." not in gone.text
    assert "It began in March." not in desk.get("/?words=March")


def test_the_file_is_written_and_can_be_written_again(here: World, case: Case, desk: DeskBrowser) -> None:
    desk.post(path(case, "/ask"), {"to": OTHER_DESK, "text": "May we?"})
    here.anna.ok("export", here.folder / "asked.tar")
    here.drop.take(here.folder / "asked.tar", case)
    agree(here, case, desk)
    for name in ("first.tar", "second.tar"):
        page = desk.post(path(case, "/file"), {"folder": "other", "other": str(here.folder), "name": name})
        assert "Give the file to that desk" in page
        assert Path(here.folder / name).stat().st_size > 0
    assert "The file was written 2 times." in page
    desk.refused(path(case, "/file"), {"folder": "other", "other": str(here.folder), "name": "first.tar"})
