"""statistics and account: the figures of a year, with what must be withheld left out, and the page for everybody."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from dropbox.models import today
from dropbox.workstation import statistics
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    figures = command("statistics", _statistics, _("Count the reports of a year; counts below five are withheld."))
    _add_year(figures)
    figures.add_argument(
        "--to", type=Path, metavar="DIR", help=_("write the figures there as JSON, signed with your key, and a chart")
    )
    account = command("account", _account, _("Write the public account of a year, in Dutch and English."))
    _add_year(account)
    account.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help=_("the folder; nothing in it is overwritten")
    )


def _add_year(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--year", type=_year, required=True, metavar="YEAR", help=_("of the reports that came in then"))


def _year(text: str) -> int:
    """Return a year. Raises ValueError, which argparse tells as wrong usage."""
    year = int(text)
    if not statistics.FIRST_YEAR <= year <= statistics.LAST_YEAR:
        raise ValueError
    return year


def _statistics(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        figures = statistics.figures_of(vault.casebook, arguments.year, today())
        written: list[Path] = []
        if arguments.to is not None:
            written = statistics.write_files(arguments.to, statistics.figures_files(vault, figures))
        show(
            Answer(
                statistics.as_json(figures),
                lambda width: [*statistics.lines(figures, width), *_wrote(written)],
                vault.casebook,
            )
        )


def _account(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        figures = statistics.figures_of(vault.casebook, arguments.year, today())
        files = statistics.figures_files(vault, figures) | statistics.account_files(figures)
        written = statistics.write_files(arguments.to, files)
        document = {"year": arguments.year, "files": [str(path) for path in written]}
        told = [text for text in (statistics.unfinished_text(figures), statistics.total_text(figures)) if text]
        show(
            Answer(
                document,
                lambda width: [*[each for text in told for each in paragraphs(text, width, "")], *_wrote(written)],
                vault.casebook,
            )
        )


def _wrote(written: Sequence[Path]) -> list[str]:
    return [_("Wrote %(file)s", file=line(str(path))) for path in written]
