"""What the commands show to people: lines for a terminal of a given width. Nothing is printed here.

Whatever somebody else wrote passes through `terminal` first, so that it is shown and not obeyed.
"""

from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.models import Kind
from dropbox.workstation import mandate, work
from dropbox.workstation.banners import banners
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.extracting import Extracted
from dropbox.workstation.importing import ImportReport
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import count, line, paragraphs, size, table
from dropbox.workstation.thread import CaseSummary, author_name, missing_numbers, summarise, withdrawn_on

_INDENT = "  "
_SHA_SHOWN = 16


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
        return ["No cases yet."]
    rows = [
        (
            summary.case[:8],
            summary.name,
            "withdrawn" if summary.withdrawn else str(summary.mandate or "-"),
            summary.received.isoformat(),
            str(summary.submissions),
            str(summary.replies),
            str(summary.unread or "-"),
        )
        for summary in summaries
    ]
    heads = ("CASE", "NAME", "MANDATE", "RECEIVED", "SENT", "REPLIES", "UNREAD")
    lacking = [
        f"Of case {summary.case[:8]} these submissions never came here: {', '.join(map(str, summary.missing))}."
        for summary in summaries
        if summary.missing
    ]
    return [
        *table(heads, rows, right=(4, 5, 6)),
        "",
        *lacking,
        f"{count(len(rows), 'case')}, desk {summaries[0].desk}.",
    ]


def thread_lines(casebook: Casebook, shown: ReadCase, width: int) -> list[str]:
    """Return a case for reading: head, mandate with its history, then every item, oldest first."""
    lines = _head(casebook, shown, width)
    told = work.told(casebook, shown.records)
    for position, record in enumerate(shown.records, start=1):
        lines += ["", _title(casebook, record, position, width)]
        opened = shown.opened[position - 1]
        lines += [f"{_INDENT}This item is damaged or gone."] if opened is None else _body(opened, width)
        for sentence in told[record.item]:
            lines += paragraphs(line(sentence), width, _INDENT)
        if record.own and not record.entry_confirmed:
            lines += ["", f"{_INDENT}(Written here; the drop has not confirmed it yet.)"]
    return lines


def _head(casebook: Casebook, shown: ReadCase, width: int) -> list[str]:
    records = list(shown.records)
    summary = summarise(casebook, shown.case)
    lines = [f"{case_name(shown.case.case)}   case {shown.case.case}"]
    counts = f"{count(summary.submissions, 'submission')}, {count(summary.replies, 'reply', 'replies')}"
    lines += paragraphs(f"Desks {', '.join(shown.case.desks)}. Received {summary.received}. {counts}.", width, "")
    withdrawn = withdrawn_on(records)
    if withdrawn is not None:
        lines += paragraphs(f"WITHDRAWN by the reporter on {withdrawn}.", width, "")
    if missing := missing_numbers(records):
        named = ", ".join(map(str, missing))
        lines += paragraphs(f"MISSING. Of this case these submissions never came here: {named}.", width, "")
    lines += paragraphs(f"The mandate is {mandate.meaning(mandate.in_force(records))}", width, "")
    changes = mandate.history(records)
    verbs = ("set", *("changed" for _ in changes[1:]))
    rows = [
        f"{_INDENT}{change.day}  {verb} to {change.mandate} by the reporter, in submission {change.number}"
        for verb, change in zip(verbs, changes, strict=False)
    ]
    return [*lines, *rows]


def _title(casebook: Casebook, record: ItemRecord, position: int, width: int) -> str:
    detail = detail_of(record)
    kind = "withdrawal taken back" if detail.undo else str(detail.kind)
    parts = [str(position), kind, record.day.isoformat()]
    if detail.author is not None and detail.desk is None:
        parts.append(_("taken down by %(who)s", who=author_name(casebook, detail.author)))
    elif detail.author is not None:
        parts.append(f"by {author_name(casebook, detail.author)}, desk {detail.desk}")
    if record.resealed_by is not None:
        parts.append(_("passed on by %(who)s", who=author_name(casebook, record.resealed_by)))
    if not record.read:
        parts.append("new")
    title = "-- " + " - ".join(parts) + " "
    return title + "-" * max(0, width - len(title))


def _body(opened: Opened, width: int) -> list[str]:
    envelope = opened.envelope
    text = envelope.message.reveal()
    lines = paragraphs(text.rstrip("\n"), width, _INDENT) if text.strip() else []
    if not lines and envelope.header.kind is Kind.MANDATE:
        lines = [f"{_INDENT}The mandate was changed to {envelope.header.mandate}."]
    for question, answer in envelope.header.answers.items():
        lines += ["", *paragraphs(line(question) + ":", width, _INDENT), *paragraphs(answer, width, _INDENT * 2)]
    attachments = envelope.index.attachments
    rows = [
        (f"{_INDENT}{number}", size(each.size), each.sha256[:_SHA_SHOWN], line(each.name) or "(no name)")
        for number, each in enumerate(attachments, start=1)
    ]
    return [*lines, "", *table((f"{_INDENT}FILE", "SIZE", "SHA-256", "NAME"), rows)] if rows else lines


def import_lines(report: ImportReport) -> list[str]:
    counts = f"{count(report.new, 'new item')}, {report.known} known already, {report.not_for_you} not for you"
    lines = [f"Imported. {counts}, {len(report.quarantined)} quarantined."]
    if report.confirmed_exports:
        lines.append(f"The drop confirms {count(report.confirmed_exports, 'answer bundle')} of this vault.")
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
        return ["This case has no files."]
    rows = [(line(str(each.path)), size(each.attachment.size), _extract_note(each)) for each in files]
    return table(("FILE", "SIZE", ""), rows, right=(1,))


def _extract_note(each: Extracted) -> str:
    return "was there already" if each.already_there else ""
