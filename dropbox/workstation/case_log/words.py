"""The log of a case in words: what each line says was done, in the reader's language.

A colleague's line may hold anything that fits its form; whoever shows a sentence makes it harmless for where it is
shown.
"""

from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.envelope import WorkState
from dropbox.envelope.account import LogAct
from dropbox.errors import InvalidValue
from dropbox.models import CaseId, Mandate, parse_fingerprint
from dropbox.workstation import mandate
from dropbox.workstation.case_log.lines import Entry, told_details
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.log_faults import LogFault, LogWrong
from dropbox.workstation.speech import N_, Words, _, day_text, list_text, ngettext
from dropbox.workstation.thread import author_name
from dropbox.workstation.work import state_text

SHORT_HASH_DIGITS = 12
_SHORT_ID_DIGITS = 8

_ACTS: dict[LogAct, Words] = {
    LogAct.IMPORTED: N_("Items came here with a bundle"),
    LogAct.TAKEN_DOWN: N_("The report was taken down at the desk"),
    LogAct.OPENED: N_("The case was opened"),
    LogAct.REPLIED: N_("A reply to the reporter was sealed"),
    LogAct.NOTED: N_("A note to the desk was sealed"),
    LogAct.VIEWED: N_("A file was viewed"),
    LogAct.SAVED: N_("Files were saved"),
    LogAct.PRINTED: N_("The case was printed"),
    LogAct.PASSED_ON: N_("The case was passed on to a colleague"),
    LogAct.ASSIGNED: N_("The case was given to a member"),
    LogAct.STATE: N_("The state was set"),
    LogAct.TAGGED: N_("Tags were changed"),
    LogAct.MARKED: N_("Whom the case is about was marked"),
    LogAct.CLASSIFIED: N_("Subject or outcome was set"),
    LogAct.ASKED: N_("The reporter was asked for consent"),
    LogAct.DISCLOSED: N_("A pack was made of the case"),
    LogAct.HANDED_OVER: N_("The case was handed over to another desk"),
    LogAct.POSTPONED: N_("Erasing was postponed"),
    LogAct.HELD: N_("A legal hold was laid on the case"),
    LogAct.RELEASED: N_("Something was done to lift a legal hold"),
    LogAct.ERASURE_PROPOSED: N_("It was proposed to erase the case"),
    LogAct.ERASURE_SECONDED: N_("The proposal to erase the case was seconded"),
    LogAct.ERASURE_OPPOSED: N_("The proposal to erase the case was opposed"),
    LogAct.ERASED: N_("The case was erased here"),
    LogAct.EXPLAINED: N_("What is wrong with the log was explained"),
}
_WRONG: dict[LogWrong, Words] = {
    LogWrong.MISSING: N_("it is missing"),
    LogWrong.FORKED: N_("there are two of this number"),
    LogWrong.UNLINKED: N_("it does not follow the line before it"),
    LogWrong.ALTERED: N_("its details are not those that were sealed"),
    LogWrong.STRANGER: N_("it is by another key than its note"),
    LogWrong.MANDATE: N_("it says another mandate than the reporter had set by then"),
    LogWrong.FORGOTTEN: N_("it says that less was known than before it, or than its note knew"),
    LogWrong.LOST: N_("it left this vault and is in it no more"),
}
_NAMES = {
    "item": N_("item"),
    "items": N_("number"),
    "file": N_("file"),
    "files": N_("number"),
    "where": N_("folder"),
    "to": N_("to"),
    "state": N_("state"),
    "tags": N_("tags"),
    "because": N_("reason"),
    "passed_on_by": N_("passed on by"),
    "until": N_("until"),
    "subject": N_("subject"),
    "outcome": N_("outcome"),
    "desk": N_("desk"),
    "proposal": N_("proposal"),
    "consent": N_("consent"),
    "kind": N_("kind"),
    "plan": N_("plan"),
    "open_part": N_("open part"),
    "annex": N_("annex"),
    "readers": N_("readers"),
    "refused": N_("ALARM, not opened, it belongs to"),
}
_IDS = frozenset({"item", "proposal", "consent", "bundle", "plan", "open_part", "annex", "digest"})
_MEMBERS = frozenset({"to", "passed_on_by"})


def act_text(casebook: Casebook, entry: Entry) -> str:
    """Return what a line says in one sentence, with its details where they were not erased."""
    told = _ACTS[entry.line.act]
    details = [_detail(casebook, name, text) for name, text in told_details(entry.line).items() if name != "digest"]
    if entry.line.details is None:
        return _("%(what)s (details erased).", what=told)
    if not details:
        return _("%(what)s.", what=told)
    return _("%(what)s: %(details)s.", what=told, details="; ".join(details))


def who_text(casebook: Casebook, entry: Entry) -> str:
    return author_name(casebook, entry.line.by)


def fault_text(casebook: Casebook, case: CaseId, fault: LogFault) -> str:
    """Return in one sentence whose log of which case does not hold, from which line on, and why."""
    return _(
        "The log of %(name)s does not hold: line %(number)s of %(who)s: %(why)s.",
        name=case_name(case),
        number=fault.n,
        who=author_name(casebook, fault.by),
        why=str(_WRONG[fault.why]),
    )


def explained_text(fault: LogFault) -> str:
    """Return what a member found out about a fault; empty where nobody did yet."""
    if fault.explained is None:
        return ""
    return _("Explained on %(day)s: %(because)s", day=day_text(fault.explained), because=fault.because)


def lost_text(numbers: Sequence[int]) -> str:
    """Return in one sentence that answer bundles left from here of which this vault knows nothing."""
    return ngettext(
        "Answer bundle %(named)s left from this vault, which knows nothing of it: it is an older copy of itself, "
        "and lines of its logs may be lost.",
        "Answer bundles %(named)s left from this vault, which knows nothing of them: it is an older copy of itself, "
        "and lines of its logs may be lost.",
        len(numbers),
        named=list_text([str(number) for number in numbers]),
    )


def mandate_text(found: Mandate | None) -> str:
    """Return a line's mandate in a word or two."""
    return _("withdrawn") if found is None else mandate.name(found)


def _detail(casebook: Casebook, name: str, text: str) -> str:
    known = _NAMES.get(name)
    return _("%(name)s %(value)s", name=name if known is None else known, value=_value(casebook, name, text))


def _value(casebook: Casebook, name: str, text: str) -> str:
    if name in _IDS:
        return text[:_SHORT_ID_DIGITS]
    if name == "refused":
        return _("a drop")
    if name == "state" and text in set(WorkState):
        return state_text(WorkState(text))
    if name in _MEMBERS:
        try:
            return author_name(casebook, parse_fingerprint(text)) or _("nobody")
        except InvalidValue:
            return text or _("nobody")
    return text
