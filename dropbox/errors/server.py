"""The server's store and its onion service."""

from dropbox.errors.base import DropboxError, NamedError


class StoreError(DropboxError):
    message = "The store failed. What was acknowledged is safe."


class StoreFull(StoreError):
    message = "There is no room in the data folder. Nothing was changed."
    hint = "Make room, then do it again."


class StoredItemDamaged(NamedError):
    """Names the item's id, so that its file can be found in a backup."""

    message = "This stored item is missing or damaged. Nothing was exported."
    hint = "Put its file back into the items folder from a backup, then export again."


class StoreBusy(StoreError):
    message = "The store is in use by another process."
    hint = "Try again in a moment."


class CaseEnded(DropboxError):
    message = "The case has ended or was withdrawn."


class ItemUnknown(DropboxError):
    message = "There is no such item."


class OnionError(DropboxError):
    message = "The onion service could not be published."
    hint = "See that tor 0.4.8 or newer is installed and running, then run: dropbox-server check"


class OnionControlFailed(OnionError):
    message = "tor's control socket could not be reached, or refused us."
    hint = "Check onion.control_socket, and that this user may read tor's control cookie."


class SocksUnreachable(OnionError):
    message = "tor's SOCKS port could not be reached, or is none."
    hint = "Start the drop; with onion.mode control or external, check onion.socks and tor's own SocksPort."


class OnionUnreachable(OnionError):
    message = "The onion service could not be reached through tor, or answered with something else than a page."
    hint = "A service that was just published needs a minute or two. Try again; then look at this machine's clock."
