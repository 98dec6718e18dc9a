"""Images as pixel losses read them: scores with one axis of pixels, and the target of each pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.families.segment._axes import has_channels
from losscli.families.segment._images import Images, look_for_classes, plain, read
from losscli.families.shared.class_scores import Sigmoid, Softmax, TwoClass, one_hot
from losscli.families.shared.one_hot_labels import look_for_one_hot_masks
from losscli.families.shared.score_guards import refuse_weights
from losscli.numerics.stable import Array, Bools, Floats, Ints, divide, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params, Rows, Whole
from losscli.spec.tile import Block, as_doubles


@dataclass(frozen=True)
class Truth:
    """Target of each pixel: class numbers (n,P), or probabilities in the shape of the scores. kept (n,P): mask of pixels not
    ignored, or None. among (n,P): the pixels that are evaluated at all, or None for all of them."""

    values: Array
    kept: Bools | None
    among: Bools | None = None

    @lazy
    def labels(self) -> Ints:
        """The class number of each pixel, (n,P); -1 for one that is ignored or NaN. Raises DataError for shares of classes."""
        flat = self.values.ndim == 2
        found = self.values if flat else np.argmax(self.values, 1)
        whole = found == np.rint(found) if flat else (self.values.max(1) == 1) & (self.values.sum(1) == 1)
        out = np.isnan(self.values if flat else self.values.sum(1))
        out = out if self.kept is None else out | ~self.kept
        if not (whole | out).all():
            what = "a pixel of the mask has shares of several classes, so --per-class does not apply"
            raise DataError(what, fix="omit --per-class")
        return np.where(out, -1, found).astype(np.int64)

    def of_class(self, c: int) -> Truth:
        """The pixels of one class; the others are ignored and not counted."""
        mine = self.labels == c
        return Truth(self.values, mine, mine)

    def all(self) -> Floats:
        """The number of pixels per image, ignored ones included, (n,)."""
        n, pixels = len(self.values), self.values.shape[-1]
        return np.full(n, float(pixels)) if self.among is None else row_sum(self.among.astype(np.float64))

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
    if "kept" in block.arrays:
        raise UsageError(f"{loss.name} reads whole images, so no pixel can be ignored", fix="omit --ignore-index and --ignore-mask")
    if "mask" not in loss.takes:
        return (block.doubles("scores"),)
    arrays = dict(zip(("scores", "mask"), plain(block, conventions), strict=True))
    return tuple(arrays[name] for name in loss.takes)


def pixels(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Softmax | Sigmoid, Truth]:
    """Checked scores and targets in the form the loss reads."""
    several = has_channels(block.arrays["scores"], conventions) or len(conventions.classes) > 2
    kind, wanted = (r(p, 2 if several else 1) if callable(r) else r for r in (loss.scores, loss.label))
    out = pixels_as(kind, wanted, block, loss, p, conventions, watch)
    if several and wanted in ("class", "distribution") and not conventions.multilabel:
        look_for_one_hot_masks(block, watch)
    if loss.highest is None and not conventions.from_logits:
        look_for_classes(block, conventions, watch)
    return out


def pixels_as(
    kind: str, wanted: str, block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch
) -> tuple[Softmax | Sigmoid, Truth]:
    """The same for a given reading of scores and labels."""
    exclusive = kind == "softmax" and not conventions.multilabel
    renormalize = conventions.renormalize or bool(p.get("renormalize"))
    found = block.once(
        ("pixels", exclusive, renormalize, conventions.from_logits),
        lambda: read(block, conventions, watch, exclusive=exclusive, summing=not renormalize),
    )
    scores = block.once(
        ("scores", kind, renormalize, conventions.from_logits), lambda: _scores(found, kind, conventions, renormalize)
    )
    refuse_weights(p, loss.name, 1 if found.layout == "binary" and kind == "sigmoid" else max(2, found.classes))
    return scores, block.once(("truth", wanted), lambda: _truth(block, found, wanted, _hard(loss)))


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


def _truth(block: Block, found: Images, wanted: str, hard: str) -> Truth:
    n, binary, kept = len(found.mask), found.layout == "binary", found.kept
    if not found.labelled and not binary:
        shares = as_doubles(found.mask.reshape(n, found.classes, -1))
        return Truth(_labels_of(block, shares, hard) if wanted == "class" else shares, kept)
    flat = found.mask.reshape(n, -1)
    if binary and wanted == "unit":
        return Truth(as_doubles(flat), kept)
    if binary and (flat != np.rint(flat)).any():
        if wanted == "class":
            block.reject("mask", found.mask != np.rint(found.mask), lambda x: f"{x:g} is not a class number", hard)
        return Truth(np.stack([1.0 - flat, flat], 1), kept)
    label = flat.astype(np.int64)
    return Truth(one_hot(label, found.classes) if wanted == "unit" else label, kept)


def _labels_of(block: Block, shares: Floats, hard: str) -> Array:
    """Exact one-hot pixels as class numbers."""
    soft = ((shares != 0) & (shares != 1)) | (shares.sum(1, keepdims=True) != 1)
    if soft.any():
        row, item = divmod(int(np.argmax(soft)), soft[0].size)
        raise DataError("a pixel of the mask is not one-hot, so it has no single class", block.place("mask", row, item), hard)
    return np.argmax(shares, 1)


def _hard(loss: Loss) -> str:
    """What mends a soft mask of a loss that needs one class per pixel."""
    own = "; mode=ovr accepts class probabilities" if loss.param("mode") else ""
    return f"{loss.name} reads one class per pixel: round the mask, or use a loss of soft masks such as dice or jml{own}"


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


def moved(scores: Softmax | Sigmoid, move: Callable[[Array], Array]) -> Softmax | Sigmoid:
    """The same scores with their arrays in another arrangement."""
    if isinstance(scores, TwoClass):
        return TwoClass(Sigmoid(move(scores.one.given), scores.one.from_logits))
    if isinstance(scores, Softmax):
        return Softmax(move(scores.given), scores.from_logits, scores.renormalize)
    return Sigmoid(move(scores.given), scores.from_logits)


def of_all_pixels(loss: Loss) -> Callable[[Callable[[Any, Truth, Params], Floats]], None]:
    """Declare the form of a loss with pool=batch: that of one image with all pixels. Also a decorator of a function that gives
    the terms of the mean, if they are more than its value."""
    find: list[Callable[[Any, Truth, Params], Floats]] = []

    @loss.mined(scores=loss.scores, label=loss.label, when=lambda p: p.pool == "batch", by_class=loss.by_class)
    @loss.same_params()
    def whole(scores: Softmax | Sigmoid, mask: Truth, p: Params) -> Whole:
        assert loss.slope is not None
        slope, shape = loss.slope, scores.given.shape
        one = moved(scores, _joined), Truth(_joined(mask.values), None if mask.kept is None else mask.kept.reshape(1, -1))
        rows = loss.kernel(*one, **p)
        by_class = None
        if rows.classes is not None:
            own, counted = rows.classes()
            by_class = np.where(counted, own, np.nan)[0]
        return Whole(
            float(rows.values[0]),
            find[0](*one, p) if find else rows.values,
            lambda: {"scores": _parted(slope(*one, p), shape)},
            classes=by_class,
        )

    return find.append


def _joined(x: Array) -> Array:
    """(n,P) or (n,C,P) as one image, (1,nP) or (1,C,nP)."""
    return x.reshape(1, -1) if x.ndim == 2 else x.transpose(1, 0, 2).reshape(1, x.shape[1], -1)


def _parted(x: Floats, shape: tuple[int, ...]) -> Floats:
    """The inverse of `_joined`."""
    if len(shape) == 2:
        return x.reshape(shape)
    return np.ascontiguousarray(x.reshape(shape[1], shape[0], shape[2]).transpose(1, 0, 2))
