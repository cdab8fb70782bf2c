"""Mutants of what else comes in: plans, statements, canaries, client keys, framings, configurations."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from nacl.bindings import crypto_scalarmult_base

from dropbox.bundle.canary import find_canary
from dropbox.bundle.roster_statement import SignedStatement, read_chain, verify_chain
from dropbox.canonical import load
from dropbox.client_key import parse_public
from dropbox.errors import InvalidValue, SignatureInvalid
from dropbox.gpg import count_recipients
from dropbox.gpg.packets import parse_signature
from dropbox.models import CaseId, Fingerprint
from dropbox.server.backup.places import places_in
from dropbox.workstation.disclosure.plan import Plan, parse_plan
from tests.attacking.bundles import bending, shapes
from tests.attacking.bundles.samples import ALICE, BOB, DAY, DESK, key_of
from tests.attacking.bundles.target import bent, claim, hashed
from tests.bundles import sign_as

CONFIG = (
    b'[organisation]\nname = "Example"\n[server]\ndata_dir = "data"\n[[desk]]\nid = "integrity"\nfingerprints = []\n'
)


class Plans:
    """The plan of a pack, which a colleague's vault reads from a note."""

    name = "plan"

    def __init__(self, chances: Random) -> None:
        item = {
            "item": "1" * 32,
            "index_sha256": "2" * 64,
            "cuts": [{"start": 1, "end": 4}, {"start": 9, "end": 12}],
            "files": [
                {
                    "number": 1,
                    "sha256": "3" * 64,
                    "how": "redrawn",
                    "boxes": [{"page": 1, "x": 10, "y": 10, "width": 100, "height": 50}],
                }
            ],
        }
        self.plan = {
            "format": 1,
            "drop": "4" * 64,
            "case": "5" * 32,
            "language": "en",
            "nonce": chances.randbytes(16).hex(),
            "days": True,
            "items": [item],
            "persons": [{"letter": "A", "names": ["Jan Jansen"]}, {"letter": "B", "names": ["Karin", "KB one"]}],
            "phrases": ["06 1234"],
            "readers": [{"name": "The council", "fingerprint": None}, {"name": "One", "fingerprint": BOB}],
        }

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        if chances.random() < 0.9:
            return bent(copy.deepcopy(self.plan), chances, how)
        return bending.bytewise(bending.dump(self.plan), chances, how)

    def read(self, data: bytes, folder: Path) -> Plan:
        return parse_plan(data)

    def judge(self, data: bytes, accepted: Plan) -> None:
        """Compare values alone: people write plans by hand, in any spelling, without what is so by default."""
        said = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
        claim(parse_plan(accepted.data) == accepted, "the plan's own spelling is another plan")
        claim(_within(said, json.loads(accepted.data)), "the plan was taken for another")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    claim(len(dict(pairs)) == len(pairs), "a key that stands twice was accepted")
    return dict(pairs)


def _within(said: Any, taken: Any) -> bool:
    """Tell whether all that was said was taken, whatever else is there by default."""
    if isinstance(said, dict) and isinstance(taken, dict):
        return all(name in taken and _within(inner, taken[name]) for name, inner in said.items())
    if isinstance(said, list) and isinstance(taken, list):
        return len(said) == len(taken) and all(map(_within, said, taken))
    return type(said) is type(taken) and said == taken


