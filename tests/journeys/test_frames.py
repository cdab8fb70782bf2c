"""Sending in frames in real browsers without scripts, over a slow line: what a reporter sees meanwhile.

No Tor here: the line is slow because tests/slow_line.py is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.chromium import Chromium
from tests.firefox import Firefox
from tests.journeys.reporter import ANSWER, FORM_BUTTON, Reporter
from tests.journeys.world import Person, World
from tests.slow_line import SlowLine

RATE = 400_000
FILE_BYTES = 3_000_000
SEND_SECONDS = 60

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Open = Callable[[], AbstractContextManager[Firefox | Chromium]]
BOTH = pytest.mark.parametrize("browser", [Firefox, pytest.param(Chromium, marks=pytest.mark.slow)])


@pytest.fixture
def world(tmp_path: Path, people: dict[str, Person]) -> Iterator[World]:
    made = World.make(tmp_path, people)
    with made.drop:
        yield made


@pytest.fixture
def line(world: World) -> Iterator[SlowLine]:
    with SlowLine(world.drop.port, RATE) as slow:
        yield slow


@pytest.fixture
def film(tmp_path: Path) -> Path:
    target = tmp_path / "film.mp4"
    target.write_bytes(bytes(FILE_BYTES))
    return target


def watch(reporter: Reporter, until: str) -> list[str]:
    """Press the button and look at the progress until it says this; return what it said.

    Only then may the answer's frame be looked into: chromedriver waits for what is on its way into a frame.
    """
    said: list[str] = []
    reporter.browser.click(FORM_BUTTON)
    began = time.monotonic()
    while not (said and until in said[-1]):
        assert time.monotonic() < began + SEND_SECONDS, said
        time.sleep(0.3)
        said.append(reporter.progress())
    return said


def answered(reporter: Reporter) -> str:
    """Return the seven words as soon as they stand in the answer's frame."""
    began = time.monotonic()
    while time.monotonic() < began + SEND_SECONDS:
        with reporter.frame(ANSWER):
            if reporter.browser.find_all("#codename"):
                break
        time.sleep(0.3)
    return reporter.codename()


def percentages(said: list[str]) -> list[int]:
    return [int(found[1]) for each in said if (found := re.search(r"\((\d+)%\)", each))]


@BOTH
def test_an_upload_is_seen_to_move_and_ends_on_seven_words_on_the_same_page(
    world: World, line: SlowLine, film: Path, browser: Open
) -> None:
    with browser() as opened:
        reporter = Reporter(opened, f"http://127.0.0.1:{line.port}/")
        reporter.fill_report(["advisers"], "listen", "It began in March.", [film])
        said = watch(reporter, "is sealed")
        moved = percentages(said)
        assert len(set(moved)) >= 3, said
        assert moved == sorted(moved)
        assert reporter.page() == "/report"
        codename = answered(reporter)
        assert opened.find_all("textarea[name=message]"), "the form is still there"
        reporter.go_on("/sent")
        assert codename == " ".join(re.sub(r"\d+\.", " ", opened.find("#codename").text).split())
    assert world.drop.server_json("status")["items"] == 1


@BOTH
def test_a_mistake_costs_neither_the_text_nor_the_chosen_file_nor_the_wait(
    world: World, line: SlowLine, film: Path, browser: Open
) -> None:
    line.rate = RATE // 8  # at this rate the upload takes a minute: its end cannot be what is seen
    with browser() as opened:
        reporter = Reporter(opened, f"http://127.0.0.1:{line.port}/")
        reporter.fill_report([], "listen", "It began in March.", [film])
        watch(reporter, "Choose who may read this.")
        line.rate = RATE * 10
        opened.type("input[name=desk][value=advisers]", " ")
        watch(reporter, "is sealed")
        answered(reporter)
    status = world.drop.server_json("status")
    assert (status["cases"], status["items"]) == (1, 1)


@BOTH
def test_pressing_the_button_twice_makes_one_report(world: World, browser: Open) -> None:
    with browser() as opened:
        reporter = Reporter(opened, f"http://127.0.0.1:{world.drop.port}/")
        reporter.fill_report(["advisers"], "listen", "Only once.")
        opened.click(FORM_BUTTON)
        opened.click(FORM_BUTTON)
        first = answered(reporter)
        opened.click(FORM_BUTTON)
        time.sleep(3)
        assert answered(reporter) == first
    assert world.drop.server_json("status")["items"] == 1


@BOTH
def test_another_site_cannot_put_our_pages_into_a_frame(world: World, browser: Open) -> None:
    paths = ("report?l=en", "report?l=en&frame=1", "progress?l=en", "waiting?l=en")
    frames = "".join(f'<iframe src="http://127.0.0.1:{world.drop.port}/{path}"></iframe>' for path in paths)

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>x</title>{frames}".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    other = HTTPServer(("127.0.0.1", 0), Other)
    Thread(target=other.serve_forever, daemon=True).start()
    try:
        with browser() as opened:
            opened.go(f"http://127.0.0.1:{other.server_port}/")
            time.sleep(2)
            for number in range(1, len(paths) + 1):
                opened.enter_frame(f"iframe:nth-of-type({number})")
                assert not re.search("seven words|being sent|What may be done", opened.source), paths[number - 1]
                opened.leave_frame()
    finally:
        other.shutdown()
        other.server_close()
