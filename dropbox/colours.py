"""The colours of the reporter's pages and whether they can be told apart: numbers only, no page and no configuration.

One accent per scheme, light and dark, may be an organisation's own; every other colour is fixed here. Contrast is that
of WCAG 2.2: text needs 4.5 to 1 against whatever it stands on (1.4.3), the edge of a control 3 to 1 (1.4.11).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

TEXT_CONTRAST = 4.5
EDGE_CONTRAST = 3.0

ACCENT = "#0b5c66"
ACCENT_DARK = "#6cc5cf"

_LIGHT = {
    "paper": "#faf8f4",
    "card": "#ffffff",
    "ink": "#1d2327",
    "soft": "#566067",
    "line": "#d9d4c9",
    "edge": "#857f72",
    "warn": "#8a4b00",
    "warn-bg": "#fff3df",
    "bad": "#a11c1c",
    "bad-bg": "#fdecea",
}
_DARK = {
    "paper": "#14181a",
    "card": "#1c2225",
    "ink": "#e9ecec",
    "soft": "#a9b3b7",
    "line": "#384246",
    "edge": "#7d898e",
    "warn": "#ffc877",
    "warn-bg": "#33260f",
    "bad": "#ff9a92",
    "bad-bg": "#3a1a18",
}
_TINT = {"light": 0.1, "dark": 0.12}
"""How much of the accent the ground of what is chosen takes on."""

_GROUNDS = {
    "paper": "the page",
    "card": "cards and fields",
    "tint": "what is chosen",
    "warn-bg": "warnings",
    "bad-bg": "errors",
    "accent": "the main button",
}
_TEXT_ON = (
    ("ink", ("paper", "card", "tint", "warn-bg", "bad-bg")),
    ("soft", ("paper", "card", "tint", "warn-bg", "bad-bg")),
    ("accent", ("paper", "card", "tint", "warn-bg", "bad-bg")),
    ("accent-ink", ("accent",)),
    ("warn", ("paper", "warn-bg")),
    ("bad", ("paper", "card", "bad-bg")),
)
_EDGE_ON = (("edge", ("paper", "card", "tint")), ("accent", ("paper", "card", "tint")), ("bad", ("paper", "card")))


class Weakness(NamedTuple):
    """A pair of colours that cannot be told apart well enough; `ground` says in words where they meet."""

    colour: str
    needed: float
    ground: str


def contrast(one: str, other: str) -> float:
    """Return how far two `#rrggbb` stand apart, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def palette(accent: str, *, dark: bool) -> Mapping[str, str]:
    """Return every colour of a scheme by its name in the style sheet."""
    base = _DARK if dark else _LIGHT
    share = _TINT["dark" if dark else "light"]
    # Text on the accent is as far from it as the accent is from its own ground, so one check serves both.
    on_accent = base["paper"] if dark else base["card"]
    return {**base, "accent": accent, "accent-ink": on_accent, "tint": _mixed(accent, base["card"], share)}


def weaknesses(colours: Mapping[str, str]) -> Iterator[Weakness]:
    """Yield the pairs of a palette that are too close, the accent's first."""
    for pairs, needed in ((_TEXT_ON, TEXT_CONTRAST), (_EDGE_ON, EDGE_CONTRAST)):
        for colour, grounds in pairs:
            for ground in grounds:
                if contrast(colours[colour], colours[ground]) < needed:
                    yield Weakness(colour, needed, _GROUNDS[ground])


def style_variables(accent: str, accent_dark: str) -> str:
    """Return the style sheet's variables for both schemes."""
    light, dark = palette(accent, dark=False), palette(accent_dark, dark=True)
    return (
        f":root{{color-scheme:light dark;{_declared(light)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{_declared(dark)}}}}}\n"
    )


def _declared(colours: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _mixed(colour: str, ground: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)
