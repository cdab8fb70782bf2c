"""A client key as it travels: what an investigator reads out, what an operator types, what tor must not be told."""

from __future__ import annotations

import base64

import pytest

from dropbox.client_key import ClientKey, auth_line, nobody, parse_public
from dropbox.errors import InvalidValue

SMALL_ORDER = (
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
)


def letters(key: bytes) -> str:
    return base64.b32encode(key).decode().rstrip("=")


def test_a_new_key_is_nobody_elses_and_reads_back() -> None:
    one, other = ClientKey.new(), ClientKey.new()
    assert one.private != other.private
    assert ClientKey.from_private(f" {one.private.lower()}\n") == one
    assert one.private not in repr(one)
    assert one.private != one.public


def test_what_an_operator_types_is_read_with_and_without_tors_words() -> None:
    public = ClientKey.new().public
    for text in (public, public.lower(), f"descriptor:x25519:{public}", auth_line(public)):
        assert parse_public(text) == public


@pytest.mark.parametrize(
    "text", ["", "A" * 51, "A" * 53, "1" * 52, "B" * 52, "é" * 52, "x25519:" + "A" * 52, "A" * 26 + "\n" + "A" * 26]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_public(text)


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_that_everybody_could_open_with_is_refused(key: bytes) -> None:
    with pytest.raises(InvalidValue):
        parse_public(letters(key))


def test_nobodys_key_is_a_key_and_never_the_same() -> None:
    assert parse_public(nobody()) != parse_public(nobody())
