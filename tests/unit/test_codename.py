"""The codename: the frozen samples of format 1, forgiving reading, hints of bounded work, one derivation at a time."""

import json
import pickle
import threading
import time
import traceback
from itertools import pairwise
from pathlib import Path
from typing import Any

import nacl.encoding
import nacl.hash
import pytest
from nacl.pwhash import argon2id

from dropbox.codename import (
    WORD_COUNT,
    WORDS,
    CodenameKeys,
    Derivation,
    KdfParameters,
    case_name,
    count_words,
    fingerprint_words,
    generate,
    hints,
    normalise_words,
    parse,
)
from dropbox.errors import Busy, CodenameError, InvalidValue
from dropbox.models import CaseId, Codename, DeskId
from dropbox.words import find_words, near_words

VECTORS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("vectors/codename.json").read_text())
CHEAP = KdfParameters(bytes(range(16)), memory_bytes=8192, passes=1)
TYPED = "trombone prozac corporate okay flap tightness turbine"
SECRET, NONCE, VISIT = b"s" * 32, b"n" * 16, b"v" * 32


def desks(*names: str) -> list[DeskId]:
    return [DeskId(name) for name in names]


# --- format 1 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", VECTORS["generate"], ids=lambda s: s["codename"].split()[0])
def test_generate_never_leaves_format_1(sample: dict[str, Any]) -> None:
    secret, nonce, visit = (bytes.fromhex(sample[name]) for name in ("secret", "nonce", "visit"))
    assert generate(secret, nonce, visit, sample["desks"]).reveal() == sample["codename"]


@pytest.mark.parametrize("sample", VECTORS["parse"])
def test_parse_never_leaves_format_1(sample: dict[str, str]) -> None:
    assert parse(sample["typed"]).reveal() == sample["codename"]


@pytest.mark.parametrize("sample", VECTORS["derive"], ids=lambda s: s["codename"].split()[0])
def test_derivation_never_leaves_format_1(sample: dict[str, Any]) -> None:
    keys = Derivation(KdfParameters.from_json(sample["kdf"])).derive(parse(sample["codename"]))
    assert keys.root.hex() == sample["root"]
    assert keys.lookup_id.hex() == sample["lookup_id"]
    assert keys.reply_public.hex() == sample["reply_public"]
    assert keys.case_public.hex() == sample["case_public"]
    assert keys.case == sample["case"]
    assert case_name(keys.case) == sample["case_name"]
    assert CodenameKeys.from_root(keys.root).case == sample["case"]


@pytest.mark.parametrize("sample", VECTORS["fingerprint_words"])
def test_fingerprint_words_never_leave_format_1(sample: dict[str, Any]) -> None:
    assert fingerprint_words(bytes.fromhex(sample["digest"]), sample["count"]) == sample["words"]


def test_hashlib_and_libsodium_never_differ_on_keyed_personal_blake2b() -> None:
    keys = CodenameKeys.from_root(SECRET)
    subkeys = ((b"drop1-lookup", keys.lookup_id), (b"drop1-reply", bytes(keys.reply_key)))
    for person, ours in (*subkeys, (b"drop1-case", bytes(keys.case_key))):
        assert ours == nacl.hash.blake2b(b"", key=SECRET, person=person, encoder=nacl.encoding.RawEncoder)


def test_the_word_list_is_never_added_to_or_reordered() -> None:
    assert len(WORDS) == 7772
    assert list(WORDS) == sorted(set(WORDS))
    assert nacl.hash.sha256("\n".join(WORDS).encode()).decode() == VECTORS["words_sha256"]


def test_no_word_is_the_beginning_of_another() -> None:
    assert not [pair for pair in pairwise(WORDS) if pair[1].startswith(pair[0])]
    assert all(word.isascii() and word.isalpha() and word.islower() for word in WORDS)


# --- drawing words ------------------------------------------------------------------------------------------------


def test_generate_depends_on_secret_nonce_visit_and_every_desk() -> None:
    drawn = {
        generate(SECRET, NONCE, VISIT, desks("a")).reveal(),
        generate(b"t" * 32, NONCE, VISIT, desks("a")).reveal(),
        generate(SECRET, b"m" * 16, VISIT, desks("a")).reveal(),
        generate(SECRET, NONCE, b"w" * 32, desks("a")).reveal(),
        generate(SECRET, NONCE, VISIT, desks("b")).reveal(),
        generate(SECRET, NONCE, VISIT, desks("a", "b")).reveal(),
        generate(SECRET, NONCE + VISIT, b"", desks("a")).reveal(),
        generate(SECRET, NONCE, VISIT, desks()).reveal(),
    }
    assert len(drawn) == 8


