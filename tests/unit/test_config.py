"""The configuration: whatever is wrong is one line with the full dotted key and what is allowed, never a traceback."""

import re
import traceback
from dataclasses import FrozenInstanceError, fields, replace
from datetime import date
from pathlib import Path

import pytest

from dropbox import config
from dropbox.config import (
    Backup,
    Courier,
    Desk,
    Log,
    Logo,
    Onion,
    Operator,
    Organisation,
    Question,
    Retention,
    Sealing,
    Server,
    Sessions,
    Settings,
    Status,
    in_language,
    load,
    names_a_desk,
)
from dropbox.errors import ConfigError, InvalidValue
from dropbox.models import DeskId, Fingerprint

FIRST, SECOND = "0123456789ABCDEF" * 2 + "01234567", "89ABCDEF01234567" * 2 + "89ABCDEF"
ORGANISATION = '[organisation]\nname = "Aid"\n'
DESK = f'[[desk]]\nid = "adviser"\nname.nl = "Raad"\nname.en = "Adviser"\nfingerprints = ["{FIRST}"]\n'
OTHER = f'[[desk]]\nid = "board"\nname.en = "Board"\nfingerprints = ["{FIRST}", "{SECOND}"]\n'
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path


def settings(folder: Path, text: str, *, trial: bool = False) -> Settings:
    path = folder / "config.toml"
    path.write_text(text)
    return load(path, trial=trial)


def refusal(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        settings(folder, text)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).isprintable()
    return caught.value


# --- what is right ------------------------------------------------------------------------------------------------


def test_two_required_parts_are_enough_and_everything_else_has_its_default(folder: Path) -> None:
    found = settings(folder, ORGANISATION + DESK)
    assert found.keys_dir == folder / "keys"
    assert found.organisation == Organisation("Aid", ("nl", "en"))
    assert found.server == Server(folder / "data", folder / "data" / "drop.sock")
    assert (found.onion, found.sessions, found.retention) == (Onion(), Sessions(), Retention())
    assert (found.sealing, found.questions, found.trial) == (Sealing(), (), False)
    assert [(desk.id, desk.fingerprints, desk.about) for desk in found.desks] == [("adviser", (FIRST,), {})]
    assert found.desks[0].hidden_recipients
    assert not found.desks[0].closed


def test_every_value_that_is_set_arrives(folder: Path) -> None:
    (folder / "torrc").touch()
    for name in ("state", "public"):
        (folder / name).mkdir()
    found = settings(
        folder,
        f"""
        keys_dir = "public"
        organisation = {{ name = "Hulp & Zo", languages = ["en"] }}
        [server]
        data_dir = "{folder}/state"
        listen = "keys/s.sock"
        max_upload_mib = 1
        max_files = 2
        max_uploads_at_once = 3
        max_uploads_per_circuit = 2
        min_upload_rate = 4
        max_upload_minutes = 5
        min_free_mib = 16
        page_threads = 7
        allow_swap = true
        [onion]
        mode = "control"
        control_socket = "/tmp/tor"
        tor_binary = "/opt/tor"
        torrc_defaults = "torrc"
        [sessions]
        idle_minutes = 8
        absolute_minutes = 9
        form_hours = 10
        [retention]
        days_after_receipt = 11
        months_after_last_contact = 12
        [sealing]
        floor_kib = 100
        [[desk]]
        id = "a"
        name.en = "A"
        about.en = '''two
        lines'''
        fingerprints = ["0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567", "{SECOND}"]
        hidden_recipients = false
        closed = true
        place.en = "outside"
        members.en = "Anna and Bram"
        [[question]]
        id = "when"
        text.en = "When?"
        """,
    )
    assert found.keys_dir == folder / "public"
    assert found.organisation == Organisation("Hulp & Zo", ("en",))
    assert found.server == Server(
        folder / "state", folder / "keys" / "s.sock", 1, 2, 3, 2, 4, 5, 16, 7, True, returning_reserve_mib=16
    )
    assert found.onion == Onion("control", Path("/tmp/tor"), "/opt/tor", folder / "torrc")
    assert (found.sessions, found.retention, found.sealing) == (Sessions(8, 9, 10), Retention(11, 12), Sealing(100))
    about = {"en": "two\n        lines"}
    shown = ({"en": "outside"}, {"en": "Anna and Bram"})
    assert found.desks == (Desk(DeskId("a"), {"en": "A"}, about, found.desks[0].fingerprints, False, True, *shown),)
    assert found.desks[0].fingerprints == (FIRST, SECOND)
    assert found.questions == (Question("when", {"en": "When?"}),)


