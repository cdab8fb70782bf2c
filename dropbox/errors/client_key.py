"""The file with an investigator's client key, on the machine that they carry bundles with."""

from dropbox.errors.base import DropboxError


class ClientKeyExists(DropboxError):
    message = "There is a file of this name already. Nothing was changed."
    hint = "Give the new key another name; or see the key that is there: dropbox-courier show FILE"


class ClientKeyUnwritable(DropboxError):
    message = "The file could not be written."
    hint = "Choose a folder of your own, with room in it."


class ClientKeyUnreadable(DropboxError):
    message = "This file cannot be read, or is no key that `dropbox-courier key` made."
    hint = "See that you named the right file. A key that is lost cannot be brought back: make a new one."


class ClientKeyOpen(DropboxError):
    message = "Others on this machine can read this file."
    hint = "Tell the operator and make a new key: whoever read it can stand before the courier's door."


class NotAnAddress(DropboxError):
    message = "This is no onion address."
    hint = "It has 56 letters and digits, then .onion, as the operator gave it to you. Look for a slip."
