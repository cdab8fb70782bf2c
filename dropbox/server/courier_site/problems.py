"""What an investigator is told when something is refused: fixed texts, and nothing of the request in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dropbox.errors import (
    BundleAuthorUnknown,
    BundleError,
    BundleForeign,
    BundleItemMismatch,
    BundleNotYours,
    BundleSignatureInvalid,
    BundleTooLarge,
    Busy,
    CourierRefusal,
    DropboxError,
    RequestError,
    StoreBusy,
    StoredItemDamaged,
    StoreFull,
    TargetUnusable,
)
from dropbox.server.reporter_site.speech import Lazy, _l

_NOTHING_CHANGED = _l("Nothing was changed.")
_GO_BACK = _l("Go back to the first page and try again.")
_TRY_LATER = _l("Try again in a few minutes. Does it go on? Then tell the operator.")


@dataclass(frozen=True)
class Problem:
    status: int
    title: Lazy
    paragraphs: Sequence[Lazy]


PROBLEMS: dict[str, Problem] = {
    "bad_request": Problem(
        400, _l("That did not work"), (_l("We could not read what your browser asked for."), _NOTHING_CHANGED, _GO_BACK)
    ),
    "bad_form": Problem(
        400,
        _l("The form did not arrive whole"),
        (_l("A part of the form was missing, or was changed on its way."), _NOTHING_CHANGED, _GO_BACK),
    ),
    "form_expired": Problem(
        400,
        _l("This form was too old"),
        (_l("This form was too old, or its cookie was missing."), _NOTHING_CHANGED, _GO_BACK),
    ),
    "cross_site": Problem(
        403,
        _l("This came from another site"),
        (_l("Another site tried to send this form for you. We did not take it."), _NOTHING_CHANGED),
    ),
    "no_file": Problem(
        400,
        _l("There was no bundle"),
        (_l("Choose the answer bundle that the workstation wrote, and bring it again."), _NOTHING_CHANGED),
    ),
    "too_large": Problem(
        413,
        _l("This is too large"),
        (_l("This bundle is larger than the courier takes. Bring it to the server on a USB stick."), _NOTHING_CHANGED),
    ),
    "length_required": Problem(
        411,
        _l("Your browser did not say how much it sends"),
        (_l("This site must know beforehand how large an upload is."), _NOTHING_CHANGED, _GO_BACK),
    ),
    "too_slow": Problem(
        408,
        _l("Sending took too long"),
        (_l("The connection was too slow, or sending took too long."), _NOTHING_CHANGED, _GO_BACK),
    ),
    "cut_off": Problem(
        400,
        _l("Sending broke off"),
        (_l("The connection broke before everything had arrived."), _NOTHING_CHANGED, _GO_BACK),
    ),
    "busy": Problem(
        503,
        _l("It is busy here at the moment"),
        (_l("Another bundle is being made or taken in."), _NOTHING_CHANGED, _TRY_LATER),
    ),
    "over_budget": Problem(
        429,
        _l("Too much at once"),
        (_l("Too much was asked over your connection in a short time. Wait a minute, and try again."),
         _NOTHING_CHANGED),
    ),
    "downloads_busy": Problem(
        503,
        _l("You are fetching too many bundles at once"),
        (_l("Wait until one of them has arrived. A download that broke off counts for two minutes more."),),
    ),
    "disk_low": Problem(
        503,
        _l("There is no room at the moment"),
        (_l("The server has no room for a bundle of this size. Tell the operator."), _NOTHING_CHANGED),
    ),
    "bundle_gone": Problem(
        404,
        _l("This bundle is not here any more"),
        (_l("It was kept long enough, or something in it was withdrawn. Make a new one on the first page."),),
    ),
    "damaged": Problem(
        500,
        _l("The bundle cannot be made"),
        (_l("A sealed item on the server is missing or damaged. Tell the operator to run: dropbox-server check"),),
    ),
    "not_found": Problem(
        404, _l("There is no such page"), (_l("The address is wrong, or the page is not there any more."),)
    ),
    "wrong_method": Problem(
        405, _l("It does not work this way"), (_l("This page cannot be asked for in this way."), _GO_BACK)
    ),
    "server_error": Problem(
        500, _l("Something went wrong here"), (_l("The fault is ours, not yours."), _TRY_LATER)
    ),
}  # fmt: skip

_PAGES: tuple[tuple[type[DropboxError], str], ...] = (
    (Busy, "busy"),
    (StoreBusy, "busy"),
    (StoreFull, "disk_low"),
    (TargetUnusable, "disk_low"),
    (StoredItemDamaged, "damaged"),
)

_SAME_DESK = _l("Bring the bundle of a desk of yours, or ask the operator to add the desk to your name.")
_COPY_AGAIN = _l("Copy it again from the workstation. Does it go on? Then tell the operator and the other members.")
_REFUSALS: tuple[tuple[type[DropboxError], Lazy, Lazy], ...] = (
    (BundleNotYours, _l("This bundle speaks for a desk that is not yours."), _SAME_DESK),
    (BundleSignatureInvalid, _l("The signature of this bundle is not valid."), _COPY_AGAIN),
    (BundleForeign, _l("This bundle belongs to another drop, desk or member."), _SAME_DESK),
    (
        BundleAuthorUnknown,
        _l("Who wrote this bundle is not a current member of its desk."),
        _l("Ask the operator whether the roster is up to date."),
    ),
    (BundleItemMismatch, _l("An item of this bundle is missing, or is not what the bundle says."), _COPY_AGAIN),
    (BundleTooLarge, _l("A part of this bundle is larger than is allowed."), _COPY_AGAIN),
    (
        BundleError,
        _l("This is not an answer bundle, or not a whole one."),
        _l("Choose the file that the workstation wrote with “export”. Pickup bundles go the other way."),
    ),
)


def page_of(error: Exception) -> str:
    """Return the name of an error's page; whatever has none of its own is a fault of ours."""
    if isinstance(error, RequestError | CourierRefusal):
        return error.page if error.page in PROBLEMS else "bad_request"
    return next((page for kind, page in _PAGES if isinstance(error, kind)), "server_error")


def refusal_of(error: BundleError) -> tuple[Lazy, Lazy]:
    """Return why an answer bundle was refused, and what to do."""
    return next((text, advice) for kind, text, advice in _REFUSALS if isinstance(error, kind))
