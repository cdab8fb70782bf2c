"""keys: who is to sit at a desk. Each verb edits the configuration and the keys folder, and nothing else.

What they change is proposed to the desk; it counts when one of its members has signed it on their workstation.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from dropbox.bundle import RosterStatement
from dropbox.errors import DropboxError, MemberAlready, MemberLast, MemberUnknown
from dropbox.gpg import KeyInfo
from dropbox.models import DeskId, Fingerprint, parse_day, parse_fingerprint, today
from dropbox.server import desk_keys, screens
from dropbox.server.commands import Adder, Answer, Arguments, Say, desk_argument, desk_of, settings_of
from dropbox.server.config_edit import DeskTable, edit_desk
from dropbox.server.desk_keys import DeskKeys
from dropbox.server.drop import Drop
from dropbox.server.key_files import publish_key, read_key
from dropbox.settings import Settings
from dropbox.trust_words import statement_words

OVERLAP_DAYS = 30
_FIRST = "The desk is new: its members are stated when the server is started, and need no signature."
_OTHERS = "This user does not own the data folder, so the change is proposed at the next command of the user who does."
_SIGN = (
    "Until a member has signed this on their workstation, everything is sealed as",
    "before. It goes to them in the desk's next pickup bundle, and their signature",
    "comes back in an answer bundle. Its words:",
)
_TOGETHER = "With what waits already this is one change; words told before no longer hold:"
_TAKEN_BACK = "The configuration says what the members signed last: there is nothing to sign."


def add(command: Adder) -> None:
    verb = command.group("keys", "say who is to sit at a desk, and look after their keys")
    adding = verb("add", _add, "have a key join a desk")
    _file(adding)
    _desk(adding)
    retiring = verb("retire", _retire, "have a key leave a desk")
    _fingerprint(retiring, "fpr", "FPR")
    _desk(retiring)
    text = "the last day on which items are sealed to it (default: the day on which the change is taken in)"
    retiring.add_argument("--on", type=_day, metavar="DAY", help=text)
    replacing = verb("replace", _replace, "have a member's new key take the place of the old one")
    _fingerprint(replacing, "old", "OLD")
    _file(replacing)
    _desk(replacing)
    text = f"the last day on which items are sealed to both (default: {OVERLAP_DAYS} days from now)"
    replacing.add_argument("--until", type=_day, metavar="DAY", help=text)
    verb("check", _check, "say of each desk's keys whether they can be used, and what waits for a signature")


def _add(arguments: Arguments, _say: Say) -> Answer:
    settings, desk = _desk_settings(arguments)
    info, armoured = read_key(arguments.file)
    if info.fingerprint in settings.desk(desk).fingerprints and info.fingerprint not in settings.desk(desk).leaving:
        raise MemberAlready

    def change(table: DeskTable) -> None:
        table.list(info.fingerprint)

    before = edit_desk(arguments.config, desk, change, lambda: publish_key(settings.keys_dir, info, armoured))
    return _proposed(arguments, desk, before, [f"{_shown(info)} joins desk {desk}."])


def _retire(arguments: Arguments, _say: Say) -> Answer:
    settings, desk = _desk_settings(arguments)
    gone, day = arguments.fpr, arguments.on
    _require_staying(settings, desk, gone)

    def change(table: DeskTable) -> None:
        if day is None:
            table.strike(gone)
        else:
            table.leave(gone, day)

    when = "with the signature" if day is None else f"after {day}"
    before = edit_desk(arguments.config, desk, change)
    return _proposed(arguments, desk, before, [f"…{gone[-16:]} leaves desk {desk} {when}."])


def _replace(arguments: Arguments, _say: Say) -> Answer:
    settings, desk = _desk_settings(arguments)
    old, until = arguments.old, arguments.until or today() + timedelta(days=OVERLAP_DAYS)
    if old not in settings.desk(desk).fingerprints:
        raise MemberUnknown
    info, armoured = read_key(arguments.file)
    if info.fingerprint in settings.desk(desk).fingerprints:
        raise MemberAlready

    def change(table: DeskTable) -> None:
        table.list(info.fingerprint)
        table.leave(old, until)

    before = edit_desk(arguments.config, desk, change, lambda: publish_key(settings.keys_dir, info, armoured))
    both = f"…{old[-16:]} leaves it after {until}; until then everything is sealed to both."
    return _proposed(arguments, desk, before, [f"{_shown(info)} joins desk {desk}.", both])


def _check(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        found = desk_keys.look(drop, today())
    code = 1 if any(each.stopped for each in found) else 0
    return Answer([each.as_json() for each in found], lambda _width: _lines(found), code)


# --- what is said -------------------------------------------------------------------------------------------------


def _proposed(arguments: Arguments, desk: DeskId, before: Path, lines: Sequence[str]) -> Answer:
    """Propose what the edited configuration says, and tell it."""
    settings = settings_of(arguments)
    kept = f"The configuration as it was: {before}"
    document: dict[str, object] = {"desk": desk, "before": str(before), "proposal": None}
    if not desk_keys.is_ours(settings):
        return Answer(document, lambda _width: [*lines, kept, _OTHERS])
    with Drop.open(settings, beside_server=True) as drop:
        proposal = drop.store.statements.proposals().get(desk)
        is_new = not drop.store.statements.chain(desk)
        changes = next(each for each in desk_keys.look(drop, today()) if each.desk == desk).changes()
    document["proposal"] = None if proposal is None else _document(proposal)
    whole = [_TOGETHER, *(f"    {text}" for text in changes)] if len(changes) > len(lines) else []
    return Answer(document, lambda _width: [*lines, kept, *whole, *_waiting(proposal, is_new=is_new)])


def _waiting(proposal: RosterStatement | None, *, is_new: bool) -> Sequence[str]:
    if proposal is None:
        return [_FIRST if is_new else _TAKEN_BACK]
    return [*_SIGN, *screens.word_lines(statement_words(proposal.sha256))]


def _document(proposal: RosterStatement) -> Mapping[str, object]:
    return {**proposal.as_json(), "sha256": proposal.sha256, "words": statement_words(proposal.sha256)}


def _lines(found: Sequence[DeskKeys]) -> list[str]:
    lines: list[str] = []
    for desk in found:
        lines.append(f"desk {desk.desk}: {desk.told()}")
        lines += [f"    {each.told()}" for each in desk.members]
        if desk.stated is not None:
            lines += ["  words of the last statement:", *screens.word_lines(statement_words(desk.stated))]
        if desk.proposal is not None:
            lines.append("  a change waits for a member's signature:")
            lines += [f"    {text}" for text in desk.changes()]
            lines += ["  its words:", *screens.word_lines(statement_words(desk.proposal.sha256))]
            lines.append(f"  who may sign it: {', '.join(f'…{each[-16:]}' for each in desk.signers) or 'nobody'}")
    return lines


def _shown(info: KeyInfo) -> str:
    name = "".join(letter for letter in (info.uids[0] if info.uids else "") if letter.isprintable())[:60]
    return f"…{info.fingerprint[-16:]} ({name})" if name else f"…{info.fingerprint[-16:]}"


# --- what is asked ------------------------------------------------------------------------------------------------


def _desk_settings(arguments: Arguments) -> tuple[Settings, DeskId]:
    settings = settings_of(arguments)
    return settings, desk_of(settings, arguments.desk)


def _require_staying(settings: Settings, desk: DeskId, gone: Fingerprint) -> None:
    listed = settings.desk(desk)
    if gone not in listed.fingerprints:
        raise MemberUnknown
    if not [each for each in listed.fingerprints if each != gone and each not in listed.leaving]:
        raise MemberLast


def _desk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--desk", required=True, type=desk_argument, metavar="ID", help="the desk")


def _file(parser: argparse.ArgumentParser) -> None:
    text = "the new public key, as its owner exported it"
    parser.add_argument("file", type=Path, metavar="FILE", help=text)


def _fingerprint(parser: argparse.ArgumentParser, name: str, shown: str) -> None:
    parser.add_argument(name, type=_whole_fingerprint, metavar=shown, help="a key's whole fingerprint")


def _whole_fingerprint(text: str) -> Fingerprint:
    try:
        return parse_fingerprint(text)
    except DropboxError:
        raise argparse.ArgumentTypeError("a key's whole fingerprint is wanted, 40 hex digits") from None


def _day(text: str) -> date:
    try:
        day = parse_day(text)
    except DropboxError:
        raise argparse.ArgumentTypeError("a day is wanted, such as 2027-01-31") from None
    if day < today():
        raise argparse.ArgumentTypeError("a day that is not over is wanted")
    return day
