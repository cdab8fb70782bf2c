"""together and join: which cases may be about one person, as far as both mandates allow, and asking to be joined."""

import sys
from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.models import CaseId, Kind, Plaintext
from dropbox.workstation import acts, marks
from dropbox.workstation.casebook import Act, Casebook
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.composing import beside
from dropbox.workstation.drafts import signed
from dropbox.workstation.replying import read_text
from dropbox.workstation.speech import _, day_text, list_text, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.together import (
    CaseLinks,
    Group,
    Link,
    Overview,
    ask_to_join,
    index_of,
    links_of,
    overview,
    question,
    require_askable,
    wording,
)
from dropbox.workstation.vault import open_vault

__all__ = ["add"]


def add(command: Adder) -> None:
    shows = command("together", _together, _("Show which cases may be about the same person."))
    shows.add_argument("case", nargs="?", metavar="CASE", help=str(HELP_CASE))
    join = command("join", _join, _("Ask the reporter whether their case may be joined with others."))
    join.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    help_text = _("what to write with the question instead of our own text: UTF-8; - for standard input")
    join.add_argument("--text-file", metavar="FILE", help=help_text)
    join.add_argument("--sign", default="", metavar="NAME", help=_("put this name under the text"))


# --- together -----------------------------------------------------------------------------------------------------


def _together(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        casebook = vault.casebook
        index = index_of(marks.of_all(casebook))
        if arguments.case is None:
            show(_overview_answer(casebook, overview(casebook, index)))
            return
        case = casebook.find_case(arguments.case).case
        acts.require(casebook, case, Act.VIEW)
        show(_case_answer(casebook, case, links_of(casebook, index, case), arguments))


def _case_answer(casebook: Casebook, case: CaseId, told: CaseLinks, arguments: Arguments) -> Answer:
    document = {
        "case": case,
        "name": case_name(case),
        "shut": told.shut,
        "join": told.join,
        "another": told.another,
        "links": [_link_json(each) for each in told.links],
        "left_out": told.left_out,
        "complete": told.complete,
    }
    ask = next_line(f"join {case[:8]}", arguments)
    return Answer(document, lambda width: _case_lines(case, told, ask, width), casebook)


def _link_json(link: Link) -> dict[str, object]:
    return {
        "case": link.case,
        "name": case_name(link.case),
        "beside": link.beside,
        "joined": link.joined,
        "sure": link.sure,
        "names": [
            {"here": each.here, "there": each.there, "sure": each.how.sure, "how": list(each.how.reasons)}
            for each in link.names
        ],
        "places": list(link.places),
        "dates": list(link.dates),
    }


def _case_lines(case: CaseId, told: CaseLinks, ask: str, width: int) -> list[str]:
    if told.shut is not None:
        return [case_name(case), *paragraphs(_("The reporter has withdrawn this case, so nothing is told."), width, "")]
    lines = [case_name(case), ""]
    for link in told.links:
        lines += _link_lines(link, width)
    if not told.links:
        lines += [_("No other case is known that you may see beside this one.")]
    if told.left_out:
        lines += [ngettext("%(num)s more is not listed.", "%(num)s more are not listed.", told.left_out)]
    notes = [str(wording.NOT_DECIDED)] if told.links else []
    notes += [str(wording.ANOTHER)] if told.another else []
    notes += [] if told.complete else [str(wording.INCOMPLETE)]
    notes.append(wording.join_text(told.join))
    lines += [each for note in notes for each in ("", *paragraphs(note, width, ""))]
    return [*lines, ask] if told.join in wording.MAY_ASK else lines


def _link_lines(link: Link, width: int) -> list[str]:
    head = f"{case_name(link.case)}  {link.case[:8]}  {wording.strength_text(link)}; {wording.beside_text(link)}"
    names = [f"{line(each.here)} - {line(each.there)}: {wording.how_text(each.how)}" for each in link.names]
    places = [_("the same place: %(places)s", places=line(list_text(link.places)))] if link.places else []
    dates = [_("the same date: %(dates)s", dates=list_text(link.dates))] if link.dates else []
    return [
        *paragraphs(head, width, ""),
        *(each for text in (*names, *places, *dates) for each in paragraphs(text, width, "  ")),
    ]


def _overview_answer(casebook: Casebook, seen: Overview) -> Answer:
    document = {
        "groups": [_group_json(each) for each in seen.groups],
        "joined": [list(pair) for pair in seen.joined],
        "complete": seen.complete,
    }
    return Answer(document, lambda width: _overview_lines(seen, width), casebook)


def _group_json(group: Group) -> dict[str, object]:
    others = [
        {"name": each.name, "sure": each.how.sure, "how": list(each.how.reasons), "cases": list(each.cases)}
        for each in group.others
    ]
    same = {"name": group.name, "also": list(group.also), "sure": group.sure, "cases": list(group.cases)}
    return {**same, "alike": others}


def _overview_lines(seen: Overview, width: int) -> list[str]:
    if not seen.groups and not seen.joined:
        return [_("No two cases touch each other that you may see side by side.")]
    lines: list[str] = []
    for group in seen.groups:
        written = "; ".join(line(each) for each in (group.name, *group.also))
        lines += paragraphs(f"{written}: {_names(group.cases)}", width, "")
        for each in group.others:
            told = f"{line(each.name)} ({wording.how_text(each.how)}): {_names(each.cases)}"
            lines += paragraphs(told, width, "  ")
    lines += [_("joined: %(cases)s", cases=_names(pair)) for pair in seen.joined]
    notes = [str(wording.NOT_DECIDED), *([] if seen.complete else [str(wording.INCOMPLETE)])]
    return [*lines, *(each for note in notes for each in ("", *paragraphs(note, width, "")))]


def _names(cases: Sequence[CaseId]) -> str:
    return list_text([case_name(case) for case in cases])


# --- join ---------------------------------------------------------------------------------------------------------


def _join(arguments: Arguments, show: Show) -> None:
    typed = None if arguments.text_file is None else read_text(arguments.text_file, sys.stdin.buffer)
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        require_askable(vault.casebook, case.case)
        text = question(beside(vault, case).theirs.language) if typed is None else typed.reveal()
        record = ask_to_join(vault, case, Plaintext(signed(text, arguments.sign)))
        name, day = case_name(case.case), day_text(record.day)
        document = {"case": case.case, "item": record.item, "kind": Kind.REPLY.value, "day": record.day.isoformat()}
        done = _(
            "The question to %(case)s is sealed, %(day)s. It leaves with the next answer bundle.", case=name, day=day
        )
        lines = [done, next_line("export FILE", arguments)]
        show(
            Answer(
                document, lambda width: [each for text in lines for each in paragraphs(text, width, "")], vault.casebook
            )
        )
