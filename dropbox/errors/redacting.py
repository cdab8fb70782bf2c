"""What keeps a file from being redrawn with parts of it covered. None of them repeats a word of the file."""

from dropbox.errors.base import DropboxError, NamedError


class KindNotRedrawn(DropboxError):
    message = "Files of this kind cannot be redrawn as pictures, so nothing in them can be covered."
    hint = "Leave the file out, or let it go into the annex only."


class TooManyPages(DropboxError):
    message = "The file has more pages than can be redrawn."
    hint = "Leave the file out, or ask for the pages that matter in a file of their own."


class PageNotRedrawn(NamedError):
    """A page that could not be drawn cannot be shown covered. name: its number."""

    message = "This page of the file could not be redrawn. Nothing was made of the file."
    hint = "Leave the file out, or ask the reporter to send it again in another form, such as a PDF or a photo."


class NotCovered(NamedError):
    """The finished file was looked at, and is not what it was to be. name: the page's number."""

    message = "On this page of the finished file something covered can still be seen or read. Nothing was made of it."
    hint = "Cover more of the page by hand, or leave the file out."


class BoxUnreadable(DropboxError):
    message = "A place on a page is four numbers from 0 to 100: from the left, from the top, its width and its height."
    hint = "They are percent of the page, and the place must lie on it. Write one digit behind the comma at most."


class TooManyBoxes(DropboxError):
    message = "So many places of one file cannot be marked."
    hint = "Mark larger ones, or whole pages."


class FileNotInPlan(DropboxError):
    message = "The plan does not say that this file is drawn anew, so nothing in it is covered."
    hint = "Choose that for the file in the plan first."
