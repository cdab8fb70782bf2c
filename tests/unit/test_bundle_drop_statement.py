"""What the drop states of itself: a chain that was cut, swapped, forged or borrowed is not believed."""

from dataclasses import replace
from datetime import date

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import EpochStart, Succession, current_key, trusted_key, verify_epochs
from dropbox.bundle.drop_statement import read_epochs, read_successions
from dropbox.canonical import dump, load
from dropbox.errors import InvalidValue, SignatureInvalid
from dropbox.models import DeskId

DAY = date(2026, 11, 22)
FIRST, SECOND, THIRD, STRANGER = (SigningKey(bytes([number]) * 32) for number in range(1, 5))


def public(key: SigningKey) -> str:
    return bytes(key.verify_key).hex()


DROP = public(FIRST)
TO_SECOND = Succession(DROP, 1, DAY, DROP, public(SECOND)).signed_by(FIRST)
TO_THIRD = Succession(DROP, 2, DAY, public(SECOND), public(THIRD)).signed_by(SECOND)
LOST = Succession(DROP, 2, DAY, public(SECOND), public(THIRD))


def stated(*chain: Succession | EpochStart) -> object:
    return [load(dump(each.as_json()), 10_000) for each in chain]


def test_a_chain_comes_back_as_it_was_written() -> None:
    assert read_successions(stated(TO_SECOND, TO_THIRD), DROP) == (TO_SECOND, TO_THIRD)
    assert read_successions(stated(TO_SECOND, LOST), DROP) == (TO_SECOND, LOST)
    assert read_successions([], DROP) == ()


@pytest.mark.parametrize(
    "chain",
    [
        (TO_THIRD,),
        (TO_THIRD, TO_SECOND),
        (TO_SECOND, TO_SECOND),
        (TO_SECOND, replace(TO_THIRD, number=3)),
        (TO_SECOND, replace(TO_THIRD, before=public(STRANGER))),
        (TO_SECOND, replace(TO_THIRD, drop=public(STRANGER))),
    ],
)
def test_a_chain_that_does_not_go_on_from_the_one_before_is_refused(chain: tuple[Succession, ...]) -> None:
    with pytest.raises(InvalidValue):
        read_successions(stated(*chain), DROP)


def test_a_chain_of_another_drop_is_refused() -> None:
    with pytest.raises(InvalidValue):
        read_successions(stated(TO_SECOND), public(STRANGER))


def test_a_key_that_gives_way_to_itself_is_refused() -> None:
    with pytest.raises(InvalidValue):
        Succession(DROP, 1, DAY, DROP, DROP)


def test_a_field_too_many_is_refused() -> None:
    with pytest.raises(InvalidValue):
        read_successions([TO_SECOND.as_json() | {"note": "x"}], DROP)


def test_who_knows_any_key_of_the_chain_follows_to_the_last() -> None:
    for known in (DROP, public(SECOND), public(THIRD)):
        assert trusted_key(known, (TO_SECOND, TO_THIRD)) == public(THIRD) == current_key(DROP, (TO_SECOND, TO_THIRD))
    assert trusted_key(DROP, ()) == DROP == current_key(DROP, ())


def test_a_lost_key_is_not_followed() -> None:
    chain = (TO_SECOND, LOST)
    assert trusted_key(DROP, chain) == public(SECOND) != current_key(DROP, chain)
    assert trusted_key(public(THIRD), chain) == public(THIRD)  # whoever compared it by voice


def test_a_stranger_s_key_leads_nowhere() -> None:
    assert trusted_key(public(STRANGER), (TO_SECOND, TO_THIRD)) == public(STRANGER)


@pytest.mark.parametrize(
    "forged",
    [
        replace(TO_SECOND, after=public(STRANGER)),
        replace(TO_SECOND, day=date(2026, 11, 23)),
        replace(TO_SECOND, signature=bytes(64)),
        replace(TO_SECOND, signature=b"short"),
        replace(TO_SECOND, signature=TO_THIRD.signature),
    ],
)
def test_a_succession_with_a_wrong_signature_is_refused(forged: Succession) -> None:
    with pytest.raises(SignatureInvalid):
        trusted_key(DROP, (forged,))


def test_nobody_signs_for_a_key_that_is_not_theirs() -> None:
    with pytest.raises(InvalidValue):
        Succession(DROP, 1, DAY, DROP, public(SECOND)).signed_by(STRANGER)


LOGS = {DeskId("board"): (3, "ab" * 32)}
RESTORED = EpochStart(DROP, 1, DAY, DAY, "22" * 16, "11" * 16, LOGS).signed_by(FIRST)
AGAIN = EpochStart(DROP, 2, DAY, DAY, "33" * 16, "22" * 16).signed_by(SECOND)


def test_restores_come_back_as_they_were_written() -> None:
    assert read_epochs(stated(RESTORED, AGAIN), DROP) == (RESTORED, AGAIN)
    verify_epochs((RESTORED, AGAIN), (DROP, public(SECOND)))


def test_a_restore_that_does_not_go_on_from_the_epoch_before_is_refused() -> None:
    for chain in ((AGAIN,), (RESTORED, replace(AGAIN, previous="44" * 16)), (replace(RESTORED, drop=public(THIRD)),)):
        with pytest.raises(InvalidValue):
            read_epochs(stated(*chain), DROP)


def test_an_epoch_after_itself_is_refused() -> None:
    with pytest.raises(InvalidValue):
        EpochStart(DROP, 1, DAY, DAY, "11" * 16, "11" * 16)


def test_a_restore_that_the_drop_did_not_sign_is_refused() -> None:
    changed = replace(RESTORED, logs={DeskId("board"): (2, "ab" * 32)})
    for forged in (changed, RESTORED, replace(RESTORED, signature=b"")):
        with pytest.raises(SignatureInvalid):
            verify_epochs((forged,), (public(STRANGER),) if forged is RESTORED else (DROP,))


def test_a_signature_under_one_kind_of_statement_is_none_under_another() -> None:
    assert not RESTORED.signed.startswith(TO_SECOND.signed[:20])
    crossed = replace(TO_SECOND, signature=bytes(FIRST.sign(TO_SECOND.signed.split(b"\n", 1)[1]).signature))
    with pytest.raises(SignatureInvalid):
        trusted_key(DROP, (crossed,))
