"""Signatures under a proposed roster, as they come back in answer bundles: weighed before anything counts.

One counts when it stands under exactly what is proposed now, when its maker sits at the desk today and did on the day
that the proposal names, and when the key of everybody who is new can be sealed to. Nothing is changed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.bundle import AnswerManifest, RosterStatement, SignedStatement, StatementVote
from dropbox.errors import ItemUnknown, SignatureInvalid
from dropbox.gpg import Gpg
from dropbox.keyring import Keyring
from dropbox.models import Fingerprint, today
from dropbox.server.import_lines import ImportLine
from dropbox.server.seats import Seating
from dropbox.server.store import Store

SHOWN_DIGITS = 16


def _l(english: str) -> str:
    """Mark a text for the catalogues."""
    return english


_NOW = _l("the members of desk %(desk)s are now %(members)s")
_KNOWN = _l("signature under the members of desk %(desk)s: known already")
_NOTHING = _l("signature under the members of desk %(desk)s skipped: no change is proposed now")
_OTHER = _l("signature under the members of desk %(desk)s skipped: another change is proposed now")
_NO_MEMBER = _l("signature under the members of desk %(desk)s skipped: not signed by a current member")
_NO_KEY = _l("signature under the members of desk %(desk)s skipped: key of …%(key)s is not in the keys folder")
_NO_USE = _l("signature under the members of desk %(desk)s skipped: nothing can be sealed to key of …%(key)s")


@dataclass(frozen=True)
class Weighed:
    """A vote, and what it makes of the proposal; None where it does not count, and `line` says why."""

    vote: StatementVote
    signed: SignedStatement | None
    line: ImportLine


def weigh(store: Store, seating: Seating, keyring: Keyring, manifest: AnswerManifest) -> tuple[Weighed, ...]:
    """Weigh an answer bundle's votes, and keep the keys of those whom they bring in."""
    day = today()
    chains, proposals = (store.statements.chains(), store.statements.proposals()) if manifest.votes else ({}, {})
    weighing = _Weighing(store, seating, keyring, day)
    weighed = []
    for vote in manifest.votes:
        chain, proposal = chains.get(vote.desk, ()), proposals.get(vote.desk)
        if any(each.statement.sha256 == vote.sha256 for each in chain):
            weighed.append(_left_out(vote, _KNOWN))
        elif not chain or proposal is None:
            weighed.append(_left_out(vote, _NOTHING))
        elif proposal.sha256 != vote.sha256:
            weighed.append(_left_out(vote, _OTHER))
        else:
            weighed.append(weighing.weigh(vote, chain[-1].statement, proposal, manifest.author))
    return tuple(weighed)


def told(weighed: Sequence[Weighed], seated: Sequence[bool]) -> list[ImportLine]:
    """Say what became of each vote. `seated`: whether each of those that counted was still in time."""
    in_time = iter(seated)
    return [
        each.line if each.signed is None or next(in_time) else _left_out(each.vote, _OTHER).line for each in weighed
    ]


@dataclass(frozen=True)
class _Weighing:
    store: Store
    seating: Seating
    keyring: Keyring
    day: date

    def weigh(
        self, vote: StatementVote, last: RosterStatement, proposal: RosterStatement, author: Fingerprint
    ) -> Weighed:
        if author not in last.members_on(proposal.day) & last.members_on(self.day):
            return _left_out(vote, _NO_MEMBER)
        members = proposal.members_on(self.day)
        for fingerprint in sorted(members - last.members_on(self.day)):
            problem = self.keyring.problem(fingerprint)
            if problem is not None:
                text = _NO_KEY if problem == "missing" else _NO_USE
                return _left_out(vote, text, key=fingerprint[-SHOWN_DIGITS:])
        try:
            self._verify(proposal, vote, author)
        except (SignatureInvalid, ItemUnknown):
            return _left_out(vote, _NO_MEMBER)
        exported = self.keyring.exported()
        self.store.statements.keep_keys({name: exported[name] for name in members & exported.keys()}, self.day)
        shown = ", ".join(f"…{fingerprint[-SHOWN_DIGITS:]}" for fingerprint in sorted(members))
        line = ImportLine(None, _NOW, {"desk": vote.desk, "members": shown})
        return Weighed(vote, SignedStatement(proposal, vote.signature), line)

    def _verify(self, proposal: RosterStatement, vote: StatementVote, author: Fingerprint) -> None:
        """Hold it to its maker's key as it is now, and as whoever reads the chain in years will hold it."""
        signature = vote.signature.encode()
        with TemporaryDirectory(prefix="onion-dropbox-") as folder:
            gpg = Gpg(Path(folder) / "gnupg")
            gpg.import_keys(self.store.member_key(author))
            gpg.verify_detached(proposal.signed, signature, [author])
            gpg.verify_stated(proposal.signed, signature, [author], proposal.day)


def _left_out(vote: StatementVote, text: str, **values: str) -> Weighed:
    return Weighed(vote, None, ImportLine(None, text, {"desk": vote.desk, **values}))
