"""Whether the keys that a bundle names go on from those that its reader knows. Pure.

A reader knows a drop's keys in their order: its name first, and the one that signs today last.
"""

from collections.abc import Sequence

from dropbox.bundle.drop_statement import Succession, trusted_key
from dropbox.errors import BundleKeyFork, BundleKeyStale, BundleKeyUnconfirmed, BundleSignatureInvalid, SignatureInvalid


def keys_of(drop: str, chain: Sequence[Succession]) -> tuple[str, ...]:
    """Return the drop's keys, its name first and the one that signs today last."""
    return (drop, *(each.after for each in chain))


def require_followed(known: Sequence[str], chain: Sequence[Succession]) -> None:
    """Raise unless the last key of this chain follows from the last known one by signatures alone.

    BundleKeyStale: the chain ends before the known one does. BundleKeyFork: it is another one. BundleKeyUnconfirmed:
    a key on the way was lost. BundleSignatureInvalid: a signature in it is wrong.
    """
    named = keys_of(known[0], chain)
    if named[: len(known)] != tuple(known):
        raise BundleKeyStale() if tuple(known)[: len(named)] == named else _naming(BundleKeyFork(), named)
    try:
        trusted = trusted_key(known[-1], chain[len(known) - 1 :])
    except SignatureInvalid:
        raise BundleSignatureInvalid from None
    if trusted != named[-1]:
        raise _naming(BundleKeyUnconfirmed(), named)


def _naming(error: BundleKeyUnconfirmed, keys: tuple[str, ...]) -> BundleKeyUnconfirmed:
    error.keys = keys
    return error
