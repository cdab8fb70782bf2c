"""Checks a kit on the offline machine: the signature over the list, every file against the list, whose key signed it.

Python's own library only; speaks to standard error alone. Nothing else of the kit is believed or run before this is
done, and this itself was checked by hand, as the guide tells.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

LIST, SIGNATURE, SIGNER = "SHA256SUMS", "SHA256SUMS.asc", "signer.asc"
UNLISTED = {LIST, SIGNATURE, SIGNER}
"""The list cannot hold itself; the signer's key is believed only for its fingerprint, which a person compares."""
MAX_LIST_BYTES = 1 << 20
GROUPS = 10
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*)")
_STRONG_HASHES = {"8", "9", "10"}
"""SHA-256, SHA-384 and SHA-512 by OpenPGP's numbers."""
_VERDICTS = {"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG"}
_DAY_SECONDS = 86400
USAGE = """\
gebruik / usage: sh verify-and-start [--signer FINGERPRINT] [--check | --menu] [COMMAND …]
  (zonder opdracht: open / without a command: open)
  --signer FINGERPRINT  vingerafdruk van de beheerder / the operator's fingerprint
  --check               alleen controleren / only verify
  --menu                in het menu van het bureaublad zetten / put into the desktop's menu
  courier key           op de machine met internet: een sleutel voor de koerier / on the online machine: a client key"""


class Refusal(Exception):
    """What is wrong, and what to do, each in Dutch and in English."""

    def __init__(self, dutch: str, english: str, tip: str = "", hint: str = "") -> None:
        super().__init__(english)
        self.lines = [f"fout: {dutch}", f"error: {english}"]
        self.lines += [f"tip: {tip}", f"hint: {hint}"] if tip else []


@dataclass(frozen=True)
class Signature:
    signer: str
    at: int
    expired: bool
    """The signer's key has expired since."""


@dataclass(frozen=True)
class Kit:
    """A kit whose list is signed and whose files are those of the list."""

    folder: Path
    hashes: dict[str, str]
    digest: str
    """Of the list itself."""
    signature: Signature


def say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def in_groups(fingerprint: str) -> str:
    """Return a fingerprint in groups of four, as people read it to each other."""
    groups = [fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4)]
    return f"{' '.join(groups[: GROUPS // 2])}  {' '.join(groups[GROUPS // 2 :])}"


def verify_kit(folder: Path) -> Kit:
    """Check the signature over the list, then every file against it. Raises Refusal."""
    listed = _read_list(folder)
    signature = verify_signature(folder, listed)
    hashes = parse_list(listed)
    _compare(folder, hashes)
    return Kit(folder, hashes, hashlib.sha256(listed).hexdigest(), signature)


def _read_list(folder: Path) -> bytes:
    if missing := sorted(name for name in UNLISTED if not (folder / name).is_file()):
        raise Refusal(
            f"{missing[0]} ontbreekt: deze kit is niet ondertekend of niet volledig.",
            f"{missing[0]} is missing: this kit is not signed or not complete.",
            "Start niets hieruit. Vraag de beheerder om een ondertekende kit.",
            "Start nothing from it. Ask the operator for a signed kit.",
        )
    with (folder / LIST).open("rb") as file:
        return file.read(MAX_LIST_BYTES)


def verify_signature(folder: Path, listed: bytes) -> Signature:
    """Check the detached signature with the key beside it, in a GnuPG home of its own. Raises Refusal."""
    with tempfile.TemporaryDirectory(prefix="kit-") as home:
        gpg = ["gpg", "--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--status-fd", "1"]
        gpg += ["--trust-model", "always", "--disable-dirmngr", "--no-auto-key-locate", "--no-auto-check-trustdb"]
        for arguments, data in (
            (["--import", str(folder / SIGNER)], b""),
            (["--verify", str(folder / SIGNATURE), "-"], listed),
        ):
            done = subprocess.run([*gpg, *arguments], input=data, capture_output=True, check=False)
    return _judge(done.stdout.decode("utf-8", "replace"))


