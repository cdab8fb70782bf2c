"""Verification: nobody else's envelope passes as the case's own, and no gap in a case goes unseen."""

import io
import random
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from dropbox.canonical import sha256_hex
from dropbox.envelope import (
    ChainFaults,
    ChainLink,
    Packer,
    chain_faults,
    chain_link,
    sign_submission,
    signed_bytes,
    unpack,
    verify_place,
    verify_submission,
    verify_writing,
)
from dropbox.errors import EnvelopeError, SignatureInvalid
from dropbox.models import CaseId, Fingerprint, ItemId, Kind, Plaintext, case_id
from tests.envelopes import (
    AUTHOR,
    DROP,
    FLOOR,
    ITEM,
    PLENTY,
    READERS,
    Case,
    opened,
    pack,
    pack_writing,
    submission_header,
)

CASE, OTHER = Case(), Case()


def signed(signature_of: str) -> bytes:
    """Return a submission of CASE with a signature that is wrong in the given way."""
    packer = Packer(submission_header(CASE), Plaintext("x"), FLOOR)
    start = packer.begin()
    index = packer.index(1, None, READERS)
    good = sign_submission(CASE.case_key, index)
    signature = {
        "another key": sign_submission(SigningKey.generate(), index),
        "another index": sign_submission(CASE.case_key, index + b" "),
        "no first line": CASE.case_key.sign(index).signature,
        "a reply": CASE.case_key.sign(signed_bytes(Kind.REPLY, index)).signature,
        "nothing": b"",
        "too little": good[:63],
        "too much": good + b"\0",
        "zeros": bytes(64),
    }[signature_of]
    return start + b"".join(packer.finish(index, signature))


@pytest.mark.parametrize(
    "signature_of",
    ["another key", "another index", "no first line", "a reply", "nothing", "too little", "too much", "zeros"],
)
def test_a_submission_not_signed_by_its_case_is_refused(signature_of: str) -> None:
    with pytest.raises(SignatureInvalid):
        verify_submission(unpack(opened(signed(signature_of)), PLENTY))


@pytest.mark.parametrize(
    "changes",
    [
        {"case": OTHER.id},
        {"case_key": OTHER.case_public.hex()},
        {"reply_key": OTHER.reply_public.hex()},
        {"case_key": "00" * 32},
        {"case_key": "ff" * 32},
    ],
)
def test_a_submission_under_keys_that_are_not_its_cases_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid):
        verify_submission(unpack(opened(pack(CASE, **changes)), PLENTY))


def test_a_key_of_small_order_signs_for_no_case() -> None:
    weak = bytes([1]) + bytes(31)
    packer = Packer(
        submission_header(CASE, case_key=weak.hex(), case=case_id(weak, CASE.reply_public)),
        Plaintext("x"),
        FLOOR,
    )
    data = packer.begin()
    index = packer.index(1, None, READERS)
    data += b"".join(packer.finish(index, weak + bytes(32)))
    with pytest.raises(SignatureInvalid):
        verify_submission(unpack(opened(data), PLENTY))


def test_a_writing_is_no_submission_and_a_submission_no_writing() -> None:
    with pytest.raises(EnvelopeError):
        verify_submission(unpack(opened(pack_writing(CASE)), PLENTY))
    with pytest.raises(EnvelopeError):
        verify_writing(unpack(opened(pack(CASE)), PLENTY), lambda _signed, _signature: AUTHOR)


@pytest.mark.parametrize(("kind", "first_line"), [(Kind.REPLY, b"reply"), (Kind.NOTE, b"note")])
def test_a_writings_signature_covers_its_kind_and_its_index(kind: Kind, first_line: bytes) -> None:
    asked: list[tuple[bytes, bytes]] = []

    def verify(signed_part: bytes, signature: bytes) -> Fingerprint:
        asked.append((signed_part, signature))
        return AUTHOR

    data = pack_writing(CASE, kind=kind)
    verify_writing(unpack(opened(data), PLENTY), verify)
    index = zipfile.ZipFile(io.BytesIO(data)).read("index.json")
    assert asked == [(b"onion-dropbox " + first_line + b" 1\n" + index, b"by nobody")]


