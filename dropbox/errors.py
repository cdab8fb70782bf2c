"""Every error that this package raises on purpose, in one tree.

Texts are fixed: no payload, path of a stored file, codename, key material or gpg output may enter them, because errors
end up in logs and on screens. What may be named is what the reader needs to act: a configuration key, a desk's id, a
line or item number. Third-party exceptions are translated where they arise (gpg, onion, store) and stop there.
"""

from collections.abc import Callable
from typing import ClassVar

Say = Callable[[str], str]
"""Turns one of the fixed English texts into the reader's language; `str` leaves it as it is."""


class DropboxError(Exception):
    """Root of the tree. `message` says what happened, `hint` what can be done about it."""

    message: ClassVar[str] = "Something failed."
    hint: str = ""

    def __init__(self) -> None:
        super().__init__(self.message)

    def told(self, say: Say) -> str:
        """Return what happened, its fixed parts by way of `say`. Whoever names something says it here, not in str()."""
        return say(self.message)

    def __str__(self) -> str:
        return self.told(str)


class NamedError(DropboxError):
    """An error that names one safe thing (a configuration key, a desk, an item number) beside its fixed text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def told(self, say: Say) -> str:
        return f"{self.name}: {say(self.message)}"


# --- configuration and set-up -------------------------------------------------------------------------------------


class ConfigError(DropboxError):
    """A configuration value that cannot be used: names the key and what is allowed, never the value."""

    message = "The configuration cannot be used."

    def __init__(self, key: str, allowed: str) -> None:
        super().__init__()
        self.key = key
        self.allowed = allowed

    def told(self, say: Say) -> str:
        return f"{self.key}: {say(self.allowed)}"


class InvalidValue(DropboxError):
    message = "An identifier, fingerprint or day has the wrong form."


class StartRefused(NamedError):
    """The drop will not start in this state (swap in clear, a changed salt, a secret key in keys/, ...)."""

    message = "The drop refuses to start."

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(name)
        self.hint = hint

    def told(self, say: Say) -> str:
        return say(self.name)


# --- codename -----------------------------------------------------------------------------------------------------


class CodenameError(DropboxError):
    message = "That is not a codename of seven words from the list."


class Busy(DropboxError):
    message = "Too much is going on at once. Nothing was stored."
    hint = "Try again in a minute."


# --- sealing, keys, signatures ------------------------------------------------------------------------------------


class GpgError(DropboxError):
    message = "GnuPG failed."
    hint = "Run the check command, or gpg by hand, to see what is wrong."


class SealError(GpgError):
    message = "Sealing failed. Nothing was stored."


class UnsealError(GpgError):
    message = "The item could not be unsealed, or is not whole."


class NotForYou(UnsealError):
    message = "No secret key at hand opens this item."


class KeyUnavailable(NamedError):
    """A desk cannot be sealed to: a member's key is missing, expired, revoked or of the wrong fingerprint."""

    message = "A member's key of this desk cannot be used. Nothing was stored."
    hint = "Put the current public key into the keys folder."


class SecretKeyFound(NamedError):
    message = "A secret key lies in the keys folder."
    hint = "Remove it at once and treat that key as compromised."


class SignatureInvalid(DropboxError):
    message = "The signature is missing, not valid, or not by the key that it should be by."


# --- containers and bundles ---------------------------------------------------------------------------------------


class EnvelopeError(DropboxError):
    message = "The envelope does not have the exact form of format 1."


class ReplyBoxError(DropboxError):
    message = "The reply's container is damaged, or its lock does not open."


class BundleError(DropboxError):
    """A bundle that is refused whole; nothing was changed."""

    message = "The bundle was refused: it does not have the exact form of format 1."
    hint = "See that the whole right file was copied: pickup bundles go to a workstation, answer bundles to the server."


class BundleSignatureInvalid(BundleError):
    message = "The bundle was refused: its signature is not valid, or not by the expected key."
    hint = "Copy it again from where it was written. If this stays, tell the operator and the other members."


