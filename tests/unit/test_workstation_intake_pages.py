"""The pages of intake and of passing on: the slip comes once, and what was typed is not lost on the way to it."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dropbox.codename import parse
from dropbox.models import Mandate, today
from dropbox.workstation.desk_site import Desk, Door, create_site
from tests.desk_page import BASE, HOST, text_of
from tests.envelopes import Case
from tests.factories_bundles import DESK, World, joined

SAID = "She says that it began in March."


class Room:
    """Anna's desk page, entered; its session is at hand, to look for what it may not keep."""

    def __init__(self, here: World) -> None:
        self.here, self.door = here, Door()
        site = create_site(Desk(here.anna.vault, self.door))
        site.config["HOST"] = HOST
        self.client: FlaskClient = site.test_client()
        self.client.get(f"/enter/{self.door.link}", base_url=BASE)

    def fields(self, path: str) -> dict[str, str]:
        page = self.client.get(path, base_url=BASE).text
        return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))

    def send(self, fields: dict[str, str]) -> tuple[int, str]:
        answer = self.client.post("/intake", base_url=BASE, data=fields)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.text

    def open_case(self, **more: str) -> tuple[int, str]:
        return self.send(self.fields("/intake") | {"text": SAID, "mandate": "advise", "language": "en"} | more)


