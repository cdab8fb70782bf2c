"""The nouns: ids that are safe in file names, days, rosters, and two strings that never print themselves."""

import copy
import json
import pickle
import re
import string
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path

import pytest

from dropbox import models
from dropbox.errors import InvalidValue
from dropbox.models import (
    Codename,
    Fingerprint,
    Kind,
    Mandate,
    Membership,
    Plaintext,
    Recipient,
    SealedKind,
    case_id,
    current_members,
    new_item_id,
    parse_case_id,
    parse_day,
    parse_desk_id,
    parse_fingerprint,
    parse_item_id,
    parse_vault_id,
    today,
)

CANARY = "what nobody may see"
ONE, OTHER = Fingerprint("A" * 40), Fingerprint("B" * 40)
HEX = "0123456789abcdef" * 2


# --- secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Plaintext, Codename])
@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!s:>40}",
        lambda secret: f"{secret!r}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        "{0} {0!r}".format,
        lambda secret: repr([secret, {"key": secret}]),
        lambda secret: string.Template("$secret").substitute(secret=secret),
        ascii,
        dir,
    ],
)
def test_a_secret_never_shows_in_any_way_of_printing(
    kind: type[Plaintext | Codename], show: Callable[[object], object]
) -> None:
    assert CANARY not in str(show(kind(CANARY)))


@pytest.mark.parametrize("kind", [Plaintext, Codename])
@pytest.mark.parametrize("misuse", [pickle.dumps, json.dumps, copy.copy, copy.deepcopy, "".join, vars, hash, len, Path])
def test_a_secret_never_slips_into_something_else(
    kind: type[Plaintext | Codename], misuse: Callable[[object], object]
) -> None:
    secret = kind(CANARY)
    with pytest.raises(TypeError) as caught:
        misuse([secret] if misuse == "".join else secret)
    assert CANARY not in str(caught.value)


def test_a_secret_shows_itself_when_asked_by_name() -> None:
    assert Codename(CANARY).reveal() == CANARY


def test_secrets_of_two_kinds_are_never_equal() -> None:
    assert Codename("a") == Codename("a")
    assert Codename("a") != Codename("b")
    assert Codename("a") != Plaintext("a")
    assert Codename("a") != "a"


# --- ids ----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "",
    "..",
    "../../etc/passwd",
    f"{HEX}\n",
    f"{HEX} ",
    HEX.upper(),
    HEX[1:],
    HEX + "0",
    "\uff10" + HEX[1:],
    HEX[:31] + "\x00",
    HEX[:31] + "g",
    None,
    5,
    HEX.encode(),
    [HEX],
]


@pytest.mark.parametrize("parse", [parse_item_id, parse_case_id, parse_vault_id])
@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_an_id_of_another_form_is_refused(parse: Callable[[object], str], value: object) -> None:
    assert parse(HEX) == HEX
    with pytest.raises(InvalidValue) as caught:
        parse(value)
    assert str(caught.value) == InvalidValue.message


def test_item_ids_are_random_and_well_formed() -> None:
    ids = {new_item_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(parse_item_id(item) == item for item in ids)


@pytest.mark.parametrize("value", ["a", "0", "adviser", "committee-2", "a--b", "a" * 32])
def test_a_good_desk_id_is_taken(value: str) -> None:
    assert parse_desk_id(value) == value


@pytest.mark.parametrize("value", ["", "-a", "a-", "A", "a b", "a_b", "a/b", "..", "a.", "a\n", "é", "a" * 33, None, 5])
def test_a_desk_id_that_is_unsafe_in_a_file_name_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue):
        parse_desk_id(value)


@pytest.mark.parametrize("typed", ["a" * 40, "AAAA " * 10, f"\t{'aA' * 20}\n", "AAAA AAAA AAAA AAAA AAAA  " * 2])
def test_a_fingerprint_is_forgiven_its_spaces_and_case(typed: str) -> None:
    assert parse_fingerprint(typed) == ONE


@pytest.mark.parametrize(
    "value", ["", "A" * 39, "A" * 41, "A" * 64, "0x" + "A" * 38, "G" * 40, "A" * 16, "\uff21" * 40, None, 5, b"A" * 40]
)
def test_a_short_id_or_other_key_version_is_no_fingerprint(value: object) -> None:
    with pytest.raises(InvalidValue):
        parse_fingerprint(value)


def test_the_case_id_is_the_hash_of_both_public_keys_in_their_order() -> None:
    case_key, reply_key = b"c" * 32, b"r" * 32
    assert case_id(case_key, reply_key) == blake2b(case_key + reply_key, digest_size=16).hexdigest()
    assert case_id(case_key, reply_key) != case_id(reply_key, case_key)
    assert parse_case_id(case_id(case_key, reply_key))


# --- days ---------------------------------------------------------------------------------------------------------


def test_a_day_survives_its_text() -> None:
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value",
    [
        "2023-02-29",
        "2024-2-9",
        "20240229",
        "2024-W09-4",
        "2024-02-29T10:00",
        "0000-01-01",
        "２０２４-02-29",
        " 2024-02-29",
        5,
    ],
)
def test_a_day_of_another_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue):
        parse_day(value)


def test_today_is_utc_and_no_finer_than_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        @staticmethod
        def now(zone: object) -> datetime:
            assert zone is UTC
            return datetime(2024, 12, 31, 23, 59, tzinfo=UTC)

    monkeypatch.setattr(models, "datetime", Clock)
    assert today() == date(2024, 12, 31)
    assert not isinstance(today(), datetime)


# --- rosters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [None, date(2025, 1, 2)])
def test_a_membership_survives_json(last: date | None) -> None:
    membership = Membership(ONE, date(2024, 5, 6), last)
    assert Membership.from_json(json.loads(json.dumps(membership.as_json()))) == membership


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "A"},
        {"fingerprint": None},
        {"from": None},
        {"from": "yesterday"},
        {"until": "2024"},
        {"until": ""},
        {"until": 5},
        {"extra": 1},
    ],
)
def test_a_membership_of_another_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        Membership.from_json({**Membership(ONE, date(2024, 5, 6)).as_json(), **change})


@pytest.mark.parametrize("value", [None, [], "x", {}, {"fingerprint": ONE, "from": "2024-05-06"}])
def test_a_membership_that_is_no_table_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue):
        Membership.from_json(value)


def test_who_left_is_no_current_member() -> None:
    day = date(2024, 5, 6)
    roster = (Membership(OTHER, day), Membership(ONE, day), Membership(Fingerprint("C" * 40), day, day))
    assert current_members(roster) == (ONE, OTHER)


def test_recipients_are_hidden_unless_said_otherwise() -> None:
    assert Recipient(ONE).hidden


# --- kinds --------------------------------------------------------------------------------------------------------


def test_the_words_of_format_1_are_never_changed() -> None:
    assert [*Kind] == ["report", "message", "mandate", "withdrawal", "reply", "note"]
    assert [*SealedKind] == ["submission", "reply", "note"]
    assert [*Mandate] == ["listen", "advise", "investigate"]
    assert models.FORMAT == 1


def test_every_sealed_kind_has_the_suffix_of_its_container() -> None:
    assert [kind.suffix for kind in SealedKind] == [".pgp", ".reply", ".reply"]
    assert all(re.fullmatch(r"\.[a-z]+", kind.suffix) for kind in SealedKind)
