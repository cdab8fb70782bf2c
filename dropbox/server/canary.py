"""Test reports that this drop sends to itself, by the same way and form as a reporter: does what is sent arrive?

The codename is worked out before the report is sent, so that the text can be signed for its case; it is in this
process's memory only, and the page that comes back must show the same one. Nothing of a reporter's enters this room.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from dropbox.bundle.canary import Canary
from dropbox.codename import generate, parse
from dropbox.errors import CanaryLost, CanaryRefused, CodenameError, DropboxError, FormExpired
from dropbox.models import CaseId, Codename, DeskId, Mandate, today
from dropbox.server.drop import Drop
from dropbox.server.socks import OnionVisitor, Visited
from dropbox.server.tokens import Visit

_PURPOSE = "report"
_WAIT_SECONDS = 30.0
_CODENAME = re.compile(r'id="codename"[^>]*>(.*?)</ol>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Sent:
    """What became of one desk's test report; `problem` is None when its codename came back."""

    desk: DeskId
    problem: DropboxError | None = None


def open_desks(drop: Drop) -> tuple[DeskId, ...]:
    """Return the desks that reports can be addressed to."""
    return tuple(desk.id for desk in drop.settings.desks if not desk.closed)


def send_all(drop: Drop, visitors: Sequence[tuple[DeskId, OnionVisitor]]) -> tuple[Sent, ...]:
    """Send each desk a test report by a visitor of its own; one that fails keeps none of the others back."""
    return tuple(_try(drop, desk, visitor) for desk, visitor in visitors)


def _try(drop: Drop, desk: DeskId, visitor: OnionVisitor) -> Sent:
    try:
        send(drop, desk, visitor)
    except DropboxError as error:
        return Sent(desk, error)
    return Sent(desk)


def send(drop: Drop, desk: DeskId, visitor: OnionVisitor) -> None:
    """Send a desk a test report. Raises CanaryRefused, CanaryLost, or what the visitor raises.

    What may have been stored stays known to the store, because it could not be told from a report otherwise.
    """
    form = _form(visitor.get("/report?l=en"))
    codename = _codename(drop, desk, visitor, form)
    case = drop.derivation.derive(codename, _WAIT_SECONDS).case
    canary = Canary.new(drop.identity.drop, case, drop.identity.signing_key)
    drop.store.canaries.sent(canary.token, CaseId(case), today())
    fields = [*form.hidden, ("desk", desk), ("mandate", Mandate.LISTEN.value), ("message", canary.text)]
    answer = visitor.post(form.action, fields)
    shown = _CODENAME.search(answer.text)
    if shown is None:
        drop.store.canaries.forget(canary.token)
        raise CanaryRefused
    if _is_another(shown[1], codename):
        raise CanaryLost
    visitor.get("/leave")  # its session need not wait for its end


def _codename(drop: Drop, desk: DeskId, visitor: OnionVisitor, form: "_Form") -> Codename:
    """Work out the codename that this form will give; CanaryRefused when the form is not of this drop."""
    from dropbox.server.headers import VISIT_COOKIE  # noqa: PLC0415  # it brings Flask, which no other command needs

    visit = Visit.of(visitor.cookies.get(VISIT_COOKIE))
    try:
        if visit is None:
            raise FormExpired
        stamp = drop.forms.read(_PURPOSE, visit.bound, dict(form.hidden).get("token", ""))
    except FormExpired:
        raise CanaryRefused from None
    return generate(drop.identity.secret, stamp.nonce, visit.bound, [desk])


def _is_another(shown: str, codename: Codename) -> bool:
    try:
        return parse(_TAG.sub(" ", shown)).reveal() != codename.reveal()
    except CodenameError:
        return True


@dataclass
class _Form:
    action: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """Finds the report's form and what stands hidden in it."""

    def __init__(self) -> None:
        super().__init__()
        self.form = _Form()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("action", "").startswith("/report"):
            self._inside, self.form.action = True, given["action"]
        elif self._inside and tag == "input" and given.get("type") == "hidden" and "name" in given:
            self.form.hidden.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def _form(page: Visited) -> _Form:
    """Return the report's form as it stands in a page; CanaryRefused where there is none."""
    forms = _Forms()
    forms.feed(page.text)
    if page.status != 200 or not forms.form.action:
        raise CanaryRefused
    return forms.form
