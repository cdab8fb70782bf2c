"""disclose: a plan of what is shown of a case, the question to its reporter, and the pack itself."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dropbox.codename import case_name
from dropbox.disk import read_up_to
from dropbox.envelope import AskKind, Reader
from dropbox.envelope.account import LogAct
from dropbox.errors import InvalidValue, PlanOutdated, PlanUnreadable, ReaderUnreadable
from dropbox.models import Plaintext
from dropbox.records import to_json
from dropbox.target import new_file
from dropbox.workstation import alarms, case_log, consent
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.disclosure import beginning, kept, leave, readers, releasing, wording
from dropbox.workstation.disclosure.gathering import text_of
from dropbox.workstation.disclosure.open_part import Shown, open_document
from dropbox.workstation.disclosure.plan import MAX_PLAN_BYTES, FileHow, Plan, parse_plan, spellings
from dropbox.workstation.disclosure.proposals import Standing, is_covered, still_standing
from dropbox.workstation.disclosure.releasing import Released
from dropbox.workstation.document import as_text
from dropbox.workstation.reading import ReadCase, read_case
from dropbox.workstation.replying import read_text
from dropbox.workstation.speech import LANGUAGES, _, language
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import Vault, open_vault

_HASH = re.compile(r"[0-9a-f]{4,64}")
_FILE = re.compile(r"(\d{1,4})-(\d{1,4})=(annex|redrawn|out)")


def add(command: Adder) -> None:
    parser = command("disclose", _disclose, _("Show a case to others: an open part without names, and a sealed annex."))
    parser.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    parser.add_argument("--plan", metavar="FILE", help=_("a plan's file, or the first digits of a kept plan"))
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--new", type=Path, metavar="FILE", help=_("write a plan to begin with into a new file"))
    doing.add_argument("--ask", action="store_true", help=_("ask the reporter for exactly this pack and these readers"))
    doing.add_argument("--to", type=Path, metavar="DIR", help=_("make the pack, in a new folder"))
    _add_planning(parser)
    help_key = _("the public key of a reader who is no member; its fingerprint is compared with the plan's")
    parser.add_argument("--key", type=Path, action="append", default=[], metavar="FILE", help=help_key)
    parser.add_argument("--text-file", metavar="FILE", help=_("what the question says besides; - for standard input"))


def _add_planning(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("what a new plan says"))
    group.add_argument("--item", type=int, action="append", default=[], metavar="N", help=_("an item by its number"))
    help_name = _("all names of one person, between semicolons: they become one letter")
    group.add_argument("--name", action="append", default=[], metavar="NAMES", help=help_name)
    help_words = _("words to leave out wherever they stand")
    group.add_argument("--leave-out", action="append", default=[], metavar="WORDS", help=help_words)
    help_file = _("N-M=redrawn or N-M=annex: file M of item N")
    group.add_argument("--file", action="append", default=[], metavar="N-M=HOW", type=_file_choice, help=help_file)
    help_reader = _("who reads it: NAME, or NAME=FINGERPRINT for the annex as well")
    group.add_argument("--reader", action="append", default=[], metavar="WHO", help=help_reader)
    group.add_argument("--no-days", action="store_true", help=_("leave out on which days the items came"))
    group.add_argument("--language", choices=LANGUAGES, default=None, help=_("of the cover sheet and the headings"))


def _disclose(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault, alarms.kept(vault):
        shown = read_case(vault, vault.casebook.find_case(arguments.case))
        keys = [read_up_to(path, readers.MAX_KEY_BYTES) for path in arguments.key]
        if case_log.add_once(vault.casebook, shown.case.case, LogAct.OPENED):
            vault.save()
        if arguments.new is not None:
            _begin(vault, shown, arguments, show)
        elif arguments.plan is None:
            _list(vault, shown, arguments, show)
        elif arguments.ask:
            _ask(vault, shown, keys, arguments, show)
        elif arguments.to is not None:
            _release(vault, shown, keys, arguments, show)
        else:
            _look(vault, shown, arguments, show)


def _file_choice(text: str) -> tuple[int, int, FileHow]:
    match = _FILE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(_("write it as 1-2=redrawn or 1-2=annex"))
    return int(match[1]), int(match[2]), FileHow(match[3])


# --- a plan -------------------------------------------------------------------------------------------------------


def _begin(vault: Vault, shown: ReadCase, arguments: Arguments, show: Show) -> None:
    plan = _planned(vault, shown, arguments)
    with new_file(arguments.new) as target:
        target.write(json.dumps(to_json(plan), indent=1, ensure_ascii=False).encode() + b"\n")
    document = {"case": shown.case.case, "file": str(arguments.new), **_about(plan)}
    told = [
        _("Wrote %(file)s", file=line(str(arguments.new))),
        _("It holds the names that are taken out: keep it where the case's texts may be, and delete it afterwards."),
        _("The persons and numbers in it are proposals: look through all of it."),
        next_line(f"disclose {case_name(shown.case.case).replace(' ', '-')} --plan FILE", arguments),
    ]
    show(Answer(document, lambda width: _wrapped(told, width), vault.casebook))


def _planned(vault: Vault, shown: ReadCase, arguments: Arguments) -> Plan:
    try:
        if arguments.plan is not None:
            plan = _found(vault, shown, arguments)[0]
        else:
            code = arguments.language or language()
            plan = beginning.first_plan(vault.casebook, shown, code, arguments.item)
        return _changed(shown, plan, arguments)
    except InvalidValue:
        raise PlanUnreadable from None


def _changed(shown: ReadCase, plan: Plan, arguments: Arguments) -> Plan:
    """Return the plan with what the command line says besides."""
    chosen = {each.item for each in plan.items}
    texts = [text_of(each) for each in shown.opened if each is not None and each.record.item in chosen]
    beginning.require_standing(arguments.leave_out, texts)
    if arguments.name:
        named = [spellings(each.split(";")) for each in arguments.name]
        plan = plan.with_names([*named, *_others(plan, named)])
    plan = plan.with_phrases([*plan.phrases, *arguments.leave_out])
    if arguments.reader:
        plan = replace(plan, readers=tuple(_reader(each) for each in arguments.reader))
    for place, number, how in arguments.file:
        plan = _with_file(shown, plan, place, number, how)
    return replace(plan, language=arguments.language or plan.language, days=plan.days and not arguments.no_days)


def _others(plan: Plan, named: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the persons of a plan that the given ones do not cover."""
    return [each.names for each in plan.persons if not any(is_covered(name, named) for name in each.names)]


