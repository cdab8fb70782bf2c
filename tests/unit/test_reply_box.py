"""The reply's box: a body opens whole, under its one key, or not at all."""

import io
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings
from nacl.public import PrivateKey, SealedBox

from dropbox import reply_box
from dropbox.errors import ReplyBoxError
from dropbox.reply_box import CHUNK_BYTES, KEY_BYTES, LOCK_BYTES, MAX_DESK_LOCK_BYTES
from tests.envelopes import Slow

KEY = bytes(range(32))
DESK_LOCK = b"an OpenPGP message"
HEAD_BYTES = 22 + 32 + 4 + len(DESK_LOCK)
SEALED = CHUNK_BYTES + 17


def boxed(plaintext: bytes, key: bytes = KEY, desk_lock: bytes = DESK_LOCK, step: int = 1 << 20) -> bytes:
    target = io.BytesIO()
    chunks = (plaintext[at : at + step] for at in range(0, len(plaintext), step))
    reply_box.write_container(target, desk_lock, key, chunks)
    return target.getvalue()


def read(data: bytes, key: bytes = KEY, step: int | None = None) -> bytes:
    stream = io.BytesIO(data) if step is None else cast(io.BytesIO, Slow(data, step))
    with reply_box.open_body(lambda: nullcontext(stream), key) as body:
        return body.read()


