"""Every page and state of the reporter's site: a new one is one line here.

Whatever goes over pages (axe, the HTML checker, zoom, pictures) goes over all of these, in every language that it is
asked for. test_states.py fails when a template or a refusal is in none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dropbox.errors import (
    DeskFull,
    DiskLow,
    KeyUnavailable,
    NoRoomForNew,
    OverBudget,
    ReportsClosed,
    SealError,
    StoreError,
    UploadCutOff,
)
from dropbox.server import plain_page
from dropbox.server.reporter_site.problems import PROBLEMS
from tests.pages import ways
from tests.pages.room import LONG_WORD, Captured, Rooms
from tests.pages.ways import Make, case_after, page_of, progress, reply
from tests.site_room import COMMITTEE, CONFIDANT

STATES: dict[str, Make] = {
    # --- pages that ask nothing ---
    "welcome": page_of("/"),
    "safety": page_of("/safety"),
    "about": page_of("/about"),
    "keys": page_of("/keys"),
    "keys@key-missing": page_of("/keys"),
    "keys@readers-changed": page_of("/keys"),
    "leave": lambda room: room.reported().get("/leave"),
    "away": lambda room: room.reported().get("/away"),
    "welcome-closed": ways.closed("/"),
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
    "report-too-many-files": lambda room: room.report(files=[ways.FILE] * 4),
    "report-questions-open": lambda room: room.report({"desk": [], "answer-when": "Last week.", "answer-who": "Ann."}),
    "report-expired": ways.expired,
    "report-key-missing@key-missing": lambda room: room.report(),
    "report-disk-low": lambda room: room.report(error=DiskLow()),
    "report-desk-full": lambda room: room.report(error=DeskFull((CONFIDANT,))),
    "report-all-desks-full": lambda room: room.report(error=DeskFull((CONFIDANT, COMMITTEE))),
    "report-no-room-for-new": lambda room: room.report(error=NoRoomForNew()),
    "report-over-budget": lambda room: room.report({"answer-when": "Last week."}, error=OverBudget()),
    "report-closed-while-typing": lambda room: room.report({"answer-when": "Last week."}, error=ReportsClosed()),
    "report-store-failed": lambda room: room.report(error=StoreError()),
    "report-sealing-failed": lambda room: room.report(error=SealError()),
    "report-cut-off": lambda room: room.report(error=UploadCutOff()),
    "report-own-words": ways.own_words_in_a_new_report,
    "report-long-word": lambda room: room.report({"desk": [], "message": LONG_WORD * 2, "answer-who": LONG_WORD}),
    # --- the receipt ---
    "sent": lambda room: room.report(),
    "sent-check-right": ways.checked(right=True),
    "sent-check-wrong": ways.checked(right=False),
    "sent-check-expired": ways.check_expired,
    "sent-words-gone": ways.words_gone,
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
    "framed-report-expired": lambda room: ways.expired(room, framed=True),
    "framed-report-too-large": lambda room: room.refused("too_large", "/report?frame=1"),
    "framed-report-desk-full": lambda room: room.report(error=DeskFull((CONFIDANT,)), framed=True),
    "framed-report-over-budget": lambda room: room.report(error=OverBudget(), framed=True),
    "framed-report-closed": lambda room: room.report(error=ReportsClosed(), framed=True),
    "framed-case": lambda room: room.follow_up(room.reported(), framed=True),
    "framed-case-error": lambda room: room.follow_up(room.reported(), {"message": ""}, framed=True),
    "framed-case-ended": lambda room: ways.ended_with_draft(room, framed=True),
    # --- coming back ---
    "return": page_of("/return"),
    "return-empty": lambda room: room.words(""),
    "return-mistyped": lambda room: room.words("abacuz abdomen zzzzqq able aboard abide about"),
    "return-six-words": lambda room: room.words("zoom " * 6),
    "return-no-case": lambda room: room.words(ways.WRONG_WORDS),
    "return-ended": page_of("/case"),
    "return-ended-with-draft": ways.ended_with_draft,
    # --- the case ---
    "case": case_after(),
    "case-one-desk@one-desk": lambda room: room.reported().get("/case"),
    "case-picked-up": case_after(ways.fetched),
    "case-reply": case_after(ways.fetched, reply()),
    "case-replies": case_after(
        ways.fetched,
        reply("First.\n\n  " + LONG_WORD * 2),
        reply(files={"letter.pdf": b"pdf", f"{LONG_WORD}.odt": b"odt" * 900}),
    ),
    "case-asked-to-hand-over": ways.asked(ways.HAND_OVER),
    "case-asked-to-disclose": ways.asked(ways.DISCLOSE),
    "case-asked-to-join": ways.asked(ways.JOIN),
    "case-handed-over": ways.asked(ways.HAND_OVER, "yes"),
    "case-ask-refused": ways.asked(ways.HAND_OVER, "no"),
    "case-hidden": ways.hidden(),
    "case-hidden-shown": ways.hidden(shown_again=True),
    "case-hide-on": ways.hide(),
    "case-hide-off": ways.hide(off=True),
    "case-days-passed": ways.at_day(120, case_after()),
    "case-answer-day-passed": ways.at_day(120, case_after(ways.fetched, ways.replied_after(3))),
    "case-first-reply-late": ways.at_day(9, case_after(ways.fetched, ways.replied_after(8))),
    "case-mandate-unreadable": ways.mandate_unreadable,
    "case-untrusted": case_after(ways.untrusted, reply()),
    "case-sent": lambda room: room.follow_up(room.reported()),
    "case-mandate-changed": lambda room: room.follow_up(room.reported(), {"mandate": "investigate"}),
    "case-nothing-sent": lambda room: room.follow_up(room.reported(), {"message": ""}),
    "case-key-unavailable": lambda room: room.follow_up(room.reported(), error=KeyUnavailable("confidant")),
    "case-own-words": ways.own_words,
    "case-over-budget": ways.over_budget,
    "case-desk-full": lambda room: room.follow_up(room.reported(), error=DeskFull((CONFIDANT,))),
    "case-expired": ways.case_expired,
    "case-withdrawn": ways.withdrawn,
    "case-withdrawn-later": ways.withdrawn_case,
    "case-withdrawn-for-good": ways.at_day(8, ways.withdrawn_case),
    "case-withdrawal-undone": ways.undone,
    "case-withdrawn-wrote": ways.withdrawn_and_wrote,
    "case-deleted-reply": ways.deleted_reply,
    "case-kept-draft": ways.kept_draft_after_sign_in,
    "case-ended": ways.case_gone,
    # --- refusals, and answers to what could not be read ---
    **{f"refusal-{name}": ways.refusal(name) for name in PROBLEMS},
    **{f"plain-{code}": ways.plain(code) for code in plain_page._TEXTS},
}
"""How each state comes about. After an @ stands the kind of drop, where it is not the usual one."""


def capture(rooms: Rooms, languages: Sequence[str], names: Sequence[str] = ()) -> list[Captured]:
    """Return every state (or only the named ones) in each of these languages."""
    made = []
    for name in names or STATES:
        _, _, kind = name.partition("@")
        made += [rooms.capture(name, kind or "usual", language, STATES[name]) for language in languages]
    return made
