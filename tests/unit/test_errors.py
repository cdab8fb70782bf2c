"""The errors: one tree, fixed texts, nothing of a payload in them."""

import ast
import inspect
import traceback
from pathlib import Path

import pytest

from dropbox import errors
from dropbox.errors import (
    BundleTooLarge,
    CaseHandedOver,
    ConfigError,
    DeskFull,
    DropboxError,
    HandOverBroken,
    KeyUnavailable,
    NamedError,
    RequestError,
    SecretKeyFound,
    ShareLength,
    ShareMiscopied,
    SharePartLength,
    SharesTooFew,
    ShareWordUnknown,
    SignInTooSoon,
    StartRefused,
)

CLASSES = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__.startswith(errors.__name__)
]
ROOMS = sorted(Path(inspect.getfile(errors)).parent.glob("*.py"))
EVERY = [kind for kind in CLASSES if issubclass(kind, DropboxError)]
COUNTING = {ShareLength, SharePartLength, ShareWordUnknown, ShareMiscopied, SharesTooFew}  # numbers of words and shares
WAITING = {SignInTooSoon}  # a number of seconds
FULL = {DeskFull}  # desks' ids
MOVED = {CaseHandedOver, HandOverBroken}  # a desk's id and a day; an item's id and one of our own reasons
NAMING = {
    NamedError,
    ConfigError,
    StartRefused,
    BundleTooLarge,
    *COUNTING,
    *FULL,
    *MOVED,
    *WAITING,
}  # all name safe things only
PLAIN = [kind for kind in EVERY if not issubclass(kind, tuple(NAMING))]
REQUESTS = [kind for kind in EVERY if issubclass(kind, RequestError)]


def named(kind: type[Exception]) -> str:
    return kind.__name__


def test_no_error_stands_outside_the_tree() -> None:
    assert CLASSES == EVERY


@pytest.mark.parametrize("kind", EVERY, ids=named)
def test_every_error_says_what_happened_in_whole_sentences(kind: type[DropboxError]) -> None:
    for text in filter(None, (kind.message, kind.hint)):
        assert text[0].isupper() or text.startswith("tor")
        assert text.isascii()
        assert text.isprintable()
    assert kind.message.endswith(".")
    assert "message" in vars(kind) or kind in {NamedError, StartRefused}


@pytest.mark.parametrize("kind", PLAIN, ids=named)
def test_a_plain_error_takes_no_payload(kind: type[DropboxError]) -> None:
    assert str(kind()) == kind.message
    with pytest.raises(TypeError):
        kind("payload")  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", EVERY, ids=named)
def test_only_the_known_few_take_any_argument(kind: type[DropboxError]) -> None:
    assert ("__init__" in vars(kind)) == (kind in {DropboxError, *NAMING})


@pytest.mark.parametrize("kind", EVERY, ids=named)
def test_no_error_tells_in_english_what_another_language_cannot_tell(kind: type[DropboxError]) -> None:
    assert ("__str__" in vars(kind)) == (kind is DropboxError), "what an error names, it names in told()"


def test_two_errors_never_tell_the_same_story() -> None:
    told = [kind.message for kind in EVERY if kind not in {NamedError, StartRefused}]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("kind", [KeyUnavailable, SecretKeyFound])
def test_a_naming_error_names_what_to_act_on(kind: type[NamedError]) -> None:
    error = kind("adviser")
    assert str(error) == f"adviser: {kind.message}"
    assert error.name == "adviser"
    assert error.hint


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ShareLength(31), "A share has 33 words; here are 31."),
        (SharePartLength(5, 6), "There should be 6 words; here are 5."),
        (ShareWordUnknown(7), "Word 7 is not on the list."),
        (ShareMiscopied(), ShareMiscopied.message),
        (ShareMiscopied(7), "Word 7 seems to be wrong."),
        (ShareMiscopied(7, swapped=True), "The words 7 and 8 seem to have changed places."),
        (SharesTooFew(1, 2), "Too few shares: 1 were given, and 2 are needed."),
    ],
    ids=lambda value: named(type(value)) if isinstance(value, DropboxError) else "",
)
def test_what_is_wrong_with_a_share_is_told_in_numbers_never_in_words(error: DropboxError, told: str) -> None:
    assert str(error) == told


def test_a_part_that_is_too_large_is_named_with_its_limit() -> None:
    assert str(BundleTooLarge("log.txt", 64 << 20)) == "The bundle was refused: log.txt is larger than 64 MiB."
    assert "larger than 1500 bytes." in str(BundleTooLarge("log.txt", 1500))


def test_a_refused_start_says_only_what_it_was_given() -> None:
    error = StartRefused("The swap is in clear.", "Encrypt it.")
    assert (str(error), error.hint, StartRefused("x").hint) == ("The swap is in clear.", "Encrypt it.", "")


def test_a_configuration_error_is_one_line_with_key_and_rule() -> None:
    error = ConfigError("desk[2].fingerprints[1]", "must be 40 hex digits")
    assert str(error) == "desk[2].fingerprints[1]: must be 40 hex digits"
    assert (error.key, error.allowed) == ("desk[2].fingerprints[1]", "must be 40 hex digits")
    last = traceback.format_exception_only(error)[-1]
    assert last == "dropbox.errors.configuration.ConfigError: desk[2].fingerprints[1]: must be 40 hex digits\n"


@pytest.mark.parametrize("kind", REQUESTS, ids=named)
def test_a_refused_request_has_a_status_and_a_page_of_its_own(kind: type[RequestError]) -> None:
    assert kind.status in {400, 401, 403, 408, 409, 410, 411, 413, 429, 503}
    assert [other for other in REQUESTS if other.page == kind.page] == [kind]
    assert kind.page.isidentifier()


def test_the_tree_imports_nothing_of_the_house() -> None:
    trees = [ast.parse(room.read_text()) for room in ROOMS]
    imported = {node.module for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - {f"dropbox.errors.{room.stem}" for room in ROOMS} == {"collections.abc", "datetime", "typing"}
    assert not [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import)]


def test_no_error_is_missing_from_the_tree_or_stands_in_two_rooms() -> None:
    trees = [ast.parse(room.read_text()) for room in ROOMS]
    written = [node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    assert sorted(written) == sorted(kind.__name__ for kind in EVERY)
