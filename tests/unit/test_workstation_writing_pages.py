"""Writing on the desk page: nothing typed is lost, nothing sealed unseen, nobody named, nothing written to a disk."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from dropbox.models import Kind, Mandate
from dropbox.workstation.desk_site import COOKIE
from dropbox.workstation.desk_site import door as door_room
from dropbox.workstation.vault import open_vault
from tests.begun import Begun, begun
from tests.desk_browser import BASE, DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import People, World, world
from tests.visitor import File, multipart

HOSTILE = '</textarea><b>bold</b>"&\u202e'


def begin(here: World) -> Case:
    made = Case()
    here.start()
    here.drop.send(made, "Karin Bos was erbij.", mandate=Mandate.LISTEN, language="nl")
    here.anna.ok("import", here.drop.pickup())
    return made


@pytest.fixture(scope="module")
def begun_once(people: People) -> Iterator[Begun[Case]]:
    with begun(people, begin) as made:
        yield made


@pytest.fixture
def case(begun_once: Begun[Case]) -> Case:
    return begun_once.again()


@pytest.fixture
def here(begun_once: Begun[Case], case: Case) -> World:
    assert case.id
    return begun_once.world


@pytest.fixture
def desk(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(mark|seen)" value="([^"]+)"', page))


def typed(page: str) -> str:
    """Return what stands in the form's text field."""
    (text,) = re.findall(r'(?s)<textarea id="text"[^>]*>\n(.*?)</textarea>', page)
    return str(text)


def sent(desk: DeskBrowser, path: str, fields: dict[str, str], file: File, status: int = 303) -> str:
    """Send a form with a file as a browser does (Flask's own client would put a large one into a temporary file)."""
    body, kind = multipart([("token", desk.token), *fields.items()], [file])
    answer = desk.client.post(path, base_url=BASE, data=body, content_type=kind)
    assert answer.status_code == status, answer.text
    return desk.get(answer.headers["Location"]) if status == 303 else answer.text


def texts(here: World, case: Case) -> list[tuple[str, str]]:
    return [(item["kind"], item["text"]) for item in here.anna.ok("read", case.id)["items"][1:]]