class BundleForeign(BundleError):
    message = "The bundle was refused: it belongs to another drop or desk."
    hint = "A vault holds one desk of one drop. Bring it to where it belongs, or start another vault with --vault."


class BundleFork(BundleError):
    message = "ALARM. The bundle was refused: it tells another history of this desk than an earlier one did."
    hint = "Tell the other members over another channel. The server may be in strange hands."


class BundleAuthorUnknown(BundleError):
    message = "The bundle was refused: its author is not a current member of the desk."
    hint = "If they should be, put their key into the keys folder and its fingerprint under the desk."


class BundleItemMismatch(BundleError):
    message = "The bundle was refused: an item is missing, foreign, or not what the manifest says."


class BundleTooLarge(BundleError):
    """Names the member (a name that the format itself gives) and its limit, in the largest unit that fits."""

    message = "The bundle was refused: a part of it is larger than format 1 allows."

    def __init__(self, name: str, limit_bytes: int) -> None:
        super().__init__()
        self.name = name
        self.limit_bytes = limit_bytes

    def told(self, say: Say) -> str:
        units = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("bytes", 1))
        limit = next(f"{self.limit_bytes // size} {unit}" for unit, size in units if self.limit_bytes % size == 0)
        text = say("The bundle was refused: %(name)s is larger than %(limit)s.")
        return text % {"name": self.name, "limit": limit}


class TargetExists(DropboxError):
    message = "The target file exists already and is never overwritten."
    hint = "Name a new file."


class TargetUnusable(DropboxError):
    message = "The target cannot be written."
    hint = "Check that the folder exists, is yours and has room."


class FileUnreadable(DropboxError):
    message = "The file cannot be read."
    hint = "Check its name and permissions."


class TextFileUnreadable(FileUnreadable):
    message = "The text file cannot be read."


class AttachmentUnreadable(FileUnreadable):
    message = "An attachment cannot be read."


# --- what a reporter's request can meet ---------------------------------------------------------------------------


class RequestError(DropboxError):
    """A request that is refused with a page; `status` is the HTTP status, `page` names the fixed text of that page."""

    status: ClassVar[int] = 400
    page: ClassVar[str] = "bad_request"
    message = "The request was refused."


class BadForm(RequestError):
    page = "bad_form"
    message = "The form was not complete or was changed on its way."


class FormExpired(RequestError):
    page = "form_expired"
    message = "The form is too old, or its cookie is missing."


class CrossSite(RequestError):
    status = 403
    page = "cross_site"
    message = "The form was sent from another site."


class SessionEnded(RequestError):
    status = 401
    page = "session_ended"
    message = "The session has ended."


class NothingSent(RequestError):
    page = "nothing_sent"
    message = "There was neither text nor a file."


class TextTooLong(RequestError):
    page = "text_too_long"
    message = "The text is longer than fits."


class FormTooLong(TextTooLong):
    page = "form_too_long"
    message = "The text is longer than a form can even give back."


class OwnCodename(RequestError):
    page = "own_codename"
    message = "The text holds the reporter's own codename."


class OwnCodenameInName(OwnCodename):
    page = "own_codename_in_name"
    message = "A file's name holds the reporter's own codename."


class WordsGone(RequestError):
    status = 410
    page = "words_gone"
    message = "The codename is shown only in the session that began with the report."


class TooManyFiles(RequestError):
    page = "too_many_files"
    message = "There were more files than are allowed."


class BodyTooLarge(RequestError):
    status = 413
    page = "too_large"
    message = "The upload is larger than is allowed."


class LengthRequired(RequestError):
    status = 411
    page = "length_required"
    message = "The upload does not say how long it is."


class UploadTooSlow(RequestError):
    status = 408
    page = "too_slow"
    message = "The upload was too slow or took too long."


class UploadCutOff(RequestError):
    page = "cut_off"
    message = "The upload ended before it was complete."


