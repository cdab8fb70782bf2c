"""Room that a flood cannot take: quotas, the share of who comes back, and the operator's switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from dropbox.errors import ConfigError, DeskFull
from dropbox.models import DeskId, today
from dropbox.server.check import Telling, Verdict
from dropbox.server.check.room import look_at_letterboxes, look_at_switch
from dropbox.server.check.rows import Looked
from dropbox.server.daily import text_of
from dropbox.server.gate import Gate
from dropbox.server.happened import take_new_reports
from dropbox.server.letterbox import Letterboxes, reservation
from dropbox.server.main import main
from dropbox.settings import Desk
from tests.arrivals import limits
from tests.conftest import Members
from tests.site_room import Site, new_site
from tests.site_room import text_of as seen

MIB = 1 << 20
DESK, OTHER = DeskId("confidant"), DeskId("committee")
SMALL = "quota_mib = 16"


def letterboxes(held: Mapping[DeskId, int], quota_mib: int = 16) -> Letterboxes:
    desks = [Desk(desk, {}, {}, (), quota_mib=quota_mib) for desk in (DESK, OTHER)]
    return Letterboxes(desks, lambda: held)


@pytest.fixture
def site(members: Members) -> Iterator[Site]:
    """A drop whose first desk has the smallest letterbox that there may be."""
    with new_site(members) as usual:
        text = (usual.folder / "config.toml").read_text().replace('id = "confidant"', f'id = "confidant"\n{SMALL}')
    with new_site(members, text) as made:
        yield made


def fill(site: Site, monkeypatch: pytest.MonkeyPatch, size: int, desk: DeskId = DESK) -> None:
    """Have the store say that so much is held for a desk."""
    monkeypatch.setattr(site.drop.intake.letterboxes, "_held", lambda: {desk: size})


# --- quotas -----------------------------------------------------------------------------------------------------------


def test_a_new_report_does_not_take_the_room_of_who_comes_back() -> None:
    boxes = letterboxes({DESK: 12 * MIB})
    boxes.place([DESK], 0, returning=False).__enter__()
    with pytest.raises(DeskFull) as refused, boxes.place([DESK, OTHER], MIB, returning=False):
        pass
    assert refused.value.desks == (DESK,)
    with boxes.place([DESK], MIB, returning=True):
        pass


def test_who_comes_back_does_not_get_more_than_the_quota() -> None:
    with pytest.raises(DeskFull), letterboxes({DESK: 15 * MIB}).place([DESK], MIB, returning=True):
        pass


def test_what_is_on_its_way_counts_and_what_was_refused_does_not() -> None:
    boxes = letterboxes({})
    with ExitStack() as under_way:
        for _ in range(12 * MIB // reservation(0)):
            under_way.enter_context(boxes.place([DESK], 0, returning=False))
        with pytest.raises(DeskFull), boxes.place([OTHER, DESK], MIB, returning=False):
            pass
        assert boxes.look()[OTHER].held_bytes == 0
        assert boxes.look()[DESK].held_bytes > 11 * MIB
    assert boxes.look()[DESK].held_bytes == 0


def test_many_at_once_do_not_pass_the_quota_together() -> None:
    boxes = letterboxes({})
    most = 16 * MIB * 80 // 100 // reservation(MIB)
    with ExitStack() as held, ThreadPoolExecutor(8) as pool:

        def one(_number: int) -> bool:
            place = boxes.place([DESK], MIB, returning=False)
            try:
                place.__enter__()
            except DeskFull:
                return False
            held.push(place)
            return True

        assert sum(pool.map(one, range(60))) == most


def test_without_a_quota_nothing_is_refused() -> None:
    with letterboxes({DESK: 1 << 50}, quota_mib=0).place([DESK], MIB, returning=False):
        pass


def test_a_full_desk_refuses_a_new_report_with_its_text_and_names_who_has_room(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site, monkeypatch, 13 * MIB)
    browser = site.browser()
    values = {"desk": ["confidant"], "message": "Typed with care.", "mandate": "advise"}
    page = browser.submit(browser.get("/report").form("message", "mandate"), values)
    assert page.status == 503
    assert "The letterbox of Confidential adviser is full" in seen(page)
    assert "room with Integrity committee" in seen(page)
    form = page.form("message", "mandate")
    assert {("desk", "confidant"), ("message", "Typed with care."), ("mandate", "advise")} <= set(form.fields)
    assert site.items() == []
    assert browser.submit(form, {"desk": ["committee"]}).codename


def test_a_full_desk_still_takes_what_returning_reporters_send(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.browser()
    site.report(browser)
    fill(site, monkeypatch, 13 * MIB)
    page = browser.submit(browser.get("/case").form("message", "mandate"), {"message": "More."})
    assert page.status == 200
    assert len(site.items()) == 2
    fill(site, monkeypatch, 16 * MIB)
    page = browser.submit(browser.get("/case").form("message", "mandate"), {"message": "Still more."})
    assert page.status == 503
    assert ("message", "Still more.") in page.form("message", "mandate").fields


def test_a_full_desk_does_not_keep_a_reporter_from_withdrawing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.browser()
    site.report(browser)
    fill(site, monkeypatch, 16 * MIB)
    page = browser.submit(browser.get("/case").form("withdraw", "message"), {"withdraw": "withdraw"})
    assert page.status == 200
    assert 'id="withdrawn"' in page.text


def _sent_again(site: Site, close: Callable[[], None]) -> None:
    """A report's answer is lost, the drop closes or fills up, and the form is sent once more."""
    browser = site.browser()
    form = browser.get("/report").form("message", "mandate")
    values = {"desk": ["confidant"], "message": "Sent twice.", "mandate": "listen"}
    first = browser.submit(form, values).codename
    close()
    assert browser.submit(form, values).codename == first
    assert len(site.items()) == 1


