"""Files that the desk makes of what it knows: registers, figures, logs, assessments."""

from dropbox.errors.base import DropboxError


class EndingUnknown(DropboxError):
    message = "This command makes no file with such an ending."
    hint = "Which endings there are, it says with --help."