def test_bytes_follow_the_units_of_the_keys(folder: Path) -> None:
    text = ORGANISATION + "[server]\nmax_upload_mib = 3\nmin_free_mib = 20\nmin_upload_rate = 5\n" + DESK
    found = settings(folder, text)
    assert found.server.max_upload_bytes == 3 * 1024 * 1024
    assert found.server.min_free_bytes == 20 * 1024 * 1024
    assert found.server.min_upload_rate_bytes == 5 * 1024
    assert found.sealing.floor_bytes == 65536


def test_paths_never_depend_on_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(folder, ORGANISATION + DESK)
    monkeypatch.chdir(folder)
    assert load(Path("config.toml")).server.data_dir == folder / "data"


def test_settings_cannot_be_changed(folder: Path) -> None:
    found = settings(folder, ORGANISATION + DESK)
    with pytest.raises(FrozenInstanceError):
        found.server.max_files = 3  # type: ignore[misc]


def test_trial_only_sets_the_flag(folder: Path) -> None:
    (folder / "trial").mkdir()
    (folder / "trial" / "keys").mkdir()
    text = ORGANISATION + '[server]\ndata_dir = ".."\n' + DESK
    found = settings(folder / "trial", text, trial=True)
    assert found.trial
    assert found.server.data_dir == folder / "trial" / ".."
    assert found == Settings(**{**vars(settings(folder / "trial", text)), "trial": True})


def test_desks_are_found_by_id_and_strange_ones_are_not(folder: Path) -> None:
    found = settings(folder, ORGANISATION + DESK + OTHER)
    assert found.desk(DeskId("board")).fingerprints == (FIRST, SECOND)
    with pytest.raises(InvalidValue):
        found.desk(DeskId("other"))


def test_a_french_text_keeps_its_spaces_and_a_text_of_nothing_but_them_is_refused(folder: Path) -> None:
    text = "Qui\u00a0? Nous\u202f: trois personnes."
    found = settings(folder, ORGANISATION + DESK + f'about.fr = "{text}"\nplace.fr = "ici\u00a0: dedans"\n')
    assert found.desks[0].about["fr"] == text
    assert refusal(folder, ORGANISATION + DESK + 'about.fr = "\u00a0\u202f"\n').key == "desk[1].about.fr"


@pytest.mark.parametrize(
    ("texts", "language", "shown"),
    [
        ({"nl": "N", "en": "E"}, "en", "E"),
        ({"nl": "N", "en": "E"}, "fr", "N"),
        ({"en": "E"}, "nl", "E"),
        ({}, "nl", ""),
    ],
)
def test_a_text_falls_back_to_the_first_language_that_has_it(texts: dict[str, str], language: str, shown: str) -> None:
    assert in_language(texts, language, ("nl", "en")) == shown


def test_a_trial_is_never_mistaken_for_a_drop_with_desks(folder: Path) -> None:
    path = folder / "config.toml"
    assert not names_a_desk(path)
    path.write_text(ORGANISATION)
    assert not names_a_desk(path)
    path.write_text("desk = []")
    assert not names_a_desk(path)
    path.write_text(ORGANISATION + DESK)
    assert names_a_desk(path)
    path.write_text('[[desk]]\nid = "half written"\n')
    assert names_a_desk(path)
    path.write_text("[[desk]\n")
    with pytest.raises(ConfigError):
        names_a_desk(path)


# --- what is wrong ------------------------------------------------------------------------------------------------

