"""key: one's own key is made or shown, handed to the operator, extended. Questions are asked at a terminal only."""

from pathlib import Path

from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import Passphrase
from dropbox.workstation import ceremony, passphrase, qr
from dropbox.workstation.ceremony import YEARS
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.commands.backup import Plan, ask_passphrase, make_and_try
from dropbox.workstation.commands.console import Console, at_terminal
from dropbox.workstation.speech import _, day_text, ngettext
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import choose_key, usable_keys


def add(command: Adder) -> None:
    parser = command("key", _key, _("Make your key, or show it; hand it to the operator; let it last longer."))
    parser.add_argument("--key", metavar="FINGERPRINT", help=_("your key, when you have several"))
    parser.add_argument("--new", action="store_true", help=_("make another key, although there is one"))
    parser.add_argument("--extend", action="store_true", help=_("let the key last two years from today"))
    parser.add_argument("--to", type=Path, metavar="DIR", help=_("the folder for the key's files"))


def _key(arguments: Arguments, show: Show) -> None:
    own = ceremony.prepare_home()
    if arguments.extend:
        _extend(own, arguments, show)
    elif at_terminal() and not arguments.json and (arguments.new or not usable_keys(own)):
        make_with(Console(), own, arguments.to)
    else:
        key = _chosen(own, arguments)
        show(_shown(key, colours=at_terminal() and not arguments.json))
        if at_terminal() and not arguments.json:
            _what_is_left(Console(), own, key, arguments.to)


def _chosen(own: Gpg, arguments: Arguments) -> KeyInfo:
    wanted = None if arguments.key is None else ceremony.named_key(arguments.key)
    keys = usable_keys(own)
    if wanted is None and len(keys) > 1 and at_terminal() and not arguments.json:
        options = [f"{key.fingerprint}  {', '.join(key.uids)}" for key in keys]
        return keys[Console().choose(_("Which key reads this desk's reports? Number:"), options)]
    return ceremony.find_key(own, choose_key(own, wanted))


def _shown(key: KeyInfo, *, colours: bool) -> Answer:
    state = ceremony.state_of(key.fingerprint)
    backup = state.backup
    document = {
        "key": key.fingerprint,
        "name": key.uids[0] if key.uids else "",
        "expires": key.expires and key.expires.isoformat(),
        "card": key.on_card,
        "backup": backup
        and {
            "day": backup.day.isoformat(),
            "shares": backup.shares,
            "needed": backup.needed,
            "tried": backup.tried and backup.tried.isoformat(),
        },
    }
    lines = [*_identity(key, colours=colours), "", *_standing(key)]
    return Answer(document, lambda _width: lines)


def _identity(key: KeyInfo, *, colours: bool) -> list[str]:
    parts = ceremony.groups(key.fingerprint)
    lines = [_("Your key: %(name)s", name=line(", ".join(key.uids))), ""]
    lines += [f"    {'  '.join(parts[:5])}", f"    {'  '.join(parts[5:])}"]
    return [*lines, "", *qr.as_lines(key.fingerprint)] if colours else lines


def _standing(key: KeyInfo) -> list[str]:
    """Return how long the key lasts and how it is backed up."""
    lasts = _("It never expires.") if key.expires is None else _("It lasts until %(day)s.", day=day_text(key.expires))
    lines = [lasts]
    if ceremony.ends_soon(key):
        lines.append(_("That is soon. To let it last longer: dropbox-workstation key --extend --to DIR"))
    backup = ceremony.state_of(key.fingerprint).backup
    if key.on_card:
        lines.append(_("It is on a card, so there is nothing to back up here."))
    elif backup is None:
        lines.append(_("There is no backup of it. To make one: dropbox-workstation backup --to DIR"))
    elif backup.tried is None:
        lines.append(_("Its backup was never tried. Make another one: dropbox-workstation backup --to DIR"))
    else:
        said = _(
            "Backed up on %(day)s and tried: %(needed)s of %(shares)s shares bring it back.",
            day=day_text(backup.day),
            needed=backup.needed,
            shares=backup.shares,
        )
        lines.append(said)
    return lines


