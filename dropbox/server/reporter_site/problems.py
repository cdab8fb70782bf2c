"""What a reporter is told when something is refused: one fixed text for each error, in the reporter's language.

Only what the reporter can act on is said. No text holds anything of the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from dropbox.envelope import MAX_TEXT_BYTES
from dropbox.errors import (
    Busy,
    CaseEnded,
    DropboxError,
    ItemUnknown,
    KeyUnavailable,
    RequestError,
    SealError,
    StoreError,
)
from dropbox.server.form import MAX_FIELDS_BYTES
from dropbox.server.reporter_site.speech import Lazy, _l, number_text, size_text
from dropbox.settings import Server

_NOTHING_STORED = _l("Nothing was stored.")
GO_BACK = _l("Go back with your browser's Back button: what you typed is still there.")
_TRY_LATER = _l("Try again in a few minutes. Does it go on? Then come back tomorrow.")
_START_AGAIN = _l("Does it happen again? Then start again from the first page.")
_BYTES_IN_A_LETTER = {"ar": 2}
"""In UTF-8; one in every other language that we speak, all but a few letters."""


@dataclass(frozen=True)
class Problem:
    """A page of its own: status, heading, paragraphs, and the page to go to from it.

    The first paragraph also serves as a line above a form.
    """

    status: int
    title: Lazy
    paragraphs: Sequence[Lazy]
    next_path: str = "/"

    def filled(self, limits: Mapping[str, object]) -> "Problem":
        """Return the problem with this drop's numbers in its paragraphs."""
        return replace(self, paragraphs=[paragraph.filled(limits) for paragraph in self.paragraphs])


@dataclass(frozen=True)
class FieldError:
    """A line above a form; `field` is the id of what it is about, "" when it is about the whole."""

    field: str
    text: Lazy | str


