"""Gives captured pages again over loopback, each with its own status and headers, beside the drop that made them.

A page's style sheet, logo and frames come from that drop, so what a browser shows is what a reporter sees. Two things
are taken away: cookies, and the header that sends a browser on, because a page that is looked at must stand still.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.pages.room import Captured

_DROPPED = {"set-cookie", "refresh", "clear-site-data", "content-length", "connection"}
_SHELL = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{name}</title></head>
<body><main><h1>{name}</h1>
<iframe src="/open/{key}" title="{name}" style="box-sizing:border-box;width:100%;height:30rem"></iframe>
</main></body></html>
"""


class Served(Protocol):
    """A site whose pages are shown; `app` gives out its style sheets and pictures."""

    @property
    def app(self) -> Any: ...


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing: a test's output is for what went wrong."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Replay:
    """`with Replay(site, states) as replay:` serves these states, by their keys, until the block ends."""

    def __init__(self, site: Served, states: Mapping[str, Captured]) -> None:
        self._app = site.app
        self._states = states
        self._server = make_server("127.0.0.1", 0, self._answer, _Threads, _Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Replay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, state: Captured, place: str) -> str:
        """Return where a state is: `state` as it was answered, `open` with everything unfolded, `shell` in a frame."""
        return f"http://127.0.0.1:{self._server.server_port}/{place}/{state.key}"

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        _, place, key = (environ["PATH_INFO"] + "//").split("/", 2)
        state = self._states.get(key.strip("/"))
        if place == "shell" and state is not None:
            start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            names = {"name": html.escape(state.name), "language": state.language, "key": state.key}
            return [_SHELL.format(**names).encode()]
        if place in {"state", "open"} and state is not None:
            start(f"{state.page.status} {HTTPStatus(state.page.status).phrase}", _kept(state.page.raw_headers))
            return [state.page.body if place == "state" else state.unfolded]

        def started(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
            return start(status, _kept(headers))

        answer: Iterable[bytes] = self._app(environ, started)
        return answer


def _kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _DROPPED]
