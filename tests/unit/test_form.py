"""The form parser: what comes out is what was sent, wherever the bytes happen to be cut, and limits hold."""

import io
import os
from collections.abc import Iterator
from itertools import pairwise

import pytest

from dropbox.errors import BadForm, TextTooLong, TooManyFiles, UploadCutOff
from dropbox.server.form import Form, FormLimits, open_form

BOUNDARY = "----geckoformboundary7d1"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"
LIMITS = FormLimits(max_fields_bytes=2000, max_field_count=10, max_files=3)

Part = tuple[str, str | None, bytes]


def multipart(*parts: Part, boundary: str = BOUNDARY) -> bytes:
    body = b""
    for name, filename, content in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if filename is not None:
            head += f'; filename="{filename}"\r\nContent-Type: image/png'
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


class Pieces:
    """A stream that gives its bytes in the pieces that it is told to."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int = -1, /) -> bytes:
        piece = next(self._pieces, b"")
        assert size < 0 or len(piece) <= size
        return piece


def cut_at(body: bytes, *positions: int) -> Pieces:
    edges = [0, *positions, len(body)]
    return Pieces(body[start:end] for start, end in pairwise(edges) if start != end)


def read_all(form: Form) -> list[tuple[str, str, bytes]]:
    return [(file.name, file.media_type, b"".join(file.chunks())) for file in form.files()]


def opened(*parts: Part, limits: FormLimits = LIMITS) -> Form:
    return open_form(io.BytesIO(multipart(*parts)), MULTIPART, limits)


def test_fields_and_files_come_out_as_they_went_in() -> None:
    form = opened(
        ("desk", None, b"a"), ("desk", None, b"b"), ("message", None, "één\r\ntwee".encode()),
        ("files", "foto één.png", b"\x00\r\n\xff"), ("files", "leeg.txt", b""),
    )  # fmt: skip
    assert form.fields == {"desk": ("a", "b"), "message": ("één\r\ntwee",)}
    assert read_all(form) == [("foto één.png", "image/png", b"\x00\r\n\xff"), ("leeg.txt", "image/png", b"")]


def test_an_urlencoded_form_reads_the_same_as_a_multipart_one() -> None:
    form = open_form(io.BytesIO(b"desk=a&desk=b&message=%C3%A9%C3%A9n+x&empty="), URLENCODED, LIMITS)
    assert form.fields == {"desk": ("a", "b"), "message": ("één x",), "empty": ("",)}
    assert form.first("desk") == "a"
    assert form.first("nothing") == ""
    assert read_all(form) == []


def test_no_file_gains_or_loses_a_byte_wherever_the_stream_is_cut() -> None:
    content = b"first\r\n--" + BOUNDARY.encode()[:-1] + b"\r\r\n--\n\r"
    body = multipart(
        ("message", None, b"text\r"), ("files", "a", content), ("files", "b", b"\r\n"), ("files", "c", b"x")
    )
    expected = [("a", "image/png", content), ("b", "image/png", b"\r\n"), ("c", "image/png", b"x")]
    for position in range(1, len(body)):
        form = open_form(cut_at(body, position), MULTIPART, LIMITS)
        assert form.fields == {"message": ("text\r",)}
        assert read_all(form) == expected, position


def test_no_file_gains_or_loses_a_byte_when_every_read_is_tiny() -> None:
    body = multipart(("files", "a", b"\r\n-" * 9), ("files", "b", b""))
    for step in (1, 2, 3, 7):
        form = open_form(cut_at(body, *range(step, len(body), step)), MULTIPART, LIMITS)
        assert read_all(form) == [("a", "image/png", b"\r\n-" * 9), ("b", "image/png", b"")]


def test_no_file_gains_a_byte_at_the_edges_of_full_reads() -> None:
    head = len(multipart(("files", "a", b""))) - len(f"\r\n--{BOUNDARY}--\r\n")
    for extra in range(-len(BOUNDARY) - 8, 4):
        content = os.urandom(64 * 1024 - head + extra)
        form = open_form(io.BytesIO(multipart(("files", "a", content))), MULTIPART, LIMITS)
        assert [data for _, _, data in read_all(form)] == [content]


def test_the_part_of_an_untouched_file_field_is_no_file() -> None:
    form = opened(("files", "", b""), ("message", None, b"text"), ("files", "", b""))
    assert form.fields == {"message": ("text",)}
    assert read_all(form) == []


def test_a_file_without_a_name_is_not_lost() -> None:
    assert read_all(opened(("files", "", b"content"))) == [("", "image/png", b"content")]


def test_a_field_behind_a_file_is_refused() -> None:
    form = opened(("files", "a", b"x"), ("message", None, b"late"))
    with pytest.raises(BadForm):
        read_all(form)


def test_a_file_that_is_not_read_does_not_stop_the_next_one() -> None:
    files = opened(("files", "a", b"x" * 200_000), ("files", "b", b"y")).files()
    next(files)
    assert b"".join(next(files).chunks()) == b"y"


def test_one_file_too_many_is_refused() -> None:
    form = opened(*[("files", "a", b"x")] * 4)
    with pytest.raises(TooManyFiles):
        read_all(form)
    with pytest.raises(TooManyFiles):
        opened(("files", "a", b"x"), limits=FormLimits())


@pytest.mark.parametrize("kind", [MULTIPART, URLENCODED])
def test_a_text_over_the_limit_is_refused_while_it_arrives(kind: str) -> None:
    endless = (b"x" * 1000 for _ in iter(int, 1))
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="message"\r\n\r\n'
    start = head.encode() if kind == MULTIPART else b"message="
    with pytest.raises(TextTooLong):
        open_form(Pieces(piece for source in ([start], endless) for piece in source), kind, LIMITS)


def test_many_small_fields_do_not_pass_the_limit_together() -> None:
    with pytest.raises(TextTooLong):
        opened(*[(f"field{number}", None, b"x" * 300) for number in range(9)])


@pytest.mark.parametrize("kind", [MULTIPART, URLENCODED])
def test_too_many_fields_are_refused(kind: str) -> None:
    fields = [(f"f{number}", None, b"") for number in range(11)]
    body = multipart(*fields) if kind == MULTIPART else b"&".join(name.encode() + b"=" for name, _, _ in fields)
    with pytest.raises(BadForm):
        open_form(io.BytesIO(body), kind, LIMITS)


def test_a_part_with_an_endless_head_is_refused() -> None:
    start = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a'.encode()
    endless = (b"x" * 60_000 for _ in iter(int, 1))
    with pytest.raises(BadForm):
        open_form(Pieces(piece for source in ([start], endless) for piece in source), MULTIPART, LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary at all",
        multipart(("message", None, b"text"))[:-6],
        multipart(("files", "a", b"text"))[:-6],
        multipart(("message", None, b"\xff\xfe")),
        f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nno disposition\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: \xff\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode("latin-1"),
    ],
)
def test_a_broken_multipart_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadForm):
        read_all(open_form(io.BytesIO(body), MULTIPART, LIMITS))


@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xc3\xa9"])
def test_an_urlencoded_form_that_is_not_unicode_is_refused(body: bytes) -> None:
    with pytest.raises(BadForm):
        open_form(io.BytesIO(body), URLENCODED, LIMITS)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=" + "b" * 71]
)
def test_another_kind_of_body_is_refused(kind: str) -> None:
    with pytest.raises(BadForm):
        open_form(io.BytesIO(b"a=b"), kind, LIMITS)


def test_a_cut_off_upload_is_never_taken_for_a_whole_one() -> None:
    class CutOff(Pieces):
        def read(self, size: int = -1, /) -> bytes:
            piece = super().read(size)
            if not piece:
                raise UploadCutOff
            return piece

    body = multipart(("files", "a", b"x" * 1000))
    form = open_form(CutOff(iter([body[:500], body[500:900]])), MULTIPART, LIMITS)
    with pytest.raises(UploadCutOff):
        read_all(form)


def test_a_claimed_type_that_is_none_is_replaced() -> None:
    body = multipart(("files", "a", b"x")).replace(b"image/png", b"<script>alert(1)</script>")
    assert read_all(open_form(io.BytesIO(body), MULTIPART, LIMITS)) == [("a", "application/octet-stream", b"x")]


def test_a_file_name_is_bounded_and_kept_as_it_is() -> None:
    name = "../../\u202eetc/" + "n" * 5000
    (file,) = read_all(opened(("files", name, b"x")))
    assert name.startswith(file[0])
    assert len(file[0]) == 500
