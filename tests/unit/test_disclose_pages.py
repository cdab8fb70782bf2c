"""Showing a case to others on the desk page: step by step, and never past what the reporter allows."""

import html
import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from unittest import mock

import pytest

from dropbox.models import Mandate
from dropbox.workstation.casebook import detail_of
from tests.desk_page import BASE, DeskPage, enter, text_of
from tests.factories_bundles import People, World, world
from tests.packs import MESSAGE, PackRoom, everything_in, needs_sandbox, unsealed

pytestmark = needs_sandbox


@pytest.fixture
def here(people: People) -> Iterator[World]:
    with world(people) as made, mock.patch.dict(os.environ, {"GNUPGHOME": str(made.anna.home)}):
        yield made


def visit(here: World, mandate: Mandate = Mandate.INVESTIGATE) -> tuple[PackRoom, DeskPage, str]:
    room = PackRoom.make(here, mandate)
    return room, enter(here.anna), f"/case/{room.case.id}/disclose"


def token(page: DeskPage) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.get("/"))
    assert found is not None
    return found[1]


def send(page: DeskPage, path: str, status: int = 303, **fields: object) -> str:
    """Send a form whose fields may repeat, or be files."""
    answer = page.client.post(path, base_url=BASE, data={"token": token(page), **fields})
    assert answer.status_code == status, answer.text
    return answer.text


def walk(room: PackRoom, page: DeskPage, path: str) -> None:
    """Go through all steps: both submissions, the last sentence out, two persons, and two readers."""
    items = re.findall(r'name="item" value="([0-9a-f]{32})"', page.get(path))
    send(page, path, item=items[:2], language="en")
    last = max(re.findall(rf'name="cut-{items[1]}" value="(\d+)"', page.get(f"{path}/text")), key=int)
    send(page, f"{path}/text", phrases="06-12345678", **{f"cut-{items[1]}": last})
    send(page, f"{path}/names", persons="Karin van der Berg; KB\nJan Jansen")
    send(page, f"{path}/readers", reader="The council", fingerprint="")
    send(
        page,
        f"{path}/readers",
        reader="First reader",
        fingerprint=room.here.cora.key.lower(),
        key=(BytesIO(room.given[0]), "cora.asc"),
    )


def plan_of(page: DeskPage, path: str) -> str:
    found = re.search(r'name="plan" value="([0-9a-f]{64})"', page.get(f"{path}/look"))
    assert found is not None
    return found[1]


def test_a_pack_is_made_step_by_step(here: World) -> None:
    room, page, path = visit(here)
    walk(room, page, path)
    look = page.get(f"{path}/look")
    assert "Karin" not in text_of(look)
    assert MESSAGE[-16:-1] not in look
    send(page, f"{path}/make", plan=plan_of(page, path), folder="other", other=str(here.folder), name="pack")
    files = everything_in(here.folder / "pack")
    assert b"Karin" not in files["open/open.txt"]
    assert "Karin" in unsealed(here.cora, here.folder / "pack" / "annex.pgp")["texts/1.txt"].decode()
    after = text_of(page.get(f"/case/{room.case.id}"))
    assert "The pack is written" in after
    assert "A pack was made for: The council; First reader" in after


def test_without_the_mandate_the_page_offers_the_question_and_no_pack(here: World) -> None:
    room, page, path = visit(here, Mandate.LISTEN)
    walk(room, page, path)
    look = page.get(f"{path}/look")
    assert f'action="{path}/make' not in look
    assert f'action="{path}/ask' in look
    plan = plan_of(page, path)
    send(page, f"{path}/make", 400, plan=plan, folder="other", other=str(here.folder), name="pack")
    assert not (here.folder / "pack").exists()
    send(page, f"{path}/ask", plan=plan, text="May we show this?")
    asks = room.look(lambda vault: [detail_of(each).ask for each in vault.casebook.items.values() if each.detail])
    assert [each.plan for each in asks if each] == [plan]
    # the plan waits in a note, also after the program ended
    assert plan[:16] in text_of(enter(here.anna).get(path))


