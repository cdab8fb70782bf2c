"""What reads a stranger's bytes, each by itself: a function for each that takes any and lets nothing strange out.

Ours to raise are only the refusals that have a page. Everything else that comes out is a fault.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dropbox.codename import WORD_COUNT, count_words, generate, hints, parse
from dropbox.errors import CodenameError, FormExpired, RequestError, SessionEnded
from dropbox.file_names import harmless_name
from dropbox.models import DeskId
from dropbox.server.form import MAX_FILE_NAME_CHARACTERS, FormLimits, open_form
from dropbox.server.headers import disposition
from dropbox.server.own_words import CodenameMark
from dropbox.server.reporter_site.typed import read_follow_up
from dropbox.server.split_sessions import SplitLimits, SplitSessions
from dropbox.server.tokens import FormTokens, Visit
from tests.attacking.http.fuzz_head import Broken, head, proxy, ranged
from tests.attacking.http.fuzz_seeds import seeds

Target = Callable[[bytes], None]
SLOW_SECONDS = 2.0
MAX_BYTES = {"codename": 400}
"""Where the work of a text that is full would leave time for few of them."""
MANY_BYTES = 4096
_HINTED_CHARACTERS = 40
_SECRET = b"s" * 32


def on_time(target: Target) -> Target:
    """Return the target with an end to its patience."""

    def timed(data: bytes) -> None:
        began = time.process_time()
        target(data)
        if time.process_time() - began > SLOW_SECONDS:
            raise Broken("it took too long")

    return timed


# --- forms --------------------------------------------------------------------------------------------------------


class _Pieces:
    """A stream that gives its bytes in pieces of a size."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream, self._size = io.BytesIO(data), size

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(min(size, self._size) if size >= 0 else self._size)


def form(data: bytes) -> None:
    """First byte: how the bytes come and whether urlencoded; up to the first NUL: the boundary; then the body."""
    how, rest = data[:1] or b"\0", data[1:]
    boundary, _, body = rest.partition(b"\0")
    kind = "multipart/form-data; boundary=" + boundary.decode("latin-1")
    if how[0] & 1:
        kind, body = "application/x-www-form-urlencoded", rest
    limits = FormLimits(max_fields_bytes=5000, max_field_count=20, max_files=3)
    try:
        opened = open_form(_Pieces(body, (how[0] >> 1) + 1), kind, limits)
        names = sum(len(name) for name in opened.fields)
        if names + sum(len(value.encode()) for values in opened.fields.values() for value in values) > 5000:
            raise Broken("more text than is allowed")
        for number, file in enumerate(opened.files()):
            _look_at_file(file.name, file.media_type, number)
            size = sum(map(len, file.chunks()))
            if size > len(body):
                raise Broken("a file is longer than what came")
        read_follow_up(opened.fields)
    except RequestError:
        return


def _look_at_file(name: str, media_type: str, number: int) -> None:
    if number >= 3 or len(name) > MAX_FILE_NAME_CHARACTERS or not media_type.isascii():
        raise Broken("a file is not as it may be")
    header = disposition(name, "file")
    if not header.isascii() or set(header) & set("\r\n\0"):
        raise Broken("a name breaks its header")


def names(data: bytes) -> None:
    """Any text as a file's name."""
    name = data.decode("utf-8", "surrogateescape" if data[:1] == b"\1" else "replace")
    _look_at_file(name[:MAX_FILE_NAME_CHARACTERS], "text/plain", 0)
    if harmless_name(harmless_name(name)) != harmless_name(name):
        raise Broken("a harmless name is changed again")


# --- codenames ----------------------------------------------------------------------------------------------------

_CODENAME = generate(_SECRET, b"n" * 16, b"v" * 32, [DeskId("desk")])
_MARK = CodenameMark.of(_CODENAME, b"k" * 32)


def codename(data: bytes) -> None:
    """First byte: whether hints are asked for, which are slow; then any text where seven words belong."""
    text = data[1:].decode("utf-8", "replace")
    count_words(text)
    if data[:1] == b"\1" and len(text) < _HINTED_CHARACTERS:
        hints(text)
    _MARK.found_in(text)
    try:
        known = parse(text)
    except CodenameError:
        return
    words = known.reveal().split(" ")
    if len(words) != WORD_COUNT or parse(known.reveal()) != known:
        raise Broken("what was read is no codename")


# --- cookies and tokens -------------------------------------------------------------------------------------------

_TOKENS = FormTokens(_SECRET, 24, lambda: 1_000_000_000.0)
_SESSIONS = SplitSessions(_SECRET, "session", SplitLimits(60, 600, 10, 3), lambda: 1_000_000_000.0)


def tokens(data: bytes) -> None:
    """Any cookie and any token: none was ever given out, so none may be taken."""
    text = data.decode("utf-8", "replace")
    for cookie in (text, data.decode("latin-1")):
        visit = Visit.of(cookie)
        if visit is not None and len(visit.bound) != 32:
            raise Broken("a visit of another size")
        if _SESSIONS.binding(cookie) is not None:
            raise Broken("a forged session")
        try:
            _SESSIONS.find(cookie)
        except SessionEnded:
            _refuse_token(cookie)
            continue
        raise Broken("a forged session")


def _refuse_token(token: str) -> None:
    try:
        _TOKENS.read("report", b"v" * 32, token)
    except FormExpired:
        return
    raise Broken("a forged token")


TARGETS: dict[str, Target] = {
    "form": form,
    "names": names,
    "codename": codename,
    "tokens": tokens,
    "head": head,
    "ranges": ranged,
    "proxy": proxy,
}


def reader(name: str, _folder: Path) -> tuple[Target, Iterator[bytes], int]:
    """Return a reader by its name, what its fuzzing begins with, and how many bytes it is given at most."""
    return on_time(TARGETS[name]), seeds(name), MAX_BYTES.get(name, MANY_BYTES)
