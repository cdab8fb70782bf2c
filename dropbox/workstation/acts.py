"""What was done with a case: whether the reporter allows it, what counts against a mandate, and what to tell of it.

Every room that does something with a case asks here first, so that page and command cannot differ. What members wrote
is known from their items, what else they did from the log of the case.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dropbox.codename import case_name
from dropbox.envelope import Account, Work, WorkState
from dropbox.envelope.account import LogAct, LogLine
from dropbox.errors import AlreadyWithdrawn, InvalidValue
from dropbox.models import CaseId, Fingerprint, ItemId, Kind, Mandate, SealedKind, parse_fingerprint
from dropbox.workstation import case_log, mandate, moves, work
from dropbox.workstation.casebook import Act, ActRecord, Casebook, ItemRecord, Narrowed, detail_of
from dropbox.workstation.speech import N_, _, day_text, ngettext
from dropbox.workstation.thread import author_name, items_of, withdrawn_on

MAX_TOLD = 200
"""Acts that one narrowing lists; more than that nobody reads, and one member could make any number."""
_AFTER_LEAVING = frozenset({Act.HAND_OVER, Act.KEEP})
"""What may still be done with a case that another desk has now."""
_LOGGED = {LogAct.SAVED: Act.SAVE, LogAct.PRINTED: Act.DISCUSS, LogAct.PASSED_ON: Act.DISCUSS}
"""What a line of the log tells that counts against a mandate and is no writing."""


@dataclass(frozen=True)
class Standing:
    """What the reporter allows now: `withdrawn` is the day they took the case back."""

    mandate: Mandate
    withdrawn: date | None


def standing(casebook: Casebook, case: CaseId) -> Standing:
    items = items_of(casebook, case)
    return Standing(mandate.in_force(items), withdrawn_on(items))


def require(casebook: Casebook, case: CaseId, act: Act) -> None:
    """Raise unless the reporter allows this act now.

    Raises CaseHandedOver, AlreadyWithdrawn, MandateIsListen or MandateIsAdvise.
    """
    if act not in _AFTER_LEAVING:
        moves.require_here(casebook, case)
    now = standing(casebook, case)
    if now.withdrawn is not None and act not in (Act.VIEW, Act.KEEP):
        raise AlreadyWithdrawn
    mandate.require(now.mandate, act)


def act_of(kind: Kind, change: Work | None, account: Account | None = None) -> Act:
    """Return which act a writing is."""
    if account is not None and account.handed_over is not None:
        return Act.HAND_OVER
    if kind is Kind.REPLY:
        return Act.REPLY
    if account is not None and (account.keeping or account.erasure):
        return Act.KEEP
    if change is None:
        return Act.NOTE
    return Act.TAKE_FURTHER if change.state is WorkState.INVESTIGATING else Act.ORGANISE


def of_case(casebook: Casebook, case: CaseId) -> tuple[ActRecord, ...]:
    """Return everything that was done with a case as far as this vault knows, by days; the same of one day once."""
    written = [_written(record) for record in items_of(casebook, case) if record.kind is not SealedKind.SUBMISSION]
    # what this machine did before there was a log stands in `acts`
    done = dict.fromkeys([*casebook.acts.get(case, ()), *_from_log(casebook, case)])
    return tuple(sorted([*written, *done], key=lambda act: act.day))


def _from_log(casebook: Casebook, case: CaseId) -> list[ActRecord]:
    return [_logged(each.line) for each in case_log.of_case(casebook, case) if each.line.act in _LOGGED]


def _logged(line: LogLine) -> ActRecord:
    """Return what a line tells. A colleague's may say anything: what has no sense is left out."""
    told = case_log.told_details(line)
    files = told.get("files", "")
    return ActRecord(
        act=_LOGGED[line.act],
        day=line.day,
        by=line.by,
        files=int(files) if files.isascii() and files.isdigit() else 0,
        where=told.get("where", ""),
        to=_member(told.get("to", "")),
    )


def _member(text: str) -> Fingerprint | None:
    try:
        return parse_fingerprint(text)
    except InvalidValue:
        return None


