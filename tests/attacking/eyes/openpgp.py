"""A second OpenPGP, Sequoia, beside GnuPG: it opens what we seal, verifies what we sign and makes members' keys.

All goes through the real server and workstation; only what a colleague with another program would do, Sequoia does.
"""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pysequoia as sq

from dropbox.gpg import Gpg
from dropbox.models import Fingerprint
from tests import factories
from tests.drop_process import BIN
from tests.journeys.world import Person, World, come_back, send_report
from tests.visitor import Visitor

SIGNED_FIRST = b"onion-dropbox answer 1\n"
SUITES = {"bob": sq.CipherSuite.Cv25519, "carla": sq.CipherSuite.RSA4k}
DESK_OF = {"anna": "advisers", "bob": "advisers", "carla": "committee"}
REFUSED = {
    "version 6": (sq.Profile.RFC9580, sq.CipherSuite.Cv25519),
    "version 6, after quanta": (sq.Profile.RFC9580, sq.CipherSuite.MLDSA65_Ed25519),
}
"""Keys that GnuPG 2.2 cannot read: what nobody can be sealed to must be refused before a desk counts on it."""
TEXT = "He waits for me after the meeting: \u00e9\u4e2d."
FILES = [("notes.txt", "text/plain", b"Monday\n")]


@dataclass
class Tally:
    opened: int = 0
    signatures: int = 0
    replies: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)


def make(name: str, suite: sq.CipherSuite, profile: sq.Profile = sq.Profile.RFC4880) -> sq.Tsk:
    return sq.Tsk.generate(f"{name} <{name}@example.org>", profile=profile, cipher_suite=suite)


def people(folder: Path) -> tuple[dict[str, Person], dict[str, sq.Tsk]]:
    """Return anna with a key of GnuPG's, the others with keys of Sequoia's, in GnuPG homes and as Sequoia has them."""
    home = factories.new_home(folder, "anna")
    made = {"anna": Person(home, factories.make_key(home, "anna"))}
    keys = {"anna": sq.Tsk.from_bytes(factories.export_secret(home, made["anna"].fingerprint))}
    for name, suite in SUITES.items():
        keys[name] = make(name, suite)
        home = factories.new_home(folder, name)
        factories.run_gpg(home, "--import", data=str(keys[name]).encode())
        made[name] = Person(home, Fingerprint(str(keys[name].extract_certificate().fingerprint).upper()))
    return made, keys


def try_all(folder: Path, tally: Tally, kinds: Iterable[bool] = (True, False)) -> None:
    """Let all keys take part in a drop with hidden recipients (True), and in one with named ones."""
    made, keys = people(folder)
    try:
        for hidden in kinds:
            room = folder / ("hidden" if hidden else "named")
            room.mkdir()
            _try_drop(World.make(room, made, DESK_OF, desk=f"hidden_recipients = {str(hidden).lower()}"), keys, tally)
        tally.faults.extend(_signatures(folder, keys, made, tally))
        tally.faults.extend(_refused(folder, made, tally))
    finally:
        factories.end_agents(folder)


def _try_drop(world: World, keys: dict[str, sq.Tsk], tally: Tally) -> None:
    with world.drop as drop:
        visitor = drop.visitor()
        codename = send_report(visitor, TEXT, ["advisers", "committee"], files=FILES).codename
        world.start_vaults()
        world.fetch("anna", "bob", "carla")
        for name in world.members:
            tally.faults.extend(_read(world, name, keys[name], tally))
        tally.faults.extend(_answered(world, codename, keys, tally))


