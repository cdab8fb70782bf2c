"""The drop's secrets: made once, never replaced, never shown."""

import pickle
import socket
import threading
from pathlib import Path

import pytest

from dropbox.errors import StartRefused
from dropbox.models import new_item_id
from dropbox.server.identity import Identity


def test_a_second_start_has_the_same_secrets(tmp_path: Path) -> None:
    first = Identity.load_or_create(tmp_path / "data")
    again = Identity.load_or_create(tmp_path / "data")
    assert (again.secret, again.drop, again.drop_words()) == (first.secret, first.drop, first.drop_words())
    assert len(first.drop_words().split()) == 10


def test_two_drops_have_nothing_in_common(tmp_path: Path) -> None:
    one, two = (Identity.load_or_create(tmp_path / name) for name in ("one", "two"))
    assert one.secret != two.secret
    assert one.drop != two.drop
    assert one.subkey(b"drop1-x") != two.subkey(b"drop1-x")
    assert one.subkey(b"drop1-x") != one.subkey(b"drop1-y")


def test_nobody_else_may_read_the_secrets_or_enter_a_new_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    Identity.load_or_create(data)
    assert data.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in data.iterdir()} == {0o600}
    assert sorted(path.name for path in data.iterdir()) == ["secret.key", "signing.key"]


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701])
def test_a_folder_that_others_could_read_is_not_quietly_closed(tmp_path: Path, mode: int) -> None:
    data = tmp_path / "data"
    Identity.load_or_create(data)
    data.chmod(mode)
    with pytest.raises(StartRefused, match="the data folder") as refused:
        Identity.load_or_create(data)
    assert f"chmod 700 {data}" in refused.value.hint
    assert data.stat().st_mode & 0o777 == mode
    data.chmod(0o700)
    Identity.load_or_create(data)


@pytest.mark.parametrize(
    "name",
    ["items", "tor", "tor/onion", "tor/onion/hs_ed25519_secret_key", "tor/onion.key", "courier", "courier/keys.auth"],
)
def test_a_secret_elsewhere_in_the_folder_is_looked_at_as_well(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    Identity.load_or_create(data)
    is_folder = name in {"items", "tor", "tor/onion", "courier"}
    for folder in ("items", "tor", "tor/onion", "courier"):
        (data / folder).mkdir(mode=0o700)
    if not is_folder:
        (data / name).touch(mode=0o600)
    Identity.load_or_create(data)
    (data / name).chmod(0o750 if is_folder else 0o640)
    with pytest.raises(StartRefused, match=name) as refused:
        Identity.load_or_create(data)
    assert f"chmod {'700' if is_folder else '600'} {data / name}" in refused.value.hint


def test_what_is_public_and_a_socket_may_be_reached_by_others(tmp_path: Path) -> None:
    Identity.load_or_create(tmp_path)
    (tmp_path / "tor").mkdir(mode=0o700)
    (tmp_path / "tor" / "address").touch(mode=0o644)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        (tmp_path / "s").chmod(0o660)
        Identity.load_or_create(tmp_path)


@pytest.mark.parametrize("name", ["secret.key", "signing.key"])
def test_a_missing_secret_beside_a_store_is_never_made_anew(tmp_path: Path, name: str) -> None:
    Identity.load_or_create(tmp_path)
    (tmp_path / "store.sqlite").touch(mode=0o600)
    (tmp_path / name).unlink()
    with pytest.raises(StartRefused) as refused:
        Identity.load_or_create(tmp_path)
    assert name in str(refused.value)
    assert not (tmp_path / name).exists()


def test_secrets_are_not_made_beside_sealed_items(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    (tmp_path / "items" / f"{new_item_id()}.pgp").touch()
    with pytest.raises(StartRefused):
        Identity.load_or_create(tmp_path)


def test_a_first_start_that_was_killed_in_between_is_finished(tmp_path: Path) -> None:
    first = Identity.load_or_create(tmp_path)
    before = first.drop
    (tmp_path / "signing.key").unlink()
    again = Identity.load_or_create(tmp_path)
    assert again.secret == first.secret
    assert again.drop != before


@pytest.mark.parametrize("data", [b"", b"short", bytes(33)])
def test_a_secret_of_another_length_is_refused(tmp_path: Path, data: bytes) -> None:
    Identity.load_or_create(tmp_path)
    (tmp_path / "secret.key").write_bytes(data)
    with pytest.raises(StartRefused, match=r"secret\.key"):
        Identity.load_or_create(tmp_path)


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    Identity.load_or_create(tmp_path)
    (tmp_path / "signing.key").chmod(0o640)
    with pytest.raises(StartRefused, match=r"signing\.key") as refused:
        Identity.load_or_create(tmp_path)
    assert "chmod" in refused.value.hint


def test_a_folder_that_is_a_file_is_refused_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StartRefused):
        Identity.load_or_create(tmp_path / "data")


def test_starts_at_the_same_moment_end_with_the_same_secrets(tmp_path: Path) -> None:
    found: list[tuple[bytes, str]] = []

    def start() -> None:
        identity = Identity.load_or_create(tmp_path)
        found.append((identity.secret, identity.drop))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_an_identity_never_shows_itself(tmp_path: Path) -> None:
    identity = Identity.load_or_create(tmp_path)
    assert repr(identity) == str(identity) == "<identity>"
    with pytest.raises(TypeError):
        pickle.dumps(identity)
