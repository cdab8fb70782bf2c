"""roster: who sits at each desk and who signed for it; what is proposed, and one's own signature under it."""

from collections.abc import Sequence

from dropbox.models import DeskId, current_members
from dropbox.trust_words import roster_words, statement_words
from dropbox.workstation import roster_lines, rosters, trust
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.speech import _, day_text
from dropbox.workstation.terminal import paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    parser = command("roster", _roster, _("Show who sits at each desk and who signed for it; sign what is proposed."))
    help_sign = _("sign what is proposed for your desk; the words are the ten that this command shows with it")
    parser.add_argument("--sign", nargs="+", metavar="WORDS", help=help_sign)


def _roster(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        done: list[str] = []
        if arguments.sign is not None:
            rosters.sign(vault, " ".join(arguments.sign))
            vault.save()
            done = [_("You signed it. It counts once the drop has taken your next answer bundle in.")]
            done += [next_line("export FILE", arguments), ""]
        casebook = vault.casebook
        lines = [*done, *_lines(casebook)]
        show(Answer(_document(casebook), lambda width: _wrapped(lines, width), casebook))


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [part for text in lines for part in paragraphs(text.lstrip(), width, " " * (len(text) - len(text.lstrip())))]


def _lines(casebook: Casebook) -> list[str]:
    """Return every desk's members; what is proposed stands in the notice above."""
    return [text for desk in sorted(casebook.rosters) for text in _desk_lines(casebook, desk)]


def _desk_lines(casebook: Casebook, desk: DeskId) -> list[str]:
    members = current_members(casebook.rosters[desk].newest)
    lines = [_("Desk %(desk)s:", desk=desk)]
    lines += [f"  {roster_lines.person(casebook, key)}  {roster_lines.groups(key)}" for key in members]
    held = casebook.statements.get(desk)
    if held is None:
        return [*lines, f"  {_('The drop sends no signed rosters for this desk.')}", ""]
    first = held.chain[0].statement
    lines.append("  " + _("First stated on %(day)s, which no member could sign.", day=day_text(first.day)))
    steps = rosters.steps_of(casebook, desk)
    lines += [f"  {text}" for step in steps for text in roster_lines.step_lines(casebook, step)]
    words = statement_words(held.chain[-1].statement.sha256)
    lines.append("  " + _("Words of the last statement: %(words)s", words=words))
    return [*lines, ""]


def _document(casebook: Casebook) -> dict[str, object]:
    proposed = rosters.proposed(casebook)
    return {
        "drop": casebook.bound.drop,
        "drop_key": roster_lines.own_words(casebook),
        "desks": {desk: _desk_document(casebook, desk) for desk in sorted(casebook.rosters)},
        "proposal": None
        if proposed is None
        else {"statement": proposed.statement.as_json(), "words": proposed.words, "signed": proposed.signed}
        | {"change": proposed.change.as_json()},
    }


def _desk_document(casebook: Casebook, desk: DeskId) -> dict[str, object]:
    known, held = casebook.rosters[desk], casebook.statements.get(desk)
    chain = [] if held is None else list(zip(held.chain, held.signers, strict=True))
    return {
        "members": list(current_members(known.newest)),
        "roster_words": roster_words(desk, known.newest),
        "confirmed": desk not in trust.changed_rosters(casebook) and not (held and held.rival),
        "alarm": None if held is None or held.fault is None else held.fault.value,
        "statements": [
            {"statement": each.statement.as_json(), "sha256": each.statement.sha256, "signed_by": signer}
            for each, signer in chain
        ],
    }
