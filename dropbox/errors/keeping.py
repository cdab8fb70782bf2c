"""What cannot be decided about keeping a case, and why."""

from dropbox.errors.base import DropboxError


class ReasonUnusable(DropboxError):
    message = "That is not a reason."
    hint = "Give 1 to 500 characters that can be seen. It stays when the case is gone: write nothing of what it says."


class KeepDayUnusable(DropboxError):
    message = "A case can be kept until a later day than today, and for at most 10 years from now."
    hint = "Write the day as 2027-03-31."


class NotHeld(DropboxError):
    message = "There is no hold on this case."


class LiftIsYours(DropboxError):
    message = "You have proposed to lift the hold already. It is lifted when another member agrees."


class ErasureHeld(DropboxError):
    message = "There is a hold on this case: nothing of it may be erased."
    hint = "A hold is lifted by two members: dropbox-workstation keep CASE --lift --because TEXT"


class ErasureUnderway(DropboxError):
    message = "It is proposed already that this case is erased."
    hint = "Another member agrees to it or opposes it: dropbox-workstation erase CASE"


class NoProposal(DropboxError):
    message = "Nobody has proposed to erase this case, or it was opposed, or the reporter has written again since."


class ProposalIsYours(DropboxError):
    message = "You proposed this yourself. Another member must agree to it."


class ProposalSeconded(DropboxError):
    message = "You have agreed to this already."
