"""Rosters as a drop and a member wrote them once: a file of /keys, a pickup bundle that proposes, an answer that votes.

They must open for ever, and by the commands in the docs alone. The secret half of the member's key was thrown away.
"""

import json
import re
import subprocess
from datetime import date
from hashlib import sha256
from pathlib import Path

from nacl.signing import SigningKey

from dropbox.bundle import (
    FIRST_HEAD,
    AnswerManifest,
    PickupManifest,
    RosterStatement,
    SignedStatement,
    StatedMember,
    StatementVote,
    verify_answer,
    verify_chain,
    verify_pickup,
    write_pickup,
)
from dropbox.bundle.roster_statement import read_chain
from dropbox.codename import KdfParameters
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, Membership, VaultId
from tests import factories

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "vectors" / "rosters"
KEY = SigningKey(sha256(b"onion-dropbox test vector drop key of rosters").digest())
DROP, DESK = bytes(KEY.verify_key).hex(), DeskId("board")
OLD, NEW = Fingerprint("0D" * 20), Fingerprint("E3" * 20)


def member() -> Fingerprint:
    (name,) = json.loads((SAMPLES / "board.json").read_text())["keys"]
    return Fingerprint(name)


def statements(signer: Fingerprint) -> tuple[RosterStatement, RosterStatement]:
    """Return the frozen chain's statements: two members, of whom one leaves with a day."""
    until = StatedMember(OLD, date(2026, 4, 30))
    first = RosterStatement(DROP, DESK, 1, date(2026, 2, 1), None, listed(StatedMember(OLD), StatedMember(signer)))
    second = RosterStatement(DROP, DESK, 2, date(2026, 3, 9), first.sha256, listed(until, StatedMember(signer)))
    return first, second


def proposal(signer: Fingerprint) -> RosterStatement:
    members = listed(StatedMember(OLD, date(2026, 4, 30)), StatedMember(signer), StatedMember(NEW))
    return RosterStatement(DROP, DESK, 3, date(2026, 4, 1), statements(signer)[1].sha256, members)


def listed(*members: StatedMember) -> tuple[StatedMember, ...]:
    return tuple(sorted(members, key=lambda each: each.fingerprint))


def pickup(chain: tuple[SignedStatement, ...], signer: Fingerprint) -> PickupManifest:
    return PickupManifest(
        drop=DROP,
        trial=False,
        desk=DESK,
        epoch="0123456789abcdef" * 2,
        day=date(2026, 4, 1),
        kdf=KdfParameters(bytes(16)),
        rosters={DESK: (Membership(OLD, date(2026, 2, 1)), Membership(signer, date(2026, 2, 1)))},
        first=1,
        last=0,
        before=FIRST_HEAD,
        after=FIRST_HEAD,
        items=(),
        confirmed={},
        statements={DESK: chain},
        proposal=proposal(signer),
    )


def keys_of(signer: Fingerprint, public: bytes) -> dict[Fingerprint, bytes]:
    return {signer: public, NEW: b"key of whom the proposal brings"}


def answer(author: Fingerprint, vote: StatementVote) -> AnswerManifest:
    vault = VaultId("e" * 32)
    return AnswerManifest(DROP, author, vault, DESK, 1, None, date(2026, 4, 2), (), (), (), votes=(vote,))


def frozen_vote() -> StatementVote:
    return StatementVote.from_json(json.loads((SAMPLES / "vote.json").read_text()))


def test_no_sample_is_ever_changed() -> None:
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in SAMPLES.iterdir()} == {
        "answer.tar": "5cb9161219dc45d29e204ae35d76d4b2274c7a608dccf0ba3d4a526d4ef0a0b9",
        "board.json": "40261812423558720e77d1b1361d573f5ec985cefae9e7b079b85b9dd51a7a5c",
        "member.asc": "10c8e9d954782da11d1111f05065a2f8b7bd26b635c2365733636426f0f09c8c",
        "pickup.tar": "5a43f6f2e58d5ef0717f0c38bd06229ae50f5379621ff14d7ced297d0767247e",
        "vote.json": "7900d2a04afca8db477f1467cdb95b0d6696684538e44570c3c183bd6a1ff412",
    }


def test_the_frozen_file_of_a_desk_verifies(tmp_path: Path) -> None:
    frozen = json.loads((SAMPLES / "board.json").read_text())
    chain, gpg = read_chain(frozen["statements"]), Gpg(tmp_path / "home")
    gpg.import_keys(frozen["keys"][member()].encode())
    assert tuple(each.statement for each in chain) == statements(member())
    assert verify_chain(chain, gpg.verify_stated) == (None, member())
    assert frozen["keys"] == {member(): (SAMPLES / "member.asc").read_text()}


def test_the_frozen_pickup_bundle_opens_and_is_written_as_it_was(tmp_path: Path) -> None:
    chain = read_chain(json.loads((SAMPLES / "board.json").read_text())["statements"])
    keys = keys_of(member(), (SAMPLES / "member.asc").read_bytes())
    with verify_pickup(SAMPLES / "pickup.tar", DROP) as bundle:
        assert bundle.manifest == pickup(chain, member())
        assert bundle.keys == keys
    again = tmp_path / "again.tar"
    write_pickup(again, pickup(chain, member()), (), keys, lambda _item: again, KEY)
    assert again.read_bytes() == (SAMPLES / "pickup.tar").read_bytes()


def test_the_frozen_answer_bundle_brings_its_vote(tmp_path: Path) -> None:
    gpg = Gpg(tmp_path / "home")
    gpg.import_keys((SAMPLES / "member.asc").read_bytes())

    def verify(signed: bytes, signature: bytes, author: Fingerprint) -> None:
        gpg.verify_detached(signed, signature, [author])

    with verify_answer(SAMPLES / "answer.tar", DROP, verify) as bundle:
        assert bundle.manifest == answer(member(), frozen_vote())
    stated = proposal(member())
    assert frozen_vote().sha256 == stated.sha256
    assert gpg.verify_stated(stated.signed, frozen_vote().signature.encode(), [member()], stated.day) == member()


def test_what_the_documentation_says_finds_who_signed(tmp_path: Path) -> None:
    section = (ROOT / "docs" / "formats.md").read_text().partition("\n## Roster statement\n")[2].partition("\n## ")[0]
    recipe = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert recipe is not None
    (tmp_path / "board.json").write_bytes((SAMPLES / "board.json").read_bytes())
    with factories.short_dir() as folder:
        script = f"export GNUPGHOME={factories.new_home(folder)}\n{recipe[1]}"
        done = subprocess.run(["bash", "-e"], input=script, cwd=tmp_path, capture_output=True, text=True, check=True)
    named, previous = done.stdout.split("  -\n")
    assert named == previous.strip() == statements(member())[0].sha256
    assert "Good signature" in done.stderr