def test_generate_does_not_depend_on_the_order_or_repetition_of_desks() -> None:
    one = generate(SECRET, NONCE, VISIT, desks("b", "a"))
    assert one == generate(SECRET, NONCE, VISIT, desks("a", "b", "b"))


def test_generate_never_prefers_a_word() -> None:
    drawn = fingerprint_words(b"k" * 32, 60_000).split()
    halves = sum(WORDS.index(word) < len(WORDS) // 2 for word in drawn[:4000])
    assert abs(halves - 2000) < 160  # five standard deviations
    assert len(set(drawn)) > 7700


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 65])
def test_words_are_never_drawn_from_a_key_that_is_missing_or_too_long(key: bytes) -> None:
    with pytest.raises(InvalidValue):
        generate(key, NONCE, VISIT, desks("a"))
    with pytest.raises(InvalidValue):
        fingerprint_words(key)


def test_two_cases_rarely_share_a_name() -> None:
    names = {case_name(CaseId(f"{number:032x}")) for number in range(2000)}
    assert len(names) > 1990
    assert all(len(name.split()) == 2 for name in names)


# --- reading words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        TYPED,
        TYPED.upper(),
        TYPED.title(),
        TYPED.replace(" ", ""),
        TYPED.replace(" ", "").upper(),
        TYPED.replace(" ", ", "),
        TYPED.replace(" ", "\r\n"),
        TYPED.replace(" ", "\u00a0"),
        TYPED.replace(" ", "\u200b"),
        TYPED.replace(" ", "_"),
        f"\ufeff  {TYPED}.\n\n",
        "".join(f"{n}) {w}; " for n, w in enumerate(TYPED.split(), 1)),
        TYPED.replace("trombone", "trom\u00adbone"),
        TYPED.replace("turbine", "tur- bine"),
        TYPED.replace("o", "ö"),
        TYPED.upper().replace("I", "İ"),
        " " * 100_000 + TYPED,
    ],
)
def test_a_right_codename_is_never_refused_for_how_it_is_typed(typed: str) -> None:
    assert parse(typed).reveal() == TYPED


def test_every_word_is_read_back_with_and_without_separators() -> None:
    for start in range(0, len(WORDS) - WORD_COUNT, WORD_COUNT):
        words = WORDS[start : start + WORD_COUNT]
        assert parse(" ".join(words)) == parse("".join(words))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " \n",
        "1 2 3 4 5 6 7",
        " ".join(TYPED.split()[:6]),
        f"{TYPED} turbine",
        f"{TYPED} x",
        TYPED.replace("okay", "okey"),
        TYPED.replace("o", "\u043e"),  # Cyrillic
        TYPED.replace("trombone", "trombone ü"),
        TYPED + " " * 10 + "日本",
        TYPED * 30,
        "\x00" * 50,
        "\ud800",
    ],
)
def test_what_is_not_seven_words_of_the_list_is_refused(typed: str) -> None:
    with pytest.raises(CodenameError):
        parse(typed)


def test_a_refused_codename_is_not_in_the_error() -> None:
    typed = "-".join(("trombone", "prozac", "secret"))
    with pytest.raises(CodenameError) as caught:
        parse(typed)
    assert "prozac" not in "".join(traceback.format_exception(caught.value)).replace('"prozac"', "")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("", 0),
        (TYPED, 7),
        (" ".join(TYPED.split()[1:]), 6),
        (TYPED + " turbine", 8),
        (TYPED.replace(" ", ""), 7),
        ("one fish", 2),
        ("a " * 3000, 0),
    ],
)
def test_the_count_that_a_page_can_name_is_right(typed: str, count: int) -> None:
    assert count_words(typed) == count


def test_words_read_aloud_compare_whatever_their_spacing() -> None:
    words = fingerprint_words(b"d" * 32)
    assert normalise_words(f"  {words.upper().replace(' ', ' - ')}\n") == words
    assert normalise_words(words.replace(" ", "")) == words
    assert normalise_words(words) != normalise_words(" ".join(reversed(words.split())))
    assert normalise_words(words * 100) == ""


# --- hints --------------------------------------------------------------------------------------------------------


def test_a_right_codename_gets_no_hint() -> None:
    assert hints(TYPED) == ()
    assert hints(TYPED.replace(" ", "")) == ()


