"""Marks and links on the desk page: nothing typed is lost, and no page shows what a mandate keeps apart."""

import html
import re
from collections.abc import Iterator

import pytest

from dropbox.envelope import ANSWER_PREFIX, YES
from dropbox.models import Kind, Mandate
from dropbox.workstation.casebook import detail_of
from tests.desk_browser import DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import World

LISTEN, ADVISE, INVESTIGATE = Mandate
JAN = "Jan van den Berg"


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    here.start()
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def begun(here: World, mandate: Mandate, person: str = "", text: str = "Something happened.") -> Case:
    case = Case()
    here.drop.send(case, text, mandate=mandate)
    here.anna.ok("import", here.drop.pickup())
    if person:
        here.anna.ok("about", case.id, "--person", person)
    return case


def fields(**changes: object) -> dict[str, object]:
    return {"persons": "", "places": "", "dates": ""} | changes


def main_of(page: str) -> str:
    return html.unescape(page.partition("<main")[2].partition("</main>")[0])


def test_the_form_marks_everything_in_one_note(here: World, browser: DeskBrowser) -> None:
    case = begun(here, ADVISE, text="Karel Meijer did it, in the town hall.")
    assert 'value="Karel Meijer"' in browser.get(f"/case/{case.id}/about")
    sent = fields(
        persons=f"{JAN}; Jan B.\r\n\r\nAnna Smit", places="town hall", dates="2026-03", proposed="Karel Meijer"
    )
    assert "sealed to your desk" in browser.post(f"/case/{case.id}/about", sent)
    marks = here.anna.ok("about", case.id)["marks"]
    assert [each["name"] for each in marks] == ["Anna Smit", JAN, "Karel Meijer", "town hall", "2026-03"]
    assert len(here.anna.ok("work", case.id)["acts"]) == 1
    page = browser.get(f"/case/{case.id}/about")
    assert f'value="{JAN}; Jan B."' in page
    assert 'name="proposed"' not in page
    assert "Anna Smit" in browser.get(f"/case/{case.id}")


def test_a_mark_is_written_anew_or_taken_away_where_it_stands(here: World, browser: DeskBrowser) -> None:
    case = begun(here, ADVISE, JAN)
    here.anna.ok("about", case.id, "--place", "town hall")
    jan, hall = (each["id"] for each in here.anna.ok("about", case.id)["marks"])
    as_shown = {f"mark-{jan}": JAN, f"mark-{hall}": "town hall"}
    assert "nothing was written" in browser.post(f"/case/{case.id}/about", fields(**as_shown))
    browser.post(f"/case/{case.id}/about", fields(**as_shown | {f"mark-{jan}": f"{JAN}; Jan B."}, gone=hall))
    (left,) = here.anna.ok("about", case.id)["marks"]
    assert (left["id"], left["aliases"]) == (jan, ["Jan B."])


def test_a_refused_form_comes_back_with_everything_that_was_typed(here: World, browser: DeskBrowser) -> None:
    case = begun(here, ADVISE, JAN, text="Karel Meijer did it.")
    (mark,) = here.anna.ok("about", case.id)["marks"]
    field = f"mark-{mark['id']}"
    sent = fields(persons="Anna Smit", dates="yesterday", proposed="Karel Meijer", gone=mark["id"], **{field: "Jan"})
    page = browser.refused(f"/case/{case.id}/about", sent)
    assert 'aria-describedby="dates-hint dates-error"' in page
    assert re.search(r"Anna Smit\s*</textarea>", page)
    assert re.search(r"yesterday\s*</textarea>", page)
    assert re.search(r'value="Karel Meijer" checked', page)
    assert re.search(rf'value="{mark["id"]}" checked', page)
    assert f'name="{field}" value="Jan"' in page
    assert here.anna.ok("about", case.id)["marks"] == [mark]
    page = browser.refused(f"/case/{case.id}/about", fields(**{"mark-" + "0" * 16: "Jan"}))
    assert 'id="about-error"' in page


def test_links_are_shown_with_their_reasons_and_the_program_decides_nothing(here: World, browser: DeskBrowser) -> None:
    one, other = begun(here, INVESTIGATE, JAN), begun(here, INVESTIGATE, "J. v.d. Berg")
    page = main_of(browser.get(f"/case/{one.id}/about"))
    assert f'href="/case/{other.id}"' in page
    assert "perhaps: an initial fits" in page
    assert "the program decides nothing" in page
    assert "1 other case may be about the same" in browser.get(f"/case/{one.id}")
    page = main_of(browser.get("/together"))
    assert page.count(f'href="/case/{one.id}/about"') == page.count(f'href="/case/{other.id}/about"') == 1
    (mark,) = here.anna.ok("about", other.id)["marks"]
    browser.post(f"/case/{other.id}/about", fields(**{f"mark-{mark['id']}": f"J. v.d. Berg; {JAN}"}))
    assert "the same name" in main_of(browser.get(f"/case/{one.id}/about"))


