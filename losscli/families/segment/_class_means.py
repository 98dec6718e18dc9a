"""Losses of single classes, (n,K), that kernels hand over: means over all pixels of an image, or over those of the class."""

from __future__ import annotations

import numpy as np

from losscli.families.segment._distance_transform import labels
from losscli.families.segment._region_sums import Mask
from losscli.numerics.stable import Bools, Floats, divide

ByClass = tuple[Floats, Bools]
"""The loss of each class, (n,K), and whether an image has one, (n,K)."""


def per_image(values: Floats, mask: Mask) -> ByClass:
    """Losses (n,K) that every image has, apart from images without pixels."""
    some = np.ones(len(values), bool) if mask.some is None else mask.some
    return values, np.broadcast_to(some[:, None], values.shape)


def over_pixels(terms: Floats, mask: Mask) -> ByClass:
    """The mean of each class's terms (n,K,P) over the pixels of an image."""
    return per_image(np.stack([mask.mean(terms[:, k]) for k in range(terms.shape[1])], 1), mask)


def over_members(terms: Floats, mask: Mask, classes: int, weight: Floats | None = None) -> ByClass:
    """The mean of terms (n,P) over the pixels whose true class it is, weighted by `weight` (n,P)."""
    label = labels(mask) if mask.kept is None else np.where(mask.kept, labels(mask), -1)
    found = np.stack([(label == c) * (1.0 if weight is None else weight) for c in range(classes)], 1)
    total = np.where(found > 0, found * terms[:, None], 0.0).sum(-1)
    return divide(total, found.sum(-1)), np.asarray((found > 0).any(-1))
