"""cases, read and extract: what the vault holds, shown."""

from collections.abc import Sequence
from pathlib import Path

from dropbox.codename import case_name
from dropbox.errors import OwnItemInside, ThreadBroken
from dropbox.workstation import mandate, screens
from dropbox.workstation.casebook import Act
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.extracting import Extracted, extract_case, refused_own
from dropbox.workstation.own_seals import Unsealed, save_unsealed, unsealed_lines
from dropbox.workstation.reading import ReadCase, as_json, mark_read, read_case
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import paragraphs
from dropbox.workstation.thread import CaseSummary, summaries
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    command("cases", _cases, _("List the cases."))
    command("read", _read, _("Show a case.")).add_argument("case", metavar="CASE", help=str(HELP_CASE))
    extract = command("extract", _extract, _("Put every file of a case into a folder."))
    extract.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    extract.add_argument("--to", type=Path, required=True, metavar="DIR", help=_("made when it is not there"))
    help_unseal = _("save also what is in the files that the reporter sealed themselves")
    extract.add_argument("--unseal", action="store_true", help=help_unseal)


def _cases(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        found = summaries(vault.casebook)
        show(Answer([_summary(each) for each in found], lambda _width: screens.case_lines(found), vault.casebook))


def _summary(summary: CaseSummary) -> dict[str, object]:
    return {
        "case": summary.case,
        "name": summary.name,
        "desk": summary.desk,
        "mandate": summary.mandate,
        "received": summary.received.isoformat(),
        "submissions": summary.submissions,
        "replies": summary.replies,
        "unread": summary.unread,
    }


def _read(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        shown = read_case(vault, case)
        show(
            Answer(
                as_json(shown, case_name(case.case)),
                lambda width: screens.thread_lines(vault.casebook, shown, width),
                vault.casebook,
            )
        )
        mark_read(vault, shown)
        _require_whole(shown)


def _extract(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        shown = read_case(vault, vault.casebook.find_case(arguments.case))
        files = extract_case(vault, shown, arguments.to)
        alarmed = refused_own(vault, shown)
        if alarmed:
            vault.save()
        opened = save_unsealed(vault, shown, arguments.to) if arguments.unseal else Unsealed((), {})
        notice = mandate.notice(mandate.in_force(list(shown.records)), Act.SAVE) if files else ""
        document = {"case": shown.case.case, "files": [_file(each) for each in files], "notice": notice}
        if arguments.unseal:
            document |= {"unsealed": [str(path) for path in opened.paths]}
        told = [*unsealed_lines(shown, opened), notice]
        show(Answer(document, lambda width: _saved_lines(files, told, width), vault.casebook))
        if alarmed or opened.alarmed:
            raise OwnItemInside
        _require_whole(shown)


def _saved_lines(files: Sequence[Extracted], told: Sequence[str], width: int) -> list[str]:
    more = [each for text in told if text for each in ("", *paragraphs(text, width, ""))]
    return [*screens.extract_lines(files), *more]


def _file(each: Extracted) -> dict[str, object]:
    return {
        "item": each.item,
        "path": str(each.path),
        "name": each.attachment.name,
        "bytes": each.attachment.size,
        "sha256": each.attachment.sha256,
    }


def _require_whole(shown: ReadCase) -> None:
    """Fail after what could be opened was shown."""
    if not shown.whole:
        raise ThreadBroken
