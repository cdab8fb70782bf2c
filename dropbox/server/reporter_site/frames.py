"""The two frames under the send button: where the answer appears, and how far the sending is. No script moves them.

They ask for no session: a page that comes again and again by itself must not keep anybody signed in.
"""

from collections.abc import Sequence

from flask import Blueprint, Response, request

from dropbox.server.progress import Progress, Stage, Standing
from dropbox.server.reporter_site.context import page, visit
from dropbox.server.reporter_site.speech import _, ngettext, share_text, size_text

site = Blueprint("frames", __name__)
CALM_SECONDS = 4
BUSY_SECONDS = 1
"""Also after a refusal: whoever corrects the form presses the button again soon, and must not see the old one then."""
_THOUSAND = 1000


@site.get("/waiting")
def waiting() -> Response:
    return page("waiting.html", waits_for_words=_waits_for_words())


def _waits_for_words() -> bool:
    return request.args.get("for") != "case"


@site.get("/progress")
def progress() -> Response:
    """Say how far this visit's latest upload is; the browser asks again by itself."""
    standing = _standing()
    calm = standing is None or standing.stage is Stage.DONE
    response = page(
        "progress.html",
        stage=standing.stage.value if standing else "nothing",
        thousandths=_thousandths(standing) if standing else None,
        lines=_lines(standing),
    )
    response.headers["Refresh"] = str(CALM_SECONDS if calm else BUSY_SECONDS)
    return response


def _standing() -> Standing | None:
    registry = request.environ.get("dropbox.progress")
    known = visit()
    return registry.of(known) if known is not None and isinstance(registry, Progress) else None


def _thousandths(standing: Standing) -> int | None:
    """Return the bar's length; None for one that only says that something is going on."""
    if standing.stage is not Stage.ARRIVING:
        return None
    return standing.arrived_bytes * _THOUSAND // standing.total_bytes


def _lines(standing: Standing | None) -> Sequence[str]:
    if standing is None:
        return (_("Nothing is being sent yet. After you press the button, you see here how far it is."),)
    total = size_text(standing.total_bytes)
    if standing.stage is Stage.ARRIVING:
        share = share_text(standing.arrived_bytes / standing.total_bytes)
        arrived = size_text(standing.arrived_bytes)
        return (
            _("%(arrived)s of %(total)s (%(share)s).", arrived=arrived, total=total, share=share),
            *_time_left(standing),
        )
    if standing.stage is Stage.SEALING:
        return (_("Everything has arrived (%(total)s). It is being sealed now.", total=total),)
    if standing.stage is Stage.DONE:
        below = _("Scroll down: your seven words are below.") if _waits_for_words() else _("The answer is below.")
        return (_("Everything has arrived (%(total)s) and is sealed.", total=total), below)
    reasons = standing.reasons or (_("The upload broke off, or was not accepted."),)
    return (_("Not sent."), *reasons, _("You need not wait: put it right in your form and press the button again."))


def _time_left(standing: Standing) -> Sequence[str]:
    if standing.stalled:
        return (_("Nothing has come in for a while. Wait a little: it goes on by itself when your connection does."),)
    if standing.seconds_left is None:
        return ()
    minutes = round(standing.seconds_left / 60)
    if minutes < 1:
        return (_("Less than a minute left."),)
    if minutes < 100:
        return (ngettext("About %(num)s minute left.", "About %(num)s minutes left.", minutes),)
    return (ngettext("About %(num)s hour left.", "About %(num)s hours left.", round(minutes / 60)),)
