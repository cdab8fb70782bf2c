"""A case through the desk page, in real browsers with scripts off: from the pickup bundle to a reply that was read.

The drop is the real server, the desk page the real command, the key a real one; what leaves the desk page is carried to
the server as it was written, and the reporter reads the answer.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from marionette_driver.keys import Keys
from PIL import Image

from dropbox.workstation.speech import _, speaking
from tests.chromium import Chromium
from tests.firefox import Firefox
from tests.journeys.desk import DeskProcess, Hands
from tests.journeys.keyboard import Keyboard
from tests.journeys.world import Person, World, come_back, send_report
from tests.site_room import compile_catalogues
from tests.visitor import Page, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Marionette's own sockets
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STORY = "My manager comments on my body in every meeting."
LETTER = b"%PDF-1.4 what you can do"


@dataclass
class Told:
    """One report on the drop, and its reporter."""

    world: World
    visitor: Visitor
    codename: str
    bundle: Path

    def answered(self, answer: Path) -> Page:
        """Carry an answer bundle to the server, and return what the reporter then finds."""
        self.world.drop.server("import", answer)
        return come_back(self.world.drop.visitor(), self.codename)


@pytest.fixture(scope="module")
def world(people: dict[str, Person], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    compile_catalogues()
    made = World.make(tmp_path_factory.mktemp("desk"), people)
    made.drop.server("init")
    with made.drop:
        yield made


@pytest.fixture
def told(world: World, tmp_path: Path) -> Told:
    """A fresh vault for anna, and a report with a picture that she has not fetched yet."""
    anna = world.members["anna"]
    world.members["anna"] = anna = type(anna)(anna.name, anna.desk, anna.home, anna.fingerprint, tmp_path / "vault")
    anna.run("init", "--key", anna.fingerprint, "--drop-key", world.drop.server_json("status")["drop_key"])
    picture = BytesIO()
    Image.new("RGB", (200, 120), "teal").save(picture, "PNG")
    visitor = world.drop.visitor()
    files = [("photo.png", "image/png", picture.getvalue())]
    page = send_report(visitor, f"{STORY} {secrets.token_hex(4)}", ["advisers"], "advise", files)
    return Told(world, visitor, page.codename, world.export("advisers"))


@contextmanager
def browsing(name: str, told: Told, home: Path) -> Iterator[Hands]:
    """Give a browser that has just spent the link."""
    home.mkdir()
    with (
        DeskProcess(told.world.members["anna"], HOME=str(home)) as desk,
        Firefox() if name == "firefox" else Chromium() as browser,
    ):
        browser.go(desk.link)
        yield Hands(browser, desk.address)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("firefox", "nl"),
        ("chromium", "en"),
        pytest.param("firefox", "en", marks=pytest.mark.slow),
        pytest.param("chromium", "nl", marks=pytest.mark.slow),
    ],
)
def test_a_case_needs_no_command_from_the_pickup_bundle_to_the_answer(
    told: Told, tmp_path: Path, name: str, code: str
) -> None:
    with browsing(name, told, tmp_path / "home") as hands, speaking(code):
        hands.follow(f"footer a[lang={code}]")
        bring_in(hands, told.bundle)
        read(hands)
        arrange(hands)
        reply(hands, code, letter(tmp_path))
        note(hands)
        answer = take_out(hands, tmp_path)
    assert told.world.members["anna"].json("work", case_of(told))["state"] == "waiting"
    page = told.answered(answer)
    assert "Gerda knows the way." in page.replies[0]
    assert ("Bedankt voor je melding." if code == "nl" else "Thank you for your report.") in page.replies[0]
    assert "letter.pdf" in page.replies[0]
    assert "between us" not in page.text


def case_of(told: Told) -> str:
    return str(told.world.members["anna"].json("cases")[0]["case"])


def letter(folder: Path) -> Path:
    path = folder / "letter.pdf"
    path.write_bytes(LETTER)
    return path


def bring_in(hands: Hands, bundle: Path) -> None:
    hands.follow("nav a[href='/import']")
    hands.attach("#bundle", bundle)
    hands.press("form[action='/import']")
    hands.wait_until(lambda: hands.browser.url.endswith("/import/done"))
    assert hands.read("h1") == _("Imported")
    hands.follow("nav a[href='/']")


def read(hands: Hands) -> None:
    """Open the newest case, read it, and look at its picture."""
    hands.follow("tbody th a")
    assert STORY in hands.read()
    hands.follow("a[href*='/view/']")
    assert _("As pictures") in hands.read()
    assert hands.browser.find("figure img").rect["width"] >= 200
    hands.follow(".crumbs a")


def arrange(hands: Hands) -> None:
    hands.browser.click("#work summary")
    hands.choose("#work-state", "waiting")
    hands.fill("#tags", "urgent")
    hands.press("form[action$='/work']")
    assert "urgent" in hands.read("#work")


def reply(hands: Hands, code: str, file: Path) -> None:
    hands.follow("a[href$='/reply']")
    hands.choose("#letter", "acknowledge")
    hands.choose("#language", code)
    hands.press("#write", "button[value=letter]")
    hands.browser.type("#text", "Gerda knows the way.")
    hands.attach("#files", file)
    hands.press("#write", ".row button[value=look]")
    assert "Gerda knows the way." in hands.read(".as-reporter")
    assert "Gerda" in hands.read("mark"), "a name is pointed at before it is sealed"
    hands.press("form[action$='/look']")
    assert hands.read("h1") == _("Your reply is sealed")
    hands.follow(".row a, .crumbs a, main a[href^='/case/']")


def note(hands: Hands) -> None:
    hands.follow("a[href$='/note']")
    hands.fill("#text", "This stays between us.")
    hands.press("#write", ".row button[value=look]")
    hands.press("form[action$='/look']")
    assert hands.read("h1") == _("Your note is sealed")


def take_out(hands: Hands, folder: Path) -> Path:
    stick = folder / "stick"
    stick.mkdir()
    hands.follow("nav a[href='/export']")
    hands.fill("#other", str(stick))
    hands.press("form[action='/export']")
    (answer,) = stick.iterdir()
    assert str(answer) in hands.read("[role=status]")
    return answer


def test_a_reply_needs_no_mouse(told: Told, tmp_path: Path) -> None:
    told.world.members["anna"].run("import", told.bundle)
    with browsing("firefox", told, tmp_path / "home") as hands:
        assert isinstance(hands.browser, Firefox)
        keyboard = Keyboard(hands.browser)

        def reach(selector: str) -> None:
            """Go to an element; a page that has only just come may not have heard the first key."""
            for wait_seconds in (0.2, 0.5, 1.0, 2.0, 0):
                try:
                    keyboard.tab_to(selector)
                except AssertionError:
                    if not wait_seconds or not keyboard.stops[0].startswith("body"):
                        raise
                    time.sleep(wait_seconds)
                else:
                    return

        def enter(selector: str) -> None:
            reach(selector)
            hands.leave_by(lambda: keyboard.press(Keys.ENTER))

        assert keyboard.tab().get_attribute("class") == "skip", "the way past the menu comes first"
        enter("tbody th a")
        enter("a[href$='/reply']")
        reach("#text")
        keyboard.write("Written without a mouse.")
        enter(".row button[value=look]")
        enter("form[action$='/look'] button")
        enter("nav a[href='/export']")
        reach("#other")
        keyboard.write(str(tmp_path))
        enter("form[action='/export'] button")
        (answer,) = tmp_path.glob("answer-*.tar")
    assert "Written without a mouse." in told.answered(answer).replies[0]
