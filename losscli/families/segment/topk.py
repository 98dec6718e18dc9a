"""Cross-entropy of the hardest pixels."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.segment._pixels import Truth, of_all_pixels, pixels
from losscli.families.segment.family import FAMILY
from losscli.families.segment.pixel_cross_entropy import Ignore, Pool
from losscli.families.shared import cross_entropy as entropy
from losscli.families.shared.class_scores import Softmax
from losscli.numerics.stable import Bools, Floats
from losscli.spec.loss import Param, Params, Rows

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
    mean, share = worst(_nll(scores, mask), mask.kept, k)
    return Rows(mean, kept=np.asarray(share.any(1)))


@topk_ce.gradient
def _(scores: Softmax, mask: Truth, p: Params) -> Floats:
    share = worst(_nll(scores, mask), mask.kept, p.k)[1]
    g = entropy.cross_entropy_slope(scores, mask.values)
    wide = share if g.ndim == share.ndim else share[:, None]
    return np.where(wide == 0, 0.0, wide * np.where(wide == 0, 0.0, g))


@of_all_pixels(topk_ce)
def _(scores: Softmax, mask: Truth, p: Params) -> Floats:
    """The largest cross-entropies."""
    nll = _nll(scores, mask)
    return nll[worst(nll, mask.kept, p.k)[1] > 0]


def _nll(scores: Softmax, mask: Truth) -> Floats:
    return entropy.cross_entropy(scores, mask.values)[0]


def worst(values: Floats, kept: Bools | None, k: float) -> tuple[Floats, Floats]:
    """The mean of the k per cent largest values of each row that are kept, (m,), and each value's weight in it, (m,P)."""
    among = np.full(len(values), float(values.shape[1])) if kept is None else kept.sum(1).astype(np.float64)
    count = np.where(among > 0, np.maximum(1.0, np.floor(k * among / 100.0)), 0.0)[:, None]
    order = np.argsort(-values if kept is None else np.where(kept, -values, np.inf), 1, kind="stable")
    chosen, divisor = np.arange(values.shape[1]) < count, np.maximum(count, 1.0)
    share = np.zeros(values.shape)
    np.put_along_axis(share, order, chosen / divisor, 1)
    return np.where(chosen, np.take_along_axis(values, order, 1), 0.0).sum(1) / divisor[:, 0], share
