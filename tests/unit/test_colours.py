"""The colours: everything that is text can be read, in both schemes, with any accent that the configuration lets in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropbox.colours import ACCENT, ACCENT_DARK, contrast, palette, style_variables, weaknesses

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),  # the known grey that just fails, and the one that just passes
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == pytest.approx(ratio, abs=0.005)
    assert contrast(one, other) == contrast(other, one)


@pytest.mark.parametrize(("accent", "dark"), [(ACCENT, False), (ACCENT_DARK, True)])
def test_our_own_colours_can_be_told_apart(accent: str, dark: bool) -> None:
    assert list(weaknesses(palette(accent, dark=dark))) == []


@pytest.mark.parametrize(
    ("accent", "dark", "ground"),
    [
        ("#999999", False, "the page"),
        ("#747474", False, "the page"),  # 4.5 on white, not on paper
        ("#0b5c66", True, "the page"),
        ("#858585", True, "cards and fields"),
        ("#96752e", False, "the page"),
    ],
)
def test_an_accent_that_is_too_faint_is_found_with_its_ground(accent: str, dark: bool, ground: str) -> None:
    weak = list(weaknesses(palette(accent, dark=dark)))
    assert (weak[0].colour, weak[0].needed) == ("accent", 4.5)
    assert ground in {each.ground for each in weak if each.colour == "accent"}


@given(COLOURS, st.booleans())
def test_an_accent_without_weakness_carries_its_own_text_and_edges(accent: str, dark: bool) -> None:
    colours = palette(accent, dark=dark)
    if list(weaknesses(colours)):
        return
    for ground in ("paper", "card", "tint", "warn-bg", "bad-bg"):
        for text in ("accent", "ink", "soft"):
            assert contrast(colours[text], colours[ground]) >= 4.5
    assert contrast(colours["accent-ink"], colours["accent"]) >= 4.5
    assert contrast(colours["edge"], colours["tint"]) >= 3


@given(COLOURS, st.booleans())
def test_no_accent_makes_text_of_another_colour_unreadable(accent: str, dark: bool) -> None:
    """A refusal names the accent's key, so nothing else may be what is wrong."""
    weak = list(weaknesses(palette(accent, dark=dark)))
    assert not weak or any(each.colour in {"accent", "accent-ink"} for each in weak)


def test_the_style_sheet_gets_both_schemes_and_plain_colours_only() -> None:
    text = style_variables("#112233", "#ddeeff")
    light, dark = re.findall(r":root{(.*?)}", text)
    assert "color-scheme:light dark" in light
    assert "--accent:#112233" in light
    assert "--accent:#ddeeff" in dark
    assert text.index("prefers-color-scheme:dark") < text.index("#ddeeff")
    names = [re.findall(r"--([a-z-]+):#[0-9a-f]{6}(?:;|$)", block) for block in (light, dark)]
    assert names[0] == names[1]
    assert len(names[0]) == light.count("--")
