"""What a drop and a desk stated once, frozen: it must verify for ever, and by the recipe in the docs alone."""

import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import current_key, trusted_key, verify_chain
from dropbox.bundle.drop_statement import read_successions
from dropbox.bundle.roster_statement import read_chain
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint
from dropbox.trust_words import drop_words, statement_words

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "vectors" / "stated"


def sample(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((SAMPLES / name).read_text())
    return value


def key(number: int) -> SigningKey:
    return SigningKey(sha256(b"onion-dropbox test vector drop key %d" % number).digest())


def test_no_sample_is_ever_changed() -> None:
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in SAMPLES.iterdir()} == {
        "member.asc": "d5b4bf2ec9d5b8d1aeef63dd0d88a032ec9739c539b7a1dc051480b373050fb1",
        "roster.json": "de5c6a6b60b55cc4b6ba9cb822260f924c5fc43391d9c08cb69b48804909be30",
        "succession.json": "f05904634b5a1066b3d9c534eacd79c574e1c767f832f991b4d0ca8073308407",
    }


def test_the_frozen_successions_lead_to_the_keys_they_led_to() -> None:
    frozen = sample("succession.json")
    chain = read_successions(frozen["successions"], frozen["drop"])
    public = [bytes(key(number).verify_key).hex() for number in range(4)]
    assert (frozen["drop"], current_key(frozen["drop"], chain)) == (public[0], public[3])
    # the second key was lost: whoever knows the first gets no further, whoever compared the third goes on
    assert [trusted_key(known, chain) for known in public] == [public[1], public[1], public[3], public[3]]
    assert [each.as_json() for each in chain] == frozen["successions"]
    assert chain[0].signed_by(key(0)) == chain[0]
    assert chain[2].signed_by(key(2)) == chain[2]
    assert [drop_words(each) for each in public] == frozen["words"]


def test_the_frozen_roster_verifies_and_has_the_words_it_had(tmp_path: Path) -> None:
    frozen = sample("roster.json")
    chain = read_chain(frozen["statements"])
    gpg = Gpg(tmp_path / "home")
    gpg.import_keys((SAMPLES / "member.asc").read_bytes())
    assert verify_chain(chain, gpg.verify_stated) == (None, Fingerprint(frozen["signer"]))
    assert [each.statement.sha256 for each in chain] == frozen["sha256"]
    assert [statement_words(each) for each in frozen["sha256"]] == frozen["words"]
    assert [each.as_json() for each in chain] == frozen["statements"]


def recipe() -> str:
    section = (ROOT / "docs" / "formats.md").read_text().partition("\n## Succession\n")[2].partition("\n## ")[0]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("known", "reached"), [(0, 1), (1, 1), (2, 3), (3, 3)])
def test_what_the_documentation_says_follows_the_keys(tmp_path: Path, known: int, reached: int) -> None:
    frozen = sample("succession.json")
    (tmp_path / "manifest.json").write_text(json.dumps(frozen))
    public = [bytes(key(number).verify_key).hex() for number in range(4)]
    command = [sys.executable, "-c", recipe(), str(tmp_path / "manifest.json"), public[known]]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == public[reached]
    assert ("compare its words" in done.stdout) is (reached != 3)
