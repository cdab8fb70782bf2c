"""canonical: one meaning has one spelling, and nothing but that spelling is read."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox import canonical
from dropbox.errors import InvalidValue

PLENTY = 1 << 20
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, database=None)
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_was_dumped_is_loaded_unchanged(value: dict[str, object]) -> None:
    assert canonical.load(canonical.dump(value), PLENTY) == value


def test_the_spelling_is_frozen() -> None:
    value = {"b": [1, None, True], "a": 'é "\n', "": {}}
    assert canonical.dump(value) == '{"":{},"a":"é \\"\\n","b":[1,null,true]}\n'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}",
        b"{}\n\n",
        b" {}\n",
        b"[]\n",
        b'"text"\n',
        b"null\n",
        b'{"a":1,"a":1}\n',
        b'{"b":1,"a":1}\n',
        b'{"a": 1}\n',
        b'{"a":1.0}\n',
        b'{"a":1e3}\n',
        b'{"a":-0}\n',
        b'{"a":NaN}\n',
        b'{"a":Infinity}\n',
        b'{"a":"\\u0041"}\n',
        b'{"a":"\\/"}\n',
        b'{"a":"\\ud800"}\n',
        b'{"a":"\xff"}\n',
        b"\xef\xbb\xbf{}\n",
        b'{"a":1}\n{"a":1}\n',
        b'{"a":' + b"9" * 5000 + b"}\n",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_any_other_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue):
        canonical.load(data, PLENTY)


@pytest.mark.parametrize("depth", range(100, 2000, 50))
def test_no_depth_of_nesting_ends_in_anything_but_a_value_or_a_refusal(depth: int) -> None:
    data = b'{"a":' + b"[" * depth + b"]" * depth + b"}\n"
    with contextlib.suppress(InvalidValue):
        assert canonical.dump(canonical.load(data, PLENTY)) == data


def test_too_much_is_refused_before_it_is_parsed() -> None:
    data = canonical.dump({"a": "b" * 100})
    assert canonical.load(data, len(data))
    with pytest.raises(InvalidValue):
        canonical.load(data, len(data) - 1)


@pytest.mark.parametrize("value", [{"a": "\ud800"}, {"\udfff": 1}, {"a": float("nan")}])
def test_what_could_not_be_read_again_is_not_dumped(value: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        canonical.dump(value)
    assert caught.value.__cause__ is None


def test_the_spelling_is_plain_json_to_everybody_else() -> None:
    value = {"name": "naïve 😀 \u202e", "n": 2**40}
    assert json.loads(canonical.dump(value)) == value


def test_hashes_are_lower_hex() -> None:
    assert canonical.sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
