"""index.json: what the signature covers, and the names that an attachment has.

An attachment has two names: its true name, which is data to be shown and never used as a path, and the path in the
envelope, which we make ourselves and which is the only one that a file system ever sees.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from dropbox import canonical
from dropbox.errors import EnvelopeError, InvalidValue
from dropbox.models import FORMAT, Fingerprint, parse_fingerprint
from dropbox.records import require

HEADER_PATH = "envelope.json"
MESSAGE_PATH = "message.txt"
INDEX_PATH = "index.json"
SUBMISSION_SIGNATURE_PATH = "index.sig"
WRITING_SIGNATURE_PATH = "index.asc"
PADDING_PATH = "padding"

MAX_ATTACHMENTS = 100
MAX_INDEX_BYTES = 512 * 1024
MAX_NAME_BYTES = 255
MAX_NUMBER = 1_000_000
MIN_FLOOR_BYTES = 64 * 1024

_EXTENSIONS = """
    txt text md csv tsv log rtf pdf ps epub doc docx odt xls xlsx ods ppt pptx odp pages numbers key
    jpg jpeg png gif webp heic heif avif tif tiff bmp
    mp3 m4a aac oga ogg opus wav flac amr wma mp4 m4v mov mkv webm avi mpg mpeg ogv wmv 3gp
    eml msg mbox ics vcf json zip 7z tar gz bz2 xz rar asc gpg pgp sig age
"""
ALLOWED_EXTENSIONS = frozenset(_EXTENSIONS.split())
"""What an attachment's path may end in; anything else becomes "bin", so that no double click runs or renders it."""
PLAIN_EXTENSION = "bin"
PLAIN_TYPE = "application/octet-stream"

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ENTRY_KEYS = frozenset({"path", "name", "type", "bytes", "sha256"})


@dataclass(frozen=True)
class Attachment:
    """One entry: `path` is ours and safe; `name` is the true name, hostile until it is shown as text."""

    path: str
    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "name": self.name,
            "type": self.media_type,
            "bytes": self.size,
            "sha256": self.sha256,
        }


@dataclass(frozen=True)
class Index:
    """What the signature covers.

    `parts` are envelope.json, message.txt and the attachments; `floor_bytes` is the least size that the whole was
    padded to. A submission has its number in the case (from 1), the sha256 of the index before it and the recipients
    that it was sealed to; a writing has number 0 and neither.
    """

    parts: tuple[Attachment, ...] = field(repr=False)
    floor_bytes: int
    number: int = 0
    previous: str | None = None
    recipients: tuple[Fingerprint, ...] = ()

    def __post_init__(self) -> None:
        require(_is_count(self.floor_bytes) and self.floor_bytes >= MIN_FLOOR_BYTES)
        require(_is_count(self.number) and self.number <= MAX_NUMBER)
        require(self.previous is None or (self.number > 1 and _SHA256.fullmatch(self.previous) is not None))
        require(list(self.recipients) == sorted(set(self.recipients)))
        require([part.path for part in self.parts[:2]] == [HEADER_PATH, MESSAGE_PATH])
        require(not any(part.name or part.media_type for part in self.parts[:2]))
        for position, part in enumerate(self.attachments, start=1):
            _check_attachment(position, part)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.parts[2:]

    def as_bytes(self) -> bytes:
        value: dict[str, Any] = {
            "format": FORMAT,
            "floor": self.floor_bytes,
            "entries": [part.as_json() for part in self.parts],
        }
        if self.number:
            value |= {"number": self.number, "previous": self.previous, "recipients": list(self.recipients)}
        return canonical.dump(value)


def parse_index(data: bytes) -> Index:
    """Return the index in index.json's bytes; raises EnvelopeError."""
    try:
        value = canonical.load(data, MAX_INDEX_BYTES)
        index = Index(
            parts=tuple(_attachment(entry) for entry in _list(value["entries"])),
            floor_bytes=value["floor"],
            number=value.get("number", 0),
            previous=value.get("previous"),
            recipients=tuple(parse_fingerprint(item) for item in _list(value.get("recipients", []))),
        )
    except (InvalidValue, KeyError, TypeError):
        raise EnvelopeError from None
    # also refuses unknown keys, another format number and any second spelling of the same index
    if index.as_bytes() != data:
        raise EnvelopeError
    return index


def signature_path(is_submission: bool) -> str:
    return SUBMISSION_SIGNATURE_PATH if is_submission else WRITING_SIGNATURE_PATH


def attachment_path(position: int, extension: str) -> str:
    return f"attachments/{position:04d}.{extension}"


def allowed_extension(name: str) -> str:
    """Return the extension that a file of this true name gets in the envelope."""
    _, dot, extension = name.rpartition(".")
    extension = extension.lower()
    return extension if dot and extension in ALLOWED_EXTENSIONS else PLAIN_EXTENSION


def bounded_name(name: str) -> str:
    """Return the true name in at most MAX_NAME_BYTES of UTF-8, cut between characters; nothing else is changed."""
    # a browser may send bytes that are no UTF-8; whoever decoded them may have left surrogates
    encoded = name.encode("utf-8", "replace")[:MAX_NAME_BYTES]
    return encoded.decode("utf-8", "ignore")


def bounded_type(media_type: str) -> str:
    """Return the media type without parameters, or the plain one for anything that is none."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence if _MEDIA_TYPE.fullmatch(essence) else PLAIN_TYPE


def _check_attachment(position: int, part: Attachment) -> None:
    require(position <= MAX_ATTACHMENTS)
    extension = part.path.rpartition(".")[2]
    require(extension in ALLOWED_EXTENSIONS or extension == PLAIN_EXTENSION)
    require(part.path == attachment_path(position, extension))
    require(part.name == bounded_name(part.name))
    require(_MEDIA_TYPE.fullmatch(part.media_type) is not None)


def _attachment(value: object) -> Attachment:
    if not isinstance(value, dict) or set(value) != _ENTRY_KEYS:
        raise InvalidValue
    texts = [value[key] for key in ("path", "name", "type", "sha256")]
    require(all(isinstance(text, str) for text in texts) and _is_count(value["bytes"]))
    path, name, media_type, digest = texts
    require(_SHA256.fullmatch(digest) is not None)
    return Attachment(path, name, media_type, value["bytes"], digest)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise InvalidValue
    return value


def _is_count(value: object) -> bool:
    # bool is an int to Python, and `true` is no number in format 1
    return type(value) is int and value >= 0
