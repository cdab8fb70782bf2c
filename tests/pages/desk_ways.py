"""How each state of the desk page comes about: what an investigator does before the page shows.

What is one call of the room stands in desk_states.py; here is what takes several steps.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from unittest import mock

from dropbox.workstation.desk_site.import_pages import IMPORT_JOB
from dropbox.workstation.desk_site.jobs import Progress
from tests import factories
from tests.envelopes import Case
from tests.pages.desk_room import DeskRoom, Upload
from tests.pages.room import STORY
from tests.visitor import Page

Make = Callable[[DeskRoom], Page]
Values = Mapping[str, str | Sequence[str]]


def at(path: str) -> Make:
    return lambda room: room.get(path)


def case(name: str, more: str = "") -> Make:
    return lambda room: room.case(name, more)


def sent(path: str, values: Values | None = None, *, to: str = "", files: Sequence[Upload] = ()) -> Make:
    """Return what opens a page and sends its form, filled in as it stands but for these values."""
    return lambda room: room.submit_on(path, values, files, to)


def on_case(name: str, more: str, values: Values, *, of: str = "", files: Sequence[Upload] = ()) -> Make:
    """Return what sends the form that goes to CASE/more, from the case's page or from CASE/of."""
    return lambda room: room.submit_on(room.path(name, of), values, files, room.path(name, more))


def found(**values: str) -> Make:
    """Return what looks for something on the table of cases."""
    return lambda room: room.submit(room.get("/").form("words"), values)


def unsealed(room: DeskRoom) -> Page:
    room.submit_on("/", to="/unseal-all")
    room.desk.jobs.wait(60)
    return room.submit(room.get("/").form("words"), {"words": "shifts"})


def roster_signed(room: DeskRoom) -> Page:
    """Sign what is proposed, with the words that the page shows."""
    shown = room.get("/roster")
    words = re.findall(r"<li>([^<]+)</li>", shown.text.partition('<ol class="words">')[2].partition("</ol>")[0])
    return room.submit(shown.form("words"), {"words": " ".join(words), "compared": "yes"})


def next_month(room: DeskRoom) -> Page:
    return room.get(re.findall(r'href="(/calendar\?month=[^"]+)"', room.get("/calendar").text)[-1])


# --- the log ---


def logged(name: str) -> Make:
    """Return what works on a case, and shows its log."""

    def make(room: DeskRoom) -> Page:
        on_case(name, "/work", {"state": "waiting", "tags": "urgent"})(room)
        room.view(name, 1)
        return room.case(name, "/log")

    return make


def log_written(name: str) -> Make:
    def make(room: DeskRoom) -> Page:
        return on_case(name, "/log/write", {"other": str(room.folder), "name": "log.txt"}, of="/log")(room)

    return make


# --- what belongs together ---


def about(name: str, persons: str, places: str = "", dates: str = "") -> Make:
    """Return what marks whom and what a case is about."""
    return on_case(name, "/about", {"persons": persons, "places": places, "dates": dates}, of="/about")


def proposed(text: str) -> Make:
    """Return what imports a report in which names stand, and shows the page on which they can be ticked."""

    def make(room: DeskRoom) -> Page:
        case = Case()
        room.world.drop.send(case, text)
        imported(room, room.world.drop.pickup())
        return room.get(f"/case/{case.id}/about")

    return make


def linked(name: str, more: str = "") -> Make:
    """Return what marks five cases that touch each other, and shows one of them, or the page of all."""

    def make(room: DeskRoom) -> Page:
        about("investigate", "Jan van den Berg; Jan B.\nKarel Meijer", "town hall", "2026-03-04")(room)
        about("late", "Jan v.d. Berg\nK. Meyer", "Town Hall", "2026-03-04")(room)
        about("advise", "Jan van den Bergh")(room)
        about("listen", "Jan van den Berg")(room)
        return room.case(name, more) if name else room.get("/together")

    return make


def asked_again(name: str) -> Make:
    """Return what opens the page that asks for joining after the reporter was asked."""

    def make(room: DeskRoom) -> Page:
        on_case(name, "/join", {"text": "May we?"}, of="/join")(room)
        return room.case(name, "/join")

    return make


# --- import ---


