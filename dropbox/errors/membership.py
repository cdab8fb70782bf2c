"""Keys and members that a desk cannot take, as the operator's `keys` commands refuse them."""

from dropbox.errors.base import DropboxError


class ConfigUnwritable(DropboxError):
    message = "The configuration or the keys folder cannot be written by this user. Nothing was changed."
    hint = "Run it as the user who owns them, or with sudo."


class KeyFileUnusable(DropboxError):
    message = "The file holds no public key that GnuPG can read."
    hint = "The member writes it with: dropbox-workstation key --to DIR, or gpg --armor --export FINGERPRINT"


class KeyFileOfSeveral(DropboxError):
    message = "The file holds more than one key."
    hint = "Ask for a file with just the member's own key, as dropbox-workstation key --to DIR writes it."


class KeyFileSecret(DropboxError):
    message = "The file holds a secret key. It was not copied."
    hint = "Whoever sent it must make another key: this one has travelled. A public one is written by gpg --export."


class KeyExpired(DropboxError):
    message = "The key has expired."
    hint = "Ask the member to extend it, and to export it again."


class KeyRevoked(DropboxError):
    message = "The key is revoked."
    hint = "Ask the member for another key."


class KeyCannotEncrypt(DropboxError):
    message = "The key has no part that can be encrypted to."
    hint = "Ask the member for a key that can encrypt and sign."


class KeyCannotSign(DropboxError):
    message = "The key has no part that can sign, so its owner could answer nothing."
    hint = "Ask the member for a key that can encrypt and sign."


class MemberAlready(DropboxError):
    message = "This key is on the desk's list already."
    hint = "A renewed copy of a member's key goes into the keys folder, in place of the old file."


class MemberUnknown(DropboxError):
    message = "This key is not on the desk's list."
    hint = "See which are: dropbox-server keys check"


class MemberLast(DropboxError):
    message = "The desk would be left without a member."
    hint = "Replace the key instead: dropbox-server keys replace OLD FILE --desk ID"
