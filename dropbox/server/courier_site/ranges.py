"""Which part of a file a request wants (RFC 9110, section 14): one range, or the whole. Numbers and headers only."""

from dataclasses import dataclass

from flask import Request


@dataclass(frozen=True)
class Span:
    """From `start` up to `stop`, of a file of `size` bytes; `status`: 200 or 206, or 412 or 416 without any bytes."""

    status: int
    start: int
    stop: int
    size: int

    @property
    def bytes(self) -> int:
        return self.stop - self.start

    def headers(self) -> dict[str, str]:
        if self.status == 206:
            return {"Content-Range": f"bytes {self.start}-{self.stop - 1}/{self.size}"}
        return {"Content-Range": f"bytes */{self.size}"} if self.status == 416 else {}


def wanted(request: Request, size: int, etag: str) -> Span:
    """Return what to send of a file with this strong ETag (without its quotes).

    Several ranges at once make the whole, as the RFC allows, and so does a range of what was another file.
    """
    if "If-Match" in request.headers and not (request.if_match.star_tag or request.if_match.is_strong(etag)):
        return Span(412, 0, 0, size)
    asked = request.range
    is_same = request.headers.get("If-Range", f'"{etag}"').strip() == f'"{etag}"'
    if request.method != "GET" or asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or not is_same:
        return Span(200, 0, size, size)
    span = asked.range_for_length(size)
    return Span(416, 0, 0, size) if span is None else Span(206, *span, size)
