"""How each state of the reporter's site comes about: what a reporter, the readers and the days do before it shows.

What is one call of the room stands in states.py; here is what takes several steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from unittest import mock

from dropbox.envelope import Ask, AskKind, Reader
from dropbox.errors import CaseEnded, FormExpired, StoreError
from dropbox.models import Fingerprint, today
from dropbox.server import plain_page
from dropbox.server.happened import take_new_reports
from dropbox.server.progress import Progress
from dropbox.server.reporter_site import case
from dropbox.server.store import Store
from dropbox.server.tokens import FormTokens, Visit
from dropbox.settings import LANGUAGES
from tests.pages.room import Room, into_frame
from tests.site_room import COMMITTEE, CONFIDANT
from tests.visitor import Page

Make = Callable[[Room], Page]
Step = Callable[[Room, str], object]
"""What happens to a case, given the room and its codename."""

WRONG_WORDS = "zoom zoom zoom zoom zoom zoom zoom"
FILE = ("picture.jpg", "image/jpeg", b"jpeg")


def plain(code: int) -> Make:
    def make(room: Room) -> Page:
        first = dict.fromkeys((room.language, *LANGUAGES))
        status, headers, body = plain_page.PlainPages(tuple(first)).answer(code)
        return Page(int(status.split()[0]), "/", {name.lower(): value for name, value in headers}, body, headers)

    return make


def page_of(path: str, **headers: str) -> Make:
    return lambda room: room.get(path, **headers)


def refusal(name: str) -> Make:
    return lambda room: room.refused(name)


def closed(path: str) -> Make:
    """Return a page of a drop that its operator has closed for new reports."""

    def make(room: Room) -> Page:
        happenings = room.site.drop.store.happenings
        take_new_reports(happenings, taken=False)
        try:
            return room.get(path)
        finally:
            take_new_reports(happenings, taken=True)

    return make


def over_budget(room: Room) -> Page:
    browser = room.reported()
    form = room.case_form(browser)
    environ: Any = browser.client.environ_base
    environ["dropbox.retry_seconds"] = 30
    return browser.submit(form, {"message": "One thing more.\nIt goes on."})


def expired(room: Room, *, framed: bool = False) -> Page:
    with mock.patch.object(FormTokens, "read", side_effect=FormExpired):
        return room.report({"answer-when": "Last week."}, framed=framed)


def ended_with_draft(room: Room, *, framed: bool = False) -> Page:
    browser = room.reported()
    form = into_frame(room.case_form(browser)) if framed else room.case_form(browser)
    room.site.drop.sessions.end(browser.cookie("session"))
    return browser.submit(form, {"message": "One thing more.\nIt goes on."})


def case_after(*steps: Step) -> Make:
    """Return what shows the case page after a report and these steps, each given the room and the codename."""

    def make(room: Room) -> Page:
        browser = room.reported(desks=("confidant", "committee"))
        codename = room.codename(browser)
        for step in steps:
            step(room, codename)
        return browser.get("/case")

    return make


HAND_OVER = Ask(AskKind.HAND_OVER, "01" * 16, desk=COMMITTEE)
DISCLOSE = Ask(AskKind.DISCLOSE, "02" * 16, (Reader("Cora", Fingerprint("AB" * 20)), Reader("<council>")), "cd" * 32)
JOIN = Ask(AskKind.JOIN, "03" * 16)


def asked(ask: Ask, word: str = "") -> Make:
    """Return what shows a case in which the readers ask something, or what follows when it is answered."""

    def make(room: Room) -> Page:
        browser = room.reported(desks=("confidant",))
        room.site.reply(room.codename(browser), "May we? The question is below.", ask=ask)
        page = browser.get("/case")
        if not word:
            return page
        form = page.form("message", "mandate")
        (name,) = [name for name, _value in form.fields if name.startswith("answer-consent-")]
        return browser.submit(form, {name: word, "message": ""}, ())

    return make


def reply(text: str = "We have read it. You did nothing wrong.", files: Mapping[str, bytes] | None = None) -> Step:
    return lambda room, codename: room.site.reply(codename, text, files)


def untrusted(room: Room, codename: str) -> None:
    room.site.reply(codename, "Not by a reader.", signer=room.site.members.cora)


def fetched(room: Room, _codename: str) -> None:
    items = room.site.fetch(CONFIDANT)
    room.site.fetch(COMMITTEE)
    room.site.answer(read=items)


def progress(*, arrived: int = 0, then: str = "", seconds: float = 1) -> Make:
    """Return what asks how far an upload of 40 MB is, `seconds` after so many MB of it had come."""

    def make(room: Room) -> Page:
        now = 0.0
        uploads = Progress(lambda: now)
        browser = room.browser()
        browser.get("/report")
        visit = Visit.of(browser.cookie("visit"))
        assert visit is not None
        upload = uploads.begin(visit.bound, 40_000_000)
        now = 5.0
        upload.count(arrived * 1_000_000)
        if then:
            getattr(upload, then)()
        now += seconds
        environ: dict[str, Any] = browser.client.environ_base
        environ["dropbox.progress"] = uploads
        return browser.get("/progress")

    return make


def checked(*, right: bool) -> Make:
    """Return what checks two words on the receipt."""

    def make(room: Room) -> Page:
        browser = room.reported()
        page = browser.get("/sent")
        words = page.codename.split()
        form = page.form_to("/sent")
        places = sorted(name for name in form.names if name.startswith("word-"))
        typed = {name: words[int(name.removeprefix("word-")) - 1] for name in places}
        return browser.submit(form, typed if right else {places[0]: "zoom", places[1]: ""})

    return make


def words_gone(room: Room) -> Page:
    codename = room.codename(room.reported())
    browser = room.browser()
    room.site.sign_in(browser, codename)
    return browser.get("/sent")


def hidden(*, shown_again: bool = False) -> Make:
    """Return the case of somebody who hides replies once read, at the visit after the one in which they read one."""

    def make(room: Room) -> Page:
        codename = room.codename(room.reported())
        room.site.reply(codename, "Read before.")
        first = room.browser()
        page = room.site.sign_in(first, codename)
        first.submit(page.form("hide"))
        first.get("/case")
        room.site.reply(codename, "New since then.")
        again = room.browser()
        room.site.sign_in(again, codename)
        return again.get("/case?show=all" if shown_again else "/case")

    return make


def withdrawn(room: Room) -> Page:
    browser = room.reported()
    return room.follow_up(browser, {"withdraw": "withdraw"})


def undone(room: Room) -> Page:
    browser = room.reported()
    room.follow_up(browser, {"withdraw": "withdraw"})
    return room.follow_up(browser, {"withdraw": "undo"})


def withdrawn_and_wrote(room: Room) -> Page:
    browser = room.reported()
    room.follow_up(browser, {"withdraw": "withdraw"})
    return browser.submit(browser.get("/case").form("message", "withdraw"), {"message": "More."})


def deleted_reply(room: Room) -> Page:
    browser = room.reported()
    room.site.reply(room.codename(browser))
    return browser.submit(browser.get("/case").form("item"))


def case_gone(room: Room) -> Page:
    browser = room.reported()
    with mock.patch.object(Store, "case", side_effect=CaseEnded):
        return browser.get("/case")


def kept_draft_after_sign_in(room: Room) -> Page:
    browser = room.reported()
    codename = room.codename(browser)
    form = room.case_form(browser)
    room.site.drop.sessions.end(browser.cookie("session"))
    back = browser.submit(form, {"message": "One thing more."})
    return browser.submit(back.form("codename"), {"codename": codename})


def at_day(days: int, make: Make) -> Make:
    """Return what shows a page as it will be so many days from now."""

    def later(room: Room) -> Page:
        with mock.patch.object(case, "today", return_value=today() + timedelta(days=days)):
            return make(room)

    return later


def replied_after(days: int) -> Step:
    return lambda room, codename: room.site.reply(codename, day=today() + timedelta(days=days))


def withdrawn_case(room: Room) -> Page:
    browser = room.reported()
    room.follow_up(browser, {"withdraw": "withdraw"})
    return browser.get("/case")


def hide(*, off: bool = False) -> Make:
    """Return what switches the hiding of read replies on, or on and off again."""

    def make(room: Room) -> Page:
        browser = room.reported()
        room.site.reply(room.codename(browser))
        page = browser.submit(browser.get("/case").form("hide"))
        return browser.submit(browser.get("/case").form("hide")) if off else page

    return make


def own_words(room: Room) -> Page:
    browser = room.reported()
    return room.follow_up(browser, {"message": f"My words are: {room.codename(browser)}."})


def own_words_in_a_new_report(room: Room) -> Page:
    browser = room.reported()
    form = browser.get("/report").form("message", "mandate")
    return browser.submit(form, {"desk": "committee", "message": room.codename(browser)})


def case_expired(room: Room) -> Page:
    browser = room.reported()
    with mock.patch.object(FormTokens, "read", side_effect=FormExpired):
        return room.follow_up(browser, {"withdraw": "withdraw"})


def mandate_unreadable(room: Room) -> Page:
    browser = room.reported()
    with mock.patch.object(case, "open_mandate", side_effect=StoreError):
        return browser.get("/case")


def check_expired(room: Room) -> Page:
    browser = room.reported()
    form = browser.get("/sent").form_to("/sent")
    with mock.patch.object(FormTokens, "read", side_effect=FormExpired):
        return browser.submit(form)