@pytest.fixture
def room(here: World, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start(here.anna)
    here.anna.ok("import", here.drop.pickup())
    return Room(here)


def words_of(page: str) -> str:
    found = re.search(r'id="codename"[^>]*>(.*?)</ol>', page, re.DOTALL)
    assert found is not None
    return parse(re.sub(r"<[^>]+>", " ", found[1])).reveal()


def test_the_slip_is_shown_once_and_kept_by_nobody(room: Room) -> None:
    status, page = room.open_case()
    words = words_of(page).split()
    assert status == 200
    assert "Cases" in room.client.get("/", base_url=BASE).text
    for path in ("/intake", "/", "/export"):
        text = room.client.get(path, base_url=BASE).text
        assert not any(re.search(rf">{word}<", text) for word in words)
    (session,) = room.door._sessions.values()
    held = repr(session.__dict__) + repr(session.kept["intake"].__dict__)
    assert not any(re.search(rf"\b{word}\b", held) for word in words)  # a token in hex may hold "ace" or "dad"


def test_the_same_form_twice_opens_no_second_case_and_shows_no_second_slip(room: Room) -> None:
    form = room.fields("/intake") | {"text": SAID, "mandate": "advise", "language": "en"}
    assert room.send(form)[0] == 200
    status, page = room.send(form)
    assert status == 303
    assert "codename" not in page
    assert len(room.here.anna.ok("cases")) == 1
    assert "nobody can show it again" in text_of(room.client.get("/", base_url=BASE).text)


def test_a_form_without_its_mark_opens_no_case(room: Room) -> None:
    assert room.open_case(mark="guessed")[0] == 303
    assert room.here.anna.ok("cases") == []


@pytest.mark.parametrize(("field", "said"), [("text", "Write down"), ("mandate", "Ask the person")])
def test_what_is_missing_is_asked_for_and_the_rest_is_not_lost(room: Room, field: str, said: str) -> None:
    status, page = room.open_case(**{field: ""})
    assert status == 400
    assert said in page
    assert SAID in page or field == "text"
    assert 'value="advise" checked' in page or field == "mandate"
    assert "<title>Error:" in page
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert room.send(form | {"text": SAID, "mandate": "listen", "language": "nl"})[0] == 200


def test_a_text_that_is_too_long_comes_back_whole(room: Room) -> None:
    status, page = room.open_case(text="word " * 11_000)
    assert status == 400
    assert "word " * 11_000 in page
    assert room.here.anna.ok("cases") == []


@pytest.mark.parametrize("odd", [{"mandate": "anything"}, {"language": "xx"}, {"token": "none"}])
def test_a_form_that_is_none_of_ours_opens_no_case(room: Room, odd: dict[str, str]) -> None:
    assert room.open_case(**odd)[0] in {400, 403}
    assert room.here.anna.ok("cases") == []


def test_hostile_words_on_the_slips_page_are_no_markup_and_not_on_it(room: Room) -> None:
    _, page = room.open_case(text="<script>alert(1)</script>")
    assert "<script>" not in page
    assert "alert(1)" not in page


def test_the_slip_names_no_desk_case_member_or_day(room: Room) -> None:
    _, page = room.open_case(language="nl")
    found = re.search(r'<section class="slip" lang="nl".*?</section>', page, re.DOTALL)
    assert found is not None
    case = room.here.anna.ok("cases")[0]
    for betraying in (str(DESK), case["case"][:8], case["name"], today().isoformat(), room.here.anna.key, SAID):
        assert betraying not in found[0]


def test_while_nothing_may_be_answered_the_page_says_so_before_anybody_tells_anything(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.anna.ok("init")
    here.anna.ok("import", here.drop.pickup())
    page = Room(here).client.get("/intake", base_url=BASE).text
    assert "has not been confirmed" in text_of(page)
    assert "<textarea" not in page


# --- passing on ---------------------------------------------------------------------------------------------------


@pytest.fixture
def crowded(here: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Room, Case, Case]:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, today())
    open_one, closed = Case(), Case()
    here.drop.send(open_one, "One.")
    here.drop.send(closed, "Two.", mandate=Mandate.LISTEN)
    here.start(here.anna)
    here.anna.ok("import", here.drop.pickup())
    return Room(here), open_one, closed


def test_a_case_whose_mandate_forbids_it_cannot_be_ticked_or_passed_on(crowded: tuple[Room, Case, Case]) -> None:
    room, open_one, closed = crowded
    page = room.client.get("/reseal", base_url=BASE).text
    assert re.search(rf'value="{closed.id}" disabled', page)
    assert not re.search(rf'value="{open_one.id}" disabled', page)
    folder = room.here.folder
    form = room.fields("/reseal") | {"to": room.here.dirk.key, "other": str(folder), "name": "no.tar"}
    answer = room.client.post("/reseal", base_url=BASE, data=form | {"case": closed.id})
    assert answer.status_code == 400
    assert not (folder / "no.tar").exists()


def test_what_is_passed_on_by_the_page_is_taken_in_by_the_page(crowded: tuple[Room, Case, Case]) -> None:
    room, open_one, _ = crowded
    folder: Path = room.here.folder
    form = room.fields("/reseal") | {"to": room.here.dirk.key, "other": str(folder), "name": "yes.tar"}
    answer = room.client.post("/reseal", base_url=BASE, data=form | {"case": open_one.id})
    assert answer.status_code == 303
    assert "yes.tar" in text_of(room.client.get("/reseal", base_url=BASE).text)
    room.here.start(room.here.dirk)
    room.here.dirk.ok("import", room.here.drop.pickup())
    assert room.here.dirk.ok("import", folder / "yes.tar")["resealed_by"] == room.here.anna.key


@pytest.mark.parametrize("missing", ["to", "case", "other", "name"])
def test_a_half_filled_form_writes_no_file_and_keeps_what_was_chosen(
    crowded: tuple[Room, Case, Case], missing: str
) -> None:
    room, open_one, _ = crowded
    form = room.fields("/reseal") | {"to": room.here.dirk.key, "other": str(room.here.folder), "name": "half.tar"}
    form |= {"case": open_one.id}
    form.pop(missing)
    answer = room.client.post("/reseal", base_url=BASE, data=form)
    assert answer.status_code == 400
    assert not (room.here.folder / "half.tar").exists()
    assert missing == "case" or f'value="{open_one.id}" checked' in answer.text
    assert missing == "to" or f'value="{room.here.dirk.key}" checked' in answer.text
