"""File names that a browser will keep, and the cookies' flags."""

import pytest
from flask import Response

from dropbox.file_names import MAX_NAME_CHARACTERS, harmless_name
from dropbox.server import headers


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("foto.jpg", "foto.jpg"),
        ("verslag café ünïcode 文件.pdf", "verslag café ünïcode 文件.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("a\r\nSet-Cookie: x=y", "a__Set-Cookie_ x=y"),
        ('quo"te;.txt', "quo_te;.txt"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("zero\u200bwidth.txt", "zero_width.txt"),
        (".hidden", "hidden"),
        ("...", ""),
        ("", ""),
        ("lone\ud800.txt", "lone_.txt"),
    ],
)
def test_a_hostile_name_is_made_harmless(name: str, kept: str) -> None:
    assert harmless_name(name) == kept


def test_a_name_that_is_cut_does_not_end_in_dots_or_spaces() -> None:
    for name in ("a" * 140 + "." * 50 + "b" * 20, "a" * 149 + " b" * 20):
        assert harmless_name(name) == harmless_name(harmless_name(name)) == name[:150].rstrip(" .")


def test_a_long_name_keeps_its_ending() -> None:
    name = harmless_name("x" * 400 + ".pdf")
    assert len(name) == MAX_NAME_CHARACTERS
    assert name.endswith(".pdf")
    assert len(harmless_name("y" * 400)) == MAX_NAME_CHARACTERS


@pytest.mark.parametrize("name", ["a\r\nb", 'x"; filename=evil.html', "ü'(){}.txt", "%0d%0a", "\x00"])
def test_a_disposition_is_plain_ascii_on_one_line(name: str) -> None:
    value = headers.disposition(name, "0001.bin")
    assert value.isascii()
    assert value.isprintable()
    assert value.startswith('attachment; filename="0001.bin"')
    assert value.count('"') == 2


def test_a_download_is_never_shown() -> None:
    response = headers.apply(headers.as_download(Response(b"<script>"), "page.html", "0001.html"), form=False)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response.headers["Content-Disposition"].startswith("attachment;")


def test_cookies_carry_exactly_the_flags_of_an_onion() -> None:
    response = Response()
    headers.set_cookie(response, "visit", "value")
    headers.expire_cookie(response, "session")
    kept, gone = response.headers.getlist("Set-Cookie")
    assert sorted(kept.split("; ")) == ["HttpOnly", "Path=/", "SameSite=Strict", "visit=value"]
    assert {"Max-Age=0", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(gone.split("; "))


def test_an_answer_without_the_app_has_the_same_headers_and_allows_nothing() -> None:
    plain = dict(headers.plain())
    assert plain["Cache-Control"] == "no-store"
    assert plain["Referrer-Policy"] == "no-referrer"
    assert "style-src" not in plain["Content-Security-Policy"]
    assert "form-action 'none'" in plain["Content-Security-Policy"]
    assert not {"Server", "Date", "ETag"} & set(plain)
