"""What the drop last did of its own accord: one short line a name."""

from pathlib import Path

import pytest

from dropbox.errors import InvalidValue
from dropbox.server.identity import Identity
from dropbox.server.store import Store


def test_a_happening_replaces_the_one_before_and_outlives_the_process(tmp_path: Path) -> None:
    identity = Identity.load_or_create(tmp_path)
    store = Store.open(tmp_path, identity, trial=False)
    assert store.happenings.get("loop") is None
    store.happenings.set("loop", "2026-01-01")
    store.happenings.set("loop", "2026-01-02")
    store.happenings.set("backup", "2026-01-03")
    store.close()
    again = Store.open(tmp_path, identity, trial=False)
    assert (again.happenings.get("loop"), again.happenings.get("backup")) == ("2026-01-02", "2026-01-03")
    again.close()


@pytest.mark.parametrize(("name", "value"), [("Loop", "x"), ("", "x"), ("loop", "a\nb"), ("loop", "x" * 201)])
def test_a_happening_that_is_no_short_line_is_refused(tmp_path: Path, name: str, value: str) -> None:
    store = Store.open(tmp_path, Identity.load_or_create(tmp_path), trial=False)
    with pytest.raises(InvalidValue):
        store.happenings.set(name, value)
    assert store.happenings.get("loop") is None
    store.close()
