"""reply, note, letters and check-text: what an investigator writes to a case, and what helps in writing it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dropbox.codename import case_name
from dropbox.errors import AttachmentUnreadable, LetterUnfinished
from dropbox.models import Kind, Plaintext
from dropbox.workstation import acts, mandate
from dropbox.workstation.casebook import CaseRecord
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.composing import Beside, beside
from dropbox.workstation.drafts import signed
from dropbox.workstation.letters import ORIGINS, Letter, Shelf, read_shelf
from dropbox.workstation.pointing import Point, PointKind, points_in
from dropbox.workstation.previewing import Preview
from dropbox.workstation.replying import Draft, read_text, write_to_case
from dropbox.workstation.speech import N_, _, language, ngettext
from dropbox.workstation.terminal import line, paragraphs, table, visible
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault, open_vault

_DONE = {
    Kind.REPLY: N_("The reply to %(case)s is sealed. It leaves with the next answer bundle."),
    Kind.NOTE: N_("The note to %(case)s is sealed. It leaves with the next answer bundle."),
}
_FRAME = "| "


def add(command: Adder) -> None:
    _add_reply(command)
    note = command("note", _write, _("Write to the members of your own desk."))
    note.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    note.add_argument("--text-file", required=True, metavar="FILE", help=_("UTF-8; - for standard input"))
    note.set_defaults(kind=Kind.NOTE, attach=[], letter=None, lang="", sign="", preview=False)
    letters = command("letters", _letters, _("List the letters to begin a reply with, or show one."))
    letters.add_argument("letter", nargs="?", metavar="NAME", help=_("show this one"))
    letters.add_argument("--lang", default="", metavar="LANG", help=_("in this language, such as nl or en"))
    letters.add_argument("--case", metavar="CASE", help=_("filled in for this case: %(how)s", how=HELP_CASE))
    check = command("check-text", _check, _("Point at names, phone numbers and addresses in a text."))
    check.add_argument("--text-file", required=True, metavar="FILE", help=_("UTF-8; - for standard input"))
    check.add_argument("--case", metavar="CASE", help=_("compare with the names in this case: %(how)s", how=HELP_CASE))


def _add_reply(command: Adder) -> None:
    reply = command("reply", _write, _("Answer the reporter."))
    reply.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    reply.add_argument("--text-file", metavar="FILE", help=_("UTF-8; - for standard input; optional with --letter"))
    help_attach = _("a file to go with it; may be given several times")
    reply.add_argument("--attach", type=Path, action="append", default=[], metavar="FILE", help=help_attach)
    reply.add_argument("--letter", metavar="NAME", help=_("begin with this letter; see: dropbox-workstation letters"))
    reply.add_argument("--lang", default="", metavar="LANG", help=_("the letter's language; the reporter's by default"))
    reply.add_argument("--sign", default="", metavar="NAME", help=_("put this name under the text"))
    reply.add_argument(
        "--preview", action="store_true", help=_("show it as the reporter will see it, and seal nothing")
    )
    reply.set_defaults(kind=Kind.REPLY, refuse=reply.error)


# --- reply and note -----------------------------------------------------------------------------------------------


def _write(arguments: Arguments, show: Show) -> None:
    if arguments.text_file is None and arguments.letter is None:
        arguments.refuse("the following arguments are required: --text-file (or --letter)")
    typed = None if arguments.text_file is None else read_text(arguments.text_file, sys.stdin.buffer)
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        notice = mandate.notice(
            mandate.in_force(items_of(vault.casebook, case.case)), acts.act_of(arguments.kind, None)
        )
        text = _begun(arguments, vault, case, typed)
        whole = Plaintext(signed(text, arguments.sign))
        if arguments.preview:
            show(_preview_answer(_Look.over(vault, case, text, arguments), notice))
            return
        if arguments.letter is not None:
            _require_finished(text)
        record = write_to_case(vault, case, Draft(arguments.kind, whole, arguments.attach))
        document = {
            "case": case.case,
            "item": record.item,
            "kind": arguments.kind.value,
            "day": record.day.isoformat(),
            "notice": notice,
        }
        done = _(_DONE[arguments.kind].english, case=case_name(case.case))
        lines = [done, next_line("export FILE", arguments)]
        show(Answer(document, lambda width: [*paragraphs(notice, width, ""), *lines][not notice :], vault.casebook))


def _begun(arguments: Arguments, vault: Vault, case: CaseRecord, typed: Plaintext | None) -> str:
    """Return the letter and the text under it, as far as they were asked for."""
    parts = [] if typed is None else [typed.reveal()]
    if arguments.letter is not None:
        here = beside(vault, case)
        letter = here.letter(read_shelf(vault.folder), arguments.letter, arguments.lang)
        parts.insert(0, here.begin(letter))
    return "\n\n".join(parts)


def _require_finished(text: str) -> None:
    """Nobody looked at a letter that goes straight from the shelf into a seal: its open places would go along."""
    if any(point.kind is PointKind.BLANK for point in points_in(text)):
        raise LetterUnfinished


@dataclass(frozen=True)
class _Look:
    """A text that is looked over before anything is sealed."""

    here: Beside
    text: str
    seen: Preview
    points: Sequence[Point]

    @classmethod
    def over(cls, vault: Vault, case: CaseRecord, text: str, arguments: Arguments) -> "_Look":
        here = beside(vault, case)
        whole = signed(text, arguments.sign)
        seen = here.preview(whole, [(path.name, _size(path)) for path in arguments.attach])
        return cls(here, whole, seen, here.points(text, arguments.sign))


def _size(path: Path) -> int:
    if not path.is_file():
        raise AttachmentUnreadable
    return path.stat().st_size


def _preview_answer(look: _Look, notice: str) -> Answer:
    seen = look.seen
    document = {
        "case": look.here.case.case,
        "kind": Kind.REPLY.value,
        "notice": notice,
        "preview": {
            "language": seen.theirs.language,
            "desk": seen.desk,
            "day": seen.day.isoformat(),
            "text": seen.text,
            "files": [{"name": file.name, "size": file.size} for file in seen.files],
        },
        "points": _points_json(look.points),
    }
    return Answer(document, lambda width: _preview_lines(look, notice, width), look.here.casebook)


def _preview_lines(look: _Look, notice: str, width: int) -> list[str]:
    seen = look.seen
    room = width - len(_FRAME)
    framed = [f"{line(seen.desk)}  {seen.day_text}", "", *paragraphs(seen.text.strip("\n"), room, "")]
    if seen.files:
        framed += ["", seen.says("Files"), *(f"- {line(file.name)} ({file.size})" for file in seen.files)]
    lines = [*paragraphs(notice, width, ""), ""] if notice else []
    spoken = seen.theirs.name_in(language())
    lines.append(_("As the reporter will see it, in %(language)s. Nothing is sealed yet.", language=spoken))
    lines += ["", *((_FRAME + each).rstrip() for each in framed), ""]
    if not look.here.whole:
        lines.append(_("The case could not be unsealed as a whole, so names were not compared with all of it."))
    return [*lines, *_point_lines(look.text, look.points, width)]


# --- letters ------------------------------------------------------------------------------------------------------


def _letters(arguments: Arguments, show: Show) -> None:
    if arguments.case is not None:
        with open_vault(arguments.vault) as vault:
            here = beside(vault, vault.casebook.find_case(arguments.case))
            shelf = read_shelf(vault.folder)
            if arguments.letter is None:
                show(_shelf_answer(shelf))
                return
            letter = here.letter(shelf, arguments.letter, arguments.lang)
            show(_letter_answer(letter, here.begin(letter)))
        return
    shelf = read_shelf(arguments.vault)
    if arguments.letter is None:
        show(_shelf_answer(shelf))
        return
    found = shelf.find(arguments.letter, "")
    letter = shelf.in_language(arguments.letter, arguments.lang) if arguments.lang else found
    show(_letter_answer(letter, letter.text))


def _letter_answer(letter: Letter, text: str) -> Answer:
    document = {"name": letter.name, "language": letter.language, "origin": letter.origin.value, "text": text}
    # not wrapped: what goes into a file from here is somebody's reply
    return Answer(document, lambda _width: visible(text).split("\n"))


def _shelf_answer(shelf: Shelf) -> Answer:
    listed = [shelf.letters[place] for place in sorted(shelf.letters, key=lambda each: _place(shelf, each))]
    document = {
        "letters": [
            {"name": letter.name, "language": letter.language, "origin": letter.origin.value} for letter in listed
        ],
        "unusable": list(shelf.unusable),
    }
    rows = [(letter.name, letter.language, str(letter.title), str(ORIGINS[letter.origin])) for letter in listed]
    lines = table((_("NAME"), _("LANGUAGE"), _("WHAT FOR"), _("FROM")), rows)
    if shelf.unusable:
        named = ", ".join(line(name) for name in shelf.unusable)
        lines += [
            "",
            _("These files are no letters (called NAME.nl.txt, plain text, 16 KiB at most): %(names)s", names=named),
        ]
    return Answer(document, lambda _width: lines)


def _place(shelf: Shelf, each: tuple[str, str]) -> tuple[int, str]:
    return shelf.names.index(each[0]), each[1]


# --- check-text ---------------------------------------------------------------------------------------------------


def _check(arguments: Arguments, show: Show) -> None:
    text = read_text(arguments.text_file, sys.stdin.buffer).reveal()
    if arguments.case is None:
        points = points_in(text)
    else:
        with open_vault(arguments.vault) as vault:
            points = beside(vault, vault.casebook.find_case(arguments.case)).points(text)
    show(Answer({"points": _points_json(points)}, lambda width: _point_lines(text, points, width)))


def _points_json(points: Sequence[Point]) -> list[dict[str, object]]:
    return [
        {"kind": each.kind.value, "start": each.start, "end": each.end, "text": each.text, "why": each.why.english}
        for each in points
    ]


def _point_lines(text: str, points: Sequence[Point], width: int) -> list[str]:
    if not points:
        return [_("Nothing to point at: no names, phone numbers or addresses were found. Read it over all the same.")]
    rows = [
        (str(text.count("\n", 0, each.start) + 1), line(each.text), str(each.label), str(each.why)) for each in points
    ]
    count = ngettext("Look at this before it is sealed:", "Look at these %(num)s before it is sealed:", len(points))
    lines = table((_("LINE"), _("TEXT"), _("WHAT"), ""), rows)
    if max(map(len, lines)) > width:
        lines = [
            part for row in rows for part in (f"{row[0]}  {row[1]}", *paragraphs(f"{row[2]}. {row[3]}", width, "   "))
        ]
    return [count, "", *lines]
