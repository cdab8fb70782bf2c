"""search: find cases by what was written in them. Everything is unsealed for it, and kept in memory only."""

from dropbox.errors import NothingToSearch
from dropbox.models import today
from dropbox.workstation.case_rows import CaseRow
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.finder import Finder, Found, Search, has_words
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    parser = command("search", _search, _("Find cases by the words in them."))
    parser.add_argument(
        "words", nargs="+", metavar="WORDS", help=_("all of them must be there, as beginnings of words")
    )


def _search(arguments: Arguments, show: Show) -> None:
    words = " ".join(arguments.words)
    if not has_words(words):
        raise NothingToSearch
    with open_vault(arguments.vault) as vault:
        finder = Finder()
        finder.follow(vault.casebook)
        finder.learn_all(vault)
        rows = _all_rows(finder, words)
        document = [{"case": row.case, "name": row.name, "text": _excerpt(row)} for row in rows]
        show(Answer(document, lambda width: _lines(rows, width), vault.casebook))


def _all_rows(finder: Finder, words: str) -> list[CaseRow]:
    first = finder.find(Search(words=words), today())
    rest: list[Found] = [finder.find(Search(words=words, page=page), today()) for page in range(2, first.pages + 1)]
    return [row for found in (first, *rest) for row in found.rows]


def _excerpt(row: CaseRow) -> str:
    return "".join(row.found.pieces) if row.found else ""


def _lines(rows: list[CaseRow], width: int) -> list[str]:
    if not rows:
        return [_("Nothing was found.")]
    lines: list[str] = []
    for row in rows:
        lines += [f"{row.case[:8]}  {row.name}", *(paragraphs(line(_excerpt(row)), width, "  ") if row.found else [])]
    return [*lines, "", ngettext("%(num)s case.", "%(num)s cases.", len(rows))]
