"""The chosen items as they were written: opened, and held against the plan, so that nothing takes their place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dropbox.envelope import ANSWER_PREFIX, Attachment
from dropbox.errors import PlanOutdated
from dropbox.models import Kind
from dropbox.workstation.casebook import detail_of
from dropbox.workstation.disclosure.needles import Sought, person, phrase
from dropbox.workstation.disclosure.plan import FileChoice, FileHow, ItemChoice, Plan
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase


@dataclass(frozen=True)
class Part:
    """One item of a pack. number: its place in the pack (from 1). text: everything that was written in it."""

    number: int
    choice: ItemChoice
    opened: Opened
    text: str = field(repr=False)

    @property
    def kind(self) -> Kind:
        return detail_of(self.opened.record).kind

    def files(self, *how: FileHow) -> tuple[tuple[FileChoice, Attachment], ...]:
        """Return the files of which this becomes, each with what its item says of it."""
        held = self.opened.envelope.index.attachments
        return tuple((each, held[each.number - 1]) for each in self.choice.files if each.how in how)


def gather(shown: ReadCase, plan: Plan) -> tuple[Part, ...]:
    """Return what the plan chose of a case, in the thread's order. Raises PlanOutdated."""
    if plan.case != shown.case.case:
        raise PlanOutdated
    opened = {each.record.item: each for each in shown.opened if each is not None}
    if not {each.item for each in plan.items} <= set(opened):
        raise PlanOutdated
    chosen = {each.item: each for each in plan.items}
    pairs = [(chosen[item], each) for item, each in opened.items() if item in chosen]
    return tuple(_part(number, choice, each) for number, (choice, each) in enumerate(pairs, start=1))


def text_of(opened: Opened) -> str:
    """Return what was written in an item: its text, and the answers to the desk's questions under it."""
    answers = opened.envelope.header.answers
    asked = [f"{name}\n{answer}" for name, answer in answers.items() if not name.startswith(ANSWER_PREFIX)]
    return "\n\n".join(each for each in (opened.envelope.message.reveal(), *asked) if each)


def sought_in(plan: Plan, parts: Iterable[Part]) -> tuple[Sought, ...]:
    """Return everything that may not be found: names, phrases, and each passage that was left out at one place."""
    cut = [part.text[each.start : each.end] for part in parts for each in part.choice.cuts]
    return (*(person(each) for each in plan.persons), *(phrase(each) for each in (*plan.phrases, *cut)))


def spellings(plan: Plan, parts: Iterable[Part]) -> tuple[tuple[str, str], ...]:
    """Return the same as bare texts: each with its letter, "" for what was left out."""
    named = [(each.letter, name) for each in plan.persons for name in each.names]
    cut = [("", part.text[each.start : each.end]) for part in parts for each in part.choice.cuts]
    return (*named, *(("", each) for each in plan.phrases), *cut)


def _part(number: int, choice: ItemChoice, opened: Opened) -> Part:
    text = text_of(opened)
    held = opened.envelope.index.attachments
    if opened.envelope.index_sha256 != choice.index_sha256 or any(each.end > len(text) for each in choice.cuts):
        raise PlanOutdated
    if not all(each.number <= len(held) and held[each.number - 1].sha256 == each.sha256 for each in choice.files):
        raise PlanOutdated
    return Part(number, choice, opened, text)


def files_of(parts: Sequence[Part], *how: FileHow) -> tuple[tuple[Part, FileChoice, Attachment], ...]:
    """Return the files of all parts of which this becomes."""
    return tuple((part, choice, file) for part in parts for choice, file in part.files(*how))