SIZES = [0, 1, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [997, CHUNK_BYTES, 1 << 20])
def test_a_body_of_any_size_comes_back_however_it_was_cut(size: int, step: int) -> None:
    plaintext = (b"0123456789a" * (size // 11 + 1))[:size]
    data = boxed(plaintext, step=step)
    assert read(data) == plaintext
    assert read(data, step=1013) == plaintext
    pieces = max(1, -(-size // CHUNK_BYTES))
    assert len(data) == HEAD_BYTES + 24 + size + 17 * pieces


def test_the_head_is_that_of_format_1() -> None:
    data = boxed(b"x")
    assert data.startswith(b"onion-dropbox reply 1\n" + reply_box.key_hash(KEY) + b"\0\0\0\x12" + DESK_LOCK)
    container = reply_box.read_container(io.BytesIO(data))
    assert (container.key_hash, container.desk_lock) == (reply_box.key_hash(KEY), DESK_LOCK)


def test_a_body_does_not_open_with_another_key() -> None:
    for key in (bytes(32), KEY[::-1], b"", KEY[:31], KEY + b"\0"):
        with pytest.raises(ReplyBoxError):
            read(boxed(b"x"), key)


@pytest.mark.parametrize("key", [b"", KEY[:31], KEY + b"\0"])
def test_a_key_of_another_length_is_refused_although_the_box_commits_to_it(key: bytes) -> None:
    data = boxed(b"x")
    with pytest.raises(ReplyBoxError):
        read(data[:22] + reply_box.key_hash(key) + data[54:], key)


def test_a_body_made_for_another_key_than_it_commits_to_is_refused() -> None:
    honest, other = boxed(b"for the reporter"), boxed(b"for the desk", key=bytes(32))
    with pytest.raises(ReplyBoxError):
        read(honest[:22] + other[22:54] + honest[54:])
    with pytest.raises(ReplyBoxError):
        read(honest[:22] + other[22:54] + honest[54:], bytes(32))


LONG = bytes(range(256)) * 700
LONG_BOX = boxed(LONG)
BODY = HEAD_BYTES + 24


def piece(number: int) -> bytes:
    return LONG_BOX[BODY + number * SEALED : BODY + (number + 1) * SEALED]


MUTANTS: dict[str, bytes] = {
    "empty": b"",
    "head only": LONG_BOX[:HEAD_BYTES],
    "no body": LONG_BOX[:BODY],
    "cut inside the head": LONG_BOX[:40],
    "cut inside the secretstream's header": LONG_BOX[: BODY - 1],
    "cut by a byte": LONG_BOX[:-1],
    "cut inside a piece": LONG_BOX[: BODY + 100],
    "cut between pieces": LONG_BOX[: BODY + SEALED],
    "cut before the last": LONG_BOX[: BODY + 2 * SEALED],
    "a byte more": LONG_BOX + b"\0",
    "the last piece twice": LONG_BOX + piece(2),
    "another box behind it": LONG_BOX + LONG_BOX,
    "pieces swapped": LONG_BOX[:BODY] + piece(1) + piece(0) + piece(2),
    "a piece twice": LONG_BOX[:BODY] + piece(0) + piece(0) + piece(1) + piece(2),
    "a piece missing": LONG_BOX[:BODY] + piece(0) + piece(2),
    "the first piece missing": LONG_BOX[:BODY] + piece(1) + piece(2),
    "another first line": b"onion-dropbox reply 2\n" + LONG_BOX[22:],
    "a lock of no length": LONG_BOX[:54] + bytes(4) + LONG_BOX[58:],
    "a lock longer than the file": LONG_BOX[:54] + b"\0\3\0\0" + LONG_BOX[58:],
    "a lock longer than allowed": LONG_BOX[:54] + b"\xff\xff\xff\xff" + LONG_BOX[58:],
    "a lock a byte shorter": LONG_BOX[:54] + b"\0\0\0\x11" + LONG_BOX[58:],
}


@pytest.mark.parametrize("data", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_box_that_is_not_whole_is_refused(data: bytes) -> None:
    with pytest.raises(ReplyBoxError):
        read(data)
    with pytest.raises(ReplyBoxError):
        read(data, step=4096)


def test_no_flipped_bit_passes_but_in_the_desks_lock() -> None:
    data = boxed(b"We have read it.")
    for position in range(len(data)):
        if HEAD_BYTES - len(DESK_LOCK) <= position < HEAD_BYTES:
            continue
        mutant = bytearray(data)
        mutant[position] ^= 1 << (position % 8)
        with pytest.raises(ReplyBoxError):
            read(bytes(mutant))


def pushed(pieces: list[tuple[bytes, int]]) -> bytes:
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, KEY)
    push = bindings.crypto_secretstream_xchacha20poly1305_push
    return boxed(b"")[:HEAD_BYTES] + header + b"".join(push(state, data, None, tag) for data, tag in pieces)


MESSAGE, PUSH, REKEY, FINAL = range(4)
FULL = bytes(CHUNK_BYTES)


def test_pieces_made_by_hand_open() -> None:
    assert read(pushed([(FULL, MESSAGE), (b"x", FINAL)])) == FULL + b"x"


@pytest.mark.parametrize(
    "pieces",
    [
        [(b"short", MESSAGE), (b"x", FINAL)],
        [(FULL, PUSH), (b"x", FINAL)],
        [(FULL, REKEY), (b"x", FINAL)],
        [(FULL, FINAL), (b"x", FINAL)],
        [(FULL, MESSAGE), (FULL, MESSAGE)],
        [(FULL + b"x", FINAL)],
    ],
)
def test_any_other_cut_than_our_writers_is_refused_although_it_is_authentic(pieces: list[tuple[bytes, int]]) -> None:
    with pytest.raises(ReplyBoxError):
        read(pushed(pieces))


@settings(deadline=None, database=None, max_examples=200)
@given(st.binary(max_size=300), st.integers(0, HEAD_BYTES + 24))
def test_no_bytes_end_in_anything_but_a_refusal(data: bytes, kept: int) -> None:
    with pytest.raises(ReplyBoxError):
        read(boxed(b"")[:kept] + data)


@pytest.mark.parametrize("desk_lock", [b"", bytes(MAX_DESK_LOCK_BYTES + 1)])
def test_a_container_without_a_usable_lock_is_not_written(desk_lock: bytes) -> None:
    target = io.BytesIO()
    with pytest.raises(ReplyBoxError):
        reply_box.write_container(target, desk_lock, KEY, [b"x"])
    assert target.getvalue() == b""


def test_the_longest_lock_is_read_again() -> None:
    lock = bytes(MAX_DESK_LOCK_BYTES)
    assert reply_box.read_container(io.BytesIO(boxed(b"x", desk_lock=lock))).desk_lock == lock


@pytest.mark.parametrize("length", [0, MAX_DESK_LOCK_BYTES + 1])
def test_a_lock_of_another_length_than_allowed_is_not_read(length: int) -> None:
    head = b"onion-dropbox reply 1\n" + bytes(32) + length.to_bytes(4, "big")
    with pytest.raises(ReplyBoxError):
        reply_box.read_container(io.BytesIO(head + bytes(length + 100)))


def test_a_path_opens_as_well_as_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "item.reply"
    path.write_bytes(LONG_BOX)
    with reply_box.open_body(path, KEY) as body:
        assert body.read(10) == LONG[:10]
        assert body.read() == LONG[10:]


def test_memory_stays_flat_however_large_the_body(tmp_path: Path) -> None:
    path = tmp_path / "item.reply"
    chunk = bytes(64 * 1024)

    def chunks() -> Iterator[bytes]:
        for _ in range(256):
            yield chunk

    tracemalloc.start()
    try:
        with path.open("wb") as target:
            reply_box.write_container(target, DESK_LOCK, KEY, chunks())
        with reply_box.open_body(path, KEY) as body:
            while body.read(CHUNK_BYTES):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 1 << 24
    assert peak < 1 << 20


def test_a_lock_opens_for_its_reporter_and_nobody_else() -> None:
    reporter, stranger, key = PrivateKey.generate(), PrivateKey.generate(), reply_box.new_key()
    locked = reply_box.lock(key, bytes(reporter.public_key))
    assert len(locked) == LOCK_BYTES
    assert reply_box.unlock(locked, reporter) == key
    with pytest.raises(ReplyBoxError):
        reply_box.unlock(locked, stranger)


@pytest.mark.parametrize(
    "damage", [lambda lock: lock[:-1], lambda lock: lock + b"\0", lambda _: b"", lambda _: bytes(80)]
)
def test_a_damaged_lock_is_refused(damage: Callable[[bytes], bytes]) -> None:
    reporter = PrivateKey.generate()
    with pytest.raises(ReplyBoxError):
        reply_box.unlock(damage(reply_box.lock(KEY, bytes(reporter.public_key))), reporter)


@pytest.mark.parametrize("size", [0, KEY_BYTES - 1, KEY_BYTES + 1])
def test_a_lock_around_something_else_than_a_key_is_refused(size: int) -> None:
    reporter = PrivateKey.generate()
    with pytest.raises(ReplyBoxError):
        reply_box.unlock(SealedBox(reporter.public_key).encrypt(bytes(size)), reporter)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), bytes([1]) + bytes(31)])
def test_a_public_key_that_would_protect_nothing_is_refused(public: bytes) -> None:
    with pytest.raises(ReplyBoxError):
        reply_box.lock(KEY, public)


def test_new_keys_differ() -> None:
    assert len({reply_box.new_key() for _ in range(10)}) == 10
