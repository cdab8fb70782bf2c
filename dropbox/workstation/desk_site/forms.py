"""What comes in by POST: its token, its size, its fields. A refused form comes back with everything that was typed.

Bodies stay in memory, because replies and their files are plaintext; nothing here writes a file.
"""

import hmac
import re
from collections.abc import Callable, Collection
from io import BytesIO
from pathlib import Path
from typing import IO, TypeVar

from flask import Request, abort, current_app, request

from dropbox.errors import DropboxError
from dropbox.workstation.desk_site.door import Session
from dropbox.workstation.speech import _, said_on_a_page

MAX_FORM_BYTES = 512 * 1024
"""A form with texts only: 48 KiB of text, each byte of it escaped, and room for the other fields."""
MAX_REQUEST_BYTES = 64 * 1024 * 1024
"""The largest body that is taken at all; waitress refuses what is larger before any of it is kept."""
MAX_FIELDS = 1000
MAX_PATH_CHARACTERS = 4096
_TOKEN_FIELD = "token"  # noqa: S105  # nosec B105 -- the field's name
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_LIMIT = "max_body_bytes"
_KEEP = "keep_late"

View = TypeVar("View", bound=Callable[..., object])


class MemoryRequest(Request):
    """A request whose files are kept in memory, where werkzeug would write the larger ones to disk."""

    max_form_memory_size = MAX_FORM_BYTES
    max_form_parts = MAX_FIELDS

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def takes(max_bytes: int) -> Callable[[View], View]:
    """Let a page take a body of up to `max_bytes`; without this, MAX_FORM_BYTES is the limit."""

    def mark(view: View) -> View:
        setattr(view, _LIMIT, max_bytes)
        return view

    return mark


def kept_when_late(keep: Callable[..., object]) -> Callable[[View], View]:
    """Let a page keep what comes after its session ended; `keep` gets the address's values and answers nobody."""

    def mark(view: View) -> View:
        setattr(view, _KEEP, keep)
        return view

    return mark


def keep_late(endpoint: str) -> None:
    """Keep a late form, if its page does that. Its token must have been looked at."""
    keep = getattr(current_app.view_functions.get(endpoint), _KEEP, None)
    if keep is not None:
        keep(**(request.view_args or {}))


def require_form(session: Session) -> None:
    """Refuse a POST that no form of this session's pages sent, or that is larger than its page takes."""
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, _LIMIT, MAX_FORM_BYTES)
    if request.mimetype not in _TYPES:
        abort(403)
    if not hmac.compare_digest(request.form.get(_TOKEN_FIELD, "").encode(), session.token.encode()):
        abort(403)


def typed_path(typed: str) -> Path:
    """Return what a path that was typed leads to, `~` being the home; the empty path for what can be none."""
    try:
        return Path(typed).expanduser() if "\0" not in typed and len(typed) <= MAX_PATH_CHARACTERS else Path()
    except RuntimeError:  # the home of somebody who is not on this machine
        return Path()


class Form:
    """The fields of one form: what was typed, and what is wrong with it, for the same page to show again."""

    def __init__(self, **start: str) -> None:
        self.values: dict[str, str] = dict(start)
        self.errors: dict[str, str] = {}

    def text(self, name: str) -> str:
        """Return a field as it was typed, with plain line ends, and keep it."""
        # a paste may bring control characters, which no page can show again
        value = _CONTROLS.sub("", request.form.get(name, "").replace("\r\n", "\n"))
        self.values[name] = value
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """Return a field that must be one of `allowed`; anything else is no form of ours (400)."""
        value = self.text(name)
        if value not in allowed:
            abort(400)
        return value

    def required(self, name: str, missing: str) -> str:
        """Return a field without blanks around it; an empty one gets the error `missing`."""
        value = self.text(name).strip()
        if not value:
            self.errors[name] = missing
        return value

    def refuse(self, name: str, error: DropboxError) -> None:
        """Put what an error says beside a field ("" = above the form)."""
        told = said_on_a_page(error)
        self.errors[name] = _("%(message)s %(hint)s", message=told.message, hint=told.hint).strip()

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    @property
    def refused(self) -> bool:
        return bool(self.errors)
