"""Distances of pixels to the border of a region, in any number of dimensions and with any spacing, by SciPy's transform."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import numpy as np

from losscli.core.errors import DataError, UsageError, install
from losscli.core.records import replace
from losscli.families.segment._borderless import count_regions
from losscli.families.segment._region_sums import Mask, Pixels, first_class
from losscli.families.segment.family import regions
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Vector
from losscli.spec.tile import Block

Spacing = Annotated[
    Vector | None, Param("pixel size along each axis of the image; none: that of NIfTI files, else 1", gt=0, example="[2,0.5]")
]


def ndimage() -> Any:
    """scipy.ndimage. Raises UsageError if SciPy is not installed."""
    try:
        return import_module("scipy.ndimage")
    except ImportError:
        raise UsageError("distance transforms require SciPy, which is not installed", fix=install("distance")) from None


def transform(mask: Mask, row: int, spacing: Array | None) -> Callable[[Bools], Floats]:
    """A function from a region of an image to the distance of each of its pixels to the nearest pixel outside it; 0 outside.

    spacing: of all images; None: that of the image's file, or 1.
    """
    edt = ndimage().distance_transform_edt
    own = mask.spacing[row] if spacing is None and mask.spacing is not None else spacing
    sampling = None if own is None else [float(x) for x in own]
    return lambda inside: np.asarray(edt(inside, sampling=sampling), np.float64)


_Distance = Callable[[Bools], Floats]


def _each_region(inside: Bools, mask: Mask, spacing: Array | None, field: Callable[[Bools, Bools, _Distance], Floats]) -> Floats:
    """`field` of every region (n,C,P), the pixels outside it, as images, and the image's distances; 0 where either is empty.

    Ignored pixels are on neither side, and so no border.
    """
    out = np.zeros(inside.shape)
    outside = ~inside if mask.kept is None else ~inside & mask.kept[:, None]
    for i, c in np.ndindex(*inside.shape[:2]):
        if inside[i, c].any() and outside[i, c].any():
            both = inside[i, c].reshape(mask.shape), outside[i, c].reshape(mask.shape)
            out[i, c] = field(*both, transform(mask, i, spacing)).reshape(-1)
    return out


def signed(inside: Bools, mask: Mask, spacing: Array | None) -> Floats:
    """Outside a region, the distance to it; inside, 1 minus the distance to the outside, which is 0 on border pixels."""
    return _each_region(
        inside, mask, spacing, lambda region, outside, distance: distance(~region) - (distance(~outside) - 1.0) * region
    )


def unsigned(inside: Bools, mask: Mask, spacing: Array | None) -> Floats:
    """The distance of every pixel to the other side of the border."""
    return _each_region(inside, mask, spacing, lambda region, outside, distance: distance(~outside) + distance(~region))


def grids(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Pixels, Mask]:
    """`regions`, with a check that spacing matches the images."""
    scores, mask = regions(block, loss, p, conventions, watch)
    spacing = p.get("spacing")
    if spacing is not None and len(spacing) != len(mask.shape):
        axes = " × ".join(map(str, mask.shape))
        what = f"{loss.name}: spacing has {len(spacing)} numbers but images have {len(mask.shape)} axes ({axes})"
        raise UsageError(what, fix=f"give one number per axis: spacing=[{','.join('1' for _ in mask.shape)}]")
    if spacing is None and conventions.spacing is not None:
        rows = block.pred_rows if conventions.spacing.side == "pred" else block.target_rows
        mask = replace(mask, spacing=conventions.spacing.sizes[np.asarray(rows)])
    return scores, mask


def bordered(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Pixels, Mask]:
    """`grids`, with a count of the regions of the mask that have no border."""
    scores, mask = grids(block, loss, p, conventions, watch)
    first = first_class(scores.classes, bool(p.get("background", True)))
    block.once(("regions counted", loss.name, first), lambda: count_regions(mask, first, loss.name, watch))
    return scores, mask


def hard_grids(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Pixels, Mask]:
    """The same for losses of borders, which need hard masks."""
    scores, mask = grids(block, loss, p, conventions, watch)
    if not mask.hard or mask.array.dtype.kind == "f":
        soft = ((mask.array != 0) & (mask.array != 1)).reshape(block.rows, -1).any(1) & (not mask.hard or mask.classes == 1)
        if soft.any():
            fix = "this loss counts border pixels: give class labels or exact one-hot masks"
            raise DataError(
                "the mask contains class probabilities other than 0 and 1", block.place("mask", int(np.argmax(soft)), 0), fix
            )
    return scores, mask


def labels(mask: Mask) -> Ints:
    """Class numbers (n,P) of a hard mask; 0 and 1 for a single class."""
    if mask.hard:
        return np.asarray(mask.array, np.int64)
    whole = mask.whole
    return np.asarray(whole[:, 0] if mask.classes == 1 else np.argmax(whole, 1), np.int64)