PROBLEMS: dict[str, Problem] = {
    "bad_request": Problem(
        400,
        _l("That did not work"),
        (_l("We could not read what your browser asked for."), _NOTHING_STORED, GO_BACK, _START_AGAIN),
    ),
    "bad_form": Problem(
        400,
        _l("The form did not arrive whole"),
        (_l("A part of the form was missing, or was changed on its way."), _NOTHING_STORED, GO_BACK, _START_AGAIN),
    ),
    "form_expired": Problem(
        400,
        _l("This form was too old"),
        (
            _l("This form was too old, or its cookie was missing. Press the button again to send it."),
            _NOTHING_STORED,
            _l("Does it happen again? Then allow cookies for this site, or restart Tor Browser."),
        ),
    ),
    "cross_site": Problem(
        403,
        _l("This came from another site"),
        (_l("Another site tried to send this form for you. We did not take it."), _NOTHING_STORED,
         _l("Do you want to send something? Then open this site by its own address, and fill in the form here.")),
    ),
    "session_ended": Problem(
        401,
        _l("You are not signed in any more"),
        (_l("Your report is safe. Choose “Come back” and type your seven words to go on."),),
        "/return",
    ),
    "words_gone": Problem(
        410,
        _l("Your seven words are not shown again"),
        (_l("We show them only right after you send your report. We do not keep them, so nobody can look them up."),
         _l("You came in with your seven words, so you have them. Keep the paper safe.")),
        "/case",
    ),
    "nothing_sent": Problem(
        400,
        _l("There was nothing to send"),
        (_l("Write something, or choose a file: there was neither."), _NOTHING_STORED, GO_BACK),
    ),
    "own_codename": Problem(
        400,
        _l("Your seven words are in your text"),
        (_l("Your seven words are in your text. Take them out, and send it again. Your readers do not need them, and "
           "whoever has them can open your case. Nothing was stored."), GO_BACK),
    ),
    "own_codename_in_name": Problem(
        400,
        _l("Your seven words are in the name of a file"),
        (_l("Your seven words are in the name of a file. Give that file another name, and choose it again. Whoever has "
           "these words can open your case. Nothing was stored."), GO_BACK),
    ),
    "text_too_long": Problem(
        400,
        _l("The text is too long"),
        (
            _l("The text is longer than fits: about %(letters)s letters, answers included. Send the rest as a second "
              "message, or as a file."),
            _NOTHING_STORED,
            GO_BACK,
        ),
    ),
    "form_too_long": Problem(
        400,
        _l("The text is much too long"),
        (
            _l("You can type about %(letters)s letters in one go. This was more than about %(most_letters)s, and so "
              "much we cannot even show you again."),
            _NOTHING_STORED,
            GO_BACK,
            _l("Copy your text into a file, and send that file."),
        ),
    ),
    "too_many_files": Problem(
        400,
        _l("Too many files"),
        (_l("There were more files than fit in one go. The most is %(files)s. Send the others in a second message."),
         _NOTHING_STORED, GO_BACK),
    ),
    "too_large": Problem(
        413,
        _l("This is too large"),
        (_l("This is larger than fits in one go. The most is %(size)s, all files together."), _NOTHING_STORED, GO_BACK,
         _l("Send it in parts: first a report with some of the files. Then come back with your seven words and send "
           "the others.")),
    ),
    "length_required": Problem(
        411,
        _l("Your browser did not say how much it sends"),
        (_l("This site must know beforehand how large an upload is."), _NOTHING_STORED,
         _l("Use Tor Browser. It always says so.")),
    ),
    "too_slow": Problem(
        408,
        _l("Sending took too long"),
        (_l("The connection was too slow, or sending took longer than %(minutes)s minutes."), _NOTHING_STORED, GO_BACK,
         _l("Send fewer files at once, or choose “New Tor Circuit” in the menu of Tor Browser and try again.")),
    ),
    "cut_off": Problem(
        400,
        _l("Sending broke off"),
        (_l("The connection broke before everything had arrived."), _NOTHING_STORED, GO_BACK,
         _l("Then send it again. Keep the page open until you see that it has arrived.")),
    ),
    "over_budget": Problem(
        429,
        _l("Too much at once"),
        (
            _l("Too much was asked over your connection in a short time, more than this site can give to one visitor. "
              "Wait a minute, then try again."),
            _NOTHING_STORED,
            GO_BACK,
            _l("Does it happen again, and was it not you? Then choose “New Tor Circuit” in the menu of Tor Browser."),
        ),
    ),
    "busy": Problem(
        503,
        _l("It is busy here at the moment"),
        (_l("Too much is going on at once. Try again in a minute."), _NOTHING_STORED, GO_BACK),
    ),
    "disk_low": Problem(
        503,
        _l("There is no room at the moment"),
        (_l("This server has no room for something of this size now."), _NOTHING_STORED, GO_BACK,
         _l("Send only your text now, and the files later. Or try again tomorrow.")),
    ),
    "disk_kept": Problem(
        503,
        _l("There is no room for new reports at the moment"),
        (_l("This server has no room for a new report of this size now. What is left is kept for people who come back "
           "with their seven words. Try again tomorrow, or send only your text now."), _NOTHING_STORED, GO_BACK),
    ),
    "desk_full": Problem(
        503,
        _l("The letterbox is full at the moment"),
        (_l("The letterbox of your readers is full. They make room when they pick up their post. Keep your text, and "
           "try again tomorrow."), _NOTHING_STORED, GO_BACK),
        "/case",
    ),
    "reports_closed": Problem(
        503,
        _l("No new reports at the moment"),
        (_l("Whoever runs this site has closed it for new reports, for now. It has nothing to do with you. Try again "
           "tomorrow."),
         _l("Do you have seven words? Then come back with them: you can read your replies and write, as ever."),
         _l("Nothing was stored now. What you sent before is safe.")),
        "/return",
    ),
    "key_unavailable": Problem(
        503,
        _l("It cannot be sealed at the moment"),
        (_l("A key of one of your readers cannot be used now, so we could not seal what you sent. Nothing was stored. "
           "Try again later. In a new report you can also choose other readers."), GO_BACK),
    ),
    "sealing_failed": Problem(
        503,
        _l("It cannot be sealed at the moment"),
        (_l("Sealing did not work, and we keep nothing without a seal. Nothing was stored."), GO_BACK, _TRY_LATER),
    ),
    "store_failed": Problem(
        503,
        _l("It cannot be stored at the moment"),
        (_l("Storing did not work. What you sent earlier is safe."), GO_BACK, _TRY_LATER),
    ),
    "case_ended": Problem(
        410,
        _l("This case has ended"),
        (_l("This case has ended, and its seven words open nothing any more. Nothing was stored."),
         _l("If you want to tell more, make a new report.")),
        "/report",
    ),
    "case_moved": Problem(
        409,
        _l("Somebody else reads your case now"),
        (
            _l("Another desk has your case now. Look at who it is. Press the button again to send this to them."),
            _NOTHING_STORED,
        ),
        "/case",
    ),
    "two_hand_overs": Problem(
        400,
        _l("Two desks cannot both get your case"),
        (_l("You said yes to two different desks. Choose one of them, and send it again."), _NOTHING_STORED, GO_BACK),
    ),
    "item_unknown": Problem(
        404,
        _l("It is not here"),
        (_l("That reply or file is not here, or not any more. You may have deleted it."),),
    ),
    "reply_untrusted": Problem(
        404,
        _l("This cannot be trusted"),
        (_l("This reply is damaged, or was not written by one of your readers. We do not show it."),
         _l("You can tell your readers about it in your case.")),
        "/case",
    ),
    "reply_unread": Problem(
        503,
        _l("Something went wrong here"),
        (_l("The fault is ours, not yours."), _TRY_LATER),
        "/case",
    ),
    "not_found": Problem(
        404,
        _l("There is no such page"),
        (_l("The address is wrong, or the page is not there any more."),),
    ),
    "wrong_method": Problem(
        405,
        _l("It does not work this way"),
        (_l("This page cannot be asked for in this way."), _NOTHING_STORED, _START_AGAIN),
    ),
    "server_error": Problem(
        500,
        _l("Something went wrong here"),
        (_l("The fault is ours, not yours."),
         _l("Were you sending something? If you did not see your seven words, or “Sent”, it may not have been stored. "
           "Then send it again: what did arrive is not stored twice."), GO_BACK),
    ),
}  # fmt: skip

