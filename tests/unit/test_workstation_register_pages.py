"""The register's page and commands: the same lines, files that a browser saves, and nothing of the cases."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.models import Mandate, today
from dropbox.workstation.register_file import ENDINGS
from tests.begun import Begun, begun
from tests.desk_browser import BASE, DeskBrowser, desk_browser
from tests.desk_page import text_of
from tests.envelopes import Case
from tests.factories_bundles import People, World

YEAR = today().year


def begin(here: World) -> list[Case]:
    """Have two cases come in, of which one is classified and closed."""
    here.start()
    made = [Case(), Case()]
    for case, mandate in zip(made, (Mandate.INVESTIGATE, Mandate.LISTEN), strict=True):
        here.drop.send(case, "The alderman shouts at everybody.", mandate=mandate)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("classify", made[0].id, "--subject", "intimidation", "--outcome", "founded")
    here.anna.ok("state", made[0].id, "closed")
    return made


@pytest.fixture(scope="module")
def begun_once(people: People) -> Iterator[Begun[list[Case]]]:
    with begun(people, begin) as made:
        yield made


@pytest.fixture
def cases(begun_once: Begun[list[Case]]) -> list[Case]:
    return begun_once.again()


@pytest.fixture
def here(begun_once: Begun[list[Case]], cases: list[Case]) -> World:
    assert len(cases) == 2
    return begun_once.world


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def test_the_page_shows_each_report_and_what_was_done(browser: DeskBrowser) -> None:
    page = text_of(browser.get("/register"))
    assert f"2 reports of {YEAR}" in page
    assert f"{YEAR}-001" in page
    assert f"{YEAR}-002" in page
    assert "well founded" in page
    assert "Wet bescherming klokkenluiders" in page
    assert f"There are no reports of {YEAR - 1}." in text_of(browser.get(f"/register?year={YEAR - 1}"))


@pytest.mark.parametrize("asked", ["", "?year=", "?year=abcd", "?year=-2026", "?year=0000", "?year=99999"])
def test_no_year_that_is_none_breaks_the_page(browser: DeskBrowser, asked: str) -> None:
    assert "Register for the law" in browser.get(f"/register{asked}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_file_is_saved_and_never_shown_as_a_page(browser: DeskBrowser, ending: str) -> None:
    answer = browser.client.get(f"/register/{YEAR}{ending}", base_url=BASE)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="register-{YEAR}{ending}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data


def test_days_are_given_to_whoever_asks_for_them_only(browser: DeskBrowser) -> None:
    day = re.compile(rf"(?<![-0-9])[0-9]{{1,2}} [A-Z][a-z]+ {YEAR}")
    rows = {name: browser.client.get(f"/register/{YEAR}.csv{name}", base_url=BASE).text for name in ("", "?days=1")}
    assert not day.search(rows[""])
    assert day.search(rows["?days=1"])
    assert not day.search(text_of(browser.get("/register")))


@pytest.mark.parametrize(
    "path",
    [
        *("/register/2026.exe", "/register/2026.html", "/register/0.csv", "/register/99999.csv"),
        *("/register/dpia-de.pdf", "/register/dpia-en.csv", "/register/dpia-..%2f..%2fx.txt"),
    ],
)
def test_no_other_file_can_be_asked_for(browser: DeskBrowser, path: str) -> None:
    assert browser.client.get(path, base_url=BASE).status_code == 404


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_template_is_saved_in_the_language_that_was_chosen(browser: DeskBrowser, language: str) -> None:
    answer = browser.client.get(f"/register/dpia-{language}.html", base_url=BASE)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="dpia-{language}.html"'
    assert f'<html lang="{language}">' in answer.text
    assert "script" not in answer.headers["Content-Security-Policy"].replace("script-src 'none'", "")


def test_the_command_shows_what_the_page_shows(here: World, cases: list[Case]) -> None:
    told = here.anna.ok("register", "--year", str(YEAR))
    assert [entry["number"] for entry in told["entries"]] == [f"{YEAR}-001", f"{YEAR}-002"]
    assert {entry["outcome"] for entry in told["entries"]} == {"founded", None}
    screen = here.anna.run("register", "--year", str(YEAR), columns=120).out
    assert f"2 reports of {YEAR}." in screen
    assert "well founded" in screen
    assert not any(case.id[:8] in screen for case in cases)


def test_the_command_writes_a_file_once_and_never_over_another(here: World, cases: list[Case]) -> None:
    target = here.folder / "register.csv"
    assert cases
    assert here.anna.ok("register", "--year", str(YEAR), "--to", target)["file"] == str(target)
    rows = list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    assert len(rows) == 3
    assert target.stat().st_mode & 0o777 == 0o600
    before = target.read_bytes()
    assert here.anna.refused("register", "--year", str(YEAR), "--to", target).startswith("error:")
    assert target.read_bytes() == before


def test_a_file_of_an_unknown_ending_is_not_begun(here: World, cases: list[Case]) -> None:
    assert cases
    for command in (("register", "--year", str(YEAR)), ("dpia",)):
        target = here.folder / f"{command[0]}.docx"
        assert "ending" in here.anna.refused(*command, "--to", target)
        assert not target.exists()


def test_the_assessment_is_written_and_says_how_much_is_left_to_fill_in(here: World, cases: list[Case]) -> None:
    assert cases
    written = {}
    for language in ("en", "nl"):
        target = here.folder / f"dpia-{language}.txt"
        told = here.anna.ok("dpia", "--to", target, "--lang", language)
        assert told["language"] == language
        written[language] = target.read_text(encoding="utf-8")
        assert told["blanks"] == len(re.findall(r"^\[", written[language], re.MULTILINE))
    assert written["en"] != written["nl"]
    assert "2 members now" in written["en"]


def test_before_the_first_import_there_is_neither(here: World, tmp_path: Path) -> None:
    here.start(here.bram)
    for command in (
        ("register", "--year", str(YEAR), "--to", tmp_path / "r.csv"),
        ("dpia", "--to", tmp_path / "d.txt"),
    ):
        assert "does not know a drop yet" in here.bram.refused(*command)
    assert list(tmp_path.iterdir()) == []


def test_a_vault_that_knows_no_drop_says_what_to_do_first(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here.start(here.bram)
    with desk_browser(here.bram, monkeypatch) as browser:
        page = browser.get("/register")
        assert 'href="/import"' in page
        assert "/register/" not in page
        browser.get(f"/register/{YEAR}.csv", status=500)
