"""Manifests as large as they may be, of what takes most memory when it is read. Nobody signed them, or somebody did."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from dropbox.bundle import verify_answer
from tests.attacking.bundles import tars
from tests.attacking.bundles.samples import ALICE, Sample
from tests.attacking.bundles.tar_bundles import PICKUP_LINE, Pickups
from tests.attacking.bundles.target import claim
from tests.bundles import sign_as, verify_as_signed

UNSIGNED_BYTES, SIGNED_BYTES = 32 << 20, 8 << 20
"""The format's own limit; and what is read before it is known who signed it."""
FILLINGS = {
    "empty lists": b"[],",
    "empty objects": b"{},",
    "small objects": b'{"":0},',
    "numbers": b"1,",
    "short texts": b'"ab",',
    "one text": b"",
    "one text of wide letters": b"",
    "deep lists": b"",
    "many keys": b"",
}


class Bombs(Pickups):
    """Pickup and answer bundles whose manifest is far larger inside than outside."""

    name = "bomb"

    def __init__(self, chances: Random) -> None:
        super().__init__(Sample(chances))

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        what, is_signed = chances.choice(sorted(FILLINGS)), chances.random() < 0.5
        is_answer = chances.random() < 0.5
        how.append(
            f"{what}, {'signed' if is_signed else 'by nobody'}, as {'an answer' if is_answer else 'a pickup bundle'}"
        )
        start = b'{"author":"%b",' % ALICE.encode() if is_answer else b"{"
        start += b"" if is_answer else b'"drop":"%b","epoch":"",' % self.sample.drop.encode()
        size = (SIGNED_BYTES if is_signed else UNSIGNED_BYTES) - len(start) - 200
        end = b',"type":"%b"}\n' % (b"answer" if is_answer else b"pickup")
        manifest = start + b'"q":' + _filling(what, size) + end
        if is_answer:
            signature = sign_as(ALICE)(b"onion-dropbox answer 1\n" + manifest) if is_signed else b"x"
        else:
            signature = bytes(self.sample.first_key.sign(PICKUP_LINE + manifest).signature) if is_signed else bytes(64)
        return tars.assemble(tars.entries_of([("manifest.json", manifest), ("manifest.sig", signature)]))

    def read(self, data: bytes, folder: Path) -> Any:
        if data[512:].startswith(b'{"author"'):
            path = folder / "m.tar"
            path.write_bytes(data)
            return verify_answer(path, self.sample.drop, verify_as_signed)
        return super().read(data, folder)

    def judge(self, data: bytes, accepted: Any) -> None:
        accepted.close()
        claim(False, "a bomb was accepted")


def _filling(what: str, size: int) -> bytes:
    if what == "one text":
        return b'"' + b"a" * size + b'"'
    if what == "one text of wide letters":
        return b'"' + "\U0001f600".encode() + b"a" * size + b'"'
    if what == "deep lists":
        return b"[" * (size // 2) + b"]" * (size // 2)
    if what == "many keys":
        return b"{" + b",".join(b'"%07x":0' % n for n in range(size // 12)) + b"}"
    piece = FILLINGS[what]
    return b"[" + piece * (size // len(piece)) + b"0]"
