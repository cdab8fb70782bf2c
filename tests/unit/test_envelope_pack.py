"""Packing: the size says nothing, memory stays flat, and any unzip opens the result without a word."""

import io
import json
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.envelope import MAX_ATTACHMENTS, MAX_TEXT_BYTES, Packer, sign_submission, text_bytes, unpack
from dropbox.envelope import index as names
from dropbox.envelope.verify import verify_submission
from dropbox.errors import EnvelopeError, InvalidValue, TooLarge
from dropbox.models import DeskId, Fingerprint, Kind, Plaintext
from dropbox.padding import bucket
from tests.envelopes import FLOOR, PLENTY, READERS, Case, opened, pack, pack_writing, submission_header, writing_header

CASE = Case()
FILES = [
    ("holiday.JPG", "image/jpeg", b"\xff\xd8" + bytes(range(256)) * 9),
    ("", "", b""),
    ("../../evil\x1b[2J\u202egnp.exe", "text/html; charset=x", b"MZ"),
]
UNICODE = st.text(st.characters(exclude_categories=["Cs"]))


def fitting(message: str, answers: dict[str, str]) -> bool:
    return text_bytes(Plaintext(message), answers) <= MAX_TEXT_BYTES


@settings(deadline=None, database=None, max_examples=60)
@given(
    kind=st.sampled_from([Kind.REPORT, Kind.MESSAGE, Kind.MANDATE, Kind.WITHDRAWAL]),
    message=UNICODE,
    answers=st.dictionaries(UNICODE, UNICODE),
    fill=st.sampled_from(["", "a", "\x01", '"', "\\", "é", "日", "😀", "\r\n"]),
    in_answers=st.booleans(),
    desks=st.integers(1, 50),
    recipients=st.integers(1, 100),
    number=st.integers(2, names.MAX_NUMBER),
    undo=st.booleans(),
)
def test_no_text_shows_in_the_size_whatever_it_is(
    kind: Kind,
    message: str,
    answers: dict[str, str],
    fill: str,
    in_answers: bool,
    desks: int,
    recipients: int,
    number: int,
    undo: bool,
) -> None:
    if in_answers:
        answers["filled"] = fill * (_room(message, answers | {"filled": ""}) // max(1, _weight(fill)))
    else:
        message += fill * (_room(message, answers) // max(1, len(fill.encode())))
    data = pack(
        CASE,
        message,
        kind=kind,
        answers=answers,
        desks=tuple(DeskId(f"{n:032d}") for n in range(desks)),
        recipients=[Fingerprint(f"{n:040X}") for n in range(recipients)],
        number=number,
        previous="ab" * 32,
        language="aaaaaaaa-bbbbbbbb-cccccccc-dddddddd",
        undo=undo and kind is Kind.WITHDRAWAL,
    )
    assert len(data) == FLOOR
    envelope = verify_submission(unpack(opened(data), FLOOR))
    assert envelope.message.reveal() == message
    assert envelope.header.answers == answers


@pytest.mark.parametrize(
    "answers", [{}, {"q" * 64: '"' * (MAX_TEXT_BYTES // 2 - 36)}, {"q": "x" * (MAX_TEXT_BYTES - 9)}]
)
def test_the_largest_submission_without_files_is_no_larger_than_the_smallest(answers: dict[str, str]) -> None:
    data = pack(
        CASE,
        "x" * _room("", answers),
        kind=Kind.WITHDRAWAL,
        undo=True,
        answers=answers,
        desks=tuple(DeskId(f"{n:032d}") for n in range(50)),
        recipients=[Fingerprint(f"{n:040X}") for n in range(100)],
        number=names.MAX_NUMBER,
        previous="ab" * 32,
        language="aaaaaaaa-bbbbbbbb-cccccccc-dddddddd",
    )
    assert len(data) == len(pack(CASE, "", desks=(DeskId("a"),), recipients=[])) == FLOOR


def _room(message: str, answers: dict[str, str]) -> int:
    return max(0, MAX_TEXT_BYTES - text_bytes(Plaintext(message), answers))


def _weight(fill: str) -> int:
    return len(json.dumps(fill, ensure_ascii=False).encode()) - 2


@pytest.mark.parametrize("over", ["message", "answers", "escapes"])
def test_a_text_over_the_limit_is_refused(over: str) -> None:
    message = "x" * (MAX_TEXT_BYTES + 1) if over == "message" else ""
    filler = {"answers": "x" * MAX_TEXT_BYTES, "escapes": '"' * (MAX_TEXT_BYTES // 2)}.get(over)
    answers = {} if filler is None else {"a": filler}
    with pytest.raises(TooLarge):
        Packer(submission_header(CASE, answers=answers), Plaintext(message), FLOOR)


def test_the_longest_text_is_not_refused() -> None:
    assert len(pack(CASE, "x" * MAX_TEXT_BYTES)) == FLOOR


@pytest.mark.parametrize("floor_bytes", [FLOOR, 100 * 1024, 1001 * 1024, 1 << 20])
def test_no_text_shows_in_the_size_with_a_higher_floor(floor_bytes: int) -> None:
    sizes = {len(pack(CASE, "x" * length, floor_bytes=floor_bytes)) for length in (0, 1, 5000, MAX_TEXT_BYTES)}
    assert sizes == {floor_bytes}


@settings(deadline=None, database=None, max_examples=40)
@given(st.lists(st.tuples(UNICODE, UNICODE, st.integers(0, 300_000)), max_size=5), st.sampled_from([FLOOR, 100_000]))
def test_no_size_with_attachments_is_anything_but_a_bucket(files: list[tuple[str, str, int]], floor: int) -> None:
    contents = [(name, kind, bytes([position + 1]) * size) for position, (name, kind, size) in enumerate(files)]
    data = pack(CASE, "text", contents, floor_bytes=floor)
    assert len(data) == bucket(len(data), floor)
    (padding,) = (entry for entry in zipfile.ZipFile(io.BytesIO(data)).infolist() if entry.filename == "padding")
    assert len(data) == bucket(len(data) - padding.file_size, floor)
    envelope = verify_submission(unpack(opened(data), len(data)))
    assert [attachment.size for attachment in envelope.index.attachments] == [size for _, _, size in files]


def test_a_floor_below_64_kib_is_refused() -> None:
    with pytest.raises(InvalidValue):
        Packer(submission_header(CASE), Plaintext(""), FLOOR - 1)


@pytest.mark.parametrize("data", [pack(CASE, "ünïcode", FILES), pack(CASE, ""), pack_writing(CASE, "x", FILES)])
def test_unzip_finds_nothing_to_complain_about(tmp_path: Path, data: bytes) -> None:
    archive = tmp_path / "item.zip"
    archive.write_bytes(data)
    tested = subprocess.run(["unzip", "-t", archive], capture_output=True, text=True, check=True)
    assert tested.stderr == ""
    assert tested.stdout.endswith(f"No errors detected in compressed data of {archive}.\n")
    out = tmp_path / "out"
    extracted = subprocess.run(["unzip", "-q", archive, "-d", out], capture_output=True, text=True, check=True)
    assert extracted.stdout + extracted.stderr == ""
    inside = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert inside == sorted(zipfile.ZipFile(archive).namelist())
    for path in (out / "attachments").glob("*"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_unzip_finds_what_was_packed(tmp_path: Path) -> None:
    (tmp_path / "item.zip").write_bytes(pack(CASE, "ünïcode\r\n", FILES))
    subprocess.run(["unzip", "-q", "item.zip"], cwd=tmp_path, check=True)
    assert (tmp_path / "message.txt").read_bytes() == "ünïcode\r\n".encode()
    for path, (_, _, content) in zip(("0001.jpg", "0002.bin", "0003.bin"), FILES, strict=True):
        assert (tmp_path / "attachments" / path).read_bytes() == content
    assert set((tmp_path / "padding").read_bytes()) == {0}


def test_zipfile_finds_the_order_and_nothing_else() -> None:
    archive = zipfile.ZipFile(io.BytesIO(pack(CASE, "x", FILES)))
    assert archive.testzip() is None
    assert archive.namelist() == [
        "envelope.json",
        "message.txt",
        "attachments/0001.jpg",
        "attachments/0002.bin",
        "attachments/0003.bin",
        "index.json",
        "index.sig",
        "padding",
    ]
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_hostile_name_stays_data_and_becomes_no_path() -> None:
    envelope = verify_submission(unpack(opened(pack(CASE, "x", FILES)), PLENTY))
    assert [a.name for a in envelope.index.attachments] == [name for name, _, _ in FILES]
    assert [a.path for a in envelope.index.attachments] == [
        "attachments/0001.jpg",
        "attachments/0002.bin",
        "attachments/0003.bin",
    ]
    assert [a.media_type for a in envelope.index.attachments] == ["image/jpeg", names.PLAIN_TYPE, "text/html"]


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.pdf", "pdf"),
        ("a.PDF", "pdf"),
        ("a.tar.gz", "gz"),
        (".jpg", "jpg"),
        ("jpg", "bin"),
        ("a.", "bin"),
        ("a.pdf.exe", "bin"),
        ("a.docm", "bin"),
        ("a.html", "bin"),
        ("a.svg", "bin"),
        ("a.desktop", "bin"),
        ("a.pdf/../../x", "bin"),
        ("a./pdf", "bin"),
        ("a.pdf\0", "bin"),
        ("a.p\u202edf", "bin"),
        ("x" * 300 + ".png", "png"),
    ],
)
def test_only_listed_extensions_reach_a_path(name: str, extension: str) -> None:
    assert names.allowed_extension(name) == extension


def test_listed_extensions_are_plain_and_nothing_that_runs() -> None:
    assert all(
        extension.isascii() and extension.isalnum() and extension.islower() for extension in names.ALLOWED_EXTENSIONS
    )
    dangerous = {
        "exe",
        "com",
        "bat",
        "cmd",
        "js",
        "vbs",
        "lnk",
        "scr",
        "msi",
        "hta",
        "html",
        "htm",
        "svg",
        "xml",
        "jar",
    }
    dangerous |= {"desktop", "sh", "py", "docm", "xlsm", "pptm", "url", "iso", "ps1", "xhtml", "mht", "appimage"}
    assert not dangerous & names.ALLOWED_EXTENSIONS


@given(st.text(max_size=400))
def test_a_name_is_cut_between_characters_and_otherwise_untouched(name: str) -> None:
    kept = names.bounded_name(name)
    assert len(kept.encode()) <= names.MAX_NAME_BYTES
    assert names.bounded_name(kept) == kept
    if name.isprintable() and len(name.encode()) <= names.MAX_NAME_BYTES:
        assert kept == name


def test_a_name_of_300_characters_is_kept_as_far_as_it_goes() -> None:
    assert names.bounded_name("é" * 300) == "é" * 127
    assert names.bounded_name("a" * 300) == "a" * 255


def test_names_at_their_worst_still_fit_the_index() -> None:
    files = [("\x01" * 300, "a" * 63 + "/" + "b" * 63, b"")] * MAX_ATTACHMENTS
    envelope = verify_submission(unpack(opened(pack(CASE, "x", files)), PLENTY))
    assert len(envelope.index.attachments) == MAX_ATTACHMENTS
    assert {attachment.name for attachment in envelope.index.attachments} == {"\x01" * 255}


def test_one_file_too_many_is_refused() -> None:
    with pytest.raises(TooLarge):
        pack(CASE, "x", [("a", "", b"")] * (MAX_ATTACHMENTS + 1))


def test_a_whole_that_would_need_zip64_is_refused_while_it_grows() -> None:
    packer = Packer(submission_header(CASE), Plaintext(""), FLOOR)
    packer.begin()
    packer.start_file("a", "")
    packer._bytes = (1 << 31) - 10
    packer.write(b"123")
    with pytest.raises(TooLarge):
        packer.write(bytes(100))


def test_a_padding_that_would_need_zip64_is_refused() -> None:
    packer = Packer(submission_header(CASE), Plaintext(""), FLOOR)
    packer.begin()
    packer._bytes = (1 << 31) - 1000
    index = packer.index(1, None, READERS)
    with pytest.raises(TooLarge):
        list(packer.finish(index, bytes(64)))


def test_memory_stays_flat_however_large_the_file_and_its_padding() -> None:
    packer = Packer(submission_header(CASE), Plaintext("x"), FLOOR)
    chunk, largest = bytes(range(256)) * 256, 0
    tracemalloc.start()
    try:
        packer.begin()
        packer.start_file("film.mp4", "video/mp4")
        for _ in range(1040):
            packer.write(chunk)
        packer.end_file()
        index = packer.index(1, None, READERS)
        for piece in packer.finish(index, sign_submission(CASE.case_key, index)):
            largest = max(largest, len(piece))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert largest <= 64 * 1024
    assert peak < 1 << 20


def test_steps_out_of_order_are_refused() -> None:
    packer = Packer(submission_header(CASE), Plaintext("x"), FLOOR)
    with pytest.raises(EnvelopeError):
        packer.start_file("a", "")
    with pytest.raises(EnvelopeError):
        packer.write(b"")
    with pytest.raises(EnvelopeError):
        packer.end_file()
    with pytest.raises(EnvelopeError):
        packer.index(1, None, READERS)
    packer.begin()
    with pytest.raises(EnvelopeError):
        packer.begin()
    packer.start_file("a", "")
    with pytest.raises(EnvelopeError):
        packer.start_file("b", "")
    with pytest.raises(EnvelopeError):
        packer.index(1, None, READERS)
    with pytest.raises(EnvelopeError):
        list(packer.finish(b"{}", bytes(64)))
    packer.end_file()
    with pytest.raises(EnvelopeError):
        packer.end_file()
    index = packer.index(1, None, READERS)
    list(packer.finish(index, bytes(64)))
    with pytest.raises(EnvelopeError):
        list(packer.finish(index, bytes(64)))


@pytest.mark.parametrize(
    ("number", "previous"), [(0, None), (-1, None), (names.MAX_NUMBER + 1, None), (1, "ab" * 32), (2, "x")]
)
def test_a_submission_without_a_true_place_in_its_case_is_not_packed(number: int, previous: str | None) -> None:
    with pytest.raises(InvalidValue):
        pack(CASE, number=number, previous=previous)


@pytest.mark.parametrize("place", [(1, None, ()), (0, "ab" * 32, ()), (0, None, READERS)])
def test_a_writing_with_a_place_in_its_case_is_not_packed(
    place: tuple[int, str | None, tuple[Fingerprint, ...]],
) -> None:
    packer = Packer(writing_header(CASE), Plaintext(""), FLOOR)
    packer.begin()
    with pytest.raises(InvalidValue):
        packer.index(*place)


@pytest.mark.parametrize("count", [100, 3000])
def test_more_desks_than_can_be_read_again_are_not_packed(count: int) -> None:
    header = submission_header(CASE, desks=tuple(DeskId(f"{n:032d}") for n in range(count)))
    if count > 100:
        with pytest.raises(InvalidValue):
            Packer(header, Plaintext(""), FLOOR)
    else:
        Packer(header, Plaintext(""), FLOOR)


def test_no_name_or_text_is_in_a_repr() -> None:
    packer = Packer(submission_header(CASE), Plaintext("whispered"), FLOOR)
    packer.begin()
    packer.start_file("whispered.txt", "text/plain")
    packer.end_file()
    envelope = verify_submission(unpack(opened(pack(CASE, "whispered", [("whispered", "", b"x")])), PLENTY))
    assert "whispered" not in repr((packer, packer.attachments, envelope, envelope.index.parts))
