"""Import, export and confirmation on the desk page: nothing is refused in silence, nothing stays behind."""

import io
import os
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from dropbox.codename import case_name
from dropbox.models import Kind, Mandate
from dropbox.workstation.desk_site import nearby
from tests.desk_browser import DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, World, joined


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    home = here.folder / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(nearby, "_MOUNTS", (here.folder / "media",))
    here.start()
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def test_an_import_tells_what_was_new_known_and_refused(here: World, browser: DeskBrowser) -> None:
    first, second = Case(), Case()
    here.drop.send(first)
    assert "new case" in browser.import_bundle(here.drop.pickup())
    here.drop.send(first)
    here.drop.send(second, stored_as="0" * 32)
    shown = browser.import_bundle(here.drop.pickup())
    assert counts(shown) == [1, 1, 0, 1, 0]
    assert f'href="/case/{first.id}"' in shown
    assert "another item&#39;s id" in shown
    assert list((here.anna.vault / "incoming").iterdir()) == []


def test_what_an_import_unsealed_is_found_by_its_words(here: World, browser: DeskBrowser) -> None:
    case = Case()
    here.drop.send(case, "The alderman shouted.")
    here.drop.send(Case(), "Something else.")
    browser.import_bundle(here.drop.pickup())
    shown = browser.post("/", {"words": "alderman", "mandate": "", "state": ""})
    assert f"/case/{case.id}" in shown
    assert "<mark>alderman</mark>" in shown
    assert shown.count('href="/case/') == 1


def test_no_search_from_before_an_import_hides_what_it_brought(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case(), "The alderman shouted.")
    browser.import_bundle(here.drop.pickup())
    browser.post("/", {"words": "alderman", "mandate": "", "state": ""})
    late = Case()
    here.drop.send(late, "Something else.")
    browser.import_bundle(here.drop.pickup())
    assert f"/case/{late.id}" in browser.get("/")


def test_what_a_reporter_took_back_is_not_told_twice_on_one_page(here: World, browser: DeskBrowser) -> None:
    case = Case()
    here.drop.send(case, mandate=Mandate.LISTEN)
    browser.import_bundle(here.drop.pickup())
    here.drop.send(case, kind=Kind.WITHDRAWAL)
    assert browser.import_bundle(here.drop.pickup()).count("WITHDRAWN.") == 1
    assert "answer the reporter" not in browser.get(f"/case/{case.id}")
    for command in ("read", "work"):
        assert "answer the reporter" not in here.anna.run(command, case.id).out


def test_what_an_earlier_session_unsealed_is_found_after_all_is_unsealed(here: World, browser: DeskBrowser) -> None:
    case = Case()
    here.drop.send(case, "The alderman shouted.")
    here.anna.ok("import", here.drop.pickup())
    find = {"words": "alderman", "mandate": "", "state": ""}
    assert "No case is like that." in browser.post("/", find)
    browser.post("/unseal-all")
    browser.desk.jobs.wait(30)
    assert f"/case/{case.id}" in browser.get("/")


@pytest.mark.parametrize(
    ("fields", "told"),
    [({}, "No bundle was chosen."), ({"path": "/nowhere"}, "cannot be read"), ({"found": "/etc/passwd"}, "chosen")],
    ids=["nothing", "missing", "not-offered"],
)
def test_a_bundle_that_is_not_there_is_told_beside_the_field(
    browser: DeskBrowser, fields: dict[str, str], told: str
) -> None:
    assert told in browser.refused("/import", fields)


