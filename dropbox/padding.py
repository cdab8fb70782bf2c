"""Padme buckets with a floor: how large an envelope grows, so that its size says little about what is in it.

Numbers only; whoever packs an envelope adds the zeros. Padme is from "Reducing Metadata Leakage from Encrypted Files
and Communication with PURBs" (PoPETs 2019, section 4): a size of n bytes leaks O(log log n) bits and grows by less
than 12 %.
"""

DEFAULT_FLOOR_BYTES = 65536


def bucket(size_bytes: int, floor_bytes: int = DEFAULT_FLOOR_BYTES) -> int:
    """Return the smallest bucket that holds `size_bytes`; never below `floor_bytes`, and stable under itself."""
    if size_bytes <= floor_bytes:
        return floor_bytes
    exponent = size_bytes.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size_bytes + mask) & ~mask
