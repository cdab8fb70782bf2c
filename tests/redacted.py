"""Files with something to hide, and what can be dug out of a finished PDF: for tests of redacting."""

import re
import subprocess
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

import pytest
from PIL import Image

from dropbox.envelope import Attachment
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import read_case
from dropbox.workstation.redacting import RedactedFile, redact
from dropbox.workstation.redacting_boxes import Box
from dropbox.workstation.redacting_words import Find, find_nothing
from dropbox.workstation.vault import Vault, open_vault
from tests.envelopes import Case
from tests.factories_bundles import World

HIDING = re.compile(
    rb"/(?:Annots?|AcroForm|EmbeddedFiles?|Filespec|OCGs?|OCProperties|Metadata|Thumb|JavaScript|Names|Outlines|Font)\b"
)
"""What in a PDF can carry something that is not seen on its pages."""


def finder(*names: str) -> Find:
    """Return the plainest way to look for names."""
    forms = [re.compile(re.escape(name).replace(r"\ ", r"\s+"), re.IGNORECASE) for name in names]
    return lambda text: [match.span() for form in forms for match in form.finditer(text)]


@contextmanager
def attached(here: World, monkeypatch: pytest.MonkeyPatch, data: bytes) -> Iterator[tuple[Vault, Opened, Attachment]]:
    """Send a file, import it, and give it in an opened vault."""
    case = Case()
    here.start()
    here.drop.send(case, "", [("a", "application/octet-stream", data)])
    here.anna.ok("import", here.drop.pickup())
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    with open_vault(here.anna.vault) as vault:
        opened = read_case(vault, vault.casebook.find_case(case.id)).opened[0]
        assert opened is not None
        yield vault, opened, opened.envelope.index.attachments[0]


Redact = Callable[..., RedactedFile]


def redacted(
    here: World,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
    boxes: Sequence[Box] = (),
    find: Find = find_nothing,
) -> RedactedFile:
    with attached(here, monkeypatch, data) as (vault, opened, attachment):
        return redact(vault, opened, attachment, boxes, find)


def text_pdf(*lines: str, size: int = 24, more: Iterable[bytes] = (), page: bytes = b"", catalog: bytes = b"") -> bytes:
    """A PDF of one page with these lines; `more` objects begin at number 6."""
    shown = "".join(f"({line}) Tj 0 -{2 * size} Td " for line in lines)
    return written(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        stream(f"BT /F1 {size} Tf 72 700 Td {shown}ET".encode()),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<</Font<</F1 5 0 R>>>>%s>>" % page,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *more,
    )


def stream(data: bytes, kind: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (kind, len(data), data)


def written(*objects: bytes) -> bytes:
    """Return a PDF of these objects, numbered from 1; the first one is its catalogue."""
    out, places = b"%PDF-1.6\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + table + end


def text_of(pdf: bytes) -> str:
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def dug_up(pdf: bytes) -> bytes:
    """Return a PDF's bytes and all its streams, inflated."""
    found = [pdf]
    for match in re.finditer(rb"stream\r?\n", pdf):
        try:
            found.append(zlib.decompressobj().decompress(pdf[match.end() :]))
        except zlib.error:
            continue
    return b"\n".join(found)


def structure(pdf: bytes) -> bytes:
    """Return what a PDF says beside its pixels: its objects without their streams, and those streams that are text."""
    plain = re.sub(rb"stream\r?\n.*?endstream", b"", pdf, flags=re.DOTALL)
    found = [plain]
    for match in re.finditer(rb"/ObjStm.*?stream\r?\n", pdf, flags=re.DOTALL):
        found.append(zlib.decompressobj().decompress(pdf[match.end() :]))
    return b"\n".join(found)


def pictures_of(pdf: bytes, side: int = 2000) -> list[Image.Image]:
    """Return the pages as anybody sees them."""
    command = ["pdftoppm", "-scale-to", str(side), "-"]
    data = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    pictures, at = [], BytesIO(data)
    while at.tell() < len(data):
        head = b"".join(at.readline() for _ in range(3)).split()
        width, height = int(head[1]), int(head[2])
        pictures.append(Image.frombytes("RGB", (width, height), at.read(width * height * 3)))
    return pictures


def is_black(picture: Image.Image, box: Box, rim: int = 4) -> bool:
    width, height = picture.size
    place = (
        box.x * width // 1000 + rim,
        box.y * height // 1000 + rim,
        (box.x + box.width) * width // 1000 - rim,
        (box.y + box.height) * height // 1000 - rim,
    )
    return max(max(band) for band in picture.crop(place).getextrema()) < 48  # type: ignore[arg-type]
