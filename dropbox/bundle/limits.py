"""How large the parts of a bundle may be. Numbers only; who writes a bundle obeys them too, so that it can be read."""

from dataclasses import dataclass

from dropbox.errors import InvalidValue

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Largest sizes, in bytes where the name says so; everything but items is held in memory while it is verified."""

    manifest_bytes: int = 32 * MIB
    unsigned_bytes: int = 8 * MIB
    """Of a manifest that is read before its signature was found good: what anybody may send costs little."""
    manifest_values: int = 200_000
    bytes_per_value: int = 16
    """A manifest may hold as many values, and one more for so many bytes. No honest one holds more, and millions of
    empty lists in a few megabytes would take a gigabyte.
    """
    signature_bytes: int = 16 * KIB
    log_bytes: int = 64 * MIB
    key_bytes: int = 256 * KIB
    keys: int = 512
    item_bytes: int = 4 * GIB
    writing_bytes: int = 40 * MIB


LIMITS = Limits()


def require_modest(manifest: bytes) -> None:
    """Raise InvalidValue for a manifest that would take far more memory to read than an honest one of its size."""
    values = sum(map(manifest.count, (b",", b"[", b"{")))
    if values > LIMITS.manifest_values + len(manifest) // LIMITS.bytes_per_value:
        raise InvalidValue
