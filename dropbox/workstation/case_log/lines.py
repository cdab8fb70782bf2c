"""The log of each case: lines that this vault adds to and never changes, each with the hash of the one before.

Every room that does something with a case adds its line here. The lines leave with this vault's notes, and what
colleagues did is in the lines that their notes brought; here all of them come together in one order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from secrets import token_hex

from dropbox import canonical
from dropbox.envelope.account import (
    MAX_DETAIL_CHARACTERS,
    MAX_NOTE_LINES,
    LogAct,
    LogLine,
    LogPart,
    details_digest,
    line_hash,
)
from dropbox.models import CaseId, Fingerprint, ItemId, Mandate, VaultId, today
from dropbox.records import to_sparse_json
from dropbox.workstation import mandate
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of, is_shown, number_of
from dropbox.workstation.thread import items_of, withdrawn_on

SALT = "salt"
_SALT_BYTES = 16


@dataclass(frozen=True)
class Entry:
    """A line with its hash. item: the note that brought it, None for one that is only here so far.

    is_here: it stands in this vault's own log.
    """

    line: LogLine
    hash: str
    vault: VaultId
    item: ItemId | None = None
    is_here: bool = False


@dataclass(frozen=True)
class Chain:
    """What one vault wrote of a case, as far as it is known here, by number; two lines of one number are a fork."""

    vault: VaultId
    by: Fingerprint
    entries: tuple[Entry, ...]


# --- writing ------------------------------------------------------------------------------------------------------


def add(casebook: Casebook, case: CaseId, act: LogAct, **details: str) -> LogLine:
    """Add one line of today, by this vault's key, under the mandate in force; the caller saves the vault.

    details: a few short texts, of which no one may be what a reporter wrote; what is too long is cut.
    """
    lines = casebook.log.get(case, ())
    items = items_of(casebook, case)
    told = tuple(
        sorted({**{name: _short(text) for name, text in details.items()}, SALT: token_hex(_SALT_BYTES)}.items())
    )
    line = LogLine(
        n=len(lines) + 1,
        previous=line_hash(case, casebook.vault, lines[-1] if lines else None),
        day=today(),
        by=casebook.key,
        act=act,
        mandate=mandate_of(items),
        known=newest_number(items),
        digest=details_digest(told),
        details=told,
    )
    casebook.log[case] = (*lines, line)
    return line


def add_once(casebook: Casebook, case: CaseId, act: LogAct, **details: str) -> bool:
    """Add a line unless this vault's log has the same of today; tell whether there is one more to save."""
    if is_told(casebook, case, act, **details):
        return False
    add(casebook, case, act, **details)
    return True


def add_imported(casebook: Casebook, items: Iterable[ItemId], **details: str) -> None:
    """Add one line to each case of which some of these items came here and can be shown: how many, and a digest.

    digest: SHA-256 over the items' sealed files' SHA-256s in hex, sorted and run together.
    """
    found: dict[CaseId, list[str]] = {}
    for record in (casebook.items[item] for item in items):
        if is_shown(record):
            found.setdefault(record.case, []).append(record.sha256)
    for case, hashes in found.items():
        # what an older copy of this vault gets back from its own notes comes before what it does now
        adopt(casebook, case)
        digest = canonical.sha256_hex("".join(sorted(hashes)).encode())
        add(casebook, case, LogAct.IMPORTED, items=str(len(hashes)), digest=digest, **details)


def is_told(casebook: Casebook, case: CaseId, act: LogAct, **details: str) -> bool:
    """Whether this vault's log has this of today already."""
    day = today()
    for line in reversed(casebook.log.get(case, ())):
        if line.day != day:
            return False
        if line.act is act and told_details(line) == details:
            return True
    return False


def mandate_of(items: list[ItemRecord]) -> Mandate | None:
    """Return what a line about these items says under `mandate`."""
    return None if withdrawn_on(items) else mandate.in_force(items)


def newest_number(items: Iterable[ItemRecord]) -> int:
    return max((number_of(record) for record in items), default=0)


def told_details(line: LogLine) -> dict[str, str]:
    """Return a line's details without the salt; nothing of one whose details were erased."""
    return {name: text for name, text in line.details or () if name != SALT}


def _short(text: str) -> str:
    # a name of a folder may hold bytes that are no text
    return text.encode(errors="replace").decode()[:MAX_DETAIL_CHARACTERS]


# --- leaving ------------------------------------------------------------------------------------------------------


def pending(casebook: Casebook, case: CaseId) -> tuple[LogLine, ...]:
    """Return the lines of this vault that no note of it has taken along yet."""
    lines = casebook.log.get(case, ())
    return lines[_sent(casebook, case) :]


def part_for(casebook: Casebook, case: CaseId, room_bytes: int) -> LogPart | None:
    """Return the pending lines for a note that says something else as well: all of them, or none where they are many.

    None also where nothing is pending. What is left goes alone with the next export.
    """
    lines = pending(casebook, case)
    part = LogPart(casebook.vault, lines) if 1 <= len(lines) <= MAX_NOTE_LINES else None
    return part if part is not None and _weight(part) <= room_bytes else None


