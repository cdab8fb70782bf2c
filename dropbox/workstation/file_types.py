"""The kinds of files there are: what people call each, which endings its names have, and what can be done with it.

Tables alone; `sniffing` tells from a file's bytes which of them it is.
"""

from dataclasses import dataclass
from enum import StrEnum

from dropbox.workstation.speech import N_, Words


class FileKind(StrEnum):
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

    kind: FileKind
    words: Words
    endings: frozenset[str] = frozenset()
    is_text: bool = False


def _endings(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _type(kind: FileKind, words: Words, endings: str = "") -> FileType:
    return FileType(kind, words, _endings(endings))


_WORDS = "doc docx docm dot dotx odt ott rtf pages wps"
_SHEETS = "xls xlsx xlsm xlsb xlt xltx ods ots"
_SLIDES = "ppt pptx pptm pps ppsx pot potx odp otp"
_ZIPPED_WORDS = "zip jar apk epub cbz odg odf odb ipa xpi kmz usdz sb3 vsdx"
PROGRAM_ENDINGS = _endings(
    "exe scr com pif bat cmd msi msp dll sys cpl lnk url js jse vbs vbe wsf wsh hta ps1 psm1 reg inf jar class apk app "
    "dmg pkg deb rpm appimage run sh bash csh command desktop scf gadget chm xll iso img vhd vhdx appx msix"
)
WRAPPINGS = _endings("zip gz bz2 xz 7z rar tar tgz pgp gpg asc sig age zst")

EMPTY = _type(FileKind.EMPTY, N_("empty file"))
TEXT = FileType(FileKind.TEXT, N_("text"), is_text=True)
SEALED = _type(FileKind.SEALED, N_("file that the reporter sealed themselves (OpenPGP)"), "pgp gpg asc")
ZIP = _type(FileKind.ZIP, N_("ZIP archive"), _ZIPPED_WORDS)
OLD_OFFICE = _type(
    FileKind.OFFICE, N_("office file (older form, or locked)"), f"{_WORDS} {_SHEETS} {_SLIDES} pub vsd mpp"
)
UNKNOWN = _type(FileKind.OTHER, N_("data of an unknown kind"))
PDF = _type(FileKind.PDF, N_("PDF"), "pdf ai")
RTF = _type(FileKind.OFFICE, N_("office file (RTF)"), "rtf doc")
SCRIPT = FileType(
    FileKind.PROGRAM, N_("program (a script)"), _endings("sh bash py pl rb js run command txt"), is_text=True
)
WINDOWS = _type(FileKind.PROGRAM, N_("program for Windows"), "exe dll scr sys com cpl drv ocx")
INSTALLER = _type(FileKind.PROGRAM, N_("program for Windows (installer)"), "msi msp")
MAIL = _type(FileKind.OTHER, N_("e-mail message (Outlook)"), "msg")
POSTSCRIPT = _type(FileKind.OTHER, N_("PostScript"), "ps eps epsf ai")

OFFICE_FOLDERS = (
    (b"word/", _type(FileKind.OFFICE, N_("text document (Word)"), "docx docm dotx dotm")),
    (b"xl/", _type(FileKind.OFFICE, N_("spreadsheet (Excel)"), "xlsx xlsm xlsb xltx xltm")),
    (b"ppt/", _type(FileKind.OFFICE, N_("presentation (PowerPoint)"), "pptx pptm ppsx potx ppsm")),
    (b"META-INF/MANIFEST.MF", _type(FileKind.PROGRAM, N_("program (Java)"), "jar war ear")),
    (b"AndroidManifest.xml", _type(FileKind.PROGRAM, N_("program for Android"), "apk")),
)
OPEN_DOCUMENTS = (
    (b"application/vnd.oasis.opendocument.text", _type(FileKind.OFFICE, N_("text document (OpenDocument)"), "odt ott")),
    (b"application/vnd.oasis.opendocument.spread", _type(FileKind.OFFICE, N_("spreadsheet (OpenDocument)"), "ods ots")),
    (b"application/vnd.oasis.opendocument.pres", _type(FileKind.OFFICE, N_("presentation (OpenDocument)"), "odp otp")),
)
BY_ENDING = {
    "png": _type(FileKind.PICTURE, N_("picture (PNG)"), "png apng"),
    "jpg": _type(FileKind.PICTURE, N_("picture (JPEG)"), "jpg jpeg jpe jfif mpo"),
    "gif": _type(FileKind.PICTURE, N_("picture (GIF)"), "gif"),
    "webp": _type(FileKind.PICTURE, N_("picture (WebP)"), "webp"),
    "tiff": _type(FileKind.PICTURE, N_("picture (TIFF)"), "tif tiff dng nef cr2 arw"),
    "bmp": _type(FileKind.PICTURE, N_("picture (BMP)"), "bmp dib"),
    "avif": _type(FileKind.PICTURE, N_("picture (AVIF)"), "avif"),
    "ico": _type(FileKind.PICTURE, N_("picture (icon)"), "ico cur"),
    "heif": _type(FileKind.OTHER, N_("picture (HEIC, as iPhones make)"), "heic heif hif"),
    "tar": _type(FileKind.TAR, N_("archive (tar)"), "tar"),
    "gz": _type(FileKind.TAR, N_("packed file or archive (gzip)"), "gz tgz"),
    "bz2": _type(FileKind.TAR, N_("packed file or archive (bzip2)"), "bz2 tbz2 tbz"),
    "xz": _type(FileKind.TAR, N_("packed file or archive (xz)"), "xz txz"),
    "7z": _type(FileKind.OTHER, N_("archive (7-Zip)"), "7z"),
    "rar": _type(FileKind.OTHER, N_("archive (RAR)"), "rar"),
    "mp3": _type(FileKind.OTHER, N_("sound (MP3)"), "mp3"),
    "m4a": _type(FileKind.OTHER, N_("sound (M4A)"), "m4a m4b aac mp4"),
    "ogg": _type(FileKind.OTHER, N_("sound or film (Ogg)"), "ogg oga ogv opus ogx spx"),
    "wav": _type(FileKind.OTHER, N_("sound (WAV)"), "wav"),
    "flac": _type(FileKind.OTHER, N_("sound (FLAC)"), "flac"),
    "amr": _type(FileKind.OTHER, N_("sound (AMR)"), "amr 3ga"),
    "mp4": _type(FileKind.OTHER, N_("film (MP4)"), "mp4 m4v m4a 3gp 3g2 mov"),
    "mov": _type(FileKind.OTHER, N_("film (QuickTime)"), "mov qt mp4"),
    "3gp": _type(FileKind.OTHER, N_("film (3GP)"), "3gp 3g2 mp4"),
    "mkv": _type(FileKind.OTHER, N_("film or sound (Matroska, WebM)"), "mkv mka webm"),
    "avi": _type(FileKind.OTHER, N_("film (AVI)"), "avi"),
    "mpg": _type(FileKind.OTHER, N_("film (MPEG)"), "mpg mpeg"),
    "wmv": _type(FileKind.OTHER, N_("film or sound (Windows Media)"), "wmv wma asf"),
    "exe": WINDOWS,
    "elf": _type(FileKind.PROGRAM, N_("program for Linux"), "elf so bin run appimage"),
    "class": _type(FileKind.PROGRAM, N_("program (Java, macOS)"), "class"),
    "lnk": _type(FileKind.PROGRAM, N_("shortcut of Windows, which can start a program"), "lnk"),
    "cab": _type(FileKind.OTHER, N_("archive (Windows cabinet)"), "cab"),
    "sqlite": _type(FileKind.OTHER, N_("database (SQLite)"), "sqlite db sqlite3"),
}
OTHER_ENDINGS = {
    "jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tif": "tiff", "dib": "bmp", "heic": "heif", "tgz": "gz", "webm": "mkv",
    "mka": "mkv", "oga": "ogg", "ogv": "ogg", "dll": "exe", "drv": "exe", "sys": "exe", "mpeg": "mpg", "f4a": "m4a",
    "wma": "wmv", "asf": "wmv", "m4v": "mp4", "appimage": "elf", "db": "sqlite", "qtvr": "mov", "opus": "ogg",
}  # fmt: skip
_ALL_TYPES = (
    PDF, RTF, OLD_OFFICE, SEALED, ZIP, MAIL, POSTSCRIPT, *BY_ENDING.values(),
    *(each for _, each in OFFICE_FOLDERS), *(each for _, each in OPEN_DOCUMENTS),
)  # fmt: skip
KNOWN_ENDINGS = frozenset().union(*(each.endings for each in _ALL_TYPES)) | PROGRAM_ENDINGS
TEXT_ENDINGS = _endings(
    "txt text md csv tsv log rtf html htm xhtml xml svg json eml mbox ics vcf tex ini conf py js sql srt asc ps"
)
