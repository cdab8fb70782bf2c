"""What a reporter's request can meet; each has a status and a page of the site."""

from typing import ClassVar

from dropbox.errors.base import DropboxError


class RequestError(DropboxError):
    """A request that is refused with a page; `status` is the HTTP status, `page` names the fixed text of that page."""

    status: ClassVar[int] = 400
    page: ClassVar[str] = "bad_request"
    message = "The request was refused."


class BadForm(RequestError):
    page = "bad_form"
    message = "The form was not complete or was changed on its way."


class FormExpired(RequestError):
    page = "form_expired"
    message = "The form is too old, or its cookie is missing."


class CrossSite(RequestError):
    status = 403
    page = "cross_site"
    message = "The form was sent from another site."


class SessionEnded(RequestError):
    status = 401
    page = "session_ended"
    message = "The session has ended."


class NothingSent(RequestError):
    page = "nothing_sent"
    message = "There was neither text nor a file."


class TextTooLong(RequestError):
    page = "text_too_long"
    message = "The text is longer than fits."


class FormTooLong(TextTooLong):
    page = "form_too_long"
    message = "The text is longer than a form can even give back."


class OwnCodename(RequestError):
    page = "own_codename"
    message = "The text holds the reporter's own codename."


class OwnCodenameInName(OwnCodename):
    page = "own_codename_in_name"
    message = "A file's name holds the reporter's own codename."


class WordsGone(RequestError):
    status = 410
    page = "words_gone"
    message = "The codename is shown only in the session that began with the report."


class TooManyFiles(RequestError):
    page = "too_many_files"
    message = "There were more files than are allowed."


class BodyTooLarge(RequestError):
    status = 413
    page = "too_large"
    message = "The upload is larger than is allowed."


class LengthRequired(RequestError):
    status = 411
    page = "length_required"
    message = "The upload does not say how long it is."


class UploadTooSlow(RequestError):
    status = 408
    page = "too_slow"
    message = "The upload was too slow or took too long."


class UploadCutOff(RequestError):
    page = "cut_off"
    message = "The upload ended before it was complete."


class TooManyUploads(RequestError):
    status = 503
    page = "busy"
    message = "Too many uploads are going on at once."


class OverBudget(RequestError):
    status = 429
    page = "over_budget"
    message = "More was asked over one Tor circuit than its share."


class DiskLow(RequestError):
    status = 503
    page = "disk_low"
    message = "There is no room for this upload at the moment."


class NoRoomForNew(DiskLow):
    page = "disk_kept"
    message = "The room that is left is kept for reporters who come back."


class DeskFull(RequestError):
    """`desks`: the ids of those whose letterbox is full."""

    status = 503
    page = "desk_full"
    message = "The letterbox of a desk is full."

    def __init__(self, desks: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.desks = desks


class ReportsClosed(RequestError):
    status = 503
    page = "reports_closed"
    message = "The operator has closed the drop for new reports."
    hint = "Open it again: dropbox-server reports open"


class CaseMoved(RequestError):
    status = 409
    page = "case_moved"
    message = "The case went to another desk while this was on its way."


class TwoHandOvers(RequestError):
    page = "two_hand_overs"
    message = "A case was to be handed over to two desks at once."
