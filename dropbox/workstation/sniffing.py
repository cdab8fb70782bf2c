"""What a file truly is, from its first bytes alone, and what about its name or declared type says otherwise.

Neither the name nor the type that came with it is believed. Nothing is parsed here beyond fixed signatures at fixed
places and the names at the head of a ZIP: whatever needs more is opened in the sandbox.
"""

import codecs
import io
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import puremagic

from dropbox.errors import UnsealError
from dropbox.gpg.packets import check_sealed_head
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


class Kind(StrEnum):
    """What can be done with a file, as far as looking at it goes."""

    EMPTY = "empty"
    TEXT = "text"
    PICTURE = "picture"
    PDF = "pdf"
    OFFICE = "office"
    ZIP = "zip"
    TAR = "tar"
    SEALED = "sealed"
    PROGRAM = "program"
    OTHER = "other"


@dataclass(frozen=True)
class FileType:
    """A true type: `words` for people, `endings` that a name of such a file may have; none means any.

    is_text: it can be read as text, whatever else it is.
    """

    kind: Kind
    words: Words
    endings: frozenset[str] = frozenset()
    is_text: bool = False


def _endings(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _type(kind: Kind, words: Words, endings: str = "") -> FileType:
    return FileType(kind, words, _endings(endings))


_WORDS = "doc docx docm dot dotx odt ott rtf pages wps"
_SHEETS = "xls xlsx xlsm xlsb xlt xltx ods ots"
_SLIDES = "ppt pptx pptm pps ppsx pot potx odp otp"
_ZIPPED_WORDS = "zip jar apk epub cbz odg odf odb ipa xpi kmz usdz sb3 vsdx"
_PROGRAM_ENDINGS = _endings(
    "exe scr com pif bat cmd msi msp dll sys cpl lnk url js jse vbs vbe wsf wsh hta ps1 psm1 reg inf jar class apk app "
    "dmg pkg deb rpm appimage run sh bash csh command desktop scf gadget chm xll iso img vhd vhdx appx msix"
)
_WRAPPINGS = _endings("zip gz bz2 xz 7z rar tar tgz pgp gpg asc sig age zst")

EMPTY = _type(Kind.EMPTY, N_("empty file"))
TEXT = FileType(Kind.TEXT, N_("text"), is_text=True)
SEALED = _type(Kind.SEALED, N_("file that the reporter sealed themselves (OpenPGP)"), "pgp gpg asc")
ZIP = _type(Kind.ZIP, N_("ZIP archive"), _ZIPPED_WORDS)
OLD_OFFICE = _type(Kind.OFFICE, N_("office file (older form, or locked)"), f"{_WORDS} {_SHEETS} {_SLIDES} pub vsd mpp")
UNKNOWN = _type(Kind.OTHER, N_("data of an unknown kind"))
_PDF = _type(Kind.PDF, N_("PDF"), "pdf ai")
_RTF = _type(Kind.OFFICE, N_("office file (RTF)"), "rtf doc")
_SCRIPT = FileType(
    Kind.PROGRAM, N_("program (a script)"), _endings("sh bash py pl rb js run command txt"), is_text=True
)
_WINDOWS = _type(Kind.PROGRAM, N_("program for Windows"), "exe dll scr sys com cpl drv ocx")
_INSTALLER = _type(Kind.PROGRAM, N_("program for Windows (installer)"), "msi msp")
_MAIL = _type(Kind.OTHER, N_("e-mail message (Outlook)"), "msg")
_POSTSCRIPT = _type(Kind.OTHER, N_("PostScript"), "ps eps epsf ai")

_OFFICE_FOLDERS = (
    (b"word/", _type(Kind.OFFICE, N_("text document (Word)"), "docx docm dotx dotm")),
    (b"xl/", _type(Kind.OFFICE, N_("spreadsheet (Excel)"), "xlsx xlsm xlsb xltx xltm")),
    (b"ppt/", _type(Kind.OFFICE, N_("presentation (PowerPoint)"), "pptx pptm ppsx potx ppsm")),
    (b"META-INF/MANIFEST.MF", _type(Kind.PROGRAM, N_("program (Java)"), "jar war ear")),
    (b"AndroidManifest.xml", _type(Kind.PROGRAM, N_("program for Android"), "apk")),
)
_OPEN_DOCUMENTS = (
    (b"application/vnd.oasis.opendocument.text", _type(Kind.OFFICE, N_("text document (OpenDocument)"), "odt ott")),
    (b"application/vnd.oasis.opendocument.spread", _type(Kind.OFFICE, N_("spreadsheet (OpenDocument)"), "ods ots")),
    (b"application/vnd.oasis.opendocument.pres", _type(Kind.OFFICE, N_("presentation (OpenDocument)"), "odp otp")),
)
_BY_ENDING = {
    "png": _type(Kind.PICTURE, N_("picture (PNG)"), "png apng"),
    "jpg": _type(Kind.PICTURE, N_("picture (JPEG)"), "jpg jpeg jpe jfif mpo"),
    "gif": _type(Kind.PICTURE, N_("picture (GIF)"), "gif"),
    "webp": _type(Kind.PICTURE, N_("picture (WebP)"), "webp"),
    "tiff": _type(Kind.PICTURE, N_("picture (TIFF)"), "tif tiff dng nef cr2 arw"),
    "bmp": _type(Kind.PICTURE, N_("picture (BMP)"), "bmp dib"),
    "avif": _type(Kind.PICTURE, N_("picture (AVIF)"), "avif"),
    "ico": _type(Kind.PICTURE, N_("picture (icon)"), "ico cur"),
    "heif": _type(Kind.OTHER, N_("picture (HEIC, as iPhones make)"), "heic heif hif"),
    "tar": _type(Kind.TAR, N_("archive (tar)"), "tar"),
    "gz": _type(Kind.TAR, N_("packed file or archive (gzip)"), "gz tgz"),
    "bz2": _type(Kind.TAR, N_("packed file or archive (bzip2)"), "bz2 tbz2 tbz"),
    "xz": _type(Kind.TAR, N_("packed file or archive (xz)"), "xz txz"),
    "7z": _type(Kind.OTHER, N_("archive (7-Zip)"), "7z"),
    "rar": _type(Kind.OTHER, N_("archive (RAR)"), "rar"),
    "mp3": _type(Kind.OTHER, N_("sound (MP3)"), "mp3"),
    "m4a": _type(Kind.OTHER, N_("sound (M4A)"), "m4a m4b aac mp4"),
    "ogg": _type(Kind.OTHER, N_("sound or film (Ogg)"), "ogg oga ogv opus ogx spx"),
    "wav": _type(Kind.OTHER, N_("sound (WAV)"), "wav"),
    "flac": _type(Kind.OTHER, N_("sound (FLAC)"), "flac"),
    "amr": _type(Kind.OTHER, N_("sound (AMR)"), "amr 3ga"),
    "mp4": _type(Kind.OTHER, N_("film (MP4)"), "mp4 m4v m4a 3gp 3g2 mov"),
    "mov": _type(Kind.OTHER, N_("film (QuickTime)"), "mov qt mp4"),
    "3gp": _type(Kind.OTHER, N_("film (3GP)"), "3gp 3g2 mp4"),
    "mkv": _type(Kind.OTHER, N_("film or sound (Matroska, WebM)"), "mkv mka webm"),
    "avi": _type(Kind.OTHER, N_("film (AVI)"), "avi"),
    "mpg": _type(Kind.OTHER, N_("film (MPEG)"), "mpg mpeg"),
    "wmv": _type(Kind.OTHER, N_("film or sound (Windows Media)"), "wmv wma asf"),
    "exe": _WINDOWS,
    "elf": _type(Kind.PROGRAM, N_("program for Linux"), "elf so bin run appimage"),
    "class": _type(Kind.PROGRAM, N_("program (Java, macOS)"), "class"),
    "lnk": _type(Kind.PROGRAM, N_("shortcut of Windows, which can start a program"), "lnk"),
    "cab": _type(Kind.OTHER, N_("archive (Windows cabinet)"), "cab"),
    "sqlite": _type(Kind.OTHER, N_("database (SQLite)"), "sqlite db sqlite3"),
}
_SAME = {
    "jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tif": "tiff", "dib": "bmp", "heic": "heif", "tgz": "gz", "webm": "mkv",
    "mka": "mkv", "oga": "ogg", "ogv": "ogg", "dll": "exe", "drv": "exe", "sys": "exe", "mpeg": "mpg", "f4a": "m4a",
    "wma": "wmv", "asf": "wmv", "m4v": "mp4", "appimage": "elf", "db": "sqlite", "qtvr": "mov", "opus": "ogg",
}  # fmt: skip
_ALL_TYPES = (
    _PDF, _RTF, OLD_OFFICE, SEALED, ZIP, _MAIL, _POSTSCRIPT, *_BY_ENDING.values(),
    *(each for _, each in _OFFICE_FOLDERS), *(each for _, each in _OPEN_DOCUMENTS),
)  # fmt: skip
_KNOWN_ENDINGS = frozenset().union(*(each.endings for each in _ALL_TYPES)) | _PROGRAM_ENDINGS
_TEXT_ENDINGS = _endings(
    "txt text md csv tsv log rtf html htm xhtml xml svg json eml mbox ics vcf tex ini conf py js sql srt asc ps"
)


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
    if true.kind is Kind.PROGRAM:
        found.append(N_("This is a program. Do not start it on any machine."))
    elif ending in _PROGRAM_ENDINGS:
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
        for media_type, kind in _OPEN_DOCUMENTS:
            if media_type in head[:200]:
                return kind
    for folder, kind in _OFFICE_FOLDERS:
        if any(name.startswith(folder) for name in names):
            return kind
    return ZIP


def _found(head: bytes, wanted: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(wanted), head)]


