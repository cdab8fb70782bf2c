"""What our side takes and says in HTTP: waitress's reading of a head with our rules, and answers without name or clock.

A request that cannot be read has no language and no page of the site to come from, so its answer is in every
language of the drop and carries nothing of what was sent.
"""

import io
import re
from collections.abc import Collection
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented
from waitress.task import ErrorTask, WSGITask
from werkzeug.sansio.http import parse_cookie

from dropbox.errors import BodyTooLarge, LengthRequired, OverBudget, RequestError
from dropbox.server.body import Body
from dropbox.server.gate import Ticket
from dropbox.server.headers import VISIT_COOKIE
from dropbox.server.limits import HUGE_BYTES, HUGE_DIGITS
from dropbox.server.progress import Upload
from dropbox.server.tokens import Visit

_UNSAID = (b"server:", b"date:", b"via:")
_ENCODED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_FOLDED = re.compile(rb"\r\n[ \t]")
_TARGET = re.compile(r"[\x21-\x7e]*")


def _without_unsaid(head: bytes) -> bytes:
    # The library adds these of its own accord; a clock or a name tells one drop from another.
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(_UNSAID))


class SiteTask(WSGITask):  # type: ignore[misc]
    """One request of the app, with what arrival knows of it in the environment."""

    def build_response_header(self) -> bytes:
        if self.request.is_arriving:
            self.set_close_on_finish()
        if self.request.upload is not None:
            self.request.upload.answered(int(self.status[:3]))
        return _without_unsaid(super().build_response_header())

    def get_environment(self) -> dict[str, Any]:
        if self.environ is None:
            environ: dict[str, Any] = super().get_environment()
            refusal: RequestError | None = self.request.refusal
            environ["dropbox.refusal"] = refusal
            environ["dropbox.circuit"] = self.channel.circuit
            environ["dropbox.retry_seconds"] = self.request.retry_seconds
            environ["dropbox.in_reserve"] = self.request.in_reserve
            environ["dropbox.progress"] = self.channel.server.arrival.progress
            environ["dropbox.upload"] = self.request.upload
            environ["SERVER_SOFTWARE"] = ""
        cached: dict[str, Any] = self.environ
        return cached


