"""Files that do harm where they are opened, made on the spot: each is small, and large only for whoever believes it."""

import io
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

from PIL import Image

from dropbox.models import Fingerprint
from tests import factories


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), colour: str = "red", **save: object) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", size, colour).save(packed, form, **save)
    return packed.getvalue()


def pixel_bomb(side: int = 60_000) -> bytes:
    """A PNG of a few kilobytes whose pixels would take gigabytes."""
    row = bytes(1 + (side + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side // 100)) + packer.flush()
    head = struct.pack(">LLBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def many_frames(count: int = 3000) -> bytes:
    """A GIF with more frames than anybody wants to see."""
    frames = [Image.new("RGB", (2, 2), (number % 256, number // 256, 0)) for number in range(count)]
    packed = io.BytesIO()
    frames[0].save(packed, "GIF", save_all=True, append_images=frames[1:])
    return packed.getvalue()


def pdf(box: str = "0 0 300 400", content: bytes = b"0 0 1 rg 20 20 200 200 re f", pages: int = 1) -> bytes:
    """A PDF with pages of this MediaBox, all with the same content."""
    kids = " ".join(f"{number} 0 R" for number in range(4, 4 + pages))
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 3 0 R>>".encode()
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        *[page] * pages,
    )


def endless_pdf() -> bytes:
    """A PDF that says it has a thousand million pages, in a tree that leads back into itself."""
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 999999999/Parent 2 0 R>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>",
    )


def slow_pdf() -> bytes:
    """A PDF of a page that takes minutes to draw."""
    return pdf("0 0 600 800", b"q 0 0 600 800 re f Q\n" * 400_000)


def zip_of(**entries: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return packed.getvalue()


def zip_bomb() -> bytes:
    """A ZIP of ZIPs of zeros, which claims a petabyte for its first entry."""
    inner = zip_of(zeros=bytes(8 << 20))
    outer = zip_of(**{f"{number}.zip": inner for number in range(20)})
    at = outer.rindex(b"PK\x01\x02", 0, outer.index(b"PK\x01\x02") + 4)
    return outer[: at + 24] + struct.pack("<L", 0xFFFFFFF0) + outer[at + 28 :]


def sealed(home: Path, key: Fingerprint, data: bytes, *more: str) -> bytes:
    """Seal as a reporter does, with a gpg of their own and its usual compression."""
    return factories.run_gpg(home, "--trust-model", "always", "-r", key, *more, "--encrypt", data=data)


def busy_seal(home: Path, key: Fingerprint) -> bytes:
    """A message of a kilobyte that keeps gpg busy: packets within packets, all of which it has to skip."""
    skipped, text = _packet(10, b"PGP") * (1 << 20), _packet(11, b"b\0\0\0\0\0At last.")
    packer = zlib.compressobj(1)
    inner = b"".join(packer.compress(skipped) for _ in range(100)) + packer.compress(text) + packer.flush()
    outer = _packet(8, b"\2" + zlib.compress(_packet(8, b"\2" + inner), 9))
    command = [
        "gpg",
        "--homedir",
        str(home),
        "--batch",
        "--trust-model",
        "always",
        "-r",
        key,
        "--no-literal",
        "-z",
        "0",
    ]
    return subprocess.run([*command, "-e"], input=outer, capture_output=True, check=True).stdout


def _pdf(*objects: bytes) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))
