"""register and dpia: what the law asks a reporting point to keep, and the assessment that it asks for before."""

from pathlib import Path

from dropbox.models import today
from dropbox.target import new_file
from dropbox.workstation import assessment, register, register_file
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.register import Register
from dropbox.workstation.speech import _, choice_text, language, ngettext
from dropbox.workstation.terminal import line, paragraphs, table
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    kept = command("register", _register, _("Show the register of reports that the law asks for, or write it."))
    kept.add_argument("--year", type=int, required=True, metavar="YEAR", help=_("of the reports that came in then"))
    kept.add_argument("--with-days", action="store_true", help=_("with days and not only months: more can be guessed"))
    endings = _("made new; it ends in %(endings)s", endings=choice_text(register_file.ENDINGS))
    kept.add_argument("--to", type=Path, metavar="FILE", help=endings)
    assess = command("dpia", _dpia, _("Write a template of the privacy assessment, filled with what is known here."))
    endings = _("made new; it ends in %(endings)s", endings=choice_text(assessment.ENDINGS))
    assess.add_argument("--to", type=Path, required=True, metavar="FILE", help=endings)
    assess.add_argument("--lang", choices=assessment.TEMPLATES, help=_("your own when it is left out"))


def _register(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        book = vault.casebook
        found = register.register_of(book, arguments.year, today(), with_days=arguments.with_days)
        if arguments.to is not None:
            _write(arguments.to, register_file.register_bytes(book, found, arguments.to.name))
        document = register_file.as_json(found) | {"file": str(arguments.to) if arguments.to else None}
        show(Answer(document, lambda width: _lines(book, found, arguments.to, width), book))


def _lines(casebook: Casebook, found: Register, target: Path | None, width: int) -> list[str]:
    if target is not None:
        return [*_introduced(found, width), "", _wrote(target)]
    rows = [register_file.cells(casebook, entry) for entry in found.entries]
    count = ngettext("%(num)s report of %(year)s.", "%(num)s reports of %(year)s.", len(rows), year=found.year)
    listed = table([str(head) for head in register_file.HEADS], rows) if rows else []
    return [*listed, *([""] if rows else []), count, *_introduced(found, width)]


def _introduced(found: Register, width: int) -> list[str]:
    return [each for text in register_file.introduction(found) for each in paragraphs(text, width, "")]


def _dpia(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        spoken = arguments.lang or language()
        made = assessment.assessment(vault.casebook, spoken)
        _write(arguments.to, assessment.assessment_bytes(made, arguments.to.name))
        blanks = assessment.blanks(made)
        document = {"file": str(arguments.to), "language": spoken, "title": made.title, "blanks": blanks}
        told = ngettext(
            "%(num)s place in square brackets is yours to fill in.",
            "%(num)s places in square brackets are yours to fill in.",
            blanks,
        )
        show(Answer(document, lambda _width: [_wrote(arguments.to), told], vault.casebook))


def _write(target: Path, content: bytes) -> None:
    with new_file(target) as stream:
        stream.write(content)


def _wrote(target: Path) -> str:
    return _("Wrote %(file)s", file=line(str(target)))
