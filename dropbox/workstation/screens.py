"""What the commands show to people: lines for a terminal of a given width. Nothing is printed here.

Whatever somebody else wrote passes through `terminal` first, so that it is shown and not obeyed.
"""

from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.envelope import ANSWER_PREFIX
from dropbox.models import Kind, Mandate
from dropbox.workstation import canaries, epoch_lines, mandate, telling
from dropbox.workstation.banners import banners
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.extracting import Extracted
from dropbox.workstation.importing import ImportReport
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import N_, _, ngettext
from dropbox.workstation.terminal import line, paragraphs, size, table
from dropbox.workstation.thread import CaseSummary, author_name, missing_numbers, summarise, withdrawn_on

_INDENT = "  "
_SHA_SHOWN = 16
_KINDS = {
    Kind.REPORT: N_("report"),
    Kind.MESSAGE: N_("message"),
    Kind.MANDATE: N_("mandate"),
    Kind.WITHDRAWAL: N_("withdrawal"),
    Kind.REPLY: N_("reply"),
    Kind.NOTE: N_("note"),
}


def banner_lines(casebook: Casebook, width: int) -> list[str]:
    """Return the banners, each between rules, and nothing when there is none."""
    shown = banners(casebook)
    if not shown:
        return []
    rule = "!" * width
    lines = [rule]
    for banner in shown:
        for text in banner:
            indent = " " * (len(text) - len(text.lstrip()))
            lines += paragraphs(text.lstrip(), width, indent)
        lines.append(rule)
    return lines


def case_lines(summaries: Sequence[CaseSummary]) -> list[str]:
    """Return the table of `cases`."""
    if not summaries:
        return [_("No cases yet.")]
    rows = [
        (
            summary.case[:8],
            summary.name,
            _("withdrawn") if summary.withdrawn else _mandate(summary.mandate),
            summary.received.isoformat(),
            str(summary.submissions),
            str(summary.replies),
            str(summary.unread or "-"),
        )
        for summary in summaries
    ]
    heads = (_("CASE"), _("NAME"), _("MANDATE"), _("RECEIVED"), _("SENT"), _("REPLIES"), _("UNREAD"))
    lacking = [
        _(
            "Of case %(case)s these submissions never came here: %(numbers)s.",
            case=summary.case[:8],
            numbers=", ".join(map(str, summary.missing)),
        )
        for summary in summaries
        if summary.missing
    ]
    return [
        *table(heads, rows, right=(4, 5, 6)),
        "",
        *lacking,
        ngettext("%(num)s case, desk %(desk)s.", "%(num)s cases, desk %(desk)s.", len(rows), desk=summaries[0].desk),
    ]


def thread_lines(casebook: Casebook, shown: ReadCase, width: int) -> list[str]:
    """Return a case for reading: head, mandate with its history, then every item, oldest first."""
    lines = _head(casebook, shown, width)
    told = telling.told(casebook, shown.records)
    for position, record in enumerate(shown.records, start=1):
        lines += ["", _title(casebook, record, position, width)]
        opened = shown.opened[position - 1]
        lines += [_INDENT + _("This item is damaged or gone.")] if opened is None else _body(opened, width)
        for sentence in told[record.item]:
            lines += paragraphs(line(sentence), width, _INDENT)
        if record.own and not record.entry_confirmed:
            lines += ["", f"{_INDENT}({_('Written here; the drop has not confirmed it yet.')})"]
    return lines


def _head(casebook: Casebook, shown: ReadCase, width: int) -> list[str]:
    records = list(shown.records)
    summary = summarise(casebook, shown.case)
    lines = [_("%(name)s   case %(case)s", name=case_name(shown.case.case), case=shown.case.case)]
    told = _(
        "Desks %(desks)s. Received %(day)s. %(sent)s, %(replies)s.",
        desks=", ".join(shown.case.desks),
        day=summary.received,
        sent=ngettext("%(num)s submission", "%(num)s submissions", summary.submissions),
        replies=ngettext("%(num)s reply", "%(num)s replies", summary.replies),
    )
    lines += paragraphs(told, width, "")
    withdrawn = withdrawn_on(records)
    if withdrawn is not None:
        lines += paragraphs(_("WITHDRAWN by the reporter on %(day)s.", day=withdrawn), width, "")
    if missing := missing_numbers(records):
        named = ", ".join(map(str, missing))
        told = _("MISSING. Of this case these submissions never came here: %(numbers)s.", numbers=named)
        lines += paragraphs(told, width, "")
    if withdrawn is None:
        meaning = mandate.meaning(mandate.in_force(records))
        lines += paragraphs(_("The mandate is %(meaning)s", meaning=meaning), width, "")
    changes = mandate.history(records)
    return [*lines, *(_change_line(change, first=at == 0) for at, change in enumerate(changes))]


