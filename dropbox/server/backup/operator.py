"""The operator's public key: what backups and the daily status are sealed to. Read anew each time, and fails closed."""

from dropbox.config import Settings
from dropbox.errors import ConfigError, KeyUnavailable, OperatorKeyUnusable
from dropbox.gpg import Gpg
from dropbox.keyring import Keyring
from dropbox.models import DeskId, Recipient
from dropbox.settings import Desk

_NAME = DeskId("operator")
_HOME = "gnupg-operator"


def operator_recipient(settings: Settings) -> tuple[Gpg, Recipient]:
    """Return the operator's key and the home to seal with. Raises ConfigError, OperatorKeyUnusable, SecretKeyFound.

    The key's id stands in the message: in years its owner must find out which of their keys opens it.
    """
    if settings.operator.key is None:
        raise ConfigError("operator.key", "must be the fingerprint of the key that this is to be sealed to")
    # a desk of one, so that an operator's key is looked at as strictly as a member's
    desk = Desk(_NAME, {}, {}, (settings.operator.key,), hidden_recipients=False)
    keyring = Keyring(settings.keys_dir, [desk], settings.server.data_dir / _HOME)
    keyring.refuse_secret_keys()
    try:
        gpg, (recipient,) = keyring.recipients([_NAME])
    except KeyUnavailable:
        raise OperatorKeyUnusable(keyring.report()[0].problem or "missing") from None
    return gpg, recipient
