"""The drop's backup: made, opened, brought back."""

from dropbox.errors.base import DropboxError, NamedError


class OperatorKeyUnusable(NamedError):
    """Says what is wrong with the key: missing, secret, revoked, expired, cannot_encrypt."""

    message = "The operator's key (operator.key) cannot be used. Nothing was written."
    hint = "Put the current public key into the keys folder, and its whole fingerprint under [operator] in the file."


class BackupTorn(DropboxError):
    message = "This file is no backup of a drop, or it is torn or altered. Nothing was restored."
    hint = "Look for another copy of it, or for the backup before it. --unsealed takes only what gpg made of a backup."


class BackupOfOther(DropboxError):
    message = "This backup is of another drop than the words say. Nothing was restored."
    hint = "Compare the ten words with the operator's paper; look for the right file."


class BackupTooOld(NamedError):
    """Names the backup's day."""

    message = "This backup is older than backup.max_age_days allows. Nothing was restored."
    hint = (
        "It holds what was deleted and withdrawn since: with a codename that somebody found it opens replies that their"
        " reporter deleted. If there is no newer one: --though-old"
    )


class BackupAhead(NamedError):
    """Names the backup's day."""

    message = "This backup is of a day that has not come yet. Nothing was restored."
    hint = "Set this machine's clock right, then do it again."


class BackupRunning(DropboxError):
    message = "Another backup is being made, or a restore is under way."
    hint = "Wait until it has ended."


class RestoreOverDrop(NamedError):
    """Names the data folder."""

    message = "There is a drop in this folder already. Nothing was restored."
    hint = "A restore needs an empty folder. Move that drop's folder away first, or name another one with --data DIR"


class RestoreOverOther(NamedError):
    """Names the data folder."""

    message = "This folder is not empty, and holds no drop. Nothing was restored."
    hint = "A restore needs an empty folder: empty this one, or name another one with --data DIR"


class SharesUnseen(DropboxError):
    message = "Shares are shown on a terminal, and standard output is none. Nothing was written."
    hint = "Run it at a terminal, or with --json and nobody looking on."