def _old_office_type(head: bytes) -> FileType:
    if bytes.fromhex("84100c0000000000c000000000000046") in head:
        return _INSTALLER
    return _MAIL if "__substg1.0".encode("utf-16-le") in head else OLD_OFFICE


def _by_first_letters(head: bytes) -> FileType | None:
    for start, kind in ((b"%PDF-", _PDF), (rb"{\rtf", _RTF), (b"%!PS", _POSTSCRIPT)):
        if head.startswith(start):
            return kind
    if head.startswith(b"#!") and not head.startswith(b"#!AMR"):
        return _SCRIPT
    return _WINDOWS if head.startswith(b"MZ") and decode_text(head[:512]) is None else None


def _by_magic(head: bytes) -> FileType | None:
    """Ask puremagic. What it takes for text, or knows by two letters only, is left to what follows."""
    for match in _matches(head):
        ending = match.extension.lstrip(".").lower() or ("elf" if head.startswith(b"\x7fELF") else "")
        kind = _BY_ENDING.get(_SAME.get(ending, ending))
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
    return _PDF if b"%PDF-" in head[:1024] else None


def _ending(name: str) -> str:
    shown = "".join(each for each in name if unicodedata.category(each)[0] != "C")
    _, dot, ending = shown.strip(" .").rpartition(".")
    return ending.strip().lower() if dot and 0 < len(ending.strip()) <= 16 else ""


