"""The loss of every pixel, for losses that are a mean over pixels: that of an image of the pixel alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.families.segment._pixels import Truth, moved
from losscli.families.segment.family import FAMILY
from losscli.numerics.stable import Array
from losscli.spec.pixel_maps import PixelMaps

PIXELWISE = ("bce", "ce", "focal", "weighted_ce")
"""The losses that are a mean over pixels of what each of them gives alone."""


def alone(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a loss for one image as those for an image per pixel."""
    scores, truth = args
    kept = None if truth.kept is None else truth.kept.reshape(-1, 1)
    return moved(scores, _apart), Truth(_apart(truth.values), kept)


def _apart(array: Array) -> Array:
    """(1,P) as (P,1), and (1,C,P) as (P,C,1)."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 0).reshape(array.shape[-1], *array.shape[1:-1], 1))


FAMILY.pixel_maps = PixelMaps(PIXELWISE, alone)