WRONG_VALUES = [
    ("server", "max_upload_mib = 0", "from 1 to 2000"),
    ("server", "max_upload_mib = 2001", "from 1 to 2000"),
    ("server", "max_upload_mib = -5", "from 1 to 2000"),
    ("server", "max_upload_mib = true", "whole number"),
    ("server", 'max_upload_mib = "500"', "whole number"),
    ("server", "max_upload_mib = 500.0", "whole number"),
    ("server", "max_upload_mib = nan", "whole number"),
    ("server", "max_upload_mib = [500]", "whole number"),
    ("server", "max_upload_mib = 1979-05-27", "whole number"),
    ("server", "max_files = 101", "from 1 to 100"),
    ("server", "max_uploads_at_once = 0", "from 1 to 256"),
    ("server", "max_uploads_per_circuit = 0", "from 1 to 256"),
    ("server", "min_upload_rate = 0", "from 1 to 1024"),
    ("server", "max_upload_minutes = 0", "from 1 to 1440"),
    ("server", "min_free_mib = 15", "from 16 to"),
    ("server", "page_threads = 65", "from 1 to 64"),
    ("server", "allow_swap = 1", "true or false"),
    ("server", 'allow_swap = "true"', "true or false"),
    ("server", 'data_dir = "absent/data"', "in a folder that exists"),
    ("server", 'data_dir = "config.toml"', "must be a folder"),
    ("server", 'data_dir = "config.toml/data"', "must be a folder"),
    ("server", 'data_dir = "keys"', "folder of its own"),
    ("server", 'data_dir = ""', "must be a path"),
    ("server", "data_dir = 5", "must be a path"),
    ("server", 'data_dir = "a\\u0000b"', "must be a path"),
    ("server", 'data_dir = "a\\nb"', "must be a path"),
    ("server", f'data_dir = "{"d" * 98}"', "set server.listen"),
    ("server", f'listen = "{"s" * 108}"', "at most 107 bytes"),
    ("server", 'listen = "absent/s.sock"', "in a folder that exists"),
    ("server", "listen = []", "must be a path"),
    ("onion", 'mode = "lunch"', "launch, control, external, off"),
    ("onion", "mode = false", "launch, control, external, off"),
    ("onion", 'mode = ["launch"]', "launch, control, external, off"),
    ("onion", "control_socket = 9051", "must be a path"),
    ("onion", 'tor_binary = " "', "one line of text"),
    ("onion", 'torrc_defaults = "absent"', "file that exists"),
    ("onion", 'torrc_defaults = "keys"', "file that exists"),
    ("server", "stop_seconds = 4", "from 5 to 3600"),
    ("onion", "circuit_ids = 1", "true or false"),
    ("onion", "socks = 9050", "must be a path"),
    ("courier", "enabled = 1", "true or false"),
    ("courier", 'listen = "absent/c.sock"', "in a folder that exists"),
    ("courier", "max_answer_mib = 4001", "from 1 to 4000"),
    ("courier", "keep_hours = 0", "from 1 to 336"),
    ("courier", "idle_minutes = 4", "from 5 to 1440"),
    ("operator", 'key = "0123"', "whole fingerprint"),
    ("operator", "key = 1", "whole fingerprint"),
    ("backup", "max_age_days = 0", "from 1 to 365"),
    ("backup", "remind_days = 366", "from 1 to 365"),
    ("status", 'mail_from = "a b@example.org"', "must be a mail address"),
    ("status", 'mail_from = "\u00e9@example.org"', "must be a mail address"),
    ("status", 'mail_to = "a\\u007fb@example.org"', "must be"),
    ("status", 'mail_to = "x@example.org\\nBcc: y@example.org"', "must be"),
    ("status", "size_kib = 15", "from 16 to 1024"),
    ("log", "max_kib = 15", "from 16 to 102400"),
    ("log", "keep = 0", "from 1 to 100"),
    ("log", "memory_only = true", "needs log.folder"),
    ("sessions", "idle_minutes = 4", "from 5 to 1440"),
    ("sessions", "idle_minutes = 60\nabsolute_minutes = 59", "from 60 to 1440"),
    ("sessions", "form_hours = 169", "from 1 to 168"),
    ("retention", "days_after_receipt = -1", "from 0 to 3650"),
    ("retention", "months_after_last_contact = 0", "from 1 to 120"),
    ("sealing", "floor_kib = 63", "from 64 to 1024"),
]


@pytest.mark.parametrize(("table", "line", "allowed"), WRONG_VALUES, ids=lambda text: text[:40])
def test_a_wrong_value_is_refused_by_its_key(folder: Path, table: str, line: str, allowed: str) -> None:
    error = refusal(folder, f"{ORGANISATION}[{table}]\n{line}\n{DESK}")
    assert error.key == f"{table}.{line.splitlines()[-1].split(' =')[0]}"
    assert allowed in error.allowed


