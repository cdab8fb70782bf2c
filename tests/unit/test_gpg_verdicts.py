"""What newer versions of GnuPG add to their status lines neither hides damage nor is taken for it."""

import pytest

from dropbox.errors import UnsealError
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
