"""Mutants of what lies inside a seal: envelopes of submissions, replies and notes, and the container of a writing.

The mutator holds the case's key and the author's, so that most of what it bends is signed once more.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from nacl import bindings as sodium
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.envelope import Envelope, UnverifiedEnvelope, attachment_chunks, unpack, verify_submission, verify_writing
from dropbox.errors import SignatureInvalid
from dropbox.models import Fingerprint
from dropbox.writing import open_writing
from tests.attacking.bundles import bending, shapes, zips
from tests.attacking.bundles.samples import ALICE, BOB, DAY, DESK, EPOCH, VAULT, key_of
from tests.attacking.bundles.target import bent, claim, document, hashed
from tests.bundles import sign_as
from tests.envelopes import PLENTY, File, opened
from tests.zip_forge import forge

LINES = {"reply": b"onion-dropbox reply 1\n", "note": b"onion-dropbox note 1\n"}
SUBMISSION_LINE = b"onion-dropbox submission 1\n"
CONTAINER_LINE = b"onion-dropbox reply 1\n"
PIECE = 65_536
FILES = (
    ("report.pdf", "application/pdf", b"%PDF " * 40),
    ("../../etc/passwd", "text/plain", b"x"),
    ("\u202egpj.exe", "image/png", b""),
)
OTHER_NAMES = (
    "",
    "a/b",
    "..",
    "con",
    "x" * 255,
    "x" * 256,
    "a\0b",
    "a\nb",
    "\u202e",
    "\ud800",
    "e\u0301" * 90,
    "-rf",
    "~/x",
)

Parts = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Accepted:
    """What a reader took: the envelope, and each attachment's bytes."""

    envelope: Envelope
    files: tuple[bytes, ...]


def verify(signed: bytes, signature: bytes) -> Fingerprint:
    """Say by whom a writing is signed, as gpg does where there is one."""
    for author in (ALICE, BOB):
        if sign_as(author)(signed) == signature:
            return author
    raise SignatureInvalid


