"""view: one file of a case as plain pictures in a folder, as text on the screen, or as a list of what is in it."""

from pathlib import Path

from dropbox.codename import case_name
from dropbox.envelope.account import LogAct
from dropbox.errors import FolderNeeded
from dropbox.workstation import alarms, case_log, mandate
from dropbox.workstation.casebook import Act
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.extracting import write_pages
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase, read_case
from dropbox.workstation.speech import _, ngettext, size_text
from dropbox.workstation.terminal import line, paragraphs, table, visible
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault, open_vault
from dropbox.workstation.viewing import MAX_SEALS, Shown, find_attachment, inner_warnings, look

MAX_FIRST_PAGE = 1000


def add(command: Adder) -> None:
    view = command("view", _view, _("Look at a file without opening it: as pictures, or as text."))
    view.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    view.add_argument("item", metavar="ITEM", help=_("the item's number in the thread, or its id"))
    view.add_argument("number", metavar="N", nargs="?", type=int, help=_("the file's number, when there are several"))
    view.add_argument("--to", type=Path, metavar="DIR", help=_("where pictures go; made when it is not there"))
    view.add_argument("--from-page", type=int, default=1, metavar="PAGE", help=_("the first page to show"))
    view.add_argument("--unseal", action="store_true", help=_("open what the reporter sealed themselves"))


def _view(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault, alarms.kept(vault):
        thread = read_case(vault, vault.casebook.find_case(arguments.case))
        opened, number = find_attachment(thread, arguments.item, arguments.number)
        attachment = opened.envelope.index.attachments[number - 1]
        first_page = min(max(arguments.from_page, 1), MAX_FIRST_PAGE)
        seals = MAX_SEALS if arguments.unseal else 0
        seen = look(vault, opened, attachment, seals=seals, first_page=first_page)
        keep_viewed(vault, opened, number)
        prefix = f"{thread.records.index(opened.record) + 1:02d}-{number:02d}"
        paths = _write(vault, opened, seen, arguments.to, prefix)
        notice = _notice(vault, thread) if paths else ""
        document = {**_document(thread, opened, number, seen), "files": [str(path) for path in paths], "notice": notice}

        def lines(width: int) -> list[str]:
            told = [line(attachment.name), *_about(seen, arguments.unseal)]
            told.append(_("SHA-256 of the file as it came: %(sha256)s", sha256=attachment.sha256))
            told += [str(each) for each in inner_warnings(attachment, seen)]
            wrapped = [part for text in (*told, notice) if text for part in paragraphs(text, width, "")]
            return [*wrapped, "", *_body(seen, paths)]

        show(Answer(document, lines, vault.casebook))


def keep_viewed(vault: Vault, opened: Opened, number: int) -> None:
    """Keep in the log, once a day, that this file was looked at."""
    record = opened.record
    if case_log.add_once(vault.casebook, record.case, LogAct.VIEWED, item=record.item, file=str(number)):
        vault.save()


def _notice(vault: Vault, thread: ReadCase) -> str:
    return mandate.notice(mandate.in_force(items_of(vault.casebook, thread.case.case)), Act.SAVE)


def _write(vault: Vault, opened: Opened, seen: Shown, folder: Path | None, prefix: str) -> list[Path]:
    if not seen.pages:
        return []
    if folder is None:
        raise FolderNeeded
    drawn = {at: page.png for at, page in enumerate(seen.pages, start=seen.first_page) if page.png}
    return write_pages(vault, opened, folder, prefix, drawn)


def _document(thread: ReadCase, opened: Opened, number: int, seen: Shown) -> dict[str, object]:
    attachment = opened.envelope.index.attachments[number - 1]
    return {
        "case": thread.case.case,
        "case_name": case_name(thread.case.case),
        "item": opened.record.item,
        "number": number,
        "name": attachment.name,
        "kind": seen.type.kind.value,
        "bytes": attachment.size,
        "sha256": attachment.sha256,
        "seals": seen.seals,
        "first_page": seen.first_page,
        "total": seen.total,
        "text": seen.text,
        "names": [{"name": each.name, "bytes": each.size} for each in seen.names],
        "cut": seen.cut,
    }


def _about(seen: Shown, unsealed: bool) -> list[str]:
    size = size_text(seen.size_bytes)
    told = [_("%(type)s, %(size)s.", type=seen.type.words, size=size)]
    if unsealed and seen.seals:
        told.append(
            ngettext("%(num)s seal was opened with your key.", "%(num)s seals were opened with your key.", seen.seals)
        )
    return told


def _body(seen: Shown, paths: list[Path]) -> list[str]:
    if seen.text is not None:
        return [*visible(seen.text).split("\n"), *([_("(There is more; this is its beginning.)")] if seen.cut else [])]
    if seen.pages:
        last = seen.first_page + len(seen.pages) - 1
        values = {"first": seen.first_page, "last": last, "total": seen.total}
        told = [_("Pages %(first)s to %(last)s of %(total)s, as pictures:", **values)]
        missing = [at for at, page in enumerate(seen.pages, start=seen.first_page) if not page.png]
        told += [_("Page %(page)s could not be drawn within its limits.", page=at) for at in missing]
        return [*told, *(line(str(path)) for path in paths)]
    rows = [(size_text(each.size), line(each.name)) for each in seen.names]
    more = [_("(There are more; these are the first.)")] if seen.cut else []
    listed = table((_("SIZE"), _("NAME")), rows, right=(0,)) if rows else [_("It is empty.")]
    return [_("What it says is in it. Nothing of it was unpacked:"), *listed, *more]
