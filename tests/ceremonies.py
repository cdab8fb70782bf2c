"""An investigator who has nothing yet: an empty home whose agent is quick, and a key that they made themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import Fingerprint, Passphrase
from tests import factories

PASSPHRASE = Passphrase("gravel sixpence umbrella tundra")
# far below what gpg-agent takes by itself: here the work of guessing protects nobody
QUICK_AGENT = "s2k-count 65536\n"


@dataclass(frozen=True)
class Newcomer:
    """A home of one's own with a key under PASSPHRASE, and a folder beside it for files."""

    home: Path
    key: Fingerprint
    files: Path

    @property
    def gpg(self) -> Gpg:
        return Gpg(self.home, agent=True)

    @property
    def info(self) -> KeyInfo:
        return self.gpg.secret_keys()[0]

    def forget(self) -> None:
        """Let the agent forget the passphrase."""
        self.gpg.end_agent()


def quick_home(folder: Path, name: str = "h") -> Path:
    home = factories.new_home(folder, name)
    (home / "gpg-agent.conf").write_text(QUICK_AGENT)
    return home


@contextmanager
def newcomer() -> Iterator[Newcomer]:
    with factories.short_dir() as folder:
        home = quick_home(folder)
        key = Gpg(home, agent=True).make_key("Anna de Wit", PASSPHRASE, 2)
        files = folder / "stick"
        files.mkdir()
        yield Newcomer(home, key, files)


_CURVES = ("(curve Ed25519)(flags eddsa)", "(curve Curve25519)(flags djb-tweak)")
_SLOTS = ("OPENPGP.1", "OPENPGP.2")


def leave_stubs(home: Path, key: Fingerprint, serial: str = "D2760001240103040006123456780000") -> None:
    """Leave what gpg has of a key on a card: stubs that name the card and its slots, and no secret half."""
    listing = factories.run_gpg(home, "--with-colons", "--with-keygrip", "--with-key-data", "--list-keys", key).decode()
    fields = [line.split(":") for line in listing.splitlines()]
    grips = [line[9] for line in fields if line[0] == "grp"]
    points = [line[3] for line in fields if line[0] == "pkd" and line[1] == "1"]
    Gpg(home, agent=True).end_agent()
    for grip, point, curve, slot in zip(grips, points, _CURVES, _SLOTS, strict=True):
        # gpg-agent's form of a key on a card (agent/keyformat.txt): the public half, the card and its slot
        stub = f"(shadowed-private-key (ecc {curve}(q #{point}#)(shadowed t1-v1 (#{serial}# {slot}))))"
        (home / "private-keys-v1.d" / f"{grip}.key").write_text(f"Key: {stub}\n")
