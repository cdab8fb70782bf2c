"""explain: what became of a number of the desk's log that never came here."""

from dropbox.models import today
from dropbox.workstation import epochs
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.continuity import explain, explained_gaps, open_gaps
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    parser = command("explain", _explain, _("Say what became of a number that never came here; alone, list them."))
    parser.add_argument("number", nargs="*", type=int, metavar="NUMBER", help=_("as the red notice names it"))
    parser.add_argument("--restored", action="store_true", help=_("say that you have read of a restore of the drop"))
    parser.add_argument("--because", default="", metavar="TEXT", help=_("what you found out, in a sentence"))


def _explain(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        if arguments.number or arguments.because:
            explain(vault.casebook, arguments.number, arguments.because, today())
            vault.save()
        if arguments.restored:
            epochs.mark_read(vault.casebook)
            vault.save()
        show(Answer(_document(vault.casebook), lambda width: _lines(vault.casebook, width), vault.casebook))


def _document(casebook: Casebook) -> object:
    explained = [
        {"number": gap.number, "because": told.because, "day": told.day.isoformat()}
        for gap, told in explained_gaps(casebook)
    ]
    return {"open": [gap.number for gap in open_gaps(casebook)], "explained": explained}


def _lines(casebook: Casebook, width: int) -> list[str]:
    lines = [_("Number %(number)s never came here.", number=gap.number) for gap in open_gaps(casebook)]
    for gap, told in explained_gaps(casebook):
        text = _(
            "Number %(number)s never came here. Explained on %(day)s: %(because)s",
            number=gap.number,
            day=told.day.isoformat(),
            because=line(told.because),
        )
        lines += paragraphs(text, width, "")
    return lines or [_("Every number of this desk's log came here.")]
