"""Images of any rank as arrays with one axis of pixels, after checks of shapes and values. Never computes a loss."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass, replace
from losscli.families.segment._axes import has_channels
from losscli.families.segment._remedies import of_labels, of_mask, of_scores, of_shapes, of_shares
from losscli.families.segment._validation import (
    INTEGERS,
    refuse_labels,
    refuse_outside,
    refuse_shares,
    refuse_swapped,
    refuse_zero_sums,
)
from losscli.families.shared.class_ranges import see_classes
from losscli.numerics.stable import Array, Bools
from losscli.sources.base import size
from losscli.spec.family import Conventions, Watch
from losscli.spec.tile import Block, as_doubles


@dataclass(frozen=True)
class Images:
    """Layout of the scores, number of classes and image shape, derived from the shapes of PRED and TARGET.

    layout: `binary` (one score per pixel), `classes` (a score per class, on axis 1) or `labels` (a class per pixel).
    """

    scores: Array
    mask: Array
    layout: str
    classes: int
    pixels: tuple[int, ...]
    kept: Bools | None = None
    """False where a pixel is left out, (n,P); None if none is."""

    @property
    def labelled(self) -> bool:
        """Whether TARGET contains class numbers per pixel rather than class probabilities."""
        if self.mask.shape[1:] != self.pixels:
            return False
        return self.layout != "binary" or self.mask.dtype.kind in INTEGERS


_CLASSES = "classes instead of probabilities"


def look_for_classes(block: Block, conventions: Conventions, watch: Watch) -> None:
    """Record scores that are masks of whole numbers, unless --classes says so."""
    scores = block.arrays["scores"]
    if scores.dtype.kind in INTEGERS and not _is_label_map(scores, conventions):
        watch.see(_CLASSES, block, np.ones(block.rows, bool), "scores")


def classes_in_scores(watch: Watch) -> list[tuple[str, str]]:
    """A warning of masks in PRED of which a loss takes the logarithm."""
    if _CLASSES not in watch.first:
        return []
    path = replace(watch.first[_CLASSES][1][0], row=None, column=None)
    return [("classes-as-probabilities", f"{path}: PRED contains a mask, not probabilities; dice reads masks")]


def plain(block: Block, conventions: Conventions) -> tuple[Array, Array]:
    """Both sides in the shapes of their files: scores as they stand, and masks of class numbers or shares, float64 or whole."""
    found = block.once("images", lambda: shapes(block, conventions))
    block.once("checked mask", lambda: _check_mask(block, found, not conventions.multilabel, conventions))
    whole = found.labelled and found.mask.dtype.kind in INTEGERS
    if whole:
        return block.doubles("scores"), np.ascontiguousarray(found.mask, dtype=np.int64)
    return block.doubles("scores"), as_doubles(_divided(block, found).mask if conventions.renormalize else found.mask)


def read(block: Block, conventions: Conventions, watch: Watch, *, exclusive: bool, summing: bool = True) -> Images:
    """Both sides, checked. Raises DataError at the first invalid number.

    exclusive: the classes of a pixel are mutually exclusive; summing: their scores must sum to one.
    """
    found = shapes(block, conventions)
    shared = exclusive and found.layout == "classes"
    if found.layout == "labels":
        words = conventions.classes != tuple(map(str, range(found.classes)))
        refuse_labels(block, "scores", found.classes, of_labels(block, "scores", found.classes, True, words))
    elif conventions.from_logits:
        _refuse_whole_numbers(block)
        _note_range(found.scores, shared, watch)
    else:
        divided = shared and conventions.renormalize
        refuse_outside(block, "scores", of_scores(block, found.layout == "classes"), divided)
        if divided:
            refuse_zero_sums(block, "scores")
        elif shared and summing:
            refuse_shares(block, "scores", of_shares(block, "scores"))
    _check_mask(block, found, exclusive, conventions)
    if found.layout == "labels" and found.labelled:
        both = [x.reshape(block.rows, -1) for x in (found.scores, found.mask)]
        see_classes(watch, *(both if found.kept is None else [x[found.kept] for x in both]))
    return _divided(block, found) if exclusive and conventions.renormalize else found


def _divided(block: Block, found: Images) -> Images:
    """With class probabilities of the mask divided by their sum."""
    if found.labelled or found.layout == "binary":
        return found
    share = block.doubles("mask")
    return replace(found, mask=share / share.sum(1, keepdims=True))


def shapes(block: Block, conventions: Conventions) -> Images:
    """Both sides by their shapes, unchecked values included."""
    scores, mask = block.arrays["scores"], block.arrays["mask"]
    layout = "classes" if has_channels(scores, conventions) else "labels" if _is_label_map(scores, conventions) else "binary"
    if layout != "labels":
        refuse_swapped(scores, mask, block)
    classes = scores.shape[1] if layout == "classes" else len(conventions.classes) if layout == "labels" else 1
    pixels = scores.shape[2:] if layout == "classes" else scores.shape[1:]
    found = Images(scores, mask, layout, classes, pixels, block.arrays.get("kept"))
    if 0 in scores.shape[1:]:
        raise DataError(f"images without pixels, shape {scores.shape}", block.place("scores", 0, 0))
    if mask.shape[1:] not in (found.pixels, *([] if layout == "binary" else [(classes, *found.pixels)])):
        raise _differ(block, found, conventions)
    if layout == "classes" and conventions.classes and len(conventions.classes) != classes:
        what = f"--classes names {len(conventions.classes)} classes, but PRED has scores for {classes}"
        raise UsageError(what, fix="name every class once, in order")
    return found


def _is_label_map(scores: Array, conventions: Conventions) -> bool:
    """Whether PRED contains class numbers: integers, or numbers of a table or volume, with more than two --classes."""
    whole = scores.ndim == 2 or conventions.volumes or scores.dtype.kind in INTEGERS
    return len(conventions.classes) > 2 and not conventions.from_logits and whole


def _differ(block: Block, found: Images, conventions: Conventions) -> DataError:
    sizes = found.mask.shape[1:], found.pixels
    if block.varies and len(sizes[0]) == len(sizes[1]):
        theirs = replace(block.place("scores", 0, 0), column=None)
        return DataError(
            f"the mask is {size(sizes[0])} pixels, but the prediction is {size(sizes[1])} ({theirs}); images are never resized",
            replace(block.place("mask", 0, 0), column=None),
            "give both sides of an image in one size, and check that the right images are paired",
        )
    return DataError(
        f"shapes differ: PRED {found.scores.shape}, TARGET {found.mask.shape}; arrays are not broadcast",
        block.place("mask", 0, 0),
        of_shapes(found.scores, found.mask, found.pixels, found.classes if found.layout != "binary" else 0, conventions.channels),
    )


def _refuse_whole_numbers(block: Block) -> None:
    if block.arrays["scores"].dtype.kind in INTEGERS:
        raise DataError(
            "PRED contains whole numbers, which are not read as logits",
            block.place("scores", 0, 0),
            "omit --from-logits, or store logits as floats",
        )


def _note_range(scores: Array, shared: bool, watch: Watch) -> None:
    """Record whether logits could be probabilities; the warning is given at the end, after all images."""
    low, high = float(scores.min()), float(scores.max())
    watch.span("logits", low, high)
    if shared and low >= 0.0 and high <= 1.0 and not np.allclose(scores.sum(1), 1.0, atol=1e-3):
        watch.flags.add("logits-no-sum")


def _check_mask(block: Block, found: Images, exclusive: bool, conventions: Conventions) -> None:
    if not found.labelled:
        divided = found.layout != "binary" and exclusive and conventions.renormalize
        refuse_outside(block, "mask", of_mask(block, found.layout == "binary"), divided)
        if divided:
            refuse_zero_sums(block, "mask")
        elif found.layout != "binary" and exclusive:
            refuse_shares(block, "mask", of_shares(block, "mask"))
    elif found.layout == "binary":
        refuse_labels(block, "mask", 2, of_mask(block, True))
    else:
        refuse_labels(block, "mask", found.classes, of_labels(block, "mask", found.classes, bool(conventions.classes)))
