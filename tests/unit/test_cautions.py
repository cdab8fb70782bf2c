"""How somebody came here: Tor Browser over the onion is never warned, everything else always is."""

import pytest

from dropbox.server.reporter_site.cautions import TEXTS, Caution, cautions

ONION = "a" * 55 + "d.onion"
TOR_BROWSERS = [
    # 15 and 16 (long-term releases 140 and 153), 14.5: each kind of computer says so itself
    *[
        f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
        for version in (128, 140, 153)
        for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10.15", "X11; Linux x86_64")
    ],
    # up to 14.0 every computer said Windows; 13 (still there for old systems) held its rv at 109
    "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; rv:109.0) Gecko/20100101 Firefox/115.0",
    # Android
    "Mozilla/5.0 (Android 10; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
    "Mozilla/5.0 (Android 10; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
    "Mozilla/5.0 (Android 9; Mobile; rv:102.0) Gecko/102.0 Firefox/102.0",
]
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {WEBKIT}"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
OTHERS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Safari/537.36 Edg/141.0.0.0",
    f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Mobile Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.5 Safari/605.1.15",
    f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1",
    f"{IPHONE} FxiOS/143.0 Mobile/15E148 Safari/605.1.15",
    "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0",
    "Mozilla/5.0 (Android 10; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 Seamonkey/2.53",
    "curl/8.14.1",
    "",
]


def arriving(agent: str = TOR_BROWSERS[0], host: str = ONION, between: str = "") -> tuple[Caution, ...]:
    return cautions({"Host": host, "User-Agent": agent, **({between: "x"} if between else {})})


@pytest.mark.parametrize("agent", TOR_BROWSERS)
def test_no_tor_browser_of_today_is_warned_over_the_onion(agent: str) -> None:
    assert arriving(agent) == ()


@pytest.mark.parametrize("agent", OTHERS)
def test_no_other_browser_goes_without_a_warning(agent: str) -> None:
    assert arriving(agent) == (Caution.NOT_TOR_BROWSER,)


def test_a_browser_that_says_nothing_of_itself_is_warned() -> None:
    assert cautions({"Host": ONION}) == (Caution.NOT_TOR_BROWSER,)


@pytest.mark.parametrize("host", [ONION, ONION.upper(), f"{ONION}:80", f"www.{ONION}"])
def test_the_onion_address_is_known_however_it_is_written(host: str) -> None:
    assert arriving(host=host) == ()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8080",
        "localhost",
        "drop.example.org",
        f"{ONION}.ws",
        f"{ONION}.example.org",
        "a" * 16 + ".onion",
        f"{ONION}/x",
        "",
    ],
)
def test_every_other_address_is_warned_of(host: str) -> None:
    assert arriving(host=host) == (Caution.NOT_ONION,)
    assert cautions({"User-Agent": TOR_BROWSERS[0]}) == (Caution.NOT_ONION,)


@pytest.mark.parametrize(
    "header", ["X-Tor2web", "x-tor2web", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"]
)
def test_whatever_stands_in_between_is_warned_of(header: str) -> None:
    assert arriving(between=header) == (Caution.GATEWAY,)
    assert arriving(host=f"{ONION}.ws", between=header) == (Caution.GATEWAY,)


def test_every_reason_is_told_and_the_worst_comes_first() -> None:
    assert arriving(OTHERS[0], "localhost") == (Caution.NOT_ONION, Caution.NOT_TOR_BROWSER)
    assert arriving(OTHERS[0], between="X-Tor2web") == (Caution.GATEWAY, Caution.NOT_TOR_BROWSER)
    assert set(TEXTS) == set(Caution)
