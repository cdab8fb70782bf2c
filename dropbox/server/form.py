"""One parser for every form of the site, multipart or urlencoded: fields first, then files, each read as it arrives.

No socket and no file of ours is known here: bytes come from whatever has a `read`, and a file's bytes leave as they
come. Nothing is kept but the fields, within their limits.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData, Preamble

from dropbox.errors import BadForm, FormTooLong, TooManyFiles

READ_BYTES = 64 * 1024
MAX_HELD_BYTES = 2 * READ_BYTES
MAX_PART_HEAD_BYTES = 256 * 1024
MAX_FIELDS_BYTES = 500 * 1024
"""All that is typed into one form: far more than may be sent, so that a text that is too long can be given back. It
is in memory only while its thread answers, so there are never more of these than threads. Escaped it may be five times
as long: measured, sixteen of the costliest at once take 146 MiB at most."""
MAX_FILE_NAME_CHARACTERS = 500
DEFAULT_MEDIA_TYPE = "application/octet-stream"

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,100}")


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class FormLimits:
    max_fields_bytes: int = MAX_FIELDS_BYTES
    max_field_count: int = 200
    max_files: int = 0


class Form:
    """Fields, read up to the first file with content or the end; the files can be gone through once, in order."""

    def __init__(self, fields: Mapping[str, tuple[str, ...]], files: "Iterator[IncomingFile]") -> None:
        self.fields = fields
        self._files = files

    def files(self) -> "Iterator[IncomingFile]":
        """Go on with the files that have not been read; what is left of one is skipped when the next is asked for."""
        return self._files

    def first(self, name: str) -> str:
        """Return the field's first value, or nothing."""
        return self.fields.get(name, ("",))[0]


class IncomingFile:
    """One file of a form: its true name, the type that its browser claims, and its bytes, once."""

    def __init__(self, name: str, media_type: str, chunks: Iterator[bytes]) -> None:
        self.name = name
        self.media_type = media_type
        self._chunks = chunks

    def chunks(self) -> Iterator[bytes]:
        return self._chunks


def open_form(stream: Readable, content_type: str, limits: FormLimits) -> Form:
    """Read a form's fields from `stream` and leave its files to be read from the Form.

    Raises BadForm, FormTooLong or TooManyFiles, here or while the files are read, and whatever `stream.read` raises.
    """
    kind, options = parse_options_header(content_type)
    if kind == "application/x-www-form-urlencoded":
        return Form(_read_urlencoded(stream, limits), iter(()))
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise BadForm
    return _Multipart(_events(stream, boundary.encode("ascii"), limits), limits).form()


def _read_urlencoded(stream: Readable, limits: FormLimits) -> dict[str, tuple[str, ...]]:
    data = bytearray()
    while chunk := stream.read(READ_BYTES):
        data += chunk
        if len(data) > limits.max_fields_bytes:
            raise FormTooLong
    try:
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=limits.max_field_count
        )
    except ValueError:
        raise BadForm from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return fields


def _events(stream: Readable, boundary: bytes, limits: FormLimits) -> Iterator[Event]:
    """Decode a multipart body, event by event, to its very end."""
    decoder = MultipartDecoder(
        boundary, READ_BYTES + MAX_PART_HEAD_BYTES, max_parts=limits.max_field_count + limits.max_files + 1
    )
    marker = b"--" + boundary
    keep = len(marker) + 1
    tail = b""
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if not isinstance(event, NeedData):
                yield event
                continue
            # A read that ends exactly one byte after a marker makes this decoder add a stray CR to the part before
            # it, so it gets to see nothing until more is known about what follows the marker.
            data = chunk = stream.read(READ_BYTES)
            tail = (tail + chunk[-keep:])[-keep:]
            while chunk and marker in tail:
                # Only a sender who means to makes read after read end so, to have all of it kept here.
                if len(data) > MAX_HELD_BYTES:
                    raise BadForm
                chunk = stream.read(READ_BYTES)
                data += chunk
                tail = (tail + chunk[-keep:])[-keep:]
            if data:
                decoder.receive_data(data)
            if not chunk:
                decoder.receive_data(None)
    except (ValueError, RequestEntityTooLarge):
        raise BadForm from None


class _Multipart:
    """Turns the decoder's events into a Form."""

    def __init__(self, events: Iterator[Event], limits: FormLimits) -> None:
        self._events = events
        self._limits = limits
        self._fields: dict[str, tuple[str, ...]] = {}
        self._fields_bytes = 0
        self._field_count = 0
        self._file_count = 0

    def form(self) -> Form:
        first: IncomingFile | None = None
        for event in self._events:
            if isinstance(event, Field):
                self._read_field(event)
            elif isinstance(event, File):
                first = self._file(event)
                if first is not None:
                    break
            elif not isinstance(event, Preamble):
                raise BadForm
        return Form(self._fields, self._files(first))

    def _read_field(self, event: Field) -> None:
        self._field_count += 1
        if self._field_count > self._limits.max_field_count or not event.name:
            raise BadForm
        self._fields_bytes += len(event.name)
        data = b"".join(self._content(self._limits.max_fields_bytes - self._fields_bytes))
        self._fields_bytes += len(data)
        try:
            value = data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadForm from None
        self._fields[event.name] = (*self._fields.get(event.name, ()), value)

    def _file(self, event: File) -> IncomingFile | None:
        """Return the file, or None for the part that a browser sends when no file was chosen."""
        chunks = self._content(None)
        if not event.filename:
            start = next((chunk for chunk in chunks if chunk), b"")
            if not start:
                return None
            chunks = _with_start(start, chunks)
        self._file_count += 1
        if self._file_count > self._limits.max_files:
            raise TooManyFiles
        return IncomingFile(event.filename[:MAX_FILE_NAME_CHARACTERS], _media_type(event.headers), chunks)

    def _files(self, first: IncomingFile | None) -> Iterator[IncomingFile]:
        if first is None:
            return
        yield first
        _skip(first)
        for event in self._events:
            if not isinstance(event, File):
                raise BadForm
            file = self._file(event)
            if file is not None:
                yield file
                _skip(file)

    def _content(self, max_bytes: int | None) -> Iterator[bytes]:
        size = 0
        for event in self._events:
            if not isinstance(event, Data):
                raise BadForm
            size += len(event.data)
            if max_bytes is not None and size > max_bytes:
                raise FormTooLong
            yield event.data
            if not event.more_data:
                return
        raise BadForm


def _with_start(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from chunks


def _skip(file: IncomingFile) -> None:
    for _ in file.chunks():
        continue


def _media_type(headers: Headers) -> str:
    claimed, _ = parse_options_header(headers.get("content-type", ""))
    return claimed if _MEDIA_TYPE.fullmatch(claimed) else DEFAULT_MEDIA_TYPE
