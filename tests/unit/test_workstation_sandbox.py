"""The sandbox from inside and outside: what a program in it cannot reach, and what of its answers is not believed."""

import os
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.errors import FileOutOfBounds, OfficeMissing, PopplerMissing, SandboxForbidden, SandboxMissing
from dropbox.workstation import sandbox, sandbox_calls
from dropbox.workstation.sandbox import Job
from dropbox.workstation.sandbox_frames import (
    HEAD,
    LIMITS,
    OFFICE_LIMITS,
    Blank,
    Frame,
    Limits,
    Name,
    Pixels,
    Reason,
    Total,
)
from tests import hostile_files

QUICK = replace(LIMITS, wall_seconds=20, page_seconds=1)
HELLO = 'import os, struct, sys\nsys.stdout.buffer.write(b"H" + bytes(4))\n'
SAY = HELLO + (
    "def say(kind, body=b''):\n"
    "    sys.stdout.buffer.write(kind + struct.pack('>L', len(body)) + body)\n"
    "    sys.stdout.buffer.flush()\n"
    "def tell(text): say(b'F', bytes(8) + str(text).encode()[:255])\n"
)


@contextmanager
def content(data: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def run(job: Job, data: bytes, limits: Limits = QUICK, first_page: int = 1) -> list[Frame]:
    with content(data) as descriptor, sandbox.frames(job, descriptor, first_page, limits) as frames:
        return list(frames)


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "TakenOver":
    return TakenOver(monkeypatch, tmp_path)


class TakenOver:
    """Puts another program in the place of ours, as a file that has broken a decoder could."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._patch, self.folder = monkeypatch, folder

    def program(self, code: str) -> None:
        path = self.folder / "inside.py"
        path.write_text(SAY + code)
        self._patch.setattr(sandbox, "_INSIDE", path)

    def poppler(self, code: str) -> None:
        """Put a program into the place of pdftoppm, inside only."""
        path = self.folder / "pdftoppm"
        path.write_text(f"#!/usr/bin/python3\n{code}\n")
        path.chmod(0o755)
        binds = sandbox._own_binds
        self._patch.setattr(sandbox, "_own_binds", lambda job: [*binds(job), (path, "/usr/bin/pdftoppm")])


def told(frames: Sequence[Frame]) -> list[str]:
    return [frame.name for frame in frames if isinstance(frame, Name)]


# --- what comes out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_a_picture_comes_out_as_bare_pixels(form: str) -> None:
    total, pixels = run(Job.PICTURE, hostile_files.picture(form, (40, 30)))
    assert total == Total(1)
    assert isinstance(pixels, Pixels)
    assert (pixels.width, pixels.height, len(pixels.rgb)) == (40, 30, 40 * 30 * 3)
    assert pixels.rgb[0] > 200 > 60 > pixels.rgb[1]


def test_a_large_picture_is_not_larger_than_a_page() -> None:
    _, pixels = run(Job.PICTURE, hostile_files.picture("JPEG", (4000, 1000)))
    assert isinstance(pixels, Pixels)
    assert (pixels.width, pixels.height) == (1600, 400)


def test_a_photo_is_not_shown_lying_on_its_side() -> None:
    from PIL import Image

    turned = Image.Exif()
    turned[0x0112] = 6
    _, pixels = run(Job.PICTURE, hostile_files.picture("JPEG", (40, 20), exif=turned))
    assert isinstance(pixels, Pixels)
    assert (pixels.width, pixels.height) == (20, 40)


def test_only_the_first_frames_of_a_moving_picture_are_shown() -> None:
    total, *pages = run(Job.PICTURE, hostile_files.many_frames(1200))
    assert total == Total(LIMITS.total_pages)
    assert len(pages) == LIMITS.pages


def test_a_pdf_comes_out_page_by_page_from_where_it_was_asked() -> None:
    total, *pages = run(Job.PDF, hostile_files.pdf(pages=12), first_page=11)
    assert total == Total(12)
    assert [(page.width, page.height) for page in pages if isinstance(page, Pixels)] == [(1200, 1600)] * 2


def test_an_archive_gives_its_names_and_nothing_else() -> None:
    frames = run(Job.ZIP, hostile_files.zip_of(**{"../../a": b"123", "b\u202e": b""}))
    assert frames == [Total(2), Name("../../a", 3), Name("b\u202e", 0)]


@pytest.mark.parametrize("job", list(Job))
def test_noise_ends_in_one_word(job: Job) -> None:
    if job is Job.OFFICE:
        pytest.skip("has a test of its own, where the office program is there")
    assert run(job, b"noise" * 100) == [Reason.DAMAGED]


@pytest.mark.skipif(sandbox._office_folder() is None, reason="no LibreOffice here")
def test_an_office_file_becomes_pixels_where_libreoffice_is() -> None:
    total, *pages = run(Job.OFFICE, rb"{\rtf1 It began in spring.\par}", OFFICE_LIMITS)
    assert total == Total(1)
    assert isinstance(pages[0], Pixels)
    assert min(pages[0].rgb) < 100 < max(pages[0].rgb)


# --- what is not there, inside ------------------------------------------------------------------------------------


def test_nothing_of_this_machine_is_inside(taken_over: TakenOver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "codename")
    here = Path(__file__).resolve().parents[2]
    places = [str(here), str(Path.home()), "/home", "/root", "/var/lib", "/etc/passwd", "/etc/hostname", "/run", "/sys"]
    taken_over.program(
        f"for place in {places!r}:\n"
        "    if os.path.exists(place): tell(place)\n"
        "tell(sorted(os.environ))\n"
        "tell(sorted(os.listdir('/')))\n"
        "tell(sorted(name for name in os.listdir('/etc')))\n"
        "say(b'E')\n"
    )
    environment, top, etc = told(run(Job.PICTURE, b""))
    assert environment in (
        "['HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR']",
        "['HOME', 'LANG', 'LC_CTYPE', 'PATH', 'PWD', 'TMPDIR']",
    )
    allowed = "beside bin dev etc inside.py lib lib32 lib64 proc python room sbin site usr var"
    assert set(eval(top)) <= set(allowed.split())
    assert set(eval(etc)) <= {"fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"}


def test_no_network_no_power_and_nowhere_to_write(taken_over: TakenOver) -> None:
    taken_over.program(
        "import socket\n"
        "tell([name for _, name in socket.if_nameindex()])\n"
        "status = open('/proc/self/status').read()\n"
        "wanted = ('CapEff', 'CapBnd', 'NoNewPrivs')\n"
        "tell([line.split()[1] for line in status.splitlines() if line.startswith(wanted)])\n"
        "for place in ('/a', '/usr/a', '/dev/a', '/dev/shm/a', '/site/a', '/etc/a', '/inside.py'):\n"
        "    try: open(place, 'w'); tell('wrote ' + place)\n"
        "    except OSError: pass\n"
        "wrote = 0\n"
        "try:\n"
        "    with open('/room/a', 'wb') as target:\n"
        "        for _ in range(2000): wrote += target.write(bytes(1 << 20))\n"
        "except OSError: pass\n"
        "tell(wrote)\n"
        "tell(sorted(int(name) for name in os.listdir('/proc') if name.isdigit())[-1] < 9)\n"
        "say(b'E')\n"
    )
    devices, powers, *wrote, size, alone = told(run(Job.PDF, b""))
    assert devices == "['lo']"
    assert powers == "['0000000000000000', '0000000000000000', '1']"
    assert not wrote
    assert 0 < int(size) <= LIMITS.folder_bytes
    assert alone == "True"


def test_the_file_itself_cannot_be_seen_from_outside_nor_kept(taken_over: TakenOver) -> None:
    """The second look begins with an empty folder."""
    taken_over.program("tell(os.listdir('/room')); open('/room/kept', 'w').close(); say(b'E')\n")
    assert [told(run(Job.PDF, b"x")) for _ in range(2)] == [["[]"], ["[]"]]


# --- bounds -------------------------------------------------------------------------------------------------------


TRIES = {
    "to split": "os.fork()",
    "to start another": "subprocess.run(['/usr/bin/true'])",
    "to start a thread": "threading.Thread(target=print).start()",
    "to open a socket": "socket.socket()",
    "to reach a socket": "socket.socketpair()",
    "to make a namespace": "check(libc.unshare(0x10000000))",
    "to mount": "check(libc.mount(b'none', b'/room', b'tmpfs', 0, None))",
    "to trace": "check(libc.ptrace(0, 0, 0, 0))",
    "memory that no limit counts": "os.memfd_create('x')",
    "shared memory": "check(libc.shmget(0, 4096, 0o1600) == -1)",
    "a queue": "check(libc.msgget(0, 0o1600) == -1)",
}


@pytest.mark.parametrize("attempt", TRIES.values(), ids=TRIES)
def test_a_hostile_pdf_is_refused_what_it_tries(taken_over: TakenOver, attempt: str) -> None:
    """Not one process, for root as for everybody: the program draws a dot that is black where it was refused."""
    taken_over.poppler(
        "import ctypes, os, socket, subprocess, sys, threading\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def check(code):\n"
        "    if code: raise OSError(ctypes.get_errno())\n"
        "seen = b'\\xff\\xff\\xff'\n"
        f"try: {attempt}\n"
        "except (OSError, RuntimeError): seen = b'\\0\\0\\0'\n"
        "sys.stdout.buffer.write(b'P6\\n1 1\\n255\\n' + seen); sys.stdout.flush(); os._exit(0)"
    )
    total, dot = run(Job.PDF, hostile_files.pdf())
    assert isinstance(dot, Pixels), "the program itself ran"
    assert (total, bytes(dot.rgb)) == (Total(1), bytes(3))


def test_a_program_that_starts_others_without_end_ends_with_the_clock(taken_over: TakenOver) -> None:
    taken_over.program("sys.stdout.flush()\nfor _ in range(4): os.fork()\nwhile True: pass\n")
    with pytest.raises(FileOutOfBounds):
        run(Job.PDF, b"", replace(QUICK, wall_seconds=2))
    until = time.monotonic() + 5  # the kernel takes a moment to end a whole namespace
    while [each for each in Path("/proc").iterdir() if str(taken_over.folder).encode() in _command(each)]:
        assert time.monotonic() < until
        time.sleep(0.05)


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(99)",
        "import sys\nwhile True: sys.stdout.write('x' * 4096)",
        "x = bytearray(4 << 30)",
        "import sys; sys.stdout.write('P6\\n9999 9999\\n255\\n'); sys.stdout.write('x' * 100)",
        "import sys; sys.stdout.write('P6\\n0 0\\n255\\n')",
        "import os; os.kill(os.getpid(), 9)",
    ],
    ids=["sleeps", "writes without end", "wants memory", "lies", "gives nothing", "dies"],
)
def test_a_page_that_takes_too_much_is_blank_and_no_more(taken_over: TakenOver, code: str) -> None:
    taken_over.poppler(code)
    assert run(Job.PDF, hostile_files.pdf()) == [Total(1), Blank()]


def test_after_two_such_pages_no_third_is_tried(taken_over: TakenOver) -> None:
    taken_over.poppler("import sys; sys.exit(1)")
    assert run(Job.PDF, hostile_files.pdf(pages=9)) == [Total(9), Blank(), Blank(), Reason.TOO_SLOW]


HUGE = LIMITS.page_side_pixels
LIES = {
    "no greeting's end": "say(b'P', struct.pack('>LL', 2, 2) + bytes(11)); say(b'E')",
    "too wide": f"say(b'P', struct.pack('>LL', {HUGE + 1}, 1) + bytes({(HUGE + 1) * 3})); say(b'E')",
    "no size": "say(b'P', struct.pack('>LL', 0, 0)); say(b'E')",
    "a frame of 4 GiB": "sys.stdout.buffer.write(b'P' + b'\\xff' * 4 + bytes(99)); sys.stdout.flush()",
    "an unknown kind": "say(b'Z'); say(b'E')",
    "an unknown reason": "say(b'R', b'/etc/passwd'); say(b'E')",
    "a reason that is no text": "say(b'R', b'\\xff'); say(b'E')",
    "a short number": "say(b'N', b'12'); say(b'E')",
    "a name without end": "say(b'F', bytes(8) + b'x' * 300); say(b'E')",
    "no end": "say(b'X')",
    "frames without end": "while True: say(b'X')",
    "more pages than were asked for": f"[say(b'X') for _ in range({LIMITS.pages + 1})]; say(b'E')",
    "half a frame": "sys.stdout.buffer.write(b'P\\0'); sys.stdout.flush()",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_frame_that_is_not_exact_is_not_believed(taken_over: TakenOver, lie: str) -> None:
    taken_over.program(lie + "\n")
    with pytest.raises(FileOutOfBounds):
        run(Job.PDF, b"")


# --- without it ---------------------------------------------------------------------------------------------------


def test_without_bubblewrap_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_which", lambda _name: None)
    with pytest.raises(SandboxMissing):
        run(Job.PICTURE, hostile_files.picture())


def test_where_the_kernel_forbids_it_nothing_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(sandbox, "_which", lambda _name: refusing)
    with pytest.raises(SandboxForbidden):
        run(Job.PICTURE, hostile_files.picture())


def test_on_a_processor_whose_calls_are_not_known_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(SystemExit):
        sandbox_calls.check_architecture()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_office_folder", lambda: None)
    with pytest.raises(OfficeMissing):
        sandbox.require(Job.OFFICE)
    monkeypatch.setattr(sandbox, "_POPPLER", ("pdftoppm-that-is-not-there",))
    with pytest.raises(PopplerMissing):
        sandbox.require(Job.PDF)


def test_an_interpreter_in_a_folder_of_its_own_is_brought_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a kit or a build of one's own: it stands under another name inside, and its folder's name is not told."""
    own = tmp_path / "own"
    (own / "bin").mkdir(parents=True)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (own / "bin" / name).symlink_to(Path(sys.base_prefix, "bin", name))
    (own / "lib").symlink_to(Path(sys.base_prefix, "lib"))
    monkeypatch.setattr(sandbox, "_base", lambda: own)
    assert run(Job.PICTURE, hostile_files.picture())[0] == Total(1)
    command = sandbox._walls(Job.PICTURE, LIMITS)
    assert command[command.index(str(own)) + 1] == "/python"


def test_each_page_is_measured_in_whole_bytes() -> None:
    assert struct.calcsize(">cL") == HEAD.size
