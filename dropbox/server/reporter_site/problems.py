"""What a reporter is told when something is refused: one fixed text for each error, in the reporter's language.

Only what the reporter can act on is said. No text holds anything of the request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

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
from dropbox.server.reporter_site.speech import Lazy, _l

_NOTHING_STORED = _l("Nothing was stored.")
GO_BACK = _l("Go back with your browser's Back button: what you typed is still there.")
_TRY_LATER = _l("Try again in a few minutes. If it goes on, come back tomorrow.")


@dataclass(frozen=True)
class Problem:
    """A page of its own: status, heading and paragraphs. The first paragraph also serves as a line above a form."""

    status: int
    title: Lazy
    paragraphs: Sequence[Lazy]


@dataclass(frozen=True)
class FieldError:
    """A line above a form; `field` is the id of what it is about, "" when it is about the whole."""

    field: str
    text: Lazy | str


PROBLEMS: dict[str, Problem] = {
    "bad_request": Problem(400, _l("That did not work"), (_l("The request could not be read."), _NOTHING_STORED)),
    "bad_form": Problem(
        400,
        _l("The form did not arrive whole"),
        (_l("The form was not complete, or was changed on its way."), _NOTHING_STORED, GO_BACK),
    ),
    "form_expired": Problem(
        400,
        _l("This form was too old"),
        (
            _l("This form was too old, or its cookie was missing. Press the button again to send it."),
            _l("Does it happen again? Then allow cookies for this site, or restart Tor Browser."),
        ),
    ),
    "cross_site": Problem(
        403,
        _l("This came from another site"),
        (_l("The form was sent from another site, so it was not accepted."), _NOTHING_STORED),
    ),
    "session_ended": Problem(
        401,
        _l("You are not signed in any more"),
        (_l("Your report is safe. Choose “Come back” and type your seven words to go on."),),
    ),
    "nothing_sent": Problem(
        400, _l("There was nothing to send"), (_l("Write something, or choose a file: there was neither."), GO_BACK)
    ),
    "text_too_long": Problem(
        400,
        _l("The text is too long"),
        (
            _l("The text is longer than fits: about 48,000 letters, answers included. Send the rest as a second "
              "message, or as a file."),
            GO_BACK,
        ),
    ),
    "too_many_files": Problem(
        400,
        _l("Too many files"),
        (_l("There were more files than can be sent at once. Send the others in a second message."), GO_BACK),
    ),
    "too_large": Problem(
        413,
        _l("This is too large"),
        (_l("The files together are larger than can be sent at once."), _NOTHING_STORED, GO_BACK,
         _l("Send them in parts: first a report with some of the files, then more with your seven words.")),
    ),
    "length_required": Problem(
        411,
        _l("The browser did not say how much it sends"),
        (_l("This site needs to know beforehand how large an upload is. Use Tor Browser."), _NOTHING_STORED),
    ),
    "too_slow": Problem(
        408,
        _l("The upload took too long"),
        (_l("The connection was too slow."), _NOTHING_STORED, GO_BACK,
         _l("Send fewer files at once, or choose “New Tor Circuit” in the menu of Tor Browser and try again.")),
    ),
    "cut_off": Problem(
        400,
        _l("The upload broke off"),
        (_l("The connection broke before everything had arrived."), _NOTHING_STORED, GO_BACK),
    ),
    "busy": Problem(
        503,
        _l("It is busy at the moment"),
        (_l("Too much is going on at once. Try again in a minute."), _NOTHING_STORED, GO_BACK),
    ),
    "disk_low": Problem(
        503,
        _l("There is no room at the moment"),
        (_l("This server has no room for an upload of this size now."), _NOTHING_STORED, GO_BACK, _TRY_LATER),
    ),
    "key_unavailable": Problem(
        503,
        _l("It cannot be sealed at the moment"),
        (_l("A key of one of your readers cannot be used now, so nothing was stored. Try again later. For a new "
           "report you may also choose other readers."), GO_BACK),
    ),
    "sealing_failed": Problem(
        503, _l("It cannot be sealed at the moment"), (_l("Sealing did not work, so nothing was stored."), _TRY_LATER)
    ),
    "store_failed": Problem(
        503,
        _l("It cannot be stored at the moment"),
        (_l("Storing did not work. What you sent earlier is safe."), GO_BACK, _TRY_LATER),
    ),
    "case_ended": Problem(
        410,
        _l("This case has ended"),
        (_l("This case has ended, and its seven words open nothing any more."),
         _l("If you want to tell more, make a new report.")),
    ),
    "item_unknown": Problem(
        404, _l("It is not here"), (_l("That reply or file is not here, or not any more. You may have deleted it."),)
    ),
    "reply_untrusted": Problem(
        404,
        _l("This cannot be trusted"),
        (_l("This reply is damaged, or was not written by one of your readers. We do not show it."),),
    ),
    "not_found": Problem(
        404, _l("There is no such page"), (_l("The address is wrong, or the page is not there any more."),)
    ),
    "wrong_method": Problem(
        405, _l("It does not work this way"), (_l("This page cannot be asked for in this way."), _NOTHING_STORED)
    ),
    "server_error": Problem(
        500,
        _l("Something went wrong here"),
        (_l("The fault is ours. If you were sending something and did not see your seven words or “Sent”, assume that "
           "it was not stored, and send it again: what did arrive is not stored twice."), GO_BACK),
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
_FIELDS = {"nothing_sent": "message", "text_too_long": "message", "too_many_files": "files"}


def page_of(error: Exception) -> str:
    """Return the name of an error's page; whatever has none of its own is a fault of ours."""
    if isinstance(error, RequestError):
        return error.page if error.page in PROBLEMS else "bad_request"
    return next((page for kind, page in _PAGES if isinstance(error, kind)), "server_error")


def problem_of(error: Exception) -> Problem:
    return PROBLEMS[page_of(error)]


def line_of(error: DropboxError) -> FieldError:
    """Return an error as a line above the form that it gives back."""
    page = page_of(error)
    return FieldError(_FIELDS.get(page, ""), PROBLEMS[page].paragraphs[0])


def status_of(error: Exception) -> int:
    return int(HTTPStatus(problem_of(error).status))
