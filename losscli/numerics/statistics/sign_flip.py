"""The sign-flip test: whether paired differences, or their totals by unit, are symmetric about zero (Fisher 1935).

Signs are flipped eight at a time through a table of 256 partial sums, in integers: no sum rounds, so that the result has the
same bits in whatever blocks it is computed. Memory is O(n + flips).
"""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats, Ints
from losscli.numerics.statistics.streams import random_bytes, stream

FLIPS = 9_999
TILE = 4_096
"""Differences that share one stream of random signs."""
_BITS = 40
"""Differences are rounded to 2^-40 of the largest: ties that decimals have before they become doubles count as ties."""


@dataclass(frozen=True)
class SignFlip:
    """p of the two-sided test; `exact`: from all 2^m signs of the m differences that are not 0, else from `flips` random ones."""

    p: float
    flips: int
    exact: bool
    m: int

    @property
    def identical(self) -> bool:
        """Whether every difference is 0."""
        return self.m == 0


def sign_flip(differences: Floats, flips: int = FLIPS, seed: int = 0) -> SignFlip:
    """p = (1 + #{|T*| ≥ |T|}) / (1 + R) of T = Σd under R random flips of signs, or the share of all 2^m where 2^m ≤ R.

    Exact under symmetry of the differences, whatever their distribution. Differences of 0 have no sign. The order of the
    differences does not matter: they are sorted by size first.
    """
    if not np.isfinite(differences).all():
        raise ValueError("a difference is not finite")
    d = differences[differences != 0]
    m = len(d)
    if m == 0:
        return SignFlip(1.0, 0, True, 0)
    whole, slack = _integers(d)
    seen, sizes = abs(int(whole.sum())) - slack, np.sort(np.abs(whole))
    if m < 63 and 2**m <= flips:
        sums = _all_signs(sizes[None, :])[0]
        return SignFlip(int((np.abs(sums) >= seen).sum()) / 2**m, 2**m, True, m)
    found = np.zeros(flips, np.int64)
    for tile, start in enumerate(range(0, m, TILE)):
        found += flipped_sums(sizes[start : start + TILE], flips, seed, tile)
    return SignFlip((1 + int((np.abs(found) >= seen).sum())) / (1 + flips), flips, False, m)


def _integers(d: Floats) -> tuple[Ints, int]:
    """Differences as multiples of 2^-40 of the largest, and how far a sum of theirs may be from a flipped one that equals it."""
    m = len(d)
    bits = min(_BITS, 62 - m.bit_length())
    scaled = np.ldexp(d, bits - int(np.frexp(np.abs(d).max())[1]))
    whole = np.rint(scaled)
    return whole.astype(np.int64), 0 if bool((whole == scaled).all()) else m


def _all_signs(sizes: Ints) -> Ints:
    """For each row all 2^k sums of its k numbers with any signs: entry i has + where i has a bit."""
    found = np.zeros((len(sizes), 1), np.int64)
    for column in sizes.T[:, :, None]:
        found = np.concatenate([found - column, found + column], axis=1)
    return found


def flipped_sums(sizes: Ints, flips: int, seed: int, tile: int) -> Ints:
    """Σ ±size of one tile for each flip; the sums of all tiles, in any order, are those of the file."""
    eights = np.zeros((-(-len(sizes) // 8), 8), np.int64)
    eights.ravel()[: len(sizes)] = sizes
    bits, found, picked = stream(seed, tile), np.zeros(flips, np.int64), np.empty(flips, np.int64)
    for sums in _all_signs(eights):
        signs: Array = random_bytes(bits, flips)
        sums.take(signs, out=picked, mode="clip")  # `raise` would copy; every byte is inside the table
        found += picked
    return found
