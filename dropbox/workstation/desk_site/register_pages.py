"""The register for the law, year by year, and the template of the privacy assessment, as a page and as files."""

import re
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, Response, abort, request

from dropbox.models import today
from dropbox.workstation import assessment, register_file
from dropbox.workstation.desk_site.showing import Page, show, this_desk
from dropbox.workstation.register import register_of, years

pages = Blueprint("register", __name__)

_YEAR = re.compile("[0-9]{4}")
_TYPES: Mapping[str, str] = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".html": "text/html",
    ".pdf": "application/pdf",
}


@pages.get("/register")
def register() -> Page:
    """Show one year's register, in months."""
    asked, now = request.args.get("year", ""), today()
    with this_desk().reading() as vault:
        if vault.casebook.binding is None:
            return show("register.html", known=False)
        there = years(vault.casebook)
        year = int(asked) if _YEAR.fullmatch(asked) else next(iter(there), now.year)
        found = register_of(vault.casebook, year, now)
        return show(
            "register.html",
            known=True,
            year=year,
            years=there,
            heads=register_file.HEADS,
            rows=[register_file.cells(vault.casebook, entry) for entry in found.entries],
            introduction=register_file.introduction(found),
            endings=_named(register_file.ENDINGS),
            templates=assessment.TEMPLATES,
            template_endings=_named(assessment.ENDINGS),
        )


@pages.get("/register/<int:year>.<ending>")
def register_as_file(year: int, ending: str) -> Response:
    """Give a year's register; with `days=1` it has days and not only months."""
    name = f"register-{year}.{ending}"
    if f".{ending}" not in register_file.ENDINGS or not date.min.year <= year <= date.max.year:
        abort(404)
    with this_desk().reading() as vault:
        found = register_of(vault.casebook, year, today(), with_days="days" in request.args)
        return _file(register_file.register_bytes(vault.casebook, found, name), name)


@pages.get("/register/dpia-<code>.<ending>")
def dpia(code: str, ending: str) -> Response:
    """Give the template of the assessment in one language."""
    name = f"dpia-{code}.{ending}"
    if code not in assessment.TEMPLATES or f".{ending}" not in assessment.ENDINGS:
        abort(404)
    with this_desk().reading() as vault:
        made = assessment.assessment(vault.casebook, code)
    return _file(assessment.assessment_bytes(made, name), name)


def _file(content: bytes, name: str) -> Response:
    """Have the browser save it: none of these is shown as a page of ours."""
    ending = name[name.rindex(".") :]
    answer = Response(content, mimetype=_TYPES[ending])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _named(endings: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(ending[1:], ending[1:].upper()) for ending in endings]
