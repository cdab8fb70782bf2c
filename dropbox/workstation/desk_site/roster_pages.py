"""Who sits at each desk and who signed for it; what the operator proposes, and a member's own signature under it.

A signature needs a tick that somebody reads, and the ten words of just that proposal.
"""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.errors import DropboxError, WordsMistyped
from dropbox.models import DeskId, Fingerprint, current_members
from dropbox.trust_words import statement_words
from dropbox.workstation import roster_lines, rosters, trust
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.rosters import RosterStep
from dropbox.workstation.speech import _, said
from dropbox.workstation.thread import member_name

pages = Blueprint("roster", __name__)


@dataclass(frozen=True)
class MemberShown:
    name: str
    fingerprint: str


@dataclass(frozen=True)
class DeskShown:
    """since: the day of the first statement, None where the drop sends none. steps: every change, the newest first."""

    desk: DeskId
    members: tuple[MemberShown, ...]
    since: date | None
    steps: tuple[str, ...]
    words: tuple[str, ...]
    held_up: bool


@dataclass(frozen=True)
class ProposalShown:
    """What the operator proposes. `joins`, `leaves`: with their whole fingerprints. `leaving`: by their last day."""

    intro: str
    day: date
    joins: tuple[MemberShown, ...]
    leaves: tuple[MemberShown, ...]
    leaving: dict[date | None, list[MemberShown]]
    advice: str
    words: tuple[str, ...]
    signed: bool
    may_sign: bool


@pages.get("/roster")
def roster() -> Page:
    """Show every desk's members, how they came to be, and what is proposed."""
    return _roster(Form())


@pages.post("/roster")
def sign() -> Page | Response:
    """Sign what is proposed, when the tick is set and the words are those of the proposal."""
    form = Form()
    words = form.required("words", _("Type the ten words of the proposal."))
    if form.text("compared") != "yes":
        form.errors["compared"] = _("Set the tick once you have done it.")
    if form.refused:
        return _roster(form)
    try:
        with this_desk().writing() as vault:
            rosters.sign(vault, words)
            vault.save()
    except WordsMistyped as error:
        form.errors["words"] = said(error).message
        return _roster(form)
    except DropboxError as error:
        form.refuse("words", error)
        return _roster(form)
    say(_("You signed it. It counts once the drop has taken your next answer bundle in."))
    return go("/roster")


def _roster(form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook = vault.casebook
        desks = [_desk(casebook, desk) for desk in sorted(casebook.rosters)]
        return show("roster.html", form=form, desks=desks, proposal=_proposal(casebook))


def _desk(casebook: Casebook, desk: DeskId) -> DeskShown:
    held = casebook.statements.get(desk)
    steps = [] if held is None else rosters.steps_of(casebook, desk)
    return DeskShown(
        desk=desk,
        members=tuple(_member(casebook, key) for key in current_members(casebook.rosters[desk].newest)),
        since=held.chain[0].statement.day if held else None,
        steps=tuple(text for step in reversed(steps) for text in roster_lines.step_lines(casebook, step)),
        words=tuple(statement_words(held.chain[-1].statement.sha256).split()) if held else (),
        held_up=desk in trust.changed_rosters(casebook) or desk in trust.forked_rosters(casebook),
    )


def _proposal(casebook: Casebook) -> ProposalShown | None:
    proposed = rosters.proposed(casebook)
    if proposed is None:
        return None
    change: RosterStep = proposed.change
    leaving: dict[date | None, list[MemberShown]] = {}
    for key, until in change.leaving.items():
        if until is not None or key not in change.came:
            leaving.setdefault(until, []).append(_member(casebook, key))
    return ProposalShown(
        intro=roster_lines.proposal_intro(proposed),
        day=change.day,
        joins=tuple(_member(casebook, key) for key in change.came),
        leaves=tuple(_member(casebook, key) for key in change.left),
        leaving=leaving,
        advice=roster_lines.advice(proposed),
        words=tuple(proposed.words.split()),
        signed=proposed.signed,
        may_sign=casebook.key in rosters.may_sign(casebook, proposed.statement),
    )


def _member(casebook: Casebook, key: Fingerprint) -> MemberShown:
    return MemberShown(member_name(casebook, key), roster_lines.groups(key))
