"""Vaults of every kind that the desk page can stand on, and what one browser does in a copy of them to bring up a page.

Knows how to get at a page, not which pages there are (that is desk_states.py). Every vault is made by the real commands
with real gpg from real bundles; a state gets a copy, so that nothing it does shows on another one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from flask import Flask, template_rendered
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import Client, TestResponse

from dropbox.workstation import speech, terminal
from dropbox.workstation.desk_site import Desk, create_site
from dropbox.workstation.desk_site.door import Door
from tests.envelopes import Case
from tests.factories_bundles import People, World, world
from tests.pages.desk_vaults import KINDS, Kind
from tests.pages.room import Captured
from tests.pages.spoken import CLOSES, OPENS, Marked
from tests.visitor import Form, Page

HOST = "127.0.0.1:4711"
Upload = tuple[str, str, bytes]
"""The field, the file's name and its content."""
_PICTURES = re.compile(r'<(?:img|input type="image")[^>]* src="([^"]+)"|<link rel="stylesheet" href="([^"]+)"')


@dataclass
class DeskRoom:
    """One state's own vault with a desk page on it; what is done here ends with the page that the state is about."""

    kind: Kind
    world: World
    desk: Desk
    app: Flask
    language: str
    folder: Path
    cases: Mapping[str, Case]
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self._answer(self.client.get(f"/enter/{self.desk.door.link}", headers=self._headers))

    def get(self, path: str) -> Page:
        return self._follow(path, self.client.get(path, headers=self._headers))

    def case(self, name: str, more: str = "") -> Page:
        return self.get(self.path(name, more))

    def path(self, name: str, more: str = "") -> str:
        return f"/case/{self.cases[name].id}{more}"

    def submit(
        self,
        form: Form,
        values: Mapping[str, str | Sequence[str]] | None = None,
        files: Iterable[Upload] = (),
    ) -> Page:
        """Send a form with what stands in it, changed by `values`, as multipart when there are files."""
        given = dict(values or {})
        fields = [(name, value) for name, value in form.fields if name not in given]
        for name, value in given.items():
            fields += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        data: MultiDict[str, Any] = MultiDict(fields)
        for name, file_name, content in files:
            data.add(name, (BytesIO(content), file_name))
        headers = {"Sec-Fetch-Site": "same-origin", **self._headers}
        if form.method == "get":
            return self._follow(form.action, self.client.get(form.action, query_string=data, headers=headers))
        return self._follow(form.action, self.client.post(form.action, data=data, headers=headers))

    def submit_on(
        self,
        path: str,
        values: Mapping[str, str | Sequence[str]] | None = None,
        files: Iterable[Upload] = (),
        to: str = "",
    ) -> Page:
        """Open a page and send its form that goes to `to`, by default to the page itself."""
        return self.submit(self.get(path).form_to(to or path), values, files)

    def pictures(self, page: Page) -> dict[str, TestResponse]:
        """Return what a browser fetches beside a page: its pictures and its styles."""
        sources = {picture or style for picture, style in _PICTURES.findall(page.text)}
        return {source: self.client.get(source, headers=self._headers, buffered=True) for source in sources}

    def view(self, name: str, number: int, page: str = "") -> Page:
        """Look at a file of the first item of a case, counted from 1."""
        links = re.findall(rf'href="({self.path(name)}/view/[^"]+)"', self.case(name).text)
        return self.get(links[number - 1] + page)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Host": HOST, "Accept-Language": self.language}

    def _answer(self, response: TestResponse) -> None:
        assert response.status_code == 303, response.text

    def _follow(self, path: str, response: TestResponse) -> Page:
        if response.status_code == 303:
            return self.get(response.headers["Location"])
        headers = {name.lower(): value for name, value in response.headers}
        return Page(response.status_code, path, headers, response.data, list(response.headers))


class Served:
    """What a browser gets beside the captured pages: the style sheet, and the pictures that were on them."""

    def __init__(self, site: Flask) -> None:
        self._site = site
        self.pictures: dict[str, TestResponse] = {}

    @property
    def app(self) -> Served:
        return self

    def test_client(self) -> Client:
        return Client(self)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        picture = self.pictures.get(environ["PATH_INFO"])
        if picture is not None:
            start(picture.status, list(picture.headers))
            return [picture.data]
        return self._site({**environ, "HTTP_HOST": HOST}, start)


class DeskRooms:
    """All kinds of vault, each made when a state first asks for it."""

    def __init__(self, people: People, *, marked: bool = False) -> None:
        """`marked` puts marks that nobody sees around every sentence of the catalogue, see spoken.Marked."""
        self._people = people
        self._marked = marked
        self._stack = ExitStack()
        self._made: dict[str, tuple[World, Mapping[str, Case]]] = {}
        self._served: dict[str, Served] = {}
        self._numbers = count(1)

    def __enter__(self) -> DeskRooms:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def site(self, kind: str) -> Served:
        if kind not in self._served:
            here, _cases = self._world(kind)
            self._served[kind] = Served(_site(Desk(here.anna.vault)))
        return self._served[kind]

    @contextmanager
    def room(self, kind: str, language: str) -> Iterator[DeskRoom]:
        """Give a desk page on a copy of this kind of vault."""
        here, cases = self._world(kind)
        folder = here.folder / f"s{next(self._numbers)}"
        folder.mkdir()
        vault = folder / "vault"
        if here.anna.vault.exists():
            shutil.copytree(here.anna.vault, vault, copy_function=_link_items)
        home = KINDS[kind].home(here)
        with mock.patch.dict(os.environ, {"GNUPGHOME": str(home), "HOME": str(folder)}):
            desk = Desk(vault, Door())
            try:
                yield DeskRoom(KINDS[kind], here, desk, _site(desk), language, folder, cases)
            finally:
                desk.jobs.wait(60)
                shutil.rmtree(folder, ignore_errors=True)

    def capture(self, name: str, kind: str, language: str, make: Callable[[DeskRoom], Page]) -> Captured:
        rendered: list[str] = []

        def note(_app: object, template: Any, context: Mapping[str, Any], **_: object) -> None:
            rendered.append(template.name or "")

        with self.room(kind, language) as room, self._catalogue():
            with template_rendered.connected_to(note, room.app):
                page = make(room)
            self.site(kind).pictures |= room.pictures(page)
        return Captured(name, language, kind, page, rendered[-1] if rendered else "")

    @contextmanager
    def _catalogue(self) -> Iterator[None]:
        if not self._marked:
            yield
            return
        said = {code: Marked(speech._translations(code)) for code in speech.LANGUAGES}
        kept = terminal._JOINERS + OPENS + CLOSES  # else they would be shown, as whatever cannot be seen is
        with (
            mock.patch.object(speech, "_translations", said.__getitem__),
            mock.patch.object(terminal, "_JOINERS", kept),
        ):
            yield

    def _world(self, kind: str) -> tuple[World, Mapping[str, Case]]:
        if kind not in self._made:
            here = self._stack.enter_context(world(self._people, trial=KINDS[kind].trial))
            self._made[kind] = here, KINDS[kind].make(here)
        return self._made[kind]


def _site(desk: Desk) -> Flask:
    site = create_site(desk)
    site.config["HOST"] = HOST
    return site


def _link_items(source: str, target: str) -> None:
    """Copy a vault without copying its sealed items, which nothing ever changes in place."""
    if Path(source).parent.name == "items":
        os.link(source, target)
    else:
        shutil.copy2(source, target)
