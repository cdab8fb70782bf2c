"""Keeping and erasing in words and as documents, for the page and the terminal alike."""

from collections.abc import Iterator

from dropbox.bundle import Hold, Proposal
from dropbox.codename import case_name
from dropbox.envelope import Account
from dropbox.envelope.account import ErasureStep, HoldStep, Keeping
from dropbox.models import CaseId
from dropbox.workstation import classes
from dropbox.workstation.casebook import Casebook, Erased
from dropbox.workstation.keeping.due import Basis, KeptUntil, kept_until
from dropbox.workstation.keeping.standing import because, state_of
from dropbox.workstation.speech import N_, _, day_text, ngettext
from dropbox.workstation.thread import author_name

_BASES = {
    Basis.CLOSED: N_("closed on %(day)s"),
    Basis.WITHDRAWN: N_("withdrawn by the reporter on %(day)s"),
    Basis.HANDED_OVER: N_("handed over on %(day)s"),
    Basis.LAST_CONTACT: N_("open, last contact on %(day)s"),
}


# --- in words -----------------------------------------------------------------------------------------------------


def basis_text(kept: KeptUntil) -> str:
    """Return what the months count from."""
    return _(_BASES[kept.basis].english, day=day_text(kept.since))


def rule_text(kept: KeptUntil) -> str:
    """Return until when a case is kept, and by what rule."""
    months = ngettext("%(num)s month", "%(num)s months", kept.months)
    ended = classes.outcome_text(kept.outcome)
    return _(
        "Kept until %(day)s, for %(months)s: %(basis)s. How it ended: %(outcome)s.",
        day=day_text(kept.by_rule),
        months=months,
        basis=basis_text(kept),
        outcome=ended,
    )


def sentences(account: Account) -> list[str]:
    """Return what a note decided about keeping or erasing its case."""
    told: list[str] = []
    if account.keeping is not None:
        told.append(_keeping_text(account.keeping))
        told.append(_("The reason: %(because)s", because=account.keeping.because))
    if account.erasure is not None:
        told.append(str(_STEPS[account.erasure.step]))
        told += [_("The reason: %(because)s", because=account.erasure.because)] if account.erasure.because else []
    return told


_HOLD_STEPS = {
    HoldStep.LAY: N_("A hold is laid on this case: nothing of it is erased."),
    HoldStep.LIFT: N_("It is proposed to lift the hold. A second member must agree."),
    HoldStep.SECOND_LIFT: N_("Agreed that the hold is lifted."),
}
_STEPS = {
    ErasureStep.PROPOSE: N_("It is proposed to erase this case. A second member must agree."),
    ErasureStep.SECOND: N_("Agreed that this case is erased."),
    ErasureStep.OPPOSE: N_("Opposed: this case is not erased."),
}


def _keeping_text(keeping: Keeping) -> str:
    if keeping.hold is not None:
        return str(_HOLD_STEPS[keeping.hold])
    return _("This case is kept until %(day)s at least.", day=day_text(keeping.until) if keeping.until else "")


def hold_lines(casebook: Casebook, hold: Hold) -> Iterator[str]:
    who = author_name(casebook, hold.laid.author)
    yield _(
        "HOLD by %(who)s: nothing is erased. The reason: %(because)s",
        who=who,
        because=because(casebook, hold.laid.item),
    )
    for step in hold.lifting:
        lifting = because(casebook, step.item)
        who = author_name(casebook, step.author)
        yield _("To lift it was proposed by %(who)s: %(because)s", who=who, because=lifting)


def proposal_lines(casebook: Casebook, proposal: Proposal) -> Iterator[str]:
    """Give how it stands with a proposal to erase, the proposal itself first."""
    who, reason = author_name(casebook, proposal.proposed.author), because(casebook, proposal.proposed.item)
    yield _("To erase this case was proposed by %(who)s: %(because)s", who=who, because=reason)
    for step in proposal.opposed:
        who = author_name(casebook, step.author)
        yield _("Opposed by %(who)s: %(because)s", who=who, because=because(casebook, step.item))
    if proposal.lapsed:
        yield _("The reporter has written again since: this proposal counts no more.")
    for step in proposal.seconds:
        yield _("Agreed to by %(who)s.", who=author_name(casebook, step.author))
    if proposal.is_open:
        yield _next_text(casebook, proposal)


def _next_text(casebook: Casebook, proposal: Proposal) -> str:
    on = proposal.erased_on(casebook.keeping.erase_delay_days)
    if on is not None:
        return _("Erased with the first import from %(day)s on, unless anybody opposes it.", day=day_text(on))
    if proposal.seconds:
        return _("The days count from when the drop has taken this in: export and import.")
    return _("Another member must agree to it; nobody can do it alone.")


# --- as documents -------------------------------------------------------------------------------------------------


def kept_json(kept: KeptUntil) -> dict[str, object]:
    postponed = kept.postponed
    return {
        "case": kept.case,
        "name": case_name(kept.case),
        "due": kept.day.isoformat(),
        "basis": kept.basis.value,
        "since": kept.since.isoformat(),
        "outcome": kept.outcome.value if kept.outcome else None,
        "months": kept.months,
        "postponed": {"until": postponed.until.isoformat(), "because": postponed.because} if postponed else None,
    }


def case_json(casebook: Casebook, case: CaseId) -> dict[str, object]:
    """Return everything about keeping one case."""
    kept, state = kept_until(casebook, case), state_of(casebook, case)
    head = kept_json(kept) if kept is not None else {"case": case, "name": case_name(case)}
    return {
        **head,
        "holds": [_hold_json(casebook, each) for each in state.holds],
        "proposals": [_proposal_json(casebook, each) for each in state.proposals],
    }


def _hold_json(casebook: Casebook, hold: Hold) -> dict[str, object]:
    return {
        "note": hold.laid.item,
        "by": hold.laid.author,
        "because": because(casebook, hold.laid.item),
        "lifting": [{"note": step.item, "by": step.author} for step in hold.lifting],
    }


def _proposal_json(casebook: Casebook, proposal: Proposal) -> dict[str, object]:
    on = proposal.erased_on(casebook.keeping.erase_delay_days)
    return {
        "note": proposal.proposed.item,
        "by": proposal.proposed.author,
        "because": because(casebook, proposal.proposed.item),
        "seconded_by": [step.author for step in proposal.seconds],
        "opposed_by": [step.author for step in proposal.opposed],
        "lapsed": proposal.lapsed,
        "erased_on": None if on is None else on.isoformat(),
    }


def erased_json(case: CaseId, erased: Erased) -> dict[str, object]:
    return {
        "case": case,
        "name": case_name(case),
        "day": erased.day.isoformat(),
        "because": erased.because,
        "by": erased.by,
        "seconded_by": erased.seconded_by,
        "items": dict(erased.items),
    }
