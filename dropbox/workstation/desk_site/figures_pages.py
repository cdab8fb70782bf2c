"""The figures of a year: the page, its chart, and the files with which the desk accounts for it in public."""

from flask import Blueprint, Response, abort
from werkzeug.wrappers import Response as AnyResponse

from dropbox.errors import TargetExists, TargetUnusable
from dropbox.models import today
from dropbox.workstation import statistics
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.setup_room import offered_folders, typed_folder
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.facts import by_case
from dropbox.workstation.speech import ngettext
from dropbox.workstation.statistics import Facts, Figures
from dropbox.workstation.terminal import line

pages = Blueprint("figures", __name__)


@pages.get("/figures")
def newest() -> Page:
    """Show the newest year in which a report came in."""
    with this_desk().reading() as vault:
        if vault.casebook.binding is None:
            return show("figures.html", figures=None)
    years = _years()
    return _page(years[0] if years else today().year)


@pages.get("/figures/<int:year>")
def of_year(year: int) -> Page:
    return _page(_known(year))


@pages.get("/figures/<int:year>/chart.svg")
def chart(year: int) -> Response:
    return Response(statistics.svg(_figures(_known(year))), mimetype="image/svg+xml")


@pages.post("/figures/<int:year>")
def write(year: int) -> Page | AnyResponse:
    """Write the signed figures and the public account into the folder that was named."""
    form = Form()
    folder, figures = typed_folder(form), _figures(_known(year))
    if folder is None:
        return _page(year, form)
    try:
        with this_desk().reading() as vault:
            files = statistics.figures_files(vault, figures) | statistics.account_files(figures)
        written = statistics.write_files(folder, files)
    except (TargetExists, TargetUnusable) as error:
        form.refuse("folder", error)
        return _page(year, form)
    where, count = line(str(folder)), len(written)
    say(
        ngettext(
            "%(num)s file was written in %(where)s.", "%(num)s files were written in %(where)s.", count, where=where
        )
    )
    return go(f"/figures/{year}")


def _page(year: int, form: Form | None = None) -> Page:
    figures = _figures(year)
    return show(
        "figures.html",
        form=form,
        figures=figures,
        years=sorted({*_years(), year}, reverse=True),
        blocks=statistics.single(figures),
        crossed=statistics.crossed(figures),
        nothing_text=statistics.nothing_text,
        total_text=statistics.total_text(figures),
        withheld_text=statistics.withheld_text(),
        unfinished_text=statistics.unfinished_text(figures),
        folders=offered_folders(),
    )


def _figures(year: int) -> Figures:
    """Return a year's figures, counted once for each casebook."""
    now = today()
    return this_desk().made_once(
        ("figures", year, now), lambda vault: statistics.figures_of(vault.casebook, year, now, _facts())
    )


def _years() -> list[int]:
    return statistics.years_of(_facts())


def _facts() -> Facts:
    """Return the facts of every case: the list of years and each year's figures are made of the same."""
    return this_desk().made_once("facts", lambda vault: by_case(vault.casebook))


def _known(year: int) -> int:
    if not statistics.FIRST_YEAR <= year <= statistics.LAST_YEAR:
        abort(404)
    return year
