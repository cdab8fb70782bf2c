"""The sandbox: a stranger's file goes in on standard input, and raw pixels or bare names come out of bubblewrap.

No network, no home, no vault, nothing to write to but a small folder in memory; bounds on time, memory and processes.
Where the sandbox cannot be had nothing is opened. Beside main this is the workstation's only room that starts
processes.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from dropbox.errors import OfficeMissing, PopplerMissing, SandboxForbidden, SandboxMissing
from dropbox.workstation.sandbox_frames import LIMITS, Frame, Limits, Reader, read_frames

_INSIDE = Path(__file__).with_name("sandbox_inside.py")
_CALLS = Path(__file__).with_name("sandbox_calls.py")
_WORDS = Path(__file__).with_name("sandbox_words.py")
_POPPLER = ("pdftoppm", "pdfinfo", "pdftotext")
_READABLE = Path("/usr/share/tesseract-ocr")
_MAX_LANGUAGES = 4
# what the libraries of /usr look for elsewhere: fonts, and the loader's list of where libraries lie
_FURNISHING = ("/etc/fonts", "/var/cache/fontconfig", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")


class Job(StrEnum):
    PICTURE = "picture"
    PDF = "pdf"
    OFFICE = "office"
    ZIP = "zip"
    TAR = "tar"
    OCR = "ocr"
    CLEAN = "clean"


@contextmanager
def frames(
    job: Job, content: int, first_page: int = 1, limits: Limits = LIMITS, *, words: bool = False
) -> Iterator[Iterator[Frame]]:
    """Run one job over the bytes behind a descriptor of anonymous memory and give what comes out, frame by frame.

    words: after each page of a document, which words stand where. Whatever happens, nothing of it runs on when the
    context is left. Raises SandboxMissing, SandboxForbidden, PopplerMissing, OfficeMissing; and FileOutOfBounds while
    the frames are read.
    """
    command = [*_walls(job, limits), *_program(job, first_page, limits, words)]
    deadline = time.monotonic() + limits.wall_seconds
    process = subprocess.Popen(
        command, stdin=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, close_fds=True
    )
    try:
        reader = Reader(process.stdout.fileno() if process.stdout is not None else -1, deadline)
        if not reader.starts():
            raise SandboxForbidden
        yield read_frames(reader, limits)
    finally:
        # the sandbox's first process dies with bubblewrap, and all others with that
        process.kill()
        if process.stdout is not None:
            process.stdout.close()
        process.wait()


def require(job: Job) -> None:
    """Raise SandboxMissing, PopplerMissing or OfficeMissing when this machine lacks what the job needs."""
    if _which("bwrap") is None:
        raise SandboxMissing
    if job in (Job.PDF, Job.OFFICE) and not all(Path("/usr/bin", each).exists() for each in _POPPLER):
        raise PopplerMissing
    if job is Job.OFFICE and _office_folder() is None:
        raise OfficeMissing


def has_reader() -> bool:
    """Whether this machine can read the words in a picture: tesseract, and a language for it."""
    return Path("/usr/bin/tesseract").exists() and bool(_languages())


def has_cleaner() -> bool:
    """Whether this machine has mat2."""
    return Path("/usr/bin/mat2").exists()


def _languages() -> str:
    """Return the languages that tesseract was given here, Dutch and English first."""
    found = {path.stem for path in _READABLE.glob("*/tessdata/*.traineddata")} - {"osd", "equ"}
    return "+".join(sorted(found, key=lambda each: (each not in ("nld", "eng"), each))[:_MAX_LANGUAGES])


def _walls(job: Job, limits: Limits) -> list[str]:
    """Return bubblewrap's part of the command: everything that is not named here is not there."""
    require(job)
    command = [
        *(str(_which("bwrap")), "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--new-session", "--clearenv", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534"),
        *("--hostname", "sandbox", "--ro-bind", "/usr", "/usr", *_top_folders()),
        *("--proc", "/proc", "--dev", "/dev", "--size", str(limits.folder_bytes), "--tmpfs", "/room"),
    ]
    for path in _FURNISHING:
        command += ["--ro-bind-try", path, path]
    for source, target in _own_binds(job):
        command += ["--ro-bind", str(source), target]
    if job is Job.OFFICE:
        command += ["--ro-bind-try", "/etc/libreoffice", "/etc/libreoffice"]
        command += ["--symlink", "room", "/tmp"]  # noqa: S108  # nosec B108 -- inside; it makes its sockets there
    environment = {"PATH": "/usr/bin", "HOME": "/room", "TMPDIR": "/room", "LANG": "C.UTF-8"}
    environment |= {"OMP_THREAD_LIMIT": "1"} if job is Job.OCR else {}  # it may start no thread there
    for name, value in environment.items():
        command += ["--setenv", name, value]
    # the root and /dev are folders in memory without a bound of their own
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/room", "--"]


def _top_folders() -> list[str]:
    """Return /lib and its like as they are here: links into /usr, or folders of their own on an older system."""
    command: list[str] = []
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            command += ["--ro-bind", name, name]
    return command


def _own_binds(job: Job) -> Iterator[tuple[Path, str]]:
    """Give what the program inside needs beyond /usr, each under a name that tells nothing of this machine."""
    yield _INSIDE, "/inside.py"
    yield _CALLS, "/beside/sandbox_calls.py"
    if job in (Job.PDF, Job.OFFICE, Job.OCR):
        yield _WORDS, "/beside/sandbox_words.py"
    if not _base().is_relative_to("/usr"):
        yield _base(), "/python"
    if job is Job.PICTURE:
        package = _pillow()
        yield package, "/site/PIL"
        libraries = package.with_name("pillow.libs")
        if libraries.is_dir():
            yield libraries, "/site/pillow.libs"
    folder = _office_folder() if job is Job.OFFICE else None
    if folder is not None:
        yield folder, "/office"


def _program(job: Job, first_page: int, limits: Limits, words: bool) -> list[str]:
    prefix = _base() if _base().is_relative_to("/usr") else Path("/python")
    python = prefix / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    asked = {
        "job": job.value,
        "first_page": first_page,
        "limits": _for_the_inside(limits),
        "words": words,
        "languages": _languages() if job is Job.OCR else "",
    }
    return [str(python), "-I", "-S", "-B", "-X", "utf8", "/inside.py", json.dumps(asked)]


def _for_the_inside(limits: Limits) -> dict[str, int]:
    return {
        "CORE": 0,
        "AS": limits.address_bytes,
        "CPU": limits.cpu_seconds,
        "FSIZE": limits.folder_bytes,
        "NPROC": limits.processes,
        "NOFILE": limits.open_files,
        "source_pixels": limits.source_pixels,
        "page_side": limits.page_side_pixels,
        "pages": limits.pages,
        "total_pages": limits.total_pages,
        "page_seconds": limits.page_seconds,
        "office_seconds": limits.office_seconds,
        "failed_pages": limits.failed_pages,
        "names": limits.names,
    }


def _base() -> Path:
    """Return the folder of the interpreter itself: that of a virtual environment holds links and packages only."""
    return Path(sys.base_prefix).resolve()


def _pillow() -> Path:
    """Return where Pillow lies, be it in a virtual environment, the system's packages or a folder of wheels."""
    found = importlib.util.find_spec("PIL")
    if found is None or found.origin is None:
        raise SandboxMissing
    return Path(found.origin).resolve().parent


def _office_folder() -> Path | None:
    starter = _which("soffice") or _which("libreoffice")
    if starter is None:
        return None
    program = starter.resolve().with_name("soffice.bin")
    return program.parents[1] if program.is_file() else None


def _which(name: str) -> Path | None:
    found = shutil.which(name, path="/usr/bin:/usr/local/bin:/bin")
    return None if found is None else Path(found)
