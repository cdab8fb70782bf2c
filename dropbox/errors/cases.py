"""What may not be done with a case on the workstation, by its mandate, its roster or its state."""

from dropbox.errors.base import DropboxError, InvalidValue
from dropbox.errors.sealing import KeyUnavailable
from dropbox.errors.server import CaseEnded


class CaseUnknown(DropboxError):
    message = "There is no such case in this vault."
    hint = "Give 4 or more digits of its id, or both words of its name; see: dropbox-workstation cases"


class CaseAmbiguous(DropboxError):
    message = "More than one case answers to that."
    hint = "Give more digits of its id; see: dropbox-workstation cases"


class NotOnRoster(DropboxError):
    message = "Your key is not on this desk's roster, so the drop would not take what you write."
    hint = "Ask the operator to list your key, then import a newer pickup bundle."


class MemberKeyUnavailable(KeyUnavailable):
    message = "A member's key of this desk is missing here or cannot be used. Nothing was written."
    hint = "Import the newest pickup bundle. If this stays, the member must give the operator a new key."


class ThreadBroken(DropboxError):
    message = "An item of this case in the vault is damaged or gone."
    hint = "Import the newest bundle again; if this stays, restore the vault's items folder from a backup."


class MandateForbids(DropboxError):
    message = "The reporter's mandate does not allow this."
    hint = "Ask the reporter whether you may do more: dropbox-workstation reply CASE --letter ask"


class MandateIsListen(MandateForbids):
    message = "The reporter asked you only to listen. This case may not be shared with anyone or taken further."


class MandateIsAdvise(MandateForbids):
    message = "The reporter asked for advice within the desk. This case may not be taken further."


class TooLarge(DropboxError):
    message = "The text or the attachments are larger than is allowed."
    hint = "A text may have 48 KiB, a reply's attachments 25 MiB together."


class TagUnusable(InvalidValue):
    message = "That is not a tag."
    hint = "A tag has 1 to 40 characters that can be seen, and single spaces between its words."


class TooManyTags(DropboxError):
    message = "A case has at most 20 tags."
    hint = "Take one away first."


class NotAMember(DropboxError):
    message = "A case can only be given to somebody who is on this desk's roster now."
    hint = "Name a member's fingerprint or its last digits; see: dropbox-workstation work CASE"


class NothingToChange(DropboxError):
    message = "The case is so already. Nothing was written."


class MarkUnusable(InvalidValue):
    message = "That cannot be marked."
    hint = (
        "A name has 1 to 120 characters that can be seen; up to 10 other names of a person stand behind it, with "
        "semicolons. A date is written 2026-03-04, 2026-03 or 2026."
    )


class TooManyMarks(DropboxError):
    message = "That is more than one case can have: at most 50 marks, and 4,000 letters of names at a time."
    hint = "Take some away first, or write fewer at a time."


class MarkUnknown(DropboxError):
    message = "This case has no such mark."
    hint = "See its marks and their ids with: dropbox-workstation about CASE"


class JoinAskedAlready(DropboxError):
    message = "This reporter was asked already. Nothing was written."
    hint = "They can answer, or change their answer, whenever they like; see: dropbox-workstation together CASE"


class AlreadyWithdrawn(CaseEnded):
    message = "The reporter has withdrawn this case. It can be read, and nothing more can be done with it."
    hint = "If the reporter takes the withdrawal back, the next import opens the case again."


class NewcomerUnknown(DropboxError):
    message = "That key is not another current member's of this desk."
    hint = "Ask the operator to list the colleague's key, then import the newest pickup bundle."


class NothingToReseal(DropboxError):
    message = "These cases hold nothing that the drop has handed out yet. Nothing was written."
    hint = "Name cases that came in a pickup bundle; see: dropbox-workstation cases"


class NothingToSearch(DropboxError):
    message = "There is nothing in these words to look for."
    hint = "Give one or more words; what stands between quotation marks is looked for together."
