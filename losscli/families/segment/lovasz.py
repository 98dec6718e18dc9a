"""Lovász losses: convex surrogates of the Jaccard loss, computed from the sorted errors of pixels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import replace
from losscli.families.segment._pixels import Truth, of_all_pixels, pixels, pixels_as
from losscli.families.segment.family import FAMILY
from losscli.families.segment.pixel_cross_entropy import Ignore
from losscli.families.shared.class_scores import Sigmoid, Softmax, one_hot
from losscli.numerics.stable import Array, Bools, Floats, divide, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block

Pool = Annotated[Literal["image", "batch"], Param("sort pixels per image and average over images; or sort all pixels together")]
Absent = Annotated[Literal["skip", "count"], Param("a class without target pixels: left out of the mean, or as computed")]


def _margins(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    """Raw scores, with or without --from-logits, and hard 0/1 masks in their shape."""
    scores, mask = pixels_as("sigmoid", "unit", block, loss, p, replace(conventions, from_logits=True), watch)
    soft = ((mask.values != 0) & (mask.values != 1)).reshape(len(mask.values), -1).any(1)
    if soft.any():
        row = int(np.argmax(soft))
        fix = "lovasz losses need hard masks; jml and dice accept soft ones"
        raise DataError("the mask contains class probabilities other than 0 and 1", block.place("mask", row, 0), fix)
    return scores, mask


@FAMILY.loss(
    "lovasz_hinge",
    cite="Berman et al. 2018",
    scores="raw",
    label="binary",
    when=lambda p: p.pool == "image",
    conventions={"smp": {"pool": "batch"}, "kornia": {}},
    reads=_margins,
    by_class="given",
)
def lovasz_hinge(scores: Sigmoid, mask: Truth, *, pool: Pool = "image", ignore_index: Ignore = None) -> Rows:
    """Lovász hinge: convex surrogate of the Jaccard loss of a binary mask, for raw scores.

    Formula: L = Σ_k [e_(k)]₊ Δ_k, e = 1 - f (2t - 1) of raw scores f, sorted in descending order; Δ_k = J_k - J_(k-1) where J_k
    is the Jaccard loss if the k worst pixels were wrong. Then the mean of images; pool=batch: all pixels together.
    Gradient: -(2t - 1) Δ of the pixel's rank where e > 0, else 0. The order is held constant; ties keep their order.
    Edge cases: an image without foreground gives [largest error]₊. Ignored pixels are not sorted; an image with only ignored
    pixels is left out of the mean. With several channels each is a binary mask, and L is their mean. pool=batch keeps all
    scores in memory.
    Use when: results are evaluated by intersection over union and PRED contains logits.
    Avoid when: PRED contains probabilities, whose errors stay within 0…2; you need calibrated scores.
    Related: lovasz_softmax is the form for probabilities and several classes; jaccard is the ratio of soft sums.
    Equivalents: LovaszSoftmax lovasz_hinge: `lovasz_hinge:pool=batch` (per_image=True: `lovasz_hinge`; ignore: ignore_index).
    segmentation-models-pytorch LovaszLoss('binary'): `lovasz_hinge:pool=batch`. kornia lovasz_hinge_loss: `lovasz_hinge`.
    """
    loss, _, kept = _hinge(scores, mask)
    return Rows(loss.mean(1), kept=kept, classes=lambda: (loss, np.broadcast_to(kept[:, None], loss.shape)))


@lovasz_hinge.gradient
def _(scores: Sigmoid, mask: Truth, p: Params) -> Floats:
    return _hinge(scores, mask)[1]


of_all_pixels(lovasz_hinge)


def _hinge(scores: Sigmoid, mask: Truth) -> tuple[Floats, Floats, Bools]:
    """Per image: the loss of each channel, the gradient of their mean with respect to the scores, and whether any pixel is
    included."""
    sign = 2.0 * mask.values - 1.0
    error = 1.0 - scores.array * sign
    kept = _kept(mask, error)
    step = _steps(error, mask.values, kept)
    channels = error.shape[1] if error.ndim == 3 else 1
    loss = (np.maximum(error, 0.0) * step).reshape(len(error), channels, -1).sum(2)
    return loss, np.where(error > 0, -sign * step, 0.0) / channels, np.asarray(kept.reshape(len(kept), -1).any(1))


@FAMILY.loss(
    "lovasz_softmax",
    cite="Berman et al. 2018",
    highest=1.0,
    scores="softmax",
    label="class",
    when=lambda p: p.pool == "image",
    conventions={"smp": {"pool": "batch"}, "kornia": {"absent": "count"}},
    reads=pixels,
    by_class="given",
)
def lovasz_softmax(
    scores: Softmax, mask: Truth, *, pool: Pool = "image", absent: Absent = "skip", ignore_index: Ignore = None
) -> Rows:
    """Lovász softmax: surrogate of the mean Jaccard loss over classes, for probabilities.

    Formula: L = mean over classes of Σ_k e_(k) Δ_k, e = |t - p| sorted in descending order; Δ_k = J_k - J_(k-1) where J_k is
    the Jaccard loss of the class if the k worst pixels were wrong. Then the mean of images; pool=batch: all pixels as one
    image.
    Gradient: sign(p - t) Δ of the pixel's rank / classes; 0 where p = t. Ties keep their order.
    Edge cases: classes without target pixels are left out of the mean (absent=skip), or give their largest probability (count).
    Ignored pixels are not sorted. A binary image is read as two classes. pool=batch keeps all scores in memory.
    Use when: results are evaluated by mean intersection over union.
    Avoid when: masks are soft (an error); you need the mean over all data that benchmarks report but use pool=image.
    Related: lovasz_hinge is for raw binary scores; for hard predictions it equals jaccard over the same classes.
    Equivalents: LovaszSoftmax lovasz_softmax: `lovasz_softmax:pool=batch` (classes='all': absent=count; per_image=True:
    pool=image). segmentation-models-pytorch LovaszLoss('multiclass'): `lovasz_softmax:pool=batch`. kornia
    lovasz_softmax_loss (from 0.9): `lovasz_softmax:absent=count`.
    """
    loss, _, counted = _softmax(scores.p, scores.q, mask, absent)
    return Rows(_mean(loss, counted), kept=np.asarray(counted.any(1)), classes=lambda: (loss, counted))


@lovasz_softmax.gradient
def _(scores: Softmax, mask: Truth, p: Params) -> Floats:
    return scores.pull(_softmax(scores.p, scores.q, mask, p.absent)[1])


of_all_pixels(lovasz_softmax)


def _mean(loss: Floats, counted: Bools) -> Floats:
    return divide(row_sum(np.where(counted, loss, 0.0)), row_sum(counted.astype(np.float64)))


def _softmax(p: Floats, q: Floats, mask: Truth, absent: str) -> tuple[Floats, Floats, Bools]:
    """Per image: the loss of each class, the derivative of their mean with respect to the probabilities, and which classes
    count."""
    t = one_hot(mask.values, p.shape[1])
    error = np.where(t == 1.0, q, p)
    kept = _kept(mask, error)
    step = _steps(error, t, kept)
    present = _sums(t * kept) > 0
    counted = (present | (absent == "count")) & (_sums(1.0 * kept) > 0)
    ones = counted.astype(np.float64)
    share = divide(ones, row_sum(ones)[:, None], 0.0)[..., None]
    slope = np.where(error == 0, 0.0, (1.0 - 2.0 * t) * step) * share
    return _sums(error * step), slope, counted


def _sums(x: Array) -> Floats:
    """The sum over pixels, (n,C)."""
    return np.asarray(np.add.reduce(x, 2))


def _kept(mask: Truth, like: Floats) -> Bools:
    """The mask of included pixels, in the shape of `like`."""
    if mask.kept is None:
        return np.ones(like.shape, bool)
    return np.broadcast_to(mask.kept if like.ndim == 2 else mask.kept[:, None], like.shape)


def _steps(error: Floats, t: Floats, kept: Bools) -> Floats:
    """Δ of each pixel, at its position: along the last axis, with errors sorted in descending order and 0 for ignored pixels.

    A pixel inside the region adds 1/union; one outside enlarges the union U and adds intersection / (U (U + 1)): exact, unlike
    the difference of two Jaccard losses.
    """
    order = np.argsort(np.where(kept, -error, np.inf), -1, kind="stable")
    inside = np.take_along_axis(np.where(kept, t, 0.0), order, -1)
    counts = np.take_along_axis(kept, order, -1)
    size = inside.sum(-1, keepdims=True)
    both = size - np.cumsum(inside, -1)
    union = size + np.cumsum(1.0 - inside, -1)
    before = union - (1.0 - inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        outside = np.where(before == 0, 1.0, both / (union * before))
    step = np.where(counts, np.where(inside == 1.0, 1.0 / np.maximum(union, 1.0), outside), 0.0)
    out = np.zeros(error.shape)
    np.put_along_axis(out, order, step, -1)
    return out
