"""What newer versions of GnuPG add to their status lines neither hides damage nor is taken for it."""

import pytest

from dropbox.errors import NotForYou, UnsealError
from dropbox.gpg.verdicts import check_unsealed

OPENED = (
    ("ENC_TO", "0000000000000000 18 0"),
    ("ENC_TO", "0000000000000000 18 0"),
    ("DECRYPTION_KEY", "855B21BD4B2793CB16BEA960D784F8D3B654D716 EBF5C6A713CFF1E46A7664B9EFACEB36B17500BC u"),
    ("NO_SECKEY", "0000000000000000"),
    ("BEGIN_DECRYPTION", ""),
    ("DECRYPTION_INFO", "2 9 0"),
    ("PLAINTEXT", "62 1795305600 "),
    ("DECRYPTION_OKAY", ""),
    ("GOODMDC", ""),
    ("END_DECRYPTION", ""),
)
"""GnuPG 2.4.7 on an item with two hidden recipients, of which the second is this one."""


def test_an_exit_code_that_is_said_as_a_failure_is_not_taken_for_damage() -> None:
    check_unsealed(2, (*OPENED, ("FAILURE", "gpg-exit 33554433")))


@pytest.mark.parametrize("failure", [("FAILURE", "decrypt 83886179"), ("FAILURE", ""), ("ERROR", "proc_pkt.plaintext")])
def test_any_other_failure_is_damage(failure: tuple[str, str]) -> None:
    with pytest.raises(UnsealError):
        check_unsealed(0, (*OPENED, failure))


def in_vain(code: int) -> tuple[tuple[str, str], ...]:
    """What GnuPG 2.4.7 says of an item for somebody else, with the error of the key that it tried."""
    return (
        ("ENC_TO", "0000000000000000 18 0"),
        ("NO_SECKEY", "0000000000000000"),
        ("ERROR", f"pkdecrypt_failed {code}"),
        ("BEGIN_DECRYPTION", ""),
        ("DECRYPTION_FAILED", ""),
        ("END_DECRYPTION", ""),
        ("FAILURE", "gpg-exit 33554433"),
    )


@pytest.mark.parametrize("code", [16777226, 33554449, 33554450])
def test_a_key_that_was_tried_in_vain_is_not_taken_for_damage(code: int) -> None:
    with pytest.raises(NotForYou):
        check_unsealed(2, in_vain(code))


@pytest.mark.parametrize("code", [83886179, 83886278, 100663404])  # cancelled, fully cancelled, the card is out
def test_a_key_that_fits_but_was_not_lent_is_not_taken_for_a_strangers(code: int) -> None:
    with pytest.raises(UnsealError) as caught:
        check_unsealed(2, in_vain(code))
    assert not isinstance(caught.value, NotForYou)
