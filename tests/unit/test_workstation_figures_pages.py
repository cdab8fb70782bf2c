"""The figures on their page: as the command counts them, read without colour, in files that overwrite nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.models import Mandate
from tests.desk_browser import BASE, DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import World


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    here.start()
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


@pytest.fixture
def year(here: World) -> int:
    for number in range(13):
        here.drop.send(Case(), mandate=Mandate.LISTEN if number % 2 else Mandate.ADVISE)
    here.anna.ok("import", here.drop.pickup())
    return here.drop.day.year


def rows(page: str, caption: str) -> dict[str, str]:
    table = page.partition(f"<caption>{caption}</caption>")[2].partition("</table>")[0]
    found = re.findall(r'<th scope="row">([^<]*)</th><td class="number">(.*?)</td>', table)
    return {label: re.sub("<[^>]*>", "", count) for label, count in found}


def test_the_page_counts_as_the_command_does(here: World, browser: DeskBrowser, year: int) -> None:
    page = browser.get("/figures")
    document = here.anna.ok("statistics", "--year", str(year))
    mandates = next(each["counts"] for each in document["tables"] if each["axes"] == ["mandate"])
    shown = list(rows(page, "What the reporter allowed").values())
    assert shown == ["withheld" if count is None else str(count) for count in mandates]
    assert "withheld" in shown
    assert "13 reports came in." in page
    assert "The year is not over." in page


def test_a_year_without_reports_says_so_and_a_year_that_cannot_be_is_no_page(browser: DeskBrowser, year: int) -> None:
    page = browser.get(f"/figures/{year - 1}")
    assert "Fewer than five reports" in page
    assert "<img" not in page
    assert f'href="/figures/{year}"' in page
    for wrong in ("1999", "2200", "now"):
        browser.get(f"/figures/{wrong}", status=404)


def test_a_vault_that_knows_no_drop_yet_leads_to_the_import(browser: DeskBrowser) -> None:
    assert 'href="/import"' in browser.get("/figures").split("</header>")[1]


def test_the_chart_is_a_picture_of_its_own_in_the_pages_language(browser: DeskBrowser, year: int) -> None:
    answer = browser.client.get(f"/figures/{year}/chart.svg", base_url=BASE)
    assert answer.mimetype == "image/svg+xml"
    assert 'lang="en"' in answer.text
    browser.get("/figures?l=nl")
    assert 'lang="nl"' in browser.get(f"/figures/{year}/chart.svg")


def test_files_are_written_once_and_never_over_others(here: World, browser: DeskBrowser, year: int) -> None:
    folder = here.folder / "for everybody"
    page = browser.post(f"/figures/{year}", {"folder": str(folder)})
    assert "10 files were written" in page
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(before) == 10
    refused = browser.refused(f"/figures/{year}", {"folder": str(folder)})
    assert str(folder) in refused
    assert 'id="folder-error"' in refused
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("typed", ["", "not whole", "/proc/nowhere"])
def test_a_folder_that_cannot_be_is_refused_beside_its_field(browser: DeskBrowser, year: int, typed: str) -> None:
    assert 'id="folder-error"' in browser.refused(f"/figures/{year}", {"folder": typed})
    assert not Path("not whole").exists()