def test_a_report_that_is_sent_again_after_the_desk_filled_up_keeps_its_codename(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sent_again(site, lambda: fill(site, monkeypatch, 13 * MIB))


def test_a_report_that_is_sent_again_when_even_the_share_of_who_comes_back_is_used_keeps_its_codename(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sent_again(site, lambda: fill(site, monkeypatch, 16 * MIB))


def test_a_message_that_is_sent_again_when_there_is_no_room_is_not_called_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.browser()
    site.report(browser)
    form = browser.get("/case").form("message", "mandate")
    assert browser.submit(form, {"message": "Sent twice."}).status == 200
    fill(site, monkeypatch, 16 * MIB)
    assert browser.submit(form, {"message": "Sent twice."}).status == 200
    assert browser.submit(form, {"message": "Other words."}).status == 503
    assert len(site.items()) == 2
    assert not list((site.drop.settings.server.data_dir / "items").glob("*.part"))


def test_letting_go_makes_room_by_itself(site: Site) -> None:
    site.report(site.browser())
    held = site.drop.intake.letterboxes.look()[DESK].held_bytes
    assert held == sum(path.stat().st_size for path in site.items())
    with site.drop.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM items")
    assert site.drop.intake.letterboxes.look()[DESK].held_bytes == 0


def test_the_last_room_on_the_disk_is_not_for_first_reports(site: Site) -> None:
    gate = Gate(limits(min_free_bytes=MIB, returning_reserve_bytes=10 * MIB), lambda: 8 * MIB)
    assert gate.admit(1000, None, slot=False).in_reserve
    assert not Gate(limits(returning_reserve_bytes=MIB), lambda: 8 * MIB).admit(1000, None, slot=False).in_reserve
    browser = site.browser()
    site.report(browser)
    before = len(site.items())
    fresh = site.browser()
    form, case = fresh.get("/report").form("message", "mandate"), browser.get("/case").form("message", "mandate")
    for each in (browser, fresh):
        environ: Any = each.client.environ_base
        environ["dropbox.in_reserve"] = True
    page = fresh.submit(form, {"desk": ["committee"], "message": "Kept?"})
    assert page.status == 503
    assert "kept for people who come back" in seen(page)
    assert ("message", "Kept?") in page.form("message", "mandate").fields
    assert browser.submit(case, {"message": "More."}).status == 200
    assert len(site.items()) == before + 1


@pytest.mark.parametrize("quota", [-1, 1, 15, 1 << 21])
def test_a_quota_in_which_not_even_a_few_reports_fit_is_no_setting(site: Site, quota: int, members: Members) -> None:
    text = (site.folder / "config.toml").read_text().replace(SMALL, f"quota_mib = {quota}")
    with pytest.raises(ConfigError, match=r"quota_mib"), new_site(members, text):
        pass


# --- the switch -------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(site: Site) -> Site:
    take_new_reports(site.drop.store.happenings, taken=False)
    return site


def test_a_closed_drop_says_so_and_shows_the_way_to_who_has_a_codename(closed: Site) -> None:
    for path, status in (("/", 200), ("/report", 503)):
        page = closed.browser().get(path)
        assert page.status == status
        assert "closed it for new reports" in seen(page)
        assert 'href="/return?l=en"' in page.text.split("<main")[1]
        assert "<form" not in page.text
    assert "seven words? Then come back" in seen(closed.browser().get("/report"))


def test_a_drop_that_closes_while_somebody_types_gives_the_text_back(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message", "mandate")
    take_new_reports(site.drop.store.happenings, taken=False)
    values = {"desk": ["committee"], "message": "Two\nlines <b>", "answer-when": "In May."}
    page = browser.submit(form, values)
    assert page.status == 503
    assert "Two\nlines &lt;b&gt;" in page.text
    assert "When and where did it happen?\nIn May." in page.text
    assert site.items() == []
    take_new_reports(site.drop.store.happenings, taken=True)
    assert browser.submit(form, values).codename


def test_a_closed_drop_works_as_ever_for_who_comes_back(site: Site) -> None:
    words = site.report(site.browser())
    site.reply(words)
    take_new_reports(site.drop.store.happenings, taken=False)
    browser = site.browser()
    page = site.sign_in(browser, words)
    assert "We have read it." in seen(page)
    assert browser.submit(page.form("message", "mandate"), {"message": "More."}).status == 200


def test_a_report_that_is_sent_again_after_the_drop_closed_keeps_its_codename(site: Site) -> None:
    _sent_again(site, lambda: take_new_reports(site.drop.store.happenings, taken=False))


def test_the_switch_is_not_forgotten_by_a_restart(closed: Site) -> None:
    again = closed.reopen()
    assert again.browser().get("/report").status == 503
    take_new_reports(again.drop.store.happenings, taken=True)
    assert again.browser().get("/report").status == 200


def command(capsys: pytest.CaptureFixture[str], site: Site, *words: str) -> Any:
    assert main([*words, "--config", str(site.folder / "config.toml"), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_reaches_a_server_that_runs(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(capsys, site, "reports", "returning-only") == {"new_reports": False}
    assert site.browser().get("/report").status == 503
    assert command(capsys, site, "status")["new_reports"] is False
    assert command(capsys, site, "reports", "open") == {"new_reports": True}
    assert site.browser().get("/report").status == 200


def test_the_operator_does_not_forget_that_the_drop_is_closed(closed: Site, capsys: pytest.CaptureFixture[str]) -> None:
    config = closed.folder / "config.toml"
    assert main(["status", "--config", str(config)]) == 0
    assert "NEW REPORTS ARE NOT TAKEN" in capsys.readouterr().out
    assert main(["canary", "--config", str(config), "--local", "127.0.0.1:9"]) == 1
    assert "dropbox-server reports open" in capsys.readouterr().err
    rows = tuple(look_at_switch(looked(closed)))
    assert [(row.verdict, row.telling) for row in rows] == [(Verdict.WARN, Telling.WHOLE)]
    assert "new reports: are not taken" in text_of(rows, today(), "")


def looked(site: Site) -> Looked:
    return Looked(site.drop.settings, site.drop.keyring, today(), site.drop.store)


def test_a_full_letterbox_is_told_and_the_daily_status_does_not_say_how_full(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = command(capsys, site, "status")["letterboxes"]
    assert found["confidant"] == {"bytes": 0, "quota_bytes": 16 * MIB, "for_new_bytes": 16 * MIB * 80 // 100}
    for size, verdict in (
        (0, Verdict.OK),
        (11 * MIB, Verdict.WARN),
        (13 * MIB, Verdict.FAIL),
        (16 * MIB, Verdict.FAIL),
    ):
        monkeypatch.setattr(site.drop.store, "held_bytes", lambda size=size: {DESK: size})
        rows = tuple(look_at_letterboxes(looked(site)))
        assert next(row.verdict for row in rows if row.subject == "room of confidant") is verdict
        assert "MiB" not in text_of(rows, today(), "")