def test_no_page_but_its_own_says_that_there_is_a_listening_case(here: World, browser: DeskBrowser) -> None:
    listening, other = begun(here, LISTEN, JAN), begun(here, INVESTIGATE, JAN)
    for path in (f"/case/{other.id}", f"/case/{other.id}/about", "/together"):
        page = main_of(browser.get(path))
        assert listening.id not in page
        assert "another case" not in page
        assert "may be about the same." not in page
    for path in (f"/case/{listening.id}", f"/case/{listening.id}/about"):
        page = main_of(browser.get(path))
        assert "another case here" in page
        assert other.id not in page
    page = main_of(browser.get(f"/case/{listening.id}/about"))
    assert page.count(JAN) == 1, "its own mark, and no other"
    assert f'href="/case/{listening.id}/join"' in page


def test_what_was_narrowed_while_the_page_is_open_is_gone_at_the_next_look(here: World, browser: DeskBrowser) -> None:
    one, other = begun(here, INVESTIGATE, JAN), begun(here, INVESTIGATE, JAN)
    assert other.id in browser.get(f"/case/{one.id}/about")
    assert other.id in browser.get("/together")
    here.drop.send(other, kind=Kind.MANDATE, mandate=LISTEN)
    here.anna.ok("import", here.drop.pickup())
    for path in (f"/case/{one.id}/about", "/together"):
        assert other.id not in main_of(browser.get(path))


def test_the_question_is_the_same_for_all_and_asked_once(here: World, browser: DeskBrowser) -> None:
    one, other = begun(here, LISTEN, JAN), begun(here, LISTEN, JAN)
    texts = []
    for case in (one, other):
        page = browser.get(f"/case/{case.id}/join")
        text = html.unescape(re.search(r"<textarea[^>]*>\n([^<]*)<", page)[1])  # type: ignore[index]  # it is there
        texts.append(text)
        assert "The question is sealed" in browser.post(f"/case/{case.id}/join", {"text": text})
        assert "has not answered yet" in browser.get(f"/case/{case.id}/join")
    assert texts[0] == texts[1]
    assert JAN not in texts[0]
    assert "asked already" in browser.refused(f"/case/{one.id}/join", {"text": "Again?"})
    assert "Write something first." in browser.refused(f"/case/{one.id}/join", {"text": " "})


def test_joined_cases_are_shown_to_each_other_and_in_no_list_of_names(here: World, browser: DeskBrowser) -> None:
    cases = [begun(here, LISTEN, JAN), begun(here, LISTEN, JAN)]
    for case in cases:
        item = here.anna.ok("join", case.id)["item"]
        with browser.desk.reading() as vault:
            ask = detail_of(vault.casebook.items[item]).ask
            assert ask is not None
            ask_id = ask.id_in(vault.casebook.bound.drop, case.id, item)
        here.drop.send(case, "", mandate=LISTEN, answers={f"{ANSWER_PREFIX}{ask_id}": YES})
    here.anna.ok("import", here.drop.pickup())
    page = main_of(browser.get(f"/case/{cases[0].id}/about"))
    assert f'href="/case/{cases[1].id}"' in page
    assert "both reporters agreed" in page
    page = main_of(browser.get("/together"))
    assert "Both reporters agreed" in page
    assert "<table" not in page


def test_a_withdrawn_case_offers_no_form_and_takes_none(here: World, browser: DeskBrowser) -> None:
    case, other = begun(here, INVESTIGATE, JAN), begun(here, INVESTIGATE, JAN)
    here.drop.send(case, kind=Kind.WITHDRAWAL, mandate=INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    page = main_of(browser.get(f"/case/{case.id}/about"))
    assert "<form" not in page
    assert other.id not in page
    assert "withdrawn" in browser.refused(f"/case/{case.id}/about", fields(persons="Anna Smit"))
    assert "<form" not in main_of(browser.get(f"/case/{case.id}/join"))


def test_a_hostile_name_is_text_on_every_page(here: World, browser: DeskBrowser) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} %s"
    one = begun(here, INVESTIGATE, hostile)
    begun(here, INVESTIGATE, hostile)
    for path in (f"/case/{one.id}", f"/case/{one.id}/about", "/together"):
        page = browser.get(path)
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} %s" in page


def test_paper_shows_no_cases_side_by_side(here: World, browser: DeskBrowser) -> None:
    one = begun(here, ADVISE, JAN)
    begun(here, INVESTIGATE, JAN)
    assert 'class="print-shut"' in browser.get("/together")
    assert 'class="print-shut"' in browser.get(f"/case/{one.id}/about")
    assert 'class="link unprinted"' in browser.get(f"/case/{one.id}/about")
