"""An OpenPGP card (version 3.4, Ed25519 and Curve25519) in software, for vpcd's reader: `openpgp_card.py PORT STATE`.

What gpg's card daemon asks of a card is here and no more (OpenPGP application 3.4.1, ISO 7816-4): its data, PINs, the
import of keys, signing, deciphering. The file STATE gets the numbers of signatures made and messages opened.
"""

import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base, crypto_sign, crypto_sign_seed_keypair

SERIAL = "D2760001240103040006123456780000"
PIN = b"12345678"
_AID = bytes.fromhex(SERIAL)
_ATR = bytes.fromhex("3BDA18FF81B1FE751F030031F573C001600090001C")
_HISTORY = bytes.fromhex("0031F573C00160009000")
_CAPABILITIES = bytes.fromhex("74000000080008000000")
_PIN_STATE = bytes([1, 127, 127, 127, 3, 0, 3])
_ED25519, _CV25519 = bytes.fromhex("162B06010401DA470F01"), bytes.fromhex("122B060104019755010501")
_SIGNING, _DECIPHERING = 0xB6, 0xB8
_SECRET_PART, _TEMPLATE, _KEY_DATA = 0x92, 0x7F48, 0x5F48
_OK, _NO_DATA, _NO_FILE, _NO_COMMAND = b"\x90\x00", b"\x6a\x88", b"\x6a\x82", b"\x6d\x00"
_WRONG_PIN, _NOT_ALLOWED = b"\x63\xc2", b"\x69\x82"


class Card:
    def __init__(self, state: Path) -> None:
        self._state = state
        self._attributes = {0xC1: _ED25519, 0xC2: _CV25519, 0xC3: _ED25519}
        self._fingerprints = {0xC7: bytes(20), 0xC8: bytes(20), 0xC9: bytes(20)}
        self._times = {0xCE: bytes(4), 0xCF: bytes(4), 0xD0: bytes(4)}
        self._keys: dict[int, bytes] = {}
        self._allowed: set[int] = set()
        self._chain = b""
        self._counts = {"signed": 0, "opened": 0}

    def reset(self) -> None:
        self._allowed.clear()

    def answer(self, command: bytes) -> bytes:
        kind, instruction, one, two = command[:4]
        self._chain += _body(command[4:])
        if kind & 0x10:  # the rest of a long command follows
            return _OK
        data, self._chain = self._chain, b""
        return self._run(instruction, one << 8 | two, data)

    def _run(self, instruction: int, place: int, data: bytes) -> bytes:
        match instruction:
            case 0xA4:
                return _OK if data == _AID[:6] else _NO_FILE
            case 0xCA:
                found = self._data(place)
                return _NO_DATA if found is None else found + _OK
            case 0x20:
                return self._verify(place, data)
            case 0xDA:
                for known in (self._attributes, self._fingerprints, self._times):
                    if place & 0xFF in known:
                        known[place & 0xFF] = data
                return _OK
            case 0xDB:
                return self._import(data)
            case 0x47:
                return self._public(data[0])
            case 0x2A:
                return self._work(place, data)
        return _NO_COMMAND

    def _data(self, place: int) -> bytes | None:
        fingerprints = b"".join(self._fingerprints.values())
        discretionary = _tlv(0xC0, _CAPABILITIES)
        discretionary += b"".join(_tlv(tag, value) for tag, value in self._attributes.items())
        discretionary += _tlv(0xC4, _PIN_STATE) + _tlv(0xC5, fingerprints) + _tlv(0xC6, bytes(60))
        discretionary += _tlv(0xCD, b"".join(self._times.values()))
        return {
            0x4F: _AID,
            0x5F52: _HISTORY,
            0x6E: _tlv(0x4F, _AID) + _tlv(0x5F52, _HISTORY) + _tlv(0x73, discretionary),
            0x65: _tlv(0x5B, b"") + _tlv(0x5F2D, b"en") + _tlv(0x5F35, b"9"),
            0x7A: _tlv(0x93, self._counts["signed"].to_bytes(3, "big")),
            0xC4: _PIN_STATE,
            0xC5: fingerprints,
            0x5E: b"",
            0x5F50: b"",
        }.get(place)

    def _verify(self, place: int, pin: bytes) -> bytes:
        if not pin:
            return _OK if place in self._allowed else _WRONG_PIN
        if pin != PIN:
            return _WRONG_PIN
        self._allowed.add(place)
        return _OK

    def _import(self, data: bytes) -> bytes:
        if 0x83 not in self._allowed:
            return _NOT_ALLOWED
        parts = dict(_parse(next(_parse(data))[1]))
        at = 0
        for tag, size in _sizes(parts[_TEMPLATE]):
            if tag == _SECRET_PART:
                self._keys[next(iter(parts))] = parts[_KEY_DATA][at : at + size].rjust(32, b"\0")
            at += size
        return _OK

    def _public(self, slot: int) -> bytes:
        secret = self._keys.get(slot)
        if secret is None:
            return _NO_DATA
        curve = slot == _DECIPHERING
        public = crypto_scalarmult_base(secret[::-1]) if curve else crypto_sign_seed_keypair(secret)[0]
        return _tlv(0x7F49, _tlv(0x86, public)) + _OK

    def _work(self, place: int, data: bytes) -> bytes:
        if place == 0x9E9A and 0x81 in self._allowed:
            self._count("signed")
            return bytes(crypto_sign(data, crypto_sign_seed_keypair(self._keys[_SIGNING])[1])[:64]) + _OK
        if place == 0x8086 and 0x82 in self._allowed:
            self._count("opened")
            point = next(_parse(next(_parse(next(_parse(data))[1]))[1]))[1]
            return bytes(crypto_scalarmult(self._keys[_DECIPHERING][::-1], point[-32:])) + _OK
        return _NOT_ALLOWED

    def _count(self, what: str) -> None:
        self._counts[what] += 1
        self._state.write_text(f"{self._counts['signed']} {self._counts['opened']}")


def _body(rest: bytes) -> bytes:
    """Return a command's data without its lengths, short or extended."""
    if len(rest) <= 1:
        return b""
    if rest[0]:
        return rest[1 : 1 + rest[0]]
    return rest[3 : 3 + int.from_bytes(rest[1:3], "big")] if len(rest) > 3 else b""


def _tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return (bytes([tag]) if tag < 256 else tag.to_bytes(2, "big")) + length + value


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Read a tag and a length; return both and the place after them."""
    tag, at = data[at], at + 1
    if tag & 0x1F == 0x1F:
        tag, at = tag << 8 | data[at], at + 1
    size, at = data[at], at + 1
    if size > 0x80:
        wide = size - 0x80
        size, at = int.from_bytes(data[at : at + wide], "big"), at + wide
    return tag, size, at


def _parse(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, size, at = _head(data, at)
        yield tag, data[at : at + size]
        at += size


def _sizes(template: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(template):
        tag, size, at = _head(template, at)
        yield tag, size


def _connect(port: int) -> socket.socket:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.05)


def main(port: int, state: Path) -> None:
    """Sit in the reader until it closes. vpcd sends a length, then a command or one byte that steers the card."""
    card = Card(state)
    with _connect(port) as line, line.makefile("rb") as messages:
        while head := messages.read(2):
            message = messages.read(struct.unpack(">H", head)[0])
            if message == b"\x04":
                line.sendall(struct.pack(">H", len(_ATR)) + _ATR)
            elif len(message) > 1:
                answer = card.answer(message)
                line.sendall(struct.pack(">H", len(answer)) + answer)
            else:
                card.reset()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
