"""redact: what is covered in a file that a plan draws anew, by words and by places; and a page as it will be."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dropbox.disk import read_up_to
from dropbox.errors import BoxUnreadable, FileNotInPlan
from dropbox.records import to_json
from dropbox.target import new_file
from dropbox.workstation import alarms
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.commands.view import keep_viewed
from dropbox.workstation.disclosure.gathering import gather, sought_in
from dropbox.workstation.disclosure.plan import MAX_PLAN_BYTES, FileHow, Plan, parse_plan
from dropbox.workstation.disclosure.redrawn import finder
from dropbox.workstation.extracting import write_pages
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import read_case
from dropbox.workstation.redacting_boxes import WHOLE, Box
from dropbox.workstation.redacting_marks import as_percent, covered_words, in_percent, of_words, picture, with_marks
from dropbox.workstation.redrawing import Page, draw_page
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault
from dropbox.workstation.viewing import find_attachment


def add(command: Adder) -> None:
    parser = command("redact", _redact, _("Cover words and places of a file that a plan draws anew."))
    parser.add_argument("case", metavar="CASE", help=str(HELP_CASE))
    parser.add_argument("item", metavar="ITEM", help=_("the item's number in the thread, or its id"))
    parser.add_argument("number", metavar="N", nargs="?", type=int, help=_("the file's number, when there are several"))
    parser.add_argument("--plan", type=Path, metavar="FILE", required=True, help=_("the plan's file"))
    parser.add_argument("--page", type=int, default=1, metavar="PAGE", help=_("the page that is meant; the first one"))
    help_box = _("a place in percent of the page: from the left, from the top, width, height")
    parser.add_argument("--box", action="append", default=[], metavar="X,Y,W,H", help=help_box)
    help_word = _("cover a word by its number on the page")
    parser.add_argument("--word", type=int, action="append", default=[], metavar="NUMBER", help=help_word)
    parser.add_argument("--whole", action="store_true", help=_("cover the whole page"))
    help_remove = _("take a mark away, by its number")
    parser.add_argument("--remove", type=int, action="append", default=[], metavar="NUMBER", help=help_remove)
    parser.add_argument("--new", type=Path, metavar="FILE", help=_("write the plan with these marks into a new file"))
    parser.add_argument("--to", type=Path, metavar="DIR", help=_("where a picture of the page as it will be goes"))


def _redact(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault, alarms.kept(vault):
        thread = read_case(vault, vault.casebook.find_case(arguments.case))
        opened, number = find_attachment(thread, arguments.item, arguments.number)
        plan = _drawn_anew(parse_plan(read_up_to(arguments.plan, MAX_PLAN_BYTES)), opened, number)
        find = finder(sought_in(plan, gather(thread, plan)))
        keep_viewed(vault, opened, number)
        page = draw_page(vault, opened, opened.envelope.index.attachments[number - 1], arguments.page)
        marks = _marks(plan.boxes_of(opened.record.item, number), page, arguments)
        plan = plan.with_boxes(opened.record.item, number, marks)
        marked = _Marked(page, marks, covered_words(page, marks, find))
        pictures = []
        if arguments.to is not None:
            prefix = f"{thread.records.index(opened.record) + 1:02d}-{number:02d}-covered"
            pictures = write_pages(vault, opened, arguments.to, prefix, {page.number: picture(page, marks, find)})
        if arguments.new is not None:
            _write(plan, arguments.new)
        document = {
            "case": thread.case.case,
            "item": opened.record.item,
            "number": number,
            **marked.document,
            "plan": plan.sha256,
            "file": None if arguments.new is None else str(arguments.new),
            "pictures": [str(each) for each in pictures],
        }
        told = [*marked.told, *_wrote([*([arguments.new] if arguments.new else []), *pictures])]
        show(Answer(document, lambda width: _wrapped(told, width), vault.casebook))


@dataclass(frozen=True)
class _Marked:
    """A page, the file's marks, and the numbers of the words that will not be readable."""

    page: Page
    marks: tuple[Box, ...]
    covered: frozenset[int]

    @property
    def document(self) -> dict[str, object]:
        return {
            "page": self.page.number,
            "pages": self.page.total,
            "words": [
                {"number": number + 1, "text": word.text, "covered": number in self.covered}
                for number, word in enumerate(self.page.words)
            ],
            "marks": [{"number": number, **asdict(each)} for number, each in enumerate(self.marks, start=1)],
        }

    @property
    def told(self) -> list[str]:
        about = [_("Page %(page)s of %(pages)s", page=self.page.number, pages=self.page.total)]
        if not self.page.words:
            about.append(
                _(
                    "No word is known on this page, so no name is covered by itself. Cover by hand what must not be "
                    "seen."
                )
            )
        marks = [_mark_text(number, each) for number, each in enumerate(self.marks, start=1)]
        return [*about, *(self._word_text(number) for number in range(len(self.page.words))), *marks]

    def _word_text(self, number: int) -> str:
        shown = f"{number + 1:5}  {line(self.page.words[number].text)}"
        return f"{shown}  {_('(covered)')}" if number in self.covered else shown


def _mark_text(number: int, mark: Box) -> str:
    x, y, width, height = as_percent(mark)
    return _(
        "Mark %(number)s, page %(page)s: in percent, %(x)s from the left, %(y)s from the top, %(width)s wide, "
        "%(height)s high",
        number=number,
        page=mark.page,
        x=x,
        y=y,
        width=width,
        height=height,
    )


def _wrote(paths: Sequence[Path]) -> list[str]:
    return [_("Wrote %(file)s", file=line(str(each))) for each in paths]


def _wrapped(told: Sequence[str], width: int) -> list[str]:
    return [part for each in told for part in paragraphs(each, width, "")]


def _write(plan: Plan, path: Path) -> None:
    with new_file(path) as target:
        target.write(json.dumps(to_json(plan), indent=1, ensure_ascii=False).encode() + b"\n")


def _drawn_anew(plan: Plan, opened: Opened, number: int) -> Plan:
    choice = plan.choice_of(opened.record.item)
    files = choice.files if choice is not None else ()
    if not any(each.number == number and each.how is FileHow.REDRAWN for each in files):
        raise FileNotInPlan
    return plan


def _marks(marks: Sequence[Box], page: Page, arguments: Arguments) -> tuple[Box, ...]:
    """Return the file's marks as the command line changes them. Raises BoxUnreadable, TooManyBoxes."""
    kept = [each for number, each in enumerate(marks, start=1) if number not in arguments.remove]
    typed = [in_percent(page.number, each.split(",")) for each in arguments.box]
    words = {number - 1 for number in arguments.word}
    if not words <= set(range(len(page.words))) or not {*arguments.remove} <= set(range(1, len(marks) + 1)):
        raise BoxUnreadable
    whole = [Box(page.number, 0, 0, WHOLE, WHOLE)] if arguments.whole else []
    return with_marks(kept, [*typed, *of_words(page, words), *whole])
