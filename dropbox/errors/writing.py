"""Letters, drafts and what is about to be sealed."""

from dropbox.errors.base import DropboxError


class TextUnreadable(DropboxError):
    message = "The text is empty or is not UTF-8."
    hint = "Save it as plain text in UTF-8."


class LetterUnknown(DropboxError):
    message = "There is no such letter."
    hint = "See which there are with: dropbox-workstation letters"


class LetterLanguageUnknown(LetterUnknown):
    message = "This letter is not there in that language."


class SignatureTooLong(DropboxError):
    message = "The name to sign with is too long, or has more than one line."
    hint = "Give a name of at most 100 characters."


class OwnItemAttached(DropboxError):
    message = "A file that you attached is an item, key or bundle of a drop itself. Nothing was sealed."
    hint = "Take it out. If it lay where your own files should be, tell the operator and the other members."


class DraftChanged(DropboxError):
    message = "What you wrote was changed in another window after you looked it over. Nothing was sealed."
    hint = "Look it over once more, then seal it."


class CaseWentOn(DropboxError):
    message = "Something came into this case while you were writing. Nothing was sealed; what you wrote is kept."
    hint = "Read what is new, look your text over once more, then seal it."


class DraftsFull(DropboxError):
    message = "There is no more room in memory for files that wait to be sealed."
    hint = "Seal or throw away what you began elsewhere, then add the file again."


class LetterUnfinished(DropboxError):
    message = "The letter still has [places] that somebody must fill in. Nothing was sealed."
    hint = "Write it to a file: dropbox-workstation letters NAME --case CASE > FILE. Fill it in, then: --text-file FILE"


class NothingWritten(TextUnreadable):
    message = "There is no text yet."
    hint = "Write something first."
