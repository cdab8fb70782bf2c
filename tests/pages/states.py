"""Every page and state of the reporter's site: a new one is one line here.

Whatever goes over pages (axe, the HTML checker, zoom, pictures) goes over all of these, in every language that it is
asked for. test_states.py fails when a template or a refusal is in none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

from dropbox.errors import CaseEnded, DiskLow, FormExpired, KeyUnavailable, SealError, StoreError, UploadCutOff
from dropbox.server import plain_page
from dropbox.server.progress import Progress
from dropbox.server.reporter_site.problems import PROBLEMS
from dropbox.server.sessions import FormTokens, Visit
from dropbox.server.store import Store
from tests.pages.room import LANGUAGES, LONG_WORD, Captured, Room, Rooms, into_frame
from tests.site_room import COMMITTEE, CONFIDANT
from tests.visitor import Page

Make = Callable[[Room], Page]

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


def expired(room: Room, *, framed: bool = False) -> Page:
    with mock.patch.object(FormTokens, "read", side_effect=FormExpired):
        return room.report({"answer-when": "Last week."}, framed=framed)


def ended_with_draft(room: Room, *, framed: bool = False) -> Page:
    browser = room.reported()
    form = into_frame(room.case_form(browser)) if framed else room.case_form(browser)
    room.site.drop.sessions.end(browser.cookie("session"))
    return browser.submit(form, {"message": "One thing more.\nIt goes on."})


def case_after(*steps: Callable[[Room, str], object]) -> Make:
    """Return what shows the case page after a report and these steps, each given the room and the codename."""

    def make(room: Room) -> Page:
        browser = room.reported(desks=("confidant", "committee"))
        codename = room.codename(browser)
        for step in steps:
            step(room, codename)
        return browser.get("/case")

    return make


def reply(
    text: str = "We have read it. You did nothing wrong.", files: Mapping[str, bytes] | None = None
) -> Callable[[Room, str], object]:
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
        form = next(form for form in page.forms if any(name.startswith("word-") for name in form.names))
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


STATES: dict[str, Make] = {
    # --- pages that ask nothing ---
    "welcome": page_of("/"),
    "safety": page_of("/safety"),
    "about": page_of("/about"),
    "keys": page_of("/keys"),
    "keys@key-missing": page_of("/keys"),
    "leave": lambda room: room.reported().get("/leave"),
    "away": lambda room: room.reported().get("/away"),
    "welcome@dressed": page_of("/"),
    "about@dressed": page_of("/about"),
    "keys@dressed": page_of("/keys"),
    "report@dressed": page_of("/report"),
    "welcome@trial": page_of("/"),
    "welcome@one-desk": page_of("/"),
    "welcome@no-desk": page_of("/"),
    "welcome-no-tor-browser": page_of("/", User_Agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0"),
    "welcome-no-onion": page_of("/", Host="drop.example.org"),
    "welcome-gateway": page_of("/", X_Forwarded_For="192.0.2.1"),
    "report-gateway": page_of("/report", X_Forwarded_For="192.0.2.1", User_Agent="curl/8"),
    # --- the report ---
    "report": page_of("/report"),
    "report@one-desk": page_of("/report"),
    "report@no-desk": page_of("/report"),
    "report@many-desks": page_of("/report"),
    "report@trial": page_of("/report"),
    "report-no-desk-chosen": lambda room: room.report({"desk": []}),
    "report-desk-not-open": lambda room: room.report({"desk": ["confidant", "closed"]}),
    "report-several-chosen": lambda room: room.report({"desk": ["confidant", "committee"], "message": ""}),
    "report-mandate-wrong": lambda room: room.report({"mandate": "shout"}),
    "report-all-wrong": lambda room: room.report({"desk": [], "mandate": "shout", "message": ""}),
    "report-nothing-sent": lambda room: room.report({"message": ""}),
    "report-too-long": lambda room: room.report({"message": "word " * 11_000}),
    "report-too-many-files": lambda room: room.report(files=[FILE] * 4),
    "report-questions-open": lambda room: room.report({"desk": [], "answer-when": "Last week.", "answer-who": "Ann."}),
    "report-expired": expired,
    "report-key-missing@key-missing": lambda room: room.report(),
    "report-disk-low": lambda room: room.report(error=DiskLow()),
    "report-store-failed": lambda room: room.report(error=StoreError()),
    "report-sealing-failed": lambda room: room.report(error=SealError()),
    "report-cut-off": lambda room: room.report(error=UploadCutOff()),
    "report-long-word": lambda room: room.report({"desk": [], "message": LONG_WORD * 2, "answer-who": LONG_WORD}),
    # --- the receipt ---
    "sent": lambda room: room.report(),
    "sent-check-right": checked(right=True),
    "sent-check-wrong": checked(right=False),
    "sent-words-gone": words_gone,
    "sent-signed-out": page_of("/sent"),
    # --- the frames under a form ---
    "waiting": page_of("/waiting"),
    "waiting-case": page_of("/waiting?for=case"),
    "progress": page_of("/progress"),
    "progress-begun": progress(arrived=1),
    "progress-arriving": progress(arrived=15),
    "progress-stalled": progress(arrived=15, seconds=60),
    "progress-sealing": progress(arrived=40),
    "progress-done": progress(arrived=40, then="finish"),
    "progress-stopped": progress(arrived=15, then="stop"),
    "framed-receipt": lambda room: room.report(framed=True),
    "framed-report-error": lambda room: room.report({"desk": [], "message": ""}, framed=True),
    "framed-report-expired": lambda room: expired(room, framed=True),
    "framed-report-too-large": lambda room: room.refused("too_large", "/report?frame=1"),
    "framed-case": lambda room: room.follow_up(room.reported(), framed=True),
    "framed-case-error": lambda room: room.follow_up(room.reported(), {"message": ""}, framed=True),
    "framed-case-ended": lambda room: ended_with_draft(room, framed=True),
    # --- coming back ---
    "return": page_of("/return"),
    "return-empty": lambda room: room.words(""),
    "return-mistyped": lambda room: room.words("abacuz abdomen zzzzqq able aboard abide about"),
    "return-six-words": lambda room: room.words("zoom " * 6),
    "return-no-case": lambda room: room.words(WRONG_WORDS),
    "return-ended": page_of("/case"),
    "return-ended-with-draft": ended_with_draft,
    # --- the case ---
    "case": case_after(),
    "case-one-desk@one-desk": lambda room: room.reported().get("/case"),
    "case-picked-up": case_after(fetched),
    "case-reply": case_after(fetched, reply()),
    "case-replies": case_after(
        fetched,
        reply("First.\n\n  " + LONG_WORD * 2),
        reply(files={"letter.pdf": b"pdf", f"{LONG_WORD}.odt": b"odt" * 900}),
    ),
    "case-hidden": hidden(),
    "case-hidden-shown": hidden(shown_again=True),
    "case-untrusted": case_after(untrusted, reply()),
    "case-sent": lambda room: room.follow_up(room.reported()),
    "case-mandate-changed": lambda room: room.follow_up(room.reported(), {"mandate": "investigate"}),
    "case-nothing-sent": lambda room: room.follow_up(room.reported(), {"message": ""}),
    "case-key-unavailable": lambda room: room.follow_up(room.reported(), error=KeyUnavailable("confidant")),
    "case-withdrawn": withdrawn,
    "case-withdrawal-undone": undone,
    "case-withdrawn-wrote": withdrawn_and_wrote,
    "case-deleted-reply": deleted_reply,
    "case-kept-draft": kept_draft_after_sign_in,
    "case-ended": case_gone,
    # --- refusals, and answers to what could not be read ---
    **{f"refusal-{name}": refusal(name) for name in PROBLEMS},
    **{f"plain-{code}": plain(code) for code in plain_page._TEXTS},
}
"""How each state comes about. After an @ stands the kind of drop, where it is not the usual one."""


def capture(rooms: Rooms, languages: Sequence[str], names: Sequence[str] = ()) -> list[Captured]:
    """Return every state (or only the named ones) in each of these languages."""
    made = []
    for name in names or STATES:
        _, _, kind = name.partition("@")
        made += [rooms.capture(name, kind or "usual", language, STATES[name]) for language in languages]
    return made