def _name_differs(ending: str, true: FileType) -> bool:
    if not ending or true.kind is Kind.EMPTY:
        return False
    if true.kind is Kind.TEXT:
        return ending in _KNOWN_ENDINGS - _TEXT_ENDINGS - _PROGRAM_ENDINGS
    if true.endings:
        return ending not in true.endings and (ending in _KNOWN_ENDINGS or ending in _TEXT_ENDINGS)
    return ending in _KNOWN_ENDINGS or ending in _TEXT_ENDINGS


def _type_differs(declared: str, true: FileType) -> bool:
    """Whether a declared type names another kind of thing; what says nothing (octet-stream) cannot be wrong."""
    family, _, exact = declared.partition("/")
    if true.kind in (Kind.EMPTY, Kind.SEALED) or not exact:
        return False
    claimed_picture = family == "image" and "svg" not in exact
    is_picture = true.kind is Kind.PICTURE or true.words is _BY_ENDING["heif"].words
    return (
        (claimed_picture and not is_picture)
        or (exact == "pdf" and true.kind is not Kind.PDF)
        or (family == "text" and true.kind not in (Kind.TEXT, Kind.OFFICE, Kind.PROGRAM))
        or (family in ("audio", "video") and true.kind is not Kind.OTHER)
    )


def _two_endings(name: str, ending: str) -> bool:
    before = _ending(name.strip(" .").rpartition(".")[0])
    known = before in _KNOWN_ENDINGS | _TEXT_ENDINGS and ending in _KNOWN_ENDINGS | _TEXT_ENDINGS
    return known and before != ending and ending not in _WRAPPINGS