def test_a_kept_plan_is_taken_up_again(here: World) -> None:
    room, page, path = visit(here)
    walk(room, page, path)
    plan = plan_of(page, path)
    send(page, f"{path}/keep", plan=plan)
    later = enter(here.anna)
    send(later, f"{path}/take", plan=plan)
    assert plan_of(later, path) == plan
    send(later, f"{path}/make", plan=plan, folder="other", other=str(here.folder), name="pack")
    assert (here.folder / "pack" / "annex.pgp").exists()


def test_a_plan_that_changed_in_another_window_is_not_made(here: World) -> None:
    room, page, path = visit(here)
    walk(room, page, path)
    plan = plan_of(page, path)
    send(page, f"{path}/readers", reader="Somebody else", fingerprint="")
    send(page, f"{path}/make", 400, plan=plan, folder="other", other=str(here.folder), name="pack")
    assert not (here.folder / "pack").exists()


def test_a_key_with_another_fingerprint_is_refused_and_the_form_kept(here: World) -> None:
    room, page, path = visit(here)
    key = (BytesIO(room.given[1]), "dirk.asc")
    text = send(page, f"{path}/readers", 400, reader="First reader", fingerprint=here.cora.key, key=key)
    assert "another key" in text_of(text)
    assert 'value="First reader"' in text
    assert "Nobody yet" in page.get(f"{path}/readers")


@pytest.mark.parametrize("fingerprint", ["ABC", "0" * 40, "z" * 40])
def test_a_fingerprint_without_a_key_is_refused(here: World, fingerprint: str) -> None:
    _room, page, path = visit(here)
    send(page, f"{path}/readers", 400, reader="First reader", fingerprint=fingerprint)
    assert "Nobody yet" in page.get(f"{path}/readers")


def test_a_reader_is_taken_out_again(here: World) -> None:
    _room, page, path = visit(here)
    send(page, f"{path}/readers", reader="The council", fingerprint="")
    send(page, f"{path}/readers/remove", number="1")
    assert "Nobody yet" in page.get(f"{path}/readers")
    send(page, f"{path}/readers/remove", 400, number="x")


def test_nothing_chosen_is_said_and_nothing_lost(here: World) -> None:
    _room, page, path = visit(here)
    assert "Choose at least one item" in send(page, path, 400)


def test_words_that_stand_nowhere_are_said(here: World) -> None:
    _room, page, path = visit(here)
    page.get(path)
    text = send(page, f"{path}/text", 400, phrases="words that stand nowhere")
    assert "does not stand in the items" in text_of(text)
    assert "words that stand nowhere" in text


@pytest.mark.parametrize("persons", ["x", "y" * 200, "; ".join(f"name {n}" for n in range(30))])
def test_names_that_are_none_are_said(here: World, persons: str) -> None:
    _room, page, path = visit(here)
    page.get(path)
    assert "One person a line" in text_of(send(page, f"{path}/names", 400, persons=persons))


def test_letters_stay_while_no_name_is_changed(here: World) -> None:
    room, page, path = visit(here)
    walk(room, page, path)
    before = plan_of(page, path)
    shown = re.search(r'<textarea id="persons"[^>]*>\n?(.*?)</textarea>', page.get(f"{path}/names"), re.DOTALL)
    assert shown is not None
    send(page, f"{path}/names", persons=html.unescape(shown[1]))
    assert plan_of(page, path) == before


def test_a_thrown_away_plan_is_gone(here: World) -> None:
    room, page, path = visit(here)
    walk(room, page, path)
    before = plan_of(page, path)
    send(page, f"{path}/forget")
    assert plan_of(page, path) != before


@pytest.mark.parametrize("step", ["", "/text", "/names", "/readers", "/look"])
def test_a_case_that_is_not_there_has_no_steps(here: World, step: str) -> None:
    _room, page, _path = visit(here)
    page.get(f"/case/ffffffff/disclose{step}", 404)


def test_a_plan_never_lies_on_the_disk_unsealed(here: World) -> None:
    room, page, path = visit(here)
    walk(room, page, path)
    for file in Path(here.anna.vault).rglob("*"):
        if file.is_file():
            assert b"Karin" not in file.read_bytes()