@pytest.mark.parametrize("line", ["name = 5", 'name = ""', 'name = " "', 'name = "a\\nb"', 'name = "a\\u001b[2Jb"', ""])
def test_an_organisation_without_a_name_in_one_line_is_refused(folder: Path, line: str) -> None:
    assert refusal(folder, f"[organisation]\n{line}\n{DESK}").key == "organisation.name"
    assert refusal(folder, DESK).key == "organisation.name"


@pytest.mark.parametrize(
    ("value", "key", "allowed"),
    [
        ('"nl"', "organisation.languages", "list of 1 to 5"),
        ("[]", "organisation.languages", "list of 1 to 5"),
        ('["nl", "es"]', "organisation.languages[2]", "one of: nl, en, de, fr, ar"),
        ('["en", "en"]', "organisation.languages[2]", "each once"),
        ('["nl", 5]', "organisation.languages[2]", "in quotes"),
    ],
)
def test_languages_that_are_not_there_are_refused(folder: Path, value: str, key: str, allowed: str) -> None:
    error = refusal(folder, f"{ORGANISATION}languages = {value}\n{DESK}")
    assert error.key == key
    assert allowed in error.allowed


WRONG_DESKS = [
    ('id = "board"', 'id = "Board"', "desk[2].id", "1 to 32 of a-z"),
    ('id = "board"', 'id = "-board"', "desk[2].id", "1 to 32 of a-z"),
    ('id = "board"', 'id = "../x"', "desk[2].id", "1 to 32 of a-z"),
    ('id = "board"', f'id = "{"b" * 33}"', "desk[2].id", "1 to 32 of a-z"),
    ('id = "board"', "id = 2", "desk[2].id", "1 to 32 of a-z"),
    ('id = "board"', "", "desk[2].id", "1 to 32 of a-z"),
    ('id = "board"', 'id = "adviser"', "desk[2].id", "another id"),
    ('name.en = "Board"', "", "desk[2].name", "languages: nl, en"),
    ('name.en = "Board"', 'name = "Board"', "desk[2].name", "name.nl = "),
    ('name.en = "Board"', "name.en = 5", "desk[2].name.en", "text in quotes"),
    ('name.en = "Board"', 'name.en = ""', "desk[2].name.en", "text in quotes"),
    ('name.en = "Board"', 'name.es = "Junta"', "desk[2].name.es", "known: nl, en, de, fr, ar"),
    ('name.en = "Board"', 'name.en = "B"\nabout.es = "x"', "desk[2].about.es", "known: nl, en"),
    ('name.en = "Board"', f'name.en = "{"B" * 101}"', "desk[2].name.en", "1 to 100 characters"),
    ('name.en = "Board"', 'name.en = "B\\u202E"', "desk[2].name.en", "text in quotes"),
    ('name.en = "Board"', f'name.en = "B"\nabout.en = "{"B" * 2001}"', "desk[2].about.en", "1 to 2000"),
    ('name.en = "Board"', f'name.en = "B"\nplace.en = "{"B" * 61}"', "desk[2].place.en", "1 to 60"),
    ('name.en = "Board"', f'name.en = "B"\nmembers.en = "{"B" * 501}"', "desk[2].members.en", "1 to 500"),
    ('name.en = "Board"', 'name.en = "B"\nplace = "outside"', "desk[2].place", "place.nl = "),
    (FIRST, FIRST[1:], "desk[2].fingerprints[1]", "40 hex digits"),
    (SECOND, f"{SECOND}{SECOND[:24]}", "desk[2].fingerprints[2]", "40 hex digits"),
    (SECOND, f"0x{SECOND[2:]}", "desk[2].fingerprints[2]", "40 hex digits"),
    (SECOND, "", "desk[2].fingerprints[2]", "40 hex digits"),
    (SECOND, FIRST.lower(), "desk[2].fingerprints[2]", "another fingerprint"),
    (f'["{FIRST}", "{SECOND}"]', f'"{FIRST}"', "desk[2].fingerprints", "list of 1 to 50"),
    (f'["{FIRST}", "{SECOND}"]', "[]", "desk[2].fingerprints", "list of 1 to 50"),
    (f'"{SECOND}"', "5", "desk[2].fingerprints[2]", "in quotes"),
    (f'fingerprints = ["{FIRST}", "{SECOND}"]', "", "desk[2].fingerprints", "list of 1 to 50"),
    ('id = "board"', 'id = "board"\nclosed = "no"', "desk[2].closed", "true or false"),
    ('id = "board"', 'id = "board"\nhidden_recipients = 1', "desk[2].hidden_recipients", "true or false"),
    ('id = "board"', 'id = "board"\nfingerprint = "x"', "desk[2].fingerprint", "did you mean desk[2].fingerprints?"),
]