@pytest.mark.parametrize(
    ("wrong", "position", "right"),
    [
        (TYPED.replace("trombone", "trombine"), 1, "trombone"),  # exchanged
        (TYPED.replace("corporate", "coporate"), 3, "corporate"),  # left out
        (TYPED.replace("tightness", "tighttness"), 6, "tightness"),  # put in
        (TYPED.replace("turbine", "turbnie"), 7, "turbine"),  # swapped
        (TYPED.replace("tightness", "tihgtnes"), 6, "tightness"),  # two slips
        (TYPED.replace("okay", "Ökey!"), 4, "okay"),
    ],
)
def test_a_slip_is_named_with_its_place_and_the_right_word_near(wrong: str, position: int, right: str) -> None:
    (hint,) = hints(wrong)
    assert hint.position == position
    assert hint.typed == wrong.split()[position - 1].lower().strip("!").replace("ö", "o")
    assert right in hint.near
    assert len(hint.near) <= 3


def test_a_slip_is_named_when_the_words_are_written_together() -> None:
    (hint,) = hints(TYPED.replace("corporate", "corprate").replace(" ", ""))
    assert (hint.position, hint.typed) == (3, "corprate")
    assert hint.near[0] == "corporate"


def test_a_slip_is_named_whole_though_something_invisible_stands_in_the_word() -> None:
    (hint,) = hints(TYPED.replace("trombone", "trom\u200bbin\u00ade"))
    assert hint.typed == "trombine"


def test_several_slips_are_all_named_in_order() -> None:
    found = hints(TYPED.replace("prozac", "prozack").replace("flap", "flpa"))
    assert [(hint.position, hint.typed) for hint in found] == [(2, "prozack"), (5, "flpa")]
    assert "flap" in found[1].near


def test_a_word_with_foreign_letters_is_named_though_nothing_is_near() -> None:
    (hint,) = hints(TYPED.replace("okay", "привет"))
    assert (hint.position, hint.typed, hint.near) == (4, "привет", ())


@pytest.mark.parametrize("typed", ["", "   ", " ".join(TYPED.split()[:6]), f"{TYPED} okay", "word " * 15, "x" * 1001])
def test_nothing_is_said_where_nothing_can_be_said(typed: str) -> None:
    assert hints(typed) == ()


def test_the_nearest_word_comes_first_and_never_more_than_three() -> None:
    assert near_words("kindlng")[0] == "kindling"
    assert near_words("abodmne")[0] == "abdomen"
    assert len(near_words("care")) == 3
    assert near_words("qqqqqqqq") == ()
    assert near_words("zbe") == ()  # two slips of three letters would be near to anything


@pytest.mark.parametrize(
    "hostile",
    [
        "é" * 1_000_000,
        "a b " * 250_000,
        "\ufdfa" * 1000,  # one character that decomposes into eighteen
        "\u3316" * 1000,  # and one into six letters
        "a" * 1000,
        "\u0301" * 1_000_000,
        " ".join(f"{word}s" for word in WORDS[:14]),
        " ".join(["aeinorst"] * 14),
        "trombon" * 142,
        "\n" * 1_000_000,
    ],
    ids=lambda text: f"{text[:3]!r}x{len(text)}",
)
def test_hostile_input_never_costs_more_than_a_moment(hostile: str) -> None:
    near_words("warm")
    start = time.process_time()
    hints(hostile)
    count_words(hostile)
    with pytest.raises(CodenameError):
        parse(hostile)
    assert time.process_time() - start < 0.6


def test_neither_a_found_word_nor_a_hint_prints_itself() -> None:
    assert "okey" not in repr(hints(TYPED.replace("okay", "okey")))
    assert "okay" not in repr(find_words(TYPED))


# --- keys ---------------------------------------------------------------------------------------------------------


def test_keys_print_and_pickle_nothing() -> None:
    keys = CodenameKeys.from_root(SECRET)
    for shown in (repr(keys), str(keys), f"{keys}", repr([keys])):
        assert shown.strip("[]") == "<codename keys>"
    with pytest.raises(TypeError):
        pickle.dumps(keys)


@pytest.mark.parametrize("root", [b"", b"r" * 31, b"r" * 33])
def test_a_root_of_another_length_is_refused(root: bytes) -> None:
    with pytest.raises(InvalidValue):
        CodenameKeys.from_root(root)


def test_codename_salt_and_parameters_all_change_the_root() -> None:
    roots = {
        Derivation(kdf).derive(Codename(words)).root
        for kdf, words in (
            (CHEAP, TYPED),
            (CHEAP, TYPED.replace("okay", "flap")),
            (KdfParameters(b"s" * 16, 8192, 1), TYPED),
            (KdfParameters(CHEAP.salt, 16384, 1), TYPED),
            (KdfParameters(CHEAP.salt, 8192, 2), TYPED),
        )
    }
    assert len(roots) == 5


def test_new_parameters_have_a_salt_of_their_own_and_the_strength_of_the_format() -> None:
    one, other = KdfParameters.new(), KdfParameters.new()
    assert one.salt != other.salt
    assert (one.memory_bytes, one.passes) == (64 * 1024 * 1024, 3)