def bundle(room: DeskRoom, name: str = "pickup.tar") -> Path:
    """Let the drop write a bundle with something new into the home folder."""
    path = room.folder / name
    room.world.drop.send(Case(), STORY)
    room.world.drop.pickup().rename(path)
    return path


def bundle_found(room: DeskRoom) -> Page:
    bundle(room)
    return room.get("/import")


def imported(room: DeskRoom, path: Path | None = None) -> Page:
    room.submit_on("/import", {"path": str(path or bundle(room))})
    room.desk.jobs.wait(60)
    return room.get("/import/done")


def imported_again(room: DeskRoom) -> Page:
    path = bundle(room)
    imported(room, path)
    return imported(room, path)


def import_refused(room: DeskRoom) -> Page:
    path = room.folder / "holiday.tar"
    path.write_bytes(b"no bundle")
    return imported(room, path)


def import_running(room: DeskRoom) -> Page:
    """Show an import that is half done, and let it end."""
    go_on = threading.Event()

    def run(progress: Progress) -> None:
        progress(340, 1000)
        go_on.wait(60)

    room.desk.jobs.start(IMPORT_JOB, run)
    page = room.get("/import/running")
    go_on.set()
    return page


def saved(name: str) -> Make:
    return lambda room: on_case(name, "/save", {"folder": str(room.folder / "copies")})(room)


# --- a file, and writing ---

EXPLAINED = "The operator lost a disk."
FILE: Upload = ("files", "letter.pdf", b"%PDF-1.4 a letter")


def seal_opened(number: int, times: int = 1) -> Make:
    """Return what opens the reporter's own seals around a file of the case that has some."""

    def make(room: DeskRoom) -> Page:
        page = room.view("investigate", number)
        for _ in range(times):
            page = room.submit(next(form for form in page.forms if form.action.endswith("/unseal")))
        return page

    return make


def draft(name: str, kind: str, text: str, **more: str) -> Make:
    """Return what writes a text and looks it over."""
    return on_case(name, f"/{kind}", {"text": text, "do": "look", **more}, of=f"/{kind}")


def sealed(name: str, kind: str) -> Make:
    def make(room: DeskRoom) -> Page:
        page = draft(name, kind, "We have read it. Please come back in a week.")(room)
        return room.submit(page.form_to(room.path(name, f"/{kind}/look")))

    return make


def begun(name: str) -> Make:
    """Return what begins a reply, keeps it, and shows the case again."""

    def make(room: DeskRoom) -> Page:
        on_case(name, "/reply", {"text": "Not done yet.", "do": "keep"}, of="/reply")(room)
        return room.case(name)

    return make


def came_meanwhile(room: DeskRoom) -> Page:
    """Seal a reply after something new came into its case."""
    page = draft("advise", "reply", "We have read it.")(room)
    room.world.drop.send(room.cases["advise"], "Wait, there is more.")
    imported(room)
    return room.submit(page.form_to(room.path("advise", "/reply/look")))


def handed_over(name: str) -> Make:
    """Return what writes the file for the desk that has the case now."""

    def make(room: DeskRoom) -> Page:
        values = {"folder": "other", "other": str(room.folder), "name": "handed-over.tar"}
        return room.submit_on(room.path(name), values, to=room.path(name, "/handover/file"))

    return make


def confirmed(room: DeskRoom) -> Page:
    return room.submit_on("/confirm", {"words": room.world.drop.words})


def exported(room: DeskRoom) -> Page:
    return room.submit_on("/export", {"folder": "other", "other": str(room.folder)})


# --- the first start ---


def key_chosen(path: str, values: Values | None = None, *, to: str = "") -> Make:
    """Return what picks the key that is here, and then opens a step (and sends its form, when there are values)."""

    def make(room: DeskRoom) -> Page:
        room.submit_on("/start/key", to="/start/key/pick")
        return room.get(path) if values is None else room.submit_on(path, _placed(room, values), to=to)

    return make


def accounted(folder: str) -> Make:
    """Return what asks for the files of the public account in a folder."""
    return lambda room: room.submit(room.get("/figures").form("folder"), _placed(room, {"folder": folder}))


def _placed(room: DeskRoom, values: Values) -> Values:
    """Put the state's own folder in the place of HERE."""
    return {
        name: value.replace("HERE", str(room.folder)) if isinstance(value, str) else value
        for name, value in values.items()
    }