@pytest.mark.parametrize(("right", "wrong", "key", "allowed"), WRONG_DESKS, ids=lambda text: text[:40])
def test_a_wrong_desk_is_refused_by_its_key(folder: Path, right: str, wrong: str, key: str, allowed: str) -> None:
    assert right in OTHER
    error = refusal(folder, ORGANISATION + DESK + OTHER.replace(right, wrong))
    assert error.key == key
    assert allowed in error.allowed


def test_a_desk_that_the_site_cannot_name_in_its_languages_is_refused(folder: Path) -> None:
    error = refusal(folder, ORGANISATION + 'languages = ["nl"]\n' + OTHER)
    assert error.key == "desk[1].name"
    assert "languages: nl" in error.allowed


def test_no_desk_and_too_many_desks_are_refused(folder: Path) -> None:
    assert refusal(folder, ORGANISATION).key == "desk"
    desks = [OTHER.replace("board", f"board-{number}") for number in range(51)]
    assert len(settings(folder, ORGANISATION + "".join(desks[:50])).desks) == 50
    assert "1 to 50 times" in refusal(folder, ORGANISATION + "".join(desks)).allowed


def test_more_readers_than_a_text_only_report_can_hide_are_refused(folder: Path) -> None:
    def desk(number: int, members: range) -> str:
        listed = ", ".join(f'"{member:040X}"' for member in members)
        return f'[[desk]]\nid = "board-{number}"\nname.en = "Board"\nfingerprints = [{listed}]\n'

    most = desk(1, range(50)) + desk(2, range(50, 100)) + desk(3, range(50))
    assert len(settings(folder, ORGANISATION + most).desks) == 3
    refused = refusal(folder, ORGANISATION + most + desk(4, range(100, 101)))
    assert refused.key == "desk"
    assert "100 different" in refused.allowed


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ('id = "Wann"\ntext.en = "When?"', "question[1].id"),
        ('id = "when"', "question[1].text"),
        ('id = "when"\ntext = "When?"', "question[1].text"),
        ('id = "when"\ntext.en = "When?"\n[[question]]\nid = "when"\ntext.en = "Again?"', "question[2].id"),
        ('id = "when"\ntext.en = "When?"\nrequired = true', "question[1].required"),
    ],
)
def test_a_wrong_question_is_refused_by_its_key(folder: Path, question: str, key: str) -> None:
    assert refusal(folder, f"{ORGANISATION}{DESK}[[question]]\n{question}\n").key == key


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("keys_dri = 'keys'\n" + ORGANISATION + DESK, "keys_dri", "did you mean keys_dir?"),
        (ORGANISATION + "[servr]\n" + DESK, "servr", "did you mean server?"),
        (ORGANISATION + "[server]\nmax_uplod_mib = 5\n" + DESK, "server.max_uplod_mib", "did you mean server.max_up"),
        (ORGANISATION + "keys_dir = 'keys'\n" + DESK, "organisation.keys_dir", "at the top, before the first"),
        (ORGANISATION + "[server]\nmode = 'off'\n" + DESK, "server.mode", "belongs in [onion]"),
        (ORGANISATION + "[retention]\nwhy = 5\n" + DESK, "retention.why", "known here: days_after_receipt, mon"),
        (ORGANISATION + '[server]\n"a\\nb c" = 5\n' + DESK, 'server."a\\nb c"', "not a known key"),
        (ORGANISATION + f"[server]\n{'k' * 5000} = 5\n" + DESK, f'server."{"k" * 60}"', "not a known key"),
        (ORGANISATION + DESK + "[desk.deeper]\n", "desk[1].deeper", "not a known key"),
    ],
)
def test_an_unknown_key_is_named_with_what_was_meant(folder: Path, text: str, key: str, allowed: str) -> None:
    error = refusal(folder, text)
    assert error.key == key
    assert allowed in error.allowed


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("server = 5\n" + ORGANISATION + DESK, "server", "written as [server]"),
        ("[[server]]\n" + ORGANISATION + DESK, "server", "written as [server]"),
        (ORGANISATION + DESK.replace("[[desk]]", "[desk]"), "desk", "written as [[desk]]"),
        ("desk = [5]\n" + ORGANISATION, "desk[1]", "written as [[desk]]"),
        ("desk = 'adviser'\n" + ORGANISATION, "desk", "written as [[desk]]"),
        ("keys_dir = 'absent'\n" + ORGANISATION + DESK, "keys_dir", "folder that exists"),
        ("keys_dir = 'config.toml'\n" + ORGANISATION + DESK, "keys_dir", "folder that exists"),
        ("keys_dir = 5\n" + ORGANISATION + DESK, "keys_dir", "must be a path"),
    ],
)
def test_a_part_of_the_wrong_shape_is_refused_by_its_key(folder: Path, text: str, key: str, allowed: str) -> None:
    error = refusal(folder, text)
    assert error.key == key
    assert allowed in error.allowed