def test_a_bundle_of_another_desk_is_refused_aloud(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    browser.import_bundle(here.drop.pickup())
    answer = browser.send("/import", {"path": str(here.drop.pickup(OTHER_DESK))})
    assert answer.status_code == 303
    browser.desk.jobs.wait(30)
    assert "<title>Error:" in browser.get("/import/done", status=409)
    assert browser.get("/import/running", status=303)


def test_only_pickup_bundles_are_offered(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    bundle = here.drop.pickup()
    stick = here.folder / "media" / "stick"
    stick.mkdir(parents=True)
    downloads = here.folder / "home" / "Downloads"
    downloads.mkdir()
    (downloads / "pickup.tar").write_bytes(bundle.read_bytes())
    (downloads / "link.tar").symlink_to(bundle)
    (downloads / "letter.txt").write_text("manifest.json")
    with tarfile.open(downloads / "other.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO())
    shown = browser.get("/import")
    assert "pickup.tar" in shown
    assert not any(name in shown for name in ("link.tar", "letter.txt", "other.tar"))
    assert "new case" in done(browser, {"found": str(downloads / "pickup.tar")})


def test_a_gap_stays_until_it_is_explained_and_then_is_shown_as_explained(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    browser.import_bundle(here.drop.pickup())
    here.drop.let_go(here.drop.send(Case()))
    browser.import_bundle(here.drop.pickup())
    assert "GAP." in browser.get("/")
    assert "empty, too long" in browser.refused("/import/explain", {"number": "2", "because": "  "})
    assert "No gap has this number." in browser.refused("/import/explain", {"number": "7", "because": "lost"})
    shown = browser.post("/import/explain", {"number": "2", "because": "A test by the <operator>."})
    assert "GAP." not in shown
    assert "A test by the &lt;operator&gt;." in shown
    assert here.anna.ok("explain")["open"] == []
    assert "GAP." not in here.anna.run("cases").out


def test_an_explanation_on_the_command_line_is_the_same(here: World) -> None:
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    here.drop.let_go(here.drop.send(Case()))
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("explain")["open"] == [2]
    assert "No gap" in here.anna.refused("explain", "9", "--because", "lost")
    assert "empty" in here.anna.refused("explain", "2")
    assert here.anna.ok("explain", "2", "--because", "lost on the way")["open"] == []
    assert "lost on the way" in here.anna.run("explain").out
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("explain")["explained"][0]["number"] == 2


def test_a_wrong_word_confirms_nothing(here: World, browser: DeskBrowser) -> None:
    here.bram.ok("init")
    here.drop.send(Case())
    here.bram.ok("import", here.drop.pickup())
    with pytest.MonkeyPatch.context() as patch, desk_browser(here.bram, patch) as page:
        page.get("/confirm")
        assert "on it." in page.refused("/confirm", {"words": "one two"})
        other = " ".join([*here.drop.words.split()[:9], "abacus"])
        assert "ALARM." in page.refused("/confirm", {"words": other})
        assert "confirmed" in page.post("/confirm", {"words": here.drop.words.upper()})
    assert "UNCONFIRMED" not in here.bram.run("cases").out


def test_a_changed_roster_holds_up_the_export_until_its_words_are_compared(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    browser.import_bundle(here.drop.pickup())
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    browser.import_bundle(here.drop.pickup())
    shut = browser.get("/export")
    assert "roster has changed" in shut
    assert "<button" not in shut
    shown = browser.get("/confirm/roster")
    assert here.dirk.key in shown
    words = [part.split("</li>")[0] for part in shown.split("<li>")[1:] if "</li> " in part][-10:]
    assert "is confirmed" in browser.post("/confirm/roster", {"words": " ".join(words)})
    assert "<button" in browser.get("/export")


def test_an_answer_bundle_goes_where_it_was_told_and_nowhere_else(here: World, browser: DeskBrowser) -> None:
    case = Case()
    here.drop.send(case)
    browser.import_bundle(here.drop.pickup())
    here.anna.ok("reply", case.id, "--text-file", here.text())
    folder = here.folder / "stick"
    folder.mkdir()
    for fields in (
        {"other": "", "name": "a.tar"},
        {"other": str(here.folder / "missing"), "name": "a.tar"},
        {"other": str(folder), "name": "../a.tar"},
        {"other": str(folder), "name": ""},
    ):
        browser.refused("/export", fields)
    assert here.anna.ok("cases")[0]["replies"] == 1
    shown = browser.post("/export", {"other": str(folder), "name": "a.tar"})
    assert "Answer bundle 1 is written" in shown
    assert [path.name for path in folder.iterdir()] == ["a.tar"]
    assert "not yet" in shown
    assert "already" in browser.refused("/export", {"other": str(folder), "name": "a.tar"})
    here.drop.take(folder / "a.tar", case)
    assert counts(browser.import_bundle(here.drop.pickup()))[4] == 1


def test_a_narrower_mandate_tells_at_import_what_had_happened(here: World, browser: DeskBrowser) -> None:
    case = Case()
    here.drop.send(case, mandate=Mandate.INVESTIGATE)
    browser.import_bundle(here.drop.pickup())
    here.anna.ok("state", case.id, "investigating")
    here.next_day()
    here.drop.send(case, kind=Kind.MANDATE, mandate=Mandate.LISTEN)
    shown = browser.import_bundle(here.drop.pickup())
    told = shown.split("MANDATE NARROWED.")[1].split("<h1")[0]
    assert case_name(case.id) in told
    assert "investigating" in told


def test_an_import_beside_another_one_is_refused_and_nothing_is_kept(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    bundle = here.drop.pickup()
    go_on = Event()
    browser.desk.jobs.start("other", lambda progress: go_on.wait(30))
    try:
        answer = browser.send("/import", {"path": str(bundle)})
        assert (answer.status_code, "still at work" in answer.text) == (409, True)
    finally:
        go_on.set()
        browser.desk.jobs.wait(30)


def test_a_running_import_shows_how_far_it_is(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    go_on = Event()
    job = browser.desk.jobs.start("import", lambda progress: go_on.wait(30))
    job.progress(3, 8)
    try:
        shown = browser.send("/import")
        assert shown.status_code == 409
        text = browser.get("/import/running")
        assert '<progress value="3" max="8"' in text
        assert browser.get("/import/done", status=303)
    finally:
        go_on.set()
        browser.desk.jobs.wait(30)


def counts(shown: str) -> list[int]:
    return [int(part.split("</dd>")[0]) for part in shown.split("<dd>")[1:6]]


def done(browser: DeskBrowser, fields: dict[str, str]) -> str:
    assert browser.send("/import", fields).status_code == 303
    browser.desk.jobs.wait(30)
    return browser.get("/import/done")


def test_the_folders_of_sticks_are_mounts_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearby, "_MOUNTS", (tmp_path,))
    for name in ("anna/stick", "disk", "anna/plain"):
        (tmp_path / name).mkdir(parents=True)
    mounted = {tmp_path / "anna/stick", tmp_path / "disk"}
    monkeypatch.setattr(nearby, "_is_mount", lambda folder: folder in mounted)
    assert nearby.sticks() == sorted(mounted)


def looks_like_a_bundle(size: bytes = b"00000000021\0") -> bytes:
    return (b"manifest.json".ljust(124, b"\0") + size).ljust(512, b"\0") + b'{"type":"pickup"}'


@pytest.mark.parametrize("size", [b"-0000000001\0", b"         -1\0", b"+0000000021\0", b"0o000000021\0"])
def test_a_file_that_gives_itself_no_size_is_not_read_whole(tmp_path: Path, size: bytes) -> None:
    path = tmp_path / "huge.tar"
    path.write_bytes(looks_like_a_bundle(size))
    os.truncate(path, 1 << 40)
    assert not nearby._says_it_is(path, "pickup")


def test_a_stick_with_odd_names_and_days_does_not_close_the_page(browser: DeskBrowser, here: World) -> None:
    stick = here.folder / "home"
    (stick / os.fsdecode(b"\xff\xfe.tar")).write_bytes(looks_like_a_bundle())
    (stick / "\u202egnp.tar").write_bytes(looks_like_a_bundle())
    shown = browser.get("/import")
    assert shown.count('name="found"') == 1
    assert nearby._day(1e15) == date.min


@pytest.mark.parametrize("typed", ["~nobody-of-this-name/x", "/" + "x" * 4000, "/" + "x/" * 3000, "/root/\udcff", "~"])
def test_a_path_that_leads_nowhere_is_no_fault_of_the_program(browser: DeskBrowser, typed: str) -> None:
    typed = typed.encode("utf-8", "replace").decode()
    assert 'id="path"' in browser.refused("/import", {"path": typed})
    browser.refused("/export", {"folder": "other", "other": typed, "name": "x" * 300})


def test_a_restore_of_the_drop_is_told_calmly_until_somebody_has_read_it(here: World, browser: DeskBrowser) -> None:
    here.drop.send(Case())
    browser.import_bundle(here.drop.pickup())
    here.drop.restore(here.drop.back_up())
    assert "and has signed that" in browser.import_bundle(here.drop.pickup())
    assert "RESTORED" in browser.get("/import")
    shown = browser.post("/import/restored", {})
    assert "RESTORED" not in shown
    assert "/import/restored" not in shown
