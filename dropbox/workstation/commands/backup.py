"""backup and restore: one's own key into a file and onto paper, and back. Shares are seen and typed at a terminal."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dropbox import in_memory
from dropbox.errors import ShareMiscopied, SharesUnusable
from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import Passphrase, ShareWords
from dropbox.shares import (
    MAX_SHARES,
    MIN_NEEDED,
    WORDS_IN_SHARE,
    Collection,
    ReadShare,
    check_words,
    read_share,
)
from dropbox.workstation import ceremony, restoring
from dropbox.workstation.backup import Backup, BackupHead, read_head
from dropbox.workstation.commands import Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.commands.console import Console, at_terminal
from dropbox.workstation.passphrase import typed_passphrase
from dropbox.workstation.speech import _, day_text, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import choose_key

_ROWS = 11
_CELL = 16
_MAX_STDIN_CHARACTERS = 64 * 1024


def add(command: Adder) -> None:
    backup = command("backup", _backup, _("Back your key up: a file, and shares of its lock on paper."))
    backup.add_argument("--key", metavar="FINGERPRINT", help=_("your key, when you have several"))
    backup.add_argument("--shares", type=int, default=3, metavar="N", help=_("how many papers there are (%(default)s)"))
    help_needed = _("how many of them bring the key back (%(default)s)")
    backup.add_argument("--needed", type=int, default=2, metavar="K", help=help_needed)
    backup.add_argument("--to", type=Path, required=True, metavar="DIR", help=_("the folder for the backup file"))
    restore = command("restore", _restore, _("Bring a key back from its backup file and its shares on paper."))
    help_file = _("the backup file; the shares come from standard input, a line each, or are asked for")
    restore.add_argument("file", type=Path, metavar="FILE", help=help_file)


def _backup(arguments: Arguments, show: Show) -> None:
    console = Console()
    plan = Plan(arguments.to, arguments.needed, arguments.shares)
    own = ceremony.prepare_home()
    key = ceremony.find_key(own, choose_key(own, None if arguments.key is None else ceremony.named_key(arguments.key)))
    path = make_and_try(console, own, key, None, plan)
    lines = [_("The backup works. It is in %(file)s.", file=line(str(path)))]
    document = {"key": key.fingerprint, "file": str(path), "shares": arguments.shares, "needed": arguments.needed}
    show(Answer(document, lambda _width: lines))


@dataclass(frozen=True)
class Plan:
    """Where the file of a backup goes, and how its lock is split."""

    folder: Path
    needed: int = 2
    shares: int = 3

    def __post_init__(self) -> None:
        if not MIN_NEEDED <= self.needed <= self.shares <= MAX_SHARES:
            raise SharesUnusable


def make_and_try(console: Console, own: Gpg, key: KeyInfo, secret: Passphrase | None, plan: Plan) -> Path:
    """Make a backup, show its shares one by one, and have it restored from them, as on the worst day."""
    restoring.refuse_card(own, key.fingerprint)
    in_memory.memory_folder()
    console.say(_explained(plan.needed, plan.shares))
    secret, backup = console.until_good(lambda: _exported(console, own, key, secret, plan))
    path = restoring.save_backup(backup, plan.folder)
    for number, words in enumerate(backup.shares, start=1):
        console.ask(
            _(
                "Take a new sheet of paper. Press Enter to see share %(number)s of %(all)s.",
                number=number,
                all=plan.shares,
            )
        )
        console.show_secret(_sheet(backup.head, number, words, console.width))
    console.say(_("Now bring the key back, to see that the papers are right. Nothing is changed by this."))
    file = restoring.read_backup(path)
    given = _ask_shares(console, backup.head)
    restoring.try_backup(file, given, secret)
    if not restoring.needs_passphrase(file, given):
        console.say(_("Beware: this key has no passphrase. Whoever has the file and enough papers has the key."))
    return path


def _explained(needed: int, shares: int) -> str:
    return _(
        "The key goes into a file, and the file's lock is split into %(shares)s shares of 33 words. Any %(needed)s of"
        " them open the file; fewer tell nothing. Each share goes on a paper of its own, by hand, and each paper to"
        " another person or place; the file may lie anywhere else. The key still needs its passphrase.",
        shares=shares,
        needed=needed,
    )


def _exported(
    console: Console, own: Gpg, key: KeyInfo, secret: Passphrase | None, plan: Plan
) -> tuple[Passphrase | None, Backup]:
    """Return a backup with the passphrase that gpg took; at an export, what its agent remembers does not count."""
    secret = secret or ask_passphrase(console)
    return secret, restoring.back_up(own, key.fingerprint, secret, plan.needed, plan.shares)


def _sheet(head: BackupHead, number: int, words: ShareWords, width: int) -> list[str]:
    """Return what goes on one paper: what it is, and the words in columns that are read downwards."""
    told = _("Share %(number)s of %(all)s. Write this on one paper, words and numbers:", number=number, all=head.shares)
    belongs = _(
        "Key %(key)s, backup of %(day)s. %(needed)s of %(all)s shares are needed.",
        key=" ".join(ceremony.groups(head.fingerprint)[-4:]),
        day=day_text(head.day),
        needed=head.needed,
        all=head.shares,
    )
    cells = [f"{place:>2}. {word}".ljust(_CELL) for place, word in enumerate(words.reveal().split(), start=1)]
    rows = ["  " + "".join(cells[row::_ROWS]).rstrip() for row in range(_ROWS)]
    end = _("Read it once more, letter by letter. Then press Enter; it is not shown again.")
    return [*paragraphs(told, width, ""), "", f"  {belongs}", "", *rows, "", *paragraphs(end, width, "")]


def _restore(arguments: Arguments, show: Show) -> None:
    file = restoring.read_backup(arguments.file)
    head = read_head(file)
    own = ceremony.prepare_home()
    console = Console() if at_terminal() else None
    given = _read_shares(head) if console is None else _ask_shares(console, head)
    key = restoring.restore(own, file, given)
    proved = console is not None
    if console is not None:
        console.until_good(lambda: own.prove(key, ask_passphrase(console)))
    lines = [_("The key %(key)s is back in your GnuPG home.", key=key), next_line("init", arguments)]
    show(Answer({"key": key, "proved": proved}, lambda _width: lines))


def _ask_shares(console: Console, head: BackupHead) -> Collection:
    """Ask for shares until there are enough; each slip is told at once, and costs that share alone."""
    console.say(ngettext("%(num)s share is needed.", "%(num)s shares are needed, in any order.", head.needed))
    given = Collection(head.set_id)
    while given.given < head.needed:
        console.until_good(lambda: _ask_share(console, given, head.needed))
    return given


def _ask_share(console: Console, given: Collection, needed: int) -> None:
    console.ask(
        _(
            "Take a paper. Press Enter to type share %(number)s of the %(needed)s that are needed.",
            number=given.given + 1,
            needed=needed,
        )
    )
    with console.apart():
        share = _typed_share(console)
    given.add(share)
    console.say(_("That share is right."))


def _typed_share(console: Console) -> ReadShare:
    """Ask for a share in lines; a slip costs its own line, wherever its place can be known."""
    console.say(_("Type the words with blanks between them, %(count)s on a line, then press Enter.", count=_ROWS))
    parts = [""] * (WORDS_IN_SHARE // _ROWS)
    to_ask: Sequence[int] = range(len(parts))
    while True:
        for part in to_ask:
            parts[part] = console.until_good(partial(_ask_words, console, 1 + part * _ROWS))
        try:
            return read_share(" ".join(parts))
        except ShareMiscopied as error:
            console.refuse(error)
            to_ask = range(len(parts)) if error.position is None else [(error.position - 1) // _ROWS]


def _ask_words(console: Console, first: int) -> str:
    typed = console.ask(_("Words %(first)s to %(last)s:", first=first, last=first + _ROWS - 1))
    return check_words(typed, first, _ROWS)


def _read_shares(head: BackupHead) -> Collection:
    """Read shares from standard input, a line each."""
    given = Collection(head.set_id)
    for text in _filled_lines(sys.stdin.read(_MAX_STDIN_CHARACTERS).splitlines()):
        given.add(read_share(text))
    return given


def _filled_lines(lines: Sequence[str]) -> list[str]:
    return [text for text in lines if text.strip()]


def ask_passphrase(console: Console) -> Passphrase | None:
    """Ask for the passphrase of a key that is there; nothing typed leaves the asking to gpg, and to a card's PIN."""
    return typed_passphrase(console.ask_hidden(_("Passphrase (only Enter: gpg's own window asks):")))
