"""Pages that ask nothing, leaving, and that every page reads well: whole, labelled, translated."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dropbox import config
from tests.conftest import Members
from tests.site_room import Site, new_site, text_of
from tests.visitor import VOID, Page

PACKAGE = Path(config.__file__).parent


@pytest.fixture(scope="module", params=["en", "nl"])
def pages(site: Site, request: pytest.FixtureRequest) -> dict[str, Page]:
    """Every page in each of its states."""
    browser = site.browser(request.param)
    made = {path: browser.get(path) for path in ("/", "/report", "/return", "/safety", "/keys", "/about", "/nowhere")}
    form = browser.get("/report").form("message")
    made["report with errors"] = browser.submit(form, {"message": "typed", "mandate": "burn"})
    codename = site.report(browser)
    made |= {"/sent": browser.get("/sent"), "/case": browser.get("/case")}
    back = browser.get("/return").form("codename")
    made["hints"] = browser.submit(back, {"codename": codename + "q"})
    made["a miss"] = browser.submit(back, {"codename": "abacus " * 7})
    site.reply(codename, "hello", {"a.txt": b"a"})
    site.reply(codename, "untrue", signer=site.members.cora)
    made["case with replies"] = browser.get("/case")
    case = browser.get("/case").form("message", "withdraw")
    made["case with an error"] = browser.submit(case, {"message": ""})
    made["withdrawn"] = browser.submit(case, {"withdraw": "withdraw"})
    made["withdrawn with an error"] = browser.submit(browser.get("/case").form("message"), {"message": "x"})
    made["/leave"] = browser.get("/leave")
    made["ended"] = browser.submit(case, {"message": "typed"})
    return made


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.labels: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag == "label":
            self.labels.add(str(given.get("for")))
        if tag in {"input", "textarea", "select"} and given.get("type") != "hidden":
            self.fields.append(given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def outline(page: Page) -> _Outline:
    reader = _Outline()
    reader.feed(page.text)
    return reader


def test_every_page_is_well_formed_and_has_one_heading_and_a_way_past_the_menu(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        read = outline(page)
        assert read.wrong == [], name
        assert read.open == [], name
        assert [tag for tag, _ in read.tags].count("h1") == 1, name
        assert [tag for tag, _ in read.tags].count("main") == 1, name
        assert page.text.index('class="skip" href="#main"') < page.text.index("<header>"), name
        assert max(read.ids.values()) == 1, (name, read.ids.most_common(1))


def test_every_field_has_a_label_and_every_reference_a_target(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        read = outline(page)
        for field in read.fields:
            assert field.get("id") in read.labels, (name, field)
        for tag, given in read.tags:
            for attribute in ("aria-describedby", "aria-labelledby"):
                for target in str(given.get(attribute) or "").split():
                    assert target in read.ids, (name, tag, target)
            href = given.get("href")
            if href and href.startswith("#"):
                assert href[1:] in read.ids, (name, href)


def test_choices_that_belong_together_stand_in_a_fieldset_with_a_legend(pages: dict[str, Page]) -> None:
    for name in ("/report", "/case"):
        for fieldset in re.findall(r"(?s)<fieldset.*?</fieldset>", pages[name].text):
            assert "<legend>" in fieldset
        assert pages[name].text.count('type="radio"') == 3


def test_what_is_wrong_is_summed_up_at_the_top_with_links(pages: dict[str, Page]) -> None:
    for name in ("report with errors", "case with an error", "withdrawn with an error", "a miss", "hints"):
        text = pages[name].text
        assert 'role="alert"' in text, name
        assert text.index('id="errors"') < text.index("<form"), name
        assert re.search(r'(?s)id="errors".*?<a href="#\w+">', text), name


def test_no_page_asks_for_anything_but_the_style_sheets(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        text = page.text
        assert not re.search(r"(?i)<(script|img|style|object|embed|svg|video|audio|base)\b", text), name
        assert all(
            re.match(r"/(progress|waiting)\?", source) for source in re.findall(r'<iframe[^>]* src="([^"]+)"', text)
        )
        assert not re.search(r"(?i)\son\w+=|javascript:|\sstyle=|https?://", text), name
        sheets = ["/look.css"] if name == "/" else ["/look.css", "/forms.css"]
        assert re.findall(r'<link[^>]*href="([^"]+)"', text) == sheets, name


# --- words --------------------------------------------------------------------------------------------------------


def test_templates_hold_no_words_of_their_own() -> None:
    for path in (PACKAGE / "server/templates").glob("*.html"):
        # What stands in the block "frame" is a class of the style sheet, not a word.
        bare = re.sub(
            r"(?s){% block frame %}\w+{% endblock %}|{{.*?}}|{%.*?%}|{#.*?#}|<code>.*?</code>|<[^>]*>| aria-[a-z]+=",
            " ",
            path.read_text(),
        )
        assert not re.search(r"[A-Za-z]{2,}", bare.replace('"true"', "")), path.name


# --- keys and leaving ---------------------------------------------------------------------------------------------


def test_the_keys_of_each_desk_are_shown_in_groups_and_can_be_taken_along(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/keys")
    anna = site.members.anna
    assert " ".join(anna[start : start + 4] for start in range(0, 40, 4)) in text_of(page)
    key = browser.get(f"/keys/{anna}.asc")
    assert key.body.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
    assert key.headers["content-disposition"].startswith(f'attachment; filename="{anna}.asc"')
    assert site.members.gpg.import_keys(key.body) == (anna,)


@pytest.mark.parametrize("name", ["x", "0" * 40, "../secret", "%2e%2e%2fsecret.key"])
def test_no_other_file_is_handed_out_as_a_key(site: Site, name: str) -> None:
    assert site.browser().get(f"/keys/{name}.asc").status == 404


def test_a_key_that_is_not_there_is_said_to_be_missing(members: Members) -> None:
    with new_site(members) as site:
        (site.folder / "keys" / f"{members.bram}.asc").unlink()
        page = site.browser().get("/keys")
        assert "This key is not here at the moment" in page.text
        assert site.browser().get(f"/keys/{members.bram}.asc").status == 404


@pytest.mark.parametrize("path", ["/leave", "/away"])
def test_leaving_ends_the_session_and_expires_its_cookies(site: Site, path: str) -> None:
    browser = site.browser()
    site.report(browser)
    cookie = browser.cookie("session")
    page = browser.get(path)
    assert page.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert (browser.cookie("session"), browser.cookie("visit")) == (None, None)
    browser.client.set_cookie("session", cookie or "")
    assert browser.get("/case").status == 401


@pytest.mark.parametrize("path", ["/leave", "/away"])
def test_another_site_s_link_to_leave_ends_nothing(site: Site, path: str) -> None:
    browser = site.browser()
    site.report(browser)
    for site_of_link in ("cross-site", "same-site"):
        assert browser.get(path, Sec_Fetch_Site=site_of_link).status == 200
        assert browser.get("/case").status == 200


def test_the_calm_way_out_says_what_is_left_to_do(site: Site) -> None:
    page = site.browser().get("/leave")
    assert "New Identity" in page.text
    assert "refresh" not in page.headers


def test_the_quick_way_out_leads_off_at_once_and_never_says_what_the_site_is(site: Site) -> None:
    page = site.browser().get("/away")
    assert page.headers["refresh"] == "0; url=https://www.wikipedia.org/"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "<title>One moment</title>" in page.text
    assert text_of(page) == "One moment Go on"
    assert not re.search(r"(?i)report|partij|onion|desk|drop|safe|look\.css|logo", page.text)
    assert re.findall(r'href="([^"]+)"', page.text) == ["https://www.wikipedia.org/"]


def test_every_whole_page_has_the_quick_way_out_near_its_top(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert page.text.index('class="away" href="/away?l=') < page.text.index("<main"), name
