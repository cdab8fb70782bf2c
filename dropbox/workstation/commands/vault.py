"""init and confirm: whose vault this is, and whose drop."""

import sys

from dropbox.gpg import Gpg
from dropbox.models import Fingerprint
from dropbox.workstation import ceremony, trust
from dropbox.workstation.commands import Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.commands.console import Console
from dropbox.workstation.commands.key import make_with
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import choose_key, create_vault, open_vault, usable_keys


def add(command: Adder) -> None:
    init = command("init", _init, _("Start a vault for your key."))
    init.add_argument("--key", metavar="FINGERPRINT", help=_("your key, when you have several"))
    help_words = _("the ten words of the drop's key, as the operator told you")
    init.add_argument("--drop-key", nargs="+", metavar="WORDS", help=help_words)
    confirm = command("confirm", _confirm, _("Say that words which you compared by voice are the same."))
    confirm.add_argument("--roster", action="store_true", help=_("the words are those of a changed roster"))
    confirm.add_argument(
        "words", nargs="+", metavar="WORDS", help=_("the ten words, as the other person read them out")
    )


def _init(arguments: Arguments, show: Show) -> None:
    own = ceremony.find_home()
    key = choose_key(own, _ask_for_key(own) if arguments.key is None else ceremony.named_key(arguments.key))
    with create_vault(arguments.vault, key) as vault:
        if arguments.drop_key is not None:
            trust.expect_drop(vault.casebook, " ".join(arguments.drop_key))
        vault.save()
        lines = [_("The vault %(folder)s belongs to your key %(key)s.", folder=line(str(arguments.vault)), key=key)]
        lines.append(next_line("import FILE", arguments))
        document = {"vault": vault.casebook.vault, "folder": str(arguments.vault), "key": key}
        show(Answer(document, lambda _width: lines, vault.casebook))


def _ask_for_key(own: Gpg) -> Fingerprint | None:
    """Offer a choice among several keys, or the ceremony where there is none; at a terminal only."""
    keys = usable_keys(own)
    if len(keys) == 1 or not sys.stdin.isatty():
        return None
    if not keys:
        return _offered_ceremony()
    for number, key in enumerate(keys, start=1):
        sys.stderr.write(f"{number}  {key.fingerprint}  {line(', '.join(key.uids))}\n")
    sys.stderr.write(_("Which key reads this desk's reports? Number:") + " ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    return keys[int(answer) - 1].fingerprint if answer.isdigit() and 0 < int(answer) <= len(keys) else None


def _offered_ceremony() -> Fingerprint | None:
    console = Console()
    if not console.agrees(_("There is no key of yours here yet. Make one now?")):
        return None
    return make_with(console, ceremony.prepare_home()).fingerprint


def _confirm(arguments: Arguments, show: Show) -> None:
    words = " ".join(arguments.words)
    with open_vault(arguments.vault) as vault:
        if arguments.roster:
            desk = trust.confirm_roster(vault.casebook, words)
            document = {"confirmed": "roster", "desk": desk}
            text = _("The roster of desk %(desk)s is confirmed.", desk=desk)
        else:
            trust.confirm_drop(vault.casebook, words)
            document, text = {"confirmed": "drop"}, _("The drop's key is confirmed.")
        vault.save()
        show(Answer(document, lambda _width: [text], vault.casebook))
