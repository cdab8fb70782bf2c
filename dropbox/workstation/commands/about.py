"""about: whom and what a case is about, as the members of the desk mark it."""

from collections.abc import Iterator

from dropbox.codename import case_name
from dropbox.envelope.account import Mark, MarkKind
from dropbox.models import CaseId
from dropbox.workstation import acts, marks
from dropbox.workstation.casebook import Act, Casebook
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.composing import known_names
from dropbox.workstation.reading import read_case
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line, paragraphs, table
from dropbox.workstation.together import proposed, write_marks
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    about = command("about", _about, _("Show or mark the persons, places and dates that a case is about."))
    about.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    help_person = _("a person; other names of theirs behind it, with semicolons")
    about.add_argument("--person", action="append", default=[], metavar="NAME", help=help_person)
    about.add_argument("--place", action="append", default=[], metavar="NAME", help=_("a place"))
    help_date = _("a day, a month or a year, such as 2026-03-04")
    about.add_argument("--date", action="append", default=[], metavar="DATE", help=help_date)
    help_change = _("write a mark anew, by its id")
    about.add_argument("--change", action="append", nargs=2, default=[], metavar=("ID", "NAME"), help=help_change)
    about.add_argument("--remove", action="append", default=[], metavar="ID", help=_("take a mark away"))
    help_propose = _("list names in what the reporter wrote that are not marked")
    about.add_argument("--propose", action="store_true", help=help_propose)


def _about(arguments: Arguments, show: Show) -> None:
    fresh = list(_typed(arguments))
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        acts.require(vault.casebook, case.case, Act.VIEW)
        rewrite = dict(arguments.change)
        if fresh or rewrite or arguments.remove:
            change = marks.change(vault.casebook, case.case, add=fresh, rewrite=rewrite, remove=arguments.remove)
            write_marks(vault, case, change)
        now = marks.of_case(vault.casebook, case.case)
        names = None
        if arguments.propose:
            names = proposed(read_case(vault, case), now, known_names(vault.casebook))
        wrote = next_line("export FILE", arguments) if fresh or rewrite or arguments.remove else ""
        show(_answer(vault.casebook, case.case, names, wrote))


def _typed(arguments: Arguments) -> Iterator[Mark]:
    given = ((MarkKind.PERSON, arguments.person), (MarkKind.PLACE, arguments.place), (MarkKind.DATE, arguments.date))
    return (marks.read(kind, text) for kind, texts in given for text in texts)


def _answer(casebook: Casebook, case: CaseId, names: tuple[str, ...] | None, wrote: str) -> Answer:
    now = marks.of_case(casebook, case)
    document: dict[str, object] = {
        "case": case,
        "name": case_name(case),
        "marks": [marks.as_json(each) for each in now],
    }
    if names is not None:
        document["proposed"] = list(names)
    return Answer(document, lambda width: _lines(case, now, names, wrote, width), casebook)


def _lines(case: CaseId, now: tuple[Mark, ...], names: tuple[str, ...] | None, wrote: str, width: int) -> list[str]:
    rows = [(each.id, str(marks.KINDS[each.kind]), line(marks.typed(each))) for each in now]
    lines = [case_name(case), ""]
    lines += table((_("ID"), _("WHAT"), _("NAME")), rows) if rows else [_("Nobody and nothing is marked yet.")]
    if wrote:
        lines += ["", _("This is sealed to your desk. It leaves with the next answer bundle."), wrote]
    if names is not None:
        found = [f"  {line(name)}" for name in names] or [_("None.")]
        lines += ["", *paragraphs(_("Names in what the reporter wrote that are not marked:"), width, ""), *found]
    return lines
