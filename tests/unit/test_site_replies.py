"""Replies on the case page: shown when they verify, taken out as files, deleted one by one and all at once."""

import errno
import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from dropbox import reply_box
from dropbox.gpg.process import Engine, StatusLog
from dropbox.models import today
from tests.conftest import Members
from tests.seating import put_down
from tests.site_room import COMMITTEE, Browser, Site, new_site, text_of


@pytest.fixture
def browser(site: Site) -> Browser:
    made = site.browser()
    site.report(made)
    return made


def codename_of(browser: Browser) -> str:
    return browser.get("/sent").codename


def test_a_reply_shows_its_desk_its_day_and_its_text_as_text(site: Site, browser: Browser) -> None:
    site.reply(codename_of(browser), "Dear <b>you</b>,\n\n  it's & fine\n")
    (article,) = browser.get("/case").replies
    assert "Dear &lt;b&gt;you&lt;/b&gt;,\n\n  it&#39;s &amp; fine\n" in article
    assert "Confidential adviser" in article
    assert f'datetime="{today().isoformat()}"' in article


def test_newer_replies_stand_above_older_ones(members: Members) -> None:
    with new_site(members) as site:
        put_down(
            site.drop.store,
            {},
            {desk.id: desk.fingerprints for desk in site.drop.settings.desks},
            today() - timedelta(days=9),
        )
        browser = site.browser()
        codename = site.report(browser)
        for days in (1, 3, 2):
            site.reply(codename, f"in {days} days", day=today() + timedelta(days=days))
        assert re.findall(r"in \d days", browser.get("/case").text) == ["in 3 days", "in 2 days", "in 1 days"]


def test_what_does_not_verify_shows_a_warning_and_nothing_of_its_content(site: Site, browser: Browser) -> None:
    codename = codename_of(browser)
    site.reply(codename, "CANARY", {"CANARY.txt": b"CANARY"}, signer=site.members.cora)
    page = browser.get("/case")
    (article,) = page.replies
    assert "cannot be trusted" in article
    assert "CANARY" not in page.text
    item = re.findall(r'name="item" value="([0-9a-f]{32})"', page.text)[0]
    assert browser.get(f"/case/reply/{item}/1").status == 404


def test_a_reply_to_another_case_is_neither_shown_nor_handed_out_nor_deleted(site: Site, browser: Browser) -> None:
    site.reply(codename_of(browser), "one's own")
    other = site.browser()
    item = site.reply(site.report(other), "for another", {"a.txt": b"a"})
    page = browser.get("/case")
    assert "for another" not in page.text
    assert browser.get(f"/case/reply/{item}/1").status == 404
    form = page.form_to("/case/delete")
    assert browser.submit(form, {"item": item}).status == 400
    assert len(other.get("/case").replies) == 1


def test_replies_of_one_day_keep_their_order(site: Site, browser: Browser) -> None:
    codename = codename_of(browser)
    for number in range(5):
        site.reply(codename, f"number {number}")
    seen = {tuple(re.findall(r"number \d", browser.get("/case").text)) for _ in range(3)}
    assert len(seen) == 1


# --- files --------------------------------------------------------------------------------------------------------


def test_a_file_of_a_reply_comes_out_whole_under_its_own_name_and_is_never_shown(site: Site, browser: Browser) -> None:
    data = bytes(range(256)) * 2000
    site.reply(codename_of(browser), "see", {"empty.txt": b"", "plan café <b>.html": data})
    page = browser.get("/case")
    links = re.findall(r'href="(/case/reply/[^"]+)"', page.text)
    assert "plan café &lt;b&gt;.html" not in page.text, "signs that no file may have are replaced"
    assert "plan café _b_.html" in page.text
    empty, plan = (browser.get(link) for link in links)
    assert (empty.status, empty.body) == (200, b"")
    assert plan.body == data
    assert plan.headers["content-type"] == "application/octet-stream"
    assert plan.headers["content-length"] == str(len(data))
    assert plan.headers["content-disposition"].startswith("attachment; ")
    assert plan.headers["content-disposition"].endswith("filename*=UTF-8''plan%20caf%C3%A9%20_b_.html")
    assert plan.headers["content-security-policy"].startswith("sandbox;")
    assert plan.headers["x-content-type-options"] == "nosniff"
    assert plan.headers["cache-control"] == "no-store"


def test_a_file_that_is_not_there_gets_a_page(site: Site, browser: Browser) -> None:
    item = site.reply(codename_of(browser), "see", {"a.txt": b"a"})
    for path in (f"/case/reply/{item}/0", f"/case/reply/{item}/2", f"/case/reply/{'0' * 32}/1", "/case/reply/x/1"):
        assert browser.get(path).status == 404, path
    assert browser.get(f"/case/reply/{item}/-1").status == 404
    assert site.browser().get(f"/case/reply/{item}/1").status == 401