def test_a_writing_signed_by_another_member_than_it_names_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        verify_writing(unpack(opened(pack_writing(CASE)), PLENTY), lambda _signed, _signature: READERS[0])


def test_a_refusal_of_the_signature_comes_through() -> None:
    def refuse(_signed: bytes, _signature: bytes) -> Fingerprint:
        raise SignatureInvalid

    with pytest.raises(SignatureInvalid):
        verify_writing(unpack(opened(pack_writing(CASE)), PLENTY), refuse)


def test_the_hash_of_an_index_is_that_of_its_bytes() -> None:
    data = pack(CASE)
    index = zipfile.ZipFile(io.BytesIO(data)).read("index.json")
    assert verify_submission(unpack(opened(data), PLENTY)).index_sha256 == sha256_hex(index)


def test_an_envelope_in_anothers_place_is_refused() -> None:
    envelope = verify_submission(unpack(opened(pack(CASE)), PLENTY))
    verify_place(envelope, drop=DROP, case=CASE.id, item=ITEM)
    with pytest.raises(EnvelopeError):
        verify_place(envelope, drop="d1" * 32, case=CASE.id, item=ITEM)
    with pytest.raises(EnvelopeError):
        verify_place(envelope, drop=DROP, case=CaseId("00" * 16), item=ITEM)
    with pytest.raises(EnvelopeError):
        verify_place(envelope, drop=DROP, case=CASE.id, item=ItemId("00" * 16))


def chain(length: int) -> list[ChainLink]:
    links: list[ChainLink] = []
    for number in range(1, length + 1):
        links.append(ChainLink(number, links[-1].index_sha256 if links else None, sha256_hex(b"%d" % number)))
    return links


def test_a_chain_made_of_envelopes_has_no_faults() -> None:
    first = verify_submission(unpack(opened(pack(CASE, "1")), PLENTY))
    second = verify_submission(unpack(opened(pack(CASE, "2", number=2, previous=first.index_sha256)), PLENTY))
    assert chain_faults([chain_link(second), chain_link(first)]) == ChainFaults()


@settings(deadline=None, database=None)
@given(st.integers(1, 12), st.sets(st.integers(1, 12)), st.randoms())
def test_exactly_what_is_gone_is_missing(length: int, gone: set[int], order: random.Random) -> None:
    links = [link for link in chain(length) if link.number not in gone]
    highest = max((link.number for link in links), default=0)
    order.shuffle(links)
    faults = chain_faults(links + links)
    assert faults.missing == tuple(sorted(number for number in gone if number < highest))
    assert faults.contradicting == ()


def test_no_submissions_are_no_fault() -> None:
    assert chain_faults([]) == ChainFaults()


@pytest.mark.parametrize(
    ("wrong", "contradicting"),
    [
        (ChainLink(2, sha256_hex(b"1"), sha256_hex(b"fork")), (2,)),
        (ChainLink(4, sha256_hex(b"another 3"), sha256_hex(b"4")), (4,)),
        (ChainLink(4, None, sha256_hex(b"4")), (4,)),
        (ChainLink(1, sha256_hex(b"0"), sha256_hex(b"another 1")), (1,)),
        (ChainLink(0, None, sha256_hex(b"0")), (0, 1)),
        (ChainLink(0, sha256_hex(b"-1"), sha256_hex(b"0")), (0, 1)),
    ],
)
def test_a_link_that_cannot_be_true_is_named(wrong: ChainLink, contradicting: tuple[int, ...]) -> None:
    assert chain_faults([*chain(3), wrong]).contradicting == contradicting


def test_a_case_that_begins_again_is_seen() -> None:
    again = ChainLink(1, None, sha256_hex(b"again"))
    assert chain_faults([*chain(2), again]).contradicting == (1,)
