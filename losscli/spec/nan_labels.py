"""What stands for NaN among class numbers and indices while a loss is computed, whose rows are NaN afterwards."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from losscli.core.records import replace
from losscli.numerics.stable import Array
from losscli.spec.tile import Block


def without_nan(block: Block, roles: Iterable[str]) -> Block:
    """The block with a whole number for each NaN among the whole numbers of these roles."""
    found = {role: _filled(block.arrays[role]) for role in roles if role in block.arrays and block.arrays[role].dtype.kind == "f"}
    changed = {role: array for role, array in found.items() if array is not block.arrays[role]}
    return replace(block, arrays={**block.arrays, **changed}, cache={}) if changed else block


def _filled(array: Array) -> Array:
    """The least number for NaN, and for the first NaN along axis 1 the greatest where all others are the least: rows that may be
    one-hot are."""
    gone = np.isnan(array)
    if not gone.any():
        return array
    known = array[~gone]
    if (known != np.rint(known)).any():
        return array
    low, high = float(known.min(initial=np.inf)), float(known.max(initial=-np.inf))
    low, high = (low, max(high, low + 1.0)) if known.size else (0.0, 1.0)
    out = np.where(gone, low, array)
    if array.ndim > 1:
        cold = gone.any(1, keepdims=True) & (out == low).all(1, keepdims=True)
        first = np.expand_dims(np.argmax(gone, 1), 1)
        np.put_along_axis(out, first, np.where(cold, high, np.take_along_axis(out, first, 1)), 1)
    return out
