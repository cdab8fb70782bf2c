"""Pictures of every page and state of the reporter's site and of the desk page: widths, languages, dark, unfolded.

The pages are those that the checks go over (tests/pages), each made by a real drop or a real vault and shown by a
Firefox with scripts off. Nothing here judges them: a person looks.
"""

from __future__ import annotations

import argparse
import base64
import html
import logging
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import factories, factories_bundles
from tests.conftest import Members
from tests.firefox import Firefox
from tests.pages import looking
from tests.pages.album import Album, Source
from tests.pages.courier_states import STATES as COURIER_STATES
from tests.pages.courier_states import CourierRooms
from tests.pages.desk_room import DeskRooms
from tests.pages.desk_states import STATES as DESK_STATES
from tests.pages.room import Captured, Rooms
from tests.pages.states import STATES

AT_ONCE = 2
WIDTHS = (360, 768, 1280)
PHONE = WIDTHS[0]
"""Firefox has no window that narrow: one of twice the width, at 200 %, shows the same as a phone does."""
HEIGHTS = {360: 740, 768: 1024, 1280: 900}
ON_A_SHEET = {360: 5, 768: 4, 1280: 3}
_SHEET_WIDTH = 1560
_WINDOW_FRAME = 90
"""About the height of a headless window's bars."""


@contextmanager
def _drops() -> Iterator[Rooms]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        with Rooms(Members(home, *(factories.make_key(home, name) for name in ("anna", "bram", "cora")))) as rooms:
            yield rooms


@contextmanager
def _couriers() -> Iterator[CourierRooms]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        with CourierRooms(
            Members(home, *(factories.make_key(home, name) for name in ("anna", "bram", "cora")))
        ) as rooms:
            yield rooms


@contextmanager
def _vaults() -> Iterator[DeskRooms]:
    with factories_bundles.people() as people, DeskRooms(people) as rooms:
        yield rooms


@dataclass(frozen=True)
class Shown:
    """One of the two sites: its states, what they are made in, and what is looked at in one more language."""

    states: Mapping[str, Any]
    rooms: Callable[[], AbstractContextManager[Source]]
    more: str = ""

    def looks(self, languages: Sequence[str]) -> list[Look]:
        """Return every look; a language that was not asked for by name comes in as well, at one width."""
        wanted = languages or ("nl", "en")
        made = [Look(language, width) for language in wanted for width in WIDTHS]
        made += [Look(wanted[0], PHONE, "dark"), Look(wanted[0], WIDTHS[1], unfolded=True)]
        return made if languages or not self.more else [*made, Look(self.more, PHONE)]


SITES = {
    "reporter": Shown(STATES, _drops, "ar"),
    "courier": Shown(COURIER_STATES, _couriers),
    "desk": Shown(DESK_STATES, _vaults),
}


@dataclass(frozen=True)
class Look:
    """One way of looking at all states."""

    language: str
    width: int
    scheme: str = "light"
    unfolded: bool = False

    @property
    def name(self) -> str:
        marks = [self.language, str(self.width)]
        marks += ["dark"] * (self.scheme == "dark") + ["unfolded"] * self.unfolded
        return "-".join(marks)

    def shows(self, state: Captured) -> bool:
        return state.language == self.language and (not self.unfolded or state.unfolded != state.page.body)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/screens", description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("build/screens"), metavar="DIR", help="where the pictures go")
    parser.add_argument("--lang", default="", metavar="CODE,CODE", help="all widths in these languages only")
    parser.add_argument("--site", choices=list(SITES), action="append", help="only this site; both by default")
    parser.add_argument("states", nargs="*", metavar="STATE", help="only these, or what begins so; all by default")
    options = parser.parse_args()
    chosen = {
        site: [name for name in SITES[site].states if not options.states or name.startswith(tuple(options.states))]
        for site in options.site or SITES
    }
    if not any(chosen.values()):
        print(
            f"error: no such state. All of them:\n{' '.join(n for s in SITES.values() for n in s.states)}",
            file=sys.stderr,
        )
        return 1
    logging.disable(logging.ERROR)  # the page for a fault of ours is among the states, and says so in the log
    shutil.rmtree(options.to, ignore_errors=True)
    for site, names in chosen.items():
        if names:
            begun, target = time.monotonic(), options.to / site
            number = photograph(SITES[site], target, names, [code for code in options.lang.split(",") if code])
            took = time.monotonic() - begun
            print(f"{number} pictures of {len(names)} states in {took:.0f} s: {target}/index.html")
    return 0


