"""Takes the guide's pictures: a real desk page over vaults with trial data, shown by a Chromium with scripts off."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dropbox.models import Mandate, today
from tests import factories, factories_bundles
from tests.chromium import Chromium
from tests.drop_process import BIN
from tests.envelopes import Case
from tests.factories_bundles import World

WIDTH = 860
TABLE_WIDTH = 1268
SHARPNESS = 2


@dataclass(frozen=True)
class Story:
    """What reporters and the desk wrote, in one language."""

    reports: tuple[str, ...]
    answer: str
    reply: str
    tag: str


STORIES = {
    "nl": Story(
        (
            "Mijn leidinggevende maakt opmerkingen over mijn lichaam. Sinds ik nee zei, krijg ik geen diensten meer.",
            "Er zijn twee facturen betaald voor werk dat nooit is gedaan.",
            "Ik wil eerst alleen mijn verhaal kwijt.",
            "De stembriefjes van zaal 2 lagen die avond onbewaakt.",
        ),
        "Dank u. Uw melding is aangekomen.",
        "Dank u voor uw bericht. U hebt niets verkeerd gedaan.\n\n"
        "Wilt u dat wij met Karin de Boer praten? U kunt ons ook bellen op 06 12345678.",
        "spoed",
    ),
    "en": Story(
        (
            "My manager comments on my body in every meeting. Since I said no, I get no shifts.",
            "Two invoices were paid for work that was never done.",
            "First I only want to tell my story.",
            "The ballots of room 2 were left alone that evening.",
        ),
        "Thank you. Your report has arrived.",
        "Thank you for writing. You did nothing wrong.\n\n"
        "Shall we talk with Karin de Boer? You can also call us on +31 6 12345678.",
        "urgent",
    ),
}


def take_pictures(target: Path, language: str) -> None:
    """Write every picture of the guide in one language into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with factories_bundles.people() as people:
        with factories_bundles.world(people) as here:
            _of_the_first_start(here, target, language)
        with factories_bundles.world(people) as here:
            _of_a_week(here, target, language)


def _of_the_first_start(here: World, target: Path, language: str) -> None:
    nobody = factories.new_home(here.folder, "nobody")
    with _desk(here.folder / "none", nobody, here.folder / "none-home", language) as browser:
        browser.go(f"{_address(browser)}/start/key")
        _take(browser, target / "key.png", 860)
    here.anna.ok("init")
    here.drop.send(Case(), STORIES[language].reports[0])
    here.anna.ok("import", here.drop.pickup())
    with _desk(here.anna.vault, here.anna.home, here.folder / "home", language) as browser:
        browser.go(f"{_address(browser)}/confirm")
        _take(browser, target / "words.png", 640, start="h1")


def _of_a_week(here: World, target: Path, language: str) -> None:
    case = _past(here, STORIES[language], language)
    home = here.folder / "home"
    home.mkdir()
    here.drop.send(Case(), STORIES[language].reports[2], mandate=Mandate.LISTEN, language=language)
    here.drop.pickup().rename(home / f"pickup-integrity-{today()}.tar")
    with _desk(here.anna.vault, here.anna.home, home, language) as browser:
        address = _address(browser)
        browser.go(f"{address}/import")
        _take(browser, target / "import.png", 520)
        _widen(browser, TABLE_WIDTH)
        browser.go(address)
        _take(browser, target / "cases.png", 640, start="table", end="tbody tr:last-child")
        _widen(browser, WIDTH)
        browser.go(f"{address}/case/{case.id}/reply")
        browser.find("textarea[name=text]").clear()
        browser.type("textarea[name=text]", STORIES[language].reply)
        browser.click("button[name=do][value=look]:not([hidden])")
        _take(browser, target / "reply.png", 745, start="h2")


def _past(here: World, story: Story, language: str) -> Case:
    """Give the vault some cases of some weeks, and return the one that is answered in the guide."""
    here.start()
    mandates = (Mandate.ADVISE, Mandate.INVESTIGATE, Mandate.LISTEN, Mandate.INVESTIGATE)
    days = (3, 27, 6, 9)
    cases = [Case() for _ in story.reports]
    for case, report, mandate, ago in zip(cases, story.reports, mandates, days, strict=True):
        here.drop.day = today() - timedelta(days=ago)
        here.drop.send(case, report, mandate=mandate, language=language)
    here.drop.day = today()
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("read", cases[1].id)
    here.anna.ok("reply", cases[1].id, "--text-file", here.text(story.answer))
    here.anna.ok("tag", cases[0].id, f"+{story.tag}")
    here.anna.ok("assign", cases[1].id, here.bram.key)
    return cases[0]


@contextmanager
def _desk(vault: Path, gnupg: Path, home: Path, language: str) -> Iterator[Chromium]:
    """Start the desk page as the command does, and open it by its link."""
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "GNUPGHOME": str(gnupg), "HOME": str(home)}
    command = [str(BIN / "dropbox-workstation"), "open", "--no-browser", "--json", "--vault", str(vault)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment)
    try:
        if process.stdout is None:
            raise RuntimeError("the page's address cannot be read")
        link = json.loads(process.stdout.readline())["url"]
        with Chromium(languages=language) as browser:
            _widen(browser, WIDTH)
            browser.go(link)
            yield browser
    finally:
        process.terminate()
        process.wait()


def _widen(browser: Chromium, width: int) -> None:
    metrics = {"width": width, "height": 1200, "deviceScaleFactor": SHARPNESS, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def _address(browser: Chromium) -> str:
    return "/".join(browser.url.split("/")[:3])


def _take(browser: Chromium, target: Path, height: int, start: str = "body", end: str = "main") -> None:
    """Take a picture of the page's width from where one element begins, but not beyond where another ends."""
    top = max(browser.find(start).location["y"] - (0 if start == "body" else 14), 0)
    last: Mapping[str, int] = browser.find(end).rect
    width = browser.find("html").rect["width"]
    clip = {"x": 0, "y": top, "width": width, "height": min(height, last["y"] + last["height"] - top), "scale": 1}
    asked = {"format": "png", "clip": clip, "captureBeyondViewport": True}
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", asked)
    target.write_bytes(base64.b64decode(shot["data"]))