_PAGES: tuple[tuple[type[DropboxError], str], ...] = (
    (Busy, "busy"),
    (KeyUnavailable, "key_unavailable"),
    (SealError, "sealing_failed"),
    (StoreError, "store_failed"),
    (CaseEnded, "case_ended"),
    (ItemUnknown, "item_unknown"),
)
_FIELDS = {
    "nothing_sent": "message",
    "text_too_long": "message",
    "own_codename": "message",
    "own_codename_in_name": "files",
    "too_many_files": "files",
}


def page_of(error: Exception) -> str:
    """Return the name of an error's page; whatever has none of its own is a fault of ours."""
    if isinstance(error, RequestError):
        return error.page if error.page in PROBLEMS else "bad_request"
    return next((page for kind, page in _PAGES if isinstance(error, kind)), "server_error")


def problem_of(error: Exception) -> Problem:
    return PROBLEMS[page_of(error)]


def line_of(error: DropboxError, limits: Mapping[str, object]) -> FieldError:
    """Return an error as a line above the form that it gives back."""
    page = page_of(error)
    return FieldError(_FIELDS.get(page, ""), PROBLEMS[page].paragraphs[0].filled(limits))


def limit_texts(server: Server, language: str) -> dict[str, object]:
    """Return every limit that a text may name, as its reader counts: letters of their own script, MB, minutes."""
    return {
        "files": number_text(server.max_files),
        "size": size_text(server.max_upload_mib * 1_000_000),
        "minutes": number_text(server.max_upload_minutes),
        "letters": _letters(MAX_TEXT_BYTES, language),
        "most_letters": _letters(MAX_FIELDS_BYTES, language),
    }


def _letters(limit_bytes: int, language: str) -> str:
    return number_text(limit_bytes // 1024 // _BYTES_IN_A_LETTER.get(language, 1) * 1000)


def status_of(error: Exception) -> int:
    return int(HTTPStatus(problem_of(error).status))
