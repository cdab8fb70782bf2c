"""A simulated drop whose desk signs its rosters: statements, proposals, and votes that come back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from dropbox.bundle import RosterStatement, SignedStatement, StatedMember, StatementVote
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, Membership
from tests.factories_bundles import DESK, Investigator, World, joined, left


@dataclass
class SignedDesk:
    """The desk of anna and bram, whose members are stated from the drop's first day on."""

    here: World
    chain: list[SignedStatement] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = self.statement(1, None, self.here.drop.day, [self.here.anna, self.here.bram])
        self.take(SignedStatement(first, None))

    @property
    def last(self) -> RosterStatement:
        return self.chain[-1].statement

    def statement(
        self, number: int, previous: str | None, day: date, who: Sequence[Investigator], **until: date
    ) -> RosterStatement:
        members = sorted((StatedMember(each.key, until.get(each.name)) for each in who), key=lambda m: m.fingerprint)
        return RosterStatement(self.here.drop.drop, DESK, number, day, previous, tuple(members))

    def next(self, *who: Investigator, **until: date) -> RosterStatement:
        """Return the statement that would follow, with these members."""
        return self.statement(self.last.number + 1, self.last.sha256, self.here.drop.day, who, **until)

    def propose(self, *who: Investigator, **until: date) -> RosterStatement:
        self.here.drop.proposal = self.next(*who, **until)
        return self.here.drop.proposal

    def signed(self, statement: RosterStatement, signer: Investigator) -> SignedStatement:
        return SignedStatement(statement, signature(signer, statement))

    def take(self, signed: SignedStatement) -> None:
        """Let a statement count at the drop, whoever signed it: its list of members follows."""
        self.chain.append(signed)
        self.here.drop.statements[DESK] = tuple(self.chain)
        self.here.drop.proposal = None
        self.seat(signed.statement.members_on(self.here.drop.day))

    def seat(self, members: frozenset[Fingerprint]) -> None:
        """Make these the members by the drop's own list."""
        drop = self.here.drop
        roster = drop.rosters[DESK]
        now = {each.fingerprint for each in roster if each.last_day is None}
        for key in sorted(members - now):
            roster = joined(roster, key, drop.day)
        for key in sorted(now - members):
            roster = left(roster, key, drop.day)
        drop.rosters[DESK] = roster

    def take_vote(self, vote: StatementVote) -> None:
        """Do what the drop does with a member's vote for what it proposes."""
        proposal = self.here.drop.proposal
        assert proposal is not None
        assert (vote.desk, vote.sha256) == (DESK, proposal.sha256)
        allowed = self.last.members_on(proposal.day)
        self.here.drop.public.verify_stated(proposal.signed, vote.signature.encode(), allowed, proposal.day)
        self.take(SignedStatement(proposal, vote.signature))


def signature(signer: Investigator, statement: RosterStatement) -> str:
    return Gpg(signer.home, agent=True).sign_detached(statement.signed, signer.key).decode()


def membership(of: Investigator, first: date, last: date | None = None) -> Membership:
    return Membership(of.key, first, last)
