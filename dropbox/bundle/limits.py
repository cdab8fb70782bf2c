"""How large the parts of a bundle may be. Numbers only; who writes a bundle obeys them too, so that it can be read."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Largest sizes, in bytes where the name says so; everything but items is held in memory while it is verified."""

    manifest_bytes: int = 32 * MIB
    signature_bytes: int = 16 * KIB
    log_bytes: int = 64 * MIB
    key_bytes: int = 256 * KIB
    keys: int = 512
    item_bytes: int = 4 * GIB
    writing_bytes: int = 40 * MIB


LIMITS = Limits()