@pytest.mark.parametrize(
    ("data", "allowed"),
    [
        (b"[server\n", "must be valid TOML; see line 1, column 8"),
        (b"a = 1\na = 2\n", "must be valid TOML; see line 2"),
        (b'a = "', "must be valid TOML; see end of document"),
        (b"a = " + b"[" * 5000, "must be valid TOML"),
        (b"a = " + b"9" * 5000, "must be valid TOML"),
        (b"a = \xff", "must be UTF-8 text"),
        (b"\x00", "must be valid TOML"),
        (b"#" * (1 << 20) + b"\n", "at most 1 MiB"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_file_that_is_no_toml_is_refused_in_one_line(folder: Path, data: bytes, allowed: str) -> None:
    path = folder / "config.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.key == str(path)
    assert caught.value.allowed.startswith(allowed) or allowed in caught.value.allowed
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("name", ["absent.toml", "keys", "keys/x/y", "a\nb", "a\0b", "n" * 300])
def test_a_file_that_cannot_be_read_is_refused_in_one_line(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="can be read") as caught:
        load(folder / name)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).isprintable()


def test_a_folder_that_may_not_be_entered_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_dir", forbid)
    monkeypatch.setattr(Path, "exists", forbid)
    assert refusal(folder, ORGANISATION + DESK).key == "keys_dir"


def test_a_refusal_never_tells_the_value_and_says_how_entries_are_counted(folder: Path) -> None:
    error = refusal(folder, ORGANISATION + DESK.replace(FIRST, "CAFE" * 9))
    assert "CAFE" not in "".join(traceback.format_exception(error))
    assert "counted from 1" in error.hint


# --- the example --------------------------------------------------------------------------------------------------


def example(folder: Path, text: str) -> Settings:
    (folder / "torrc").touch()
    (folder / "logo.png").write_bytes(PNG)
    return settings(folder, text)


def uncommented() -> str:
    return re.sub(r"(?m)^# (?=[a-z_]+(\.[a-z]+)? = |\[\[)", "", EXAMPLE.read_text())


def test_the_example_works_as_it_stands(folder: Path) -> None:
    found = example(folder, EXAMPLE.read_text())
    assert found.organisation.name == "Example Aid"
    assert [desk.id for desk in found.desks] == ["adviser"]


def test_the_example_never_shows_a_default_that_is_not_one(folder: Path) -> None:
    as_it_stands, with_defaults = example(folder, EXAMPLE.read_text()), example(folder, uncommented())
    shown = with_defaults
    # keys without a default to show
    expected = replace(
        as_it_stands,
        onion=Onion(torrc_defaults=folder / "torrc"),
        organisation=replace(as_it_stands.organisation, danger=shown.organisation.danger, logo=Logo("image/png", PNG)),
        courier=replace(as_it_stands.courier, release=(7 * 60, 19 * 60)),
        operator=Operator(Fingerprint("0123456789ABCDEF" * 2 + "01234567")),
        status=Status(
            Path("/var/spool/onion-dropbox-status"),
            ("/usr/bin/msmtp", "--read-envelope-from", "--read-recipients"),
            "drop@example.org",
            "operator@example.org",
        ),
        log=replace(as_it_stands.log, folder=folder / "log"),
        desks=(replace(as_it_stands.desks[0], leaving=shown.desks[0].leaving),),
    )
    assert shown.desks[0].leaving == {Fingerprint("0123456789ABCDEF" * 2 + "01234567"): date(2027, 1, 31)}
    assert with_defaults == expected
    assert [question.id for question in as_it_stands.questions] == ["what", "when", "where", "who-saw", "going-on"]


def test_the_example_leaves_out_no_key() -> None:
    text = uncommented()
    running = (Courier, Operator, Backup, Status, Log)
    for kind in (Organisation, Server, Onion, Sessions, Retention, Sealing, Desk, Question, *running):
        for field in fields(kind):
            assert re.search(rf"(?m)^{field.name}(\.nl)? = ", text), field.name
    assert re.search(r"(?m)^keys_dir = ", text)


def test_the_example_tells_the_ranges_that_are_checked(folder: Path) -> None:
    for table, line, allowed in WRONG_VALUES:
        span = re.search(r"from (\d+) to (\d+)$", refusal(folder, f"{ORGANISATION}[{table}]\n{line}\n{DESK}").allowed)
        if allowed.startswith("from") and span and span[1] != "60":
            part = re.split(rf"(?m)^#? ?{line.split(' =')[0]} = ", EXAMPLE.read_text())[0]
            assert f"({span[1]} to {span[2]}" in part.rpartition("\n\n")[2], line
    assert f"at most {config.MAX_DESKS};" in EXAMPLE.read_text()
    assert f"At most {config.MAX_QUESTIONS};" in EXAMPLE.read_text()


# --- keeping ------------------------------------------------------------------------------------------------------


def test_a_desk_keeps_for_the_default_months_unless_it_says_others(folder: Path) -> None:
    text = EXAMPLE.read_text()
    assert example(folder, text).desks[0].keep_months == {"default": 24, "withdrawn": 1}
    said = text.replace("# keep_months = { default = 24, withdrawn = 1 }", "keep_months = { founded = 60 }")
    assert example(folder, said).desks[0].keep_months == {"default": 24, "withdrawn": 1, "founded": 60}


@pytest.mark.parametrize(
    "months", ["{ fouded = 1 }", "{ default = 241 }", "{ default = -1 }", "{ default = true }", "6"]
)
def test_months_that_cannot_be_meant_are_refused(folder: Path, months: str) -> None:
    said = f"keep_months = {months}"
    text = EXAMPLE.read_text().replace("# keep_months = { default = 24, withdrawn = 1 }", said)
    with pytest.raises(ConfigError) as refused:
        example(folder, text)
    assert "keep_months" in str(refused.value)


def test_nothing_may_be_erased_within_a_week(folder: Path) -> None:
    with pytest.raises(ConfigError):
        example(folder, EXAMPLE.read_text().replace("# erase_delay_days = 14", "erase_delay_days = 6"))


@pytest.mark.parametrize("time", ["7:00", "24:00", "07:60", "07:00 ", ""])
def test_a_release_at_no_time_of_the_day_is_refused(folder: Path, time: str) -> None:
    error = refusal(folder, f'{ORGANISATION}[courier]\nrelease = ["{time}"]\n{DESK}')
    assert error.key == "courier.release[1]"


@pytest.mark.parametrize(
    ("leaving", "key"),
    [
        ("5", "desk[1].leaving"),
        ('{ "0123" = 2027-01-31 }', "desk[1].leaving.0123"),
        (f'{{ "{FIRST}" = "2027-01-31" }}', f"desk[1].leaving.{FIRST}"),
        (f'{{ "{FIRST}" = 2027-01-31T10:00:00 }}', f"desk[1].leaving.{FIRST}"),
    ],
)
def test_leaving_without_a_fingerprint_or_a_day_is_refused(folder: Path, leaving: str, key: str) -> None:
    assert refusal(folder, f"{ORGANISATION}{DESK}leaving = {leaving}\n").key == key


def test_a_mail_command_without_addresses_is_refused(folder: Path) -> None:
    assert refusal(folder, f'{ORGANISATION}[status]\nmail_command = ["mail"]\n{DESK}').key == "status.mail_from"