class EnvelopeTarget:
    """Envelopes, packed anew after their documents were bent, by the keys that sign them."""

    def __init__(self, chances: Random) -> None:
        self.case_key, self.other_key = key_of(chances), key_of(chances)
        reply_key = chances.randbytes(32)
        keys = bytes(self.case_key.verify_key) + reply_key
        self.common = {
            "format": 1,
            "drop": "d0" * 32,
            "case": blake2b(keys, digest_size=16).hexdigest(),
            "item": "17" * 16,
            "desks": ["bureau", DESK],
            "day": DAY,
        }
        self.keys = {"reply_key": reply_key.hex(), "case_key": bytes(self.case_key.verify_key).hex()}
        self.headers = self.valid_headers()

    def valid_headers(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def sign(
        self, header: dict[str, Any], index: bytes, key: SigningKey | None = None, author: Fingerprint = ALICE
    ) -> bytes:
        """Return the signature that belongs to the header's kind."""
        line = LINES.get(str(header.get("kind")), SUBMISSION_LINE)
        if line is SUBMISSION_LINE:
            return bytes((key or self.case_key).sign(line + index).signature)
        return sign_as(author)(line + index)

    def index(self, header: dict[str, Any], parts: Parts, files: tuple[File, ...]) -> dict[str, Any]:
        """Return the index of these entries, as the format says."""
        known = [("", "")] * 2 + [(name, kind) for name, kind, _ in files]
        entries = [
            {"path": path.decode("latin1"), "name": name, "type": kind, "bytes": len(data), "sha256": hashed(data)}
            for (path, data), (name, kind) in zip(parts, known, strict=True)
        ]
        value: dict[str, Any] = {"format": 1, "floor": 65_536, "entries": entries}
        if str(header.get("kind")) not in LINES:
            value |= {"number": 2, "previous": "5" * 64, "recipients": [ALICE, BOB]}
        return value

    def whole(
        self,
        header: dict[str, Any],
        how: list[str],
        chances: Random,
        *,
        bend: str = "",
        message: bytes = b"Something happened.",
    ) -> Parts:
        """Return an envelope's entries; `bend`: which of its documents is bent before it is signed."""
        files: tuple[File, ...] = chances.choice(((), FILES[:1], FILES))
        if bend == "name":
            files = ((chances.choice(OTHER_NAMES), "text/plain", b"x"), *files)
            how.append(f"a file called {files[0][0]!r}")
        said = bent(header, chances, how) if bend == "header" else bending.dump(header)
        suffix = {"application/pdf": "pdf"}
        parts: Parts = [(b"envelope.json", said), (b"message.txt", message)]
        for place, (_, kind, data) in enumerate(files, 1):
            parts.append((b"attachments/%04d.%b" % (place, suffix.get(kind, "bin").encode()), data))
        value = self.index(header, parts, files)
        index = bent(value, chances, how) if bend == "index" else bending.dump(value)
        signature = self.sign(header, index)
        if bend == "signature":
            signature = self._bent_signature(header, index, signature, chances, how)
        name = b"index.asc" if str(header.get("kind")) in LINES else b"index.sig"
        return [*parts, (b"index.json", index), (name, signature), (b"padding", b"")]

    def _bent_signature(
        self, header: dict[str, Any], index: bytes, right: bytes, chances: Random, how: list[str]
    ) -> bytes:
        made = {
            "cut": right[:-1],
            "longer": right + b"\0",
            "nothing": b"",
            "twice": right * 2,
            "zeros": bytes(64),
            "another key's": self.sign(header, index, self.other_key, BOB),
            "of another index": self.sign(header, index + b" "),
            "of a note": sign_as(ALICE)(LINES["note"] + index),
            "very long": right * 300,
            "none": b"-----BEGIN PGP SIGNATURE-----\n",
        }
        said = chances.choice(sorted(made))
        how.append(f"signature: {said}")
        return made[said]

    def envelope(self, chances: Random, how: list[str]) -> bytes:
        """Return a mutant of an envelope."""
        header = copy.deepcopy(chances.choice(self.headers))
        pick = chances.random()
        if pick < 0.36:
            how.append("signed anew")
            return forge(
                zips.archive(
                    self.whole(header, how, chances, bend=chances.choice(("header", "header", "index", "name")))
                )
            )
        if pick < 0.44:
            how.append("signed anew")
            message = chances.choice(
                (b"", b"\xff", b"\0", b"x" * (48 << 10), b"x" * ((48 << 10) + 1), "\u202e".encode() * 9000)
            )
            how.append(f"a text of {len(message)} bytes")
            return forge(zips.archive(self.whole(header, how, chances, message=message)))
        if pick < 0.5:
            return forge(zips.archive(self.whole(header, how, chances, bend="signature")))
        parts = self.whole(header, how, chances)
        if pick < 0.8:
            return zips.bend(parts, chances, how)
        if pick < 0.86:
            return forge(zips.archive(self._crossed(parts, header, chances, how)))
        other = forge(zips.archive(self.whole(chances.choice(self.headers), how, chances)))
        return bending.bytewise(forge(zips.archive(parts)), chances, how, other)

    def _crossed(self, parts: Parts, header: dict[str, Any], chances: Random, how: list[str]) -> Parts:
        """Exchange entries with another valid envelope, or one with an entry that was changed after it was signed."""
        other = self.whole(chances.choice(self.headers), how, chances, message=b"Another text.")
        at, there = chances.randrange(len(parts)), chances.randrange(len(other))
        how.append(f"crossed: {other[there][0].decode('latin1')} in the place of {parts[at][0].decode('latin1')}")
        if chances.random() < 0.5:
            return [*parts[:at], (parts[at][0], other[there][1]), *parts[at + 1 :]]
        return [*parts[:at], other[there], *parts[at + 1 :]]

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        return self.envelope(chances, how)

    def check(self, unverified: UnverifiedEnvelope) -> Envelope:
        raise NotImplementedError

    def read(self, data: bytes, folder: Path) -> Accepted:
        envelope = self.check(unpack(opened(data), PLENTY))
        files = (b"".join(attachment_chunks(opened(data), envelope, each)) for each in envelope.index.attachments)
        return Accepted(envelope, tuple(files))

    def judge(self, data: bytes, accepted: Accepted) -> None:
        """Read the envelope with the standard library and compare; then pack it once more, to the same bytes."""
        parts = _entries(data)
        header = document(parts[0][1], self.shape(parts[0][1]), "the header")
        index = document(parts[-3][1], shapes.INDEX, "the index")
        claim(
            forge(zips.archive([*parts[:-1], (b"padding", b"")]), index["floor"]) == data,
            "a ZIP of another form was accepted",
        )
        claim(
            [name for name, _ in (parts[0], parts[1], parts[-3], parts[-1])]
            == [b"envelope.json", b"message.txt", b"index.json", b"padding"],
            "other entries were accepted",
        )
        said = [(each["path"].encode(), each["bytes"], each["sha256"]) for each in index["entries"]]
        claim(
            said == [(name, len(content), hashed(content)) for name, content in parts[:-3]],
            "the index names other entries",
        )
        claim(not any(parts[-1][1]), "something lies in the padding")
        self._judge_signature(header, parts)
        envelope = accepted.envelope
        claim(envelope.header.as_json() == header, "the header was taken for another")
        claim(envelope.message.reveal().encode() == parts[1][1], "the text was taken for another")
        claim(envelope.index_sha256 == hashed(parts[-3][1]), "the index was taken for another")
        claim(accepted.files == tuple(content for _, content in parts[2:-3]), "files were taken for others")
        claim(len(parts[1][1]) <= 48 << 10, "a text over the limit was accepted")
        for place, each in enumerate(index["entries"][2:], 1):
            claim(
                each["path"].startswith(f"attachments/{place:04d}."),
                "a path was accepted that the server would not make",
            )

    def shape(self, header: bytes) -> shapes.Check:
        return shapes.WRITING if _kind(header) in LINES else shapes.SUBMISSION

    def _judge_signature(self, header: dict[str, Any], parts: Parts) -> None:
        index, signature = parts[-3][1], parts[-2][1]
        if header["kind"] in LINES:
            right = sign_as(header["author"])(LINES[header["kind"]] + index)
            claim((parts[-2][0], signature) == (b"index.asc", right), "a signature that is none was accepted")
            return
        keys = bytes.fromhex(header["case_key"]), bytes.fromhex(header["reply_key"])
        claim(
            blake2b(b"".join(keys), digest_size=16).hexdigest() == header["case"],
            "a case that is not its keys' was accepted",
        )
        claim(
            parts[-2][0] == b"index.sig" and "number" in json.loads(index),
            "a submission in a writing's form was accepted",
        )
        try:
            VerifyKey(keys[0]).verify(SUBMISSION_LINE + index, signature)
        except (CryptoError, ValueError):
            claim(False, "a signature that is none was accepted")


def _kind(header: bytes) -> str:
    try:
        return str(json.loads(header).get("kind"))
    except (ValueError, AttributeError):
        return ""


def _entries(data: bytes) -> Parts:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [(each.filename.encode(), archive.read(each)) for each in archive.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        claim(False, f"what the standard library cannot read was accepted ({type(error).__name__})")
        raise AssertionError from None
    claim(len(parts) >= 5, "an envelope without its entries was accepted")
    return parts


class Submissions(EnvelopeTarget):
    name = "submission"

    def valid_headers(self) -> list[dict[str, Any]]:
        base = (
            self.common
            | self.keys
            | {"epoch": EPOCH, "language": "en", "kind": "message", "mandate": "advise", "answers": {}}
        )
        ask = "0a" * 16
        return [
            base,
            base | {"kind": "mandate", "answers": {"where": "here", "who": '\u00e9t\u00e9 "quoted" \\ \u2028'}},
            base | {"kind": "withdrawal", "undo": True},
            base | {"moved": {"ask": ask, "origin": DESK, "to": "bureau"}, "answers": {f"consent-{ask}": "yes"}},
            base | {"kind": "report", "author": ALICE, "vouched": "-----BEGIN PGP SIGNATURE-----"},
        ]

    def check(self, unverified: UnverifiedEnvelope) -> Envelope:
        return verify_submission(unverified)


class Writings(EnvelopeTarget):
    """Replies and notes, with all that a note's account may say."""

    name = "writing"

    def valid_headers(self) -> list[dict[str, Any]]:
        base = self.common | {"kind": "note", "desk": DESK, "author": ALICE}
        details = [["salt", "0" * 32], ["text", "opened"]]
        line = {
            "n": 1,
            "previous": "1" * 64,
            "day": DAY,
            "by": ALICE,
            "act": "opened",
            "mandate": "advise",
            "known": 1,
            "digest": "2" * 64,
            "details": details,
        }
        mark = {"id": "3" * 16, "kind": "person", "name": "Jan Jansen", "aliases": ["Jan"]}
        accounts: list[dict[str, Any]] = [
            {"log": {"vault": VAULT, "lines": [line, line | {"n": 2}], "alone": True}},
            {"marks": {"add": [mark, {"id": "4" * 16, "kind": "date", "name": "2026-03"}], "remove": ["5" * 16]}},
            {"classified": {"subject": "fraud", "outcome": "founded"}},
            {"keeping": {"because": "a court asks", "hold": "lay"}},
            {"keeping": {"because": "longer", "until": "2027-01-01"}, "log": {"vault": VAULT, "lines": [line]}},
            {"erasure": {"step": "propose", "because": "over", "number": 3}},
            {"erasure": {"step": "second", "proposal": "6" * 32, "proposal_sha256": "7" * 64}},
            {"handed_over": {"to": "bureau", "ask": "8" * 32, "consent": "9" * 32, "items": 2, "bundle": "a" * 64}},
        ]
        work = {"assignee": BOB, "state": "closed", "add": ["a tag", "\u00e9"], "remove": ["other"]}
        asks: list[dict[str, Any]] = [
            {"kind": "join", "nonce": "b" * 32},
            {"kind": "hand_over", "nonce": "c" * 32, "desk": "bureau"},
            {
                "kind": "disclose",
                "nonce": "d" * 32,
                "plan": "e" * 64,
                "readers": [{"name": "The council"}, {"name": "A", "fingerprint": BOB}],
            },
        ]
        return [
            base | {"kind": "reply"},
            base,
            base | {"knows": ["1" * 32, "2" * 32], "work": work},
            *(base | {"account": each} for each in accounts),
            *(base | {"kind": "reply", "ask": each} for each in asks),
        ]

    def check(self, unverified: UnverifiedEnvelope) -> Envelope:
        return verify_writing(unverified, verify)


class Containers(Writings):
    """The file of a reply or note: hash of the key, the desks' lock, the sealed stream; and what lies in it."""

    name = "container"

    def __init__(self, chances: Random) -> None:
        super().__init__(chances)
        self.key = chances.randbytes(32)

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        pick = chances.random()
        if pick < 0.2:
            how.append("sealed anew")
            return self.sealed(self.envelope(chances, how))
        right = forge(zips.archive(self.whole(chances.choice(self.headers), how, chances)))
        if pick < 0.55:
            return self._sealed_odd(right, chances, how)
        if pick < 0.75:
            return self._headed(right, chances, how)
        return bending.bytewise(self.sealed(right), chances, how, self.sealed(right))

    def sealed(
        self, envelope: bytes, pieces: list[tuple[bytes, int]] | None = None, head: bytes | None = None
    ) -> bytes:
        """Seal an envelope as the format says; `pieces`: bytes with a tag each, as a mutant wants them."""
        whole = [envelope[at : at + PIECE] for at in range(0, len(envelope), PIECE)] or [b""]
        final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
        told = (
            [(each, final if at == len(whole) - 1 else 0) for at, each in enumerate(whole)]
            if pieces is None
            else pieces
        )
        state = sodium.crypto_secretstream_xchacha20poly1305_state()
        start = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, self.key)
        body = b"".join(sodium.crypto_secretstream_xchacha20poly1305_push(state, each, None, tag) for each, tag in told)
        return (self.head() if head is None else head) + start + body

    def head(self, lock: bytes = b"a lock", key: bytes | None = None, length: int | None = None) -> bytes:
        digest = blake2b(key or self.key, digest_size=32, person=b"drop1-replykey").digest()
        return CONTAINER_LINE + digest + (len(lock) if length is None else length).to_bytes(4, "big") + lock

    def _sealed_odd(self, envelope: bytes, chances: Random, how: list[str]) -> bytes:
        final, push, rekey = 3, 1, 2
        half = len(envelope) // 2
        made: dict[str, list[tuple[bytes, int]]] = {
            "one short piece before the last": [(envelope[:half], 0), (envelope[half:], final)],
            "no last piece": [(envelope[at : at + PIECE], 0) for at in range(0, len(envelope), PIECE)],
            "an empty last piece": [
                *((envelope[at : at + PIECE], 0) for at in range(0, len(envelope), PIECE)),
                (b"", final),
            ],
            "two last pieces": [(envelope[:PIECE], final), (envelope[PIECE:], final)],
            "a piece after the last": [(envelope, final), (b"planted", 0)],
            "pushed": [(envelope[:PIECE], push), (envelope[PIECE:], final)],
            "another key half way": [(envelope[:PIECE], rekey), (envelope[PIECE:], final)],
            "one large piece": [(envelope * 2, final)],
            "nothing": [(b"", final)],
            "many empty pieces": [(b"", 0)] * 3000 + [(envelope, final)],
        }
        said = chances.choice(sorted(made))
        how.append(f"sealed in pieces: {said}")
        return self.sealed(b"", made[said])

    def _headed(self, envelope: bytes, chances: Random, how: list[str]) -> bytes:
        made: dict[str, Callable[[], bytes]] = {
            "another key's hash": lambda: self.head(key=bytes(32)),
            "no lock": lambda: self.head(b""),
            "the largest lock": lambda: self.head(b"x" * (256 << 10)),
            "a lock too large": lambda: self.head(b"x" * ((256 << 10) + 1)),
            "a length too large": lambda: self.head(length=1 << 31),
            "a length too small": lambda: self.head(length=3),
            "another line": lambda: self.head().replace(b"reply 1", b"reply 2"),
            "a line in capitals": lambda: self.head().replace(b"onion", b"Onion"),
            "CR before the new line": lambda: self.head().replace(b"1\n", b"1\r\n", 1),
        }
        said = chances.choice(sorted(made))
        how.append(f"head: {said}")
        return self.sealed(envelope, head=made[said]())

    def read(self, data: bytes, folder: Path) -> Accepted:
        path = folder / "m.reply"
        path.write_bytes(data)
        return Accepted(open_writing(path, self.key, verify, len(data)), ())

    def judge(self, data: bytes, accepted: Accepted) -> None:
        """Open the container by hand, as docs/formats.md shows, and judge what lies in it."""
        envelope = self._opened(data)
        parts = _entries(envelope)
        super().judge(envelope, Accepted(accepted.envelope, tuple(content for _, content in parts[2:-3])))

    def _opened(self, data: bytes) -> bytes:
        length = int.from_bytes(data[54:58], "big")
        right = (
            data[:22] == CONTAINER_LINE
            and data[22:54] == blake2b(self.key, digest_size=32, person=b"drop1-replykey").digest()
        )
        claim(right and 1 <= length <= 262_144, "a container with another head was accepted")
        rest = data[58 + length :]
        state = sodium.crypto_secretstream_xchacha20poly1305_state()
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, rest[:24], self.key)
        body, found, tag = rest[24:], b"", 0
        while tag != sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL:
            claim(bool(body) and tag == 0, "a container without an end was accepted")
            try:
                piece, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, body[: PIECE + 17])
            except CryptoError:
                claim(False, "a container that does not open was accepted")
                raise
            found, body = found + piece, body[PIECE + 17 :]
        claim(not body, "something behind the end of a container was accepted")
        return found
