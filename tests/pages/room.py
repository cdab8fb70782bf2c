"""Drops of every kind that the reporter's site can be, and what one browser does in them to bring up a page.

Knows how to get at a page, not which pages there are (that is states.py). Everything is made by the real application
with real gpg; only what cannot be provoked from outside (a full disk, a key that fails) is raised in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from flask import template_rendered

from dropbox.errors import DropboxError, RequestError
from dropbox.server.intake import Intake
from dropbox.server.reporter_site.problems import PROBLEMS
from dropbox.settings import LANGUAGES
from tests.conftest import Members
from tests.seating import change
from tests.site_room import CONFIDANT, Browser, Site, new_site
from tests.visitor import File, Form, Page

STORY = "My manager comments on my body in every meeting.\n\nSince I said no, I get no shifts."
TOR_BROWSER = {
    "Host": f"{'a' * 56}.onion",
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
}
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

_HEAD = """\
keys_dir = "keys"
[organisation]
name = "{name}"
languages = [{languages}]
{organisation}
[server]
data_dir = "data"
max_upload_mib = 5
max_files = 3
[onion]
mode = "off"
"""
_QUESTIONS = """\
[[question]]
id = "when"
text.nl = "Wanneer en waar gebeurde het?"
text.en = "When and where did it happen?"
text.ar = "متى وأين حدث ذلك؟"
[[question]]
id = "who"
text.nl = "Wie waren erbij?"
text.en = "Who was there?"
text.ar = "من كان هناك؟"
"""
_DRESS = f"""\
logo = "{Path(__file__).with_name("logo.svg")}"
colour = "#7a1f5c"
colour_dark = "#f0a8d8"
leave_to = "http://127.0.0.1:9/"
about.nl = "Voorbeeldpartij is een vereniging met 4.000 leden. Dit meldpunt is voor leden en medewerkers."
about.en = "Voorbeeldpartij is a society with 4,000 members. This drop is for members and staff."
about.ar = "هذه جمعية تضم أربعة آلاف عضو. هذا الموقع للأعضاء والموظفين والمتطوعين."
danger.nl = "Niet veilig thuis of op het werk? Bel Veilig Thuis: 0800-2000, dag en nacht."
danger.en = "Not safe at home or at work? Call Veilig Thuis: 0800-2000, day and night."
danger.ar = "إن لم تكن في أمان في البيت أو في العمل فاتصل بالرقم 0800-2000 ليلا أو نهارا."
"""
_CONFIDANT = """\
[[desk]]
id = "confidant"
name.nl = "Vertrouwenspersoon"
name.en = "Confidential adviser"
name.ar = "مستشارة الثقة"
about.nl = "Luistert en denkt met je mee. Werkt niet voor de partij."
about.en = "Listens and thinks along with you. Does not work for the party."
about.ar = "تستمع إليك وتفكر معك. لا تعمل لدى الحزب."
"""
_COMMITTEE = """\
[[desk]]
id = "committee"
name.nl = "Commissie Integriteit"
name.en = "Integrity committee"
name.ar = "لجنة النزاهة"
about.nl = "Drie leden die een melding kunnen onderzoeken."
about.en = "Three members who can investigate a report."
about.ar = "ثلاثة أعضاء يمكنهم التحقيق في بلاغ."
"""
_OUTSIDE = """\
place.nl = "buiten de partij"
place.en = "outside the party"
place.ar = "خارج الحزب"
members.nl = "Anna de Wit en Bram Visser, van een bureau dat alleen dit werk doet."
members.en = "Anna de Wit and Bram Visser, of an office that does nothing else."
members.ar = "آنا دي ويت وبرام فيسر، من مكتب لا يقوم بغير هذا العمل."
"""
_OLD = '[[desk]]\nid = "closed"\nname.nl = "Oud bureau"\nname.en = "Old office"\nclosed = true\n'


def _read_by(*keys: str) -> str:
    listed = ", ".join(f'"{key}"' for key in keys)
    return f"fingerprints = [{listed}]\n"


def _head(organisation: str = "") -> str:
    languages = ", ".join(f'"{code}"' for code in LANGUAGES)
    return _HEAD.format(name="Voorbeeldpartij", languages=languages, organisation=organisation)


def configurations(members: Members) -> dict[str, str]:
    """Return the kinds of drop by name, each as its configuration."""
    two, one = _read_by(members.anna, members.bram), _read_by(members.cora)
    confidant, committee, old = _CONFIDANT + two, _COMMITTEE + one, _OLD + one
    offices = (f'[[desk]]\nid = "o{n}"\nname.nl = "Bureau {n}"\nname.en = "Office {n}"\n{one}' for n in range(1, 10))
    return {
        "usual": _head() + _QUESTIONS + confidant + committee + old,
        "dressed": _head(_DRESS) + _QUESTIONS + confidant + _OUTSIDE + committee,
        "one-desk": _head() + confidant,
        "no-desk": _head() + old,
        "many-desks": _head() + _QUESTIONS + confidant + committee + "".join(offices),
        "trial": _head() + confidant,
        "key-missing": _head() + _QUESTIONS + confidant + committee,
        "readers-changed": _head() + confidant + committee,
    }


@dataclass
class Room:
    """One kind of drop and one language; what a state does in it ends with the page that it is about."""

    site: Site
    language: str
    made: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        browser = Browser(self.site.app.test_client(), self.language, TOR_BROWSER)
        self.made.append(browser)
        return browser

    def get(self, path: str, **headers: str) -> Page:
        return self.browser().get(path, **headers)

    def reported(
        self, *, message: str = STORY, desks: Sequence[str] = ("confidant",), mandate: str = "listen"
    ) -> Browser:
        """Return a browser that has just sent a report and is signed in."""
        browser = self.browser()
        self.site.report(browser, message, desks, mandate=mandate)
        return browser

    def report(
        self,
        values: Mapping[str, str | Sequence[str]] | None = None,
        *,
        files: Sequence[File] | None = None,
        error: DropboxError | None = None,
        framed: bool = False,
    ) -> Page:
        """Send the first form, filled in as usual but for `values`; `error` is what sealing and storing raises."""
        browser = self.browser()
        given = {"desk": ["confidant"], "message": STORY, "mandate": "listen", **(values or {})}
        form = browser.get("/report").form("message", "mandate")
        with _raising(error):
            return browser.submit(into_frame(form) if framed else form, given, files)

    def follow_up(
        self,
        browser: Browser,
        values: Mapping[str, str | Sequence[str]] | None = None,
        *,
        error: DropboxError | None = None,
        framed: bool = False,
    ) -> Page:
        form = self.case_form(browser)
        with _raising(error):
            given = {"message": "Something more.", **(values or {})}
            return browser.submit(into_frame(form) if framed else form, given)

    def case_form(self, browser: Browser) -> Form:
        return browser.get("/case").form("message", "withdraw")

    def codename(self, browser: Browser) -> str:
        return browser.get("/sent").codename

    def words(self, typed: str) -> Page:
        browser = self.browser()
        return self.site.sign_in(browser, typed)

    def refused(self, name: str, path: str = "/report") -> Page:
        """Return the page of one refusal, as arrival hands it to the app before anything is read."""
        refusal = type("Refusal", (RequestError,), {"page": name, "status": 400})()
        browser = self.browser()
        browser.client.environ_base["dropbox.refusal"] = refusal
        return browser.get(path)


def into_frame(form: Form) -> Form:
    """Return the form as its button sends it: to the same path, for the frame under it."""
    return replace(form, action=f"{form.action}&frame=1")


@contextmanager
def _raising(error: DropboxError | None) -> Iterator[None]:
    if error is None:
        yield
        return
    with mock.patch.object(Intake, "submit", side_effect=error):
        yield


@dataclass(frozen=True)
class Captured:
    """One page as it was answered, in one language, with the template and the refusal that it was made from."""

    name: str
    language: str
    kind: str
    page: Page
    template: str = ""
    problem: str = ""

    @property
    def unfolded(self) -> bytes:
        """The page with every `details` open, for whoever looks at all that a reader can come to see."""
        return re.sub(rb"<details(?![^>]* open)", b"<details open", self.page.body)

    @property
    def styles(self) -> list[str]:
        """The paths of the page's style sheets."""
        return re.findall(r'<link rel="stylesheet" href="([^"?]+)', self.page.text) if self.is_html else []

    @property
    def key(self) -> str:
        return f"{self.name}.{self.language}"

    @property
    def framed(self) -> bool:
        """Tell whether the page says of itself that it stands in a frame of this site."""
        return self.page.headers.get("x-frame-options") == "SAMEORIGIN"

    @property
    def is_html(self) -> bool:
        return self.page.headers.get("content-type", "").startswith("text/html")


