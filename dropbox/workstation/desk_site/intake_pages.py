"""Opening a case for somebody who is there: the questions, and the slip, once.

The slip is the answer to the form itself. Nothing keeps its words until another page asks for them: neither the
session nor the address, and a second sending of the same form makes no second case.
"""

import secrets
from dataclasses import dataclass, field

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.errors import DropboxError, TextUnreadable, TooLarge
from dropbox.models import Mandate, Plaintext
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk, this_session
from dropbox.workstation.intake import MANDATES, Conversation, TakenDown, require_ready, take_down
from dropbox.workstation.slip import Slip, texts
from dropbox.workstation.speech import LANGUAGES, _, language

pages = Blueprint("intake", __name__)

_KEPT = "intake"
MAX_WAITING_FORMS = 50


@dataclass
class _Waiting:
    """The marks of the forms that were shown and not sent; each opens one case at most."""

    marks: dict[str, None] = field(default_factory=dict)

    def new(self) -> str:
        mark = secrets.token_urlsafe(16)
        self.marks[mark] = None
        while len(self.marks) > MAX_WAITING_FORMS:
            del self.marks[next(iter(self.marks))]
        return mark

    def spend(self, mark: str) -> bool:
        return self.marks.pop(mark, mark) is None


@pages.get("/intake")
def ask() -> Page:
    """Show what to ask the person, and the form for it."""
    return _ask(Form(language=language(), mark=_waiting().new()))


@pages.post("/intake")
def take() -> Page | Response:
    """Open the case and show its slip."""
    form = Form()
    text, spoken = form.text("text"), form.choice("language", LANGUAGES)
    mandate = form.choice("mandate", ["", *Mandate])
    mark = form.text("mark")
    if not text.strip():
        form.errors["text"] = _("Write down what the person said.")
    if not mandate:
        form.errors["mandate"] = _("Ask the person what may be done with it, and choose.")
    if form.refused:
        return _ask(form)
    if not _waiting().spend(mark):
        say(_("This case was opened before. Its slip was shown then, and nobody can show it again."))
        return go("/")
    try:
        with this_desk().writing() as vault:
            taken = take_down(vault, Conversation(Plaintext(text), Mandate(mandate), spoken))
            address = vault.casebook.address
    except DropboxError as error:
        form.values["mark"] = _waiting().new()
        form.refuse("text" if isinstance(error, (TextUnreadable, TooLarge)) else "", error)
        return _ask(form)
    return _slip(taken, address, spoken)


def _slip(taken: TakenDown, address: str, spoken: str) -> Page:
    slip = Slip(taken.codename, address, spoken)
    return show("intake_slip.html", slip=slip, said=texts(slip), case=taken.case, name=case_name(taken.case))


def _ask(form: Form) -> Page:
    return show("intake.html", form=form, mandates=list(MANDATES.items()), shut=_shut())


def _shut() -> DropboxError | None:
    """Return why no case can be opened here now: better said before anybody has told anything."""
    with this_desk().reading() as vault:
        try:
            require_ready(vault)
        except DropboxError as error:
            return error
    return None


def _waiting() -> _Waiting:
    kept = this_session().kept.setdefault(_KEPT, _Waiting())
    return kept if isinstance(kept, _Waiting) else _Waiting()
