"""What a file truly is, from its first bytes alone, and what about its name or declared type says otherwise.

Neither the name nor the type that came with it is believed. Nothing is parsed here beyond fixed signatures at fixed
places and the names at the head of a ZIP: whatever needs more is opened in the sandbox.
"""

import codecs
import io
import re
import unicodedata

import puremagic

from dropbox.errors import UnsealError
from dropbox.gpg.packets import check_sealed_head
from dropbox.workstation.file_types import (
    BY_ENDING,
    EMPTY,
    INSTALLER,
    KNOWN_ENDINGS,
    MAIL,
    OFFICE_FOLDERS,
    OLD_OFFICE,
    OPEN_DOCUMENTS,
    OTHER_ENDINGS,
    PDF,
    POSTSCRIPT,
    PROGRAM_ENDINGS,
    RTF,
    SCRIPT,
    SEALED,
    TEXT,
    TEXT_ENDINGS,
    UNKNOWN,
    WINDOWS,
    WRAPPINGS,
    ZIP,
    FileKind,
    FileType,
)
from dropbox.workstation.speech import N_, Words
from dropbox.workstation.terminal import line

HEAD_BYTES = 64 * 1024
"""How much of a file's beginning is looked at."""
_ARMOR = re.compile(rb"\s{0,80}-----BEGIN PGP MESSAGE-----[ \t]*\r?\n")
_MIN_CONFIDENCE = 0.2
_ZIP_NAME_AT = 30
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\b\x1b")
_JOINERS = "\u200c\u200d"
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def sniff(head: bytes, size_bytes: int) -> FileType:
    """Return the true type of a file from its first HEAD_BYTES and its size."""
    if not size_bytes:
        return EMPTY
    if is_sealed(head):
        return SEALED
    if head.startswith(b"PK\x03\x04"):
        return _zip_type(head)
    if head.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        return _old_office_type(head)
    return _by_first_letters(head) or _by_magic(head) or _text_type(head, size_bytes) or _late_pdf(head) or UNKNOWN


def is_sealed(head: bytes) -> bool:
    """Whether this is an OpenPGP message to somebody's key, armoured or not."""
    if _ARMOR.match(head):
        return True
    try:
        check_sealed_head(io.BytesIO(head))
    except UnsealError:
        return False
    return True


def armor_start(data: bytes) -> int | None:
    """Return where the lines after the first armour line begin, or None for what is not armoured."""
    found = _ARMOR.match(data)
    return found.end() if found else None


def warnings(name: str, declared_type: str, true: FileType) -> tuple[Words, ...]:
    """Return what an investigator should know before touching a file of this name and declared type."""
    found: list[Words] = []
    ending = _ending(name)
    if true.kind is FileKind.PROGRAM:
        found.append(N_("This is a program. Do not start it on any machine."))
    elif ending in PROGRAM_ENDINGS:
        found.append(
            N_("Its name ends in .%(ending)s, as of something that a computer starts. Do not open it.", ending=ending)
        )
    if _name_differs(ending, true):
        text = N_("Its name ends in .%(ending)s, but its content is: %(type)s.", ending=ending, type=true.words)
        found.append(text)
    if _type_differs(declared_type, true):
        declared = line(declared_type)
        found.append(N_("It came as %(declared)s, but its content is: %(type)s.", declared=declared, type=true.words))
    if _two_endings(name, ending):
        found.append(N_("Its name has two endings; only the last one counts: .%(ending)s.", ending=ending))
    if _TURNERS & set(name):
        found.append(N_("Its name holds marks that turn the direction of writing, so that it looks like another name."))
    elif any(unicodedata.category(each)[0] == "C" and each not in _JOINERS for each in name):
        found.append(N_("Its name holds characters that cannot be seen."))
    return tuple(found)


def decode_text(data: bytes) -> str | None:
    """Return data as text: UTF-8, UTF-16 with its mark, or an old Western encoding; None when it is none of these."""
    if data.startswith(_UTF16_MARKS):
        text = data.decode("utf-16", "replace")
    else:
        text = _utf8(data) or data.decode("cp1252", "replace")
    strange = sum(1 for each in text if each == "\ufffd" or (each < " " and each not in _TEXT_CONTROLS))
    return None if strange * 100 > len(text) or "\0" in text else text


def _utf8(data: bytes) -> str:
    """Return UTF-8, perhaps cut within its last character; what is mostly beyond ASCII otherwise is no text at all."""
    data = data.removeprefix(codecs.BOM_UTF8)  # places in an error are counted from behind it
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return data[: error.start].decode()
    beyond = sum(1 for each in data if each > 127)
    return "\0" if beyond * 3 > len(data) else ""