def _read(world: World, name: str, key: sq.Tsk, tally: Tally) -> Iterator[str]:
    """Read with the workstation, and open every sealed item of the vault with Sequoia alone."""
    member = world.members[name]
    cases = member.json("cases")
    shown = member.json("read", cases[0]["case"])["items"] if cases else []
    if [item.get("text") for item in shown] != [TEXT]:
        yield f"{name}'s workstation does not read what was sealed to a key of Sequoia's"
    for sealed in sorted(member.vault.rglob("*.pgp")):
        by_gpg = member.unseal(sealed)
        try:
            by_sequoia = bytes(sq.decrypt(sealed.read_bytes(), key.decryptor()).bytes or b"")
        except Exception as error:
            yield f"Sequoia does not open an item for {name}: {type(error).__name__}"
            continue
        tally.opened += 1
        if by_gpg is None or by_gpg != by_sequoia:
            yield f"Sequoia and GnuPG read different things in an item for {name}"


def _answered(world: World, codename: str, keys: dict[str, sq.Tsk], tally: Tally) -> Iterator[str]:
    for name in ("bob", "carla"):
        member = world.members[name]
        case = member.json("cases")[0]["case"]
        text = world.root / f"{name}.txt"
        text.write_text(f"You are not alone. {name}\n", encoding="utf-8")
        member.run("reply", case, "--text-file", text)
        bundle = world.root / f"by-{name}.tar"
        member.run("export", bundle)
        if not verified(bundle, keys[name].extract_certificate()):
            yield f"Sequoia does not verify the answer bundle of {name}"
        tally.signatures += 1
        world.drop.server("import", bundle)
    page = come_back(Visitor("127.0.0.1", world.drop.port), codename)
    for name in ("bob", "carla"):
        if f"You are not alone. {name}" not in page.text:
            yield f"the reporter does not read the reply of {name}, whose key is Sequoia's"
        tally.replies += 1


def verified(bundle: Path, certificate: sq.Cert) -> bool:
    """Verify an answer bundle's signature with Sequoia alone, as docs/formats.md tells."""
    with tarfile.open(bundle) as archive:
        parts = {
            name: file.read()
            for name in ("manifest.json", "manifest.sig")
            if (file := archive.extractfile(name)) is not None
        }
    try:
        found = sq.verify(
            bytes=SIGNED_FIRST + parts["manifest.json"],
            store=lambda _ids: [certificate],
            signature=sq.Sig.from_bytes(parts["manifest.sig"]),
        )
    except Exception:
        return False
    return len(found.valid_sigs) == 1


def _signatures(folder: Path, keys: dict[str, sq.Tsk], made: dict[str, Person], tally: Tally) -> Iterator[str]:
    """Verify what Sequoia signs by the function that the drop and the workstation verify with."""
    gpg = Gpg(factories.new_home(folder, "verifies"))
    for name, key in keys.items():
        gpg.import_keys(str(key.extract_certificate()).encode())
        signature = sq.sign(key.signer(), SIGNED_FIRST + name.encode(), mode=sq.SignatureMode.DETACHED)
        try:
            signer = gpg.verify_detached(SIGNED_FIRST + name.encode(), bytes(signature), [made[name].fingerprint])
        except Exception as error:
            yield f"a signature of Sequoia's by {name} is refused: {type(error).__name__}"
            continue
        tally.signatures += 1
        if signer != made[name].fingerprint:
            yield f"a signature of Sequoia's by {name} counts as another's"


def _refused(folder: Path, made: dict[str, Person], tally: Tally) -> Iterator[str]:
    """Propose keys that GnuPG cannot use; each must be refused with an error and a hint, and sit at no desk."""
    world = World.make(factories.new_home(folder, "refuses"), {"anna": made["anna"]}, {"anna": "advisers"})
    world.drop.server("init")
    for name, (profile, suite) in REFUSED.items():
        key = folder / "refused.asc"
        key.write_text(str(make("dave", suite, profile).extract_certificate()), encoding="ascii")
        command = [
            str(BIN / "dropbox-server"),
            "keys",
            "add",
            "--desk",
            "advisers",
            str(key),
            "--config",
            str(world.drop.config),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 1 or "error:" not in done.stderr or "hint:" not in done.stderr:
            yield f"a key ({name}) that nothing can be sealed to is not refused clearly: {done.stderr.strip()[-200:]}"
        tally.refused += 1
