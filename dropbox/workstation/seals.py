"""Seals of the reporter's own: what may not be opened in the vault's name, and how an armoured one is taken apart.

Whoever holds an item, key or bundle of the drop may attach it, to have it opened by somebody who can. Contents come in
as descriptors of anonymous memory; nothing is unsealed or written here.
"""

import base64
import binascii
import os
import re
from contextlib import suppress

from dropbox.errors import OwnItemInside, UnsealError
from dropbox.workstation.sniffing import HEAD_BYTES, armor_start

_DESK_LOCK_KEY_BYTES = 32
_OWN_LINE = b"onion-dropbox "
_JSON = b'{"'
_ENTRY = b"PK\x03\x04"
_ENTRY_NAME_AT = 30
_OWN_ENTRIES = (b"envelope.json", b"letters.txt")
"""The first entry of an envelope, and of a pack's annex."""
_SECRET_KEY_TAGS = frozenset({0x94, 0x95, 0x96, 0xC5})
_WHITE = str.maketrans("\t\n\r", "   ")
_CASEBOOK_WORDS = (b'"arrivals":', b'"exports":', b'"vault":')
_SECRET_KEY = b"BEGIN PGP PRIVATE KEY"
_ARMOR_HEADER = re.compile(rb"[A-Za-z]{1,32}: [^\r\n]{0,1000}\r?\n")
_ARMOR_LINES = re.compile(rb"[ \t]*\r?\n((?:[A-Za-z0-9+/]{1,80}={0,2}[ \t]*\r?\n)+)")


def first_bytes(content: int, max_bytes: int) -> bytes:
    return os.pread(content, max_bytes, 0)


def all_bytes(content: int) -> bytes:
    return first_bytes(content, os.fstat(content).st_size)


def dearmored(data: bytes) -> bytes:
    """Return an OpenPGP message without its ASCII armour, which gpg is not asked to take off. Raises UnsealError."""
    at = armor_start(data)
    if at is None:
        return data
    while header := _ARMOR_HEADER.match(data, at):
        at = header.end()
    lines = _ARMOR_LINES.match(data, at)
    if lines is None:
        raise UnsealError
    try:
        return base64.b64decode(b"".join(lines[1].split()), validate=True)
    except binascii.Error:
        raise UnsealError from None


def refuse_own(content: int, *, unsealed: bool) -> None:
    """Refuse what belongs to the drop: whoever attaches it wants to have it opened by somebody who can."""
    head = first_bytes(content, HEAD_BYTES)
    size = os.fstat(content).st_size
    # of what is large the beginning tells, but for a casebook and a key
    whole = all_bytes(content) if head.startswith(_JSON) or size == _DESK_LOCK_KEY_BYTES else head
    if is_own_whole(whole, unsealed=unsealed):
        raise OwnItemInside


def is_own_whole(data: bytes, *, unsealed: bool) -> bool:
    """Whether a file's content, or its first HEAD_BYTES where that says enough, belongs to a drop."""
    is_casebook = data.startswith(_JSON) and _is_casebook(data)
    return is_own(data[:HEAD_BYTES]) or is_casebook or (unsealed and _is_key(data))


def is_own(head: bytes) -> bool:
    """Whether a file that begins so is of our formats: an envelope, a bundle or backup, a reply, a pack's annex, a key.

    What was sealed cannot be changed by whoever took it, so its beginning tells it.
    """
    return (
        head.startswith(_OWN_LINE)
        or (head.startswith(_ENTRY) and head[_ENTRY_NAME_AT:].startswith(_OWN_ENTRIES))
        or (head[257:262] == b"ustar" and head.startswith(b"manifest.json\0"))
        or _SECRET_KEY in head
        or _is_secret_key(head)
    )


def _is_secret_key(head: bytes) -> bool:
    """Whether this begins with an OpenPGP secret key packet (RFC 4880, 4.2 and 5.5.3) of a version that there is."""
    if not head[:1] or head[0] not in _SECRET_KEY_TAGS:
        return False
    at = {0x94: 2, 0x95: 3, 0x96: 5}.get(head[0], 2 if head[1:2] < b"\xc0" else 3 if head[1:2] < b"\xff" else 6)
    return head[at : at + 1] in (b"\x04", b"\x05", b"\x06")


def _is_key(data: bytes) -> bool:
    """Whether this is what a desk's lock on a reply holds: 32 bytes that are no text."""
    if len(data) != _DESK_LOCK_KEY_BYTES:
        return False
    with suppress(UnicodeDecodeError):
        return not data.decode("utf-8").translate(_WHITE).isprintable()
    return True


def _is_casebook(data: bytes) -> bool:
    return all(word in data for word in _CASEBOOK_WORDS)
