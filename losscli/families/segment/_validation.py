"""Checks of segmentation inputs; each raises DataError naming the image and the pixel, with a remedy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.errors import DataError
from losscli.numerics.stable import Array
from losscli.spec.tile import Block

INTEGERS = "iub"

_TOLERANCE = {2: 4e-3, 4: 1e-5}
"""How far a pixel's sum may be from 1, by bytes per number: the rounding error of that width."""


Remedy = Callable[[], tuple[str, str]]
"""What was found, beyond the first such number, and what would mend it; asked for only where something is wrong."""


def refuse_outside(block: Block, role: str, remedy: Remedy, divided: bool = False) -> None:
    """Reject numbers outside [0,1]; below 0 only, where they are divided by their sum."""
    array = block.arrays[role]
    if array.dtype.kind == "b" or not array.size or (array.min() >= 0 and (divided or array.max() <= 1)):
        return
    what = "probability" if role == "scores" else "class probability"
    more, fix = remedy()
    block.reject(
        role, (array < 0) | ((array > 1) & (not divided)), lambda x: f"{x:g} is not a {what}: it is outside 0…1{more}", fix
    )


def refuse_zero_sums(block: Block, role: str) -> None:
    """Reject pixels that cannot be divided by their sum."""
    zero = block.arrays[role].sum(1, dtype=np.float64) == 0
    what = "the classes of a pixel are all zero and cannot be divided by their sum"
    block.reject(role, zero, lambda _: what, "leave the pixel out with --ignore-mask FILE")


def refuse_shares(block: Block, role: str, remedy: Callable[[], str]) -> None:
    """Reject pixels whose classes, on axis 1, do not sum to one."""
    array = block.arrays[role]
    total = array.sum(1, dtype=np.float64)
    bad = np.abs(total - 1.0) > _TOLERANCE.get(array.dtype.itemsize if array.dtype.kind == "f" else 8, 1e-6)
    if bad.any():
        what = f"the classes of a pixel sum to {total.flat[int(np.argmax(bad))]:.9g}, not to 1"
        block.reject(role, bad, lambda _: what, remedy())


def refuse_labels(block: Block, role: str, classes: int, remedy: Remedy) -> None:
    """Reject numbers that are not class numbers."""
    array = block.arrays[role]
    if array.dtype.kind == "b" or not array.size:
        return
    if array.dtype.kind in INTEGERS and array.min() >= 0 and array.max() < classes:
        return
    if array.dtype.kind not in INTEGERS:
        soft = "give soft masks in the shape of the scores, (N,C,H,W)"
        block.reject(role, array != np.rint(array), lambda x: f"{x:g} is not a class number", soft)
    bad = (array < 0) | (array >= classes)
    if bad.any():
        more, fix = remedy()
        block.reject(role, bad, lambda x: f"label {x:g} is outside 0…{classes - 1}{more}", fix)


def refuse_swapped(scores: Array, mask: Array, block: Block) -> None:
    """Reject class numbers in PRED with class probabilities in TARGET."""
    if scores.dtype.kind not in INTEGERS or mask.dtype.kind != "f":
        return
    if mask.ndim == scores.ndim + 1 or (mask.shape == scores.shape and (mask != np.rint(mask)).any()):
        raise DataError(
            f"PRED contains whole numbers, shape {scores.shape}, and TARGET fractions, shape {mask.shape}: the files look swapped",
            block.place("scores", 0, 0),
            f"give PRED first, TARGET second; to compare hard labels with a soft mask, {_hard_with_soft(scores, mask)}",
        )


def _hard_with_soft(scores: Array, mask: Array) -> str:
    several = mask.ndim > scores.ndim and mask.shape[1] > 2
    return f"add --num-classes {mask.shape[1]}" if several else "store them as floats"
