"""Published test vectors, through the very functions that the drop derives, locks and signs with.

Where nobody published one (sealed boxes and secretstream draw chances of their own), the documented construction is
made again here from its parts, and must open what ours made.
"""

from __future__ import annotations

import hmac
import json
import random
import struct
from collections.abc import Callable, Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

from nacl import bindings
from nacl import hash as sodium_hash
from nacl.encoding import RawEncoder
from nacl.public import PrivateKey, PublicKey
from nacl.pwhash import argon2id
from nacl.signing import SigningKey

from dropbox import reply_box, sealed_mandate
from dropbox.codename import CodenameKeys
from dropbox.envelope import verify
from dropbox.models import Mandate

VECTORS = Path(__file__).with_name("vectors.json")
Vectors = dict[str, Any]


def load() -> Vectors:
    loaded: Vectors = json.loads(VECTORS.read_text(encoding="ascii"))
    return loaded


def faults(vectors: Vectors, chances: random.Random, rounds: int) -> Iterator[str]:
    """Yield each place where ours and what was published differ; `rounds`: how often the constructions are tried."""
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _argon2id(vectors["argon2id"]["vectors"]),
        lambda: _blake2b(vectors["blake2b"]),
        lambda: _ed25519(vectors["ed25519"]["vectors"]),
        lambda: _x25519(vectors["x25519"]["vectors"]),
        lambda: _hchacha20(vectors["hchacha20"]["vectors"]),
        lambda: _constructions(chances, rounds),
    )
    for check in checks:
        yield from check()


def count(vectors: Vectors) -> int:
    return sum(len(kind["vectors"]) for kind in vectors.values()) + 1


def _argon2id(vectors: list[Vectors]) -> Iterator[str]:
    for each in vectors:
        out = bytes.fromhex(each["out"])
        made = argon2id.kdf(
            len(out), bytes.fromhex(each["password"]), bytes.fromhex(each["salt"]), each["passes"], each["memory"]
        )
        if made != out:
            yield f"Argon2id differs for the salt {each['salt']}"


def _blake2b(kind: Vectors) -> Iterator[str]:
    for each in kind["vectors"]:
        hashed = blake2b(bytes.fromhex(each["data"]), key=bytes.fromhex(each["key"])).hexdigest()
        if hashed != each["out"]:
            yield f"BLAKE2b differs for {each['data'] or 'nothing'}"
    if _rfc7693_self_test().hex() != kind["self_test"]["out"]:
        yield "BLAKE2b fails the self-test of RFC 7693"


def _rfc7693_self_test() -> bytes:
    whole = blake2b(digest_size=32)
    for size in (20, 32, 48, 64):
        for length in (0, 3, 128, 129, 255, 1024):
            data = _rfc7693_sequence(length, length)
            whole.update(blake2b(data, digest_size=size).digest())
            whole.update(blake2b(data, digest_size=size, key=_rfc7693_sequence(size, size)).digest())
    return whole.digest()


def _rfc7693_sequence(length: int, seed: int) -> bytes:
    a, b, out = (0xDEAD4BAD * seed) & 0xFFFFFFFF, 1, bytearray()
    for _ in range(length):
        a, b = b, (a + b) & 0xFFFFFFFF
        out.append(b >> 24)
    return bytes(out)


def _ed25519(vectors: list[Vectors]) -> Iterator[str]:
    for each in vectors:
        key, data = SigningKey(bytes.fromhex(each["seed"])), bytes.fromhex(each["data"])
        signature = bytes.fromhex(each["signature"])
        if bytes(key.verify_key).hex() != each["public"] or key.sign(data).signature != signature:
            yield f"Ed25519 differs for {each['data'] or 'nothing'}"
        verify._verify_ed25519(bytes(key.verify_key), data, signature)  # raises


def _x25519(vectors: list[Vectors]) -> Iterator[str]:
    for each in vectors:
        shared = bindings.crypto_scalarmult(bytes.fromhex(each["secret"]), bytes.fromhex(each["public"]))
        own = each.get("own")
        if shared.hex() != each["shared"]:
            yield f"X25519 differs for {each['public']}"
        if own and bytes(PrivateKey(bytes.fromhex(each["secret"])).public_key).hex() != own:
            yield f"X25519's public half differs for {each['secret']}"


def _hchacha20(vectors: list[Vectors]) -> Iterator[str]:
    for each in vectors:
        if hchacha20(bytes.fromhex(each["key"]), bytes.fromhex(each["nonce"])).hex() != each["out"]:
            yield "the check's own HChaCha20 differs, so that it proves nothing"


