"""Rosters that their members signed: what a bundle states of them, what is proposed, and one's own signature.

What follows by signatures from what this vault holds counts by itself; whatever does not is held up and shown. Nothing
is asked here: words come in, news goes out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dropbox.bundle import (
    PickupManifest,
    RosterStatement,
    SignedStatement,
    StatementVote,
    VerifyMember,
    require_follows,
    verify_chain,
)
from dropbox.errors import InvalidValue, NothingProposed, NotOnRoster, SignatureInvalid
from dropbox.models import DeskId, Fingerprint
from dropbox.trust_words import statement_words
from dropbox.workstation import trust
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.stated import ChainFault, DeskChain
from dropbox.workstation.vault import Vault

Chain = tuple[SignedStatement, ...]


@dataclass(frozen=True)
class RosterStep:
    """One signed change of a desk's members. leaving: who has a last day from now on, and had none or another."""

    desk: DeskId
    day: date
    came: tuple[Fingerprint, ...]
    left: tuple[Fingerprint, ...]
    leaving: Mapping[Fingerprint, date | None]
    signer: Fingerprint | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "desk": self.desk,
            "day": self.day.isoformat(),
            "joined": list(self.came),
            "left": list(self.left),
            "leaving": {key: None if until is None else until.isoformat() for key, until in self.leaving.items()},
            "signed_by": self.signer,
        }


def step(before: RosterStatement, after: RosterStatement, signer: Fingerprint | None = None) -> RosterStep:
    """Return what a statement changes."""
    was = {member.fingerprint: member.until for member in before.members}
    now = {member.fingerprint: member.until for member in after.members}
    leaving = {key: until for key, until in now.items() if until != was.get(key)}
    return RosterStep(
        after.desk, after.day, tuple(sorted(now.keys() - was)), tuple(sorted(was.keys() - now)), leaving, signer
    )


# --- import -------------------------------------------------------------------------------------------------------


def take(vault: Vault, manifest: PickupManifest) -> tuple[RosterStep, ...]:
    """Take what a verified bundle says of its desks' members, and return the signed changes that are news.

    The members' keys must have been taken before. An older bundle that comes late brings nothing back.
    """
    casebook = vault.casebook
    known = {desk: (held.day, held.last) for desk, held in casebook.rosters.items()}
    trust.take_rosters(casebook, manifest.rosters, manifest.day, manifest.last)
    news: list[RosterStep] = []
    for desk in sorted(manifest.rosters):
        age = _Age((manifest.day, manifest.last), known.get(desk))
        before = casebook.statements.get(desk)
        news += _take_chain(vault, desk, manifest.statements.get(desk, ()), age)
        trust.compare_roster(casebook, desk, is_news=casebook.statements.get(desk) != before)
    if not _Age((manifest.day, manifest.last), known.get(manifest.desk)).is_older:
        _take_proposal(casebook, manifest)
    return tuple(news)


@dataclass(frozen=True)
class _Age:
    """When a bundle was made, and the newest of which this vault has taken this desk's members."""

    bundle: tuple[date, int]
    known: tuple[date, int] | None

    @property
    def seen(self) -> date | None:
        return None if self.known is None else self.known[0]

    @property
    def is_older(self) -> bool:
        return self.known is not None and self.bundle < self.known

    @property
    def is_newer(self) -> bool:
        return self.known is not None and self.bundle > self.known


def _take_chain(vault: Vault, desk: DeskId, offered: Chain, age: _Age) -> list[RosterStep]:
    casebook = vault.casebook
    held = casebook.statements.get(desk)
    if not offered:
        return []
    if held is None:
        casebook.statements[desk] = _extended(vault, DeskChain(offered[:1], (None,)), offered)
        return []
    shared = min(len(held.chain), len(offered))
    if [each.statement for each in held.chain[:shared]] != [each.statement for each in offered[:shared]]:
        casebook.statements[desk] = replace(held, rival=offered, fault=ChainFault.FORKED)
    elif len(offered) > len(held.chain):
        longer = _extended(vault, held, offered, age.seen)
        came = (age.bundle[0],) * (len(longer.chain) - len(held.chain))
        casebook.statements[desk] = replace(longer, taken=(*held.taken, *came))
        return _steps(longer, len(held.chain))
    elif len(offered) < len(held.chain) and age.is_newer:
        casebook.statements[desk] = replace(held, rival=offered, fault=ChainFault.FORKED)
    return []


