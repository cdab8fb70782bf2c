"""Marking on the desk page what is covered in a file: without a script, and nothing that was not pressed or typed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO

import pytest
from PIL import Image

from dropbox.envelope.account import LogAct
from dropbox.errors import BoxUnreadable, TooManyBoxes
from dropbox.workstation import sandbox
from dropbox.workstation.desk_site.redact_pages import SHOWN_PIXELS
from dropbox.workstation.disclosure.beginning import first_plan
from dropbox.workstation.disclosure.plan import FileHow, Plan
from dropbox.workstation.reading import read_case
from dropbox.workstation.redacting_boxes import Box
from dropbox.workstation.redacting_marks import (
    MAX_BOXES,
    Corner,
    as_percent,
    between,
    covered_words,
    in_percent,
    of_words,
    picture,
    with_marks,
)
from dropbox.workstation.redacting_words import find_nothing
from dropbox.workstation.redrawing import Page, png
from dropbox.workstation.sandbox_frames import Word
from dropbox.workstation.vault import look_into
from tests import hostile_files
from tests.desk_browser import BASE, DeskBrowser, desk_browser
from tests.desk_page import text_of
from tests.envelopes import Case
from tests.factories_bundles import World
from tests.redacted import finder, text_pdf

WORDS = (Word("Jan", 100, 100, 150, 120), Word("came", 160, 100, 220, 120), Word("late", 100, 300, 150, 320))
HIGH = SHOWN_PIXELS * 2000 // 1413
"""How high an A4 page is shown; a browser counts in these."""


def blank(*words: Word) -> Page:
    return Page(1, png(Image.new("RGB", (1000, 1000), "white")), 1000, 1000, words)


def colours(data: bytes) -> set[tuple[int, int, int]]:
    with Image.open(BytesIO(data), formats=["PNG"]) as image:
        found = image.convert("RGB").getcolors(100_000)
    assert found is not None
    return {colour for _count, colour in found}  # type: ignore[misc]  # RGB has three of them


# --- marks --------------------------------------------------------------------------------------------------------


def test_it_does_not_matter_which_corner_comes_first() -> None:
    corners = (Corner(100, 400), Corner(300, 200))
    assert between(1, *corners) == between(1, *reversed(corners)) == Box(1, 100, 200, 200, 200)


def test_one_place_pressed_twice_is_not_nothing() -> None:
    for corner in (Corner(0, 0), Corner(500, 500), Corner(1000, 1000)):
        assert between(1, corner, corner).width == 1


def test_numbers_come_back_as_they_were_typed() -> None:
    for typed in (("0", "0", "100", "100"), ("12.5", "3", "0.1", "97"), ("99.9", "99.9", "0.1", "0.1")):
        assert as_percent(in_percent(1, typed)) == typed
    assert in_percent(1, ("12,5", " 3", "1", "1")) == Box(1, 125, 30, 10, 10)


@pytest.mark.parametrize(
    "typed",
    [
        ("", "0", "1", "1"),
        ("0", "0", "0", "1"),
        ("50", "0", "51", "1"),
        ("-1", "0", "1", "1"),
        ("1e1", "0", "1", "1"),
        ("٣", "0", "1", "1"),
        ("nan", "0", "1", "1"),
        ("1000", "0", "1", "1"),
    ],
)
def test_numbers_that_are_no_place_are_refused(typed: tuple[str, ...]) -> None:
    with pytest.raises(BoxUnreadable):
        in_percent(1, typed)


def test_a_mark_is_not_kept_twice_and_not_without_end() -> None:
    one = Box(1, 1, 1, 5, 5)
    assert with_marks([one], [one]) == (one,)
    many = [Box(1, at % 900, at // 900, 5, 5) for at in range(MAX_BOXES)]
    with pytest.raises(TooManyBoxes):
        with_marks(many, [Box(2, 1, 1, 5, 5)])


def test_a_word_that_is_not_there_marks_nothing() -> None:
    assert of_words(blank(*WORDS), {7, 99}) == ()
    assert of_words(blank(*WORDS), {0}) == (Box(1, 100, 100, 50, 20),)


def test_a_word_that_will_not_be_readable_is_said_to_be_covered() -> None:
    page = blank(*WORDS)
    assert covered_words(page, (), finder("late")) == {2}
    assert covered_words(page, of_words(page, {0}), find_nothing) >= {0}
    assert covered_words(page, (), find_nothing) == frozenset()


def test_the_picture_as_it_will_be_shows_nothing_through_its_covers() -> None:
    image = Image.new("RGB", (1000, 1000), "white")
    image.paste((200, 0, 0), (110, 105, 140, 115))
    page = replace(blank(*WORDS), png=png(image))
    assert colours(picture(page, [Box(1, 90, 90, 100, 50)], find_nothing)) == {(0, 0, 0), (255, 255, 255)}
    assert len(colours(picture(page, [Box(1, 90, 90, 100, 50)], find_nothing, through=True))) > 2
    assert colours(picture(page, (), finder("Jan"))) == {(0, 0, 0), (255, 255, 255)}


# --- the page -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Marking:
    """A browser, and a plan in which the file is drawn anew."""

    browser: DeskBrowser
    path: str
    plan: Plan

    @property
    def item(self) -> str:
        return self.plan.items[0].item

    def marks(self) -> tuple[Box, ...]:
        plan = self.browser.desk.plans.get(self.plan.case)
        assert plan is not None
        return plan.boxes_of(plan.items[0].item, 1)

    def press(self, x: int, y: int, at: str = "", **more: str) -> str:
        self.browser.get(self.path)
        return self.browser.post(at or self.path, {"at.x": f"{x}", "at.y": f"{y}", **more})


@pytest.fixture
def marking(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Marking]:
    here.start()
    case = Case()
    data = text_pdf("Jan Jansen came late.", "Nobody else was there.")
    here.drop.send(case, "See the letter.", [("letter.pdf", "application/pdf", data)])
    here.anna.ok("import", here.drop.pickup())
    with desk_browser(here.anna, monkeypatch) as browser:
        vault = look_into(here.anna.vault)
        shown = read_case(vault, vault.casebook.find_case(case.id))
        plan = first_plan(vault.casebook, shown, "en")
        files = tuple(replace(each, how=FileHow.REDRAWN) for each in plan.items[0].files)
        plan = plan.with_choice(replace(plan.items[0], files=files)).with_names([["Jan Jansen"]])
        browser.desk.plans.keep(case.id, plan)
        yield Marking(browser, f"/case/{case.id}/disclose/file/{plan.items[0].item}/1", plan)


def test_two_presses_make_a_cover_where_they_were(marking: Marking) -> None:
    page = marking.press(76, 100)
    assert "opposite corner" in text_of(page)
    assert marking.marks() == ()
    page = marking.press(350, 200, **{"from-x": "100", "from-y": str(round(100 * 1000 / HIGH))})
    (box,) = marking.marks()
    assert (box.x, box.width) == (100, 400)
    assert abs(box.y - round(100 * 1000 / HIGH)) <= 1
    assert "10 from the left" in text_of(page)


def test_a_key_on_the_picture_covers_no_corner(marking: Marking) -> None:
    page = marking.press(0, 0)
    assert "Press on the picture with a mouse" in text_of(page)
    assert "opposite corner" not in text_of(page)
    assert marking.marks() == ()


@pytest.mark.parametrize(
    "sent",
    [
        {"at.x": "9999", "at.y": "1"},
        {"at.x": "-1", "at.y": "1"},
        {"at.x": "x", "at.y": "1"},
        {"at.x": "9", "at.y": "9", "from-x": "1001", "from-y": "1"},
        {"at.x": "9", "at.y": "9", "from-x": "1"},
        {"do": "all"},
        {},
    ],
)
def test_what_no_form_of_ours_sends_marks_nothing(marking: Marking, sent: dict[str, str]) -> None:
    marking.browser.get(marking.path)
    assert marking.browser.send(marking.path, sent).status_code == 400
    assert marking.marks() == ()


def test_numbers_words_and_whole_pages_are_covered_and_taken_back(marking: Marking) -> None:
    marking.browser.get(marking.path)
    numbers = {"do": "box", "x": "10", "y": "80", "width": "20", "height": "5,5"}
    marking.browser.post(marking.path, numbers)
    assert marking.marks() == (Box(1, 100, 800, 200, 55),)
    page = marking.browser.post(marking.path, {"do": "words", "word": ["3", "999"]})
    assert len(marking.marks()) == 2
    assert "(covered)" in page
    marking.browser.post(marking.path, {"do": "whole"})
    assert Box(1, 0, 0, 1000, 1000) in marking.marks()
    for _ in range(3):
        marking.browser.post(marking.path, {"do": "remove", "mark": "0"})
    assert marking.marks() == ()


def test_a_wrong_number_is_not_lost(marking: Marking) -> None:
    marking.browser.get(marking.path)
    page = marking.browser.refused(marking.path, {"do": "box", "x": "10", "y": "999", "width": "20", "height": "5"})
    assert 'value="999"' in page
    assert "percent of the page" in text_of(page)


def test_the_names_of_the_plan_are_seen_to_be_covered(marking: Marking) -> None:
    page = text_of(marking.browser.get(marking.path))
    assert "Jansen (covered)" in page
    assert "Nobody (covered)" not in page
    answer = marking.browser.client.get(f"{marking.path}/1/end.png", base_url=BASE)
    assert answer.mimetype == "image/png"
    assert (0, 0, 0) in colours(answer.data)


def test_a_file_that_the_plan_does_not_draw_anew_has_no_such_page(marking: Marking) -> None:
    browser, base = marking.browser, marking.path.rpartition("/file/")[0]
    other = "0" * 32
    for path in (f"{base}/file/{marking.item}/2", f"{base}/file/{other}/1", f"{marking.path}/1/other.png"):
        browser.get(path, 404)
    browser.desk.plans.drop(marking.plan.case)
    browser.get(marking.path, 404)
    browser.get(f"{marking.path}/1/end.png", 404)


@pytest.mark.parametrize("page", ["0", "2", "77", "x", "1" * 9])
def test_a_page_that_is_not_there_does_no_harm(marking: Marking, page: str) -> None:
    answer = marking.browser.client.get(f"{marking.path}?page={page}", base_url=BASE)
    assert answer.status_code in (200, 400)
    assert answer.status_code == 200 or "could not be redrawn" in answer.text


def test_a_file_that_cannot_be_redrawn_says_so(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here.start()
    case = Case()
    here.drop.send(case, "x", [("a.zip", "application/zip", hostile_files.zip_of(a=b"b"))])
    here.anna.ok("import", here.drop.pickup())
    with desk_browser(here.anna, monkeypatch) as browser:
        vault = look_into(here.anna.vault)
        plan = first_plan(vault.casebook, read_case(vault, vault.casebook.find_case(case.id)), "en")
        files = tuple(replace(each, how=FileHow.REDRAWN) for each in plan.items[0].files)
        browser.desk.plans.keep(case.id, plan.with_choice(replace(plan.items[0], files=files)))
        page = browser.get(f"/case/{case.id}/disclose/file/{plan.items[0].item}/1", 400)
    assert "cannot be redrawn" in text_of(page)


def test_a_page_is_not_drawn_anew_for_each_press(marking: Marking, monkeypatch: pytest.MonkeyPatch) -> None:
    marking.browser.get(marking.path)
    monkeypatch.setattr(sandbox, "frames", None)
    assert "Jansen" in marking.browser.get(marking.path)


def test_nobody_reads_a_case_or_its_file_here_without_a_line_in_its_log(marking: Marking) -> None:
    browser = marking.browser
    browser.get(marking.path)
    browser.desk.flush()
    vault = look_into(browser.desk.folder)
    ((case, lines),) = vault.casebook.log.items()
    assert case in marking.path
    told = [line.act for line in lines]
    assert [told.count(act) for act in (LogAct.OPENED, LogAct.VIEWED)] == [1, 1]