def _written(record: ItemRecord) -> ActRecord:
    detail = detail_of(record)
    return ActRecord(
        act=act_of(detail.kind, detail.work, detail.account),
        day=record.day,
        by=detail.author or Fingerprint(""),
        item=record.item,
        state=detail.work.state if detail.work else None,
        left=record.on_drop or record.entry_confirmed or not record.own,
    )


# --- what the reporter took back ----------------------------------------------------------------------------------


def standings(casebook: Casebook, cases: Iterable[CaseId]) -> dict[CaseId, Standing]:
    """Return how these cases stand before an import, for `take_narrowings` after it; cases without a submission not."""
    known = (case for case in set(cases) if case in casebook.cases)
    return {case: standing(casebook, case) for case in known}


def take_narrowings(
    casebook: Casebook, before: Mapping[CaseId, Standing], new: Collection[ItemId]
) -> dict[CaseId, Narrowed]:
    """Find where an import made a mandate narrower or brought a withdrawal, keep it until it was read, and return it.

    new: the items that came. A colleague's writing that did not know of an earlier narrowing is told of as well.
    """
    found: dict[CaseId, Narrowed] = {}
    for case, old in before.items():
        now = standing(casebook, case)
        _forget_untrue(casebook, case, now)
        told = _narrowing(casebook, case, old, now) or _crossed(casebook, case, now, new)
        if told is not None:
            found[case] = told
            casebook.narrowed[case] = (*casebook.narrowed.get(case, ()), told)
    return found


def have_read(casebook: Casebook, case: CaseId) -> bool:
    """Take the banners of this case away; tell whether there were any. The caller saves the vault."""
    return casebook.narrowed.pop(case, None) is not None


def _narrowing(casebook: Casebook, case: CaseId, old: Standing, now: Standing) -> Narrowed | None:
    happened = of_case(casebook, case)[-MAX_TOLD:]
    if now.withdrawn is not None:
        return None if old.withdrawn is not None else Narrowed(now.withdrawn, old.mandate, None, happened)
    if not mandate.is_narrower(now.mandate, old.mandate):
        return None
    day = mandate.history(items_of(casebook, case))[-1].day
    return Narrowed(day, old.mandate, now.mandate, happened)


def _crossed(casebook: Casebook, case: CaseId, now: Standing, new: Collection[ItemId]) -> Narrowed | None:
    """Return what colleagues did who had not heard yet of what the reporter took back."""
    items = items_of(casebook, case)
    turn = _last_narrowing(items)
    if turn is None:
        return None
    number, before = turn
    unaware = work.written_without(casebook, items, items[number].item)
    late = tuple(_written(r) for r in items if r.item in unaware and r.item in new and not r.own)[-MAX_TOLD:]
    if not late:
        return None
    return Narrowed(items[number].day, before, None if now.withdrawn else now.mandate, late)


def _last_narrowing(items: list[ItemRecord]) -> tuple[int, Mandate] | None:
    """Return the place of the submission that took something back last, and the mandate before it."""
    before, found = Mandate.INVESTIGATE, None
    current: Mandate | None = None
    for place, item in enumerate(items):
        detail = detail_of(item)
        if detail.mandate is None:
            continue
        narrower = current is not None and mandate.is_narrower(detail.mandate, current)
        if narrower or (detail.kind is Kind.WITHDRAWAL and not detail.undo):
            before, found = current or detail.mandate, place
        elif detail.undo or (current is not None and mandate.is_narrower(current, detail.mandate)):
            found = None
        current = detail.mandate
    return None if found is None else (found, before)


def _forget_untrue(casebook: Casebook, case: CaseId, now: Standing) -> None:
    """Drop what the reporter has made undone since: a withdrawal taken back, a mandate as wide as before."""
    kept = tuple(each for each in casebook.narrowed.get(case, ()) if _still_true(each, now))
    if kept:
        casebook.narrowed[case] = kept
    else:
        casebook.narrowed.pop(case, None)


def _still_true(told: Narrowed, now: Standing) -> bool:
    if now.withdrawn is not None:
        return True
    return told.after is not None and mandate.is_narrower(now.mandate, told.before)


