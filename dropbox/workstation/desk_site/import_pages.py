"""Bringing a pickup bundle in: which one, how far it is, what was in it; and what became of numbers that never came.

A bundle that the browser hands over is sealed, so it may lie in the vault's incoming folder for as long as it takes.
"""

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path

from flask import Blueprint, make_response, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.errors import (
    BundleKeyUnconfirmed,
    BundleNotNamed,
    DropboxError,
    FileUnreadable,
    JobRunning,
    TargetUnusable,
)
from dropbox.models import CaseId, today
from dropbox.workstation import canaries, epoch_lines, epochs, roster_lines
from dropbox.workstation.casebook import Casebook, is_shown
from dropbox.workstation.continuity import explain, explained_gaps, open_gaps
from dropbox.workstation.desk_site.cases import show_every_case
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.forms import MAX_REQUEST_BYTES, Form, takes, typed_path
from dropbox.workstation.desk_site.jobs import Progress
from dropbox.workstation.desk_site.nearby import Nearby, bundles
from dropbox.workstation.desk_site.showing import Page, go, say, show, show_error, this_desk
from dropbox.workstation.handing import import_bundle
from dropbox.workstation.importing import ImportReport
from dropbox.workstation.speech import _

pages = Blueprint("import", __name__)

IMPORT_JOB = "import"
REFRESH_SECONDS = 2
_NUMBERS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class CaseNews:
    """What an import brought for one case."""

    case: CaseId
    name: str
    items: int
    opened: bool


@dataclass(frozen=True)
class Imported:
    """What an import brought. told: what it says of the drop's key, of members and test reports."""

    report: ImportReport
    news: tuple[CaseNews, ...]
    told: tuple[str, ...] = ()


@pages.get("/import")
def choose() -> Page:
    """Show the bundles that are found, and the numbers that never came."""
    return _choose(Form())


@pages.post("/import")
@takes(MAX_REQUEST_BYTES)
def start() -> Page | Response:
    """Import the bundle that was picked, typed or handed over, in the background."""
    desk, form = this_desk(), Form()
    if desk.jobs.running is not None:
        raise JobRunning
    try:
        path = _chosen(desk, form)
    except DropboxError as error:
        form.refuse("path", error)
        return _choose(form)
    desk.jobs.start(IMPORT_JOB, lambda progress: _import(desk, path, progress))
    show_every_case()
    return go("/import/running")


@pages.get("/import/running")
def running() -> Response:
    """Show how far the import is; the browser asks again by itself until it has ended."""
    job = this_desk().jobs.last
    if job is None or job.name != IMPORT_JOB or not job.running:
        return go("/import/done")
    answer = make_response(show("import_running.html", progress=job.progress))
    answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


@pages.get("/import/done")
def done() -> Page | Response:
    """Show what the import brought, or why it was refused."""
    job = this_desk().jobs.last
    if job is None or job.name != IMPORT_JOB:
        return go("/import")
    if job.running:
        return go("/import/running")
    if job.error is not None:
        back = "/confirm" if isinstance(job.error, BundleKeyUnconfirmed) else "/import"
        return show_error(job.error, 409, back=back)
    with this_desk().reading() as vault:
        return show("import_done.html", done=job.result, gaps=open_gaps(vault.casebook))


@pages.post("/import/explain")
def tell() -> Page | Response:
    """Keep what became of numbers that never came here."""
    form = Form()
    numbers = [int(number) for number in request.form.getlist("number") if _NUMBERS.fullmatch(number)]
    because = form.text("because")
    try:
        with this_desk().writing() as vault:
            explain(vault.casebook, numbers, because, today())
            vault.save()
    except DropboxError as error:
        form.refuse("because", error)
        return _choose(form, numbers)
    say(_("The explanation is kept. It stays on this page."))
    return go("/import#gaps")


@pages.post("/import/restored")
def read_of_restore() -> Response:
    """Keep that somebody here has read of a restore of the drop."""
    with this_desk().writing() as vault:
        epochs.mark_read(vault.casebook)
        vault.save()
    return go("/import")


def _choose(form: Form, numbers: list[int] | None = None) -> Page:
    with this_desk().reading() as vault:
        return show(
            "import.html",
            form=form,
            found=_nearby(),
            gaps=open_gaps(vault.casebook),
            picked=numbers,
            explained=explained_gaps(vault.casebook),
            restored=bool(epochs.unread(vault.casebook)),
            max_mb=MAX_REQUEST_BYTES // 1_000_000,
            at_work=this_desk().jobs.running is not None,
        )


def _chosen(desk: Desk, form: Form) -> Path:
    """Return the bundle's path. Raises BundleNotNamed, FileUnreadable or TargetUnusable."""
    typed, picked = form.text("path").strip(), form.text("found")
    handed = request.files.get("bundle")
    if handed is not None and handed.filename:
        return _keep(desk, handed)
    if typed:
        path = typed_path(typed)
        if not isfile(path):  # noqa: PTH113 -- of a closed folder, or too long a name, Path.is_file raises
            raise FileUnreadable
        return path
    # only what was offered: the field's value is no way to read any file by another page's hand
    path = next((bundle.path for bundle in _nearby() if str(bundle.path) == picked), Path())
    if not isfile(path):  # noqa: PTH113
        raise BundleNotNamed
    return path


def _nearby() -> list[Nearby]:
    return [*bundles(), *bundles("reseal")]


def _keep(desk: Desk, handed: FileStorage) -> Path:
    folder = desk.folder / "incoming"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{secrets.token_hex(8)}.tar"
        with path.open("xb") as target:
            handed.save(target)
    except OSError:
        raise TargetUnusable from None
    return path


def _import(desk: Desk, path: Path, progress: Progress) -> Imported:
    try:
        with desk.writing() as vault:
            before = vault.casebook.arrivals
            cases = set(vault.casebook.cases)
            report = import_bundle(vault, path, progress, desk.finder.learn)
            return _imported(vault.casebook, report, before, cases)
    finally:
        _sweep(desk)


def _sweep(desk: Desk) -> None:
    """Throw away what the browser handed over: it is in the vault, or was refused."""
    for stray in (desk.folder / "incoming").glob("*.tar"):
        with suppress(OSError):
            stray.unlink()


def _imported(casebook: Casebook, report: ImportReport, before: int, cases: set[CaseId]) -> Imported:
    fresh = [r for r in casebook.items.values() if r.arrived > before and is_shown(r)]
    counts: dict[CaseId, int] = {}
    for record in fresh:
        counts[record.case] = counts.get(record.case, 0) + 1
    news = tuple(
        CaseNews(case, case_name(case), count, opened=case not in cases) for case, count in sorted(counts.items())
    )
    told = roster_lines.news_lines(casebook, report.rosters, report.drop_key)
    restored = epoch_lines.restored_lines(report.restored)
    return Imported(report, news, (*restored, *told, *canaries.import_lines(report.test_reports)))
