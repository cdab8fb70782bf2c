"""Who may use the courier: no passphrase is kept, nobody gets in by a wrong one, and a change ends what was before."""

from collections.abc import Iterator
from unittest import mock

import pytest
from nacl.pwhash import argon2id

from dropbox.errors import InvalidValue, InvestigatorExists, InvestigatorUnknown
from dropbox.models import DeskId, Passphrase
from dropbox.server.store import Store, investigators
from dropbox.server.store.investigators import draw_passphrase, parse_name
from dropbox.words import WORDS
from tests.store_room import BOARD, BUREAU, bytes_under, open_store

KEY = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIQWCYTDMRSQ"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with mock.patch.object(investigators, "MEMORY_BYTES", 8 << 20):
        store = open_store(tmp_path_factory.mktemp("drop"))
        yield store
        store.close()


def test_a_passphrase_is_in_no_file_and_no_repr(opened: Store) -> None:
    passphrase = opened.courier.add("paper", [BOARD], KEY)
    found = opened.courier.verify("paper", passphrase)
    held = bytes_under(opened._data_dir)
    assert found is not None
    for word in (passphrase.reveal(), passphrase.reveal().replace(" ", "")):
        assert word.encode() not in held
        assert word not in repr((found, passphrase, opened.courier.list()))
    assert b"$argon2id$" in held


def test_no_other_passphrase_and_no_other_name_gets_in(opened: Store) -> None:
    mine, other = opened.courier.add("mine", [BOARD], KEY), opened.courier.add("other", [BUREAU], KEY)
    assert opened.courier.verify("mine", other) is None
    assert opened.courier.verify("nobody", mine) is None
    assert opened.courier.verify("mine", Passphrase(mine.reveal() + " ")) is None
    found = opened.courier.verify("mine", mine)
    assert found is not None
    assert found.desks == (BOARD,)


def test_an_unknown_name_costs_what_a_known_one_does(opened: Store) -> None:
    opened.courier.add("known", [BOARD], KEY)
    runs: list[bytes] = []
    with mock.patch.object(argon2id, "verify", side_effect=lambda kept, _: runs.append(kept)):
        opened.courier.verify("known", Passphrase("wrong"))
        opened.courier.verify("unknown", Passphrase("wrong"))
    assert len(runs) == 2
    fresh = argon2id.str(b"x", investigators.PASSES, 64 << 20)
    assert runs[1].split(b"$")[:4] == fresh.split(b"$")[:4]
    assert len(runs[1]) == len(fresh)


def test_who_is_revoked_and_added_again_is_not_in_the_turn_of_before(opened: Store) -> None:
    passphrase = opened.courier.add("again", [BOARD], KEY)
    before = opened.courier.find("again")
    opened.courier.revoke("again")
    assert opened.courier.find("again") is None
    assert opened.courier.verify("again", passphrase) is None
    opened.courier.add("again", [BOARD], KEY)
    after = opened.courier.find("again")
    assert before is not None
    assert after is not None
    assert before.turn != after.turn
    assert opened.courier.verify("again", passphrase) is None


def test_a_name_that_is_taken_keeps_its_passphrase(opened: Store) -> None:
    passphrase = opened.courier.add("taken", [BOARD], KEY)
    with pytest.raises(InvestigatorExists):
        opened.courier.add("taken", [BUREAU], KEY)
    assert opened.courier.verify("taken", passphrase) is not None
    with pytest.raises(InvestigatorUnknown):
        opened.courier.revoke("never")


@pytest.mark.parametrize(
    "name", ["", "a", "nobody", "Anna", "1anna", "an na", "../anna", "anna.auth", "-anna", "a" * 33]
)
def test_a_name_that_is_no_safe_file_name_is_refused(opened: Store, name: str) -> None:
    with pytest.raises(InvalidValue):
        opened.courier.add(name, [DeskId("board")], KEY)
    with pytest.raises(InvalidValue):
        parse_name(name)


def test_passphrases_are_six_words_of_the_list_and_never_the_same() -> None:
    drawn = {draw_passphrase().reveal() for _ in range(50)}
    assert len(drawn) == 50
    assert all(len(each.split()) == 6 and set(each.split()) <= set(WORDS) for each in drawn)
