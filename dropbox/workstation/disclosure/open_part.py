"""The open part and its cover sheet: chosen texts with letters for names, as text and on paper, and a list of hashes.

What comes in has been taken apart already: of what was taken out, only how often that was done enters this room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from dropbox import canonical
from dropbox.envelope import Reader
from dropbox.models import FORMAT, ItemId, Kind, Mandate
from dropbox.workstation import mandate
from dropbox.workstation.disclosure.gathering import Part
from dropbox.workstation.disclosure.leave import Leave
from dropbox.workstation.disclosure.passages import LEFT_OUT, ONE_OF_THEM, OpenText
from dropbox.workstation.disclosure.plan import FileHow, Plan
from dropbox.workstation.document import Block, Document, Heading, Point, Table, Text, as_pdf, as_text
from dropbox.workstation.redacting import RedactedFile
from dropbox.workstation.speech import N_, _, day_text, ngettext, speaking

MANIFEST = "manifest.json"
_PACK_DIGITS = 16
KINDS = {
    Kind.REPORT: N_("Report"),
    Kind.MESSAGE: N_("Message from the reporter"),
    Kind.MANDATE: N_("The reporter changed the mandate"),
    Kind.WITHDRAWAL: N_("The reporter withdrew the case"),
    Kind.REPLY: N_("Reply to the reporter"),
    Kind.NOTE: N_("Note to the desk"),
}


@dataclass(frozen=True)
class Shown:
    """One item as the open part has it; files: the redrawn ones by their numbers."""

    part: Part
    text: OpenText
    files: Mapping[int, RedactedFile] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """How many places were taken out of the text."""
        return len(self.text.taken)

    @property
    def in_annex(self) -> int:
        return len(self.part.files(FileHow.ANNEX, FileHow.REDRAWN))


@dataclass(frozen=True)
class Sender:
    """Who makes the pack, by the names that the drop gives them, and on which day."""

    desk: str
    organisation: str
    day: date


def cover_sheet(plan: Plan, shown: Sequence[Shown], leave: Leave, sender: Sender) -> Document:
    """Return the sheet that says what is in which part, for whom, and what allows it."""
    with speaking(plan.language):
        head = _("Pack %(pack)s, made on %(day)s.", pack=plan.sha256[:_PACK_DIGITS], day=sender.day.isoformat())
        made_by = _("Made by: %(desk)s.", desk=_by(sender))
        blocks: list[Block] = [Text(f"{head} {made_by}"), Heading(str(_("The open part")))]
        blocks += [Point(_in_open_part(plan, each)) for each in shown]
        blocks += [Heading(str(_("The confidential annex"))), *_annex_blocks(plan, shown)]
        blocks += [Heading(str(_("For whom"))), _readers(plan)]
        blocks += [Heading(str(_("What allows it"))), Text(_allowed(leave))]
        return Document(_("Cover sheet"), plan.language, tuple(blocks))


def open_document(plan: Plan, shown: Sequence[Shown]) -> Document:
    """Return the open part's texts as one document."""
    with speaking(plan.language):
        blocks: list[Block] = [Text(each) for each in _how_to_read(plan)]
        for each in shown:
            blocks += _item_blocks(plan, each)
        return Document(_("Open part"), plan.language, tuple(blocks))


def open_files(plan: Plan, shown: Sequence[Shown], sender: Sender) -> dict[str, bytes]:
    """Return every file of the open part by its name; the last is the list of all their hashes."""
    document = open_document(plan, shown)
    files = {"open.txt": as_text(document), "open.pdf": as_pdf(document)}
    for each in shown:
        files |= {f"file-{each.part.number}-{number}.pdf": file.pdf for number, file in each.files.items()}
    listed = {name: {"bytes": len(data), "sha256": canonical.sha256_hex(data)} for name, data in files.items()}
    manifest = {"format": FORMAT, "pack": plan.sha256[:_PACK_DIGITS], "day": sender.day.isoformat(), "files": listed}
    return files | {MANIFEST: canonical.dump(manifest)}


