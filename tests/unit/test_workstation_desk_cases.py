"""The table of cases and the calendar, as pages and as commands: nothing is lost between pages or leaks into files."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from dropbox.codename import case_name
from dropbox.models import Kind
from dropbox.workstation.desk_site import calendar_pages, cases
from tests.casebooks import many
from tests.desk_browser import BASE, DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import World

ANY = {"words": "", "mandate": "", "state": "", "tag": "", "assignee": ""}
_LINK = re.compile(r'href="/case/([0-9a-f]{32})"')


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    here.start()
    here.drop.send(Case(), "The first report.")
    here.anna.ok("import", here.drop.pickup())
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


@pytest.fixture
def crowded(browser: DeskBrowser) -> DeskBrowser:
    with browser.desk.writing() as vault:
        many(vault.casebook, 120)
        vault.save()
    return browser


def test_no_case_is_lost_between_the_pages_of_the_table(crowded: DeskBrowser) -> None:
    pages = [_LINK.findall(crowded.get(f"/?page={number}&sort=name")) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 21]
    assert len({case for page in pages for case in page}) == 121
    assert _LINK.findall(crowded.get("/?page=99&sort=name")) == pages[2]


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=1e9", "page=²", "sort=id;--", "page=9999999999"]
)
def test_no_address_breaks_the_table(crowded: DeskBrowser, query: str) -> None:
    assert "<table" in crowded.get(f"/?{query}")


def test_a_filter_holds_on_every_page_until_it_is_taken_off(crowded: DeskBrowser) -> None:
    listen = crowded.post("/", {**ANY, "mandate": "listen"})
    assert "40 cases" in listen
    assert "40 cases" in crowded.get("/?sort=name&page=1")
    assert "No case is like that." in crowded.post("/", {**ANY, "tag": "tag 99"})
    assert "121 cases" in crowded.post("/", {"clear": "1"})


def test_what_is_overdue_stands_first_and_is_counted(crowded: DeskBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "today", lambda: date(2026, 6, 1))
    shown = crowded.get("/")
    assert "wait longer than the law allows" in shown
    first = shown.split("<tbody>")[1].split("</tr>")[0]
    assert 'class="late' in first
    assert "days too late" in first


def test_each_case_stands_on_its_own_day_and_no_other(
    here: World, browser: DeskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = here.drop.day + timedelta(days=7)
    shown = browser.get(f"/calendar?month={by:%Y-%m}")
    cell = next(cell for cell in shown.split("<td class=")[1:] if f'datetime="{by}"' in cell)
    case = here.anna.ok("cases")[0]
    assert case["name"] in cell
    month = shown.split('class="month"')[1].split("</table>")[0]
    assert month.count(case["name"]) == 1
    far = browser.get("/calendar?month=2031-02")
    assert case["name"] not in far.split('class="month"')[1].split("</table>")[0]


def test_a_day_with_many_cases_counts_those_it_does_not_show(
    crowded: DeskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_pages, "MAX_IN_A_DAY", 0)
    shown = crowded.get("/calendar?month=2026-03")
    assert "/case/" not in shown.split('class="month"')[1].split("</table>")[0]


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-00", "0000-01", "9999-12", "x-y", "2026-1", "٢٠٢٦-٠١"])
def test_a_month_that_is_none_is_this_one(browser: DeskBrowser, month: str) -> None:
    assert browser.get(f"/calendar?month={month}") == browser.get("/calendar")


def test_the_calendar_file_of_the_page_and_of_the_command_are_the_same(here: World, browser: DeskBrowser) -> None:
    target = here.folder / "days.ics"
    assert [due["duty"] for due in here.anna.ok("calendar", "--ics", target)] == ["acknowledge"]
    answer = browser.client.get("/calendar.ics", base_url=BASE)
    assert answer.mimetype == "text/calendar"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert events(answer.data) == events(target.read_bytes())
    case = here.anna.ok("cases")[0]
    assert case["name"].split()[0] not in answer.text
    assert "error: " in here.anna.refused("calendar", "--ics", target)  # nothing is overwritten


def test_a_case_that_was_withdrawn_is_in_no_calendar(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    here.drop.send(case, kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("calendar") == []
    assert "Nothing is due." in here.anna.run("calendar").out


def test_the_command_finds_what_the_page_finds(here: World) -> None:
    here.start()
    case, other = Case(), Case()
    here.drop.send(case, "The alderman\nshouted \x1b[31m.", [("letter.pdf", "application/pdf", b"x")])
    here.drop.send(other, "Nothing of the sort.")
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("note", other.id, "--text-file", here.text("Ask the alderman."))
    assert {each["case"] for each in here.anna.ok("search", "alderm")} == {case.id, other.id}
    assert [each["case"] for each in here.anna.ok("search", '"alderman shouted"')] == [case.id]
    assert [each["case"] for each in here.anna.ok("search", "letter")] == [case.id]
    assert [each["name"] for each in here.anna.ok("search", *case_name(case.id).split())] == [case_name(case.id)]
    shown = here.anna.run("search", "shouted").out
    assert "\\x1b[31m" in shown
    assert "\x1b" not in shown
    assert "Nothing was found." in here.anna.run("search", "autumn").out
    assert "nothing in these words" in here.anna.refused("search", "?!")


def test_a_damaged_item_does_not_hide_the_others(here: World) -> None:
    here.start()
    broken, gone, whole = (Case() for _ in range(3))
    items = [here.drop.send(case, "The alderman shouted.") for case in (broken, gone, whole)]
    here.anna.ok("import", here.drop.pickup())
    (here.anna.vault / "items" / f"{items[0].item}.pgp").write_bytes(b"x" * 70_000)
    (here.anna.vault / "items" / f"{items[1].item}.pgp").unlink()
    assert [each["case"] for each in here.anna.ok("search", "alderman")] == [whole.id]


def events(data: bytes) -> list[tuple[str, date, str]]:
    found = Calendar.from_ical(data).walk("VEVENT")
    return [(str(event["uid"]), event.decoded("dtstart"), str(event["summary"])) for event in found]
