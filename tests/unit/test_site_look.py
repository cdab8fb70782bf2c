"""What stands on every page and how it looks: colours, logo, the warning band; and the first page, whole and small."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox import settings
from dropbox.colours import palette
from tests.conftest import Members
from tests.site_room import Site, new_site, text_of
from tests.visitor import Page

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><style>a{fill:red}</style></svg>'
TOR = {
    "User_Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Host": "a" * 55 + "d.onion",
}
MAX_FIRST_LOAD_BYTES = 12 * 1024
SHEETS = ("/look.css", "/forms.css", "/frame.css")

_CONFIG = """\
keys_dir = "keys"
[organisation]
name = "Voorbeeldpartij"
languages = ["{language}", "{other}"]
about.{language} = \"\"\"Voorbeeldpartij is een politieke partij met 12.000 leden.
Dit meldpunt is voor leden, medewerkers en vrijwilligers.\"\"\"
danger.{language} = "Niet veilig thuis? Bel Veilig Thuis: 0800-2000, dag en nacht."
{organisation}
[server]
data_dir = "data"
[onion]
mode = "off"
[[desk]]
id = "confidant"
name.{language} = "Vertrouwenspersoon"
about.{language} = "Luistert en denkt met je mee. Werkt niet voor de partij."
place.{language} = "buiten de partij"
fingerprints = ["{anna}"]
[[desk]]
id = "committee"
name.{language} = "Commissie Integriteit"
about.{language} = "Drie leden die een melding kunnen onderzoeken."
place.{language} = "op afstand van het bestuur"
fingerprints = ["{bram}"]
[[desk]]
id = "bureau"
name.{language} = "Extern onderzoeksbureau"
about.{language} = "Onafhankelijke onderzoekers, ook als het over het bestuur gaat."
place.{language} = "buiten de partij"
fingerprints = ["{cora}"]
"""


def dressed(members: Members, organisation: str = "", language: str = "en") -> str:
    listed = {"anna": members.anna, "bram": members.bram, "cora": members.cora}
    other = "nl" if language == "en" else "en"
    return _CONFIG.format(language=language, other=other, organisation=organisation, **listed)


@pytest.fixture(scope="module")
def own(members: Members) -> Iterator[Site]:
    """A site in colours of its own, with a place of its own to leave to."""
    lines = 'colour = "#7a1f3d"\ncolour_dark = "#ffb0c8"\nleave_to = "https://news.example.org/"\n'
    with new_site(members, dressed(members, lines)) as site:
        yield site


# --- the first page -----------------------------------------------------------------------------------------------


def wire_bytes(page: Page) -> int:
    return len("HTTP/1.1 200 OK\r\n\r\n") + sum(len(f"{name}: {text}\r\n") for name, text in page.raw_headers)


@pytest.mark.parametrize("language", settings.LANGUAGES)
def test_the_first_load_is_never_more_than_12_kib(members: Members, language: str) -> None:
    with new_site(members, dressed(members, language=language)) as site:
        browser = site.browser(language)
        page = browser.get("/")
        assert 'class="band"' in page.text
        loaded = [page, *(browser.get(path) for path in re.findall(r'<link[^>]*href="([^"]+)"', page.text))]
        assert sum(len(each.body) + wire_bytes(each) for each in loaded) <= MAX_FIRST_LOAD_BYTES


def test_the_first_page_says_who_runs_it_who_reads_and_what_to_do_in_danger(own: Site) -> None:
    page = own.browser().get("/")
    shown = text_of(page)
    assert "Voorbeeldpartij is een politieke partij met 12.000 leden." in shown
    assert "Call 112" in shown
    assert shown.index("Call 112") < shown.index("Bel Veilig Thuis") < shown.index("Write what happened")
    for desk in ("Vertrouwenspersoon buiten de partij", "Commissie Integriteit op afstand van het bestuur"):
        assert desk in shown
    assert "7 days" in shown
    assert "3 months" in shown
    assert re.findall(r'class="door[^"]*" href="(/\w+)', page.text) == ["/report", "/return", "/safety"]


def test_the_first_page_is_whole_without_texts_of_its_own(site: Site) -> None:
    shown = text_of(site.browser().get("/"))
    assert "Voorbeeldpartij runs this reporting drop." in shown
    assert "Old office" not in shown


# --- colours and logo ---------------------------------------------------------------------------------------------


def test_the_style_sheet_is_served_in_the_configured_colours(own: Site, site: Site) -> None:
    blocks = re.findall(r":root{(.*?)}", own.browser().get("/look.css").text)
    for block, (accent, dark) in zip(blocks, (("#7a1f3d", False), ("#ffb0c8", True)), strict=True):
        assert dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", block)) == palette(accent, dark=dark)
    assert "#7a1f3d" not in site.browser().get("/look.css").text


def test_the_style_sheets_fetch_nothing_and_use_only_known_colours(site: Site) -> None:
    for path in SHEETS:
        page = site.browser().get(path)
        assert page.headers["content-type"] == "text/css; charset=utf-8"
        assert not re.search(r"url\(|@import|http|expression|/\*", page.text)
        bare = re.sub(r":root{.*?}", "", page.text)
        assert set(re.findall(r"var\(--([a-z-]+)\)", bare)) <= {*palette("#000000", dark=False), "r"}
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", bare) == []


def test_nothing_in_the_style_sheets_stands_left_or_right(site: Site) -> None:
    """Arabic runs the other way."""
    sides = r"(?:margin|padding|border|inset)-(?:left|right)\b|[;{](?:left|right|float):|text-align:(?:left|right)"
    for path in SHEETS:
        text = site.browser().get(path).text
        assert [
            found for found in re.findall(rf"[^}}]*(?:{sides})[^}}]*}}", text) if "direction:ltr" not in found
        ] == []


@pytest.mark.parametrize(("data", "media_type"), [(PNG, "image/png"), (SVG, "image/svg+xml")])
def test_a_logo_is_shown_beside_the_name_and_can_do_nothing_else(
    members: Members, tmp_path: Path, data: bytes, media_type: str
) -> None:
    (tmp_path / "logo").write_bytes(data)
    with new_site(members, dressed(members, f'logo = "{tmp_path}/logo"')) as site:
        browser = site.browser()
        page, logo = browser.get("/"), browser.get("/logo")
    assert re.findall(r"<img[^>]*>", page.text) == ['<img src="/logo" alt="">']
    assert page.headers["content-security-policy"].endswith("; img-src 'self'")
    assert (logo.body, logo.headers["content-type"]) == (data, media_type)
    assert logo.headers["content-security-policy"].startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert logo.headers["x-content-type-options"] == "nosniff"


def test_no_picture_is_allowed_where_there_is_no_logo(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/")
    assert "<img" not in page.text
    assert "img-src" not in page.headers["content-security-policy"]
    assert browser.get("/logo").status == 404


def test_leave_quickly_leads_where_the_organisation_says(own: Site) -> None:
    page = own.browser().get("/away")
    assert page.headers["refresh"] == "0; url=https://news.example.org/"
    assert "Voorbeeldpartij" not in page.text


# --- the warning band ---------------------------------------------------------------------------------------------


def band(page: Page) -> str:
    found = re.search(r'(?s)<aside class="(band[^"]*)".*?</aside>', page.text)
    assert found
    return found[0]


def test_tor_browser_over_the_onion_is_warned_of_scripts_only_and_only_where_they_are_on(site: Site) -> None:
    browser = site.browser()
    found = band(browser.get("/", **TOR))
    assert found.startswith('<aside class="band scripts"')
    assert found.count("<li") == 1
    assert '<li class="scripts">Scripts may be on' in found
    style = browser.get("/look.css").text
    assert style.index(".scripts{display:none}") < style.index("@media (scripting:enabled)")


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (TOR | {"User_Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"}, "not look like Tor Br"),
        (TOR | {"Host": "127.0.0.1:8080"}, "not at the .onion address"),
        (TOR | {"X_Tor2web": "1"}, "through another website"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/report", "/return", "/safety", "/nowhere"])
def test_every_page_warns_of_every_reason_and_says_what_to_do(
    site: Site, headers: dict[str, str], told: str, path: str
) -> None:
    page = site.browser().get(path, **headers)
    found = band(page)
    assert found.startswith('<aside class="band"')
    assert found.count("<li>") == 1
    assert told in found
    assert "Tor Browser" in found
    assert 'href="/safety?l=en#browser"' in found
    assert 'id="browser"' in site.browser().get("/safety").text
    assert page.text.index("<aside") < page.text.index("<main")


def test_the_band_blocks_nothing_and_stands_in_no_frame(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/report", X_Tor2web="1").form("message", "desk")
    for path in ("/waiting", "/progress"):
        assert "<aside" not in browser.get(path, X_Tor2web="1").text
