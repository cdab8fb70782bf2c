"""What the pages of the first start share: which key it is about, which steps were done, what was typed.

Shares are in this process's memory while they are shown and typed back, and nowhere else; a passphrase goes to gpg and
is not kept.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app, request

from dropbox.errors import CasebookClosed, DropboxError, ShareWordUnknown
from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import Fingerprint, Passphrase
from dropbox.shares import Collection, near_words, read_share
from dropbox.workstation import ceremony, passphrase
from dropbox.workstation.backup import Backup
from dropbox.workstation.desk_site.forms import Form, typed_path
from dropbox.workstation.desk_site.nearby import sticks
from dropbox.workstation.desk_site.showing import Page, show, this_desk, this_session
from dropbox.workstation.speech import N_, Words, _, list_text
from dropbox.workstation.vault import usable_keys

STEPS: tuple[tuple[str, Words], ...] = (
    ("/start/key", N_("Your key")),
    ("/start/files", N_("For the operator")),
    ("/start/backup", N_("A backup")),
    ("/start/folder", N_("The vault")),
    ("/start/words", N_("The drop's words")),
)


@dataclass(repr=False)
class Run:
    """What one session's start keeps between two pages. `shown` counts the shares that were written down."""

    key: Fingerprint | None = None
    offered: Passphrase | None = None
    backup: Backup | None = None
    path: Path | None = None
    shown: int = 0
    given: Collection = field(default_factory=Collection)


def this_run() -> Run:
    runs: dict[str, Run] = current_app.extensions.setdefault("dropbox_setup", {})
    return runs.setdefault(this_session().token, Run())


def chosen_key(own: Gpg) -> KeyInfo | None:
    """Return the key that this start is about: picked, the vault's, or the only one there is."""
    keys = {key.fingerprint: key for key in usable_keys(own)}
    wanted = this_run().key
    if wanted is None and this_desk().has_vault:
        # a casebook that cannot be unsealed now tells nothing; the pages about the key must work all the same
        with suppress(CasebookClosed), this_desk().reading() as vault:
            wanted = vault.casebook.key
    if wanted is None and len(keys) == 1:
        wanted = next(iter(keys))
    return keys.get(wanted) if wanted else None


def steps_done(key: KeyInfo | None) -> list[bool]:
    """Tell of each step whether it was done, from what is on disk."""
    state = ceremony.state_of(key.fingerprint) if key else ceremony.KeyState()
    backed_up = state.backup is not None and state.backup.tried is not None
    words = False
    if this_desk().has_vault:
        with suppress(CasebookClosed), this_desk().reading() as vault:
            words = vault.casebook.confirmed or vault.casebook.expected_words is not None
    files = state.saved is not None
    return [key is not None, files, bool(key and (backed_up or key.on_card)), this_desk().has_vault, words]


def show_step(template: str, at: int, key: KeyInfo | None, form: Form | None = None, **values: object) -> Page:
    """Render a page of the step at this place (from 0)."""
    marks = zip(STEPS, steps_done(key), strict=True)
    steps = [(path, name, done) for (path, name), done in marks]
    return show(
        template, form=form, status=200, steps=steps, at=at, key=key, groups=ceremony.groups,
        folders=offered_folders(), **values,
    )  # fmt: skip


def add_share(form: Form, given: Collection) -> None:
    """Take the share that was typed; what is wrong with it stands beside its field, with words that are near."""
    typed = form.required("share", _("Type the words of one share."))
    if not typed:
        return
    try:
        given.add(read_share(typed))
        form.values["share"] = ""
    except ShareWordUnknown as error:
        form.refuse("share", error)
        if near := near_words(typed, error.position):
            form.errors["share"] += " " + _("Words that look like it: %(words)s.", words=list_text(near))
    except DropboxError as error:
        form.refuse("share", error)


def typed_folder(form: Form) -> Path | None:
    """Return the folder that was named, or None with the error beside its field; `~` stands for the home."""
    return whole_path(form, "folder")


def whole_path(form: Form, name: str) -> Path | None:
    """Return what was named in a field, or None with the error beside it."""
    typed = form.required(name, _("Name a folder or file, beginning with / or ~."))
    if not typed:
        return None
    path = typed_path(typed)
    if path.is_absolute():
        return path
    form.errors[name] = _("Give its whole path, beginning with / or ~.")
    return None


def typed_secret() -> Passphrase | None:
    """Return the passphrase that was typed; it never enters the form that may be shown again."""
    return passphrase.typed_passphrase(request.form.get("passphrase", ""))


def offered_folders() -> list[str]:
    """Return the sticks that are plugged in, as what somebody begins to type."""
    return [f"{stick}/" for stick in sticks()]
