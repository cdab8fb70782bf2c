"""Which replies a reporter has read: with the database in hand, a swapped box, a stranger's token, a second session."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

from dropbox.models import CaseId, ItemId
from dropbox.shown import Shown, note_shown, seal_shown, short_id
from tests.conftest import Members
from tests.site_room import Browser, Site, new_site
from tests.store_room import bytes_under
from tests.visitor import Form, Page

TEXT = "what only one reporter reads"


@pytest.fixture(name="site")
def _site(members: Members) -> Iterator[Site]:
    with new_site(members) as site:
        yield site


def choice(page: Page) -> Form:
    return page.form_to("/case/hide")


def reported(site: Site, replies: int) -> tuple[str, CaseId, list[ItemId]]:
    codename = site.report(site.browser())
    return codename, site.keys(codename).case, [site.reply(codename, TEXT) for _ in range(replies)]


def visit(site: Site, codename: str) -> Browser:
    browser = site.browser()
    site.sign_in(browser, codename)
    return browser


def rows(site: Site) -> dict[str, dict[str, object]]:
    """Return what whoever holds the database reads of each case, and everything else of it as one text."""
    with closing(sqlite3.connect(site.folder / "data" / "store.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        others = [sorted(map(tuple, connection.execute(f"SELECT * FROM {name}"))) for name in names if name != "cases"]
        found = {row["case_id"]: dict(row) for row in connection.execute("SELECT * FROM cases")}
    return {**found, "": {"others": repr(others)}}


def put(site: Site, case: CaseId, box: object) -> None:
    with closing(sqlite3.connect(site.folder / "data" / "store.sqlite")) as connection, connection:
        connection.execute("UPDATE cases SET sealed_view = ? WHERE case_id = ?", (box, case))


def test_the_database_shows_neither_the_choice_nor_which_replies_were_read_nor_how_many(site: Site) -> None:
    never, reader = reported(site, 3), reported(site, 3)
    visit(site, never[0])
    new = rows(site)
    boxes = {case: row["sealed_view"] for case, row in new.items() if case}
    assert {len(box) for box in boxes.values() if isinstance(box, bytes)} == {1064}, "from the first day on"
    assert all(isinstance(box, bytes) for box in boxes.values())
    browser = visit(site, reader[0])
    browser.submit(choice(browser.get("/case")))
    visit(site, reader[0])
    read = rows(site)
    changed = {case for case in new if new[case] != read[case]}
    assert changed == {reader[1]}
    only = {name for name in read[reader[1]] if new[reader[1]][name] != read[reader[1]][name]}
    assert only == {"sealed_view"}
    box = read[reader[1]]["sealed_view"]
    assert isinstance(box, bytes)
    assert len(box) == 1064
    raw = bytes_under(site.folder / "data")
    for item in (*never[2], *reader[2]):
        assert bytes.fromhex(short_id(item)) not in raw
        assert f'"{short_id(item)}"'.encode() not in raw


def test_an_earlier_box_is_in_no_file_any_more(site: Site) -> None:
    codename, case, _ = reported(site, 1)
    seen = []
    browser = visit(site, codename)
    for _ in range(4):
        seen.append(site.drop.store.case(case).sealed_view)
        browser.submit(choice(browser.get("/case")))
    raw = bytes_under(site.folder / "data")
    last = site.drop.store.case(case).sealed_view
    assert last is not None
    assert last[-64:] in raw, "a row may go over several pages: its end is in one"
    assert [box[-64:] in raw for box in seen if box] == [False] * 4, "they would count how often it changed"


@pytest.mark.parametrize("what", ["another's box", "noise", "nothing", "an empty one", "a cut one"])
def test_a_box_that_was_swapped_hides_nothing(site: Site, what: str) -> None:
    (mine, case, _), (other, others_case, _) = reported(site, 1), reported(site, 1)
    for codename in (mine, other):
        browser = visit(site, codename)
        browser.submit(choice(browser.get("/case")))
        assert TEXT not in visit(site, codename).get("/case").text
    foreign, own = rows(site)[others_case]["sealed_view"], rows(site)[case]["sealed_view"]
    assert isinstance(own, bytes)
    swapped = {
        "another's box": foreign,
        "noise": bytes(1064),
        "nothing": None,
        "an empty one": b"",
        "a cut one": own[:99],
    }
    put(site, case, swapped[what])
    page = visit(site, mine).get("/case")
    assert TEXT in page.text
    assert choice(page).hidden["hide"] == "on", "and the reporter sees that nothing is hidden now"


def test_who_knows_the_reply_key_s_public_half_cannot_hide_a_reply_that_was_never_read(site: Site) -> None:
    """Readers know it, and a reply of theirs must not vanish by a box of their making."""
    codename, case, items = reported(site, 1)
    plain = b"\1" + bytes(7) + bytes.fromhex(short_id(items[0])) + bytes(126 * 8)
    forged = [SealedBox(PublicKey(site.keys(codename).reply_public)).encrypt(plain)]
    forged.append(seal_shown(note_shown(Shown(hide=True), items, items), PrivateKey.generate()))
    for box in forged:
        put(site, case, box)
        assert TEXT in visit(site, codename).get("/case").text


def test_a_token_of_another_case_or_session_does_not_change_this_one_s_choice(site: Site) -> None:
    (mine, case, _), (other, _, _) = reported(site, 1), reported(site, 1)
    victim, attacker, second = visit(site, mine), visit(site, other), visit(site, mine)
    before = rows(site)[case]["sealed_view"]
    form = choice(victim.get("/case"))
    for stranger in (attacker, second):
        token = choice(stranger.get("/case")).hidden["token"]
        assert victim.submit(form, {"token": token}).status == 400
    assert rows(site)[case]["sealed_view"] == before
    attacker.submit(choice(attacker.get("/case")))
    assert rows(site)[case]["sealed_view"] == before
    assert TEXT in visit(site, mine).get("/case").text


def test_one_session_s_choice_is_seen_by_the_other_and_takes_nothing_from_its_page(site: Site) -> None:
    codename, _, _ = reported(site, 1)
    one, two = visit(site, codename), visit(site, codename)
    one.submit(choice(one.get("/case")))
    page = two.get("/case")
    assert TEXT in page.text
    assert choice(page).hidden["hide"] == "off"
