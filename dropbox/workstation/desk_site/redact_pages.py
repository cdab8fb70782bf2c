"""Covering parts of a file that is drawn anew: by two presses on its picture, by numbers, or by its words.

A browser without scripts sends where a picture was pressed. The first press is one corner, and is kept in the page's
address; the second makes the place. What is marked goes into the plan that is in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from dropbox.envelope import Attachment
from dropbox.envelope.account import LogAct
from dropbox.errors import DropboxError, PlanOutdated
from dropbox.workstation.desk_site.disclose_place import Place
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.looking import looking
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.disclosure.gathering import sought_in
from dropbox.workstation.disclosure.plan import FileHow
from dropbox.workstation.disclosure.redrawn import finder
from dropbox.workstation.opening import Opened
from dropbox.workstation.redacting_boxes import WHOLE, Box
from dropbox.workstation.redacting_marks import (
    Corner,
    as_percent,
    between,
    covered_words,
    in_percent,
    of_words,
    picture,
    with_marks,
)
from dropbox.workstation.redacting_words import Find
from dropbox.workstation.redrawing import MAX_PAGES
from dropbox.workstation.redrawing import Page as FilePage
from dropbox.workstation.speech import _
from dropbox.workstation.vault import Vault

pages = Blueprint("redact", __name__)

SHOWN_PIXELS = 700
"""How wide a page's picture is shown: always so wide, because the browser tells where it was pressed in these."""
MAX_WORDS_SHOWN = 800
_NUMBERS = ("x", "y", "width", "height")
_ADDRESS = "/case/<case>/disclose/file/<item>/<int:number>"


@dataclass(frozen=True)
class FilePlace:
    """One file of the plan that is drawn anew, and the page of it that is looked at."""

    place: Place
    opened: Opened
    number: int
    page: int

    @classmethod
    def of(cls, vault: Vault, case: str, item: str, number: int, page: int | None = None) -> "FilePlace":
        """Return the file, and the page that the address or its query names; 404 for one that is not drawn anew."""
        place = Place.of(vault, case)
        choice = place.plan.choice_of(place.opened(item).record.item)
        files = choice.files if choice is not None else ()
        if not any(each.number == number and each.how is FileHow.REDRAWN for each in files):
            abort(404)
        asked = request.args.get("page", "1") if page is None else f"{page}"
        return cls(place, place.opened(item), number, _number(asked, MAX_PAGES) or 1)

    @property
    def path(self) -> str:
        return f"{self.place.path}/file/{self.opened.record.item}/{self.number}"

    @property
    def attachment(self) -> Attachment:
        return self.opened.envelope.index.attachments[self.number - 1]

    @property
    def marks(self) -> tuple[Box, ...]:
        return self.place.plan.boxes_of(self.opened.record.item, self.number)

    @property
    def find(self) -> Find:
        """What is covered by itself: the names and phrases of the plan. Raises PlanOutdated."""
        return finder(sought_in(self.place.plan, self.place.parts))

    def drawn(self) -> FilePage:
        """Return the page that is shown, and keep for the log that somebody looked at this file."""
        record = self.opened.record
        this_desk().looked(record.case, LogAct.VIEWED, item=record.item, file=str(self.number))
        return looking().draw(self.place.vault, self.opened, self.number, self.page)

    def keep(self, marks: Sequence[Box]) -> None:
        self.place.keep(self.place.plan.with_boxes(self.opened.record.item, self.number, marks))

    def here(self, more: str = "") -> str:
        return f"{self.path}?page={self.page}{more}"


@pages.get(_ADDRESS)
def file(case: str, item: str, number: int) -> Page:
    """Show one page of a file with its covers, and the ways to mark more."""
    with this_desk().reading() as vault:
        return _show(FilePlace.of(vault, case, item, number), Form())


@pages.post(_ADDRESS)
def mark(case: str, item: str, number: int) -> Page | AnyResponse:
    """Mark a place on a page, or take a mark back."""
    form = Form()
    with this_desk().reading() as vault:
        at = FilePlace.of(vault, case, item, number)
        try:
            corner = _corner(at)
            if corner == Corner(0, 0):  # what a browser sends for a key, which presses nowhere
                say(_("Press on the picture with a mouse, or use the words or the numbers."))
                return go(at.here())
            if corner is not None and request.form.get("from-x") is None:
                return go(at.here(f"&x={corner.x}&y={corner.y}"))
            marks = _marks(at, form, corner)
            at.keep(marks)
        except DropboxError as error:
            form.refuse("x" if form.value("do") == "box" else "", error)
            return _show(at, form)
        return go(at.here())


