"""Errors about the log of a case."""

from dropbox.errors.base import DropboxError


class LogBroken(DropboxError):
    message = "A log does not hold."
    hint = "The first bad line is named above. Ask its member over another channel before you rely on this case."


class LogFormUnknown(DropboxError):
    message = "The log cannot be written to a file of this name."
    hint = "End its name in .pdf, .txt or .json."


class NothingToExplain(DropboxError):
    message = "There is nothing in this log that waits for an explanation."
    hint = "See what it says with: dropbox-workstation log CASE --verify"
