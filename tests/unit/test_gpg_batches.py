"""Many messages opened by one run of gpg: none may spoil another one, pass for whole, or leave anything behind."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dropbox.gpg import Gpg
from dropbox.models import Recipient
from tests.conftest import Members
from tests.factories import export_public, run_gpg

SENTENCES = [f"Report {number}.".encode() * 5000 for number in range(4)]


@pytest.fixture(scope="module")
def public(members: Members, tmp_path_factory: pytest.TempPathFactory) -> Gpg:
    gpg = Gpg(tmp_path_factory.mktemp("public") / "home")
    for fingerprint in (members.anna, members.bram):
        gpg.import_keys(export_public(members.home, fingerprint))
    return gpg


@pytest.fixture
def own(members: Members, monkeypatch: pytest.MonkeyPatch) -> Gpg:
    monkeypatch.setenv("GNUPGHOME", str(members.home))
    return Gpg(None, agent=True, secret_key=members.anna)


def sealed(public: Gpg, members: Members, folder: Path) -> list[Path | bytes]:
    """Return four messages to two hidden members: two files, two in memory."""
    messages: list[Path | bytes] = []
    for number, sentence in enumerate(SENTENCES):
        data = public.seal_bytes(sentence, [Recipient(members.anna), Recipient(members.bram)])
        path = folder / f"item {number}.pgp"
        path.write_bytes(data)
        messages.append(path if number % 2 else data)
    return messages


def test_no_message_is_given_in_the_place_of_another(public: Gpg, own: Gpg, members: Members, tmp_path: Path) -> None:
    messages = sealed(public, members, tmp_path)
    assert own.unseal_batch(messages) == tuple(SENTENCES)
    assert own.unseal_batch(messages[::-1]) == tuple(SENTENCES[::-1])


def damaged(data: bytes, _members: Members) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


def cut_off(data: bytes, _members: Members) -> bytes:
    return data[:-100]


def no_message(_data: bytes, _members: Members) -> bytes:
    return b"nothing that gpg ever made" * 100


def bomb(_data: bytes, members: Members) -> bytes:
    """64 MiB that gpg would inflate from a few kilobytes."""
    return run_gpg(members.home, "--trust-model", "always", "-z", "9", "-e", "-R", members.anna, data=bytes(64 << 20))


def signed_inside(_data: bytes, members: Members) -> bytes:
    sealing = ("--trust-model", "always", "-u", members.anna, "-s", "-e", "-R", members.anna)
    return run_gpg(members.home, *sealing, data=b"signed")


Bend = Callable[[bytes, Members], bytes]


@pytest.mark.parametrize("bend", [damaged, cut_off, no_message, bomb, signed_inside])
@pytest.mark.parametrize("place", [0, 3])
def test_one_bad_message_neither_passes_nor_spoils_the_others(
    public: Gpg, own: Gpg, members: Members, tmp_path: Path, bend: Bend, place: int
) -> None:
    messages = sealed(public, members, tmp_path)
    there = messages[place]
    data = there.read_bytes() if isinstance(there, Path) else there
    messages[place] = bend(data, members)
    opened = own.unseal_batch(messages)
    assert opened[place] is None
    assert all(each in (None, sentence) for each, sentence in zip(opened, SENTENCES, strict=True))
    # a bomb ends its run: what comes after it is left to be opened by itself
    others = [each for number, each in enumerate(opened) if number != place]
    assert None not in (others[:place] if bend is bomb else others)


def test_nothing_is_left_in_the_folder_of_temporary_files(
    public: Gpg, own: Gpg, members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert own.unseal_batch(sealed(public, members, tmp_path)) == tuple(SENTENCES)
    assert not list(temporary.iterdir())


def test_a_file_that_is_gone_is_not_a_message(own: Gpg, tmp_path: Path) -> None:
    assert own.unseal_batch([tmp_path / "gone.pgp"]) == (None,)
    assert own.unseal_batch([]) == ()