class Rooms:
    """All kinds of drop, each opened when a state first asks for it."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._stack = ExitStack()
        self._sites: dict[str, Site] = {}

    def __enter__(self) -> Rooms:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def site(self, kind: str) -> Site:
        if kind not in self._sites:
            text = configurations(self._members)[kind]
            site = self._stack.enter_context(new_site(self._members, text, trial=kind == "trial"))
            if kind == "key-missing":
                (site.folder / "keys" / f"{self._members.bram}.asc").unlink()
            if kind == "readers-changed":
                anna, bram, cora = self._members.anna, self._members.bram, self._members.cora
                until = date(2027, 1, 31)
                change(site.drop, CONFIDANT, {anna: None, bram: until, cora: None}, self._members.gpg, anna)
                change(site.drop, CONFIDANT, {anna: until, cora: None}, self._members.gpg, bram)
            self._sites[kind] = site
        return self._sites[kind]

    def capture(self, name: str, kind: str, language: str, make: Any) -> Captured:
        site = self.site(kind)
        rendered: list[tuple[str, str]] = []

        def note(_app: object, template: Any, context: Mapping[str, Any], **_: object) -> None:
            told = context.get("problem")
            rendered.append(
                (
                    template.name or "",
                    next((key for key, each in PROBLEMS.items() if told and each.title is told.title), ""),
                )
            )

        with template_rendered.connected_to(note, site.app):
            page = make(Room(site, language))
        template, problem = rendered[-1] if rendered else ("", "")
        return Captured(name, language, kind, page, template, problem)


def stable(page: Page) -> str:
    """Return a page's text without what differs from one run to the next: tokens and ids."""
    return re.sub(r"[0-9a-f]{32}|[\w-]{40,}(\.[\w-]+)*", "X", page.text)
