"""The workstation's key: made, kept on paper, brought back. Never a word of a passphrase or share."""

from dropbox.errors.base import DropboxError, InvalidValue, Say
from dropbox.errors.sealing import GpgError


class PassphraseWeak(DropboxError):
    message = "This passphrase is too weak."
    hint = "Take the words that are offered, or think of a longer one."


class PassphraseShort(PassphraseWeak):
    message = "The passphrase is too short: it needs 20 characters or more."


class PassphraseMonotonous(PassphraseWeak):
    message = "The passphrase repeats itself: it needs 8 different characters or more."


class PassphraseWellKnown(PassphraseWeak):
    message = "Too much of the passphrase is well known, or is the name on the key."
    hint = "Famous sentences, rows of keys, years and names are guessed first. Take the words that are offered."


class PassphraseUntypable(PassphraseWeak):
    message = "The passphrase has a character that not every keyboard has."
    hint = "Use letters without accents, figures, blanks and common signs."


class PassphrasesDiffer(DropboxError):
    message = "The passphrase was not typed the same way twice."
    hint = "Type it again, slowly."


class PassphraseRefused(GpgError):
    message = "That is not the passphrase of this key."
    hint = "Try again. Capitals and blanks count."


class RequestStopped(GpgError):
    message = "The passphrase or PIN was not given."
    hint = "Try again, and answer the window that asks for it."


class PassphraseUnaskable(GpgError):
    message = "GnuPG could not ask for the passphrase or PIN."
    hint = "A pinentry program must be installed; gpg-agent.conf must not forbid pinentry in loopback mode."


class CardMissing(GpgError):
    message = "The card is not in its reader, or does not answer."
    hint = "Insert the card, wait a moment, and try again; see: gpg --card-status"


class KeyOnCard(DropboxError):
    message = "This key is on a card, and a card never gives a secret key away. There is nothing to back up."
    hint = "Who copied the key to the card has it outside: back it up there. Else keep the revocation certificate safe."


class KeyNotProved(GpgError):
    message = "The key did not open what had just been sealed to it."
    hint = "Do not use this key. Make another one."


class KeyNameUnusable(InvalidValue):
    message = "The name for the key cannot be used."
    hint = "A name has 1 to 60 characters on one line, without < > ( ) and @."


class HomeMissing(DropboxError):
    message = "Your home folder is not there, or nothing can be written in it."
    hint = "Sign in as yourself, or set HOME (or GNUPGHOME) to a folder of yours."


class HomePathTooLong(DropboxError):
    message = "The path of your GnuPG home is too long: its agent cannot be reached there."
    hint = "Set GNUPGHOME to a folder with a shorter path (its agent's socket may have 107 characters)."


class MemoryFolderMissing(DropboxError):
    message = "There is no folder in memory here, so the backup was not tried: no secret key is put on a disk for that."
    hint = "Mount a tmpfs on /dev/shm or /run/user, as every Debian has, and try again."


class TerminalNeeded(DropboxError):
    message = "This command asks questions, and secrets are shown: it needs a terminal."
    hint = "Start it in a terminal window, or use the desk page: dropbox-workstation open"


class SharesUnusable(InvalidValue):
    message = "A backup has 2 to 16 shares, and 2 or more of them are needed to open it."
    hint = "A good choice is 3 shares, of which 2 are needed."


class BackupDamaged(DropboxError):
    message = "This file is no backup of a key, or it is damaged."
    hint = "Look for the file whose name ends with .backup, or for another copy of it."


class BackupForeign(DropboxError):
    message = "These shares do not open this file."
    hint = "They belong to another backup. Look for the file that was made with them."


class ShareError(DropboxError):
    message = "This is not a share."
    hint = "Type the 33 words as they are on the paper, with blanks between them."


class ShareLength(ShareError):
    """Names how many words there are, never the words."""

    message = "A share has 33 words; here are %(count)s."

    def __init__(self, words: int) -> None:
        super().__init__()
        self.words = words

    def told(self, say: Say) -> str:
        return say(self.message) % {"count": self.words}


class SharePartLength(ShareLength):
    """Of a line that is to have some of the words."""

    message = "There should be %(expected)s words; here are %(count)s."
    hint = "Type them as they are on the paper, with blanks between them."

    def __init__(self, words: int, expected: int) -> None:
        super().__init__(words)
        self.expected = expected

    def told(self, say: Say) -> str:
        return say(self.message) % {"expected": self.expected, "count": self.words}


class ShareWordUnknown(ShareError):
    """Names the place of a word that is not on the list (from 1), never the word."""

    message = "Word %(position)s is not on the list."

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position

    def told(self, say: Say) -> str:
        return say(self.message) % {"position": self.position}


class ShareMiscopied(ShareError):
    """All words are on the list, but not all are the right ones. Names the place, where only one can be wrong."""

    message = "Two or more words of this share are wrong, or in the wrong order."
    hint = "Compare it with the paper, word by word."

    def __init__(self, position: int | None = None, *, swapped: bool = False) -> None:
        super().__init__()
        self.position = position
        self.swapped = swapped

    def told(self, say: Say) -> str:
        if self.position is None:
            return say(self.message)
        if self.swapped:
            text = say("The words %(position)s and %(next)s seem to have changed places.")
            return text % {"position": self.position, "next": self.position + 1}
        return say("Word %(position)s seems to be wrong.") % {"position": self.position}


class ShareTwice(ShareError):
    message = "This share was given already."
    hint = "Take another person's paper."


class ShareForeign(ShareError):
    message = "This share belongs to another backup than the others."
    hint = "Shares that belong together begin with the same two words."


class SharesTooFew(ShareError):
    message = "Too few shares: %(given)s were given, and %(needed)s are needed."

    def __init__(self, given: int, needed: int) -> None:
        super().__init__()
        self.given = given
        self.needed = needed

    def told(self, say: Say) -> str:
        return say(self.message) % {"given": self.given, "needed": self.needed}
