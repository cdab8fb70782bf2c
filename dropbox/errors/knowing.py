"""Seeing that the drop is well: test reports, the daily status, log files."""

from dropbox.errors.base import DropboxError, NamedError


class CanaryRefused(DropboxError):
    message = "The drop did not take the test report."
    hint = "Open its form in Tor Browser: the page says what is wrong. See also: dropbox-server check"


class CanaryLost(DropboxError):
    message = "The page that came back shows another codename than this drop gives: something stands in between."
    hint = "Stop the drop and find out what answers at its address before any report is sent to it."


class NoDeskOpen(DropboxError):
    message = "No desk is open, so that no test report can be sent."
    hint = "Name one: --desk ID"


class StatusNowhere(DropboxError):
    message = "The configuration names no place for the daily status."
    hint = "Set [status] folder, or mail_command with mail_from and mail_to."


class StatusUnsent(NamedError):
    """Names the place."""

    message = "The daily status could not be put there."
    hint = "See that the folder is there and can be written to, and that the mail command works."


class LogUnusable(NamedError):
    """Names what is wrong with the log's folder."""

    message = "The log cannot be written."
    hint = "See [log] in the configuration."