def _judge(status: str) -> Signature:
    said = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    verdicts = [words[0] for words in said if words and words[0] in _VERDICTS]
    valid = [words[1:] for words in said if words and words[0] == "VALIDSIG"]
    if len(verdicts) == len(valid) == 1 and verdicts[0] in {"GOODSIG", "EXPKEYSIG"}:
        made, algorithm, signer = int(valid[0][2]), valid[0][7], valid[0][9]
        if algorithm in _STRONG_HASHES:
            return Signature(signer, made, verdicts[0] == "EXPKEYSIG")
    raise Refusal(
        "de handtekening onder de lijst klopt niet.",
        "the signature under the list is not good.",
        "Start niets uit deze kit. Bel de beheerder. Staat de klok van deze machine goed?",
        "Start nothing from this kit. Call the operator. Is this machine's clock right?",
    )


def parse_list(listed: bytes) -> dict[str, str]:
    """Return the hash of each path in a list. Raises Refusal for anything but plain, sorted, single lines."""
    lines = listed.decode("ascii", "replace").split("\n")
    matches = [_LINE.fullmatch(line) for line in lines[:-1]]
    hashes = {match[2]: match[1] for match in matches if match}
    if lines[-1] or list(hashes) != sorted(hashes) or len(hashes) != len(matches) or UNLISTED & set(hashes):
        raise Refusal("de lijst SHA256SUMS is onleesbaar.", "the list SHA256SUMS cannot be read.")
    return hashes


def _compare(folder: Path, hashes: dict[str, str]) -> None:
    """Refuse a file that is not on the list, is missing, or has changed."""
    found = set(walk(folder)) - UNLISTED
    if extra := sorted(found - set(hashes)):
        raise wrong("dit hoort niet in de kit", "this does not belong in the kit", extra)
    if missing := sorted(set(hashes) - found):
        raise wrong("dit ontbreekt in de kit", "this is missing from the kit", missing)
    if changed := [name for name, digest in hashes.items() if hash_of(folder / name) != digest]:
        raise wrong("dit is veranderd", "this has changed", changed)


def wrong(dutch: str, english: str, names: Sequence[str]) -> Refusal:
    shown = ", ".join(ascii(name)[1:-1] for name in names[:3]) + (" …" if len(names) > 3 else "")
    return Refusal(
        f"{dutch}: {shown}",
        f"{english}: {shown}",
        "Start niets uit deze map. Pak de kit opnieuw uit; helpt dat niet, bel dan de beheerder.",
        "Start nothing from this folder. Unpack the kit anew; if that does not help, call the operator.",
    )


def walk(folder: Path, above: str = "") -> Iterator[str]:
    """Yield every path below a folder that is not a folder itself; what is no regular file ends in a mark."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{above}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from walk(Path(entry.path), f"{name}/")
            else:
                # the mark stands in no list, so a link or a pipe is never taken for the file that it replaces
                yield name if entry.is_file(follow_symlinks=False) else f"{name}@"


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whole(kit: Kit, name: str) -> bytes:
    """Return a file's content: the very bytes that are used are those on the list, not those seen a moment before."""
    data = (kit.folder / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != kit.hashes.get(name):
        raise wrong("dit is veranderd", "this has changed", [name])
    return data


def trust(kit: Kit, told: str, store: Path) -> None:
    """See to it that a person has compared the signer's fingerprint, once on this machine. Raises Refusal."""
    known: dict[str, Any] = json.loads(store.read_text(encoding="ascii")) if store.is_file() else {}
    signature = kit.signature
    say("Ondertekend met / signed with:", f"  {in_groups(signature.signer)}")
    if told and told != signature.signer:
        raise _stranger()
    if not told and known and known["signer"] != signature.signer:
        raise _stranger()
    accepted = known.get("lists", [])
    if signature.expired and kit.digest not in accepted:
        raise Refusal(
            "de sleutel waarmee deze kit is ondertekend, is verlopen.",
            "the key that signed this kit has expired.",
            "Vraag de beheerder om een nieuwe kit. Staat de klok van deze machine goed?",
            "Ask the operator for a new kit. Is this machine's clock right?",
        )
    if signature.at > time.time() + _DAY_SECONDS:
        raise Refusal(
            "de klok van deze machine loopt achter: de kit is volgens haar in de toekomst gemaakt.",
            "this machine's clock is behind: by it the kit was made in the future.",
            "Zet de klok goed; de wettelijke termijnen hangen ervan af.",
            "Set the clock; the legal days depend on it.",
        )
    if not told and kit.digest not in accepted and signature.at < known.get("newest", 0):
        raise Refusal(
            "deze kit is ouder dan een die hier al is gebruikt.",
            "this kit is older than one that was used here before.",
            "Bel de beheerder. Moet het echt deze zijn: sh verify-and-start --signer VINGERAFDRUK",
            "Call the operator. If it must be this one: sh verify-and-start --signer FINGERPRINT",
        )
    if not told and not known:
        _ask()
    if not known or known["signer"] != signature.signer or kit.digest not in accepted:
        newest = max(signature.at, known.get("newest", 0))
        told_of = {"signer": signature.signer, "lists": sorted({*accepted, kit.digest}), "newest": newest}
        _replace(store, json.dumps(told_of))


def _stranger() -> Refusal:
    return Refusal(
        "dit is niet de sleutel van wie u vertrouwt. Start niets uit deze kit.",
        "this is not the key of whom you trust. Start nothing from this kit.",
        "Bel de beheerder. Is de sleutel echt nieuw: sh verify-and-start --signer VINGERAFDRUK",
        "Call the operator. If the key is really new: sh verify-and-start --signer FINGERPRINT",
    )


def _ask() -> None:
    if not sys.stdin.isatty():
        raise Refusal(
            "nog niemand heeft deze vingerafdruk op deze machine vergeleken.",
            "nobody has compared this fingerprint on this machine yet.",
            "Geef wat de beheerder u vertelde: sh verify-and-start --signer VINGERAFDRUK",
            "Give what the operator told you: sh verify-and-start --signer FINGERPRINT",
        )
    say("Vergelijk elke groep met wat de beheerder u zelf vertelde. Alles gelijk? Typ: ja")
    say("Compare each group with what the operator told you in person. All the same? Type: yes")
    if sys.stdin.readline().strip().lower() not in {"ja", "yes"}:
        raise Refusal("er is niets gestart.", "nothing was started.")


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="ascii")
    part.replace(path)


