"""What keeps a pack from being made of a case. None of them repeats what was taken out."""

from dropbox.errors.base import DropboxError, NamedError


class PlanUnreadable(DropboxError):
    message = "This is no plan of a pack, or it was damaged."
    hint = "Begin one with: dropbox-workstation disclose CASE --new FILE"


class PlanUnknown(DropboxError):
    message = "No such plan is kept with this case."
    hint = "See which there are with: dropbox-workstation disclose CASE"


class PlanUnfinished(DropboxError):
    message = "The plan does not say yet what is shown, or who reads it."
    hint = "Choose at least one item, and name at least one reader."


class PlanOutdated(DropboxError):
    message = "The plan is not of this case as it is here: an item or a file of it is another one, or is not there."
    hint = "Begin a new plan."


class ReaderKeyMissing(DropboxError):
    message = "The key of somebody who is to open the annex is missing here or cannot be used. Nothing was written."
    hint = "Give the file with their public key; it must be the key whose whole fingerprint they told you."


class ReaderKeyDiffers(DropboxError):
    message = "The file holds another key than the one with this fingerprint. It was not taken."
    hint = (
        "Ask the reader for the whole fingerprint once more, in person or by telephone. Do not take it from the file."
    )


class ReaderUnreadable(DropboxError):
    message = "A reader has a name of 1 to 120 characters and, for the annex, the 40 digits of their key's fingerprint."
    hint = "Write it as: --reader NAME or --reader NAME=FINGERPRINT"


class PhraseUnknown(DropboxError):
    message = "What is to be left out does not stand in the items that are shown."
    hint = "Copy the words exactly as they stand there."


class PackTooLarge(DropboxError):
    message = "The files of this pack are too large to be sealed together."
    hint = "Leave a file out, and give it to the readers in another way."


class StillReadable(NamedError):
    """Something that was taken out can be read in the open part. name: the file, and the letter that it is about."""

    message = "Something that was to be taken out can still be read there. Nothing was released."
    hint = "Look at the open part once more: leave out what still tells it, or add how the name is spelled there."
