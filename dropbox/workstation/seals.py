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
_OWN_ENTRY = (b"PK\x03\x04", b"envelope.json")
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
    entry, name = _OWN_ENTRY
    own = (
        head.startswith(_OWN_LINE)
        or (head.startswith(entry) and head[30:].startswith(name))
        or (head[257:262] == b"ustar" and head.startswith(b"manifest.json\0"))
        or _SECRET_KEY in head
        or (unsealed and _is_key(content))
        or (head.startswith(b'{"') and _is_casebook(all_bytes(content)))
    )
    if own:
        raise OwnItemInside


def _is_key(content: int) -> bool:
    """Whether this is what a desk's lock on a reply holds: 32 bytes that are no text."""
    if os.fstat(content).st_size != _DESK_LOCK_KEY_BYTES:
        return False
    with suppress(UnicodeDecodeError):
        return not all_bytes(content).decode("utf-8").translate(_WHITE).isprintable()
    return True


def _is_casebook(data: bytes) -> bool:
    return all(word in data for word in _CASEBOOK_WORDS)