def as_json(done: ActRecord) -> dict[str, object]:
    """Return an act as documents show it: its kind, day and author, and of the rest what there is."""
    value: dict[str, object] = {"act": done.act, "day": done.day.isoformat(), "by": done.by, "left": done.left}
    more = {"item": done.item, "state": done.state, "files": done.files, "where": done.where, "to": done.to}
    return value | {name: each for name, each in more.items() if each}


def narrowed_json(case: CaseId, told: Narrowed) -> dict[str, object]:
    """Return what a reporter took back; `after` is null for a withdrawal."""
    return {
        "case": case,
        "name": case_name(case),
        "day": told.day.isoformat(),
        "before": told.before,
        "after": told.after,
        "happened": [as_json(done) for done in told.happened],
    }


# --- in words -----------------------------------------------------------------------------------------------------

_WRITTEN = {
    Act.REPLY: N_("Reply to the reporter, by %(who)s"),
    Act.NOTE: N_("Note to the desk, by %(who)s"),
}


def sentences(casebook: Casebook, done: Iterable[ActRecord]) -> list[str]:
    """Return each act in a line of the reader's language."""
    return [f"{day_text(each.day)}: {_sentence(casebook, each)}" for each in done]


def _sentence(casebook: Casebook, done: ActRecord) -> str:
    if done.act not in (Act.SAVE, Act.DISCUSS):
        told = _written_sentence(casebook, done)
    elif done.by == casebook.key:
        told = _own_sentence(casebook, done)
    else:
        told = _colleagues_sentence(casebook, done)
    return told if done.left else _("%(told)s (not sent yet)", told=told)


def _own_sentence(casebook: Casebook, done: ActRecord) -> str:
    if done.act is Act.SAVE:
        return ngettext(
            "%(num)s file saved on this machine, in the folder %(where)s",
            "%(num)s files saved on this machine, in the folder %(where)s",
            done.files,
            where=done.where,
        )
    to = author_name(casebook, done.to)
    return _("Passed on to %(who)s, sealed to their key", who=to) if done.to else _("Printed on this machine")


def _colleagues_sentence(casebook: Casebook, done: ActRecord) -> str:
    by = author_name(casebook, done.by)
    if done.act is Act.SAVE:
        return ngettext(
            "%(num)s file saved by %(by)s, in the folder %(where)s",
            "%(num)s files saved by %(by)s, in the folder %(where)s",
            done.files,
            by=by,
            where=done.where,
        )
    if done.to:
        return _("Passed on by %(by)s to %(who)s, sealed to their key", by=by, who=author_name(casebook, done.to))
    return _("Printed by %(by)s", by=by)


def _written_sentence(casebook: Casebook, done: ActRecord) -> str:
    who = author_name(casebook, done.by)
    held = casebook.items.get(done.item) if done.item else None
    change = held.detail.work if held is not None and held.detail is not None else None
    if change is None:
        return _(_WRITTEN.get(done.act, _WRITTEN[Act.NOTE]).english, who=who)
    return _("%(what)s Arranged by %(who)s", what=" ".join(work.sentences(casebook, change)), who=who)


def narrowed_title(case: CaseId, told: Narrowed) -> str:
    """Return in one sentence what the reporter took back."""
    values = {"day": day_text(told.day), "name": case_name(case)}
    if told.after is None:
        return _("WITHDRAWN. On %(day)s the reporter took back the case %(name)s.", **values)
    values |= {"before": mandate.name(told.before), "after": mandate.name(told.after)}
    return _(
        "MANDATE NARROWED. On %(day)s the reporter of %(name)s changed the mandate from %(before)s to %(after)s.",
        **values,
    )


def narrowed_lines(casebook: Casebook, case: CaseId, told: Narrowed) -> tuple[str, ...]:
    """Return the title and what had happened by then, each act indented by two blanks."""
    if not told.happened:
        return narrowed_title(case, told), _("Nothing had been done with it before this import.")
    happened = [f"  {text}" for text in sentences(casebook, told.happened)]
    return narrowed_title(case, told), _("Before this import this had been done with it:"), *happened
