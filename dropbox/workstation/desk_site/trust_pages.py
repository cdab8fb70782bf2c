"""What must be compared by voice before anything is answered, and the answer bundle that leaves this machine."""

from os.path import isdir
from pathlib import Path

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.errors import (
    DropboxError,
    FolderMissing,
    NotOnRoster,
    RosterForked,
    RosterUnconfirmed,
    TargetExists,
    TargetUnusable,
    Unconfirmed,
    VaultEmpty,
    WordsMistyped,
)
from dropbox.models import DeskId, today
from dropbox.trust_words import roster_words
from dropbox.workstation import roster_lines, trust
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.desk_site.forms import Form, typed_path
from dropbox.workstation.desk_site.nearby import sticks
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.exporting import ExportReport, export_answer, waiting
from dropbox.workstation.speech import _, said
from dropbox.workstation.stated import ChainFault
from dropbox.workstation.thread import member_name

pages = Blueprint("trust", __name__)

OTHER = "other"
MAX_LISTED = 20
_UNTRUSTED = (Unconfirmed, RosterForked, RosterUnconfirmed, NotOnRoster, VaultEmpty)


@pages.get("/confirm")
def drop() -> Page:
    """Show the drop's ten words, to be compared with the operator."""
    return _drop(Form())


@pages.post("/confirm")
def confirm_drop() -> Page | Response:
    form = Form()
    try:
        with this_desk().writing() as vault:
            trust.confirm_drop(vault.casebook, form.text("words"))
            vault.save()
    except DropboxError as error:
        _refuse_words(form, error)
        return _drop(form)
    say(_("The drop's key is confirmed."))
    return go("/")


@pages.get("/confirm/roster")
def roster() -> Page:
    """Show who came to or left a desk, and the ten words to be compared with another member."""
    return _roster(Form())


@pages.post("/confirm/roster")
def confirm_roster() -> Page | Response:
    form = Form()
    try:
        with this_desk().writing() as vault:
            desk = trust.confirm_roster(vault.casebook, form.text("words"))
            vault.save()
    except DropboxError as error:
        _refuse_words(form, error)
        return _roster(form)
    say(_("The roster of desk %(desk)s is confirmed.", desk=desk))
    return go("/confirm/roster" if _changed() else "/")


@pages.get("/export")
def export() -> Page:
    """Show what would leave with an answer bundle, and where it can be written."""
    return _export(Form(folder="", name=_file_name()))


@pages.post("/export")
def write() -> Page | Response:
    form = Form()
    try:
        target = chosen_target(form)
        with this_desk().writing() as vault:
            report = export_answer(vault, target)
    except (FolderMissing, TargetExists, TargetUnusable) as error:
        form.refuse("other", error)
        return _export(form)
    except DropboxError as error:
        form.refuse("", error)
        return _export(form)
    say(
        _(
            "Answer bundle %(number)s is written: %(file)s. Carry it to the drop; the next pickup bundle confirms it.",
            number=report.sequence,
            file=target,
        )
    )
    return go("/export")


def _drop(form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook = vault.casebook
        words = roster_lines.own_words(casebook).split() if casebook.binding else []
        offered = roster_lines.offered_words(casebook).split()
        return show("confirm.html", form=form, words=words, offered=offered, confirmed=casebook.confirmed)


def _roster(form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook = vault.casebook
        forks = [_fork(casebook, desk) for desk in trust.forked_rosters(casebook)]
        changed = [_change(casebook, desk) for desk in trust.changed_rosters(casebook)]
        return show("confirm_roster.html", form=form, changed=changed, forks=forks)


def _refuse_words(form: Form, error: DropboxError) -> None:
    """Say what is wrong with the words; how a command wants them is no matter here."""
    if isinstance(error, WordsMistyped):
        form.errors["words"] = said(error).message
    else:
        form.refuse("words", error)


def _changed() -> list[DeskId]:
    with this_desk().reading() as vault:
        return [*trust.forked_rosters(vault.casebook), *trust.changed_rosters(vault.casebook)]


def _fork(casebook: Casebook, desk: DeskId) -> dict[str, object]:
    """Return the words of both histories of a desk's members."""
    ours, theirs = roster_lines.fork_words(casebook, desk)
    unsigned = casebook.statements[desk].fault is ChainFault.UNSIGNED
    return {"desk": desk, "ours": ours.split(), "theirs": theirs.split(), "unsigned": unsigned}


def _change(casebook: Casebook, desk: DeskId) -> dict[str, object]:
    known = casebook.rosters[desk]
    before = {m.fingerprint for m in known.confirmed if m.last_day is None}
    after = {m.fingerprint for m in known.newest if m.last_day is None}
    return {
        "desk": desk,
        "came": [(key, member_name(casebook, key)) for key in sorted(after - before)],
        "left": [(key, member_name(casebook, key)) for key in sorted(before - after)],
        "words": roster_words(desk, known.newest).split(),
        "unsigned": trust.is_unsigned(casebook, desk),
    }


def _export(form: Form) -> Page:
    refusal: DropboxError | None = None
    report: ExportReport | None = None
    with this_desk().reading() as vault:
        try:
            trust.require_trust(vault.casebook)
            report = waiting(vault)
        except _UNTRUSTED as error:
            refusal = error
        exports = sorted(vault.casebook.exports.values(), key=lambda each: -each.sequence)
        return show(
            "export.html",
            form=form,
            report=report,
            shut=refusal,
            folders=sticks(),
            exports=exports[:MAX_LISTED],
        )


def _file_name() -> str:
    with this_desk().reading() as vault:
        desk = vault.casebook.binding.desk if vault.casebook.binding else "desk"
        return f"answer-{desk}-{today().isoformat()}-{max(vault.casebook.exports, default=0) + 1}.tar"


def chosen_target(form: Form) -> Path:
    """Return the file to write. Raises FolderMissing for a folder that is not there, or a name with a folder in it."""
    picked, other, name = form.text("folder"), form.text("other").strip(), form.required("name", _("Give it a name."))
    typed = other if picked in ("", OTHER) else picked
    if not typed or "\0" in name:
        raise FolderMissing
    folder = typed_path(typed)
    if folder == Path() or not isdir(folder) or name != Path(name).name:  # noqa: PTH112 -- Path.is_dir raises
        raise FolderMissing
    return folder / name
