"""What an import says of itself, line by line: English for the operator's terminal, the reader's language on a page.

Texts are fixed; what fills them is a number, an item's random id or a vault's. No case, desk, name or day enters.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dropbox.bundle import AnswerManifest, VerifiedAnswer
from dropbox.models import ItemId, SealedKind
from dropbox.server.store import AnswerSeen, Applied, Outcome, Store

Translate = Callable[[str], str]


def _l(english: str) -> str:
    """Mark a text for the catalogues."""
    return english


@dataclass(frozen=True)
class ImportLine:
    """What became of one reply or note (`item`), or a remark about the whole bundle (None); prints as one line.

    `outcome` may name `values`; a Part is fixed text as well, numbers and ids stay as they are.
    """

    item: ItemId | None
    outcome: str
    values: Mapping[str, object] = field(default_factory=dict)

    def told(self, translate: Translate) -> str:
        """Return what happened, without the item's id, every fixed part by way of `translate`."""
        filled = {
            name: value.told(translate) if isinstance(value, Part) else value for name, value in self.values.items()
        }
        return translate(self.outcome) % filled if filled else translate(self.outcome)

    def __str__(self) -> str:
        text = self.told(str)
        return text if self.item is None else f"{self.item}: {text}"


@dataclass(frozen=True)
class Part:
    """Fixed texts within a line, one after another with commas, each with a number before it or none."""

    texts: Sequence[tuple[int | None, str]]

    def told(self, translate: Translate) -> str:
        return ", ".join(
            translate(text) if number is None else f"{number} {translate(text)}" for number, text in self.texts
        )


_WRITING_NAMES = {
    SealedKind.SUBMISSION: _l("report of a case opened at the desk"),
    SealedKind.REPLY: _l("reply"),
    SealedKind.NOTE: _l("note"),
}
_WRITING_LINES = {
    Outcome.STORED: _l("stored"),
    Outcome.KNOWN: _l("known already"),
    Outcome.SKIPPED: _l("skipped: its case has ended or was withdrawn"),
    Outcome.CLASH: _l("skipped, warning: another case or item is held under an id or the codename of its case"),
    Outcome.UNSIGNED: _l(
        "skipped, warning: its case is not signed with its own key (an earlier workstation opened it)"
    ),
}
_COUNTED = {
    Outcome.STORED: _l("new"),
    Outcome.KNOWN: _l("known already"),
    Outcome.SKIPPED: _l("skipped: no such item of this desk is held"),
}
_COUNTED_LINES = {"receipts": _l("receipts: %(counted)s"), "read": _l("read marks: %(counted)s")}
_STRANGE_RECEIPT = _l("warning: receipt skipped, it is for other bytes than are held under this id")
_PLACE = _l("answer bundle %(number)s of vault %(vault)s")
_WRITING = "%(what)s %(outcome)s"  # no words of its own
_SAME = _l("this bundle was imported before")
_OTHER = _l("warning: another bundle with this number was imported before")
_LOOP = _l("a test report came back: the whole way works")
_GAP = _l("warning: the bundle before this one has not been imported")


def remarks(store: Store, answer: VerifiedAnswer) -> list[ImportLine]:
    """Say what is odd about a bundle's place in its vault's sequence; none of it refuses the bundle."""
    manifest = answer.manifest
    lines = [ImportLine(None, _PLACE, {"number": manifest.sequence, "vault": manifest.vault})]
    same = AnswerSeen.SAME
    seen = store.answer_known(manifest.vault, manifest.sequence, answer.manifest_sha256)
    if seen is same:
        lines.append(ImportLine(None, _SAME))
    if seen is AnswerSeen.OTHER:
        lines.append(ImportLine(None, _OTHER))
    first = manifest.sequence == 1 and manifest.previous is None
    if not first and store.answer_known(manifest.vault, manifest.sequence - 1, manifest.previous or "") is not same:
        lines.append(ImportLine(None, _GAP))
    return lines


def loop_closed() -> ImportLine:
    return ImportLine(None, _LOOP)


def strange_receipt(item: ItemId) -> ImportLine:
    return ImportLine(item, _STRANGE_RECEIPT)


def applied_lines(manifest: AnswerManifest, applied: Applied) -> list[ImportLine]:
    """Say what became of each writing, and of all receipts and read marks together."""
    lines = [
        ImportLine(
            entry.item, _WRITING, {"what": _part(_WRITING_NAMES[entry.kind]), "outcome": _part(_WRITING_LINES[each])}
        )
        for entry, each in zip(manifest.entries, applied.writings, strict=True)
    ]
    for name, outcomes in (("receipts", applied.receipts), ("read", applied.read)):
        counted = Counter(outcomes)
        if counted:
            told = Part([(counted[outcome], word) for outcome, word in _COUNTED.items() if counted[outcome]])
            lines.append(ImportLine(None, _COUNTED_LINES[name], {"counted": told}))
    return lines


def _part(text: str) -> Part:
    return Part([(None, text)])
