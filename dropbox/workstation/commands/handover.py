"""handover: ask the reporter whether another desk may have the case, and make the file for that desk."""

import sys
from dataclasses import asdict
from pathlib import Path

from dropbox.codename import case_name
from dropbox.errors import DeskUnknown, InvalidValue
from dropbox.models import DeskId, Plaintext, parse_desk_id
from dropbox.workstation.casebook import Casebook, CaseRecord
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.commands.consent import ask_lines, wrapped
from dropbox.workstation.consent import desk_name
from dropbox.workstation.handing import HandOverState, ask, hand_over, states
from dropbox.workstation.handing.asking import members_of, standard_text, state_lines
from dropbox.workstation.replying import read_text
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import Vault, open_vault


def add(command: Adder) -> None:
    handing = command("handover", _run, _("Hand a case over to another desk, with its reporter's consent."))
    handing.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    handing.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("write what the new desk imports here"))
    handing.add_argument("--to", metavar="DESK", help=_("the other desk's id"))
    handing.add_argument("--ask", action="store_true", help=_("ask the reporter, in a reply"))
    help_text = _("what the reply says; a short text of ours by default, - for standard input")
    handing.add_argument("--text-file", metavar="FILE", help=help_text)
    handing.set_defaults(refuse=handing.error)


def _run(arguments: Arguments, show: Show) -> None:
    if arguments.ask and (arguments.to is None or arguments.file is not None):
        arguments.refuse("--ask needs --to DESK, and no FILE")
    if arguments.to is not None and not arguments.ask and arguments.file is None:
        arguments.refuse("--to goes with --ask or with FILE")
    if arguments.text_file is not None and not arguments.ask:
        arguments.refuse("--text-file goes with --ask")
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        if arguments.ask:
            _ask(vault, case, arguments, show)
        elif arguments.file is not None:
            _make(vault, case, arguments, show)
        else:
            state = states(vault.casebook, case)
            show(Answer(_document(vault.casebook, case), lambda width: _lines(vault.casebook, case, state, width),
                        vault.casebook))  # fmt: skip


def _ask(vault: Vault, case: CaseRecord, arguments: Arguments, show: Show) -> None:
    to = _desk(arguments.to)
    typed = None if arguments.text_file is None else read_text(arguments.text_file, sys.stdin.buffer)
    text = typed or Plaintext(standard_text(vault.casebook, to))
    ask(vault, case, to, text)
    done = _("The reporter of %(name)s is asked. It leaves with the next answer bundle.", name=case_name(case.case))
    lines = [done, next_line("export FILE", arguments)]
    show(Answer(_document(vault.casebook, case), lambda _width: lines, vault.casebook))


def _make(vault: Vault, case: CaseRecord, arguments: Arguments, show: Show) -> None:
    state = states(vault.casebook, case)
    if arguments.to is not None and (state.left is None or state.left.to != _desk(arguments.to)):
        raise DeskUnknown
    report = hand_over(vault, case, arguments.file)
    document = {"file": str(arguments.file), **asdict(report), **_document(vault.casebook, case)}
    desk = desk_name(vault.casebook, report.to)
    items = ngettext(
        "%(num)s item is sealed to the members of %(desk)s.",
        "%(num)s items are sealed to the members of %(desk)s.",
        report.items,
        desk=desk,
    )
    left_out = ngettext(
        "%(num)s reply is left out: it never reached the reporter.",
        "%(num)s replies are left out: they never reached the reporter.",
        report.left_out,
    )
    told = " ".join([items, *([left_out] if report.left_out else [])])
    wrote = _("Wrote %(file)s", file=line(str(arguments.file)))
    next_step = _("They take it in with: dropbox-workstation import FILE")
    show(Answer(document, lambda width: [*paragraphs(told, width, ""), wrote, next_step], vault.casebook))


def _document(casebook: Casebook, case: CaseRecord) -> dict[str, object]:
    state = states(casebook, case)
    return {
        "case": case.case,
        "name": case_name(case.case),
        "desks": list(case.desks),
        "could_go_to": list(state.desks),
        "asks": [each.as_json() for each in state.asks],
        "left": _move(state, "left"),
        "came": _move(state, "came"),
        "made": state.made,
        "waits": state.waits,
    }


def _move(state: HandOverState, which: str) -> dict[str, object] | None:
    move = state.left if which == "left" else state.came
    if move is None:
        return None
    return {"from": move.origin, "to": move.to, "day": move.day.isoformat(), "item": move.item}


def _lines(casebook: Casebook, case: CaseRecord, state: HandOverState, width: int) -> list[str]:
    asked = [text for each in state.asks for text in ask_lines(casebook, each)]
    told = [case_name(case.case), *state_lines(casebook, state), *asked]
    if state.left is not None:
        told.append(_("They are sealed to, by the newest roster:"))
        told += [f"  {each}" for each in members_of(casebook, state.left.to)]
    elif state.desks:
        told.append(_("Desks that could get it:"))
        told += [f"  {desk}  {desk_name(casebook, desk)}" for desk in state.desks]
    return wrapped(told, width)


def _desk(typed: str) -> DeskId:
    try:
        return parse_desk_id(typed)
    except InvalidValue:
        raise DeskUnknown from None
