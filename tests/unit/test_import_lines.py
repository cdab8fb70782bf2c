"""What an import says: no word of it escapes a catalogue, and none of it changes for the operator's terminal."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.bundle import AnswerEntry
from dropbox.models import CaseId, DeskId, ItemId, SealedKind, VaultId
from dropbox.server import import_lines
from dropbox.server.import_lines import ImportLine, applied_lines, strange_receipt
from dropbox.server.store import Applied, Outcome
from tests.bundles import answer_manifest

ITEM, CASE = ItemId("1" * 32), CaseId("c" * 32)


def lines() -> list[ImportLine]:
    """Every line about items: each kind with each outcome, and receipts and read marks of every kind."""
    kinds = [(kind, outcome) for kind in SealedKind for outcome in import_lines._WRITING_LINES]
    entries = tuple(
        AnswerEntry(kind, CASE, ITEM, DeskId("desk"), "0" * 64, 1, bytes(80) if kind is SealedKind.REPLY else None)
        for kind, _ in kinds
    )
    manifest = replace(answer_manifest("d" * 64), entries=entries)
    counted = (Outcome.STORED, Outcome.STORED, Outcome.KNOWN, Outcome.SKIPPED)
    applied = Applied(tuple(outcome for _, outcome in kinds), counted, counted[:1])
    place = ImportLine(None, import_lines._PLACE, {"number": 7, "vault": VaultId("a" * 32)})
    return [*applied_lines(manifest, applied), strange_receipt(ITEM), place]


def marked(text: str) -> str:
    return re.sub(r"(^|%\(\w+\)s)([^%]*)", lambda part: f"{part[1]}«{part[2]}»" if part[2] else part[1], text)


@pytest.mark.parametrize("line", lines(), ids=str)
def test_no_word_of_a_line_escapes_the_catalogue(line: ImportLine) -> None:
    left = re.sub(r"«[^«»]*»", "", line.told(marked))
    assert not re.search(r"[a-z]{2,}", left.replace("a" * 32, "")), left
    assert "%(" not in line.told(marked)


def test_the_operator_reads_what_was_always_said() -> None:
    said = [str(line) for line in lines()]
    assert f"{ITEM}: reply stored" in said
    assert f"{ITEM}: note skipped: its case has ended or was withdrawn" in said
    assert "receipts: 2 new, 1 known already, 1 skipped: no such item of this desk is held" in said
    assert "read marks: 1 new" in said
    assert f"answer bundle 7 of vault {'a' * 32}" in said


def test_every_text_is_marked_for_the_catalogues() -> None:
    source = Path(import_lines.__file__).read_text("utf-8")
    for line in lines():
        for text in (line.outcome, *(text for part in line.values.values() for _, text in getattr(part, "texts", ()))):
            has_words = re.search("[a-z]", re.sub(r"%\(\w+\)s", "", text))
            assert not has_words or re.search(rf'_l\(\s*"{re.escape(text)}"', source), text


def test_an_item_is_named_before_its_line_and_not_in_it() -> None:
    assert ItemId(ITEM) not in strange_receipt(ITEM).told(str)
    assert str(strange_receipt(ITEM)).startswith(f"{ITEM}: warning")
