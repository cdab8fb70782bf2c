"""The onion keys outside the data folder: what a saved file says, and how its keys come back or are taken out.

Nothing is sealed or opened here; what comes in has just been opened, and is trusted only as far as it fits this drop.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dropbox import canonical
from dropbox.errors import (
    InvalidValue,
    OnionKeyDamaged,
    OnionKeyDiffers,
    OnionKeyElsewhere,
    OnionKeyMissing,
    SavedKeysDiffer,
    SavedKeysOfAnotherDrop,
    SavedKeysUnusable,
)
from dropbox.server.onion import keys as onion_keys
from dropbox.server.onion import places
from dropbox.server.onion.keys import OnionKey, Service
from dropbox.settings import Settings

MAX_SAVED_BYTES = 16 * 1024
_KIND = "onion keys"
_FORMAT = 1


@dataclass(frozen=True)
class PutBack:
    """What a restore did with each service's key: put back, there already, or another one that was kept."""

    restored: tuple[Service, ...]
    same: tuple[Service, ...]
    kept: tuple[Service, ...]


def keys_here(settings: Settings) -> Mapping[Service, OnionKey]:
    """Return the keys in the data folder. Raises OnionError."""
    refuse_elsewhere(settings)
    onion_keys.refuse_away(settings.server.data_dir)
    found = {service: _key_here(settings, service) for service in Service}
    if found[Service.REPORTERS] is None:
        raise OnionKeyMissing
    return {service: key for service, key in found.items() if key is not None}


def refuse_elsewhere(settings: Settings) -> None:
    """Raise OnionKeyElsewhere when tor's own configuration carries the services: its folders are not ours to read."""
    if settings.onion.mode == "external":
        raise OnionKeyElsewhere


def pack(drop: str, keys: Mapping[Service, OnionKey]) -> bytes:
    """Return a saved file's text; `drop`: the drop's name."""
    saved = {service.value: {"address": key.address, "key": key.for_control} for service, key in keys.items()}
    return canonical.dump({"format": _FORMAT, "kind": _KIND, "drop": drop, "keys": saved})


def unpack(data: bytes, drop: str) -> Mapping[Service, OnionKey]:
    """Return the keys of a saved file of this drop. Raises SavedKeysUnusable, SavedKeysOfAnotherDrop."""
    try:
        document = canonical.load(data, MAX_SAVED_BYTES)
        known = document.get("kind") == _KIND and document.get("format") == _FORMAT
        saved = document["keys"] if known else {}
        keys = {Service(name): OnionKey.from_control(entry["key"]) for name, entry in saved.items()}
        addresses = {Service(name): entry["address"] for name, entry in saved.items()}
        if Service.REPORTERS not in keys or addresses != {name: key.address for name, key in keys.items()}:
            raise SavedKeysUnusable
        of_this_drop = document["drop"] == drop
    except (InvalidValue, OnionKeyDamaged, LookupError, TypeError, AttributeError, ValueError):
        raise SavedKeysUnusable from None
    if not of_this_drop:
        raise SavedKeysOfAnotherDrop
    return {service: keys[service] for service in Service if service in keys}


def put_back(settings: Settings, saved: Mapping[Service, OnionKey], *, replace: bool) -> PutBack:
    """Put saved keys into the data folder of a drop that is not being served.

    Another key of the reporters' is never written over unless `replace`: OnionKeyDiffers. Nor is a key that is away
    put back as one of another address: anybody can seal a file to the operator. The courier's is kept then,
    because it was made anew since, and the saved one may be what it was made anew for.
    """
    refuse_elsewhere(settings)
    here = {service: _key_or_damaged(settings, service, replace=replace) for service in saved}
    same = tuple(service for service, key in saved.items() if here[service] == key)
    other = tuple(service for service in saved if here[service] is not None and service not in same)
    lost = tuple(service for service in saved if here[service] is None)
    if (Service.REPORTERS in other or any(_moves(settings, name, saved[name]) for name in lost)) and not replace:
        raise OnionKeyDiffers
    kept = () if replace else other
    restored = tuple(service for service in saved if service not in same and service not in kept)
    for service in restored:
        onion_keys.write_key(settings.server.data_dir, settings.onion.mode, service, saved[service])
    onion_keys.end_away(settings.server.data_dir)
    return PutBack(restored, same, kept)


def _moves(settings: Settings, service: Service, key: OnionKey) -> bool:
    """Tell whether this key would give a service another address than the one under which it is known."""
    known = places.known_address if service is Service.REPORTERS else places.courier_address
    return known(settings.server.data_dir) not in {None, key.address}


def take_out(settings: Settings, saved: Mapping[Service, OnionKey]) -> None:
    """Remove the keys from the data folder of a drop that is not being served. They must all be in `saved`."""
    if any(saved.get(service) != key for service, key in keys_here(settings).items()):
        raise SavedKeysDiffer
    onion_keys.take_out(settings.server.data_dir)


def _key_here(settings: Settings, service: Service) -> OnionKey | None:
    return onion_keys.read_key(settings.server.data_dir, settings.onion.mode, service)


def _key_or_damaged(settings: Settings, service: Service, *, replace: bool) -> OnionKey | None:
    """Return the key here; a damaged one counts as none when it is to be replaced."""
    try:
        return _key_here(settings, service)
    except OnionKeyDamaged:
        if replace:
            return None
        raise