def parts_alone(casebook: Casebook, case: CaseId, room_bytes: int) -> Iterator[LogPart]:
    """Give the pending lines in as many parts as they need, each for a note of its own."""
    waiting: list[LogLine] = []
    for line in pending(casebook, case):
        if waiting and (
            len(waiting) == MAX_NOTE_LINES or _weight(LogPart(casebook.vault, (*waiting, line))) > room_bytes
        ):
            yield LogPart(casebook.vault, tuple(waiting), alone=True)
            waiting = []
        waiting.append(line)
    if waiting:
        yield LogPart(casebook.vault, tuple(waiting), alone=True)


def adopt(casebook: Casebook, case: CaseId) -> None:
    """Take back lines of this vault that it no longer knows, from its own notes: it was put back to an older copy.

    Only what goes on from the last line that is known; another line of a number that is taken is a fork and stays one.
    """
    parts = (part for record, part in _parts(casebook, case) if _is_own(casebook, record, part))
    if max((part.lines[-1].n for part in parts), default=0) <= len(casebook.log.get(case, ())):
        return
    own = next(
        (each for each in chains(casebook, case) if each.vault == casebook.vault and each.by == casebook.key), None
    )
    for entry in own.entries if own is not None else ():
        lines = casebook.log.get(case, ())
        last = line_hash(case, casebook.vault, lines[-1] if lines else None)
        if entry.line.n == len(lines) + 1 and entry.line.previous == last:
            casebook.log[case] = (*lines, entry.line)


def _sent(casebook: Casebook, case: CaseId) -> int:
    """Return the number of the last line that a note of this vault has taken along, just as it stands here."""
    parts = [part for record, part in _parts(casebook, case) if _is_own(casebook, record, part)]
    gone = {line_hash(case, part.vault, line) for part in parts for line in part.lines}
    if not gone:
        return 0
    return max(
        (line.n for line in casebook.log.get(case, ()) if line_hash(case, casebook.vault, line) in gone), default=0
    )


def _weight(part: LogPart) -> int:
    return len(canonical.dump(to_sparse_json(part)))


# --- together -----------------------------------------------------------------------------------------------------


def chains(casebook: Casebook, case: CaseId) -> list[Chain]:
    """Return the log of every vault that wrote one of this case, this vault's own as it stands here."""
    found: dict[tuple[Fingerprint, VaultId], dict[str, Entry]] = {}
    for record, part in _parts(casebook, case):
        held = found.setdefault((detail_of(record).author or Fingerprint(""), part.vault), {})
        for line in part.lines:
            digest = line_hash(case, part.vault, line)
            held.setdefault(digest, Entry(line, digest, part.vault, record.item))
    own = found.setdefault((casebook.key, casebook.vault), {})
    for line in casebook.log.get(case, ()):
        digest = line_hash(case, casebook.vault, line)
        brought = own.get(digest)
        # the copy here is the one whose details an erasure takes away
        own[digest] = Entry(line, digest, casebook.vault, brought.item if brought is not None else None, is_here=True)
    return [
        Chain(vault, by, tuple(sorted(held.values(), key=lambda entry: (entry.line.n, entry.hash))))
        for (by, vault), held in sorted(found.items())
        if held
    ]


def of_case(casebook: Casebook, case: CaseId) -> tuple[Entry, ...]:
    """Return everybody's lines in one order, the same in every vault that holds the same notes: days, then chains."""
    return tuple(entry for _place, entry in sorted(_placed(chains(casebook, case)), key=lambda each: each[0]))


def _placed(every: Iterable[Chain]) -> Iterator[tuple[tuple[date, Fingerprint, VaultId, int, str], Entry]]:
    """Give each line's place: a clock that was put back must not turn a chain around."""
    for chain in every:
        day = date.min
        for entry in chain.entries:
            day = max(day, entry.line.day)
            yield (day, chain.by, chain.vault, entry.line.n, entry.hash), entry


def as_json(entry: Entry) -> dict[str, object]:
    """Return a line with everything that its hash covers; `previous` and `hash` in full."""
    line = entry.line
    return {
        "vault": entry.vault,
        "n": line.n,
        "previous": line.previous,
        "day": line.day.isoformat(),
        "by": line.by,
        "act": line.act.value,
        "mandate": None if line.mandate is None else line.mandate.value,
        "known": line.known,
        "digest": line.digest,
        "details": None if line.details is None else dict(line.details),
        "hash": entry.hash,
        "note": entry.item,
    }


def parts_of(record: ItemRecord) -> Iterator[LogPart]:
    """Give the lines that a note carries, where it carries any."""
    account = detail_of(record).account
    if account is not None and account.log is not None:
        yield account.log


def _parts(casebook: Casebook, case: CaseId) -> Iterator[tuple[ItemRecord, LogPart]]:
    """Give each part of a log that is held, in an order that does not depend on how the notes came."""
    for record in sorted(casebook.verified(case), key=lambda record: record.item):
        for part in parts_of(record):
            yield record, part


def _is_own(casebook: Casebook, record: ItemRecord, part: LogPart) -> bool:
    return part.vault == casebook.vault and detail_of(record).author == casebook.key
