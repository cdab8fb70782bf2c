"""Just enough of OpenPGP's framing (RFC 4880, 4.2) to look at a message before gpg does. Pure parsing: no gpg, no keys.

What is read here is hostile until gpg says otherwise, so everything is bounded and whatever is unusual is refused.
"""

import base64
import binascii
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dropbox.errors import FileUnreadable, SignatureInvalid, UnsealError
from dropbox.models import Fingerprint

SESSION_KEY = 1
PASSPHRASE_KEY = 3
SIGNATURE = 2
PUBLIC_KEY = 6
SEALED_DATA = 18
MAX_RECIPIENTS = 256
MAX_HEAD_PACKET_BYTES = 4096
MAX_SIGNATURE_BYTES = 8192

_ARMORED_SIGNATURE = re.compile(
    rb"-----BEGIN PGP SIGNATURE-----\r?\n\r?\n"
    rb"((?:[A-Za-z0-9+/]{1,76}={0,2}\r?\n)+)"
    rb"(?:=[A-Za-z0-9+/]{4}\r?\n)?"
    rb"-----END PGP SIGNATURE-----(?:\r?\n)?"
)


class MalformedPacketError(Exception):
    """Framing that is broken, endless or merely strange; every caller translates it."""


def count_recipients(message: Path | bytes) -> int:
    """Count the session key packets at the head of a sealed message; raises UnsealError when it is none."""
    try:
        with io.BytesIO(message) if isinstance(message, bytes) else message.open("rb") as stream:
            return check_sealed_head(stream)
    except OSError:
        raise FileUnreadable from None


def count_sealed_ways(message: Path) -> int:
    """Count the session key packets of a message that a passphrase may open, too; UnsealError when it is none."""
    try:
        with message.open("rb") as stream:
            return check_sealed_head(stream, or_passphrase=True)
    except OSError:
        raise FileUnreadable from None


def check_sealed_head(stream: BinaryIO, *, or_passphrase: bool = False) -> int:
    """Check that a binary message begins with session keys, then integrity protected data; return how many keys.

    Armoured, signed-only, compressed and passphrase-only messages end here, and no mixed one can make an agent ask for
    a passphrase, save where `or_passphrase` lets one way by passphrase stand after the keys. Leaves the stream after
    the head.
    """
    ways = (SESSION_KEY, PASSPHRASE_KEY) if or_passphrase else (SESSION_KEY,)
    try:
        for number in range(MAX_RECIPIENTS + 1):
            tag, length = _header(stream)
            if tag == SEALED_DATA and number:
                return number
            if tag not in ways or length is None or (tag != SESSION_KEY and not number):
                raise MalformedPacketError
            _body(stream, length)
    except MalformedPacketError:
        raise UnsealError from None
    raise UnsealError


def parse_signature(armored: bytes) -> bytes:
    """Return the one signature packet that an armoured file holds, and nothing beside it; else SignatureInvalid.

    gpg itself would accept a second signature, a signed text in place of a detached signature, or trailing data.
    """
    match = _ARMORED_SIGNATURE.fullmatch(armored) if len(armored) <= MAX_SIGNATURE_BYTES else None
    if match is None:
        raise SignatureInvalid
    try:
        binary = base64.b64decode(b"".join(match[1].split()), validate=True)
        tags = [tag for tag, _ in packets(binary)]
    except (binascii.Error, MalformedPacketError):
        raise SignatureInvalid from None
    if tags != [SIGNATURE]:
        raise SignatureInvalid
    return binary


def key_block(exported: bytes, fingerprint: Fingerprint) -> bytes:
    """Return the block of one primary key from binary key material, or nothing.

    gpg looks a fingerprint up among subkeys too, and anybody can hang another's key under their own.
    """
    found = b""
    wanted = False
    for tag, packet in packets(exported):
        if tag == PUBLIC_KEY:
            wanted = _fingerprint(packet) == fingerprint
        if wanted:
            found += packet
    return found


def armor_key(binary: bytes) -> bytes:
    return _armored(binary, b"PUBLIC KEY BLOCK")


def armor_message(binary: bytes) -> bytes:
    """Return a sealed message as text, as gpg --armor would."""
    return _armored(binary, b"MESSAGE")


def _armored(binary: bytes, what: bytes) -> bytes:
    encoded = base64.b64encode(binary)
    lines = [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
    checksum = b"=" + base64.b64encode(_crc24(binary).to_bytes(3, "big"))
    head, tail = b"-----BEGIN PGP %b-----\n" % what, b"-----END PGP %b-----\n" % what
    return b"\n".join([head, *lines, checksum, tail])


def packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each packet's tag and its bytes with the header; partial and indeterminate lengths are refused."""
    stream = io.BytesIO(data)
    while (start := stream.tell()) < len(data):
        tag, length = _header(stream)
        if length is None or stream.tell() + length > len(data):
            raise MalformedPacketError
        stream.seek(length, io.SEEK_CUR)
        yield tag, data[start : stream.tell()]


def _header(stream: BinaryIO) -> tuple[int, int | None]:
    """Read a packet header; the length is None where the packet is partial or goes on to the end."""
    first = _body(stream, 1)[0]
    if not first & 0x80:
        raise MalformedPacketError
    if first & 0x40:
        return first & 0x3F, _new_length(stream)
    width = first & 3
    return (first >> 2) & 0xF, None if width == 3 else int.from_bytes(_body(stream, 1 << width), "big")


def _new_length(stream: BinaryIO) -> int | None:
    first = _body(stream, 1)[0]
    if first < 192:
        return first
    if first < 224:
        return ((first - 192) << 8) + _body(stream, 1)[0] + 192
    return int.from_bytes(_body(stream, 4), "big") if first == 255 else None


def _body(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length) if length <= MAX_HEAD_PACKET_BYTES else b""
    if len(data) != length or length > MAX_HEAD_PACKET_BYTES:
        raise MalformedPacketError
    return data


def _fingerprint(packet: bytes) -> str:
    """Return a version 4 key packet's fingerprint (RFC 4880, 12.2)."""
    stream = io.BytesIO(packet)
    _header(stream)
    body = stream.read()
    framed = b"\x99" + len(body).to_bytes(2, "big") + body
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest().upper()


def _crc24(data: bytes) -> int:
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc
