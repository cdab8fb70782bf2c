"""The first start, in five steps: a key, its files, its backup, the vault's folder, the drop's words.

Each step looks at what is there already, so a browser may be closed at any of them. The backup's own pages are in
backup_pages.py.
"""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from dropbox.errors import DropboxError, GpgError, KeyNameUnusable
from dropbox.models import Fingerprint
from dropbox.workstation import ceremony, passphrase, trust
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.setup_room import (
    STEPS,
    chosen_key,
    show_step,
    steps_done,
    this_run,
    typed_folder,
    typed_secret,
)
from dropbox.workstation.desk_site.showing import Page, go, say, this_desk
from dropbox.workstation.speech import _, list_text
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import create_vault, usable_keys

pages = Blueprint("setup", __name__)

Answer = Page | Response


@pages.get("/start")
def start() -> Answer:
    """Show all steps, and which one is next."""
    key = chosen_key(ceremony.find_home())
    done = steps_done(key)
    following = STEPS[done.index(False)] if False in done else None
    return show_step("start.html", -1, key, following=following)


@pages.get("/start/key")
def choose_key() -> Answer:
    """Show the keys that are here, and what a new one needs."""
    words = 7 if request.args.get("words") == "7" else passphrase.OFFERED_WORDS[0]
    this_run().offered = passphrase.offer(words)
    return _key_page(Form(made="new"))


@pages.post("/start/key/pick")
def pick_key() -> Answer:
    """Go on with a key that is here."""
    form = Form()
    keys = usable_keys(ceremony.find_home())
    this_run().key = Fingerprint(form.choice("key", {key.fingerprint for key in keys}))
    return go("/start/files")


@pages.post("/start/key")
def make_key() -> Answer:
    """Make a key."""
    form = Form()
    name = form.required("name", _("Give the key a name."))
    try:
        name = ceremony.key_name(name) if name else ""
    except KeyNameUnusable as error:
        form.refuse("name", error)
    try:
        secret = passphrase.choose(request.form.get("passphrase", ""), request.form.get("again", ""), name)
        if not form.refused:
            this_run().key = ceremony.make_key(ceremony.prepare_home(), name, secret).fingerprint
    except DropboxError as error:
        form.refuse("passphrase", error)
    if form.refused:
        return _key_page(form)
    this_run().offered = None
    say(_("Your key is made, and it opened what was sealed to it."))
    return go("/start/files")


def _key_page(form: Form) -> Page:
    keys = usable_keys(ceremony.find_home())
    offered = this_run().offered or passphrase.offer()
    this_run().offered = offered
    return show_step(
        "start_key.html", 0, None, form, keys=keys, offered=offered.reveal().split(), rule=passphrase.RULE,
        years=ceremony.YEARS,
    )  # fmt: skip


@pages.get("/start/files")
def files() -> Answer:
    """Show the fingerprint, and where the key's files go."""
    key = chosen_key(ceremony.find_home())
    return go("/start/key") if key is None else show_step("start_files.html", 1, key)


@pages.post("/start/files")
def save_files() -> Answer:
    """Write the public key and the revocation certificate."""
    own, form = ceremony.find_home(), Form()
    key = chosen_key(own)
    if key is None:
        return go("/start/key")
    folder = typed_folder(form)
    if folder is not None:
        try:
            saved = ceremony.save_files(own, key, folder, typed_secret())
            say(
                _(
                    "Two files were written: %(files)s",
                    files=list_text([line(saved.public.name), line(saved.revocation.name)]),
                )
            )
        except GpgError as error:
            form.refuse("passphrase", error)
        except DropboxError as error:
            form.refuse("folder", error)
    return show_step("start_files.html", 1, key, form) if form.refused else go("/start/backup")


@pages.get("/start/folder")
def folder() -> Answer:
    """Ask where the vault is to be."""
    key = chosen_key(ceremony.find_home())
    if key is None:
        return go("/start/key")
    return show_step("start_folder.html", 3, key, Form(folder=str(this_desk().folder)), vault=this_desk().folder)


@pages.post("/start/folder")
def make_vault() -> Answer:
    """Start the vault."""
    own, form = ceremony.find_home(), Form()
    key = chosen_key(own)
    if key is None:
        return go("/start/key")
    wanted = typed_folder(form)
    if wanted is not None and not this_desk().has_vault:
        try:
            own.prove(key.fingerprint, typed_secret())
            with create_vault(wanted, key.fingerprint) as vault:
                vault.save()
            if wanted != this_desk().folder:
                command = f"dropbox-workstation open --vault {line(str(wanted))}"
                say(_("From now on, start this page so: %(command)s", command=command))
            this_desk().folder = wanted
        except GpgError as error:
            form.refuse("passphrase", error)
        except DropboxError as error:
            form.refuse("folder", error)
    if form.refused:
        return show_step("start_folder.html", 3, key, form, vault=this_desk().folder)
    return go("/start/words")


@pages.get("/start/words")
def words() -> Answer:
    """Ask for the ten words of the drop's key."""
    if not this_desk().has_vault:
        return go("/start/folder")
    return show_step("start_words.html", 4, chosen_key(ceremony.find_home()))


@pages.post("/start/words")
def expect_words() -> Answer:
    """Keep the ten words, or compare them where the drop is known already."""
    if not this_desk().has_vault:
        return go("/start/folder")
    form = Form()
    typed = form.required("words", _("Type the ten words, or go on without them."))
    if typed:
        try:
            with this_desk().writing() as vault:
                trust.expect_drop(vault.casebook, typed)
                vault.save()
        except DropboxError as error:
            form.refuse("words", error)
    if form.refused:
        return show_step("start_words.html", 4, chosen_key(ceremony.find_home()), form)
    say(_("The words are kept: the first pickup bundle must be by that drop."))
    return go("/start")
