"""The last look before anything is written: nothing that was taken out may be found in any byte of the open part.

File names, texts, the text that a PDF shows, its streams unpacked, its bytes as they are. What is found stops the whole
release; which words it was is not said, only where and which letter.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dropbox.errors import StillReadable
from dropbox.workstation.disclosure.folding import plain
from dropbox.workstation.disclosure.needles import Sought, names_anything, without_words_of

MIN_RAW_LETTERS = 5
"""Shorter words stand in compressed bytes by chance."""
MAX_STREAM_BYTES = 64 * 1024 * 1024
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_HEX_STRING = re.compile(rb"<([0-9A-Fa-f\s]{4,})>")
_ID = re.compile(rb"/ID\s*\[[^\]]*\]")
_ENCODINGS = ("utf-8", "utf-16-be", "utf-16-le", "latin-1", "cp1252")
_TEXT_ENDINGS = (".txt", ".json")

PdfText = Callable[[bytes], str]


@dataclass(frozen=True)
class Secrets:
    """What must not be found: as needles, and as bare texts with their letters. own: our own sentences."""

    sought: Sequence[Sought]
    spelled: Sequence[tuple[str, str]]
    own: str = ""


def require_unreadable(files: Mapping[str, bytes], secrets: Secrets, pdf_text: PdfText) -> None:
    """Look through every file of the open part. Raises StillReadable for the first one that still tells something."""
    # one word of a name may be a word of our own sentences, such as May: the texts are looked through one by one for it
    sought = without_words_of(secrets.own, secrets.sought)
    for name, data in files.items():
        for text in (name, *_texts(name, data, pdf_text)):
            _require_silent(name, text, sought)
        _require_absent(name, data, secrets)


def require_pieces_unreadable(pieces: Mapping[str, str], secrets: Secrets) -> None:
    """Look through texts that are shown, each by itself. Raises StillReadable."""
    for name, text in pieces.items():
        _require_silent(name, text, secrets.sought)


def _require_silent(name: str, text: str, sought: Sequence[Sought]) -> None:
    for letter in sorted(names_anything(text, sought)):
        raise StillReadable(f"{name} ({letter})" if letter else name)


def _texts(name: str, data: bytes, pdf_text: PdfText) -> Iterator[str]:
    if name.endswith(_TEXT_ENDINGS):
        yield data.decode("utf-8", "replace")
    elif name.endswith(".pdf"):
        yield pdf_text(data)
        yield from (found.decode("latin-1") for found in _strings(data))


def _strings(data: bytes) -> Iterator[bytes]:
    """Give the texts that stand in a PDF outside of its streams: its title, its outline, its annotations."""
    # a file's id is a hash, and hits short names by chance
    bare = _ID.sub(b"", _STREAM.sub(b"", data))
    for match in _LITERAL.finditer(bare):
        yield match[1].replace(b"\0", b"")
    yield from (found.replace(b"\0", b"") for found in _from_hex(bare))


def _from_hex(data: bytes) -> Iterator[bytes]:
    for match in _HEX_STRING.finditer(data):
        digits = re.sub(rb"\s", b"", match[1])
        yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _require_absent(name: str, data: bytes, secrets: Secrets) -> None:
    """Look for each spelling as bytes, in every usual encoding: in the file as it is, and in what is packed in it."""
    layers = [data, *_unpacked(data)] if name.endswith(".pdf") else [data]
    layers = [each.lower() for layer in layers for each in (layer, b"\n".join(_from_hex(layer)))]
    own = plain(secrets.own)
    for letter, text in secrets.spelled:
        if len(plain(text)) < MIN_RAW_LETTERS or plain(text) in own:
            continue
        if any(form in layer for form in _encoded(text) for layer in layers):
            raise StillReadable(f"{name} ({letter})" if letter else name)


def _encoded(text: str) -> frozenset[bytes]:
    forms = {unicodedata.normalize(form, text.lower()) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    forms |= {"".join(each for each in form if not unicodedata.combining(each)) for form in tuple(forms)}
    found: set[bytes] = set()
    for form in forms:
        for encoding in _ENCODINGS:
            data = form.encode(encoding, "ignore")
            if len(data) >= MIN_RAW_LETTERS:
                found.add(data)
    return frozenset(found)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in _STREAM.finditer(data):
        packed = zlib.decompressobj()
        try:
            yield packed.decompress(match[1], MAX_STREAM_BYTES)
        except zlib.error:
            yield match[1]