def _extended(vault: Vault, held: DeskChain, offered: Chain, seen: date | None = None) -> DeskChain:
    """Follow the signatures as far as they are good; what comes after a bad one is held beside the chain.

    seen: the day of a bundle in which the new statements were not yet. Who had left by then signed none of them,
    whatever day they name.
    """
    chain, signers = held.chain, held.signers
    for each in offered[len(chain) :]:
        try:
            signer = verify_chain((chain[-1], each), _verifier(vault, chain[-1].statement, seen))[-1]
        except SignatureInvalid:
            return replace(held, chain=chain, signers=signers, rival=offered, fault=ChainFault.UNSIGNED)
        chain, signers = (*chain, each), (*signers, signer)
    return replace(held, chain=chain, signers=signers)


def _verifier(vault: Vault, before: RosterStatement, seen: date | None) -> VerifyMember:
    """Return what verifies the statement after this one."""
    if seen is None:
        return vault.members.verify_stated
    still = before.members_on(seen)

    def verify(signed: bytes, signature: bytes, allowed: Collection[Fingerprint], day: date) -> Fingerprint:
        return vault.members.verify_stated(signed, signature, still.intersection(allowed), day)

    return verify


def _steps(held: DeskChain, first: int) -> list[RosterStep]:
    return [
        step(held.chain[at - 1].statement, held.chain[at].statement, held.signers[at])
        for at in range(first, len(held.chain))
    ]


def _take_proposal(casebook: Casebook, manifest: PickupManifest) -> None:
    """Keep what is proposed for this vault's desk, and forget a signature that was for something else."""
    proposal, held = manifest.proposal, casebook.statements.get(manifest.desk)
    if proposal is not None and (held is None or not _may_follow(held.chain[-1].statement, proposal)):
        proposal = None
    casebook.proposal = proposal
    if casebook.vote is not None and (proposal is None or proposal.sha256 != casebook.vote.sha256):
        casebook.vote = None


def _may_follow(last: RosterStatement, proposal: RosterStatement) -> bool:
    try:
        require_follows(last, proposal)
    except InvalidValue:
        return False
    return True


# --- what is proposed ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposed:
    """What the operator proposes for this vault's desk: what it changes, its ten words, and whether one signed it."""

    statement: RosterStatement
    change: RosterStep
    words: str
    signed: bool


def proposed(casebook: Casebook) -> Proposed | None:
    """Return what waits for a member's signature."""
    statement = casebook.proposal
    if statement is None:
        return None
    last = casebook.statements[statement.desk].chain[-1].statement
    return Proposed(statement, step(last, statement), statement_words(statement.sha256), casebook.vote is not None)


def sign(vault: Vault, words: str) -> Proposed:
    """Sign the proposal that these ten words stand for; the caller saves the vault, and the next export carries it.

    Raises NothingProposed, WordsDiffer, WordsMistyped, NotOnRoster, what `trust.require_trust` does, or what gpg does.
    """
    casebook = vault.casebook
    trust.require_trust(casebook)
    waiting = proposed(casebook)
    if waiting is None:
        raise NothingProposed
    trust.require_words(words, waiting.words)
    if casebook.key not in may_sign(casebook, waiting.statement):
        raise NotOnRoster
    signature = vault.own.sign_detached(waiting.statement.signed, casebook.key).decode("ascii")
    casebook.vote = StatementVote(waiting.statement.desk, waiting.statement.sha256, signature)
    return replace(waiting, signed=True)


def may_sign(casebook: Casebook, proposal: RosterStatement) -> Collection[Fingerprint]:
    """Return whose signature makes a proposal count."""
    return casebook.statements[proposal.desk].chain[-1].statement.members_on(proposal.day)


def votes(casebook: Casebook) -> tuple[StatementVote, ...]:
    """Return what an answer bundle carries to the drop until a bundle of the drop shows that it counted."""
    return () if casebook.vote is None else (casebook.vote,)


def steps_of(casebook: Casebook, desk: DeskId) -> Sequence[RosterStep]:
    """Return every change of a desk's members since its first statement, oldest first."""
    return _steps(casebook.statements[desk], 1)
