"""The workstation's vault as a whole: its folder, its key, what must be confirmed, what is owed to it."""

from dropbox.errors.base import DropboxError, InvalidValue, NamedError, Say


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


class Unconfirmed(DropboxError):
    message = "The drop's key has not been confirmed, so nothing may be answered yet."
    hint = 'Compare the words with the operator by telephone, then: dropbox-workstation confirm "WORDS"'


class RosterUnconfirmed(DropboxError):
    message = "A desk's roster has changed and has not been confirmed, so nothing may be answered yet."
    hint = 'Compare the words with another member, then: dropbox-workstation confirm --roster "WORDS"'


class RosterForked(DropboxError):
    message = "ALARM. A desk's roster was shown with another history than this vault holds, so nothing may be answered."
    hint = 'Compare the words with another member, then: dropbox-workstation confirm --roster "WORDS"'


class NothingProposed(DropboxError):
    message = "Nobody has proposed another roster for this desk, or the one proposed is signed already."
    hint = "Import the newest pickup bundle, and look again: dropbox-workstation roster"


class WordsDiffer(DropboxError):
    message = "ALARM. The words differ: this is not the key that was named to you."
    hint = "Do not go on. Ask the operator in person."


class WordsMistyped(NamedError):
    """Names what is amiss without the words themselves: how many there are, or which one is not on the list."""

    message = "Those are not ten words from the list."
    hint = "Type all ten words, in their order."

    def told(self, say: Say) -> str:
        return f"{say(self.message).removesuffix('.')}: {self.name}."


class NoSecretKey(DropboxError):
    message = "Your GnuPG home has no such secret key that can both sign and decrypt."
    hint = "Insert your card, or set GNUPGHOME to the home that holds it; see: gpg --list-secret-keys"


class FingerprintMistyped(InvalidValue):
    message = "The key's fingerprint has the wrong form."
    hint = "Give all 40 hex digits, as gpg --fingerprint shows them, between quotation marks."


class KeyChoiceNeeded(DropboxError):
    message = "There is not exactly one secret key to choose from."
    hint = "Name yours: dropbox-workstation init --key FINGERPRINT"


class JobRunning(DropboxError):
    message = "Something else is still at work on this vault."
    hint = "Wait until it has ended, then try again."


class JobFailed(NamedError):
    """Names the kind of an exception that nobody foresaw, never its text."""

    message = "This is a fault in the program; please report it."


class IntakeNotReady(VaultError):
    message = "No case can be opened here yet: this vault does not know how the drop makes keys out of a codename."
    hint = "Import the newest pickup bundle first: dropbox-workstation import FILE"


class ClockBehind(DropboxError):
    message = "This machine's date lies before that of a bundle that was imported. Nothing was written."
    hint = "Set the date of this machine right, then do it again."


class NoSuchGap(DropboxError):
    message = "No gap has this number."
    hint = "The numbers that never came here are in the red notice, and listed by: dropbox-workstation explain"


class ExplanationUnusable(DropboxError):
    message = "The explanation is empty, too long, or cannot be shown."
    hint = "Say in one or two sentences what became of it, in at most 500 characters."


class BundleNotNamed(DropboxError):
    message = "No bundle was chosen."
    hint = "Choose one of the list, type where it is, or pick the file."


class FolderMissing(DropboxError):
    message = "There is no such folder, or nothing may be written in it."
    hint = "Name a folder that is there, such as the one of your USB stick."