def _zip_type(head: bytes) -> FileType:
    names = [head[at + _ZIP_NAME_AT : at + _ZIP_NAME_AT + 80] for at in _found(head, b"PK\x03\x04")]
    if names[0].startswith(b"mimetype"):
        for media_type, kind in OPEN_DOCUMENTS:
            if media_type in head[:200]:
                return kind
    for folder, kind in OFFICE_FOLDERS:
        if any(name.startswith(folder) for name in names):
            return kind
    return ZIP


def _found(head: bytes, wanted: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(wanted), head)]


def _old_office_type(head: bytes) -> FileType:
    if bytes.fromhex("84100c0000000000c000000000000046") in head:
        return INSTALLER
    return MAIL if "__substg1.0".encode("utf-16-le") in head else OLD_OFFICE


def _by_first_letters(head: bytes) -> FileType | None:
    for start, kind in ((b"%PDF-", PDF), (rb"{\rtf", RTF), (b"%!PS", POSTSCRIPT)):
        if head.startswith(start):
            return kind
    if head.startswith(b"#!") and not head.startswith(b"#!AMR"):
        return SCRIPT
    return WINDOWS if head.startswith(b"MZ") and decode_text(head[:512]) is None else None


def _by_magic(head: bytes) -> FileType | None:
    """Ask puremagic. What it takes for text, or knows by two letters only, is left to what follows."""
    for match in _matches(head):
        ending = match.extension.lstrip(".").lower() or ("elf" if head.startswith(b"\x7fELF") else "")
        kind = BY_ENDING.get(OTHER_ENDINGS.get(ending, ending))
        if kind is not None and match.confidence >= _MIN_CONFIDENCE and match.offset >= 0:
            is_text_too = len(match.byte_match) < 4 and decode_text(head[:4096]) is not None
            return None if is_text_too else kind
    return None


def _matches(head: bytes) -> list[puremagic.PureMagicWithConfidence]:
    try:
        return puremagic.magic_string(head)
    except puremagic.PureError:
        return []


def _text_type(head: bytes, size_bytes: int) -> FileType | None:
    whole = head if size_bytes <= len(head) else head[: len(head) & ~1]
    return TEXT if decode_text(whole) is not None else None


def _late_pdf(head: bytes) -> FileType | None:
    """Readers of PDF look for its beginning in the first kilobyte."""
    return PDF if b"%PDF-" in head[:1024] else None


def _ending(name: str) -> str:
    shown = "".join(each for each in name if unicodedata.category(each)[0] != "C")
    _, dot, ending = shown.strip(" .").rpartition(".")
    return ending.strip().lower() if dot and 0 < len(ending.strip()) <= 16 else ""


def _name_differs(ending: str, true: FileType) -> bool:
    if not ending or true.kind is FileKind.EMPTY:
        return False
    if true.kind is FileKind.TEXT:
        return ending in KNOWN_ENDINGS - TEXT_ENDINGS - PROGRAM_ENDINGS
    if true.endings:
        return ending not in true.endings and (ending in KNOWN_ENDINGS or ending in TEXT_ENDINGS)
    return ending in KNOWN_ENDINGS or ending in TEXT_ENDINGS


def _type_differs(declared: str, true: FileType) -> bool:
    """Whether a declared type names another kind of thing; what says nothing (octet-stream) cannot be wrong."""
    family, _, exact = declared.partition("/")
    if true.kind in (FileKind.EMPTY, FileKind.SEALED) or not exact:
        return False
    claimed_picture = family == "image" and "svg" not in exact
    is_picture = true.kind is FileKind.PICTURE or true.words is BY_ENDING["heif"].words
    return (
        (claimed_picture and not is_picture)
        or (exact == "pdf" and true.kind is not FileKind.PDF)
        or (family == "text" and true.kind not in (FileKind.TEXT, FileKind.OFFICE, FileKind.PROGRAM))
        or (family in ("audio", "video") and true.kind is not FileKind.OTHER)
    )


def _two_endings(name: str, ending: str) -> bool:
    before = _ending(name.strip(" .").rpartition(".")[0])
    known = before in KNOWN_ENDINGS | TEXT_ENDINGS and ending in KNOWN_ENDINGS | TEXT_ENDINGS
    return known and before != ending and ending not in WRAPPINGS
