"""The log on the desk page: what is only looked at is not lost, no page waits for it, and no alarm is passed over."""

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from dropbox.envelope.account import Account, LogAct, LogLine, LogPart, details_digest
from dropbox.models import CaseId, Kind, Mandate, VaultId, today
from dropbox.workstation.desk_site import Desk
from dropbox.workstation.vault import Vault, casebook_stamp, hold_lock, open_vault
from tests.desk_page import DeskPage, enter, text_of
from tests.envelopes import Case
from tests.factories_bundles import World, write_as

FILES = [("photo.txt", "text/plain", b"what was seen")]


@pytest.fixture
def gnupg(here: World) -> Iterator[None]:
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(here.anna.home)}):
        yield


def begun(here: World) -> tuple[Case, DeskPage, Desk]:
    case = Case()
    here.start()
    here.drop.send(case, "It began in May.", FILES)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("read", case.id)
    page = enter(here.anna)
    return case, page, page.client.application.config["DESK"]


def acts(here: World, case: Case) -> list[str]:
    with open_vault(here.anna.vault) as vault:
        return [line.act.value for line in vault.casebook.log[CaseId(case.id)]]


def bent(here: World, case: Case) -> None:
    """Have a colleague's note bring a chain that does not begin as one."""
    details = (("salt", "0" * 32),)
    line = LogLine(
        1, "0" * 64, today(), here.bram.key, LogAct.OPENED, Mandate.ADVISE, 1, details_digest(details), details
    )
    account = Account(log=LogPart(VaultId("e" * 32), (line,), alone=True))
    write_as(here.drop, here.bram, case, Kind.NOTE, text="", account=account)
    here.anna.ok("import", here.drop.pickup())


def item_of(here: World, case: Case) -> Any:
    return next(held.item for held in here.drop.items.values() if held.case.id == case.id)


@pytest.mark.usefixtures("gnupg")
def test_looking_does_not_wait_for_a_seal_and_is_in_the_log_with_the_next_writing(here: World) -> None:
    case, page, desk = begun(here)
    before = casebook_stamp(here.anna.vault)
    page.get(f"/case/{case.id}")
    for _ in range(2):
        page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    assert casebook_stamp(here.anna.vault) == before, "a page that was read saved the vault"
    page.post(f"/case/{case.id}/work", assignee="", state="waiting", tags="")
    assert acts(here, case) == ["imported", "opened", "viewed", "state"]
    assert desk.later.is_empty


@pytest.mark.usefixtures("gnupg")
def test_what_was_looked_at_is_not_lost_when_the_program_ends(here: World) -> None:
    case, page, desk = begun(here)
    page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    desk.flush()
    assert acts(here, case)[-1] == "viewed"
    before = casebook_stamp(here.anna.vault)
    page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    desk.flush()
    assert casebook_stamp(here.anna.vault) == before, "the same of one day was saved twice"


@pytest.mark.usefixtures("gnupg")
def test_what_was_looked_at_is_saved_by_itself_after_a_while(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dropbox.workstation.desk_site.later.FLUSH_SECONDS", 0.01)
    case, page, desk = begun(here)
    page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    for timer in [desk.later._timer]:
        if timer is not None:
            timer.join(20)
    assert acts(here, case)[-1] == "viewed"


@pytest.mark.usefixtures("gnupg")
def test_what_was_looked_at_waits_while_something_else_writes(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dropbox.workstation.desk_site.desk.LOCK_SECONDS", 0.05)
    case, page, desk = begun(here)
    page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    with hold_lock(here.anna.vault):
        desk.flush()
        assert not desk.later.is_empty
    desk.flush()
    assert acts(here, case)[-1] == "viewed"


@pytest.mark.usefixtures("gnupg")
def test_what_a_page_did_not_save_is_not_taken_for_written(here: World) -> None:
    case, page, desk = begun(here)
    page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    page.post(f"/case/{case.id}/work", assignee="", state="new", tags="")
    assert not desk.later.is_empty, "nothing was written, and the lines are gone"


@pytest.mark.usefixtures("gnupg")
def test_a_case_that_was_only_looked_at_shows_so_in_its_log(here: World) -> None:
    case, page, _desk = begun(here)
    page.get(f"/case/{case.id}/view/{item_of(here, case)}/1")
    shown = text_of(page.get(f"/case/{case.id}/log"))
    assert "A file was viewed" in shown
    assert "Every chain of this log holds." in shown
    assert "photo" not in shown
    assert "3 lines have not left this vault yet." in shown
    assert f'href="/case/{case.id}/log"' in page.get(f"/case/{case.id}")


@pytest.mark.usefixtures("gnupg")
def test_a_log_that_does_not_hold_is_an_alarm_on_every_page_until_it_is_explained(here: World) -> None:
    case, page, _desk = begun(here)
    bent(here, case)
    for path in ("/", "/calendar", f"/case/{case.id}"):
        shown = page.get(path)
        assert "ALARM. The log of" in shown
        assert 'href="/log"' in shown
    assert "does not follow the line before it" in text_of(page.get(f"/case/{case.id}/log"))
    assert f'href="/case/{case.id}/log#faults"' in page.get("/log")
    page.post(f"/case/{case.id}/log/explain", 400, because=" ")
    page.post(f"/case/{case.id}/log/explain", because="A test of ours.")
    page.get(f"/case/{case.id}/log")
    assert "ALARM" not in page.get("/")
    assert "A test of ours." in page.get(f"/case/{case.id}/log")
    page.post("/log/verify")
    assert "1 of them does not hold." in page.get("/log")


@pytest.mark.usefixtures("gnupg")
def test_an_older_copy_is_explained_on_the_page(here: World) -> None:
    _case, page, _desk = begun(here)

    def lose(vault: Vault) -> None:
        vault.casebook.lost_exports = {7: ""}
        vault.save()

    with open_vault(here.anna.vault) as vault:
        lose(vault)
    assert "Answer bundle 7 left from this vault" in page.get("/")
    page.post("/log/explain", 400, because="")
    page.post("/log/explain", because="The disk died.")
    page.get("/log")
    assert "ALARM" not in page.get("/")
    assert "The disk died." in page.get("/log")


@pytest.mark.usefixtures("gnupg")
def test_a_log_is_written_where_somebody_says_and_nowhere_else(here: World) -> None:
    case, page, _desk = begun(here)
    path = f"/case/{case.id}/log/write"
    for bad in ({"other": "/nowhere", "name": "log.pdf"}, {"other": str(here.folder), "name": "../log.pdf"}):
        page.post(path, 400, **bad)
    page.post(path, 400, other=str(here.folder), name="log.exe")
    page.post(path, other=str(here.folder), name="log.pdf")
    assert (here.folder / "log.pdf").read_bytes().startswith(b"%PDF-")
    page.post(path, 400, other=str(here.folder), name="log.pdf")
    assert acts(here, case).count("saved") == 1
