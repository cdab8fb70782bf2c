"""What only the reporter can allow, and a case that another desk has now."""

from dropbox.errors.base import DropboxError


class ConsentMissing(DropboxError):
    message = "The reporter has not agreed to this."
    hint = "Ask them in a reply; their answer comes with a later import. See: dropbox-workstation consent CASE"


class ConsentRefused(DropboxError):
    message = "The reporter was asked for this and said no."
    hint = "Their last answer is the one that counts. See: dropbox-workstation consent CASE"


class ConsentUsed(DropboxError):
    message = "The reporter agreed to this once, and it was done."
    hint = "Ask again if it is to be done again. See: dropbox-workstation consent CASE"
