"""The text of a test report, by which a workstation knows that the drop itself sent it. Pure.

Whoever reads a report could copy such a text into one of their own; so its signature, by the drop's own key, names the
one case that it stands in, and nothing but exactly this text counts.
"""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.canonical import dump
from dropbox.models import FORMAT, CaseId

CANARY_LINE = b"onion-dropbox canary 1\n"
TOKEN_BYTES = 32
_TEXT = """\
onion-dropbox canary 1
token {token}
signature {signature}

This is a test report. The drop sent it to itself, to see that reports arrive. Nobody wrote it, and nothing has to be \
done with it. A workstation that knows test reports does not show it.
"""
_READ = re.compile(
    re.escape(_TEXT).replace(r"\{token\}", "([0-9a-f]{64})").replace(r"\{signature\}", "([A-Za-z0-9+/]{86}==)")
)


@dataclass(frozen=True, repr=False)
class Canary:
    """A test report's random token (hex), and the signature by the drop's key of the day over drop, case and token."""

    token: str
    signature: bytes

    @classmethod
    def new(cls, drop: str, case: CaseId, key: SigningKey) -> "Canary":
        """Make one for a case. `drop`: the drop's name; `key`: the key that signs for it today."""
        token = secrets.token_hex(TOKEN_BYTES)
        return cls(token, bytes(key.sign(_signed(drop, case, token)).signature))

    @property
    def text(self) -> str:
        return _TEXT.format(token=self.token, signature=base64.b64encode(self.signature).decode())


def find_canary(text: str, drop: str, case: CaseId, keys: Sequence[str]) -> Canary | None:
    """Return the test report that this text of this case is, or None: then it is a report like any other.

    keys: those that have ever signed for the drop (hex), as far as the reader trusts them.
    """
    found = _READ.fullmatch(text)
    if found is None:
        return None
    canary = Canary(found[1], base64.b64decode(found[2]))
    signed = _signed(drop, case, canary.token)
    return canary if any(_is_signed_by(key, signed, canary.signature) for key in keys) else None


def _signed(drop: str, case: CaseId, token: str) -> bytes:
    return CANARY_LINE + dump({"format": FORMAT, "type": "canary", "drop": drop, "case": case, "token": token})


def _is_signed_by(key: str, signed: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(bytes.fromhex(key)).verify(signed, signature)
    except (CryptoError, ValueError):  # a wrong length is a ValueError
        return False
    return True
