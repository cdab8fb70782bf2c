"""The courier: who may use it, what they sign in with, and what they fetch and bring."""

from typing import ClassVar

from dropbox.errors.base import DropboxError, NamedError
from dropbox.errors.bundles import BundleError


class InvestigatorExists(NamedError):
    message = "There is an investigator of this name already."
    hint = "For a new passphrase or key, revoke them first and add them again."


class InvestigatorUnknown(NamedError):
    message = "There is no investigator of this name."
    hint = "See who there are: dropbox-server investigator list"


class BundleNotYours(BundleError):
    message = "The bundle was refused: it speaks for a desk that is not yours."
    hint = "Bring the bundle of the desk that you sign in for, or ask the operator to add the desk to your name."


class CourierRefusal(DropboxError):
    """A request that the courier refuses with a page; `status` is the HTTP status, `page` names its fixed text."""

    status: ClassVar[int] = 400
    page: ClassVar[str] = "bad_request"
    message = "The courier refused a request."


class SignInTooSoon(CourierRefusal):
    """`seconds`: how long this name still waits."""

    status = 429
    page = "too_soon"
    message = "A wrong passphrase was tried with this name a moment ago."

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class BundleGone(CourierRefusal):
    status = 404
    page = "bundle_gone"
    message = "This bundle is not kept any more."


class TooManyDownloads(CourierRefusal):
    status = 503
    page = "downloads_busy"
    message = "Too many bundles are being fetched under this name."
