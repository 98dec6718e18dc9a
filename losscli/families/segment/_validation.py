"""The guards of segmentation: each raises DataError naming the image and the pixel, and what would make it legal."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError
from losscli.numerics.stable import Array
from losscli.spec.tile import Block

INTEGERS = "iub"

_TOLERANCE = {2: 4e-3, 4: 1e-5}
"""How far shares of a pixel may sum from one, by bytes per number: what rounding to that width leaves."""


def refuse_outside(block: Block, role: str, fix: str, ignored: int | None = None) -> None:
    """Numbers outside [0,1]."""
    array = block.arrays[role]
    if array.dtype.kind == "b" or not array.size or (array.min() >= 0 and array.max() <= 1):
        return
    what = "probability" if role == "scores" else "share of a class"
    bad = (array < 0) | (array > 1)
    bad = bad if ignored is None else bad & (array != ignored)
    block.reject(role, bad, lambda x: f"{x:g} is no {what}: it lies outside 0 … 1", fix)


def refuse_shares(block: Block, role: str, fix: str) -> None:
    """Pixels whose classes, on axis 1, do not sum to one."""
    array = block.arrays[role]
    total = array.sum(1, dtype=np.float64)
    bad = np.abs(total - 1.0) > _TOLERANCE.get(array.dtype.itemsize if array.dtype.kind == "f" else 8, 1e-6)
    block.reject(role, bad, lambda _: f"the classes of a pixel sum to {total.flat[int(np.argmax(bad))]:.9g}, not to 1", fix)


def refuse_labels(block: Block, role: str, classes: int, fix: str, ignored: int | None = None) -> None:
    """Numbers that are no class."""
    array = block.arrays[role]
    if array.dtype.kind == "b" or not array.size:
        return
    if array.dtype.kind in INTEGERS and array.min() >= 0 and array.max() < classes:
        return
    kept = np.ones(array.shape, bool) if ignored is None else array != ignored
    if array.dtype.kind not in INTEGERS:
        whole = array == np.rint(array)
        block.reject(
            role, kept & ~whole, lambda x: f"{x:g} is no class label", "soft masks have the shape of the scores, (N,C,H,W)"
        )
    bad = kept & ((array < 0) | (array >= classes))
    block.reject(role, bad, lambda x: f"label {x:g} is outside 0 … {classes - 1}", fix)


def refuse_swapped(scores: Array, mask: Array, block: Block) -> None:
    """Labels in PRED and shares in TARGET."""
    if scores.dtype.kind not in INTEGERS or mask.dtype.kind != "f":
        return
    if mask.ndim == scores.ndim + 1 or (mask.shape == scores.shape and (mask != np.rint(mask)).any()):
        raise DataError(
            f"PRED holds whole numbers, shape {scores.shape}, and TARGET fractions, shape {mask.shape}: they look swapped",
            block.place("scores", 0, 0),
            "give PRED first, TARGET second; hard labels against a soft mask are stored as floats, or named by --classes",
        )
