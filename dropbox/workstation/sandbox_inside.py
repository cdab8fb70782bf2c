"""The program that runs inside the sandbox: turns a stranger's file into raw pixels, or lists an archive's names.

It is started by `sandbox` alone, with the file on standard input, and imports nothing of this package: in there is no
package, no home, no vault and no network. Everything in this room may be in the file's power from its first byte on,
so whoever reads the frames that it writes believes nothing of them.
"""

import importlib
import json
import os
import re
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

CONTENT = "/proc/self/fd/0"
_BESIDE = "/beside"
_PPM_HEAD = re.compile(rb"P6\n(\d{1,5}) (\d{1,5})\n255\n")
_PAGES = re.compile(rb"^Pages: +(\d{1,9})$", re.MULTILINE)
_MAX_INFO_BYTES = 64 * 1024
_MAX_WORDS_BYTES = 8 * 1024 * 1024
_NAME_BYTES = 255
_PICTURES = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "ICO")
_CLEANER = (
    "from libmat2 import pdf; paper = pdf.PDFParser('/room/paper.pdf'); "
    "paper.lightweight_cleaning = True; raise SystemExit(0 if paper.remove_all() else 1)"
)
_OFFICE_RESTART = 81  # what the office program ends with after it has made its profile


class Stop(Exception):
    """The end of a job, with one word that says why; the words are `sandbox.REASONS`."""


class Reading:
    """What the starter asked for: the job, its first page and the limits, in the units that their names say."""

    def __init__(self, text: str) -> None:
        asked = json.loads(text)
        self.job: str = asked["job"]
        self.first_page: int = asked["first_page"]
        self.words: bool = asked["words"]
        self.languages: str = asked["languages"]
        self.limits: dict[str, int] = asked["limits"]

    def __getitem__(self, limit: str) -> int:
        return self.limits[limit]


def main() -> None:
    reading = Reading(sys.argv[1])
    _limit_self(reading)
    _beside("sandbox_calls").check_architecture()
    send(b"H")
    try:
        _JOBS[reading.job](reading)
    except Stop as stop:
        send(b"R", str(stop).encode())
    except MemoryError:
        send(b"R", b"too-large")
    except Exception:  # a decoder may raise anything over a hostile file; what it says is the file's, not ours
        send(b"R", b"damaged")
    send(b"E")


def send(kind: bytes, *parts: bytes) -> None:
    """Write one frame: a letter, the length of what follows in 4 bytes, and that."""
    sys.stdout.buffer.write(kind + struct.pack(">L", sum(map(len, parts))))
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def _limit_self(reading: Reading) -> None:
    for name in ("CORE", "AS", "CPU", "FSIZE", "NPROC", "NOFILE"):
        value = reading[name]
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def _close_calls(*, threads: bool) -> None:
    _beside("sandbox_calls").close_calls(threads=threads)


def _beside(room: str) -> Any:
    """Return a room of ours that was laid in here, out of the file's reach; -I keeps a program's own folder closed."""
    if _BESIDE not in sys.path:
        sys.path.insert(0, _BESIDE)
    return importlib.import_module(room)


# --- pictures -----------------------------------------------------------------------------------------------------


def _pictures(reading: Reading) -> None:
    sys.path.insert(0, "/site")
    from PIL import AvifImagePlugin, Image  # noqa: PLC0415

    _close_calls(threads=False)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = None  # the size is looked at below, before a pixel is unpacked
    with Image.open(sys.stdin.buffer, formats=_PICTURES) as image:
        frames = max(1, min(getattr(image, "n_frames", 1), reading["total_pages"]))
        send(b"N", struct.pack(">L", frames))
        for number in range(reading.first_page - 1, min(frames, reading.first_page - 1 + reading["pages"])):
            image.seek(number)
            _send_picture(image, reading)