def vault_made(room: DeskRoom) -> Page:
    room.submit_on("/start/key", to="/start/key/pick")
    return room.submit_on("/start/folder", {"folder": str(room.desk.folder)})


def all_set_up(room: DeskRoom) -> Page:
    page = vault_made(room)
    return room.submit(page.form_to("/start/words"), {"words": room.world.drop.words})


def wrong_words(room: DeskRoom) -> Page:
    page = vault_made(room)
    return room.submit(page.form_to("/start/words"), {"words": "these are no words of any list"})


def shares(room: DeskRoom) -> list[str]:
    """Make a backup of the key and write each share down; return them as they stood on the pages."""
    room.submit_on("/start/key", to="/start/key/pick")
    page = room.submit_on("/start/backup", {"folder": str(room.folder / "stick"), "shares": "3", "needed": "2"})
    found: list[str] = []
    while "/start/backup/share" in page.text and len(found) < 3:
        words = re.search(r'<ol class="words[^>]*>(.*?)</ol>', page.text, re.S)
        assert words is not None, page.text
        found.append(" ".join(re.sub("<[^>]+>", " ", words[1]).split()))
        page = room.submit(page.form_to("/start/backup/share"))
    return found


def share(room: DeskRoom) -> Page:
    room.submit_on("/start/key", to="/start/key/pick")
    return room.submit_on("/start/backup", {"folder": str(room.folder / "stick"), "shares": "3", "needed": "2"})


def tried(*typed: int | str, then: Values | None = None) -> Make:
    """Return what types shares back, by their number or as something else, and at last the passphrase."""

    def make(room: DeskRoom) -> Page:
        papers = shares(room)
        page = room.get("/start/backup/try")
        for each in typed:
            text = papers[each] if isinstance(each, int) else each
            page = room.submit(page.form_to("/start/backup/try"), {"share": text})
        return page if then is None else room.submit(page.form_to("/start/backup/proof"), then)

    return make


def restored(*typed: int | str) -> Make:
    """Return what brings a key back from its backup file and papers."""

    def make(room: DeskRoom) -> Page:
        papers = shares(room)
        file = next((room.folder / "stick").glob("*.backup"))
        page = room.get("/start/restore")
        for each in typed:
            text = papers[each] if isinstance(each, int) else each
            page = room.submit(page.form_to("/start/restore"), {"file": str(file), "share": text})
        return page

    return make


def extended(room: DeskRoom) -> Page:
    """Let a key last longer: one of the state's own, because the others' must stay as they are."""
    shutil.copytree(room.world.anna.home, room.folder / "home", ignore=shutil.ignore_patterns("S.*"))
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(room.folder / "home")}):
        try:
            return room.submit_on("/key", {"folder": str(room.folder / "stick")}, to="/key/extend")
        finally:
            factories.end_agents(room.folder / "home")


def stranger(room: DeskRoom) -> Page:
    room.client.delete_cookie("desk", domain="127.0.0.1")
    return room.get("/")


def too_large(room: DeskRoom) -> Page:
    """Send more than a form of words ever is."""
    return room.submit_on("/confirm/roster", {"words": "zoom " * 200_000})


# --- passing cases on ---


def resealed(room: DeskRoom) -> Page:
    """Pass a case on to the desk's other member."""
    form = room.get("/reseal").form("to")
    values = {"to": form.choices["to"][0], "case": [room.cases["advise"].id], "other": str(room.folder)}
    return room.submit(form, values)


# --- covering parts of a file ---


def redacting(number: int, *forms: Values, page: int = 1) -> Make:
    """Return what plans to draw a file of the first item anew, and sends these forms on its page."""

    def make(room: DeskRoom) -> Page:
        start = room.path("advise", "/disclose")
        fields = dict(room.get(start).form_to(start).fields)
        item = next(name.split("-")[1] for name in fields if name.startswith("file-") and name.endswith("-1"))
        room.submit_on(start, {"item": item, f"file-{item}-{number}": "redrawn"})
        here = f"{start}/file/{item}/{number}?page={page}"
        shown = room.get(here)
        for values in forms:
            mine = (each for each in shown.forms if each.action == here)
            form = next(each for each in mine if each.hidden.get("do") == values.get("do"))
            shown = room.submit(form, values)
        return shown

    return make