def data_folder() -> Path:
    """Return this user's folder for programs' data; on Tails the one that outlives the session, where there is one."""
    asked, kept = os.environ.get("XDG_DATA_HOME", ""), Path.home() / "Persistent"
    if is_tails() and not asked and kept.is_dir():
        return kept / "onion-dropbox-data"
    return Path(asked) if asked.startswith("/") else Path.home() / ".local" / "share"


def is_tails(release: Path = Path("/etc/os-release")) -> bool:
    return release.is_file() and bool(re.search(r'(?m)^ID="?tails"?$', release.read_text(encoding="utf-8")))


def run(arguments: list[str]) -> int:
    """Verify, see to trust, start. Raises Refusal."""
    told, only, wait = "", "", False
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option == "--signer" and arguments:
            told = re.sub(r"\s", "", arguments.pop(0)).upper()
        elif option in {"--check", "--menu"}:
            only = option
        elif option == "--wait":
            wait = True
        else:
            _usage()
    kit = verify_kit(Path(os.path.realpath(__file__)).parent.parent)
    kits = data_folder() / "onion-dropbox" / "kits"
    kits.mkdir(mode=0o700, parents=True, exist_ok=True)
    trust(kit, told, kits / "signer.json")
    say("De kit is in orde. / The kit is in order.")
    if only == "--check":
        return 0
    starting = _starter(kit)
    if only == "--menu":
        return int(starting.put_into_menu(kit))
    return int(starting.start(kit, kits, arguments or ["open"], wait=wait))


def _starter(kit: Kit) -> ModuleType:
    """Return the starter, made of the very bytes on the list: an import would take compiled files beside them first."""
    source = whole(kit, "verify_and_start/starting.py")
    package, starting = ModuleType("verify_and_start"), ModuleType("verify_and_start.starting")
    package.__path__ = []
    starting.__package__ = package.__name__
    sys.modules |= {package.__name__: package, "verify_and_start.checking": sys.modules[__name__]}
    exec(compile(source, "starting.py", "exec"), starting.__dict__)  # nosec B102 -- what the operator signed
    return starting


def _usage() -> NoReturn:
    say(USAGE)
    sys.exit(2)


def main(arguments: list[str]) -> int:
    """Do all of it and return the exit code."""
    os.umask(0o077)
    wait = arguments[:1] == ["--wait"]
    try:
        code = run(arguments)
    except Refusal as refusal:
        say(*refusal.lines)
        code = 1
    except OSError as error:
        say(f"fout: lezen of schrijven lukt niet: {error.strerror}", f"error: cannot read or write: {error.strerror}")
        code = 1
    if wait and code:
        say("", "Druk op Enter om dit venster te sluiten. / Press Enter to close this window.")
        sys.stdin.readline()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
