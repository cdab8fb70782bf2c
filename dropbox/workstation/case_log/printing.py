"""The log of a case for somebody who has nothing but paper: every line in words, then what each hash was taken of.

Whoever types a line's JSON into a file, with a line end behind it, gets the printed hash from `sha256sum`.
"""

import json
from pathlib import Path

from dropbox.codename import case_name
from dropbox.envelope.account import LogAct, details_input, hash_input
from dropbox.errors import LogFormUnknown
from dropbox.models import CaseId, today
from dropbox.target import new_file
from dropbox.workstation.case_log import checking, lines, words
from dropbox.workstation.case_log.lines import Entry
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.document import Block, Document, Heading, Point, Table, Text, as_pdf, as_text
from dropbox.workstation.speech import _, day_text, language
from dropbox.workstation.terminal import line
from dropbox.workstation.thread import member_name
from dropbox.workstation.vault import Vault

_WIDTHS = (0.6, 1.3, 2.1, 3.4, 1.3, 1.9)


def write_log(vault: Vault, case: CaseId, target: Path) -> None:
    """Write the log of a case to a new file, and into the log that this was done; the vault is saved.

    The file's ending says in which form. Raises LogFormUnknown, TargetExists, TargetUnusable.
    """
    make = _FORMS.get(target.suffix.lower())
    if make is None:
        raise LogFormUnknown
    with new_file(target) as file:
        lines.add(vault.casebook, case, LogAct.SAVED, files="1", where=str(target.absolute().parent))
        made = make(vault.casebook, case)
        vault.save()  # first: a copy that nobody knows of would be left out where a reporter takes something back
        file.write(made)


def document(casebook: Casebook, case: CaseId) -> dict[str, object]:
    """Return the log as documents and scripts get it; a check of it is in it, and changes nothing."""
    faults = checking.check(casebook, [case]).get(case, ())
    return {
        "case": case,
        "name": case_name(case),
        "drop": casebook.bound.drop,
        "desk": casebook.bound.desk,
        "vault": casebook.vault,
        "day": today().isoformat(),
        "lines": [lines.as_json(entry) for entry in lines.of_case(casebook, case)],
        "pending": len(lines.pending(casebook, case)),
        "faults": [checking.as_json(case, fault) for fault in faults],
    }


def paper(casebook: Casebook, case: CaseId) -> Document:
    """Return the log as it is printed, in the reader's language."""
    entries = lines.of_case(casebook, case)
    blocks = (*_head(casebook, case), _table(casebook, entries), *_checking(), *_inputs(case, entries))
    return Document(_("Log of %(name)s", name=case_name(case)), language(), blocks)


def _head(casebook: Casebook, case: CaseId) -> tuple[Block, ...]:
    faults = checking.check(casebook, [case]).get(case, ())
    told = [words.fault_text(casebook, case, fault) for fault in faults]
    verdict = told or [_("Every chain of this log held when it was printed.")]
    return (
        Text(
            _(
                "Case %(case)s of desk %(desk)s, printed on %(day)s from the vault %(vault)s.",
                case=case,
                desk=casebook.bound.desk,
                day=day_text(today()),
                vault=casebook.vault,
            )
        ),
        *(Point(line(text)) for text in verdict),
        *(Point(line(text)) for fault in faults if (text := words.explained_text(fault))),
    )


def _table(casebook: Casebook, entries: tuple[Entry, ...]) -> Table:
    heads = (_("Line"), _("Day"), _("Who"), _("What was done"), _("Mandate"), _("Hash"))
    rows = tuple(
        (
            str(entry.line.n),
            entry.line.day.isoformat(),
            line(member_name(casebook, entry.line.by)),
            line(words.act_text(casebook, entry)),
            words.mandate_text(entry.line.mandate),
            entry.hash[: words.SHORT_HASH_DIGITS],
        )
        for entry in entries
    )
    return Table(heads, rows, _WIDTHS)


def _checking() -> tuple[Block, ...]:
    return (
        Heading(_("How to check it by hand")),
        Text(
            _(
                "Each line below stands as JSON, just as it was hashed. Put it into a file with one line end behind "
                "it: its SHA-256 is the hash under it, and the next line of the same vault has that hash as "
                "“previous”. The first line of a vault has the hash of the vault's beginning there. “digest” is the "
                "SHA-256 of the details in the same way. Where a line breaks between two words a blank stood; where it "
                "breaks inside one, nothing did. Written as .json, nothing is broken."
            )
        ),
    )


def _inputs(case: CaseId, entries: tuple[Entry, ...]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for vault in dict.fromkeys(entry.vault for entry in entries):
        own = [entry for entry in entries if entry.vault == vault]
        blocks += [Heading(_("Vault %(vault)s", vault=vault), 2), Text(_json(hash_input(case, vault, None)))]
        blocks += [Text(text) for entry in own for text in _input(case, entry)]
    return tuple(blocks)


def _input(case: CaseId, entry: Entry) -> tuple[str, ...]:
    told = (_json(hash_input(case, entry.vault, entry.line)), entry.hash)
    details = entry.line.details
    return told if details is None else (*told, _json(details_input(details)))


def _json(data: bytes) -> str:
    return data.decode().rstrip("\n")


def _as_text(casebook: Casebook, case: CaseId) -> bytes:
    return as_text(paper(casebook, case))


def _as_pdf(casebook: Casebook, case: CaseId) -> bytes:
    return as_pdf(paper(casebook, case))


def _as_json(casebook: Casebook, case: CaseId) -> bytes:
    return json.dumps(document(casebook, case), indent=1, ensure_ascii=False).encode() + b"\n"


_FORMS = {".pdf": _as_pdf, ".txt": _as_text, ".json": _as_json}
