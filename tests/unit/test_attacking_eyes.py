"""The attack with other people's tools calls what is broken: a header gone, a silent rule, a vector that differs."""

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest

from dropbox import reply_box
from dropbox.server import headers as ours
from tests.attacking.eyes import accepted, headers, reading, vectors, wapiti
from tests.attacking.eyes.accepted import Pointed
from tests.attacking.eyes.headers import Answer

OWASP = headers.load()
ANSWER = Answer("a page", 200, tuple(ours.plain()))


def called(answer: Answer) -> Iterator[str]:
    """Yield what is called and has no decision."""
    for fault in headers.faults(answer, OWASP):
        if fault.rule not in accepted.HEADERS:
            yield fault.rule


def without(name: str) -> Answer:
    return replace(ANSWER, headers=tuple(each for each in ANSWER.headers if each[0] != name))


def changed(name: str, value: str) -> Answer:
    return replace(without(name), headers=(*without(name).headers, (name, value)))


def test_an_answer_as_it_should_be_is_not_called() -> None:
    assert list(called(ANSWER)) == []


@pytest.mark.parametrize("name", sorted(set(OWASP["add"]) - set(accepted.HEADERS)))
def test_no_missing_header_is_overlooked(name: str) -> None:
    assert name in {rule.split(" ")[0] for rule in called(without(name))}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cache-Control", "public, max-age=600"),
        ("Content-Security-Policy", "default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
        ("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'"),
        ("Cross-Origin-Opener-Policy", "unsafe-none"),
        ("Permissions-Policy", "camera=*"),
        ("Referrer-Policy", "origin"),
        ("Server", "waitress"),
        ("X-Powered-By", "Flask"),
        ("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Set-Cookie", "visit=1; Path=/"),
    ],
)
def test_no_loose_or_telling_header_is_overlooked(name: str, value: str) -> None:
    assert list(called(changed(name, value)))


def test_a_header_that_is_sent_twice_is_not_overlooked() -> None:
    assert list(called(replace(ANSWER, headers=(*ANSWER.headers, ("referrer-policy", "no-referrer")))))


def test_no_rule_is_without_its_bad_example() -> None:
    assert reading.rule_names() == set(reading.examples())
    assert len(reading.rule_names()) >= 20


def test_a_rule_that_says_nothing_of_its_bad_example_is_called() -> None:
    hit = Pointed("semgrep", "no-random", "dropbox/bad_no_random.py:2")
    elsewhere = Pointed("semgrep", "no-shell", "dropbox/bad_no_random.py:3")
    assert reading.silent_rules([hit, elsewhere], {"no-random", "no-shell"}) == ["no-shell"]
    assert reading.in_the_tree([hit, Pointed("semgrep", "no-shell", "dropbox/x.py:1")]) == [
        Pointed("semgrep", "no-shell", "dropbox/x.py:1")
    ]


def test_what_semgrep_could_not_read_is_not_clean() -> None:
    with pytest.raises(reading.ToolFailed):
        reading.pointed_by_semgrep({"errors": [{"message": "no such rule"}], "results": []})


def test_no_finding_in_another_file_is_accepted() -> None:
    (rule, file), *_ = accepted.RULES
    pointed = [Pointed("semgrep", rule, f"{file}:7"), Pointed("semgrep", rule, "dropbox/x.py:1")]
    found = [each for each in accepted.rule_findings(pointed) if "lets" not in each.what]
    assert {each.where: each.accepted for each in found} == {
        f"{file}:7": accepted.RULES[rule, file],
        "dropbox/x.py:1": None,
    }


def test_a_decision_that_nothing_needs_any_more_is_called() -> None:
    assert len([each for each in accepted.rule_findings([]) if each.accepted is None]) == len(accepted.RULES)


def test_every_decision_that_is_named_is_there() -> None:
    folder = reading.ROOT / "docs" / "decisions"
    named = {*accepted.RULES.values(), *accepted.HEADERS.values(), *accepted.WAPITI.values()}
    assert [each for each in named if not list(folder.glob(f"{each}-*.md"))] == []


def test_nothing_that_wapiti_says_is_dropped() -> None:
    said = {"path": "/report", "info": "XSS via http://127.0.0.1:1/report"}
    report = {"vulnerabilities": {"Reflected XSS": [said], "None": []}, "additionals": {"Noted": [said]}}
    pointed = list(wapiti.pointed_by(report))
    assert [each.rule for each in pointed] == ["Reflected XSS", "Noted"]
    assert all(each.accepted is None for each in accepted.findings(pointed, accepted.WAPITI))


@pytest.mark.parametrize("kind", sorted(vectors.load()))
def test_a_vector_that_differs_is_called(kind: str) -> None:
    published = copy.deepcopy(vectors.load())
    assert list(vectors.faults(published, random.Random(1), 1)) == []
    first = published[kind]["vectors"][0]
    name = next(name for name in ("out", "shared", "public") if name in first)
    first[name] = f"{int(first[name][:2], 16) ^ 1:02x}{first[name][2:]}"
    assert len(list(vectors.faults(published, random.Random(1), 0))) == 1


def test_a_stream_with_a_changed_byte_is_not_opened() -> None:
    key, container = reply_box.new_key(), BytesIO()
    reply_box.write_container(container, b"desks", key, iter([b"words"]))
    stream = bytearray(vectors._stream_in(container.getvalue()))
    assert vectors.open_secretstream(bytes(stream), key) == b"words"
    stream[-1] ^= 1
    assert vectors.open_secretstream(bytes(stream), key) != b"words"
