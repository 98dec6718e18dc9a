"""Random bits by tile: of SFC64, whose stream NumPy promises to keep (NEP 19), keyed by the seed and the tile's number."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Bytes, Words


def stream(seed: int, tile: int) -> np.random.SFC64:
    """The bits of one tile: the same whichever process computes it, and in whatever order."""
    return np.random.SFC64(np.random.SeedSequence([seed, tile]))


def words(bits: np.random.SFC64, n: int) -> Words:
    """The next n numbers of 64 bits, the lowest byte first on every machine."""
    return np.asarray(bits.random_raw(n), dtype="<u8")


def random_bytes(bits: np.random.SFC64, n: int) -> Bytes:
    """The next n bytes, of as many words as contain them."""
    return words(bits, -(-n // 8)).view(np.uint8)[:n]
