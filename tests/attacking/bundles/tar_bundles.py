"""Mutants of the bundles that are tars: pickup, answer, reseal, hand-over. The mutator holds the keys that sign."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.bundle import VerifiedPickup, verify_answer, verify_handover, verify_pickup, verify_reseal
from dropbox.bundle.verified import Verified
from dropbox.models import DeskId
from tests.attacking.bundles import bending, shapes, tars
from tests.attacking.bundles.samples import ALICE, BOB, DESK, OTHER_DESK, Sample
from tests.attacking.bundles.tar_lies import PICKUP_LIES, SIGNED_LIES, Bend, Members, Parts, bomb
from tests.attacking.bundles.target import bent, claim, document, hashed
from tests.bundles import sign_as, verify_as_signed

PICKUP_LINE = b"onion-dropbox pickup 1\n"
Sign = Callable[[bytes], bytes]


class TarTarget:
    """What all four kinds share: ways to bend a bundle that is signed once more, and one that is not."""

    name = ""
    line = b""
    shape: shapes.Check
    lies: tuple[Bend, ...] = ()

    def __init__(self, valid: list[Parts], sign: Sign, others: list[Sign]) -> None:
        self.valid, self._sign, self._others = valid, sign, others

    def signature(self, manifest: bytes) -> bytes:
        return self._sign(self.line + manifest)

    def signed(self, parts: Parts) -> Members:
        manifest = bending.dump(parts.manifest)
        return parts.members(manifest, self.signature(manifest))

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        parts = chances.choice(self.valid).copy()
        pick = chances.random()
        if pick < 0.4:
            how.append("signed anew")
            manifest = bent(parts.manifest, chances, how)
            return tars.assemble(tars.entries_of(parts.members(manifest, self._sign(self.line + manifest))))
        if pick < 0.6:
            how.append("signed anew")
            for _ in range(chances.choice((1, 1, 2))):
                how.append(chances.choice(self.lies)(parts, chances))
            if chances.random() < 0.02:
                how.append(bomb(parts, chances))
            return tars.assemble(tars.entries_of(self.signed(parts)))
        if pick < 0.66:
            return tars.assemble(tars.entries_of(self._signed_wrong(parts, chances, how)))
        whole = self.signed(parts)
        if pick < 0.84:
            return tars.bend(tars.entries_of(whole), chances, how)
        other = self.signed(chances.choice(self.valid))
        if pick < 0.9:
            return tars.assemble(tars.entries_of(_crossed(whole, other, chances, how)))
        return bending.bytewise(
            tars.assemble(tars.entries_of(whole)), chances, how, tars.assemble(tars.entries_of(other))
        )

    def _signed_wrong(self, parts: Parts, chances: Random, how: list[str]) -> Members:
        manifest = bending.dump(parts.manifest)
        right = self._sign(self.line + manifest)
        made = {
            "cut": right[:-1],
            "longer": right + b"\0",
            "nothing": b"",
            "zeros": bytes(len(right)),
            "twice": right * 2,
            "of the bytes alone": self._sign(manifest),
            "of another line": self._sign(b"onion-dropbox reseal 2\n" + manifest),
            "another's": chances.choice(self._others)(self.line + manifest),
            "very long": right * 300,
            "of another manifest": self._sign(self.line + manifest[:-1]),
            "a flipped bit": bytes([right[0] ^ 1]) + right[1:],
            "the order added": _malleable(right),
        }
        said = chances.choice(sorted(made))
        how.append(f"signature: {said}")
        return parts.members(manifest, made[said])

    def judge(self, data: bytes, accepted: Any) -> None:
        """Compare what was accepted with a reading of the bytes by other code, and close it."""
        with accepted:
            try:
                members = tars.members(data)
            except tars.NotATarError:
                claim(False, "a tar of another form was accepted")
                return
            manifest = document(members[0][1], type(self).shape, "the manifest")
            claim(members[0][0] == "manifest.json" and members[1][0] == "manifest.sig", "other members were accepted")
            self.judge_signature(manifest, members[0][1], members[1][1])
            self.judge_parts(manifest, members[2:], accepted)

    def judge_signature(self, manifest: dict[str, Any], signed: bytes, signature: bytes) -> None:
        claim(sign_as(manifest["author"])(self.line + signed) == signature, "a signature that is none was accepted")

    def judge_parts(self, manifest: dict[str, Any], members: Members, accepted: Any) -> None:
        entries = manifest["items" if "items" in manifest else "entries"]
        claim(accepted.manifest.as_json() == manifest, "the manifest was taken for another")
        judge_items(entries, members, accepted)
        claim(len({entry["item"] for entry in entries}) == len(entries), "an item was accepted twice")


def _signer(key: SigningKey) -> Sign:
    return lambda data: bytes(key.sign(data).signature)


def judge_items(entries: list[dict[str, Any]], members: Members, accepted: Verified) -> None:
    """Compare each item of a manifest with the member that is its, and with what the reader gives out for it."""
    suffix = {"submission": ".pgp", "reply": ".reply", "note": ".reply"}
    claim(len(entries) == len(members), "more or fewer items than the manifest has were accepted")
    for entry, (name, data) in zip(entries, members, strict=True):
        claim(name == f"items/{entry['item']}{suffix[entry['kind']]}", "an item was accepted under another name")
        claim(len(data) == entry["bytes"], "an item of another size was accepted")
        claim(hashed(data) == entry["sha256"], "an item with another hash was accepted")
        given = Collected()
        accepted.copy_item(entry["item"], given)  # type: ignore[arg-type]  # it only writes
        claim(bytes(given.data) == data, "other bytes are given out than were accepted")


class Collected:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


class Pickups(TarTarget):
    """The drop's own bundles, by a reader that knows the drop, one that does not, and one that knows its newer key."""

    name = "pickup"
    line = PICKUP_LINE
    shape = staticmethod(shapes.PICKUP)

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.lies = PICKUP_LIES
        super().__init__(
            [Parts(*made) for made in sample.pickups()],
            _signer(sample.key),
            [_signer(sample.first_key), _signer(sample.stranger)],
        )

    def read(self, data: bytes, folder: Path) -> VerifiedPickup:
        path = folder / "m.tar"
        path.write_bytes(data)
        known = (None, self.sample.drop)[len(data) // 512 % 2]
        return verify_pickup(path, known)

    def judge_signature(self, manifest: dict[str, Any], signed: bytes, signature: bytes) -> None:
        chain = manifest.get("successions", [])
        key = chain[-1]["after"] if chain else manifest["drop"]
        try:
            VerifyKey(bytes.fromhex(key)).verify(self.line + signed, signature)
        except (CryptoError, ValueError):
            claim(False, "a signature that is none was accepted")

    def judge_parts(self, manifest: dict[str, Any], members: Members, accepted: VerifiedPickup) -> None:
        count = len(manifest["items"])
        judge_items(manifest["items"], members[:count], accepted)
        rest, files = members[count:], manifest["files"]
        names = [*sorted(set(files) - {"log.txt"}), "log.txt"]
        claim([name for name, _ in rest] == names, "other files than the manifest names were accepted")
        for name, data in rest:
            claim(hashed(data) == files[name], "a file with another hash was accepted")
        claim(
            {f"keys/{key}.asc": data for key, data in accepted.keys.items()} == dict(rest[:-1]), "other keys were taken"
        )
        claim(accepted.manifest.as_json() | {"files": files} == manifest, "the manifest was taken for another")
        _judge_log(manifest, rest[-1][1], accepted)
        _judge_chains(manifest)


def _judge_log(manifest: dict[str, Any], log: bytes, accepted: VerifiedPickup) -> None:
    """Follow the desk's log as docs/formats.md says, from head to head."""
    head, here, said = bytes.fromhex(manifest["log"]["before"]), {}, manifest["log"]
    lines = log.decode("ascii").splitlines()
    claim([int(each.split()[0]) for each in lines] == list(range(said["first"], said["last"] + 1)), "a log with gaps")
    claim(
        log == b"".join(f"{each.n} {each.sha256} {each.state}\n".encode() for each in accepted.log),
        "another log was taken",
    )
    claim(said["first"] != 1 or not any(head), "a log begins with another head")
    for each in lines:
        n, digest, state = each.split(" ")
        link = head + bytes.fromhex(manifest["epoch"]) + int(n).to_bytes(8, "big") + bytes.fromhex(digest)
        head = blake2b(link, digest_size=32).digest()
        if state == "here":
            here[int(n)] = digest
    claim(head.hex() == said["after"], "a log that leads to another head was accepted")
    claim({each["n"]: each["sha256"] for each in manifest["items"]} == here, "the log has other items than the bundle")


def _judge_chains(manifest: dict[str, Any]) -> None:
    """Follow what the manifest states: rosters by their hashes, successions by their keys, epochs by their names."""
    for desk, chain in manifest.get("statements", {}).items():
        before = None
        for number, each in enumerate((entry["statement"] for entry in chain), 1):
            claim((each["number"], each["previous"]) == (number, before), "statements that do not follow were accepted")
            claim((each["drop"], each["desk"]) == (manifest["drop"], desk), "another desk's statement was accepted")
            before = hashed(bending.dump(each))
    key = manifest["drop"]
    for number, each in enumerate(manifest.get("successions", []), 1):
        claim(
            (each["number"], each["before"], each["drop"]) == (number, key, manifest["drop"]), "keys that do not follow"
        )
        key = each["after"]
    seen = [each["epoch"] for each in manifest.get("epochs", [])]
    claim(len(set(seen)) == len(seen), "epochs in a circle were accepted")


class Signed(TarTarget):
    """A bundle that a member signs. The signature stands in for gpg's, which is tried in whole imports."""

    def __init__(
        self, name: str, line: bytes, shape: shapes.Check, valid: list[Parts], read: Callable[[Path], Verified]
    ) -> None:
        self.name, self.line, self._read = name, line, read
        self.shape_of = shape
        self.lies = SIGNED_LIES
        super().__init__(valid, sign_as(ALICE), [sign_as(BOB)])

    def read(self, data: bytes, folder: Path) -> Verified:
        path = folder / "m.tar"
        path.write_bytes(data)
        return self._read(path)


class Answers(Signed):
    shape = staticmethod(shapes.ANSWER)

    def judge_parts(self, manifest: dict[str, Any], members: Members, accepted: Any) -> None:
        super().judge_parts(manifest, members, accepted)
        reports = {(each["case"], each["item"]) for each in manifest["entries"] if each["kind"] == "submission"}
        claim(
            {(each["case"], each["item"]) for each in manifest.get("cases", [])} == reports, "a case without its report"
        )
        for entry in manifest["entries"]:
            claim(("lock" in entry) is (entry["kind"] == "reply"), "a lock where none belongs was accepted")
        for case in manifest.get("cases", []):
            keys = bytes.fromhex(case["case_key"]), bytes.fromhex(case["reply_key"])
            claim(blake2b(b"".join(keys), digest_size=16).hexdigest() == case["case"], "a case that is not its keys'")


class Reseals(Signed):
    shape = staticmethod(shapes.RESEAL)


class HandOvers(Signed):
    shape = staticmethod(shapes.HANDOVER)


def answers(sample: Sample) -> Answers:
    valid = [Parts(*made) for made in sample.answers()]
    return Answers(
        "answer",
        b"onion-dropbox answer 1\n",
        shapes.ANSWER,
        valid,
        lambda path: verify_answer(path, sample.drop, verify_as_signed),
    )


def reseals(sample: Sample) -> Reseals:
    valid = [Parts(*made) for made in sample.reseals()]
    return Reseals(
        "reseal",
        b"onion-dropbox reseal 1\n",
        shapes.RESEAL,
        valid,
        lambda path: verify_reseal(path, sample.drop, DeskId(DESK), verify_as_signed),
    )


def handovers(sample: Sample) -> HandOvers:
    valid = [Parts(*made) for made in sample.handovers()]
    return HandOvers(
        "handover",
        b"onion-dropbox handover 1\n",
        shapes.HANDOVER,
        valid,
        lambda path: verify_handover(path, sample.drop, DeskId(OTHER_DESK), verify_as_signed),
    )


def _crossed(one: Members, other: Members, chances: Random, how: list[str]) -> Members:
    """Put a part of one valid bundle into another."""
    pick = chances.randrange(4)
    how.append(f"crossed with another bundle ({pick})")
    if pick == 0:
        return [*other[:1], *one[1:]]
    if pick == 1:
        return [*other[:2], *one[2:]]
    if pick == 2:
        return [*one[:2], *other[2:]]
    at = chances.randrange(2, len(one)) if len(one) > 2 else 0
    return [*one[:at], (one[at][0], chances.choice(other)[1]), *one[at + 1 :]]


_ORDER = 2**252 + 27742317777372353535851937790883648493


def _malleable(signature: bytes) -> bytes:
    """Return the other signature by the same key over the same bytes, which strict Ed25519 refuses."""
    if len(signature) != 64:
        return signature[::-1]
    s = int.from_bytes(signature[32:], "little") + _ORDER
    return signature[:32] + (s % (1 << 256)).to_bytes(32, "little")
