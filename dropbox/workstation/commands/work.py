"""work, assign, tag and state: what the members of a desk arrange about a case, and what was done with it."""

import argparse
import re
from collections.abc import Sequence
from typing import Any

from dropbox.codename import case_name
from dropbox.envelope import NOBODY, Work, WorkState
from dropbox.errors import NotAMember
from dropbox.models import CaseId, Fingerprint, Kind, Plaintext
from dropbox.workstation import acts, addressing, mandate, work
from dropbox.workstation.casebook import Casebook, CaseRecord
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.thread import author_name, items_of, withdrawn_on
from dropbox.workstation.vault import Vault, open_vault

_MINUS = "\0"
_SHORT = re.compile(r"[0-9A-F]{8,40}")


def add(command: Adder) -> None:
    shows = command("work", _show_work, _("Show who has a case, how it stands, and what was done with it."))
    shows.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    shows.add_argument(
        "--seen", action="store_true", help=_("you have read what the reporter took back: no banner more")
    )
    assign = command("assign", _assign, _("Give a case to a member of your desk."))
    assign.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    whom = assign.add_mutually_exclusive_group(required=True)
    whom.add_argument(
        "member", nargs="?", metavar="FPR", help=_("a member's fingerprint, or its last 8 digits or more")
    )
    whom.add_argument("--nobody", action="store_true", help=_("nobody has it any more"))
    tag = command("tag", _tag, _("Put tags on a case, or take them away."))
    tag.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    help_tags = _("+TAG puts it on, -TAG takes it away; between quotation marks when it has blanks")
    tag.add_argument("tags", nargs="+", metavar="TAG", type=lambda text: text.removeprefix(_MINUS), help=help_tags)
    _let_minus_pass(tag)
    state = command("state", _state, _("Say how a case stands."))
    state.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    state.add_argument("state", choices=[each.value for each in WorkState])


def _show_work(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        if arguments.seen and acts.have_read(vault.casebook, case.case):
            vault.save()
        document = _document(vault.casebook, case.case)
        show(Answer(document, lambda width: _lines(vault.casebook, case.case, width), vault.casebook))


def _assign(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        assignee = NOBODY if arguments.nobody else _member(vault.casebook, arguments.member)
        _write(vault, case, work.change(vault.casebook, case.case, assignee=assignee), arguments, show)


def _tag(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        add = [text.removeprefix("+") for text in arguments.tags if not text.startswith("-")]
        remove = [text.removeprefix("-") for text in arguments.tags if text.startswith("-")]
        _write(vault, case, work.change(vault.casebook, case.case, add=add, remove=remove), arguments, show)


def _state(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        change = work.change(vault.casebook, case.case, state=WorkState(arguments.state))
        _write(vault, case, change, arguments, show)


def _write(vault: Vault, case: CaseRecord, change: Work, arguments: Arguments, show: Show) -> None:
    write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), work=change))
    name = case_name(case.case)
    done = _("This is noted for %(name)s, sealed to your desk. It leaves with the next answer bundle.", name=name)
    lines = [*work.sentences(vault.casebook, change), done, next_line("export FILE", arguments)]
    document = _document(vault.casebook, case.case)
    show(Answer(document, lambda width: _wrapped(lines, width), vault.casebook))


def _document(casebook: Casebook, case: CaseId) -> dict[str, object]:
    now = work.of_case(casebook, case)
    return {
        "case": case,
        "name": case_name(case),
        "assignee": now.assignee,
        "state": now.state,
        "tags": list(now.tags),
        "written_at_once": [list(pair) for pair in now.written_at_once],
        "acts": [acts.as_json(done) for done in acts.of_case(casebook, case)],
        "narrowed": [acts.narrowed_json(case, told) for told in casebook.narrowed.get(case, ())],
    }


def _lines(casebook: Casebook, case: CaseId, width: int) -> list[str]:
    now = work.of_case(casebook, case)
    records = items_of(casebook, case)
    withdrawn = withdrawn_on(records)
    has = author_name(casebook, now.assignee) if now.assignee else _("nobody")
    head = [
        case_name(case),
        _("The mandate is %(meaning)s", meaning=mandate.meaning(mandate.in_force(records)))
        if withdrawn is None
        else _("WITHDRAWN by the reporter on %(day)s.", day=withdrawn),
        _("Who has it: %(who)s.", who=has),
        _("State: %(state)s.", state=work.state_text(now.state)),
        _("Tags: %(tags)s.", tags=", ".join(now.tags)) if now.tags else _("It has no tags."),
    ]
    done = acts.sentences(casebook, acts.of_case(casebook, case))
    what = [
        _("What was done with it:") if done else _("Nothing was done with it yet."),
        *(f"  {text}" for text in done),
    ]
    members = [
        _("Members of your desk:"),
        *(f"  {each}  {_name(casebook, each)}" for each in addressing.members(casebook)),
    ]
    return _wrapped([*head, "", *what, "", *members], width)


def _name(casebook: Casebook, member: Fingerprint) -> str:
    return _("you") if member == casebook.key else casebook.member_names.get(member, "")


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [each for text in lines for each in _indented(text.lstrip(), width, len(text) - len(text.lstrip()))]


def _indented(text: str, width: int, blanks: int) -> list[str]:
    return paragraphs(line(text), width, " " * blanks)


def _member(casebook: Casebook, typed: str) -> Fingerprint:
    """Return the one member whose fingerprint ends so. Raises NotAMember."""
    wanted = "".join(typed.split()).upper()
    found = [each for each in addressing.members(casebook) if each.endswith(wanted)]
    if not _SHORT.fullmatch(wanted) or len(found) != 1:
        raise NotAMember
    return found[0]


def _let_minus_pass(parser: argparse.ArgumentParser) -> None:
    """Have the parser take -TAG as a word: it would look for an option of that name, and take -haste for -h."""
    parse = parser.parse_known_args

    def marked(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        given = [_MINUS + text if re.match(r"-[^-]", text) and text != "-h" else text for text in args or ()]
        return parse(given, namespace)

    parser.parse_known_args = marked  # type: ignore[method-assign,assignment]  # one parser alone reads its words so
