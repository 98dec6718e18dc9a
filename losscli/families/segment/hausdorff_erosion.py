"""The Hausdorff loss by erosion, where errors that survive many erosions are far from any border."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.families.segment._class_means import over_pixels
from losscli.families.segment._morphology import FIRST, shifted
from losscli.families.segment._region_sums import Mask, Pixels, difference, first_class
from losscli.families.segment.dice import Background
from losscli.families.segment.family import FAMILY, REGIONS
from losscli.numerics.stable import Array, Bools, Floats, times
from losscli.spec.loss import Param, Params, Rows
from losscli.spec.tile import as_doubles


@FAMILY.loss("hausdorff_er", cite="Karimi and Salcudean 2020", conventions={"kornia": {}}, **REGIONS)
def hausdorff_er(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Annotated[float, Param("exponent of the erosion index i", gt=0)] = 2.0,
    k: Annotated[int, Param("erosions", ge=1, le=1000)] = 10,
    background: Background = True,
) -> Rows:
    """Hausdorff loss by erosion: squared errors weighted by the number of erosions they survive.

    Formula: L = mean over pixels and classes of Σ_{i=1..k} e_i i^α. e_0 = (p - t)²; e_i is the mean of e_{i-1} over a pixel and
    its neighbours along the axes (0 beyond the edge) minus ½, 0 where that is negative, then rescaled to a minimum of 0 and a
    maximum of 1 within the image. Averaged over images.
    Gradient: backpropagated through every erosion and rescaling; pixels tied for the minimum or maximum share it.
    Edge cases: an image with constant e_i is not rescaled (it stays 0 if no error is left). Ignored pixels are not among a pixel's
    neighbours.
    Use when: results are evaluated by Hausdorff distance and you want to avoid a distance transform.
    Avoid when: errors are thinner than the cross-shaped kernel, as they vanish at once; you need values that read as distances.
    Related: hausdorff_dt weights by the distances themselves.
    Equivalents: kornia HausdorffERLoss and HausdorffERLoss3D: `hausdorff_er` (alpha and k of the same names). SegLossOdyssey
    HausdorffERLoss is the same for a single region.
    """
    rounds = _Rounds.of(scores, mask, k, background)
    total = sum((times(e, np.power(float(i), alpha)) for i, e in enumerate(rounds.stretched, 1)), start=np.zeros_like(rounds.gap))
    total = total.reshape(*total.shape[:2], -1)
    return Rows(mask.mean(total), kept=mask.some, classes=lambda: over_pixels(total, mask))


@hausdorff_er.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    rounds = _Rounds.of(scores, mask, p.k, p.background)
    share = mask.shares().reshape(len(rounds.gap), 1, *mask.shape) / rounds.gap.shape[1]
    g = np.zeros_like(rounds.gap)
    for i in range(p.k, 0, -1):
        g = rounds.back(i - 1, g + times(share, np.power(float(i), p.alpha)))
    h = np.zeros((len(g), scores.classes, scores.width))
    h[:, first_class(scores.classes, p.background) :] = (2.0 * rounds.gap * g).reshape(len(g), g.shape[1], -1)
    return scores.pull(h)


@dataclass(frozen=True)
class _Rounds:
    """p - t as images, and e of every erosion, raw and rescaled; ignored pixels have 0 and are left out of every mean and range."""

    gap: Floats
    raw: list[Floats]
    stretched: list[Floats]
    kept: Bools | None

    @classmethod
    def of(cls, scores: Pixels, mask: Mask, k: int, background: bool) -> _Rounds:
        flat = difference(scores.whole, mask.whole)[:, first_class(scores.classes, background) :]
        gap = flat.reshape(*flat.shape[:2], *mask.shape)
        kept = None if mask.kept is None else mask.kept.reshape(len(flat), 1, *mask.shape)
        rounds = cls(gap, [], [], kept)
        error = np.square(gap)
        for _ in range(k):
            blurred = rounds._blurred(error)
            e = np.where(blurred < 0.5, 0.0, blurred - 0.5)
            least, spread = rounds._range(e)
            error = rounds._left(np.where(spread == 0, e, (e - least) / np.where(spread == 0, 1.0, spread)))
            rounds.raw.append(e)
            rounds.stretched.append(error)
        return rounds

    def back(self, i: int, g: Floats) -> Floats:
        """From d/d(rescaled e of round i) to d/d(input of that round)."""
        e, done, g = self.raw[i], self.stretched[i], self._left(g)
        least, spread = self._range(e)
        axes = tuple(range(FIRST, e.ndim))
        wide = np.where(spread == 0, 1.0, spread)
        by_least, by_largest = -(g * (1.0 - done)).sum(axes, keepdims=True) / wide, -(g * done).sum(axes, keepdims=True) / wide
        lowest, highest = self._left(e == least), self._left(e == least + spread)
        moved = g / wide + by_least * _shared(lowest, axes) + by_largest * _shared(highest, axes)
        inner = np.where(spread == 0, g, moved)
        # e is 0 with zero derivative below the threshold, and linear in the blurred error above it
        before = np.square(self.gap) if i == 0 else self.stretched[i - 1]
        passed = np.where(self._blurred(before) < 0.5, 0.0, inner)
        return self._left(_cross(as_doubles(passed) if self.kept is None else as_doubles(passed * self._gain)))

    def _left(self, x: Array) -> Floats:
        """x, and 0 where a pixel is ignored."""
        return np.asarray(x if self.kept is None else np.where(self.kept, x, 0.0))

    def _blurred(self, x: Floats) -> Floats:
        """The mean over a pixel and its neighbours along the axes that are not ignored, 0 beyond the edge."""
        found = _cross(x)
        return found if self.kept is None else self._left(found * self._gain)

    @lazy
    def _gain(self) -> Floats:
        """What the neighbours' mean is multiplied by for those that are ignored."""
        assert self.kept is not None
        return 1.0 / np.maximum(1.0 - _cross(as_doubles(~self.kept)), 1e-9)

    def _range(self, e: Floats) -> tuple[Floats, Floats]:
        """The minimum of each image, and its range."""
        axes = tuple(range(FIRST, e.ndim))
        if self.kept is None:
            least = e.min(axes, keepdims=True)
            return least, e.max(axes, keepdims=True) - least
        some = self.kept.any(axes, keepdims=True)
        least = np.where(some, np.where(self.kept, e, np.inf).min(axes, keepdims=True), 0.0)
        return least, np.where(some, np.where(self.kept, e, -np.inf).max(axes, keepdims=True), 0.0) - least


def _shared(chosen: Array, axes: tuple[int, ...]) -> Floats:
    return np.asarray(chosen / np.maximum(chosen.sum(axes, keepdims=True), 1.0))


def _cross(x: Floats) -> Floats:
    """The mean over a pixel and its neighbours along the axes, 0 beyond the edge. The operation is its own transpose."""
    weight = 1.0 / (2 * (x.ndim - FIRST) + 1)
    out = weight * x
    for axis in range(FIRST, x.ndim):
        for by in (-1, 1):
            out = out + weight * shifted(x, axis, by, 0.0)
    return out
