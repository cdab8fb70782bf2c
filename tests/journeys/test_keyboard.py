"""Nobody needs a mouse: from the first page to a sent report, to the case and a follow-up, and to every page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from marionette_driver.keys import Keys

from tests.firefox import Firefox
from tests.journeys.keyboard import MOST_STOPS, Keyboard
from tests.journeys.reporter import ANSWER, FORM_BUTTON, Reporter
from tests.journeys.world import Person, World, send_report

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Marionette's own sockets
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SECONDS = 30
PAGES = ("", "report", "return", "safety", "about", "keys", "leave")


@pytest.fixture(scope="module")
def world(people: dict[str, Person], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("keyboard"), people)
    with made.drop:
        yield made


@pytest.fixture(scope="module")
def reporter(world: World) -> Iterator[Reporter]:
    with Firefox() as browser:
        yield Reporter(browser, f"http://127.0.0.1:{world.drop.port}/")


@pytest.fixture
def keyboard(reporter: Reporter) -> Keyboard:
    assert isinstance(reporter.browser, Firefox)
    return Keyboard(reporter.browser)


def until_answered(reporter: Reporter, selector: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with reporter.frame(ANSWER):
            if reporter.browser.find_all(selector):
                return
        time.sleep(0.2)
    raise AssertionError(f"{selector} never stands in the frame")


def test_a_report_needs_no_mouse_from_the_first_page_to_the_receipt(reporter: Reporter, keyboard: Keyboard) -> None:
    reporter.open("")
    assert keyboard.tab().get_attribute("class") == "skip", "the way past the menu comes first"
    keyboard.press(Keys.ENTER)
    assert "/report" in keyboard.tab().get_attribute("href"), "the skip link leads past the menu"
    keyboard.press(Keys.ENTER)
    reporter.arrive("/report")
    keyboard.tab_to("#desk-advisers")
    keyboard.press(Keys.SPACE)
    keyboard.tab_to("input[name=mandate]")
    keyboard.press(Keys.ARROW_DOWN)
    keyboard.tab_to("#message")
    keyboard.write("Written without a mouse.")
    keyboard.tab_to(FORM_BUTTON)
    keyboard.press(Keys.ENTER)
    until_answered(reporter, "#codename")
    words = reporter.codename().split()
    keyboard.follow("main a.go", frame=ANSWER)
    reporter.arrive("/sent")
    for field in ("form.check p:nth-of-type(1) input", "form.check p:nth-of-type(2) input"):
        keyboard.tab_to(field)
        keyboard.write(words[int(keyboard.focus().get_attribute("id").removeprefix("word-")) - 1])
    keyboard.press(Keys.ENTER)
    deadline = time.monotonic() + SECONDS
    while not reporter.browser.find_all("[role=status]") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert reporter.browser.find_all("p.done[role=status]"), "both words were right"


def test_the_case_and_a_follow_up_need_no_mouse(world: World, reporter: Reporter, keyboard: Keyboard) -> None:
    codename = send_report(world.drop.visitor(), "The report.", ["advisers"]).codename
    reporter.open("")
    keyboard.follow("main a[href*='/return']")
    reporter.arrive("/return")
    keyboard.tab_to("#codename")
    keyboard.write(codename)
    keyboard.press(Keys.ENTER)
    reporter.arrive("/case")
    keyboard.tab_to("#message")
    keyboard.write("Something more, without a mouse.")
    keyboard.tab_to("details#stop > summary")
    keyboard.press(Keys.ENTER)
    keyboard.tab_to("#withdraw")
    keyboard.tab_to("#message", back=True)
    keyboard.tab_to(FORM_BUTTON)
    keyboard.press(Keys.SPACE)
    until_answered(reporter, "p.done")
    keyboard.follow("main a.go", frame=ANSWER)
    until_answered(reporter, ".waiting")
    assert reporter.page() == "/case"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_the_focus_or_hides_it_or_leads_nowhere(
    path: str, reporter: Reporter, keyboard: Keyboard
) -> None:
    reporter.open(path)
    there = [keyboard.tab() for _ in range(3)]
    assert there[0].get_attribute("class") == "skip"
    stops = 3
    while keyboard.tab().tag_name != "body":
        stops += 1
        assert stops < MOST_STOPS, f"no way out of {keyboard.stops[-5:]}"
    assert set(PAGES) - {path} <= reached(keyboard)


def reached(keyboard: Keyboard) -> set[str]:
    links = (stop.split(" ", 1)[1] for stop in keyboard.stops if stop.startswith("a /"))
    return {link.removeprefix("/").split("?")[0] for link in links}