class TooManyUploads(RequestError):
    status = 503
    page = "busy"
    message = "Too many uploads are going on at once."


class DiskLow(RequestError):
    status = 503
    page = "disk_low"
    message = "There is no room for this upload at the moment."


# --- store --------------------------------------------------------------------------------------------------------


class StoreError(DropboxError):
    message = "The store failed. What was acknowledged is safe."


class StoreFull(StoreError):
    message = "There is no room in the data folder. Nothing was changed."
    hint = "Make room, then do it again."


class StoredItemDamaged(NamedError):
    """Names the item's id, so that its file can be found in a backup."""

    message = "This stored item is missing or damaged. Nothing was exported."
    hint = "Put its file back into the items folder from a backup, then export again."


class StoreBusy(StoreError):
    message = "The store is in use by another process."
    hint = "Try again in a moment."


class CaseEnded(DropboxError):
    message = "The case has ended or was withdrawn."


class ItemUnknown(DropboxError):
    message = "There is no such item."


# --- onion service ------------------------------------------------------------------------------------------------


class OnionError(DropboxError):
    message = "The onion service could not be published."
    hint = "See that tor 0.4.8 or newer is installed and running, then run: dropbox-server check"


class OnionControlFailed(OnionError):
    message = "tor's control socket could not be reached, or refused us."
    hint = "Check onion.control_socket, and that this user may read tor's control cookie."


# --- workstation --------------------------------------------------------------------------------------------------


class VaultError(DropboxError):
    message = "The vault cannot be used."
    hint = "Start one with: dropbox-workstation init --vault DIR"


class VaultMissing(VaultError):
    message = "There is no vault in this folder yet."
    hint = "Start one with: dropbox-workstation init (--vault DIR names another folder than the usual one)"


class VaultFolderTaken(VaultError):
    message = "This folder holds other things and is no vault."
    hint = "Name a new or empty folder with --vault."


class VaultBusy(VaultError):
    message = "Another command is using this vault."
    hint = "Wait until it has ended, then try again."


class VaultExists(VaultError):
    message = "There is a vault already, and it belongs to another key or drop."
    hint = "Name another folder with --vault."


class VaultKeyMissing(VaultError):
    message = "The secret key that this vault belongs to is not in your GnuPG home."
    hint = "Insert your card, or set GNUPGHOME to the home that holds the key."


class VaultEmpty(VaultError):
    message = "This vault does not know a drop yet."
    hint = "Import a pickup bundle first: dropbox-workstation import FILE"


class CasebookClosed(VaultError):
    message = "The casebook could not be unsealed with your key."
    hint = "Give the passphrase or insert the card and try again. If this stays, restore the vault from a backup."


class CasebookFull(VaultError):
    message = "The casebook would become larger than can be opened again. Nothing was changed."
    hint = "A bundle this large is no ordinary one: ask the operator, or start a new vault."


class CasebookDamaged(VaultError):
    message = "The casebook is damaged or was not written by your key."
    hint = "Import the bundles again into a new vault."


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


class TextUnreadable(DropboxError):
    message = "The text is empty or is not UTF-8."
    hint = "Save it as plain text in UTF-8."


class ThreadBroken(DropboxError):
    message = "An item of this case in the vault is damaged or gone."
    hint = "Import the newest bundle again; if this stays, restore the vault's items folder from a backup."


class Unconfirmed(DropboxError):
    message = "The drop's key has not been confirmed, so nothing may be answered yet."
    hint = 'Compare the words with the operator by telephone, then: dropbox-workstation confirm "WORDS"'


class RosterUnconfirmed(DropboxError):
    message = "A desk's roster has changed and has not been confirmed, so nothing may be answered yet."
    hint = 'Compare the words with another member, then: dropbox-workstation confirm --roster "WORDS"'


class WordsDiffer(DropboxError):
    message = "ALARM. The words differ: this is not the key that was named to you."
    hint = "Do not go on. Ask the operator in person."


