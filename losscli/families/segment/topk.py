"""Cross-entropy of the hardest pixels."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.core.records import dataclass
from losscli.families.segment._pixels import Truth, pixels
from losscli.families.segment.family import FAMILY
from losscli.families.segment.pixel_cross_entropy import Ignore, Pool
from losscli.families.shared import cross_entropy as entropy
from losscli.families.shared.class_scores import Softmax
from losscli.numerics.stable import Bools, Floats
from losscli.spec.loss import Param, Params, Rows, Whole

Percent = Annotated[float, Param("percentage of pixels, at least one pixel", gt=0, le=100)]


@FAMILY.loss(
    "topk_ce",
    aliases=("ohem_ce",),
    cite="Wu et al. 2016",
    scores="softmax",
    label="distribution",
    when=lambda p: p.pool == "image",
    reads=pixels,
)
def topk_ce(scores: Softmax, mask: Truth, *, k: Percent = 10.0, ignore_index: Ignore = None, pool: Pool = "image") -> Rows:
    """Mean cross-entropy of the hardest k per cent of an image's pixels.

    Formula: L = mean of the K largest -log p_y of an image, K = max(1, floor(k/100 · pixels)); averaged over images.
    pool=batch: the largest over all images.
    Gradient: that of ce for the K pixels, divided by K; 0 for the others. Ties select the first pixels.
    Edge cases: p_y = 0 gives infinity. Ignored pixels are left out, also when counting k per cent; an image with only ignored
    pixels is left out of the mean. A binary image is read as two classes. pool=batch keeps all scores in memory.
    Use when: easy background pixels far outnumber the relevant ones.
    Avoid when: labels are noisy, as mislabelled pixels are the hardest; you compare values for different k.
    Related: k=100 is ce; focal down-weights easy pixels instead of dropping them; dice_topk adds overlap.
    Equivalents: SegLossOdyssey TopKLoss, nnU-Net TopKLoss: `topk_ce:pool=batch`. In torch, apply topk to the unreduced
    cross_entropy.
    """
    values, kept = _values(scores, mask)
    worst = _worst(values, kept, k)
    return Rows(worst.mean, kept=worst.count > 0)


@topk_ce.gradient
def _(scores: Softmax, mask: Truth, p: Params) -> Floats:
    values, kept = _values(scores, mask)
    return _slope(scores, mask, _worst(values, kept, p.k).share)


@topk_ce.mined(scores="softmax", label="distribution", when=lambda p: p.pool == "batch")
@topk_ce.same_params()
def topk_ce_of_the_file(scores: Softmax, mask: Truth, p: Params) -> Whole:
    """The mean of the largest cross-entropies over all pixels."""
    values, kept = _values(scores, mask)
    worst = _worst(values.reshape(1, -1), None if kept is None else kept.reshape(1, -1), p.k)
    terms = values[worst.share.reshape(values.shape) > 0]
    return Whole(float(worst.mean[0]), terms, lambda: {"scores": _slope(scores, mask, worst.share.reshape(values.shape))})


def _values(scores: Softmax, mask: Truth) -> tuple[Floats, Bools | None]:
    values, _, _ = entropy.cross_entropy(scores, mask.values)
    return values, mask.kept


@dataclass(frozen=True)
class _Worst:
    """The mean of the largest values of each row, (m,), their number, and each value's weight in the mean, (m,P)."""

    mean: Floats
    count: Floats
    share: Floats


def _worst(values: Floats, kept: Bools | None, k: float) -> _Worst:
    all_of_them = np.full(len(values), float(values.shape[1])) if kept is None else kept.sum(1).astype(np.float64)
    count = np.where(all_of_them > 0, np.maximum(1.0, np.floor(k * all_of_them / 100.0)), 0.0)
    order = np.argsort(-values if kept is None else np.where(kept, -values, np.inf), 1, kind="stable")
    chosen = np.arange(values.shape[1]) < count[:, None]
    safe = np.maximum(count, 1.0)
    mean = np.where(chosen, np.take_along_axis(values, order, 1), 0.0).sum(1) / safe
    share = np.zeros(values.shape)
    np.put_along_axis(share, order, chosen / safe[:, None], 1)
    return _Worst(mean, count, share)


def topk(values: Floats, kept: Bools | None, k: float) -> tuple[Floats, Floats]:
    """The mean of the k per cent largest values of each row that are kept, and each value's weight in the mean."""
    found = _worst(values, kept, k)
    return found.mean, found.share


def _slope(scores: Softmax, mask: Truth, share: Floats) -> Floats:
    """The gradient of Σ share · cross-entropy."""
    g = entropy.cross_entropy_slope(scores, mask.values)
    wide = share if g.ndim == share.ndim else share[:, None]
    return np.where(wide == 0, 0.0, wide * np.where(wide == 0, 0.0, g))