def _reader(text: str) -> Reader:
    name, _sign, fingerprint = text.partition("=")
    if _sign and not fingerprint.strip():
        raise ReaderUnreadable
    return readers.reader(name, fingerprint)


def _with_file(shown: ReadCase, plan: Plan, place: int, number: int, how: FileHow) -> Plan:
    opened = shown.opened[place - 1] if 1 <= place <= len(shown.opened) else None
    choice = None if opened is None else plan.choice_of(opened.record.item)
    if choice is None or number not in {each.number for each in choice.files}:
        raise PlanOutdated
    files = tuple(replace(each, how=how, boxes=()) if each.number == number else each for each in choice.files)
    return plan.with_choice(replace(choice, files=files))


def _found(vault: Vault, shown: ReadCase, arguments: Arguments) -> tuple[Plan, tuple[bytes, ...]]:
    """Return the plan that --plan names, from a file or from a note, with the keys that came with it."""
    if _HASH.fullmatch(arguments.plan) and not Path(arguments.plan).exists():
        found = kept.find_plan(vault, shown, arguments.plan)
        return found.plan, found.keys
    return parse_plan(read_up_to(Path(arguments.plan), MAX_PLAN_BYTES)), ()


# --- looking, asking, making --------------------------------------------------------------------------------------


def _list(vault: Vault, shown: ReadCase, arguments: Arguments, show: Show) -> None:
    asked = [each for each in consent.asks_of(vault.casebook, shown.case.case) if each.ask.kind is AskKind.DISCLOSE]
    plans = kept.kept_plans(vault, shown)
    document = {
        "case": shown.case.case,
        "name": case_name(shown.case.case),
        "plans": [{**_about(each.plan), "note": each.note} for each in plans],
        "asked": [each.as_json() for each in asked],
    }
    answers = {each.ask.plan: each.answer for each in asked}
    told = [wording.told(each.plan) + _answered(answers.get(each.plan.sha256)) for each in plans]
    begin = next_line(f"disclose {case_name(shown.case.case).replace(' ', '-')} --new FILE", arguments)
    show(Answer(document, lambda width: _wrapped(told or [_("No plan is kept yet."), begin], width), vault.casebook))


