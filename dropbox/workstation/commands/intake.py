"""intake: a case for somebody who is there. The slip with its codename is shown once, here, and nowhere else."""

import sys

from dropbox.codename import case_name
from dropbox.models import Mandate
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.intake import MANDATES, Conversation, TakenDown, take_down
from dropbox.workstation.replying import read_text
from dropbox.workstation.slip import Slip, slip_lines
from dropbox.workstation.speech import LANGUAGES, _, language
from dropbox.workstation.terminal import paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    intake = command("intake", _intake, _("Open a case for somebody who is there, and print their slip, once."))
    intake.add_argument(
        "--text-file", required=True, metavar="FILE", help=_("what was said: UTF-8; - for standard input")
    )
    intake.add_argument(
        "--mandate",
        choices=[mandate.value for mandate in Mandate],
        default=Mandate.LISTEN.value,
        help=_("what the person allows, asked beforehand; default: %(default)s"),
    )
    intake.add_argument("--slip-language", choices=LANGUAGES, help=_("the language of the slip; default: this one"))


def _intake(arguments: Arguments, show: Show) -> None:
    text = read_text(arguments.text_file, sys.stdin.buffer)
    spoken = arguments.slip_language or language()
    mandate = Mandate(arguments.mandate)
    with open_vault(arguments.vault) as vault:
        taken = take_down(vault, Conversation(text, mandate, spoken))
        slip = Slip(taken.codename, vault.casebook.address, spoken)
        show(_answer(arguments, vault.casebook, taken, mandate, slip))


def _answer(arguments: Arguments, casebook: Casebook, taken: TakenDown, mandate: Mandate, slip: Slip) -> Answer:
    document = {
        "case": taken.case,
        "name": case_name(taken.case),
        "item": taken.record.item,
        "day": taken.record.day.isoformat(),
        "mandate": mandate.value,
        "slip": {"words": list(slip.words), "address": slip.address, "language": slip.language},
    }
    return Answer(document, lambda width: _lines(arguments, taken, mandate, slip, width), casebook)


def _lines(arguments: Arguments, taken: TakenDown, mandate: Mandate, slip: Slip, width: int) -> list[str]:
    name, meaning = MANDATES[mandate]
    opened = _("The case %(name)s is open and sealed to your desk.", name=case_name(taken.case))
    allowed = _("The mandate: %(name)s. %(meaning)s", name=name, meaning=meaning)
    once = _(
        "This is the slip. It is shown only now, and nobody can show it again: let the person copy it, or print it. "
        "Afterwards close this window, where the words can still be read."
    )
    unknown = _(
        "This vault does not know the drop's address. Write it on the slip by hand, or ask the operator for a pickup "
        "bundle that names it."
    )
    leaves = _("The words begin to work when the drop has taken in your next answer bundle.")
    return [
        *paragraphs(f"{opened} {allowed}", width, ""),
        *paragraphs(once, width, ""),
        "",
        *slip_lines(slip, width),
        "",
        *([] if slip.address else paragraphs(unknown, width, "")),
        *paragraphs(leaves, width, ""),
        next_line("export FILE", arguments),
    ]