def test_what_was_looked_over_is_what_is_sealed(here: World, desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    desk.get(path)
    attached = ("/home/anna/advies.pdf", "application/pdf", b"%PDF" * 300_000)
    page = sent(desk, path, {"text": "Hallo,\r\nbel 06-12345678.", "sign": "", "do": "look"}, attached)
    assert '<mark id="point-1">' in page
    assert "Seal it as it is" in page
    assert "No person is named" in page
    sealed = desk.post(f"{path}/look", hidden(page))
    assert "next answer bundle" in sealed
    assert 'href="/export"' in sealed
    assert texts(here, case) == [("reply", "Hallo,\nbel 06-12345678.")]
    (file,) = here.anna.ok("read", case.id)["items"][1]["attachments"]
    assert (file["name"], file["bytes"]) == ("advies.pdf", 1_200_000)
    assert typed(desk.get(path)) == ""


def test_nothing_is_sealed_that_was_not_looked_over(here: World, desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    desk.get(path)
    page = desk.post(path, {"text": "First.", "do": "look"})
    desk.post(path, {"text": "Second, from another window.", "do": "keep"})
    again = desk.refused(f"{path}/look", hidden(page), 409)
    assert "changed in another window" in again
    assert "Second, from another window." in again
    desk.refused(f"{path}/look", {}, 409)
    assert texts(here, case) == []
    desk.post(f"{path}/look", hidden(again))
    assert texts(here, case) == [("reply", "Second, from another window.")]


def test_a_draft_that_became_unsealable_in_another_window_is_a_form_and_no_fault(
    here: World, desk: DeskBrowser, case: Case
) -> None:
    path = f"/case/{case.id}/reply"
    desk.get(path)
    page = desk.post(path, {"text": "First.", "do": "look"})
    desk.post(path, {"text": "Second.", "sign": "x" * 500, "do": "keep"})
    again = desk.refused(f"{path}/look", hidden(page), 400)
    assert typed(again) == "Second."
    assert texts(here, case) == []


def test_a_narrower_mandate_in_between_is_seen_before_the_seal(here: World, desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    here.drop.send(case, "", kind=Kind.MANDATE, mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    page = desk.post(path, {"text": "We look into it.", "do": "look"})
    assert "listen only" not in page
    here.drop.send(case, "", kind=Kind.MANDATE, mandate=Mandate.LISTEN)
    here.anna.ok("import", here.drop.pickup())
    again = desk.refused(f"{path}/look", hidden(page), 409)
    assert "came into this case while you were writing" in again
    assert "listen only" in again
    assert "something new came into this case" in again
    assert texts(here, case)[2:] == []
    desk.post(f"{path}/look", hidden(again))
    assert texts(here, case)[2:] == [("reply", "We look into it.")]


def test_a_withdrawn_case_takes_nothing_and_the_text_stays(here: World, desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    page = desk.post(path, {"text": "Too late.", "do": "look"})
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    desk.refused(f"{path}/look", hidden(page), 409)
    shown = desk.get(path)
    assert typed(shown) == "Too late."
    assert "not seal yet" in shown
    assert "Go on with your reply" in desk.get(f"/case/{case.id}")


def test_a_busy_vault_loses_nothing(
    here: World, desk: DeskBrowser, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dropbox.workstation.desk_site.desk.LOCK_SECONDS", 0)
    path = f"/case/{case.id}/reply"
    page = desk.post(path, {"text": "Patience.", "do": "look"})
    with open_vault(here.anna.vault):
        busy = desk.refused(f"{path}/look", hidden(page), 409)
    assert "Patience." in busy
    desk.post(f"{path}/look", hidden(busy))
    assert texts(here, case) == [("reply", "Patience.")]


def test_a_button_pressed_twice_seals_once(here: World, desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/note"
    page = desk.post(path, {"text": "Once.", "do": "look"})
    desk.post(f"{path}/look", hidden(page))
    desk.post(f"{path}/look", hidden(page))
    assert texts(here, case) == [("note", "Once.")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "x" * 49_153}, "text"),
        ({"text": " ", "sign": "Anna"}, "text"),
        ({"text": "x", "sign": "y" * 101}, "sign"),
    ],
    ids=["long", "empty", "name"],
)
def test_a_refused_form_comes_back_filled_in(desk: DeskBrowser, case: Case, fields: dict[str, str], field: str) -> None:
    path = f"/case/{case.id}/reply"
    page = desk.refused(path, {**fields, "do": "look"})
    assert typed(page) == fields["text"]
    assert f'aria-describedby="{field}-hint {field}-error" aria-invalid="true"' in page
    assert f'<a href="#{field}">' in page
    assert typed(desk.get(path)) == fields["text"]


def test_files_that_are_too_large_take_no_text_with_them(desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    desk.post(path, {"text": "One.", "do": "add", "files": (BytesIO(b"small"), "small.txt")})
    large = ("large.bin", "application/octet-stream", bytes(26 << 20))
    page = sent(desk, path, {"text": "Two.", "do": "look"}, large, 400)
    assert typed(page) == "Two."
    assert "small.txt" in page
    assert "large.bin" not in page
    assert "choose again" in page
    assert "small.txt" not in desk.post(path, {"text": "Two.", "do": "remove-1"})


def test_a_letter_never_takes_the_place_of_what_was_typed(desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    assert typed(desk.get(f"{path}?letter=acknowledge")).startswith("Bedankt")
    assert typed(desk.get(path)) == ""
    page = desk.post(path, {"text": "My own words.", "letter": "ask", "language": "en", "do": "letter"})
    assert typed(page).startswith("My own words.\n\nWe have read your report. You chose: &#34;Only listen&#34;.")
    assert typed(desk.get(f"{path}?letter=close")) == typed(page)
    assert typed(desk.refused(path, {"text": "Mine.", "letter": "none", "do": "letter"})) == "Mine."
    assert "in that language" in desk.refused(
        path, {"text": "Mine.", "letter": "ask", "language": "ar", "do": "letter"}
    )
    desk.get(f"{path}?letter=nonsense")


def test_what_is_typed_is_text_on_every_page(desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    name = (BytesIO(b"x"), "<b>bold</b>.txt")
    look = desk.post(path, {"text": f"{HOSTILE} Karin {HOSTILE}", "sign": HOSTILE, "do": "look", "files": name})
    for page in (look, desk.get(path)):
        assert "<b>bold" not in page
        assert "&lt;b&gt;bold" in page


def test_a_note_is_for_the_desk_and_shows_no_reporters_page(here: World, desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/note"
    form = desk.get(path)
    assert "no way to discuss the case" in form.replace("\n", " ")
    assert 'type="file"' not in form
    page = desk.post(path, {"text": "Bel Karin.", "do": "look", "files": (BytesIO(b"x"), "a.txt")})
    assert "as-reporter" not in page
    assert '<mark id="point-1">' in page
    desk.post(f"{path}/look", hidden(page))
    assert texts(here, case) == [("note", "Bel Karin.")]


def test_what_is_thrown_away_is_gone_and_what_is_kept_is_told(desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    assert "kept until this program stops" in desk.post(path, {"text": "Later.", "do": "keep"})
    assert "Go on with your reply" in desk.get(f"/case/{case.id}")
    assert f'<a href="{path}">Go on with your reply</a>' in desk.get("/")
    assert "thrown away" in desk.post(path, {"text": "Later.", "do": "drop"})
    assert typed(desk.get(path)) == ""
    assert "Go on with" not in desk.get("/")


def test_before_the_drops_words_were_compared_one_is_told_and_may_write(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(people) as here:
        case = Case()
        here.drop.send(case)
        here.anna.ok("init")
        here.anna.ok("import", here.drop.pickup())
        with desk_browser(here.anna, monkeypatch) as desk:
            path = f"/case/{case.id}/reply"
            assert "not been confirmed" in desk.get(path)
            page = desk.post(path, {"text": "Not yet.", "do": "look"})
            assert "Not yet." in desk.refused(f"{path}/look", hidden(page))
            assert typed(desk.get(path)) == "Not yet."


def test_nothing_that_is_typed_or_attached_reaches_a_file(
    here: World, desk: DeskBrowser, case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = f"/case/{case.id}/reply"
    desk.get(path)
    secret = ("s.txt", "text/plain", b"a very secret sentence " * 50_000)
    sent(desk, path, {"text": "a very secret sentence", "do": "add"}, secret)
    page = desk.get(f"{path}/look")
    desk.post(f"{path}/look", hidden(page))
    assert list(tmp_path.iterdir()) == []
    for file in here.anna.vault.rglob("*"):
        assert not file.is_file() or b"secret sentence" not in file.read_bytes()


@pytest.mark.parametrize("path", ["reply", "note", "reply/look", "note/look"])
def test_an_unknown_case_is_a_page_and_keeps_nothing(desk: DeskBrowser, path: str) -> None:
    assert "no such case" in desk.get(f"/case/abcdef/{path}", 404)
    assert desk.send(f"/case/abcdef/{path}", {"text": "x"}).status_code == 404
    assert desk.desk.drafts.waiting() == ()


def test_the_page_of_the_seal_is_not_shown_without_one(desk: DeskBrowser, case: Case) -> None:
    answer = desk.client.get(f"/case/{case.id}/reply/sealed", base_url=BASE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/case/{case.id}")


def test_what_is_typed_in_a_session_that_ended_is_kept_for_the_next(
    desk: DeskBrowser, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/case/{case.id}/reply"
    told: list[str] = []
    desk.desk.tell_link = lambda: told.append(desk.desk.door.link)
    desk.get(path)
    with monkeypatch.context() as later:
        later.setattr(door_room, "SESSION_SECONDS", -1)
        answer = desk.send(path, {"text": "Typed for hours.", "do": "look"})
        assert answer.status_code == 403
        assert "Your session has ended" in answer.text
        assert "Typed for hours" not in answer.text
        assert desk.client.get(path, base_url=BASE).status_code == 403
    (link,) = told
    assert desk.client.get(f"/enter/{link}", base_url=BASE).status_code == 303
    assert typed(desk.get(path)) == "Typed for hours."


def test_who_was_never_in_gets_no_link_and_leaves_nothing(desk: DeskBrowser, case: Case) -> None:
    path = f"/case/{case.id}/reply"
    told: list[str] = []
    desk.desk.tell_link = lambda: told.append("a link")
    desk.get(path)
    desk.client.set_cookie(COOKIE, "guess", domain="127.0.0.1")
    answer = desk.send(path, {"text": "From a stranger.", "do": "keep"})
    assert (answer.status_code, told) == (403, [])
    assert desk.desk.drafts.waiting() == ()


def test_an_ended_session_without_its_token_leaves_nothing(
    desk: DeskBrowser, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_room, "SESSION_SECONDS", -1)
    desk.token = "another's"
    assert desk.send(f"/case/{case.id}/reply", {"text": "x", "do": "keep"}).status_code == 403
    assert desk.desk.drafts.waiting() == ()