class WordsMistyped(NamedError):
    """Names what is amiss without the words themselves: how many there are, or which one is not on the list."""

    message = "Those are not ten words from the list."
    hint = "Type all ten words, in their order."

    def told(self, say: Say) -> str:
        return f"{say(self.message).removesuffix('.')}: {self.name}."


class MandateForbids(DropboxError):
    message = "The reporter's mandate does not allow this."
    hint = "Ask the reporter whether you may do more: dropbox-workstation reply CASE --letter ask"


class MandateIsListen(MandateForbids):
    message = "The reporter asked you only to listen. This case may not be shared with anyone or taken further."


class MandateIsAdvise(MandateForbids):
    message = "The reporter asked for advice within the desk. This case may not be taken further."


class NoSecretKey(DropboxError):
    message = "Your GnuPG home has no such secret key that can both sign and decrypt."
    hint = "Insert your card, or set GNUPGHOME to the home that holds it; see: gpg --list-secret-keys"


class FingerprintMistyped(InvalidValue):
    message = "The key's fingerprint has the wrong form."
    hint = "Give all 40 hex digits, as gpg --fingerprint shows them, between quotation marks."


class KeyChoiceNeeded(DropboxError):
    message = "There is not exactly one secret key to choose from."
    hint = "Name yours: dropbox-workstation init --key FINGERPRINT"


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


class AlreadyWithdrawn(CaseEnded):
    message = "The reporter has withdrawn this case. It can be read, and nothing more can be done with it."
    hint = "If the reporter takes the withdrawal back, the next import opens the case again."


class JobRunning(DropboxError):
    message = "Something else is still at work on this vault."
    hint = "Wait until it has ended, then try again."


class JobFailed(NamedError):
    """Names the kind of an exception that nobody foresaw, never its text."""

    message = "This is a fault in the program; please report it."


# --- the workstation's key: made, kept, brought back ---


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


class SandboxMissing(DropboxError):
    message = "Nothing is shown without the sandbox, and the program for it (bubblewrap) is not installed here."
    hint = "Install the Debian package bubblewrap, then look at the file again."


class SandboxForbidden(DropboxError):
    message = "Nothing is shown without the sandbox, and this machine does not let it start."
    hint = (
        "The kernel must allow user namespaces. Whoever looks after this machine can see why: bwrap --unshare-all true"
    )


class PopplerMissing(DropboxError):
    message = "A PDF is turned into pictures by poppler, which is not installed here."
    hint = "Install the Debian package poppler-utils, then look at the file again."


class OfficeMissing(DropboxError):
    message = "An office file is turned into pictures by LibreOffice, which is not installed here."
    hint = "Install the Debian package libreoffice, or save the file and open it on a machine made for that."


class FileOutOfBounds(DropboxError):
    message = (
        "The file needs more time or memory than one file may have, or broke what was reading it. It is not shown."
    )
    hint = "A file like that may be made to harm. Save it only if you must, and open it on a machine made for that."


class FileTooLargeToView(DropboxError):
    message = "The file is too large to be shown here."
    hint = "Save it into a folder and open it on a machine made for that."


class FileNotShown(DropboxError):
    message = "The file is damaged, locked with a password, or not what it begins as. It is not shown."
    hint = "Ask the reporter to send it again in another form, such as a PDF or a photo."


class KindNotShown(DropboxError):
    message = "Files of this kind cannot be shown here."
    hint = "Save it into a folder and open it on a machine made for that."


class ProgramNotShown(KindNotShown):
    message = "This file is a program. It is not shown."
    hint = "Do not start it on any machine."


class SealNotOpened(DropboxError):
    message = "The reporter sealed this file themselves, and it does not open whole with your key."
    hint = "It may be sealed to another key, with a passphrase, or be damaged. Ask the reporter."


class SealsTooDeep(DropboxError):
    message = "There is seal within seal within seal in this file. It is not opened further."
    hint = "Ask the reporter to send it again, sealed once at most."


