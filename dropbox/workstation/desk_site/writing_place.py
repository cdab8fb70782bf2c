"""Where somebody writes: one case, one kind of writing, and the draft that is kept for it in memory.

Shared by the pages of the form and of the look over; no page is made here.
"""

from dataclasses import dataclass
from hashlib import sha256

from dropbox.codename import case_name
from dropbox.errors import CaseWentOn, DraftChanged, DropboxError
from dropbox.models import ItemId, Kind, Plaintext
from dropbox.workstation import acts, addressing, mandate, trust
from dropbox.workstation.casebook import CaseRecord
from dropbox.workstation.desk_site.showing import this_desk
from dropbox.workstation.drafts import Typed
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.speech import Said, said_on_a_page
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault


@dataclass(frozen=True)
class Place:
    vault: Vault
    case: CaseRecord
    kind: Kind

    @classmethod
    def of(cls, vault: Vault, case: str, kind: str) -> "Place":
        """Raises CaseUnknown or CaseAmbiguous."""
        return cls(vault, vault.casebook.find_case(case), Kind(kind))

    @property
    def case_path(self) -> str:
        return f"/case/{self.case.case}"

    @property
    def path(self) -> str:
        return f"{self.case_path}/{self.kind}"

    @property
    def draft(self) -> Typed:
        return this_desk().drafts.get(self.case.case, self.kind)

    def keep(self, draft: Typed) -> Typed:
        """Keep a draft in memory. Raises DraftsFull."""
        this_desk().drafts.keep(self.case.case, self.kind, draft)
        return draft

    def drop(self) -> None:
        this_desk().drafts.drop(self.case.case, self.kind)

    @property
    def items(self) -> frozenset[ItemId]:
        """What others put into this case; what one wrote oneself in between is no news."""
        return frozenset(record.item for record in self.vault.casebook.thread(self.case.case) if not record.own)

    @property
    def seen(self) -> str:
        """What a page carries to say which state of the case it showed."""
        return sha256(" ".join(sorted(self.items)).encode()).hexdigest()[:32]

    def around(self, draft: Typed) -> dict[str, object]:
        """Return what both pages show around the text."""
        items = items_of(self.vault.casebook, self.case.case)
        return {
            "draft": draft,
            "case": self.case.case,
            "name": case_name(self.case.case),
            "kind": self.kind.value,
            "notice": mandate.notice(mandate.in_force(items), acts.act_of(self.kind, None)),
            "obstacle": self._obstacle(),
            "fresh": len(self.items - draft.seen) if draft.seen else 0,
        }

    def seal(self, mark: str, seen: str) -> None:
        """Seal the draft as it was looked over, in a vault that is open for writing, and let go of it.

        Raises DraftChanged or CaseWentOn when it is not what `mark` and `seen` say, and what `write_to_case` raises.
        """
        draft = self.draft
        if mark != draft.mark:
            raise DraftChanged
        if seen != self.seen:
            raise CaseWentOn
        write_to_case(self.vault, self.case, Draft(self.kind, Plaintext(draft.whole), draft.files))
        self.drop()

    def _obstacle(self) -> Said | None:
        """Return why sealing would be refused now, to be told before somebody has written a page."""
        try:
            trust.require_trust(self.vault.casebook)
            acts.require(self.vault.casebook, self.case.case, acts.act_of(self.kind, None))
            addressing.require_member(self.vault.casebook)
        except DropboxError as error:
            return said_on_a_page(error)
        return None
