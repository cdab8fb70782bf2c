"""A trial drop never becomes a real one, and a real one never a trial."""

import sys
from pathlib import Path

import pytest

from dropbox import config
from dropbox.errors import StartRefused
from dropbox.server import trial
from dropbox.server.drop import Drop
from scripts import run
from tests import factories
from tests.conftest import Members


@pytest.fixture
def data(short_dir: Path) -> Path:
    return short_dir / "data"


def test_a_trial_made_twice_keeps_its_key(data: Path) -> None:
    first = config.load(trial.prepare(data, publish=False), trial=True).desks[0].fingerprints
    assert config.load(trial.prepare(data, publish=False), trial=True).desks[0].fingerprints == first
    factories.end_agents(data)


def test_a_trial_has_no_onion_address_unless_asked_for(data: Path) -> None:
    assert config.load(trial.prepare(data, publish=False)).onion.mode == "off"
    assert config.load(trial.prepare(data, publish=True)).onion.mode == "launch"
    factories.end_agents(data)


def test_a_trial_can_be_looked_at_in_every_language(data: Path) -> None:
    made = config.load(trial.prepare(data, publish=False), trial=True)
    factories.end_agents(data)
    desk = made.desks[0]
    for texts in (desk.name, desk.about, *(question.text for question in made.questions)):
        assert set(texts) == set(made.organisation.languages) == set(config.LANGUAGES)


def test_a_trial_is_refused_in_a_real_drops_folder(tmp_path: Path, members: Members) -> None:
    real = factories.write_config(tmp_path, {"desk": [members.anna]})
    factories.publish_keys(members.home, tmp_path / "keys", [members.anna])
    Drop.open(config.load(real)).close()
    with pytest.raises(StartRefused):
        trial.prepare(tmp_path / "data", publish=False)


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(StartRefused, match="other things"):
        trial.prepare(tmp_path, publish=False)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_real_desk_is_refused_in_a_trials_folder(short_dir: Path, members: Members) -> None:
    made = trial.prepare(short_dir / "data", publish=False)
    Drop.open(config.load(made, trial=True)).close()
    real = factories.write_config(short_dir, {"desk": [members.anna]})
    factories.publish_keys(members.home, short_dir / "keys", [members.anna])
    with pytest.raises(StartRefused):
        Drop.open(config.load(real))
    factories.end_agents(short_dir / "data")


def test_a_trials_folder_that_cannot_be_made_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "ROOT", Path("/proc/nowhere"))
    monkeypatch.setattr(sys, "argv", ["run"])
    assert run.main() == 1
    assert capsys.readouterr().err.startswith("error: /proc/nowhere/data: a trial cannot be made there")


def test_the_trials_text_fits_a_terminal_but_for_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    run._explain(run.ROOT / "data/trial/config.toml", run.ROOT / "data", run.TRIAL_LOCAL)
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if len(line) > 80 and "bin/dropbox-" not in line] == []
    assert all(command in told for command in (" export ", " init ", " import ", " cases ", " read ", " reply "))


def test_only_the_configuration_made_for_a_trial_counts_as_one(tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    assert trial.is_trial(tmp_path / "trial" / "config.toml", tmp_path)
    assert not trial.is_trial(tmp_path / "config.toml", tmp_path)


def test_a_trial_is_refused_where_a_desk_is_configured(
    tmp_path: Path, members: Members, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = factories.write_config(tmp_path, {"desk": [members.anna]})
    monkeypatch.setattr(sys, "argv", ["run", "--trial", "--config", str(real), "--data", str(tmp_path / "trial-data")])
    assert run.main() == 1
    assert capsys.readouterr().err.startswith("error: --trial: ")
    assert not (tmp_path / "trial-data").exists()
