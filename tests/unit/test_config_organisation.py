"""What an organisation says about itself: bad values are refused by key, nothing unreadable or harmful gets in."""

import time
from pathlib import Path

import pytest

from dropbox.config import Logo, Organisation
from dropbox.config_organisation import MAX_LOGO_BYTES
from tests.unit.test_config import DESK, ORGANISATION, PNG, folder, refusal, settings

__all__ = ["folder"]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>'


def organisation(folder: Path, *lines: str) -> Organisation:
    return settings(folder, ORGANISATION + "\n".join(lines) + "\n" + DESK).organisation


def test_everything_that_is_said_arrives(folder: Path) -> None:
    (folder / "logo.svg").write_bytes(SVG)
    found = organisation(
        folder,
        'languages = ["ar", "fr", "de", "en", "nl"]',
        'about.en = """Who we are.\nWhom we serve."""',
        'about.ar = "من نحن"',
        'danger.fr = "Appelez 3919."',
        'leave_to = "http://example.org:8080/news?a=1#top"',
        'colour = "#7A1F3D"',
        'colour_dark = "#FFB0C8"',
        'logo = "logo.svg"',
    )
    assert found == Organisation(
        "Aid",
        ("ar", "fr", "de", "en", "nl"),
        {"en": "Who we are.\nWhom we serve.", "ar": "من نحن"},
        {"fr": "Appelez 3919."},
        "http://example.org:8080/news?a=1#top",
        "#7a1f3d",
        "#ffb0c8",
        Logo("image/svg+xml", SVG),
    )


WRONG = [
    ('about = "Who we are"', "about", "about.nl = "),
    (f'about.en = "{"x" * 1001}"', "about.en", "1 to 1000"),
    ('about.es = "x"', "about.es", "known: nl, en, de, fr, ar"),
    (f'danger.en = "{"x" * 501}"', "danger.en", "1 to 500"),
    ('danger.en = "a\\u0007"', "danger.en", "text in quotes"),
    ('colour = "red"', "colour", '"#rrggbb"'),
    ('colour = "#0b5c6"', "colour", '"#rrggbb"'),
    ('colour = "#0b5c66;}"', "colour", '"#rrggbb"'),
    ("colour = 5", "colour", "in quotes"),
    ('colour = "#8fbfc4"', "colour", "at least 4.5 to 1 against the ground of the page, light"),
    ('colour = "#707070"', "colour", "at least 4.5 to 1 against the ground of what is chosen, light"),
    ('colour_dark = "#0b5c66"', "colour_dark", "at least 4.5 to 1 against the ground of the page, dark"),
    ("logo = 5", "logo", "must be a path"),
    ('logo = "absent.png"', "logo", "absent.png is none"),
    ('logo = "keys"', "logo", "must be a file that exists"),
    ('logo = "config.toml"', "logo", "PNG or SVG file of at most 64 KiB"),
    ('name_long = "x"', "name_long", "not a known key"),
]


@pytest.mark.parametrize(("line", "key", "allowed"), WRONG, ids=lambda text: text[:40])
def test_a_wrong_value_is_refused_by_its_key(folder: Path, line: str, key: str, allowed: str) -> None:
    error = refusal(folder, f"{ORGANISATION}{line}\n{DESK}")
    assert error.key == f"organisation.{key}"
    assert allowed in error.allowed


@pytest.mark.parametrize(
    "address",
    [
        "www.wikipedia.org",
        "//wikipedia.org/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://example.org\\\\@evil.example/",
        "https://example.org/ https://evil.example/",
        'https://example.org/\\"x',
        "https://exämple.org/",
        "https://example.org/" + "x" * 200,
        "",
    ],
)
def test_leave_quickly_leads_only_to_a_plain_web_address(folder: Path, address: str) -> None:
    assert refusal(folder, f'{ORGANISATION}leave_to = "{address}"\n{DESK}').key == "organisation.leave_to"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (SVG, "image/svg+xml"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n' + SVG, "image/svg+xml"),
        (b"\xef\xbb\xbf" + SVG, "image/svg+xml"),
        (PNG + b"\0" * (MAX_LOGO_BYTES - len(PNG)), "image/png"),
    ],
)
def test_a_logo_is_known_by_its_content_whatever_its_name(folder: Path, data: bytes, media_type: str) -> None:
    (folder / "logo.txt").write_bytes(data)
    assert organisation(folder, 'logo = "logo.txt"').logo == Logo(media_type, data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xe0 a photo",
        b"GIF89a",
        b"<html><svg></svg></html>",
        SVG.replace(b"<circle", b"<script>alert(1)</script><circle"),
        SVG.replace(b"<circle", b'<circle onload="x"'),
        SVG.replace(b"<circle", b'<a href="javascript:x"/><circle'),
        b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG,
        PNG + b"\0" * MAX_LOGO_BYTES,
    ],
    ids=lambda data: str(data[:20]),
)
def test_a_logo_that_is_no_plain_picture_is_refused(folder: Path, data: bytes) -> None:
    (folder / "logo.png").write_bytes(data)
    assert refusal(folder, f'{ORGANISATION}logo = "logo.png"\n{DESK}').key == "organisation.logo"


def test_comments_before_no_picture_do_not_hold_up_the_start(folder: Path) -> None:
    """Read in every way that they can be split, each further comment doubles the time."""
    (folder / "logo.svg").write_bytes(b"<!-- -->" * 23 + b"<g/>")
    start = time.thread_time()
    assert refusal(folder, f'{ORGANISATION}logo = "logo.svg"\n{DESK}').key == "organisation.logo"
    assert time.thread_time() - start < 0.5
    (folder / "logo.svg").write_bytes(b"<!-- -->\n" * 5000 + SVG)
    assert organisation(folder, 'logo = "logo.svg"').logo is not None


def test_a_logo_never_prints_itself(folder: Path) -> None:
    (folder / "logo.png").write_bytes(PNG)
    assert "PNG" not in repr(organisation(folder, 'logo = "logo.png"').logo)
