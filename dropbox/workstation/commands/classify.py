"""classify: what a case is about and how it ended, in the words that can be counted."""

from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.envelope.account import Outcome, Subject
from dropbox.models import CaseId
from dropbox.workstation import classes
from dropbox.workstation.casebook import Casebook, CaseRecord
from dropbox.workstation.classifying import classify
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import paragraphs
from dropbox.workstation.vault import Vault, open_vault


def add(command: Adder) -> None:
    parser = command("classify", _classify, _("Say what a case is about and how it ended, so that it can be counted."))
    parser.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    subjects, outcomes = [each.value for each in Subject], [each.value for each in classes.SAID_BY_THE_DESK]
    parser.add_argument(
        "--subject",
        choices=subjects,
        metavar="SUBJECT",
        help=_("what it is mainly about: %(words)s", words=", ".join(subjects)),
    )
    parser.add_argument(
        "--outcome",
        choices=outcomes,
        metavar="OUTCOME",
        help=_("how it ended: %(words)s", words=", ".join(outcomes)),
    )


def _classify(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        shows_only = arguments.subject is None and arguments.outcome is None
        lines = _lines(vault.casebook, case.case) if shows_only else _write(vault, case, arguments)
        document = _document(vault.casebook, case.case)
        show(Answer(document, lambda width: _wrapped(lines, width), vault.casebook))


def _write(vault: Vault, case: CaseRecord, arguments: Arguments) -> list[str]:
    said = classify(
        vault,
        case,
        subject=Subject(arguments.subject) if arguments.subject else None,
        outcome=Outcome(arguments.outcome) if arguments.outcome else None,
    )
    name = case_name(case.case)
    done = _("This is noted for %(name)s, sealed to your desk. It leaves with the next answer bundle.", name=name)
    return [*classes.sentences(said), done, next_line("export FILE", arguments)]


def _lines(casebook: Casebook, case: CaseId) -> list[str]:
    now = classes.class_of(casebook, case)
    return [
        case_name(case),
        _("It is about: %(subject)s.", subject=classes.subject_text(now.subject)),
        _("How it ended: %(outcome)s.", outcome=classes.outcome_text(now.outcome)),
    ]


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [each for text in lines for each in paragraphs(text, width, "")]


def _document(casebook: Casebook, case: CaseId) -> dict[str, object]:
    now = classes.class_of(casebook, case)
    return {"case": case, "name": case_name(case), "subject": now.subject, "outcome": now.outcome}
