"""What an organisation says about itself: its name, texts, colours, logo and where "Leave quickly" leads.

Reads one table of the configuration and the logo's file; knows nothing of desks, pages or keys.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from dropbox.colours import palette, weaknesses
from dropbox.config_table import Table, wrong
from dropbox.settings import LANGUAGES, Logo, Organisation

MAX_LOGO_BYTES = 64 * 1024

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# It goes into a header, so it may hold nothing that a browser reads in two ways, such as a backslash.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*)?")
_PNG = b"\x89PNG\r\n\x1a\n"
# Atomic groups: a comment ends at its first end, or many of them would take for ever when no <svg> comes.
_SVG = re.compile(rb"(?s)\s*(<\?xml[^>]*\?>\s*)?(?>(<!--.*?-->\s*)*)<svg[\s>]")
# Declarations let a small file grow without end when it is read, and a logo needs none.
_UNFIT_SVG = re.compile(rb"(?i)<!(doctype|entity)|<script|\son[a-z]+\s*=|javascript:")


def organisation_of(table: Table) -> Organisation:
    return Organisation(
        table.text("name"),
        _languages(table),
        about=table.texts("about", LANGUAGES, 1000),
        danger=table.texts("danger", LANGUAGES, 500),
        leave_to=_leave_to(table),
        colour=_colour(table, "colour", Organisation.colour, dark=False),
        colour_dark=_colour(table, "colour_dark", Organisation.colour_dark, dark=True),
        logo=_logo(table),
    )


def _languages(table: Table) -> tuple[str, ...]:
    if "languages" not in table.values:
        return Organisation.languages
    languages = table.strings("languages", "languages", len(LANGUAGES))
    for number, (key, language) in enumerate(languages):
        if language not in LANGUAGES or language in dict(languages[:number]).values():
            raise wrong(key, f"must be one of: {', '.join(LANGUAGES)}; each once")
    return tuple(language for _, language in languages)


def _leave_to(table: Table) -> str:
    address = table.text("leave_to", Organisation.leave_to, max_length=200)
    if not (_ADDRESS.fullmatch(address) and _is_address(address)):
        raise wrong(table.key("leave_to"), "must be a whole http or https address, without name or password in it")
    return address


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:  # a port beyond 65535
        return False


def _colour(table: Table, key: str, default: str, *, dark: bool) -> str:
    colour = table.text(key, default)
    if not _COLOUR.fullmatch(colour):
        raise wrong(table.key(key), 'must be a colour written as "#rrggbb", with hexadecimal digits')
    for weak in weaknesses(palette(colour.lower(), dark=dark)):
        scheme = "dark" if dark else "light"
        allowed = f"must have a contrast of at least {weak.needed} to 1 against the ground of {weak.ground}, {scheme}"
        raise wrong(table.key(key), f"{allowed}; take a {'lighter' if dark else 'darker'} one")
    return colour.lower()


def _logo(table: Table) -> Logo | None:
    if "logo" not in table.values:
        return None
    allowed = f"must be a PNG or SVG file of at most {MAX_LOGO_BYTES // 1024} KiB; an SVG without scripts or doctype"
    path = table.path("logo", Path())
    if not path.is_file():
        raise wrong(table.key("logo"), f"must be a file that exists; {path} is none")
    data = _read(path)
    media_type = _media_type(data)
    if media_type is None:
        raise wrong(table.key("logo"), allowed)
    return Logo(media_type, data)


def _read(path: Path) -> bytes:
    """Return the file's bytes, none when it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_LOGO_BYTES + 1)
    except (OSError, ValueError):
        return b""
    return data if len(data) <= MAX_LOGO_BYTES else b""


def _media_type(data: bytes) -> str | None:
    """Tell what a picture is by its content, whatever its name says."""
    if data.startswith(_PNG):
        return "image/png"
    text = data.removeprefix(b"\xef\xbb\xbf")
    return "image/svg+xml" if _SVG.match(text) and not _UNFIT_SVG.search(text) else None
