"""What only the reporter can allow, and a case that another desk has now."""

from datetime import date

from dropbox.errors.base import DropboxError, Say
from dropbox.errors.bundles import BundleError


class ConsentMissing(DropboxError):
    message = "The reporter has not agreed to this."
    hint = "Ask them in a reply; their answer comes with a later import. See: dropbox-workstation consent CASE"


class ConsentRefused(DropboxError):
    message = "The reporter was asked for this and said no."
    hint = "Their last answer is the one that counts. See: dropbox-workstation consent CASE"


class ConsentUsed(DropboxError):
    message = "The reporter agreed to this once, and it was done."
    hint = "Ask again if it is to be done again. See: dropbox-workstation consent CASE"


class CaseHandedOver(DropboxError):
    """Names the desk that has the case now, and since when."""

    message = "This case was handed over to another desk. It cannot be opened here any more."
    hint = "What was done with it here stays on record; see: dropbox-workstation handover CASE"

    def __init__(self, to: str, day: date) -> None:
        super().__init__()
        self.to = to
        self.day = day

    def told(self, say: Say) -> str:
        text = say("This case was handed over to desk %(desk)s on %(day)s. It cannot be opened here any more.")
        return text % {"desk": self.to, "day": self.day.isoformat()}


class DeskUnknown(DropboxError):
    message = "The drop has no other desk of that name."
    hint = "See which there are with: dropbox-workstation handover CASE"


class AlreadyAsked(DropboxError):
    message = "The reporter was asked this already, and has not answered yet. Nothing was written."
    hint = "Their answer comes with a later import. See: dropbox-workstation consent CASE"


class CaseIncomplete(DropboxError):
    message = "This vault does not hold the whole case, so it cannot be handed over from here."
    hint = "Import the newest pickup bundle, or let a colleague hand it over who holds all of it."


class HandOverUnknown(BundleError):
    message = "The bundle was refused: no bundle of the drop has told that this case was handed over to your desk."
    hint = "Import the newest pickup bundle first. If this stays, tell the operator and the desk that made the file."


class HandOverBroken(BundleError):
    """Names the first item that is not what it should be."""

    message = "The bundle was refused: what is handed over is not the whole case, or not as it was sent."
    hint = "Ask the other desk to make the file again. If this stays, ask the reporter what is missing."

    def __init__(self, item: str = "", reason: str = "") -> None:
        super().__init__()
        self.item = item
        self.reason = reason

    def told(self, say: Say) -> str:
        return f"{say(self.message)} ({self.item[:8]}: {say(self.reason)})" if self.item else say(self.message)
