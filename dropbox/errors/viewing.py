"""Looking at a file without opening it."""

from dropbox.errors.base import DropboxError


class SandboxMissing(DropboxError):
    message = "Nothing is shown without the sandbox, and the program for it (bubblewrap) is not installed here."
    hint = "Install the Debian package bubblewrap, then look at the file again."


class SandboxForbidden(DropboxError):
    message = "Nothing is shown without the sandbox, and this machine does not let it start."
    hint = (
        "The kernel must allow user namespaces. Whoever looks after this machine can see why: bwrap --unshare-all true"
    )


class PopplerMissing(DropboxError):
    message = "A PDF is turned into pictures by poppler, which is not installed here."
    hint = "Install the Debian package poppler-utils, then look at the file again."


class OfficeMissing(DropboxError):
    message = "An office file is turned into pictures by LibreOffice, which is not installed here."
    hint = "Install the Debian package libreoffice, or save the file and open it on a machine made for that."


class FileOutOfBounds(DropboxError):
    message = (
        "The file needs more time or memory than one file may have, or broke what was reading it. It is not shown."
    )
    hint = "A file like that may be made to harm. Save it only if you must, and open it on a machine made for that."


class FileTooLargeToView(DropboxError):
    message = "The file is too large to be shown here."
    hint = "Save it into a folder and open it on a machine made for that."


class FileNotShown(DropboxError):
    message = "The file is damaged, locked with a password, or not what it begins as. It is not shown."
    hint = "Ask the reporter to send it again in another form, such as a PDF or a photo."


class KindNotShown(DropboxError):
    message = "Files of this kind cannot be shown here."
    hint = "Save it into a folder and open it on a machine made for that."


class ProgramNotShown(KindNotShown):
    message = "This file is a program. It is not shown."
    hint = "Do not start it on any machine."


class SealNotOpened(DropboxError):
    message = "The reporter sealed this file themselves, and it does not open whole with your key."
    hint = "It may be sealed to another key, with a passphrase, or be damaged. Ask the reporter."


class SealsTooDeep(DropboxError):
    message = "There is seal within seal within seal in this file. It is not opened further."
    hint = "Ask the reporter to send it again, sealed once at most."


class OwnItemInside(DropboxError):
    """`place`: case, item and number of the attachment, where one is meant; whoever keeps the alarm needs it."""

    place: tuple[str, str, int] | None = None
    message = "ALARM. What was attached here is an item, key or bundle of the drop itself, and it is not opened."
    hint = "Somebody may be using you to open what was taken from the drop. Tell the operator and the other members."


class StillSealed(DropboxError):
    message = "The reporter sealed this file themselves. It is opened only when you ask for it."
    hint = "Add --unseal to open it with your key."


class ItemPlaceUnknown(DropboxError):
    message = "There is no such item in this case."
    hint = "Give its number in the thread, or the first 4 or more digits of its id; see: dropbox-workstation read CASE"


class AttachmentUnknown(DropboxError):
    message = "There is no such file with this item."
    hint = "Give the file's number as the thread shows it; see: dropbox-workstation read CASE"


class FolderNeeded(DropboxError):
    message = "This file is shown as pictures, and they need a folder."
    hint = "Name one with --to DIR; it is made when it is not there."