def _by(sender: Sender) -> str:
    return ", ".join(each for each in (sender.desk, sender.organisation) if each)


def _title(plan: Plan, each: Shown) -> str:
    title = f"{each.part.number}. {KINDS[each.part.kind]}"
    return f"{title}, {each.part.opened.record.day.isoformat()}" if plan.days else title


def _in_open_part(plan: Plan, each: Shown) -> str:
    title = _title(plan, each)
    return f"{title}; {_drawn(len(each.files))}" if each.files else title


def _drawn(count: int) -> str:
    return ngettext("%(num)s file, drawn anew", "%(num)s files, drawn anew", count)


def _as_they_came(count: int) -> str:
    return ngettext("%(num)s file as it came", "%(num)s files as they came", count)


def _annex_blocks(plan: Plan, shown: Sequence[Shown]) -> list[Block]:
    if not plan.annex_readers:
        return [Text(_("There is none."))]
    told: list[Block] = [
        Point(_("the key to the letters")),
        Point(_("what was taken out of the texts, and these texts whole")),
    ]
    files = sum(each.in_annex for each in shown)
    if files:
        told.append(Point(_as_they_came(files)))
    return [Text(_("Sealed to the keys named below, in one file. It holds:")), *told]


def _readers(plan: Plan) -> Table:
    heads = (_("Name"), _("Reads"), _("Key of the annex"))
    open_part, both = _("the open part"), _("the open part and the annex")
    rows = tuple(
        (each.name, both if each.fingerprint else open_part, _grouped(each.fingerprint or "")) for each in plan.readers
    )
    return Table(heads, rows, (0.3, 0.25, 0.45))


def _grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def _allowed(leave: Leave) -> str:
    if leave.item is None:
        meaning = mandate.name(leave.mandate)
        return _("The reporter's mandate: %(mandate)s, since %(day)s.", mandate=meaning, day=day_text(leave.day))
    return _(
        "The reporter agreed on %(day)s to exactly this pack and these readers, once (item %(item)s).",
        day=day_text(leave.day),
        item=leave.item,
    )


def _how_to_read(plan: Plan) -> list[str]:
    told = []
    if plan.persons:
        told.append(
            _("A letter stands for a person, the same one all through this pack. The letters were drawn by lot.")
        )
    marks = {"left_out": str(LEFT_OUT), "name": str(ONE_OF_THEM)}
    told.append(
        _(
            "Where %(left_out)s stands, something is left out; %(name)s is one of the persons who have a letter.",
            **marks,
        )
        if plan.persons
        else _("%(left_out)s stands where something is left out.", **marks)
    )
    return told


def _item_blocks(plan: Plan, each: Shown) -> list[Block]:
    blocks: list[Block] = [Heading(_title(plan, each))]
    if each.text.text.strip():
        blocks.append(Text(each.text.text))
    for number in each.files:
        name = f"file-{each.part.number}-{number}.pdf"
        blocks.append(Point(_("A file of this item, drawn anew: %(name)s", name=name)))
    return blocks


def own_words(plan: Plan, sender: Sender) -> str:
    """Return our own sentences as this pack has them, without anything of a case: what stands in them is no leak."""
    bare = replace(
        plan, items=(), phrases=(), readers=tuple(Reader("-", each.fingerprint) for each in plan.readers[:1])
    )
    nobody = Sender("", "", sender.day)
    leaves = [Leave(each, sender.day, item=item) for each in Mandate for item in (None, ItemId(""))]
    documents = [open_document(bare, ()), *(cover_sheet(bare, (), leave, nobody) for leave in leaves)]
    with speaking(plan.language):
        files = [_("A file of this item, drawn anew: %(name)s", name=""), _drawn(1), _drawn(2), _as_they_came(2)]
        return "\n".join([*(as_text(each).decode() for each in documents), *map(str, KINDS.values()), *files])
