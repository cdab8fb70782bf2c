"""The daily status: one size on every day, whatever happened, and nothing in it of what came in."""

import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from dropbox import config
from dropbox.errors import StatusUnsent
from dropbox.models import Recipient, today
from dropbox.server import check, daily
from dropbox.server.check import Row, Telling, Verdict
from dropbox.server.daily import Seal
from dropbox.server.drop import Drop
from dropbox.server.main import main
from dropbox.settings import Status
from tests import factories
from tests.conftest import Members

DAY = date(2026, 1, 2)
TEN = "one two three four five six seven eight nine ten"


@pytest.fixture(scope="module")
def seal(members: Members) -> Seal:
    return Seal(members.gpg, Recipient(members.cora, hidden=False))


def states() -> Iterator[list[Row]]:
    yield []
    yield [Row(Verdict.OK, "disk", "5 MiB free", "", Telling.VERDICT)]
    yield [Row(Verdict.FAIL, f"key {number}", "x" * number, "y" * 500) for number in range(300)]
    yield [Row(Verdict.WARN, "desk a …ABCDEF01", "3 items wait", "Ask them.", Telling.NOTHING)] * 50
    yield [Row(Verdict.OK, "clock", "é" * 20_000)]


@pytest.mark.parametrize("size_kib", [16, 32, 100])
def test_the_status_has_one_size_whatever_there_is_to_say(seal: Seal, size_kib: int) -> None:
    sizes = {len(daily.sealed(daily.text_of(rows, DAY, TEN), size_kib, seal)) for rows in states()}
    assert sizes == {size_kib * 1024}


def test_a_mail_has_one_size_on_every_day_and_the_same_lines_but_for_the_day() -> None:
    status = Status(None, ("mail",), "drop@example.org", "operator@example.org", 16)
    heads = set()
    for days in range(400):
        mail = daily.mail_of(b"x" * 100, status, DAY + timedelta(days=days))
        assert len(mail) == len(daily.mail_of(b"x" * 100, status, DAY))
        heads.add(re.sub(rb"Date: .*", b"", mail))
    assert len(heads) == 1
    assert daily.mail_of(b"", status, DAY).splitlines()[3] == b"Date: Fri, 02 Jan 2026 00:00:00 +0000"


def test_what_waits_is_not_in_it_and_of_the_disk_only_whether_there_is_room() -> None:
    rows = [
        Row(Verdict.WARN, "desk a …ABCDEF01", "3 items wait", "Ask them.", Telling.NOTHING),
        Row(Verdict.WARN, "disk", "5 MiB free", "Make room.", Telling.VERDICT),
        Row(Verdict.OK, "clock", "fine"),
    ]
    text = daily.text_of(rows, DAY, TEN)
    assert "3 items" not in text
    assert "ABCDEF01" not in text
    assert "5 MiB" not in text
    assert "warn  disk\n" in text
    assert "verdict warn" in text
    without = [Row(Verdict.OK, "clock", "fine"), replace(rows[1], finding="9 MiB free")]
    assert daily.text_of(without, DAY, TEN) == text


def test_only_the_operator_opens_it_and_finds_the_worst_first(seal: Seal, members: Members) -> None:
    rows = [Row(Verdict.OK, "clock", "fine"), Row(Verdict.FAIL, "gpg", "broken", "Mend it.")]
    data = daily.sealed(daily.text_of(rows, DAY, TEN), 16, seal)
    opened = factories.run_gpg(members.home, "--decrypt", data=data).decode()
    assert opened.splitlines()[:3] == ["onion-dropbox status 1", "day 2026-01-02", f"drop key {TEN}"]
    assert opened.index("gpg: broken") < opened.index("clock: fine")
    assert b"broken" not in data


def test_a_text_that_is_too_long_says_that_it_was_cut(seal: Seal, members: Members) -> None:
    rows = [Row(Verdict.FAIL, str(number), "é" * 100) for number in range(500)]
    data = daily.sealed(daily.text_of(rows, DAY, TEN), 16, seal)
    assert "dropbox-server check" in factories.run_gpg(members.home, "--decrypt", data=data).decode()


def test_a_day_has_one_file_and_old_ones_go(tmp_path: Path) -> None:
    (tmp_path / "other.asc").write_text("mine")
    for days in range(40):
        daily.put(b"first", tmp_path, DAY + timedelta(days=days))
    daily.put(b"again", tmp_path, DAY + timedelta(days=39))
    kept = sorted(tmp_path.glob("status-*.asc"))
    assert len(kept) == daily.KEPT_FILES
    assert kept[-1].read_bytes() == b"first"
    assert stat.S_IMODE(kept[-1].stat().st_mode) == 0o600
    assert (tmp_path / "other.asc").exists()
    with pytest.raises(StatusUnsent):
        daily.put(b"x", tmp_path / "nowhere", DAY)


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def configured(tmp_path: Path, members: Members, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A drop whose operator is cora; the mail command keeps what it is given."""
    (tmp_path / "status").mkdir()
    (tmp_path / "mail.py").write_text("import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())")
    command = f'mail_command = ["{sys.executable}", "{tmp_path}/mail.py", "{tmp_path}/mail"]'
    made = factories.write_config(
        tmp_path,
        {"desk": [members.anna]},
        operator=f'key = "{members.cora}"',
        status=f'folder = "status"\n{command}\nmail_from = "a@example.org"\nmail_to = "b@example.org"',
    )
    factories.publish_keys(members.home, tmp_path / "keys", [members.anna, members.cora])
    monkeypatch.setattr(check, "_ANYHOW", tuple(each for each in check._ANYHOW if each.subject != "gpg"))
    return made


def test_the_command_sends_one_size_whether_the_drop_is_well_or_not(configured: Path, tmp_path: Path) -> None:
    sizes, files = set(), []
    for mode in (0o700, 0o755, 0o700):
        if (tmp_path / "data").exists():
            (tmp_path / "data").chmod(mode)
        for old in (tmp_path / "status").iterdir():
            old.unlink()
        assert main(["daily", "--config", str(configured), "--json"]) == 0
        (file,) = (tmp_path / "status").iterdir()
        files.append(file.name)
        sizes.add((file.stat().st_size, (tmp_path / "mail").stat().st_size))
        assert (tmp_path / "mail").read_bytes().endswith(file.read_bytes())
    assert len(sizes) == 1
    assert set(files) == {f"status-{today()}.asc"}


def test_a_status_that_cannot_be_sent_fails(
    configured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mail.py").write_text("raise SystemExit(1)")
    assert main(["daily", "--config", str(configured)]) == 1
    assert "status.mail_command" in capsys.readouterr().err
    assert list((tmp_path / "status").iterdir())
    nowhere = configured.read_text().replace("[status]", "[status]\nsize_kib = 16\n#").replace("mail_", "#mail_")
    configured.write_text(re.sub(r'folder = "status"', "", nowhere))
    assert main(["daily", "--config", str(configured)]) == 1


def test_without_the_operators_key_nothing_is_sent_in_clear(configured: Path, tmp_path: Path, members: Members) -> None:
    (tmp_path / "keys" / f"{members.cora}.asc").unlink()
    assert main(["daily", "--config", str(configured)]) == 1
    assert list((tmp_path / "status").iterdir()) == []


def test_the_operators_key_is_no_stranger_in_the_keys_folder(configured: Path, members: Members) -> None:
    with Drop.open(config.load(configured)) as drop:
        rows = check.examine(drop.settings, drop.store, drop.keyring, today())
    assert not [row for row in rows if members.cora in row.subject]
