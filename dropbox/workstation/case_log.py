"""The log of each case: lines that this vault adds to and never changes, each with the hash of the one before.

Every room that does something with a case adds its line here. What colleagues did is in the lines that their notes
brought.
"""

import hashlib
from secrets import token_hex

from dropbox import canonical
from dropbox.envelope.account import LogAct, LogLine, line_hash
from dropbox.models import CaseId, today
from dropbox.workstation import mandate
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.thread import items_of, withdrawn_on

_SALT_BYTES = 16


def add(casebook: Casebook, case: CaseId, act: LogAct, **details: str) -> LogLine:
    """Add one line of today, by this vault's key, under the mandate in force; the caller saves the vault.

    details: a few short texts, of which no one may be what a reporter wrote.
    """
    lines = casebook.log.get(case, ())
    items = items_of(casebook, case)
    told = tuple(sorted({**details, "salt": token_hex(_SALT_BYTES)}.items()))
    line = LogLine(
        n=len(lines) + 1,
        previous=line_hash(case, casebook.vault, lines[-1] if lines else None),
        day=today(),
        by=casebook.key,
        act=act,
        mandate=None if withdrawn_on(items) else mandate.in_force(items),
        digest=hashlib.sha256(canonical.dump(dict(told))).hexdigest(),
        details=told,
    )
    casebook.log[case] = (*lines, line)
    return line
