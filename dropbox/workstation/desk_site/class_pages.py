"""The part of a case's page about what it is about and how it ended, in the words that can be counted."""

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.envelope.account import Outcome, Subject
from dropbox.errors import DropboxError, NothingToChange, VaultBusy
from dropbox.workstation import classes
from dropbox.workstation.classifying import classify
from dropbox.workstation.desk_site.case import case_page, case_part
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, this_desk
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import _
from dropbox.workstation.thread import withdrawn_on
from dropbox.workstation.vault import Vault

pages = Blueprint("class", __name__)

_NOTHING = ""
"""What the two lists say where nothing was said yet."""


@case_part
def class_part(_vault: Vault, shown: ReadCase) -> dict[str, object]:
    """Give the case page what `_case_class.html` shows."""
    now = classes.class_of_items(shown.records)
    return {
        "class_now": now,
        "class_subject": classes.subject_text(now.subject),
        "class_outcome": classes.outcome_text(now.outcome),
        "class_subjects": [(_NOTHING, _("not said yet")), *((each.value, text) for each, text in _subjects())],
        "class_outcomes": [(_NOTHING, _("not said yet")), *((each.value, text) for each, text in _outcomes())],
        "class_withdrawn": withdrawn_on(list(shown.records)),
    }


@pages.post("/case/<case>/class")
def set_class(case: str) -> Page | Response:
    """Seal one note with what was chosen; what was left open stays as it was."""
    form = Form()
    subject = form.choice("subject", [_NOTHING, *(each.value for each, _text in _subjects())])
    outcome = form.choice("outcome", [_NOTHING, *(each.value for each, _text in _outcomes())])
    try:
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case)
            said = classify(
                vault,
                found,
                subject=Subject(subject) if subject else None,
                outcome=Outcome(outcome) if outcome else None,
            )
    except VaultBusy:
        raise
    except NothingToChange:
        say(_("Nothing was changed, so nothing was written."))
        return go(f"/case/{case}")
    except DropboxError as error:
        form.refuse("class", error)
        return case_page(case, form=form)
    say(" ".join([*classes.sentences(said), _("It leaves with the next answer bundle.")]))
    return go(f"/case/{found.case}#class")


def _subjects() -> list[tuple[Subject, str]]:
    return [(each, str(text)) for each, text in classes.SUBJECTS.items()]


def _outcomes() -> list[tuple[Outcome, str]]:
    return [(each, str(classes.OUTCOMES[each])) for each in classes.SAID_BY_THE_DESK]
