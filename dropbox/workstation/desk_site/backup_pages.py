"""The backup of a key, page by page: its file, its shares one after the other, the trial; and bringing a key back."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from dropbox import in_memory
from dropbox.errors import BackupDamaged, BackupForeign, DropboxError, FileUnreadable, GpgError, InvalidValue
from dropbox.shares import WORDS_IN_SHARE, Collection
from dropbox.workstation import ceremony, restoring
from dropbox.workstation.backup import BackupHead, read_head
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.setup_room import (
    add_share,
    chosen_key,
    show_step,
    this_run,
    typed_folder,
    typed_secret,
    whole_path,
)
from dropbox.workstation.desk_site.showing import Page, go, say, this_desk
from dropbox.workstation.speech import _

pages = Blueprint("backup", __name__)

Answer = Page | Response


@pages.get("/start/backup")
def backup() -> Answer:
    """Explain the backup, or go on with the one that is being made."""
    key = chosen_key(ceremony.find_home())
    if key is None:
        return go("/start/key")
    return show_step(
        "start_backup.html", 2, key, Form(shares="3", needed="2"), state=ceremony.state_of(key.fingerprint)
    )


@pages.post("/start/backup")
def make_backup() -> Answer:
    """Export the key, write the file, and begin with the shares."""
    own, form, run = ceremony.find_home(), Form(), this_run()
    key = chosen_key(own)
    if key is None:
        return go("/start/key")
    folder = typed_folder(form)
    needed, shares = (_number(form, name) for name in ("needed", "shares"))
    if folder is not None:
        try:
            ceremony.make_folder(folder)
            in_memory.memory_folder()
            made = restoring.back_up(own, key.fingerprint, typed_secret(), needed, shares)
            run.path = restoring.save_backup(made, folder)
            run.backup, run.shown, run.given = made, 0, Collection(made.head.set_id)
        except InvalidValue as error:
            form.refuse("shares", error)
        except GpgError as error:
            form.refuse("passphrase", error)
        except DropboxError as error:
            form.refuse("folder", error)
    if form.refused:
        return show_step("start_backup.html", 2, key, form, state=ceremony.state_of(key.fingerprint))
    return go("/start/backup/share")


@pages.get("/start/backup/share")
def share() -> Answer:
    """Show the share that is next to be written down."""
    run = this_run()
    if run.backup is None:
        return go("/start/backup")
    if run.shown >= len(run.backup.shares):
        return go("/start/backup/try")
    words = run.backup.shares[run.shown].reveal().split()
    key = chosen_key(ceremony.find_home())
    return show_step("start_share.html", 2, key, words=words, head=run.backup.head, number=run.shown + 1)


@pages.post("/start/backup/share")
def share_written() -> Answer:
    """Go on to the next share; the one that was written down is not shown again."""
    run = this_run()
    # the number says which page was sent, so that one sent twice skips no share
    if run.backup is not None and request.form.get("number") == str(run.shown + 1):
        run.shown += 1
    return go("/start/backup/share")


@pages.get("/start/backup/try")
def try_backup() -> Answer:
    """Ask for one share after the other, then for the passphrase."""
    return go("/start/backup") if this_run().backup is None else _try_page(Form())


@pages.post("/start/backup/try")
def take_share() -> Answer:
    """Take one share."""
    run = this_run()
    if run.backup is None:
        return go("/start/backup")
    form = Form()
    add_share(form, run.given)
    return _try_page(form) if form.refused else go("/start/backup/try")


@pages.post("/start/backup/proof")
def prove_backup() -> Answer:
    """Restore the file from the shares in memory, and open something with the key."""
    run, form = this_run(), Form()
    if run.backup is None or run.path is None or run.given.given < run.backup.head.needed:
        return go("/start/backup/try")
    try:
        file = restoring.read_backup(run.path)
        restoring.try_backup(file, run.given, typed_secret())
        bare = not restoring.needs_passphrase(file, run.given)
    except DropboxError as error:
        form.refuse("passphrase", error)
        return _try_page(form)
    run.backup, run.path, run.given = None, None, Collection()
    say(_("The backup works: the key came back from the file and the papers."))
    if bare:
        say(_("Beware: this key has no passphrase. Whoever has the file and enough papers has the key."))
    return go("/key" if this_desk().has_vault else "/start/folder")


def _try_page(form: Form) -> Page:
    run = this_run()
    key = chosen_key(ceremony.find_home())
    head = run.backup.head if run.backup else None
    return show_step("start_try.html", 2, key, form, head=head, given=run.given.given, words_each=WORDS_IN_SHARE)


@pages.get("/start/restore")
def restore() -> Answer:
    """Ask for a backup file and its shares."""
    return _restore_page(Form())


@pages.post("/start/restore")
def take_backup() -> Answer:
    """Take the file's place and one share at a time; with enough of them the key comes back."""
    form, run = Form(), this_run()
    path = whole_path(form, "file")
    form.text("share")
    head = None
    if path is not None:
        try:
            file = restoring.read_backup(path)
            head = read_head(file)
            if run.path != path:
                run.path, run.given = path, Collection(head.set_id)
            add_share(form, run.given)
            if not form.refused and run.given.given >= head.needed:
                run.key = restoring.restore(ceremony.prepare_home(), file, run.given)
                run.path, run.given = None, Collection()
                say(_("The key is back in your GnuPG home. It still needs its passphrase."))
                return go("/start")
        except (FileUnreadable, BackupDamaged, BackupForeign) as error:
            form.refuse("file", error)
        except DropboxError as error:
            form.refuse("share", error)
    if not form.refused:
        form.values["share"] = ""
    return _restore_page(form, head)


def _restore_page(form: Form, head: BackupHead | None = None) -> Page:
    given = this_run().given.given if head else 0
    return show_step("start_restore.html", 0, None, form, head=head, given=given)


def _number(form: Form, name: str) -> int:
    typed = form.text(name)
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
