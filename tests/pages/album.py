"""All states as they were answered, language by language, and where a browser finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from tests.pages.replay import Replay, Served
from tests.pages.room import Captured
from tests.pages.states import STATES


class Source(Protocol):
    """Where states come from: sites of several kinds, and what captures a state in one of them."""

    def site(self, kind: str) -> Served: ...

    def capture(self, name: str, kind: str, language: str, make: Any) -> Captured: ...


class Album:
    """`with Album(rooms) as album:` captures a language's states when they are first asked for, and serves them."""

    def __init__(
        self,
        rooms: Source,
        names: Sequence[str] = (),
        states: Mapping[str, Any] = STATES,
        *,
        turns: Sequence[str] = (),
    ) -> None:
        """Of `states` only those in `names`, when there are any; with `turns` each in one of these languages only."""
        self._rooms = rooms
        self._turns = turns
        self._states = {name: states[name] for name in names or states}
        self._pages: dict[str, list[Captured]] = {}
        self._by_key: dict[str, Captured] = {}
        self._replays: dict[str, Replay] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Album:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def pages(self, *languages: str) -> list[Captured]:
        for language in languages:
            if language not in self._pages:
                self._pages[language] = [self._captured(name, language) for name in self._names_in(language)]
                self._by_key |= {each.key: each for each in self._pages[language]}
        return [page for language in languages for page in self._pages[language] if page.is_html]

    def _names_in(self, language: str) -> list[str]:
        names = list(self._states)
        return names[self._turns.index(language) :: len(self._turns)] if self._turns else names

    def _captured(self, name: str, language: str) -> Captured:
        _, _, kind = name.partition("@")
        return self._rooms.capture(name, kind or "usual", language, self._states[name])

    def url(self, state: Captured) -> str:
        """Return where a state is as it was answered."""
        return self._replay(state).url(state, "state")

    def url_unfolded(self, state: Captured) -> str:
        return self._replay(state).url(state, "open")

    def url_to_check(self, state: Captured) -> str:
        """Return where all of a state can be seen: nothing folded, and what stands in a frame in one."""
        return self._replay(state).url(state, "shell" if state.framed else "open")

    def styles(self) -> dict[str, bytes]:
        """Return every style sheet that any captured page names, by a file name, as that page's drop gives it out."""
        named = {(each.kind, path) for each in self._by_key.values() for path in each.styles}
        return {
            f"{kind}{path.replace('/', '-')}": bytes(self._rooms.site(kind).app.test_client().get(path).data)
            for kind, path in named
        }

    def _replay(self, state: Captured) -> Replay:
        if state.kind not in self._replays:
            replay = Replay(self._rooms.site(state.kind), self._by_key)
            self._replays[state.kind] = self._stack.enter_context(replay)
        return self._replays[state.kind]