class Rosters:
    """A desk's chain of statements, with who signed it."""

    name = "roster"

    def __init__(self, chances: Random) -> None:
        self._drop = bytes(key_of(chances).verify_key).hex()

    def chain(self, bend: Callable[[int, dict[str, Any]], Any] = lambda _n, value: value) -> list[dict[str, Any]]:
        chain: list[dict[str, Any]] = []
        before, signer = None, ALICE
        for number, who in enumerate(([ALICE], [ALICE, BOB], [BOB]), 1):
            statement = {
                "format": 1,
                "type": "roster",
                "drop": self._drop,
                "desk": DESK,
                "number": number,
                "day": DAY,
                "previous": before,
                "members": [{"fingerprint": key, "until": None} for key in who],
            }
            said = bend(number, statement)
            signature = (
                None if before is None else sign_as(signer)(b"onion-dropbox roster 1\n" + bending.dump(said)).decode()
            )
            chain.append({"statement": said, "signature": signature})
            before = hashed(bending.dump(said))
        return chain

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        if chances.random() < 0.5:
            at = chances.choice((1, 2, 3))
            how.append(f"statement {at} signed anew")
            chain = self.chain(lambda number, value: bending.bend(value, chances, how) if number == at else value)
            return bending.dump({"statements": chain})
        return bent({"statements": self.chain()}, chances, how)

    def read(self, data: bytes, folder: Path) -> tuple[tuple[SignedStatement, ...], tuple[Fingerprint | None, ...]]:
        value = load(data, 1 << 25)
        chain = read_chain(value.get("statements"))
        if [each.as_json() for each in chain] != value["statements"]:
            raise InvalidValue  # as the manifest's reader does, whose part it is
        return chain, verify_chain(chain, self._verify)

    @staticmethod
    def _verify(signed: bytes, signature: bytes, allowed: Any, _day: Any) -> Fingerprint:
        for author in sorted(allowed):
            if sign_as(author)(signed) == signature:
                return Fingerprint(author)
        raise SignatureInvalid

    def judge(self, data: bytes, accepted: tuple[tuple[SignedStatement, ...], tuple[Fingerprint | None, ...]]) -> None:
        said = json.loads(data)["statements"]
        before: dict[str, Any] | None = None
        for each, signer in zip(said, accepted[1], strict=True):
            claim(shapes.SIGNED_STATEMENT(each), "a statement of another shape was accepted")
            statement = each["statement"]
            if before is not None:
                members = {
                    m["fingerprint"] for m in before["members"] if m["until"] is None or m["until"] >= statement["day"]
                }
                right = sign_as(Fingerprint(signer or ""))(
                    b"onion-dropbox roster 1\n" + bending.dump(statement)
                ).decode()
                claim(signer in members and right == each["signature"], "somebody else's signature was accepted")
                claim(
                    statement["previous"] == hashed(bending.dump(before)),
                    "a statement that does not follow was accepted",
                )
                claim(
                    statement["number"] == before["number"] + 1 and statement["day"] >= before["day"],
                    "it does not follow",
                )
            before = statement


class Canaries:
    """The text of a test report: what is taken for one is shown to nobody."""

    name = "canary"
    case = "c" * 32

    def __init__(self, chances: Random) -> None:
        self.key, self.stranger = key_of(chances), key_of(chances)
        self.drop = bytes(self.key.verify_key).hex()
        self.rest = (
            "\nThis is a test report. The drop sent it to itself, to see that reports arrive. Nobody wrote it, and "
            "nothing has to be done with it. A workstation that knows test reports does not show it.\n"
        )

    def text(self, token: str, *, case: str = "", stranger: bool = False) -> str:
        value = {"format": 1, "type": "canary", "drop": self.drop, "case": case or self.case, "token": token}
        key = self.stranger if stranger else self.key
        signature = base64.b64encode(key.sign(b"onion-dropbox canary 1\n" + bending.dump(value)).signature).decode()
        return f"onion-dropbox canary 1\ntoken {token}\nsignature {signature}\n{self.rest}"

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        token = chances.randbytes(32).hex()
        pick = chances.random()
        if pick < 0.3:
            token = chances.choice(
                (token.upper(), token[:-1], token + "0", token[:-1] + "\u0660", token + "\n", " " + token)
            )
            how.append(f"signed anew: token {token[-4:]!r}")
            return self.text(token).encode()
        if pick < 0.45:
            how.append("of another case, or signed by somebody else")
            return self.text(token, case="d" * 32 if pick < 0.37 else "", stranger=pick >= 0.37).encode()
        if pick < 0.55:
            how.append("with something about it")
            return chances.choice(("%s\n", " %s", "%s I saw it.", "\ufeff%s")).__mod__(self.text(token)).encode()
        whole = self.text(token).encode()
        return bending.bytewise(whole, chances, how, whole)

    def read(self, data: bytes, folder: Path) -> str:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise InvalidValue from None
        found = find_canary(text, self.drop, CaseId(self.case), (self.drop,))
        if found is None:
            raise InvalidValue  # then it is a report like any other
        return found.token

    def judge(self, data: bytes, accepted: str) -> None:
        claim(
            re.fullmatch("[0-9a-f]{64}", accepted) is not None and self.text(accepted).encode() == data,
            "another text counts as a canary",
        )


