"""Every page and state of the courier's site: a new one is one line here. What brings one up stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from flask import template_rendered

from dropbox.codename import draw_words
from dropbox.errors import RequestError
from dropbox.server.courier_site.problems import PROBLEMS
from tests.conftest import Members
from tests.courier_room import CourierRoom, courier_on
from tests.pages.room import Captured, configurations
from tests.site_room import COMMITTEE, CONFIDANT, Browser, new_site
from tests.visitor import Page

Make = Callable[["CourierState"], Page]
KINDS = {"usual": (), "released": (7 * 60, 19 * 60)}


class CourierState:
    """A courier and one language; what a state does in it ends with the page that it is about."""

    def __init__(self, room: CourierRoom, language: str) -> None:
        self.room = room
        self._language = language

    def browser(self) -> Browser:
        return self.room.browser(self._language)

    def signed_in(self) -> Browser:
        """Return the browser of somebody of both desks, for whom something waits."""
        name = f"anna-{draw_words(1)[0]}"
        words = self.room.let_in(name, CONFIDANT, COMMITTEE).reveal()
        browser = self.browser()
        self.room.try_in(browser, name, words)
        return browser

    def wrong(self, words: str, tries: int = 1) -> Page:
        browser, name = self.browser(), f"bram-{draw_words(1)[0]}"
        self.room.let_in(name)
        for _ in range(tries):
            page = self.room.try_in(browser, name, words)
        return page

    def refused(self, name: str) -> Page:
        """Return the page of one refusal, as arrival hands it to the app before anything is read."""
        browser = self.browser()
        browser.client.environ_base["dropbox.refusal"] = type("Refusal", (RequestError,), {"page": name})()
        return browser.get("/")

    def brought(self, *, bend: bool = False, twice: bool = False) -> Page:
        browser, reporter = self.signed_in(), self.room.send()
        bundle = self.room.answer(reporter, self.room.site.members.anna, sequence=2)
        if twice:
            self.room.bring(browser, bundle)
        return self.room.bring(browser, bundle[:700] if bend else bundle)

    def foreign(self) -> Page:
        browser, reporter = self.browser(), self.room.send(COMMITTEE)
        name = f"cora-{draw_words(1)[0]}"
        self.room.try_in(browser, name, self.room.let_in(name, CONFIDANT).reveal())
        return self.room.bring(browser, self.room.answer(reporter, self.room.site.members.cora, COMMITTEE))

    def ended(self) -> Page:
        browser = self.signed_in()
        token = browser.get("/").forms[-1].hidden["token"]
        browser.forget("courier")
        return browser.post("/fetch", [("token", token), ("desk", CONFIDANT)])


STATES: dict[str, Make] = {
    "sign-in": lambda state: state.browser().get("/"),
    "sign-in-wrong": lambda state: state.wrong("abacus " * 6),
    "sign-in-too-soon": lambda state: state.wrong("abacus " * 6, tries=2),
    "sign-in-hints": lambda state: state.wrong("abacus abdomn abdominal abide abiding qqqqqqqq"),
    "sign-in-few-words": lambda state: state.wrong("abacus abdomen"),
    "sign-in-expired": lambda state: state.browser().post("/sign-in", [("name", "anna"), ("token", "x")]),
    "sign-in-ended": lambda state: state.ended(),
    "waiting": lambda state: state.signed_in().get("/"),
    "waiting@released": lambda state: state.signed_in().get("/"),
    "made": lambda state: state.room.make(state.signed_in()),
    "brought": lambda state: state.brought(),
    "brought-twice": lambda state: state.brought(twice=True),
    "refused-torn": lambda state: state.brought(bend=True),
    "refused-desk": lambda state: state.foreign(),
    **{f"problem-{name}": lambda state, name=name: state.refused(name) for name in PROBLEMS},  # type: ignore[misc]
}


class CourierRooms:
    """Couriers of every kind, each on a drop of its own, opened when a state first asks for it."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._stack = ExitStack()
        self._rooms: dict[str, CourierRoom] = {}

    def __enter__(self) -> CourierRooms:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def site(self, kind: str) -> CourierRoom:
        if kind not in self._rooms:
            site = self._stack.enter_context(new_site(self._members, configurations(self._members)["usual"]))
            room = self._stack.enter_context(courier_on(site, KINDS[kind]))
            for _ in range(3):
                room.send(content=b"sealed" * 12_000)
            self._rooms[kind] = room
        return self._rooms[kind]

    def capture(self, name: str, kind: str, language: str, make: Make) -> Captured:
        rendered: list[str] = []

        def note(_app: object, template: Any, context: Mapping[str, Any], **_: object) -> None:
            rendered.append(template.name or "")

        with template_rendered.connected_to(note, self.site(kind).app):
            page = make(CourierState(self.site(kind), language))
        return Captured(name, language, kind, page, rendered[-1] if rendered else "")
