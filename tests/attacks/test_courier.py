"""Against the courier: by who was sent away, by a member of another desk, by a guesser, and by who found its machine.

A real drop, real PGP signatures and a real server on a unix socket; only the passphrases are hashed lightly.
"""

import logging
import re
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from dropbox.models import today
from dropbox.server.store.investigators import draw_passphrase
from tests.arrivals import eventually
from tests.conftest import Members
from tests.courier_room import (
    CourierRoom,
    bundle_path,
    courier_folder,
    courier_on,
    listening,
    sha256,
    shown_hash,
)
from tests.site_room import COMMITTEE, CONFIDANT, Browser, new_site, text_of
from tests.store_room import bytes_under

LARGE_BYTES = 24 << 20


@pytest.fixture(scope="module")
def room(members: Members) -> Iterator[CourierRoom]:
    with new_site(members) as site, courier_on(site) as made:
        yield made


@pytest.fixture(scope="module")
def anna(room: CourierRoom) -> Browser:
    """Somebody of the confidants' desk who is signed in, with something waiting."""
    room.send(content=b"sealed" * 20_000)
    return room.signed_in("anna")


# --- who may come in ----------------------------------------------------------------------------------------------


def test_a_wrong_passphrase_and_an_unknown_name_get_one_answer(room: CourierRoom) -> None:
    room.let_in("known")
    wrong = draw_passphrase().reveal()
    pages = [room.try_in(room.browser(), name, wrong) for name in ("known", "unknown")]
    assert [page.status for page in pages] == [403, 403]
    texts = [re.sub(r'name="token" value="[^"]*"|value="(un)?known"', "", page.text) for page in pages]
    assert texts[0] == texts[1]


