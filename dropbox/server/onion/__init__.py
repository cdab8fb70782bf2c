"""The onion services: the reporters' and, beside it, the courier's. The only package that imports stem.

Our own tor carries them (`launch`), one that runs already (`control`), or tor's own configuration (`external`). Nothing
of a request is known here, and no address of a visitor exists.
"""

from collections.abc import Callable

from dropbox.server.onion.binary import has_proof_of_work, is_supported, tor_version
from dropbox.server.onion.connection import bootstrap_percent, connected, consensus_since
from dropbox.server.onion.controlled import ControlledOnion
from dropbox.server.onion.keys import (
    KEY_FILES,
    OnionKey,
    Service,
    end_away,
    key_files,
    put_key_files,
    read_key,
    refuse_away,
    take_out,
    write_key,
)
from dropbox.server.onion.launched import LaunchedOnion
from dropbox.server.onion.places import (
    control_path,
    courier_address,
    has_circuit_ids,
    known_address,
    onion_dir,
    socks_path,
)
from dropbox.server.onion.service import OnionService
from dropbox.settings import Settings

__all__ = [
    "KEY_FILES",
    "ControlledOnion",
    "LaunchedOnion",
    "OnionKey",
    "OnionService",
    "Service",
    "bootstrap_percent",
    "connected",
    "consensus_since",
    "control_path",
    "courier_address",
    "end_away",
    "has_circuit_ids",
    "has_proof_of_work",
    "is_supported",
    "key_files",
    "known_address",
    "onion_dir",
    "onion_service",
    "put_key_files",
    "read_key",
    "refuse_away",
    "socks_path",
    "take_out",
    "tor_version",
    "write_key",
]


def onion_service(settings: Settings, report: Callable[[str], None]) -> OnionService | None:
    """Return the services for the configured mode, or None where tor's own configuration or nobody carries them."""
    kinds = {"launch": LaunchedOnion, "control": ControlledOnion}
    kind = kinds.get(settings.onion.mode)
    return None if kind is None else kind(settings, report)