def _send_picture(image: Any, reading: Reading) -> None:
    from PIL import Image, ImageOps  # noqa: PLC0415

    width, height = image.size
    if width * height > reading["source_pixels"]:
        raise Stop("too-large")
    side = reading["page_side"]
    if image.format in ("JPEG", "MPO"):
        image.draft("RGB", (side, side))  # decodes at a half, a quarter or an eighth: a large photo takes little
    frame = image.copy() if image.mode in ("RGB", "RGBA", "L", "LA") else _plain(image)
    frame.thumbnail((side, side), reducing_gap=2.0)
    # the orientation is the file's own word, and of little pixels now
    frame = ImageOps.exif_transpose(frame) if image.format != "GIF" else frame
    if frame.mode in ("RGBA", "LA"):
        frame = frame.convert("RGBA")
        paper = Image.new("RGBA", frame.size, "white")
        paper.alpha_composite(frame)
        frame = paper
    frame = frame.convert("RGB")
    send(b"P", struct.pack(">LL", *frame.size), frame.tobytes())


def _plain(image: Any) -> Any:
    """Return the picture in 8 bits a colour; 16-bit greys are scaled first, or nearly all would come out white."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("I", "F"):
        return image.convert("L")
    return image.convert("RGBA" if image.mode in ("P", "PA", "La", "RGBa") else "RGB")


# --- documents ----------------------------------------------------------------------------------------------------


def _pdf(reading: Reading) -> None:
    _send_pages(reading, CONTENT)


def _office(reading: Reading) -> None:
    """Let the office program make a PDF of it, in this same sandbox, and go on with that."""
    os.mkdir("/room/out")  # noqa: PTH102  # a folder in memory of this sandbox alone
    command = [
        "/office/program/soffice.bin",
        "-env:UserInstallation=file:///room/profile",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo", "--nofirststartwizard"),
        *("--convert-to", "pdf", "--outdir", "/room/out", "/room/content"),
    ]
    with open("/room/content", "wb") as target, open(CONTENT, "rb") as source:  # noqa: PTH123
        while chunk := source.read(1 << 20):
            target.write(chunk)
    for _ in range(2):
        ended = _run(command, reading["office_seconds"], threads=True)[0]
        if ended != _OFFICE_RESTART:
            break
    if not os.path.exists("/room/out/content.pdf"):  # noqa: PTH110
        raise Stop("damaged")
    _send_pages(reading, "/room/out/content.pdf")


def _send_pages(reading: Reading, path: str) -> None:
    code, told = _run(["/usr/bin/pdfinfo", path], reading["page_seconds"], max_bytes=_MAX_INFO_BYTES)
    found = _PAGES.search(told)
    if code != 0 or found is None:
        raise Stop("damaged")
    total = min(int(found[1]), reading["total_pages"])
    if not total:
        raise Stop("damaged")
    send(b"N", struct.pack(">L", total))
    failed = 0
    for number in range(reading.first_page, min(total, reading.first_page + reading["pages"] - 1) + 1):
        pixels = _page(reading, path, number)
        send(b"P", *pixels) if pixels else send(b"X")
        if pixels and reading.words:
            _send_words(reading, path, number, struct.unpack(">LL", pixels[0]))
        failed = 0 if pixels else failed + 1
        if failed == reading["failed_pages"]:
            raise Stop("too-slow")


def _page(reading: Reading, path: str, number: int) -> tuple[bytes, bytes] | None:
    """Return one page as width and height, and its pixels; nothing where it cannot be drawn within its limits."""
    side = reading["page_side"]
    command = ["/usr/bin/pdftoppm", "-q", "-cropbox", "-f", f"{number}", "-l", f"{number}", "-scale-to", f"{side}"]
    code, ppm = _run([*command, path], reading["page_seconds"], max_bytes=side * side * 3 + 64)
    head = _PPM_HEAD.match(ppm)
    if code != 0 or head is None:
        return None
    width, height = int(head[1]), int(head[2])
    pixels = memoryview(ppm)[head.end() :]
    if not (0 < width <= side and 0 < height <= side and len(pixels) == width * height * 3):
        return None
    return struct.pack(">LL", width, height), bytes(pixels)


# --- words, and a paper's last cleaning ---------------------------------------------------------------------------


def _send_words(reading: Reading, path: str, number: int, drawn: tuple[int, ...]) -> None:
    """Send the words that poppler finds on a page; whatever keeps it from finding them ends the job."""
    page = ["-q", "-cropbox", "-bbox", "-f", f"{number}", "-l", f"{number}", path, "-"]
    told = _told(["/usr/bin/pdftotext", *page], reading)
    straight = _told(["/usr/bin/pdftotext", "-nodiag", *page], reading)
    send(b"W", _beside("sandbox_words").of_pdf(told, straight, drawn))


def _told(command: Sequence[str], reading: Reading) -> bytes:
    code, told = _run(command, reading["page_seconds"], max_bytes=_MAX_WORDS_BYTES)
    if code != 0 or len(told) > _MAX_WORDS_BYTES:
        raise Stop("too-slow")
    return told


def _read_picture(reading: Reading) -> None:
    """Have tesseract read a picture that we made: first as a page, then as one with words here and there."""
    with open(CONTENT, "rb") as source:  # noqa: PTH123
        head = _PPM_HEAD.match(source.read(64))
    if head is None:
        raise Stop("damaged")
    for layout in ("3", "11"):
        command = ["/usr/bin/tesseract", CONTENT, "stdout", "-l", reading.languages, "--psm", layout, "tsv"]
        words = _beside("sandbox_words").of_tsv(_told(command, reading), int(head[1]), int(head[2]))
        if words:
            break
    send(b"W", words)


def _clean(reading: Reading) -> None:
    """Have mat2 go over a PDF that we made. Its own program starts others; its library does not."""
    with open("/room/paper.pdf", "wb") as target, open(CONTENT, "rb") as source:  # noqa: PTH123
        while chunk := source.read(1 << 20):
            target.write(chunk)
    code, _ = _run(["/usr/bin/python3", "-I", "-B", "-c", _CLEANER], reading["office_seconds"], threads=True)
    if code != 0:
        raise Stop("damaged")
    with open("/room/paper.cleaned.pdf", "rb") as cleaned:  # noqa: PTH123
        send(b"D", cleaned.read())


def _run(command: Sequence[str], seconds: int, *, max_bytes: int = 0, threads: bool = False) -> tuple[int, bytes]:
    """Run a program that may start no other, and return its exit code and what it wrote, up to a limit."""
    with subprocess.Popen(
        command,
        stdin=sys.stdin,
        stdout=subprocess.PIPE if max_bytes else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: _close_calls(threads=threads),  # noqa: PLW1509  # one thread runs here
    ) as process:
        wall = _Wall(process.kill, seconds)
        try:
            told = process.stdout.read(max_bytes + 1) if process.stdout else b""
            if len(told) > max_bytes:
                process.kill()
            return process.wait(), told
        finally:
            process.kill()
            wall.end()


class _Wall:
    """A clock on the wall: calls `strike` after some seconds, unless it was ended before. No thread, a signal."""

    def __init__(self, strike: Callable[[], object], seconds: int) -> None:
        import signal  # noqa: PLC0415

        self._signal = signal
        signal.signal(signal.SIGALRM, lambda *_: strike())
        signal.alarm(seconds)

    def end(self) -> None:
        self._signal.alarm(0)


# --- archives -----------------------------------------------------------------------------------------------------


def _zip(reading: Reading) -> None:
    _close_calls(threads=False)
    with zipfile.ZipFile(sys.stdin.buffer) as archive:
        listed = archive.infolist()
        _send_names(reading, len(listed), ((each.filename, each.file_size) for each in listed))


def _tar(reading: Reading) -> None:
    """List a tar, packed or not; how far it is unpacked for that is bounded by this process's own limits."""
    _close_calls(threads=False)
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r:*") as archive:
        _send_names(reading, None, ((each.name, each.size) for each in archive))


def _send_names(reading: Reading, total: int | None, names: Iterator[tuple[str, int]]) -> None:
    if total is not None:
        send(b"N", struct.pack(">L", min(total, 0xFFFFFFFF)))
    for number, (name, size) in enumerate(names):
        if number == reading["names"]:
            raise Stop("more")
        bounded = name.encode("utf-8", "replace")[:_NAME_BYTES]
        send(b"F", struct.pack(">Q", min(size, (1 << 63) - 1)), bounded)


_JOBS: dict[str, Callable[[Reading], None]] = {
    "picture": _pictures,
    "pdf": _pdf,
    "office": _office,
    "zip": _zip,
    "tar": _tar,
    "ocr": _read_picture,
    "clean": _clean,
}

if __name__ == "__main__":
    main()