class ClientKeys:
    """The public half of a courier's key, as somebody types or brings it."""

    name = "client key"

    def __init__(self, chances: Random) -> None:
        self._keys = [crypto_scalarmult_base(chances.randbytes(32)) for _ in range(4)] + [bytes(32), b"\1" + bytes(31)]

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        letters = base64.b32encode(chances.choice(self._keys)).decode().rstrip("=")
        how.append("a key")
        made = (
            letters,
            letters.lower(),
            f"descriptor:x25519:{letters}\n",
            f" {letters} ",
            letters[:-1] + "B",
            letters + "====",
            f"descriptor:x25519:{letters}\ndescriptor:x25519:{letters}\n",
            letters.replace("A", "\u212b"),
            f"{letters}\0",
            letters[1:],
            f"DESCRIPTOR:x25519:{letters}",
            letters.replace("I", "\u0131"),
            letters.replace("S", "\u017f"),
        )
        data = chances.choice(made).encode()
        return data if chances.random() < 0.6 else bending.bytewise(data, chances, how)

    def read(self, data: bytes, folder: Path) -> str:
        try:
            return parse_public(data.decode())
        except UnicodeDecodeError:
            raise InvalidValue from None

    def judge(self, data: bytes, accepted: str) -> None:
        claim(re.fullmatch("[A-Z2-7]{52}", accepted) is not None, "letters that are none were accepted")
        key = base64.b32decode(accepted + "====")
        claim(
            base64.b32encode(key).decode().rstrip("=") == accepted and len(key) == 32,
            "a key in another spelling was accepted",
        )
        claim(key not in self._keys[4:], "a point that everybody knows was accepted")
        claim(data.decode().strip().upper().removeprefix("DESCRIPTOR:X25519:") == accepted, "another key was taken")


class Framing:
    """The head of a sealed message and the armour of a signature, which we look at before gpg does."""

    name = "framing"

    def __init__(self, chances: Random) -> None:
        packet = b"\x84\x5e" + chances.randbytes(94)
        self.message = packet * 3 + b"\xd2\xff\x00\x00\x04\x00" + chances.randbytes(1024)
        inner = b"\x88\x75" + chances.randbytes(0x75)
        lines = base64.b64encode(inner).decode()
        body = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
        self.signature = f"-----BEGIN PGP SIGNATURE-----\n\n{body}\n=AAAA\n-----END PGP SIGNATURE-----\n".encode()

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        if chances.random() < 0.4:
            return bending.bytewise(self.signature, chances, how, self.signature)
        pick = chances.randrange(6)
        how.append(f"packets ({pick})")
        if pick == 0:
            return self.message[:96] * chances.choice((255, 256, 257, 60_000)) + self.message[288:]
        if pick == 1:
            return (
                chances.choice(
                    (
                        b"\x84",
                        b"\x85\x10\x00",
                        b"\x86\xff\xff\xff\xff",
                        b"\x87",
                        b"\xc1\xff\xff\xff\xff\xff",
                        b"\xc1\xe0",
                    )
                )
                + self.message
            )
        if pick == 2:
            return b"\x8c\x0d" + chances.randbytes(13) + self.message
        return bending.bytewise(self.message, chances, how, self.message)

    def read(self, data: bytes, folder: Path) -> int | bytes:
        return parse_signature(data) if data.startswith(b"-----") else count_recipients(data)

    def judge(self, data: bytes, accepted: int | bytes) -> None:
        if isinstance(accepted, bytes):
            claim(
                accepted
                in base64.b64decode(
                    b"".join(data.split(b"\n\n", 1)[-1].replace(b"\r", b"").split(b"\n=")[0].split(b"-----")[0].split())
                ),
                "another signature was taken",
            )
        else:
            claim(0 < accepted <= 256, "more readers than there may be were counted")


class Configurations:
    """The configuration inside a backup, of which a restore takes where things lie."""

    name = "configuration"

    def __init__(self, chances: Random) -> None:
        self._chances = chances

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        line = chances.choice(
            (
                b"data_dir = 1",
                b'data_dir = "../../x"',
                b"data_dir = []",
                b'keys_dir = "\\u0000"',
                b"server = 1",
                b"[server.data_dir]",
                b"[backup]\nmax_age_days = -1",
                b"[backup]\nmax_age_days = 99999999999999999999",
                b"[backup]\nmax_age_days = nan",
                b"a = " + b"[" * 3000,
                b'[organisation]\nlogo = "../../../etc/passwd"',
                b"[organisation]\nlogo = 5",
                b'keys_dir = "/tmp/planted"',
                b"x = 1979-05-27T07:32:00Z",
                b"a." * 3000 + b"b = 1",
                b"[[server]]",
                b'"" = 1',
                b"backup = [1]",
                b'"server" = "x"',
                b"n = " + b"9" * 5000,
            )
        )
        how.append(f"a line {line[:40]!r}")
        whole = line + b"\n" + CONFIG if chances.random() < 0.5 else CONFIG + line + b"\n"
        return whole if chances.random() < 0.5 else bending.bytewise(whole, chances, how)

    def read(self, data: bytes, folder: Path) -> Any:
        return places_in(data, folder)

    def judge(self, data: bytes, accepted: Any) -> None:
        claim(accepted.data_dir.is_absolute() and accepted.keys_dir.is_absolute(), "a place that is none was accepted")
        claim(type(accepted.max_age_days) is int, "an age that is none was accepted")
