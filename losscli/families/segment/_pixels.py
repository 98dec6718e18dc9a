"""Images as pixel losses read them: scores with one axis of pixels, and the target of each pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass
from losscli.families.segment._images import Images, plain, read
from losscli.families.shared.class_scores import Sigmoid, Softmax, TwoClass, one_hot
from losscli.families.shared.score_guards import refuse_weights
from losscli.numerics.stable import Array, Bools, Floats, divide, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params, Rows
from losscli.spec.tile import Block, as_doubles


@dataclass(frozen=True)
class Truth:
    """Target of each pixel: class numbers (n,P), or probabilities in the shape of the scores. kept (n,P): mask of pixels not
    ignored, or None."""

    values: Array
    kept: Bools | None

    def counted(self, terms: Floats) -> Floats:
        """Terms or derivatives per pixel, 0 where a pixel is ignored."""
        if self.kept is None:
            return terms
        return np.where(self.kept if terms.ndim == 2 else self.kept[:, None], terms, 0.0)

    def count(self, terms: Floats) -> Floats:
        """The number of terms per image that are not ignored, (n,)."""
        if self.kept is None:
            return np.full(len(terms), float(terms[0].size) if len(terms) else 0.0)
        return row_sum(self.kept.astype(np.float64)) * (1 if terms.ndim == 2 else terms.shape[1])


def images(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    """The default reader: plain arrays in the shapes of the files, or `pixels`.

    Raw scores are (N,H,W) or (N,C,H,W) doubles; the mask contains class numbers, (N,H,W), or class probabilities in the shape
    of the scores.
    """
    if loss.scores != "raw":
        return pixels(block, loss, p, conventions, watch)
    if "mask" not in loss.takes:
        return (block.doubles("scores"),)
    arrays = dict(zip(("scores", "mask"), plain(block, conventions), strict=True))
    return tuple(arrays[name] for name in loss.takes)


def pixels(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Softmax | Sigmoid, Truth]:
    """Checked scores and targets in the form the loss reads."""
    several = block.arrays["scores"].ndim > 3 or len(conventions.classes) > 2
    kind, wanted = (r(p, 2 if several else 1) if callable(r) else r for r in (loss.scores, loss.label))
    return pixels_as(kind, wanted, block, loss, p, conventions, watch)


def pixels_as(
    kind: str, wanted: str, block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch
) -> tuple[Softmax | Sigmoid, Truth]:
    """The same for a given reading of scores and labels."""
    exclusive, renormalize = kind == "softmax" and not conventions.multilabel, bool(p.get("renormalize"))
    ignored = p.get("ignore_index")
    found = block.once(
        ("pixels", exclusive, renormalize, ignored, conventions.from_logits),
        lambda: read(block, conventions, watch, exclusive=exclusive, summing=not renormalize, ignored=ignored),
    )
    scores = block.once(
        ("scores", kind, renormalize, conventions.from_logits), lambda: _scores(found, kind, conventions, renormalize)
    )
    refuse_weights(p, loss.name, 1 if found.layout == "binary" and kind == "sigmoid" else max(2, found.classes))
    return scores, block.once(("truth", wanted, ignored), lambda: _truth(block, found, wanted, ignored))


def _scores(found: Images, kind: str, conventions: Conventions, renormalize: bool) -> Softmax | Sigmoid:
    n = len(found.scores)
    if found.layout == "binary":
        one = Sigmoid(as_doubles(found.scores.reshape(n, -1)), conventions.from_logits)
        return TwoClass(one) if kind == "softmax" else one
    if found.layout == "labels":
        array = one_hot(found.scores.reshape(n, -1).astype(np.int64), found.classes)
    else:
        array = as_doubles(found.scores.reshape(n, found.classes, -1))
    return Softmax(array, conventions.from_logits, renormalize) if kind == "softmax" else Sigmoid(array, conventions.from_logits)


def _truth(block: Block, found: Images, wanted: str, ignored: int | None) -> Truth:
    n, binary = len(found.mask), found.layout == "binary"
    if not found.labelled and not binary:
        shares = as_doubles(found.mask.reshape(n, found.classes, -1))
        return Truth(_labels_of(block, shares) if wanted == "class" else shares, None)
    flat = found.mask.reshape(n, -1)
    kept = None if ignored is None else flat != ignored
    if kept is not None:
        flat = np.where(kept, flat, 0)
        kept = None if kept.all() else kept
    if binary and wanted == "unit":
        return Truth(as_doubles(flat), kept)
    if binary and (flat != np.rint(flat)).any():
        if wanted == "class":
            bad = (
                (found.mask != np.rint(found.mask))
                if ignored is None
                else (found.mask != np.rint(found.mask)) & (found.mask != ignored)
            )
            block.reject("mask", bad, lambda x: f"{x:g} is not a class number", _HARD)
        return Truth(np.stack([1.0 - flat, flat], 1), kept)
    label = flat.astype(np.int64)
    return Truth(one_hot(label, found.classes) if wanted == "unit" else label, kept)


def _labels_of(block: Block, shares: Floats) -> Array:
    """Exact one-hot pixels as class numbers."""
    soft = (shares != 0) & (shares != 1)
    if soft.any() or (shares.sum(1) != 1).any():
        raise DataError("a pixel of the mask is not one-hot, so it has no single class", block.place("mask", 0, 0), _HARD)
    return np.argmax(shares, 1)


_HARD = "this loss reads one class per pixel; mode=ovr accepts class probabilities"


def mean(terms: Floats, mask: Truth) -> Rows:
    """The mean of an image's terms; an image with only ignored pixels is left out."""
    count = mask.count(terms)
    return Rows(divide(row_sum(mask.counted(terms)), count), kept=count != 0)


def mean_slope(slopes: Floats, mask: Truth) -> Floats:
    """The gradient of `mean`, from the slope of each term."""
    return per_image(mask.counted(slopes), mask.count(slopes))


def per_image(slopes: Floats, divisor: Floats) -> Floats:
    """Slopes divided by the divisor of their image's mean; 0 for images with only ignored pixels."""
    wide = divisor.reshape(-1, *[1] * (slopes.ndim - 1))
    return slopes / np.where(wide == 0, 1.0, wide)