def test_a_file_whose_body_was_changed_on_the_disk_is_not_handed_out(site: Site, browser: Browser) -> None:
    item = site.reply(codename_of(browser), "see", {"a.txt": b"a" * 100_000})
    path = site.folder / "data" / "items" / f"{item}.reply"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "cannot be trusted" in browser.get("/case").text
    assert browser.get(f"/case/reply/{item}/1").status == 404
    path.unlink()
    assert "cannot be trusted" in browser.get("/case").text


# --- trouble that passes ------------------------------------------------------------------------------------------


def kill_gpg(patch: pytest.MonkeyPatch) -> None:
    """Have gpg killed whenever it is to verify, as by the kernel for want of memory."""
    whole = Engine.call

    def call(engine: Engine, arguments: Sequence[str], source: bytes = b"") -> StatusLog:
        if "--verify" not in arguments:
            return whole(engine, arguments, source)
        killed = StatusLog()
        killed.returncode = -9
        return killed

    patch.setattr(Engine, "call", call)


def break_disk(patch: pytest.MonkeyPatch) -> None:
    def read(_stream: object) -> object:
        raise OSError(errno.EIO, "broken")

    patch.setattr(reply_box, "read_container", read)


@pytest.mark.parametrize("trouble", [kill_gpg, break_disk])
def test_a_trouble_of_ours_is_not_shown_as_an_alarm_about_the_reply(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[pytest.MonkeyPatch], None]
) -> None:
    item = site.reply(codename_of(browser), "CANARY", {"a.txt": b"CANARY"})
    with monkeypatch.context() as patch:
        trouble(patch)
        page, file = browser.get("/case"), browser.get(f"/case/reply/{item}/1")
    (article,) = page.replies
    assert "cannot be trusted" not in page.text
    assert "Something went wrong here" in article
    assert "CANARY" not in page.text
    assert (file.status, "cannot be trusted" in file.text, b"CANARY" in file.body) == (503, False, False)
    assert "CANARY" in browser.get("/case").replies[0], "it passes"
    assert browser.get(f"/case/reply/{item}/1").body == b"CANARY"


# --- deleting -----------------------------------------------------------------------------------------------------


def test_one_reply_is_deleted_and_the_others_stay(site: Site, browser: Browser) -> None:
    codename = codename_of(browser)
    site.reply(codename, "first one")
    site.reply(codename, "second one")
    page = browser.get("/case")
    form = page.form_to("/case/delete")
    gone = "first one" if page.text.index("first one") < page.text.index("second one") else "second one"
    after = browser.submit(form)
    assert "Deleted for good." in after.text
    assert gone not in after.text
    assert len(after.replies) == 1
    again = browser.submit(form)
    assert again.status == 400
    assert len(again.replies) == 1


def test_all_replies_are_deleted_at_once(site: Site, browser: Browser) -> None:
    codename = codename_of(browser)
    for number in range(3):
        site.reply(codename, f"reply {number}")
    form = browser.get("/case").form_to("/case/delete-all")
    page = browser.submit(form)
    assert page.replies == []
    assert "There is no reply here now. You deleted what came before." in text_of(page)


def test_deleting_needs_a_second_step_and_no_script(site: Site, browser: Browser) -> None:
    codename = codename_of(browser)
    site.reply(codename, "one")
    site.reply(codename, "two")
    text = browser.get("/case").text
    for form in re.findall(r'(?s)<details>(?:(?!</details>).)*action="/case/delete', text):
        assert "<summary>" in form
    assert len(re.findall(r'action="/case/delete', text)) == 3
    assert len(re.findall(r'(?s)<details><summary>[^<]+</summary>\s*<form[^>]*action="/case/delete', text)) == 3
    assert browser.get("/case/delete").status == 405
    assert browser.get("/case/delete-all").status == 405


@pytest.mark.parametrize("item", ["", "x", "0" * 32, "../" * 8])
def test_deleting_what_is_not_there_is_refused(site: Site, browser: Browser, item: str) -> None:
    site.reply(codename_of(browser), "stays")
    form = browser.get("/case").form_to("/case/delete")
    assert browser.submit(form, {"item": item}).status == 400
    assert len(browser.get("/case").replies) == 1


@pytest.mark.parametrize("path", ["/case/delete", "/case/delete-all"])
def test_deleting_with_a_changed_token_or_without_a_session_is_refused(site: Site, browser: Browser, path: str) -> None:
    item = site.reply(codename_of(browser), "stays")
    token = browser.get("/case").form("message").hidden["token"]
    assert browser.post(path, [("token", ""), ("item", item)]).status == 400
    assert browser.post(path, [("token", token), ("item", item)]).status == 400, "the other form's token"
    assert site.browser().post(path, [("token", token), ("item", item)]).status == 401
    assert len(browser.get("/case").replies) == 1


def test_a_desk_that_joined_the_case_may_answer_too(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser, desks=["confidant", "committee"])
    site.reply(codename, "from the committee", desk=COMMITTEE, author=site.members.cora)
    (article,) = browser.get("/case").replies
    assert "Integrity committee" in article
