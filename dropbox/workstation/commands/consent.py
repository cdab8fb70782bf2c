"""consent: what the reporter of a case was asked to agree to, and what they answered."""

from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.models import CaseId
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.consent import AskState, answer_text, asks_of, question_text
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    shows = command("consent", _show, _("Show what a reporter was asked to agree to, and their answers."))
    shows.add_argument("case", metavar="CASE", help=str(HELP_CASE))


def ask_lines(casebook: Casebook, state: AskState) -> list[str]:
    """Return a question with its readers and its answer, the latter indented by two blanks."""
    readers = [f"  - {each.name}{f', {each.fingerprint}' if each.fingerprint else ''}" for each in state.ask.readers]
    own = "" if state.desk == casebook.bound.desk else _("Asked by desk %(desk)s.", desk=state.desk)
    return [question_text(casebook, state.ask), *readers, f"  {' '.join(filter(None, (answer_text(state), own)))}"]


def wrapped(texts: Sequence[str], width: int) -> list[str]:
    """Return lines for a terminal; blanks that a text begins with stand before each of its lines."""
    split = [(text.lstrip(), len(text) - len(text.lstrip())) for text in texts]
    return [each for text, blanks in split for each in paragraphs(line(text), width, " " * blanks)]


def _show(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case).case
        states = asks_of(vault.casebook, case)
        document = {"case": case, "name": case_name(case), "asks": [each.as_json() for each in states]}
        show(Answer(document, lambda width: _lines(vault.casebook, case, states, width), vault.casebook))


def _lines(casebook: Casebook, case: CaseId, states: tuple[AskState, ...], width: int) -> list[str]:
    if not states:
        return [_("The reporter of %(name)s was asked nothing.", name=case_name(case))]
    told = [text for state in states for text in ask_lines(casebook, state)]
    return wrapped(told, width)