def _constructions(chances: random.Random, rounds: int) -> Iterator[str]:
    for _ in range(rounds):
        root, body = chances.randbytes(32), chances.randbytes(chances.choice((0, 1, 63, 64, 65, 65536, 65537, 140000)))
        keys = CodenameKeys.from_root(root)
        for person, ours in ((b"drop1-lookup", keys.lookup_id), (b"drop1-reply", bytes(keys.reply_key))):
            by_sodium = sodium_hash.blake2b(b"", digest_size=32, key=root, person=person, encoder=RawEncoder)
            if by_sodium != ours:
                yield "personalised BLAKE2b: libsodium's and Python's differ"
        key = reply_box.new_key()
        if open_sealed_box(reply_box.lock(key, keys.reply_public), keys.reply_key) != key:
            yield "a lock for a reporter is no sealed box as documented"
        mandate = sealed_mandate.seal_mandate(Mandate.LISTEN, keys.reply_public)
        if not open_sealed_box(mandate, keys.reply_key):
            yield "a sealed mandate is no sealed box as documented"
        container = BytesIO()
        reply_box.write_container(container, b"desks", key, iter([body]))
        if open_secretstream(_stream_in(container.getvalue()), key) != body:
            yield f"a body of {len(body)} bytes is no secretstream as documented"


def _stream_in(container: bytes) -> bytes:
    """Return the body of a container: behind its first line, the key's hash, and the desks' lock with its length."""
    first = container.index(b"\n") + 1
    hashed = first + len(reply_box.key_hash(bytes(32)))
    (length,) = struct.unpack(">I", container[hashed : hashed + 4])
    return container[hashed + 4 + length :]


def open_sealed_box(sealed: bytes, key: PrivateKey) -> bytes:
    """Open a sealed box by libsodium's documentation: an ephemeral key, then a box under a nonce made of both keys."""
    ephemeral, box = sealed[:32], sealed[32:]
    nonce = blake2b(ephemeral + bytes(key.public_key), digest_size=24).digest()
    return bindings.crypto_box_open(box, nonce, bytes(PublicKey(ephemeral)), bytes(key))


def open_secretstream(stream: bytes, key: bytes, piece_bytes: int = 65536 + 17) -> bytes:
    """Open a secretstream by libsodium's documentation: HChaCha20 for the key, then ChaCha20-Poly1305 by counter."""
    subkey, inonce, counter, out = hchacha20(key, stream[:16]), stream[16:24], 1, b""
    for start in range(24, len(stream), piece_bytes):
        sealed = stream[start : start + piece_bytes]
        nonce = struct.pack("<I", counter) + inonce
        tag, piece, mac = _open_piece(subkey, nonce, sealed)
        out += piece
        inonce = bytes(one ^ other for one, other in zip(inonce, mac[:8], strict=True))
        counter += 1
        if tag == 3:
            return out if start + piece_bytes >= len(stream) else b"more behind the end"
    return b"no end"


def _open_piece(key: bytes, nonce: bytes, sealed: bytes) -> tuple[int, bytes, bytes]:
    block = _xor_stream(key, nonce, 1, sealed[:1] + bytes(63))
    tag, covered = block[0], sealed[:1] + block[1:]
    body, mac = sealed[1:-16], sealed[-16:]
    # the padding is as libsodium has it, and not as the AEAD of RFC 8439
    padded = covered + body + bytes((0x10 - 64 + len(body)) & 0xF) + struct.pack("<QQ", 0, 64 + len(body))
    if not hmac.compare_digest(_poly1305(_xor_stream(key, nonce, 0, bytes(32)), padded), mac):
        return 0, b"a wrong mac", mac
    return tag, _xor_stream(key, nonce, 2, body), mac


def _xor_stream(key: bytes, nonce: bytes, counter: int, data: bytes) -> bytes:
    """XOR with ChaCha20 (RFC 8439) from a block on, by way of libsodium's AEAD, whose stream begins at block 1."""
    if counter == 0:
        return _chacha_block(key, 0, nonce)[: len(data)]
    skipped = bytes(64 * (counter - 1))
    sealed = bindings.crypto_aead_chacha20poly1305_ietf_encrypt(skipped + data, None, nonce, key)
    return sealed[len(skipped) : -16]


def _poly1305(key: bytes, data: bytes) -> bytes:
    r, s = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(key[16:], "little")
    total = 0
    for start in range(0, len(data), 16):
        total = (total + int.from_bytes(data[start : start + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + s) & ((1 << 128) - 1)).to_bytes(16, "little")


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    words = _rounds([*_CONSTANT, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)])
    return struct.pack("<8I", *words[:4], *words[12:])


def _chacha_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    begin = [*_CONSTANT, *struct.unpack("<8I", key), counter, *struct.unpack("<3I", nonce)]
    added = ((one + other) & 0xFFFFFFFF for one, other in zip(begin, _rounds(begin), strict=True))
    return struct.pack("<16I", *added)


_CONSTANT = struct.unpack("<4I", b"expand 32-byte k")
_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip


def _rounds(begin: list[int]) -> list[int]:
    x = list(begin)
    for _ in range(10):
        for a, b, c, d in _QUARTERS:
            for first, second, third, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[first] = (x[first] + x[second]) & 0xFFFFFFFF
                turned = x[third] ^ x[first]
                x[third] = ((turned << bits) | (turned >> (32 - bits))) & 0xFFFFFFFF
    return x