class OwnItemInside(DropboxError):
    message = "ALARM. What was attached here is an item, key or bundle of the drop itself, and it is not opened."
    hint = "Somebody may be using you to open what was taken from the drop. Tell the operator and the other members."


class StillSealed(DropboxError):
    message = "The reporter sealed this file themselves. It is opened only when you ask for it."
    hint = "Add --unseal to open it with your key."


class ItemPlaceUnknown(DropboxError):
    message = "There is no such item in this case."
    hint = "Give its number in the thread, or the first 4 or more digits of its id; see: dropbox-workstation read CASE"


class AttachmentUnknown(DropboxError):
    message = "There is no such file with this item."
    hint = "Give the file's number as the thread shows it; see: dropbox-workstation read CASE"


class FolderNeeded(DropboxError):
    message = "This file is shown as pictures, and they need a folder."
    hint = "Name one with --to DIR; it is made when it is not there."


class IntakeNotReady(VaultError):
    message = "No case can be opened here yet: this vault does not know how the drop makes keys out of a codename."
    hint = "Import the newest pickup bundle first: dropbox-workstation import FILE"


class ClockBehind(DropboxError):
    message = "This machine's date lies before that of a bundle that was imported. Nothing was written."
    hint = "Set the date of this machine right, then do it again."


class NewcomerUnknown(DropboxError):
    message = "That key is not another current member's of this desk."
    hint = "Ask the operator to list the colleague's key, then import the newest pickup bundle."


class NothingToReseal(DropboxError):
    message = "These cases hold nothing that the drop has handed out yet. Nothing was written."
    hint = "Name cases that came in a pickup bundle; see: dropbox-workstation cases"


class ResealForOther(BundleError):
    message = "The bundle was refused: it was made for another member's key."
    hint = "Ask the colleague who made it to name your key, as it stands on the roster."


class LetterUnknown(DropboxError):
    message = "There is no such letter."
    hint = "See which there are with: dropbox-workstation letters"


class LetterLanguageUnknown(LetterUnknown):
    message = "This letter is not there in that language."


class SignatureTooLong(DropboxError):
    message = "The name to sign with is too long, or has more than one line."
    hint = "Give a name of at most 100 characters."


class DraftChanged(DropboxError):
    message = "What you wrote was changed in another window after you looked it over. Nothing was sealed."
    hint = "Look it over once more, then seal it."


class CaseWentOn(DropboxError):
    message = "Something came into this case while you were writing. Nothing was sealed; what you wrote is kept."
    hint = "Read what is new, look your text over once more, then seal it."


class DraftsFull(DropboxError):
    message = "There is no more room in memory for files that wait to be sealed."
    hint = "Seal or throw away what you began elsewhere, then add the file again."


class NoSuchGap(DropboxError):
    message = "No gap has this number."
    hint = "The numbers that never came here are in the red notice, and listed by: dropbox-workstation explain"


class ExplanationUnusable(DropboxError):
    message = "The explanation is empty, too long, or cannot be shown."
    hint = "Say in one or two sentences what became of it, in at most 500 characters."


class NothingToSearch(DropboxError):
    message = "There is nothing in these words to look for."
    hint = "Give one or more words; what stands between quotation marks is looked for together."


class BundleNotNamed(DropboxError):
    message = "No bundle was chosen."
    hint = "Choose one of the list, type where it is, or pick the file."


class FolderMissing(DropboxError):
    message = "There is no such folder, or nothing may be written in it."
    hint = "Name a folder that is there, such as the one of your USB stick."


class LetterUnfinished(DropboxError):
    message = "The letter still has [places] that somebody must fill in. Nothing was sealed."
    hint = "Write it to a file: dropbox-workstation letters NAME --case CASE > FILE. Fill it in, then: --text-file FILE"


class NothingWritten(TextUnreadable):
    message = "There is no text yet."
    hint = "Write something first."
