"""The page that everything begins at: the table of cases, what of it is shown, and in which order.

What is looked for stays in the session: a name that somebody searched must not stand in an address, which browsers
keep.
"""

from dataclasses import replace

from flask import Blueprint, request
from werkzeug.wrappers import Response

from dropbox.envelope import WorkState
from dropbox.models import Mandate, today
from dropbox.workstation import mandate, work
from dropbox.workstation.casebook import Casebook, is_shown
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.jobs import Progress
from dropbox.workstation.desk_site.showing import Page, go, show, this_desk, this_session
from dropbox.workstation.finder import NOBODY, SORTS, Search
from dropbox.workstation.speech import N_, _
from dropbox.workstation.thread import author_name

pages = Blueprint("cases", __name__)

UNSEAL_JOB = "unseal"
MAX_WORDS_CHARACTERS = 200
_KEPT = "search"
_HEADS = (
    ("name", N_("Name")),
    ("desk", N_("Desk")),
    ("mandate", N_("Mandate")),
    ("state", N_("State")),
    ("unread", N_("Unread")),
    ("acknowledge", N_("To acknowledge")),
    ("answer", N_("To answer")),
    ("tags", N_("Tags")),
    ("assignee", N_("Who has it")),
)


@pages.get("/")
def table() -> Page:
    """Show one page of the cases that are looked for, those that wait for somebody first."""
    desk, kept = this_desk(), _kept()
    search = replace(kept, sort=_sort(), page=_page_number())
    with desk.reading() as vault:
        casebook = vault.casebook
        found = desk.finder.find(search, today())
        return show(
            "cases.html",
            form=_form(kept),
            found=found,
            search=search,
            filtered=kept != Search(),
            today=today(),
            overdue=desk.finder.count_overdue(today()),
            names={row.assignee: author_name(casebook, row.assignee) for row in found.rows if row.assignee},
            heads=_HEADS,
            options=_options(desk, casebook),
            sealed=_count_sealed(desk, casebook),
            known=desk.finder.known,
            job=desk.jobs.last if desk.jobs.last and desk.jobs.last.name == UNSEAL_JOB else None,
        )


@pages.post("/")
def look_for() -> Response:
    """Keep what to show of the table; the page after it shows it."""
    form = Form()
    if "clear" in request.form:
        show_every_case()
        return go("/")
    this_session().kept[_KEPT] = Search(
        words=form.text("words").strip()[:MAX_WORDS_CHARACTERS],
        mandate=form.choice("mandate", ("", *Mandate)),
        state=form.choice("state", ("", *WorkState)),
        tag=form.text("tag"),
        assignee=form.text("assignee"),
        unread="unread" in request.form,
        overdue="overdue" in request.form,
    )
    return go("/")


def show_every_case() -> None:
    """Forget what was looked for, so that nothing new stays out of sight."""
    this_session().kept.pop(_KEPT, None)


@pages.post("/unseal-all")
def unseal_all() -> Response:
    """Unseal every item once, in the background, so that its text can be found."""
    desk = this_desk()
    desk.jobs.start(UNSEAL_JOB, lambda progress: _unseal_all(desk, progress))
    return go("/")


def _unseal_all(desk: Desk, progress: Progress) -> None:
    with desk.reading() as vault:
        desk.finder.learn_all(vault, progress)


def _count_sealed(desk: Desk, casebook: Casebook) -> int:
    """Return how many items there are that could be searched."""
    return desk.made_once("searchable", lambda _: sum(1 for each in casebook.items.values() if is_shown(each)))


def _kept() -> Search:
    kept = this_session().kept.get(_KEPT)
    return kept if isinstance(kept, Search) else Search()


def _sort() -> str:
    sort = request.args.get("sort", "")
    return sort if sort in SORTS else "due"


def _page_number() -> int:
    number = request.args.get("page", "1")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1


def _form(search: Search) -> Form:
    return Form(
        words=search.words,
        mandate=search.mandate,
        state=search.state,
        tag=search.tag,
        assignee=search.assignee,
        unread="1" if search.unread else "",
        overdue="1" if search.overdue else "",
    )


def _options(desk: Desk, casebook: Casebook) -> dict[str, list[tuple[str, str]]]:
    others = [each for each in desk.finder.assignees() if each != casebook.key]
    anyone = [("", _("anyone")), (casebook.key, _("me")), (NOBODY, _("nobody"))]
    return {
        "mandate": [("", _("any")), *((each.value, mandate.name(each)) for each in Mandate)],
        "state": [("", _("any")), *((each.value, work.state_text(each)) for each in WorkState)],
        "tag": [("", _("any")), *((tag, tag) for tag in desk.finder.tags())],
        "assignee": [*anyone, *((each, author_name(casebook, each)) for each in others)],
    }
