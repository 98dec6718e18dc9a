"""Whole numbers beyond 2^53: which of them float64 would change, and their exact differences."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Array, Bools, Floats

LIMIT = 2**53
"""Up to here every whole number is a double."""
NO_DOUBLE = (lambda x: f"{x} has no exact double", "subtract an offset from the numbers, the same on both sides")
"""What to say of a whole number that float64 would change, and its remedy."""


def may_be_inexact(values: Floats) -> bool:
    """Whether any of these doubles is as large as a whole number that has no equal double."""
    return values.size > 0 and bool(np.fmax.reduce(values, axis=None) >= LIMIT or np.fmin.reduce(values, axis=None) <= -LIMIT)


def inexact(array: Array) -> Bools:
    """Which whole numbers differ from their doubles."""
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8 or array.size == 0:
        return np.zeros(array.shape, bool)
    if array.max() <= LIMIT and (array.dtype.kind == "u" or array.min() >= -LIMIT):
        return np.zeros(array.shape, bool)
    near = array.astype(np.float64)
    fits = near < 2.0 ** (63 if array.dtype.kind == "i" else 64)
    return np.asarray(np.where(fits, near, 0).astype(array.dtype) != array)  # what does not fit has been rounded up


def subtract(a: Array, b: Array) -> Array | None:
    """a - b of two arrays of 64-bit whole numbers of one type, or None where a difference does not fit."""
    if a.dtype.kind != b.dtype.kind or a.dtype.kind not in "iu":
        return None
    wide = np.int64 if a.dtype.kind == "i" else np.uint64
    found = (a.astype(wide, copy=False) - b.astype(wide, copy=False)).view(np.int64)
    return None if ((found < 0) != (a < b)).any() else found
