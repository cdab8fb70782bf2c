"""The cards of the desks: what they say, valid as HTML, true without `:has()`, usable when there are fifty."""

import re
from html.parser import HTMLParser

import pytest

from tests.conftest import Members
from tests.site_room import Site, new_site, text_of

_HEAD = 'keys_dir = "keys"\n[organisation]\nname = "Aid"\nlanguages = ["en", "nl"]\n[onion]\nmode = "off"\n'
_DESK = """\
[[desk]]
id = "desk-{number}"
name.en = "Desk {number}"
about.en = "About desk {number}.\\nSecond line."
place.en = "place {number}"
members.en = "Member {number} & Co"
fingerprints = ["{anna}", "{bram}"]
"""


def config(members: Members, desks: int) -> str:
    return _HEAD + "".join(
        _DESK.format(number=number, anna=members.anna, bram=members.bram) for number in range(1, desks + 1)
    )


class _Labels(HTMLParser):
    """Collects the tags that stand inside of labels."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "label"
        if self.inside:
            self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "label"


@pytest.mark.parametrize("desks", [1, 3, 50])
def test_every_desk_says_who_it_is_where_it_stands_and_with_which_keys(members: Members, desks: int) -> None:
    with new_site(members, config(members, desks)) as site:
        page = site.browser().get("/report")
    cards = re.findall(r'(?s)<div class="card desk">.*?</details>\s*</div>', page.text)
    assert len(cards) == desks
    for number, card in enumerate(cards, start=1):
        for said in (f"Desk {number}", f"place {number}", f"About desk {number}.", f"Member {number} &amp; Co"):
            assert said in card
        grouped = " ".join(re.findall("....", members.anna))
        assert f'<li class="fingerprint">{grouped}</li>' in card
        assert card.count('type="checkbox"') == 1
        assert f'name="desk" id="desk-desk-{number}" value="desk-{number}"' in card


@pytest.mark.parametrize("desks", [3, 50])
def test_nothing_that_can_be_pressed_stands_inside_of_a_label(members: Members, desks: int) -> None:
    with new_site(members, config(members, desks)) as site:
        page = site.browser().get("/report")
    reader = _Labels()
    reader.feed(page.text)
    assert not reader.tags & {"details", "summary", "a", "button", "p", "div", "ul", "li"}
    assert "input" in reader.tags


def test_a_long_list_folds_its_texts_and_a_short_one_shows_them(members: Members) -> None:
    with new_site(members, config(members, 3)) as site:
        short = site.browser().get("/report").text
    with new_site(members, config(members, 50)) as site:
        long = site.browser().get("/report").text
    assert short.index("About desk 1.") < short.index("<summary>")
    assert long.index("About desk 1.") > long.index("<summary>More about Desk 1</summary>")


def test_without_has_every_sentence_about_the_choice_is_true_before_and_after_it(site: Site) -> None:
    browser = site.browser()
    shown = text_of(browser.get("/report"))
    assert "Whoever you do not choose cannot read it." in shown
    assert "More than one desk: all of them read everything" in shown
    style = browser.get("/forms.css").text
    assert re.search(r"(?m)^\.choice{display:none", style)
    assert "@supports selector(:has(*)){.several{display:none}}" in style


def test_what_was_chosen_stays_chosen_when_the_form_comes_back(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message", "mandate")
    page = browser.submit(form, {"desk": ["committee"], "message": "", "mandate": "listen"})
    assert page.status == 400
    assert re.findall(r'value="(\w+)" checked', page.text) == ["committee", "listen"]


def test_a_closed_desk_is_no_choice(site: Site) -> None:
    assert "Old office" not in site.browser().get("/report").text


def test_each_mandate_says_what_will_happen_and_what_will_not(site: Site) -> None:
    meanings = re.findall(r'for="mandate-\w+">.*?<span class="soft">(.*?)</span>', site.browser().get("/report").text)
    assert len(meanings) == 3
    for meaning in meanings:
        assert meaning.count(". ") == 1
        assert re.search(r"nothing|no steps|do not", meaning)