def _change_line(change: mandate.MandateChange, *, first: bool) -> str:
    values = {"mandate": _(change.mandate), "number": change.number}
    told = (
        _("set to %(mandate)s by the reporter, in submission %(number)s", **values)
        if first
        else _("changed to %(mandate)s by the reporter, in submission %(number)s", **values)
    )
    return f"{_INDENT}{change.day}  {told}"


def _mandate(chosen: Mandate | None) -> str:
    return _(chosen.value) if chosen is not None else "-"


def _title(casebook: Casebook, record: ItemRecord, position: int, width: int) -> str:
    detail = detail_of(record)
    kind = _("withdrawal taken back") if detail.undo else str(_KINDS[detail.kind])
    parts = [str(position), kind, record.day.isoformat()]
    if detail.author is not None and detail.desk is None:
        parts.append(_("taken down by %(who)s", who=author_name(casebook, detail.author)))
    elif detail.author is not None:
        parts.append(_("by %(who)s, desk %(desk)s", who=author_name(casebook, detail.author), desk=detail.desk))
    if record.resealed_by is not None:
        parts.append(_("passed on by %(who)s", who=author_name(casebook, record.resealed_by)))
    if not record.read:
        parts.append(_("new"))
    title = "-- " + " - ".join(parts) + " "
    return title + "-" * max(0, width - len(title))


def _body(opened: Opened, width: int) -> list[str]:
    envelope = opened.envelope
    text = envelope.message.reveal()
    lines = paragraphs(text.rstrip("\n"), width, _INDENT) if text.strip() else []
    if not lines and envelope.header.kind is Kind.MANDATE:
        lines = [_INDENT + _("The mandate was changed to %(mandate)s.", mandate=_mandate(envelope.header.mandate))]
    asked = {name: text for name, text in envelope.header.answers.items() if not name.startswith(ANSWER_PREFIX)}
    for question, answer in asked.items():
        lines += ["", *paragraphs(line(question) + ":", width, _INDENT), *paragraphs(answer, width, _INDENT * 2)]
    attachments = envelope.index.attachments
    rows = [
        (f"{_INDENT}{number}", size(each.size), each.sha256[:_SHA_SHOWN], line(each.name) or _("(no name)"))
        for number, each in enumerate(attachments, start=1)
    ]
    return [*lines, "", *table((_INDENT + _("FILE"), _("SIZE"), "SHA-256", _("NAME")), rows)] if rows else lines


def import_lines(report: ImportReport) -> list[str]:
    lines = [
        ngettext(
            "Imported. %(num)s new item, %(known)s known already, %(away)s not for you, %(held)s quarantined.",
            "Imported. %(num)s new items, %(known)s known already, %(away)s not for you, %(held)s quarantined.",
            report.new,
            known=report.known,
            away=report.not_for_you,
            held=len(report.quarantined),
        )
    ]
    if report.confirmed_exports:
        lines.append(
            ngettext(
                "The drop confirms %(num)s answer bundle of this vault.",
                "The drop confirms %(num)s answer bundles of this vault.",
                report.confirmed_exports,
            )
        )
    lines += canaries.import_lines(report.test_reports)
    lines += epoch_lines.restored_lines(report.restored)
    if report.narrowed:
        lines.append(
            ngettext(
                "Of %(num)s case the reporter took something back: read above what had happened with it.",
                "Of %(num)s cases the reporters took something back: read above what had happened with them.",
                len(report.narrowed),
            )
        )
    return lines


def extract_lines(files: Sequence[Extracted]) -> list[str]:
    if not files:
        return [_("This case has no files.")]
    rows = [(line(str(each.path)), size(each.attachment.size), _extract_note(each)) for each in files]
    return table((_("FILE"), _("SIZE"), ""), rows, right=(1,))


def _extract_note(each: Extracted) -> str:
    return _("was there already") if each.already_there else ""
