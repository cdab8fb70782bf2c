"""Envelopes, bundles, and the files that they and others are read from and written to."""

from dropbox.errors.base import DropboxError, Say


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


class BundleKeyStale(BundleError):
    message = "The bundle was refused: it is signed with a key of this drop that has had a successor since."
    hint = (
        "Import a newer bundle. If the newest one is signed so, somebody else may have the old key: ask the operator,"
        " who can make a new key."
    )


class BundleKeyUnconfirmed(BundleError):
    """`keys`: the drop's keys (hex), oldest first, as the bundle names them."""

    message = "The bundle was refused: the drop has a new key that its old one did not sign for."
    hint = (
        'Compare the new words with the operator by voice, then: dropbox-workstation confirm "WORDS", and import again.'
    )
    keys: tuple[str, ...] = ()


class BundleKeyFork(BundleKeyUnconfirmed):
    message = "ALARM. The bundle was refused: it names other keys of this drop than an earlier one did."
    hint = (
        "Tell the other members, and ask the operator by voice whether the drop was put back from an old backup. Only"
        ' if the words are the same: dropbox-workstation confirm "WORDS", and import again.'
    )


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


class ResealForOther(BundleError):
    message = "The bundle was refused: it was made for another member's key."
    hint = "Ask the colleague who made it to name your key, as it stands on the roster."
