"""Classifying a case: one note to the desk that says what it is about or how it ended, and a line in its log."""

from dropbox.envelope.account import Account, Classified, LogAct, Outcome, Subject
from dropbox.models import Kind, Plaintext
from dropbox.workstation import case_log, classes
from dropbox.workstation.casebook import CaseRecord
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.vault import Vault


def classify(vault: Vault, case: CaseRecord, *, subject: Subject | None, outcome: Outcome | None) -> Classified:
    """Seal the note into the vault; the next export carries it.

    Raises what `classes.change` and `write_to_case` do.
    """
    said = classes.change(vault.casebook, case.case, subject=subject, outcome=outcome)
    details = {"subject": said.subject, "outcome": said.outcome}
    case_log.add(
        vault.casebook, case.case, LogAct.CLASSIFIED, **{name: each.value for name, each in details.items() if each}
    )
    write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), account=Account(classified=said)))
    return said
