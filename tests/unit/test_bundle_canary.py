"""The text of a test report: what it is made of stays the same for ever, and nothing but exactly it counts."""

import pytest
from nacl.signing import SigningKey

from dropbox.bundle.canary import Canary, find_canary
from dropbox.models import CaseId

KEY = SigningKey(bytes(range(32)))
DROP = bytes(KEY.verify_key).hex()
CASE = CaseId("0123456789abcdef" * 2)
FROZEN = """\
onion-dropbox canary 1
token abababababababababababababababababababababababababababababababab
signature {signature}

This is a test report. The drop sent it to itself, to see that reports arrive. Nobody wrote it, and nothing has to be \
done with it. A workstation that knows test reports does not show it.
"""
SIGNATURE = "OWE5i3reYtDCqrUV3++Lplh/ejn1sNn05ILyaal+/phgsRWlaoQSLakhkwUDhARZks1gjh5lld6EWfIaVkK5Ag=="


def frozen() -> str:
    return FROZEN.format(signature=SIGNATURE)


def test_a_test_report_of_the_first_version_is_known_for_ever() -> None:
    found = find_canary(frozen(), DROP, CASE, [DROP])
    assert found is not None
    assert found.token == "ab" * 32
    assert found.text == frozen()


def test_a_new_one_is_found_by_whoever_trusts_one_of_the_drops_keys() -> None:
    later = SigningKey.generate()
    made = Canary.new(DROP, CASE, later)
    keys = [DROP, bytes(later.verify_key).hex()]
    found = find_canary(made.text, DROP, CASE, keys)
    assert found is not None
    assert found.token == made.token
    assert find_canary(made.text, DROP, CASE, [DROP]) is None
    assert find_canary(made.text, DROP, CASE, ["00", "zz", ""]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "onion-dropbox canary 1\n",
        frozen()[:-1],
        frozen() + "\n",
        " " + frozen(),
        frozen().replace("ab", "ba", 1),
        frozen().replace("Nobody", "Somebody"),
        frozen().replace("\n", "\r\n"),
        frozen().upper(),
    ],
)
def test_what_differs_in_a_letter_is_no_test_report(text: str) -> None:
    assert find_canary(text, DROP, CASE, [DROP]) is None


def test_another_case_or_drop_is_another_signature() -> None:
    assert find_canary(frozen(), DROP, CaseId("f" * 32), [DROP]) is None
    assert find_canary(frozen(), "0" * 64, CASE, [DROP]) is None