def photograph(site: Shown, target: Path, names: Sequence[str], languages: Sequence[str]) -> int:
    """Take all pictures, write the sheets and the index, and return how many pictures there are."""
    wanted = site.looks(languages)
    with site.rooms() as rooms, Album(rooms, names, site.states) as album:
        pages = album.pages(*dict.fromkeys(look.language for look in wanted))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            numbers = list(pool.map(lambda look: take(target, album, pages, look), wanted))
    write_index(target, names, wanted)
    return sum(numbers)


def take(target: Path, album: Album, pages: Iterable[Captured], look: Look) -> int:
    folder = target / look.name
    folder.mkdir(parents=True)
    seen = [page for page in pages if look.shows(page)]
    zoom = 2 if look.width == PHONE else 1
    with looking.firefox() as browser:
        looking.prefer(browser, look.scheme)
        browser.driver.set_window_rect(width=look.width * zoom, height=(HEIGHTS[look.width] + _WINDOW_FRAME) * zoom)
        for page in seen:
            browser.driver.navigate(album.url_unfolded(page) if look.unfolded else album.url(page))
            looking.zoom(browser, zoom)
            (folder / f"{page.name}.png").write_bytes(base64.b64decode(browser.driver.screenshot(full=True)))
        write_sheets(folder, browser, [page.name for page in seen], ON_A_SHEET[look.width])
    return len(seen)


def write_sheets(folder: Path, browser: Firefox, names: Sequence[str], each: int) -> None:
    """Put the pictures side by side, a row on a sheet, so that somebody can go over them quickly."""
    looking.zoom(browser, 1)
    for first in range(0, len(names), each):
        figures = "".join(_figure(f"{name}.png", name) for name in names[first : first + each])
        sheet = folder / f"sheet-{first // each + 1}.html"
        sheet.write_text(
            _PAGE.format(title=folder.name, body=figures, width=_SHEET_WIDTH // each - 14), encoding="utf-8"
        )
        browser.driver.set_window_rect(width=_SHEET_WIDTH, height=1000)
        browser.driver.navigate(sheet.absolute().as_uri())
        sheet.with_suffix(".png").write_bytes(base64.b64decode(browser.driver.screenshot(full=True)))


def write_index(target: Path, names: Sequence[str], wanted: Sequence[Look]) -> None:
    sheets = (
        f"<p>{look.name}: {' '.join(f'<a href={path.relative_to(target)}>{path.stem}</a>' for path in found)}</p>"
        for look in wanted
        for found in [sorted((target / look.name).glob("sheet-*.png"), key=lambda path: (len(path.name), path.name))]
    )
    rows = []
    for name in names:
        files = [f"{look.name}/{name}.png" for look in wanted if (target / look.name / f"{name}.png").exists()]
        rows.append(f"<h2>{html.escape(name)}</h2>" + "".join(_figure(file, file.split("/")[0]) for file in files))
    body = "".join((*sheets, *rows))
    (target / "index.html").write_text(_PAGE.format(title="All pages", body=body, width=250), encoding="utf-8")


def _figure(file: str, caption: str) -> str:
    return (
        f'<figure><figcaption>{html.escape(caption)}</figcaption><a href="{html.escape(file)}">'
        f'<img src="{html.escape(file)}" alt="" loading="lazy"></a></figure>'
    )


_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px sans-serif;margin:8px}}figure{{display:inline-block;vertical-align:top;margin:0 4px 8px 0}}
img{{width:{width}px;border:1px solid #999}}figcaption{{font-weight:bold}}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


if __name__ == "__main__":
    sys.exit(main())
