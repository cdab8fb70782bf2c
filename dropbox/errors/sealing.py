"""Codenames, keys, seals and signatures."""

from dropbox.errors.base import DropboxError, NamedError


class CodenameError(DropboxError):
    message = "That is not a codename of seven words from the list."


class Busy(DropboxError):
    message = "Too much is going on at once. Nothing was stored."
    hint = "Try again in a minute."


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
    """`unchecked`: gpg was killed before it had looked, so that nothing is known about the signature."""

    unchecked = False
    message = "The signature is missing, not valid, or not by the key that it should be by."