class PlainTask(ErrorTask):  # type: ignore[misc]
    """The answer to what could not be read, or to an app that broke."""

    def execute(self) -> None:
        self.status, response_headers, body = self.channel.server.arrival.plain_pages.answer(self.request.error.code)
        self.response_headers.extend(response_headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(b"" if getattr(self.request, "command", "") == "HEAD" else body)

    def build_response_header(self) -> bytes:
        return _without_unsaid(super().build_response_header())


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """One request: waitress's reading of the head, our rules and our body after it."""

    chunked: bool
    path = ""  # Waitress reads it for a log line even when the head could not be read.

    def __init__(self, channel: Any, adj: Adjustments) -> None:
        super().__init__(adj)
        self.refusal: RequestError | None = None
        self._channel = channel
        self._arrival = channel.server.arrival
        self._ticket: Ticket | None = None
        self.upload: Upload | None = None
        self.retry_seconds: int | None = None
        self.started = self._arrival.clock()

    @property
    def body(self) -> Body | None:
        return self.body_rcv if isinstance(self.body_rcv, Body) else None

    @property
    def is_arriving(self) -> bool:
        return self.body is not None and not self.body.completed

    @property
    def is_wanted_form(self) -> bool:
        """Whether its head came, with a body after it that was not refused."""
        return self.headers_finished and self.error is None and self.refusal is None and self.body is not None

    @property
    def holds_slot(self) -> bool:
        return self._ticket is not None and self._ticket.slot

    @property
    def in_reserve(self) -> bool:
        return self._ticket is not None and self._ticket.in_reserve

    @property
    def is_costly(self) -> bool:
        """Whether it is a form whose work is worth a flood: a refused one costs no more than a page."""
        refused = self.refusal is not None or self.error is not None or self.retry_seconds is not None
        return not refused and self._is_posted_to(self._arrival.limits.costly_paths)

    def over_budget(self, retry_seconds: int) -> None:
        """Have it answered with a page that says so. A small form is read all the same: its text is given back."""
        self.retry_seconds = retry_seconds
        if self.refusal is None and self.error is None and (self.body is None or self.holds_slot):
            self.refuse(OverBudget())

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.error is not None:
            self._drop_body(None)
        elif self.refusal is not None or self._may_start_early():
            self.completed = True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        if _FOLDED.search(header_plus):  # RFC 9112, section 5.2: two readers may end such a line in two places
            raise ParsingError("folded")
        # Whatever it says: waitress drops one without a value, and takes the body that follows for the next request.
        self.chunked = _ENCODED.search(header_plus) is not None
        try:
            super().parse_header(header_plus)
        except TransferEncodingNotImplemented:
            self.chunked = True
        except ValueError:  # An address that is none, or a length of more digits than Python takes.
            self.content_length = self._claimed_length()
            if self.content_length < HUGE_BYTES:
                raise ParsingError("unreadable") from None
            return
        if not _TARGET.fullmatch(self.request_uri):  # werkzeug breaks at a query of bytes that are no UTF-8
            raise ParsingError("target")
        try:
            self._choose_body()
        except RequestError as refusal:
            self.refuse(refusal)

    def refuse(self, refusal: RequestError) -> None:
        """Hand the request to the app at once, for the refusal's page; its body is read on and dropped."""
        self.refusal = refusal
        self.expect_continue = False
        self.completed = True
        self._drop_body(None if self.chunked else self.content_length)

    def get_body_stream(self) -> Body | io.BytesIO:
        return self.body or io.BytesIO()

    def close(self) -> None:
        if self.body is not None:
            self.body.discard()
        if self._ticket is not None:
            self._ticket.release()
        if self.upload is not None:
            self.upload.stop()

    def _may_start_early(self) -> bool:
        return self._ticket is not None and self._ticket.slot and self.body is not None and self.body.ready

    def _choose_body(self) -> None:
        limits = self._arrival.limits
        uploads = self._is_posted_to(limits.upload_paths)
        length = self._claimed_length()
        if uploads and length:
            self.upload = self._followed(length)
        if length > (limits.max_request_bytes if uploads else limits.small_body_bytes):
            raise BodyTooLarge
        if self.chunked:
            raise LengthRequired
        if not length:
            self.expect_continue = False
            return
        if uploads:
            slot = length > limits.small_body_bytes
            self._ticket = self._arrival.gate.admit(length, self._channel.circuit, slot=slot)
        self.body_rcv = self._new_body(length)

    def _is_posted_to(self, paths: Collection[str]) -> bool:
        # Waitress reads a path of "//report" as "/report", and so must the limits.
        return getattr(self, "command", "").upper() == "POST" and "/" + self.path.lstrip("/") in paths

    def _followed(self, length: int) -> Upload | None:
        """Have the upload counted for the visit that sends it, if it brought one."""
        visit = Visit.of(parse_cookie(self.headers.get("COOKIE")).get(VISIT_COOKIE))
        return None if visit is None else self._arrival.progress.begin(visit.bound, length)

    def _claimed_length(self) -> int:
        claim = self.headers.get("CONTENT_LENGTH", "0").lstrip("0") or "0"
        if not (claim.isascii() and claim.isdigit()):
            return 0
        return int(claim) if len(claim) < HUGE_DIGITS else HUGE_BYTES

    def _drop_body(self, length: int | None) -> None:
        body = self.body or self._new_body(length)
        if self.refusal is not None:
            body.fail(self.refusal)
        body.discard()
        self.body_rcv = body

    def _new_body(self, length: int | None) -> Body:
        arrival = self._arrival
        return Body(
            length,
            arrival.limits,
            wake=arrival.wake,
            clock=arrival.clock,
            ticket=self._ticket,
            upload=self.upload,
        )
