"""The shelf: bundles that were made to be fetched, kept for a while so that a broken download can go on.

Sealed bytes under random names, and nothing else: which desk's a file is, and since when it lies there, is known in
memory only, so that a restart empties the shelf. A bundle that holds something which was withdrawn since is not given
out any more, however new it is.
"""

import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from dropbox import canonical
from dropbox.disk import file_sha256
from dropbox.errors import BundleGone, DiskLow, StoreBusy, TargetUnusable
from dropbox.models import DeskId, ItemId, today
from dropbox.server.courier import places
from dropbox.server.drop import Drop
from dropbox.server.limits import courier_min_free_bytes
from dropbox.server.store.blobs import midnight
from dropbox.server.store.store import TRANSFER_SECONDS
from dropbox.server.transfer import Prepared, prepare_export, write_export

BUNDLES_FOLDER = "bundles"
MOST_OF_A_DESK = 2
"""The newest one, and the one before it, which somebody may still be fetching."""
_OVERHEAD_BYTES = 64 << 20
"""More than manifest, log and keys of a bundle come to."""


@dataclass(frozen=True)
class Bundle:
    """A made bundle. `state`: what it was made of, to know an unchanged desk again; `made`: by the shelf's clock."""

    id: str
    desk: DeskId
    path: Path
    bytes: int
    sha256: str
    items: tuple[ItemId, ...]
    state: str
    made: float

    @property
    def file_name(self) -> str:
        return f"pickup-{self.desk}.tar"


class Shelf:
    def __init__(self, drop: Drop, clock: Callable[[], float] = time.monotonic) -> None:
        self._drop = drop
        self._clock = clock
        self._folder = drop.settings.server.data_dir / places.COURIER_FOLDER / BUNDLES_FOLDER
        self._keep_seconds = drop.settings.courier.keep_hours * 3600.0
        self._bundles: dict[str, Bundle] = {}
        self._fetched: set[tuple[str, object]] = set()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def clear(self) -> None:
        """Make the folder, empty: what an earlier process left is known to nobody."""
        places.make_empty(self._drop.settings.server.data_dir, BUNDLES_FOLDER)

    def make(self, desk: DeskId) -> Bundle:
        """Return this desk's bundle: the same one as before while nothing has changed, else a new one.

        Raises DiskLow, StoreBusy, StoredItemDamaged or TargetUnusable.
        """
        self.sweep()
        if not self._making.acquire(timeout=TRANSFER_SECONDS):
            raise StoreBusy
        try:
            return self._make(desk)
        finally:
            self._making.release()

    def _make(self, desk: DeskId) -> Bundle:
        drop = self._drop
        with drop.store.transfer_lock():
            prepared = prepare_export(drop, desk, number=not drop.settings.courier.release)
            state = _state(prepared)
            known = self._unchanged(desk, state)
            if known is not None:
                return known
            self._require_room(prepared)
            bundle_id = secrets.token_hex(16)
            path = self._folder / f"{bundle_id}.tar"
            size = write_export(drop, prepared, path).bytes
        os.utime(path, (midnight(today()),) * 2)
        items = tuple(item.item for item in prepared.pickup.items)
        bundle = Bundle(bundle_id, desk, path, size, file_sha256(path), items, state, self._clock())
        with self._lock:
            self._bundles[bundle_id] = bundle
            own = [each for each in self._bundles.values() if each.desk == desk]
            self._forget(own[:-MOST_OF_A_DESK])
        return bundle

    def find(self, bundle_id: str, desks: Collection[DeskId]) -> Bundle:
        """Return a bundle of one of these desks; BundleGone for another's, and for one that is not given out any more.

        A bundle of which something was withdrawn leaves the shelf here at the latest.
        """
        with self._lock:
            bundle = self._bundles.get(bundle_id)
        if bundle is None or bundle.desk not in desks:
            raise BundleGone
        if not self._may_stay(bundle):
            with self._lock:
                self._forget([bundle])
            raise BundleGone
        return bundle

    def count_fetch(self, bundle: Bundle) -> None:
        """Remember the day on which this desk fetched. Called before the first byte leaves.

        Somebody who takes all but the last bytes of a bundle has its items, so a fetch that was begun counts as one.
        """
        day = today()
        with self._lock:
            is_new = (bundle.id, day) not in self._fetched
            self._fetched.add((bundle.id, day))
        if is_new:
            self._drop.store.record_fetch(bundle.desk, day)

    def sweep(self) -> None:
        """Let go of what is too old, holds something that was withdrawn, or is of a desk that nobody has any more."""
        wanted = {desk for one in self._drop.store.courier.list() for desk in one.desks}
        with self._lock:
            bundles = tuple(self._bundles.values())
        gone = [each for each in bundles if each.desk not in wanted or not self._may_stay(each)]
        with self._lock:
            self._forget(gone)

    def _unchanged(self, desk: DeskId, state: str) -> Bundle | None:
        """Return the newest bundle of a desk if it is of this state and will still be there for a while."""
        with self._lock:
            own = [each for each in self._bundles.values() if each.desk == desk]
        if not own or own[-1].state != state or self._clock() - own[-1].made > self._keep_seconds / 2:
            return None
        return own[-1] if own[-1].path.exists() else None

    def _may_stay(self, bundle: Bundle) -> bool:
        old = self._clock() - bundle.made > self._keep_seconds
        return not old and bundle.path.exists() and not self._drop.store.any_hidden(bundle.items)

    def _require_room(self, prepared: Prepared) -> None:
        wanted = sum(item.bytes for item in prepared.pickup.items) + _OVERHEAD_BYTES
        if shutil.disk_usage(self._folder).free - wanted < courier_min_free_bytes(self._drop.settings.server):
            raise DiskLow

    def _forget(self, bundles: Collection[Bundle]) -> None:
        """Remove these from shelf and disk; whoever is fetching one keeps the file open and gets the rest of it."""
        for bundle in bundles:
            self._bundles.pop(bundle.id, None)
            self._fetched = {each for each in self._fetched if each[0] != bundle.id}
            try:
                bundle.path.unlink(missing_ok=True)
            except OSError:
                raise TargetUnusable from None


def _state(prepared: Prepared) -> str:
    """Return a hash of all that a bundle says but its day and the order of its items, which is new each time."""
    pickup, manifest = prepared.pickup, prepared.manifest
    items = tuple(sorted(manifest.items, key=lambda item: item.item))
    told = replace(manifest, items=items).as_json()
    del told["day"]
    log = [[line.n, line.sha256, line.state.value] for line in pickup.log]
    keys = {fingerprint: hashlib.sha256(key).hexdigest() for fingerprint, key in pickup.keys.items()}
    return hashlib.sha256(canonical.dump([told, log, keys])).hexdigest()