def test_a_wrong_passphrase_slows_its_name_and_no_other(room: CourierRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(room.courier.door, "_clock", lambda: clock[0])
    slow, quick = room.let_in("slow").reveal(), room.let_in("quick").reveal()
    browser = room.browser()
    waits = []
    for _ in range(9):
        assert room.try_in(browser, "slow", draw_passphrase().reveal()).status == 403
        refused = room.try_in(browser, "slow", slow)
        assert refused.status == 429
        waits.append(int(refused.headers["retry-after"]))
        assert f"Wait {waits[-1]} second" in refused.text
        clock[0] += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    room.try_in(browser, "slow", draw_passphrase().reveal())
    assert room.try_in(room.browser(), "quick", quick).form("desk")
    clock[0] += 60
    assert room.try_in(browser, "slow", slow).form("desk")


def test_a_name_that_waits_costs_no_work(room: CourierRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.let_in("idle")
    room.try_in(room.browser(), "idle", draw_passphrase().reveal())
    monkeypatch.setattr(room.courier.drop.store.courier, "verify", None)
    assert room.try_in(room.browser(), "idle", draw_passphrase().reveal()).status == 429


def test_words_are_read_as_people_type_them(room: CourierRoom) -> None:
    words = room.let_in("typist").reveal().split()
    typed = " 1. " + ", ".join(word.capitalize() for word in words[:3]) + "\n" + "".join(words[3:])
    assert room.try_in(room.browser(), " TYPIST ", typed).form("desk")


@pytest.mark.parametrize("words", ["", "abacus", "abacus " * 7, "abacus " * 5 + "abacuz", "x" * 5000])
def test_what_cannot_be_a_passphrase_is_refused_before_any_work(
    room: CourierRoom, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.courier.drop.store.courier, "verify", None)
    page = room.try_in(room.browser(), "anna", words)
    assert page.status == 400
    assert page.form("passphrase")


def test_neither_passphrase_nor_session_is_in_a_file_or_a_log(
    room: CourierRoom, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    passphrase, wrong = room.let_in("silent").reveal(), draw_passphrase().reveal()
    browser = room.browser()
    room.try_in(browser, "other", wrong)
    page = room.try_in(browser, "silent", passphrase)
    cookie = browser.cookie("courier") or ""
    browser.get("/no-such-page")
    said = caplog.text + "".join(capfd.readouterr()) + repr(room.courier) + repr(room.courier.sessions)
    held = bytes_under(room.courier.drop.settings.server.data_dir)
    for secret in (passphrase, passphrase.split()[0], wrong, cookie, cookie.split(".")[0]):
        assert secret not in said
        assert secret not in page.text
    for secret in (passphrase, wrong, cookie):
        assert secret.encode() not in held


def test_the_cookie_is_for_this_site_alone(room: CourierRoom) -> None:
    browser = room.signed_in("cookie")
    sent = [value for name, value in browser.trail[-2].headers if name == "Set-Cookie"]
    assert len(sent) == 1
    assert re.fullmatch(r"courier=\S+; HttpOnly; Path=/; SameSite=Strict", sent[0])


def test_a_reporters_session_opens_nothing_here(room: CourierRoom) -> None:
    reporter, browser = room.site.browser(), room.browser()
    room.site.report(reporter)
    browser.client.set_cookie("courier", reporter.cookie("session") or "")
    assert browser.get("/").form("passphrase")
    assert browser.get("/made/" + "0" * 32).status == 401


# --- who was sent away --------------------------------------------------------------------------------------------


def test_a_revoked_session_is_over_at_its_next_request(room: CourierRoom) -> None:
    browser = room.signed_in("former")
    path = bundle_path(room.make(browser))
    token = browser.get("/").forms[-1].hidden["token"]
    room.revoke("former")
    assert browser.get("/").form("passphrase")
    assert browser.get(path).status == 401
    assert browser.post("/fetch", [("token", token), ("desk", "confidant")]).status == 401
    assert room.bring(browser, b"bundle", token=token).status == 401
    room.let_in("former")
    assert browser.get("/").form("passphrase")
    assert browser.get(path).status == 401


def test_a_new_passphrase_ends_the_session_of_the_old_one(room: CourierRoom) -> None:
    browser = room.signed_in("renewed")
    room.revoke("renewed")
    room.let_in("renewed")
    assert browser.get("/").form("passphrase")


def test_who_is_revoked_gets_no_more_of_a_download_that_is_going_on(room: CourierRoom) -> None:
    room.send(COMMITTEE, content=b"x" * LARGE_BYTES)
    browser = room.signed_in("leaver", COMMITTEE)
    path, cookie = bundle_path(room.make(browser, COMMITTEE)), browser.cookie("courier")
    with listening(room) as connect:
        client = connect()
        client.send(_get(path, cookie))
        head = client.connection.recv(4096)
        assert head.startswith(b"HTTP/1.1 200")
        room.revoke("leaver")
        arrived = len(head)
        while data := client.connection.recv(1 << 16):
            arrived += len(data)
        assert arrived < LARGE_BYTES // 2
        other = connect()
        other.send(_get("/", cookie))
        assert b"passphrase" in other.answer().body
    assert eventually(lambda: len(room.courier.downloads) == 0)


def test_no_bundle_stays_for_a_desk_that_nobody_fetches_for_any_more(members: Members) -> None:
    with new_site(members) as site, courier_on(site) as room:
        browser = room.signed_in("last")
        room.make(browser)
        folder = courier_folder(site) / "bundles"
        assert len(list(folder.iterdir())) == 1
        room.revoke("last")
        assert browser.get("/").form("passphrase")
        assert list(folder.iterdir()) == []


# --- another's desk, another's form -------------------------------------------------------------------------------


def test_another_desks_bundle_is_as_if_it_were_not_there(room: CourierRoom, anna: Browser) -> None:
    cora = room.signed_in("cora", COMMITTEE)
    path = bundle_path(room.make(anna))
    made = "/made/" + path.split("/")[2]
    unknown = cora.get("/bundle/" + "0" * 32 + "/pickup-confidant.tar")
    assert (cora.get(path).status, cora.get(made).status, unknown.status) == (404, 404, 404)
    assert cora.get(path).body == unknown.body
    token = cora.get("/").forms[-1].hidden["token"]
    room.send()
    there = bytes_under(courier_folder(room.site) / "bundles")
    for desk in ("confidant", "closed", "nowhere", ""):
        assert cora.post("/fetch", [("token", token), ("desk", desk)]).status == 404
    assert bytes_under(courier_folder(room.site) / "bundles") == there
    assert b"Confidential" not in cora.get("/").body


@pytest.mark.parametrize(
    "path",
    ["/bundle/{id}/", "/bundle/{id}/x", "/bundle/{id}/../../secret.key", "/bundle/..%2f..%2fsecret.key/x",
     "/bundle/../store.sqlite/pickup-confidant.tar", "/bundle//pickup-confidant.tar",
     "/bundle/{id}%00/pickup-confidant.tar", "//bundle/{id}/pickup-confidant.tar",
     "/bundle/{id}.tar", "/courier/bundles/{id}.tar", "/static/{id}"],
)  # fmt: skip
def test_no_path_leads_to_another_file(room: CourierRoom, anna: Browser, path: str) -> None:
    known = bundle_path(room.make(anna)).split("/")[2]
    page = anna.get(path.format(id=known))
    assert page.status == 404
    assert page.text.count("<h1>") == 1


def test_no_form_is_taken_without_its_sessions_token(room: CourierRoom, anna: Browser) -> None:
    other = room.signed_in("second")
    foreign = other.get("/").forms[-1].hidden["token"]
    before = bytes_under(courier_folder(room.site) / "bundles")
    for token in ("", "x", foreign, foreign[:-2]):
        assert anna.post("/fetch", [("token", token), ("desk", "confidant")]).status == 400
        assert room.bring(anna, b"bundle", token=token).status == 400
        assert anna.post("/sign-out", [("token", token)]).status == 400
    assert bytes_under(courier_folder(room.site) / "bundles") == before
    assert anna.get("/").form("desk")


def test_another_site_can_send_no_form(room: CourierRoom, anna: Browser) -> None:
    token = anna.get("/").forms[-1].hidden["token"]
    for path in ("/fetch", "/bring", "/sign-out", "/sign-in"):
        page = anna.post(path, [("token", token), ("desk", "confidant")], Sec_Fetch_Site="cross-site")
        assert page.status == 403
    assert anna.get("/").form("desk")


def test_who_signed_out_is_out(room: CourierRoom) -> None:
    browser = room.signed_in("leaving")
    kept = browser.cookie("courier") or ""
    assert browser.submit(browser.get("/").forms[-1]).form("passphrase")
    browser.client.set_cookie("courier", kept)
    assert browser.get("/").form("passphrase")


# --- fetching -----------------------------------------------------------------------------------------------------


def test_a_bundle_is_what_its_page_says(room: CourierRoom, anna: Browser) -> None:
    made = room.make(anna)
    bundle = anna.get(bundle_path(made))
    assert sha256(bundle.body) == shown_hash(made)
    assert f"exactly {len(bundle.body):,} bytes" in text_of(made)
    assert bundle.headers["etag"] == f'"{shown_hash(made)}"'
    assert bundle.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [("bytes=0-", 206, 0, None), ("bytes=100-199", 206, 100, 200), ("bytes=-50", 206, -50, None),
     ("bytes=0-0", 206, 0, 1),
     ("bytes=0-99999999999999999999", 206, 0, None), ("bytes=999999999-", 416, 0, 0), ("bytes=-0", 200, 0, None),
     ("bytes=0-9,20-29", 200, 0, None), ("bytes=9-0", 200, 0, None), ("lines=0-9", 200, 0, None),
     ("bytes=", 200, 0, None),
     ("bytes=abc-", 200, 0, None), ("bytes=" + "9" * 5000 + "-", 200, 0, None), ("bytes=-1-5", 200, 0, None)],
)  # fmt: skip
def test_a_range_never_gives_other_bytes(
    room: CourierRoom, anna: Browser, asked: str, status: int, start: int, stop: int | None
) -> None:
    path = bundle_path(room.make(anna))
    whole = anna.get(path).body
    part = anna.client.get(path, headers={"Range": asked})
    assert part.status_code == status
    assert part.data == whole[start:stop]
    if status == 206:
        first = start % len(whole)
        assert part.headers["Content-Range"] == f"bytes {first}-{first + len(part.data) - 1}/{len(whole)}"
    if status == 416:
        assert part.headers["Content-Range"] == f"bytes */{len(whole)}"
    assert part.headers["Content-Length"] == str(len(part.data))


def test_a_broken_download_goes_on_after_signing_in_again(room: CourierRoom) -> None:
    words = room.let_in("again").reveal()
    first, second = room.browser(), room.browser()
    room.try_in(first, "again", words)
    path = bundle_path(room.make(first))
    whole = first.get(path)
    tag = whole.headers["etag"]
    room.try_in(second, "again", words)
    assert bundle_path(room.make(second)) == path
    for headers in ({"If-Range": tag}, {"If-Match": tag}, {}):
        rest = second.client.get(path, headers={"Range": "bytes=1000-", **headers})
        assert (rest.status_code, rest.data) == (206, whole.body[1000:])
    other = second.client.get(path, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, other.data) == (200, whole.body)
    assert second.client.get(path, headers={"If-Match": '"other"'}).status_code == 412


def test_a_bundle_that_holds_something_withdrawn_is_given_to_nobody(room: CourierRoom, anna: Browser) -> None:
    reporter = room.send(content=b"to be withdrawn" * 5000)
    path = bundle_path(room.make(anna))
    assert b"to be withdrawn" in anna.get(path).body
    reporter.send(today(), withdraw="withdraw")
    assert anna.get(path).status == 404
    assert b"to be withdrawn" not in bytes_under(courier_folder(room.site))
    assert b"to be withdrawn" not in anna.get(bundle_path(room.make(anna))).body


def test_only_the_last_two_bundles_of_a_desk_are_kept(room: CourierRoom, anna: Browser) -> None:
    paths = []
    for _ in range(4):
        room.send()
        paths.append(bundle_path(room.make(anna)))
    assert [anna.get(path).status for path in paths] == [404, 404, 200, 200]


def test_a_bundle_is_not_kept_for_ever(room: CourierRoom, anna: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bundle_path(room.make(anna))
    shelf = room.courier.shelf
    now = shelf._clock()
    monkeypatch.setattr(shelf, "_clock", lambda: now + 48 * 3600 + 1)
    assert anna.get(path).status == 404
    assert not list((courier_folder(room.site) / "bundles").glob(f"{path.split('/')[2]}*"))


def test_what_an_earlier_process_left_is_gone_at_the_start(members: Members) -> None:
    with new_site(members) as site, courier_on(site) as room:
        browser = room.signed_in("anna")
        path = bundle_path(room.make(browser))
        folder = courier_folder(site)
        (folder / "incoming" / "torn.part").write_bytes(b"torn")
        with courier_on(site) as restarted:
            assert list((folder / "bundles").iterdir()) == list((folder / "incoming").iterdir()) == []
            again = Browser(restarted.app.test_client())
            assert again.get(path).status == 401


def test_bundles_are_their_owners_alone_and_dated_to_midnight(room: CourierRoom, anna: Browser) -> None:
    room.make(anna)
    room.courier.tidy()
    folder = courier_folder(room.site) / "bundles"
    assert folder.stat().st_mtime % 86400 == folder.parent.stat().st_mtime % 86400 == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stat().st_mtime % 86400 == 0
        assert re.fullmatch(r"[0-9a-f]{32}\.tar", path.name)


def test_making_a_bundle_is_no_fetch_and_its_first_byte_is_one(members: Members) -> None:
    with new_site(members) as site, courier_on(site) as room:
        reporter, browser = room.send(), room.signed_in("anna")
        store = room.courier.drop.store
        path = bundle_path(room.make(browser))
        browser.client.head(path)
        browser.client.get(path, headers={"Range": "bytes=999999999-"})
        assert store.case(reporter.case).fetched[CONFIDANT] is None
        browser.client.get(path, headers={"Range": "bytes=0-0"})
        assert store.case(reporter.case).fetched[CONFIDANT] == today()


def test_nobody_holds_all_threads_with_downloads(room: CourierRoom, anna: Browser) -> None:
    room.send(content=b"z" * LARGE_BYTES)
    path, cookie = bundle_path(room.make(anna)), anna.cookie("courier")
    with listening(room) as connect:
        held = [connect() for _ in range(3)]
        for client in held:
            client.send(_get(path, cookie))
            assert client.connection.recv(15) == b"HTTP/1.1 200 OK"
        more = connect()
        more.send(_get(path, cookie))
        assert more.answer().status == 503
    assert eventually(lambda: len(room.courier.downloads) == 0)


def test_no_bundle_and_no_upload_takes_the_room_that_reporters_need(
    room: CourierRoom, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.send()
    free = 2 * room.courier.drop.settings.server.min_free_bytes + 100_000
    for place in ("shelf", "incoming"):
        monkeypatch.setattr(f"dropbox.server.courier.{place}.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    before = bytes_under(courier_folder(room.site) / "bundles")
    pages = [room.make(anna), room.bring(anna, b"b" * 200_000)]
    assert [page.status for page in pages] == [503, 503]
    assert bytes_under(courier_folder(room.site)).count(b"b" * 100) == 0
    assert bytes_under(courier_folder(room.site) / "bundles") == before


# --- what a courier machine learns --------------------------------------------------------------------------------


def test_no_page_tells_a_day_a_time_or_a_name(room: CourierRoom, anna: Browser) -> None:
    reporter = room.send()
    answer = room.answer(reporter, room.site.members.anna)
    pages = [anna.get("/"), room.make(anna), room.bring(anna, answer), anna.get("/?l=nl"), room.browser().get("/")]
    day = today()
    for page in pages:
        text = text_of(page)
        assert page.status == 200
        assert not re.search(r"\d{4}-\d\d-\d\d|\d\d?:\d\d|\b20\d\d\b", text), text
        for told in (f"{day:%B}", f"{day:%A}", reporter.case, room.site.members.anna, "bram", "anna"):
            assert told not in text
        assert not {"date", "last-modified", "expires", "server"} & set(page.headers)


def test_sizes_on_the_page_are_padded(members: Members) -> None:
    with new_site(members) as site, courier_on(site) as room:
        browser, seen = room.signed_in("anna"), []
        for size in (70_001, 70_002, 70_111):
            room.send(content=b"s" * size)
            seen.append(re.findall(r"at most ([^.]*?B)", text_of(browser.get("/")))[0])
        assert seen == ["72 kB", "143 kB", "213 kB"]


def test_what_came_in_since_the_last_release_is_neither_counted_nor_handed_out(members: Members) -> None:
    at = datetime(2026, 3, 2, 6, 59)  # noqa: DTZ001  # hours of the machine's own day
    with new_site(members) as site, courier_on(site, release=(7 * 60, 19 * 60)) as room:
        browser, courier = room.signed_in("anna"), room.courier
        courier.release_due(at)
        early = room.send(content=b"early one" * 9000)
        assert "No sealed items wait" in text_of(browser.get("/"))
        assert b"early one" not in browser.get(bundle_path(room.make(browser))).body
        courier.release_due(at + timedelta(minutes=1))
        late = room.send(content=b"later one" * 9000)
        courier.release_due(at + timedelta(hours=3))
        assert "1 sealed item" in text_of(browser.get("/"))
        held = browser.get(bundle_path(room.make(browser))).body
        assert b"early one" in held
        assert b"later one" not in held
        early.send(today(), withdraw="withdraw")
        assert "No sealed items wait" in text_of(browser.get("/"))
        assert b"early one" not in browser.get(bundle_path(room.make(browser))).body
        late.send(today(), withdraw="withdraw")
        courier.release_due(at + timedelta(hours=12, minutes=1))
        assert b"later one" not in browser.get(bundle_path(room.make(browser))).body


# --- bringing -----------------------------------------------------------------------------------------------------


def test_an_answer_is_taken_in_once_and_told_line_by_line(room: CourierRoom, anna: Browser) -> None:
    reporter = room.send()
    bundle = room.answer(reporter, room.site.members.anna, sequence=7)
    first, state = text_of(room.bring(anna, bundle)), room.courier.drop.store.case(reporter.case)
    assert "reply stored" in first
    assert "reply known already" in text_of(room.bring(anna, bundle))
    assert room.courier.drop.store.case(reporter.case) == state
    assert list((courier_folder(room.site) / "incoming").iterdir()) == []


def test_the_answer_of_another_desk_is_refused(room: CourierRoom, anna: Browser) -> None:
    reporter = room.send(COMMITTEE)
    bundle = room.answer(reporter, room.site.members.cora, COMMITTEE)
    page = room.bring(anna, bundle)
    assert page.status == 400
    assert "speaks for a desk that is not yours" in page.text
    assert not room.courier.drop.store.case(reporter.case).replies
    cora = room.signed_in("cora-too", COMMITTEE, CONFIDANT)
    assert "reply stored" in text_of(room.bring(cora, bundle))


@pytest.mark.parametrize("bend", ["torn", "noise", "empty", "changed", "none"])
def test_what_is_no_whole_answer_bundle_changes_nothing(room: CourierRoom, anna: Browser, bend: str) -> None:
    reporter = room.send()
    bundle = room.answer(reporter, room.site.members.anna, sequence=9)
    bent = {
        "torn": bundle[:1500], "noise": b"noise" * 5000, "empty": b"", "none": b"",
        "changed": bundle[:700] + bytes([bundle[700] ^ 1]) + bundle[701:],
    }[bend]  # fmt: skip
    if bend == "none":
        page = anna.post("/bring", [("token", anna.get("/").forms[-1].hidden["token"])], [])
    else:
        page = room.bring(anna, bent)
    assert page.status == 400
    assert "Nothing was changed" in text_of(page)
    assert not room.courier.drop.store.case(reporter.case).replies
    assert list((courier_folder(room.site) / "incoming").iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing_behind(room: CourierRoom, anna: Browser) -> None:
    body, kind = _form(anna, b"b" * 600_000)
    before = bytes_under(courier_folder(room.site) / "bundles")
    incoming = courier_folder(room.site) / "incoming"
    with listening(room) as connect:
        client = connect()
        client.send(_post("/bring", anna.cookie("courier"), kind, len(body)) + body[:400_000])
        assert eventually(lambda: any(incoming.iterdir()))
        part = next(incoming.iterdir())
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        client.connection.close()
        assert eventually(lambda: not any(incoming.iterdir()))
    assert bytes_under(courier_folder(room.site) / "bundles") == before


def test_what_arrives_after_its_bringer_was_sent_away_changes_nothing(room: CourierRoom) -> None:
    browser, reporter = room.signed_in("bringer"), room.send()
    body, kind = _form(browser, room.answer(reporter, room.site.members.anna, sequence=11) + bytes(400_000))
    incoming = courier_folder(room.site) / "incoming"
    with listening(room) as connect:
        client = connect()
        client.send(_post("/bring", browser.cookie("courier"), kind, len(body)) + body[:-100_000])
        assert eventually(lambda: any(incoming.iterdir()))
        room.revoke("bringer")
        client.send(body[-100_000:])
        assert client.answer().status == 401
    assert not room.courier.drop.store.case(reporter.case).replies
    assert not any(incoming.iterdir())


def test_what_is_too_large_is_refused_at_once(room: CourierRoom, anna: Browser) -> None:
    with listening(room) as connect:
        client = connect()
        client.send(_post("/bring", anna.cookie("courier"), "multipart/form-data; boundary=x", 600 << 20))
        answer = client.answer()
        assert answer.status == 413
        assert b"USB stick" in answer.body
        small = connect()
        small.send(_post("/fetch", anna.cookie("courier"), "multipart/form-data; boundary=x", 1 << 20))
        assert small.answer().status == 413


def test_no_answer_names_the_server_or_its_clock(room: CourierRoom, anna: Browser) -> None:
    path = bundle_path(room.make(anna))
    with listening(room) as connect:
        for asked, kind in (("/", 200), (path, 200), ("/nothing", 404), ("/look.css", 200)):
            client = connect()
            client.send(_get(asked, anna.cookie("courier")))
            answer = client.answer()
            assert answer.status == kind
            assert not {"server", "date", "last-modified", "via"} & set(answer.headers)
            assert ("etag" in answer.headers) is (asked == path)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["content-security-policy"].count("default-src 'none'") == 1


# --- helps --------------------------------------------------------------------------------------------------------


def _get(path: str, cookie: str | None) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: courier={cookie}\r\nConnection: close\r\n\r\n".encode()


def _post(path: str, cookie: str | None, kind: str, length: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nCookie: courier={cookie}\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


def _form(browser: Browser, data: bytes) -> tuple[bytes, str]:
    token = browser.get("/").forms[-1].hidden["token"]
    head = f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n--b\r\n'
    head += 'Content-Disposition: form-data; name="bundle"; filename="a.tar"\r\n\r\n'
    return head.encode() + data + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"
