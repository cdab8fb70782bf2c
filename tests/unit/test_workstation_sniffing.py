"""What a file is comes from its bytes; name and declared type only get a warning where they say otherwise."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from dropbox.workstation.file_types import FileKind
from dropbox.workstation.sniffing import HEAD_BYTES, decode_text, sniff, warnings
from tests import hostile_files
from tests.conftest import Members


def tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return packed.getvalue()


PROGRAM = b"MZ\x90\x00" + bytes(400)
SAMPLES: dict[str, tuple[bytes, FileKind, str]] = {
    "nothing": (b"", FileKind.EMPTY, "empty file"),
    "text": (b"It began in spring.\n", FileKind.TEXT, "text"),
    "text in Dutch, old encoding": ("Eén dag, geïntimideerd".encode("cp1252"), FileKind.TEXT, "text"),
    "text in UTF-16": ("hoi".encode("utf-16"), FileKind.TEXT, "text"),
    "a web page": (b"<!doctype html><script>alert(1)</script>", FileKind.TEXT, "text"),
    "an SVG": (b'<?xml version="1.0"?><svg onload="x()"/>', FileKind.TEXT, "text"),
    "a JPEG": (hostile_files.picture("JPEG"), FileKind.PICTURE, "picture (JPEG)"),
    "a PNG": (hostile_files.picture("PNG"), FileKind.PICTURE, "picture (PNG)"),
    "a WebP": (hostile_files.picture("WEBP"), FileKind.PICTURE, "picture (WebP)"),
    "an AVIF": (hostile_files.picture("AVIF"), FileKind.PICTURE, "picture (AVIF)"),
    "a TIFF": (hostile_files.picture("TIFF"), FileKind.PICTURE, "picture (TIFF)"),
    "a HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", FileKind.OTHER, "picture (HEIC, as iPhones make)"),
    "a PDF": (hostile_files.pdf(), FileKind.PDF, "PDF"),
    "a PDF behind other bytes": (b"\xff\xfd\0\1" + hostile_files.pdf(), FileKind.PDF, "PDF"),
    "a ZIP": (hostile_files.zip_of(a=b"1"), FileKind.ZIP, "ZIP archive"),
    "a Word file": (hostile_files.zip_of(**{"[x].xml": b"", "word/x": b""}), FileKind.OFFICE, "text document (Word)"),
    "a Java program": (hostile_files.zip_of(**{"META-INF/MANIFEST.MF": b""}), FileKind.PROGRAM, "program (Java)"),
    "an old office file": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), FileKind.OFFICE, "office file (older"),
    "an RTF": (rb"{\rtf1 hello}", FileKind.OFFICE, "office file (RTF)"),
    "a tar": (tar(), FileKind.TAR, "archive (tar)"),
    "a packed tar": (gzip.compress(tar()), FileKind.TAR, "packed file or archive (gzip)"),
    "a Windows program": (PROGRAM, FileKind.PROGRAM, "program for Windows"),
    "a Linux program": (Path("/bin/true").read_bytes(), FileKind.PROGRAM, "program for Linux"),
    "a script": (b"#!/bin/sh\nrm -rf ~\n", FileKind.PROGRAM, "program (a script)"),
    "an MP3": (b"ID3\x03\0\0\0\0\0\0" + bytes(99), FileKind.OTHER, "sound (MP3)"),
    "a film": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", FileKind.OTHER, "film (MP4)"),
    "an armoured seal": (b"-----BEGIN PGP MESSAGE-----\n\nabcd", FileKind.SEALED, "file that the reporter sealed"),
    "noise": (bytes(range(128, 256)) * 20, FileKind.OTHER, "data of an unknown kind"),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_true_type_comes_from_the_bytes(sample: tuple[bytes, FileKind, str]) -> None:
    data, kind, words = sample
    found = sniff(data[:HEAD_BYTES], len(data))
    assert (found.kind, str(found.words)[: len(words)]) == (kind, words)


def test_a_binary_seal_is_known_by_its_packets(members: Members) -> None:
    data = hostile_files.sealed(members.home, members.anna, b"x")
    assert sniff(data, len(data)).kind is FileKind.SEALED


WARNED: dict[str, tuple[str, str, bytes, tuple[str, ...]]] = {
    "a program called PDF": (
        "a.pdf",
        "application/pdf",
        PROGRAM,
        ("a program", "ends in .pdf", "came as application/pdf"),
    ),
    "two endings": ("invoice.pdf.exe", "", PROGRAM, ("a program", "two endings")),
    "two endings, far apart": ("photo.jpg            .scr", "", b"text", ("ends in .scr", "two endings")),
    "turned writing": ("invoice\u202efdp.exe", "", PROGRAM, ("a program", "turn the direction")),
    "turned writing over text": ("a\u2066b.txt", "", b"text", ("turn the direction",)),
    "characters that are not seen": ("a\u200bb.txt", "", b"text", ("cannot be seen",)),
    "a control character": ("a\x1bb.txt", "", b"text", ("cannot be seen",)),
    "a script called text": ("a.txt", "text/plain", b"#!/bin/sh\n", ("a program",)),
    "a PNG called JPEG": ("a.jpg", "image/jpeg", hostile_files.picture("PNG"), ("ends in .jpg",)),
    "text called picture": ("a.png", "image/png", b"<script>", ("ends in .png", "came as image/png")),
    "a shortcut": ("report.lnk", "", bytes.fromhex("4c0000000114020000000000c000000000000046"), ("a program",)),
    "noise called PDF": ("a.pdf", "", bytes(range(128, 256)), ("ends in .pdf",)),
    "a capital ending": ("A.PDF", "", PROGRAM, ("a program", "ends in .pdf")),
}


@pytest.mark.parametrize("case", WARNED.values(), ids=WARNED)
def test_a_name_or_type_that_lies_gets_a_warning(case: tuple[str, str, bytes, tuple[str, ...]]) -> None:
    name, declared, data, expected = case
    found = [str(each) for each in warnings(name, declared, sniff(data, len(data)))]
    assert len(found) == len(expected)
    assert all(part in text for part, text in zip(expected, found, strict=True))
    assert not any(unsafe in text for text in found for unsafe in "\u202e\x1b\u200b")


HONEST: dict[str, tuple[str, bytes]] = {
    "notes.txt": ("text/plain", b"text"),
    "notes.md": ("text/markdown", b"text"),
    "notes": ("", b"text"),
    "report.v2.pdf": ("application/pdf", hostile_files.pdf()),
    "IMG_1.JPEG": ("image/jpeg", hostile_files.picture("JPEG")),
    "all.pdf.zip": ("application/zip", hostile_files.zip_of(a=b"")),
    "all.tar.gz": ("application/gzip", gzip.compress(tar())),
    "locked.docx": ("application/octet-stream", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
    "نامه\u200cها.txt": ("text/plain", b"text"),
    "page.html": ("text/html", b"<!doctype html>"),
    "photo.jpg.pgp": ("application/pgp-encrypted", b"-----BEGIN PGP MESSAGE-----\n\nab"),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_gets_no_warning(name: str) -> None:
    declared, data = HONEST[name]
    assert not warnings(name, declared, sniff(data, len(data)))


@pytest.mark.parametrize("odd", range(3))
def test_a_long_text_with_a_mark_at_its_head_does_not_break_the_sniffing(odd: int) -> None:
    """Whatever character stands where the head ends: one such file would close the page of its whole case."""
    data = b"\xef\xbb\xbf" + b"x" * odd + "ë€".encode() * HEAD_BYTES
    assert sniff(data[:HEAD_BYTES], len(data)).kind is FileKind.TEXT


def test_no_bytes_break_the_sniffing() -> None:
    for seed in range(300):
        data = os.urandom(seed)
        for start in (b"", b"PK\x03\x04", b"%PDF-", b"MZ", bytes.fromhex("d0cf11e0a1b11ae1"), b"\x84", b"\xff\xfe"):
            sniff(start + data, len(start + data))


def test_text_that_is_cut_within_a_letter_is_text() -> None:
    data = "é".encode() * 100
    assert decode_text(data[:-1]) == "é" * 99
    assert decode_text(b"\x00\x01binary" * 9) is None