def _answered(answer: consent.AskAnswer | None) -> str:
    told = {
        consent.AskAnswer.OPEN: _("The reporter was asked and has not answered."),
        consent.AskAnswer.AGREED: _("The reporter agreed."),
        consent.AskAnswer.REFUSED: _("The reporter said no."),
    }
    return "" if answer is None else f". {told[answer]}"


def _look(vault: Vault, shown: ReadCase, arguments: Arguments, show: Show) -> None:
    plan, _keys = _found(vault, shown, arguments)
    texts = releasing.preview(shown, plan)
    standing = still_standing([each.text.text for each in texts], [each.letter for each in plan.persons])
    document = {
        "case": shown.case.case,
        **_about(plan),
        "items": [{"number": each.part.number, "text": each.text.text, "taken_out": each.left_out} for each in texts],
        "standing": [{"item": each.number, "text": each.text, "kind": each.label} for each in standing],
        "allowed": leave.is_allowed(vault.casebook, plan),
    }
    show(Answer(document, lambda width: _preview(plan, texts, standing, width), vault.casebook))


def _preview(plan: Plan, texts: Sequence[Shown], standing: Sequence[Standing], width: int) -> list[str]:
    told = [
        *as_text(open_document(plan, texts)).decode().splitlines(),
        "",
        _("These may still tell who somebody is:") if standing else _("Nothing else was pointed at."),
    ]
    return [*told, *(f"  {each.number}. {line(each.text)} ({each.label})" for each in standing)]


def _ask(vault: Vault, shown: ReadCase, keys: Sequence[bytes], arguments: Arguments, show: Show) -> None:
    plan, held = _found(vault, shown, arguments)
    if arguments.text_file is not None:
        text = read_text(arguments.text_file, sys.stdin.buffer)
    else:
        text = Plaintext(wording.question(plan))
    record = releasing.ask(vault, shown, plan, text, [*keys, *held])
    document = {"case": shown.case.case, "item": record.item, **_about(plan)}
    told = [
        _("The question is sealed. It leaves with the next answer bundle, with the open part as it would be shown."),
        next_line("export FILE", arguments),
    ]
    show(Answer(document, lambda width: _wrapped(told, width), vault.casebook))


def _release(vault: Vault, shown: ReadCase, keys: Sequence[bytes], arguments: Arguments, show: Show) -> None:
    plan, held = _found(vault, shown, arguments)
    made = releasing.release(vault, shown, plan, arguments.to, [*keys, *held])
    document = {
        "case": shown.case.case,
        "folder": str(made.folder),
        "files": list(made.files),
        "open_part": made.open_part,
        "annex": made.annex,
        "consent": made.leave.ask,
        "unread": [list(each) for each in made.unread],
        **_about(plan),
    }
    show(Answer(document, lambda width: _wrapped(_made_lines(made, arguments), width), vault.casebook))


def _made_lines(made: Released, arguments: Arguments) -> list[str]:
    told = [
        _("Wrote %(file)s", file=line(str(made.folder))),
        _("Everything that was taken out was looked for in every file of the open part, and not found."),
        *(wording.unread_text(*each) for each in made.unread),
        _("Read the open part yourself before you hand it over: what nobody marked stands in it."),
        _("That this pack was made is noted for your desk. It leaves with the next answer bundle."),
    ]
    return [*told, next_line("export FILE", arguments)]


def _about(plan: Plan) -> dict[str, object]:
    return {
        "plan": plan.sha256,
        "items_chosen": len(plan.items),
        "letters": len(plan.persons),
        "phrases": len(plan.phrases),
        "readers": [{"name": each.name, "fingerprint": each.fingerprint} for each in plan.readers],
    }


def _wrapped(told: Sequence[str], width: int) -> list[str]:
    return [each for text in told for each in paragraphs(text, width, "")]
