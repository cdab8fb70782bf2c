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


class OnionRefused(OnionError):
    message = "tor is there, and refused to carry the onion service."
    hint = "See tor's own log for its reason, and that it is 0.4.8 or newer."


class OnionPathUnusable(OnionError):
    message = "A socket's path is too long, or has a blank that tor's control port does not take."
    hint = "Use a data folder with a short path without blanks."


class CourierNotClosed(OnionError):
    message = "The courier's onion service is not published: tor could not be told for certain who may reach it."
    hint = "See that DATA/tor/courier and DATA/courier/authorized_clients can be read and written by this user."


class OnionKeyAway(OnionError):
    message = "The onion key is not in the data folder; without it the drop would get another address."
    hint = "Put it back: dropbox-server onion restore FILE (for another address, move DATA/tor away)"


class OnionKeyDamaged(OnionError):
    message = "An onion key in the data folder is damaged."
    hint = "Put it back: dropbox-server onion restore FILE --replace"


class OnionKeyMissing(OnionError):
    message = "There is no onion key here yet."
    hint = "It is made when the drop is served for the first time."


class OnionKeyElsewhere(OnionError):
    message = "tor's own configuration carries the onion services, and tor's own folders hold their keys."
    hint = "As root, keep or put back hs_ed25519_secret_key of each service's HiddenServiceDir, then restart tor."


class OnionKeyDiffers(OnionError):
    message = "There is another onion key in the data folder already. Nothing was changed."
    hint = "Only if the address of the file is the right one, say so: --replace"


class SavedKeysUnusable(OnionError):
    message = "The file does not open with this key home, or it holds no saved onion keys."
    hint = "Set GNUPGHOME to the home with the operator's secret key, or see that the file is whole."


class SavedKeysOfAnotherDrop(OnionError):
    message = "The file holds the onion keys of another drop. Nothing was changed."


class SavedKeysDiffer(OnionError):
    message = "The file does not hold the onion keys that are in use here. Nothing was taken out."
    hint = "Save them first: dropbox-server onion save FILE"


class SocksUnreachable(OnionError):
    message = "tor's SOCKS port could not be reached, or is none."
    hint = "Start the drop; with onion.mode control or external, check onion.socks and tor's own SocksPort."


class OnionUnreachable(OnionError):
    message = "The onion service could not be reached through tor, or answered with something else than a page."
    hint = "A service that was just published needs a minute or two. Try again; then look at this machine's clock."