def test_parameters_survive_json() -> None:
    assert KdfParameters.from_json(json.loads(json.dumps(CHEAP.as_json()))) == CHEAP


@pytest.mark.parametrize(
    "change",
    [
        {"name": "argon2i"},
        {"salt": "00" * 15},
        {"salt": "0G" * 16},
        {"salt": "AB" * 16},
        {"salt": 5},
        {"memory_kib": 65536.0},
        {"memory_kib": True},
        {"memory_kib": 4},
        {"memory_kib": 1 << 40},
        {"passes": 0},
        {"passes": 10_000},
        {"passes": "3"},
        {"extra": 1},
    ],
)
def test_parameters_of_another_form_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        KdfParameters.from_json({**CHEAP.as_json(), **change})


def test_memory_that_json_could_not_tell_is_refused() -> None:
    with pytest.raises(InvalidValue):
        KdfParameters(CHEAP.salt, 8193, 1)


@pytest.mark.parametrize("value", [None, [], "argon2id", {}, {"name": "argon2id"}])
def test_parameters_that_are_no_table_are_refused(value: object) -> None:
    with pytest.raises(InvalidValue):
        KdfParameters.from_json(value)


# --- one at a time ------------------------------------------------------------------------------------------------


class Gate:
    """Stands in for Argon2id: counts who is inside, and holds them until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inside = self.most_inside = 0
        self.order: list[bytes] = []
        self.entered = threading.Semaphore(0)
        self.open = threading.Event()
        monkeypatch.setattr(argon2id, "kdf", self._kdf)

    def _kdf(self, size: int, password: bytes, *_: object) -> bytes:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.order.append(password)
        self.entered.release()
        self.open.wait(5)
        self.inside -= 1
        return password.ljust(size, b"\0")[:size]


def start(derivation: Derivation, words: str) -> threading.Thread:
    thread = threading.Thread(target=derivation.derive, args=(Codename(words),), daemon=True)
    thread.start()
    return thread


def wait_for_queue(derivation: Derivation, length: int) -> None:
    deadline = time.monotonic() + 5
    while len(derivation._waiting) < length:
        assert time.monotonic() < deadline, "nobody queued up"
        time.sleep(0.001)


def test_two_derivations_never_run_at_once_and_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, derivation = Gate(monkeypatch), Derivation(CHEAP)
    threads = [start(derivation, "first")]
    assert gate.entered.acquire(timeout=5)
    for place in range(8):
        threads.append(start(derivation, str(place)))
        wait_for_queue(derivation, place + 1)
    gate.open.set()
    for thread in threads:
        thread.join(5)
    assert gate.most_inside == 1
    assert gate.order == [b"first", *(str(place).encode() for place in range(8))]


def test_waiting_ends_with_busy_and_leaves_no_place_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, derivation = Gate(monkeypatch), Derivation(CHEAP, wait_seconds=0.05)
    thread = start(derivation, "first")
    assert gate.entered.acquire(timeout=5)
    begun = time.monotonic()
    with pytest.raises(Busy):
        derivation.derive(Codename(TYPED))
    assert time.monotonic() - begun >= 0.05
    assert not derivation._waiting
    gate.open.set()
    thread.join(5)
    assert derivation.derive(Codename(TYPED)).root == TYPED.encode()[:32]


def test_a_report_that_may_wait_longer_is_not_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, derivation = Gate(monkeypatch), Derivation(CHEAP, wait_seconds=0.01)
    thread = start(derivation, "first")
    assert gate.entered.acquire(timeout=5)
    opening = threading.Timer(0.1, gate.open.set)
    opening.start()
    assert derivation.derive(Codename(TYPED), wait_seconds=5).root == TYPED.encode()[:32]
    thread.join(5)
    opening.join(5)


def test_a_failed_derivation_hands_on_its_turn_and_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = Derivation(CHEAP, wait_seconds=0.05)

    def fail(*_: object) -> bytes:
        raise MemoryError(TYPED)

    with monkeypatch.context() as patch:
        patch.setattr(argon2id, "kdf", fail)
        with pytest.raises(Busy) as caught:
            derivation.derive(Codename(TYPED))
    assert TYPED not in "".join(traceback.format_exception(caught.value))
    assert derivation.derive(Codename(TYPED)).root == argon2id.kdf(32, TYPED.encode(), CHEAP.salt, 1, 8192)


def test_a_turn_that_comes_in_the_last_instant_is_taken_not_lost() -> None:
    derivation = Derivation(CHEAP)
    turn = derivation._queue_up()
    assert turn.is_set()
    assert not derivation._gave_up(turn)
    derivation._hand_on()
    assert derivation.derive(Codename(TYPED)).case