def make_with(console: Console, own: Gpg, folder: Path | None = None) -> KeyInfo:
    """Go through the ceremony: a key, its files for the operator, its backup. Returns the proved key."""
    console.title(_("Step 1 of 3: your key"))
    console.say(
        _("This key opens the reports. It has a name, which the other members see, and a passphrase, which you keep."),
        ngettext(
            "It lasts %(num)s year. You can extend it at any time.",
            "It lasts %(num)s years. You can extend it at any time.",
            YEARS,
        ),
    )
    name = console.until_good(lambda: ceremony.key_name(console.ask(_("A name for it (no e-mail address needed):"))))
    chosen = _ask_new_passphrase(console, name)
    console.say(_("The key is being made. This takes a few seconds."))
    key = ceremony.make_key(own, name, chosen)
    console.say(_("It is made, and it opened what was sealed to it."))
    _hand_over(console, own, key, folder, chosen)
    _back_up(console, own, key, folder, chosen)
    return key


def _ask_new_passphrase(console: Console, name: str) -> Passphrase:
    offered = passphrase.offer()
    console.say(
        _(
            "The passphrase protects the key when somebody takes this machine. Six random words are strong, and can be"
            " remembered after a few days. They come on a screen of their own: write them on paper."
        ),
    )
    if console.agrees(_("Shall six words be drawn for you?")):
        told = _("Write these six words on paper, then press Enter. They will not be shown again.")
        console.show_secret([told, "", f"    {offered.reveal()}", ""])
    console.say(
        _("Type the passphrase twice; nothing shows while you type."),
        _("The rule for one of your own:"),
        str(passphrase.RULE),
    )

    def ask() -> Passphrase:
        typed = console.ask_hidden(_("Passphrase:"))
        return passphrase.choose(typed, console.ask_hidden(_("The same again:")), name)

    return console.until_good(ask)


def _hand_over(console: Console, own: Gpg, key: KeyInfo, folder: Path | None, secret: Passphrase | None) -> None:
    console.title(_("Step 2 of 3: for the operator, and for the worst day"))
    console.lines(_identity(key, colours=True))
    console.say(
        _(
            "Two files are written now. The public key is for the operator: carry it there, and compare the fingerprint"
            " above by voice, or let a telephone read the code."
        ),
        _(
            "The revocation certificate ends the key when it is stolen or lost. Keep it apart from this machine;"
            " whoever has it can end your key, and no more."
        ),
    )

    def save() -> ceremony.SavedFiles:
        where = folder or console.ask_folder(_("Folder for both files (a USB stick, say):"))
        return ceremony.save_files(own, key, where, secret)

    saved = console.until_good(save) if folder is None else save()
    console.lines([f"    {line(str(saved.public))}", f"    {line(str(saved.revocation))}"])


def _back_up(console: Console, own: Gpg, key: KeyInfo, folder: Path | None, secret: Passphrase | None) -> None:
    console.title(_("Step 3 of 3: a backup"))
    if not console.agrees(_("Without a backup a broken disk closes your cases for ever. Make one now?")):
        console.say(_("Do it soon: dropbox-workstation backup --to DIR"))
        return
    question = _("Folder for the backup file:")
    where = folder or console.until_good(lambda: ceremony.make_folder(console.ask_folder(question)))
    path = make_and_try(console, own, key, secret, Plan(where))
    console.say(_("The backup works. It is in %(file)s.", file=line(str(path))))


def _what_is_left(console: Console, own: Gpg, key: KeyInfo, folder: Path | None) -> None:
    """Offer what was not done yet, so that a ceremony that was broken off can go on."""
    state = ceremony.state_of(key.fingerprint)
    if state.saved is None and console.agrees(_("Write its public key and a revocation certificate to a folder now?")):
        _hand_over(console, own, key, folder, ask_passphrase(console))
    if not key.on_card and (state.backup is None or state.backup.tried is None):
        _back_up(console, own, key, folder, None)


def _extend(own: Gpg, arguments: Arguments, show: Show) -> None:
    key = _chosen(own, arguments)
    if at_terminal() and not arguments.json:
        console = Console()
        key = console.until_good(lambda: ceremony.extend(own, key.fingerprint, ask_passphrase(console)))
    else:
        key = ceremony.extend(own, key.fingerprint, None)
    path = None if arguments.to is None else ceremony.save_public(own, key, arguments.to)
    day = key.expires
    lines = [_("Your key lasts until %(day)s.", day=day_text(day))] if day else []
    if path:
        lines.append(_("Carry this file to the operator: %(file)s", file=line(str(path))))
    else:
        lines.append(_("The operator needs the key again. To write it out: gpg --export, or --to DIR here."))
    document = {"key": key.fingerprint, "expires": day and day.isoformat(), "file": path and str(path)}
    show(Answer(document, lambda _width: lines))