@pages.get(_ADDRESS + "/<int:page>/<look>.png")
@pages.get(_ADDRESS + "/<int:page>/<int:x>-<int:y>.png")
def page_picture(
    case: str, item: str, number: int, page: int, *, look: str = "marks", x: int | None = None, y: int | None = None
) -> Response:
    """Give a page as it will be, or with its covers to be seen through, and the corner that was pressed."""
    corner = None if x is None or y is None else Corner(min(x, WHOLE), min(y, WHOLE))
    if look not in ("marks", "end"):
        abort(404)
    with this_desk().reading() as vault:
        at = FilePlace.of(vault, case, item, number, page)
        try:
            data = picture(at.drawn(), at.marks, at.find, through=look == "marks", corner=corner)
        except DropboxError:
            abort(404)  # why there is none, the page around it says
    return Response(data, mimetype="image/png")


def _show(at: FilePlace, form: Form) -> Page:
    drawn, covered = None, frozenset[int]()
    try:
        drawn = at.drawn()
        covered = covered_words(drawn, at.marks, at.find)
    except PlanOutdated as error:
        say(str(error))
        form.refuse("", error)
    except DropboxError as error:
        form.refuse("", error)
    words = [] if drawn is None else list(enumerate(drawn.words))[:MAX_WORDS_SHOWN]
    return show(
        "disclose_file.html",
        form=form,
        **at.place.around("/text"),
        here=at.path,
        file=at.attachment,
        page=at.page,
        drawn=drawn,
        look="end" if request.args.get("look") == "end" else "marks",
        corner=_asked_corner(),
        width=SHOWN_PIXELS,
        height=0 if drawn is None else SHOWN_PIXELS * drawn.height // drawn.width,
        marks=[(place, as_percent(each)) for place, each in enumerate(at.marks) if each.page == at.page],
        elsewhere=sum(1 for each in at.marks if each.page != at.page),
        words=words,
        covered=covered,
    )


def _marks(at: FilePlace, form: Form, corner: Corner | None) -> tuple[Box, ...]:
    """Return the file's marks with what the form says. Raises BoxUnreadable, TooManyBoxes, and what drawing raises."""
    if corner is not None:
        first = Corner(_thousandth("from-x"), _thousandth("from-y"))
        return with_marks(at.marks, [between(at.page, first, corner)])
    do = form.choice("do", ("box", "whole", "words", "remove"))
    if do == "box":
        return with_marks(at.marks, [in_percent(at.page, [form.text(name) for name in _NUMBERS])])
    if do == "whole":
        return with_marks(at.marks, [Box(at.page, 0, 0, WHOLE, WHOLE)])
    if do == "words":
        chosen = {_number(each, len(at.drawn().words)) for each in request.form.getlist("word")}
        return with_marks(at.marks, of_words(at.drawn(), {each for each in chosen if each is not None}))
    removed = _number(form.text("mark"), len(at.marks) - 1)
    return tuple(each for place, each in enumerate(at.marks) if place != removed)


def _corner(at: FilePlace) -> Corner | None:
    """Return where the picture was pressed, in thousandths; None where it was not, 400 for what is not on it."""
    x, y = request.form.get("at.x"), request.form.get("at.y")
    if x is None or y is None:
        return None
    drawn = at.drawn()
    across, down = _number(x, SHOWN_PIXELS), _number(y, SHOWN_PIXELS * drawn.height // drawn.width)
    if across is None or down is None:
        abort(400)
    height = SHOWN_PIXELS * drawn.height / drawn.width
    return Corner(across * WHOLE // SHOWN_PIXELS, min(WHOLE, round(down * WHOLE / height)))


def _asked_corner() -> Corner | None:
    if "x" not in request.args or "y" not in request.args:
        return None
    x, y = _number(request.args["x"], WHOLE), _number(request.args["y"], WHOLE)
    return Corner(x, y) if x is not None and y is not None else abort(404)


def _thousandth(name: str) -> int:
    found = _number(request.form.get(name, ""), WHOLE)
    return found if found is not None else abort(400)


def _number(text: str, most: int) -> int | None:
    """Return a number from 0 on that is not too large; None for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(WHOLE)) + 1:
        return None
    return int(text) if int(text) <= most else None
