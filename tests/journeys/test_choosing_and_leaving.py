"""In real browsers without scripts: the cards follow the choice, and "Leave quickly" is gone at once and stays gone."""

from __future__ import annotations

import http.server
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import factories
from tests.chromium import Chromium
from tests.drop_process import DropProcess
from tests.firefox import Firefox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Marionette's own sockets
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Browser = Firefox | Chromium
DESKS = ("adviser", "committee", "bureau")
CHOSEN, NOT_CHOSEN = "Reads along", "Does not read this"


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """A neutral site on loopback."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>News</title><h1>News</h1>")
        if self.path == "/":
            self.server.referers.append(self.headers.get("Referer"))  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@dataclass
class Place:
    drop: str
    elsewhere: str
    referers: list[str | None]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    server.referers = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    elsewhere = f"http://127.0.0.1:{server.server_port}/"
    try:
        with factories.short_dir() as folder:
            home = factories.new_home(folder)
            key = factories.make_key(home, "anna")
            organisation = f'languages = ["en"]\nleave_to = "{elsewhere}"'
            path = factories.write_config(folder, {desk: [key] for desk in DESKS}, organisation=organisation)
            (folder / "keys" / "anna.asc").write_bytes(factories.export_public(home, key))
            with DropProcess(path, tmp_path_factory.mktemp("log") / "server.log") as drop:
                yield Place(f"http://127.0.0.1:{drop.port}", elsewhere, server.referers)  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module", params=[Firefox, Chromium])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with request.param() as opened:
        yield opened


def said_on_cards(browser: Browser) -> list[str]:
    """Return what each desk's card says of the choice, "" where it says nothing."""
    cards = browser.find_all(".desk")
    assert len(cards) == len(DESKS)
    return [_shown(browser, f".desk:nth-of-type({number})") for number in range(1, len(cards) + 1)]


def _shown(browser: Browser, card: str) -> str:
    lines = [browser.find(f"{card} .{kind}") for kind in ("yes", "no")]
    return " ".join(line.text for line in lines if line.is_displayed())


def test_each_card_says_whether_its_desk_reads_along_as_the_choice_goes(browser: Browser, place: Place) -> None:
    browser.go(f"{place.drop}/report?l=en")
    several = ".several"
    assert said_on_cards(browser) == ["", "", ""]
    assert not browser.find(several).is_displayed()
    browser.click("label[for=desk-committee]")
    assert said_on_cards(browser) == [NOT_CHOSEN, CHOSEN, NOT_CHOSEN]
    assert not browser.find(several).is_displayed()
    browser.click("label[for=desk-bureau]")
    assert said_on_cards(browser) == [NOT_CHOSEN, CHOSEN, CHOSEN]
    assert "all of them read everything" in browser.find(several).text
    browser.click("label[for=desk-committee]")
    browser.click("label[for=desk-bureau]")
    assert said_on_cards(browser) == ["", "", ""]
    assert not browser.find(several).is_displayed()


def test_looking_at_a_desk_s_keys_chooses_nothing(browser: Browser, place: Place) -> None:
    browser.go(f"{place.drop}/report?l=en")
    browser.click(".desk summary")
    assert browser.find(".desk details .fingerprint").is_displayed()
    assert said_on_cards(browser) == ["", "", ""]


def test_leave_quickly_stays_at_hand_and_leads_off_without_a_trace_in_the_other_site(
    browser: Browser, place: Place
) -> None:
    browser.go(f"{place.drop}/report?l=en")
    browser.type("textarea[name=message]", "Something that nobody may see.")
    assert browser.find(".away").is_displayed()
    browser.click(".away")
    _until_at(browser, place.elsewhere)
    assert "News" in browser.source
    assert place.referers[-1] is None


def test_no_way_back_in_firefox_shows_what_was_typed(place: Place) -> None:
    with Firefox() as browser:
        browser.go(f"{place.drop}/report?l=en")
        browser.type("textarea[name=message]", "Something that nobody may see.")
        browser.click(".away")
        _until_at(browser, place.elsewhere)
        browser.driver.go_back()
        time.sleep(1)
        assert browser.url.startswith(f"{place.drop}/report")
        assert browser.find("textarea[name=message]").get_property("value") == ""


def test_scripts_that_are_on_are_warned_of_and_only_those(place: Place) -> None:
    for on in (True, False):
        with Firefox(javascript__enabled=on) as browser:
            browser.go(f"{place.drop}/?l=en")
            assert browser.find(".band").is_displayed()
            assert browser.find("li.scripts").is_displayed() == on


def test_what_a_gateway_adds_reaches_the_page_through_the_real_server(place: Place) -> None:
    for header in ("X-Tor2web", "X-Forwarded-For", "Via"):
        asked = urllib.request.Request(f"{place.drop}/?l=en", headers={header: "1.1 example"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert b"You come here through another website." in answer.read(), header


def _until_at(browser: Browser, address: str) -> None:
    deadline = time.monotonic() + 20
    while browser.url != address:
        assert time.monotonic() < deadline, browser.url
        time.sleep(0.1)
