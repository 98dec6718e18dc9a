"""What to suggest where images do not hold what a loss reads, chosen by the values that were found. Never raises.

Each remedy is a function that is called only where something is wrong; it returns words to add to what was found, and the remedy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.families.shared.score_guards import rounding_of
from losscli.numerics.stable import Array
from losscli.spec.tile import Block

VOID = 255
"""What data sets mark void pixels with."""
_FEW = 12
_LABELS = 100
"""A number above which an image of whole numbers shows grey levels rather than labels."""
_SEVERAL = "for several classes give scores of shape (N,C,H,W), or integer labels in PRED with --num-classes N"

Remedy = Callable[[], tuple[str, str]]


def of_scores(block: Block, channels: bool) -> Remedy:
    """For scores that are not probabilities. channels: whether there is one per class."""
    return lambda: _of_scores(block.arrays["scores"], block.arrays["mask"], channels)


def _of_scores(scores: Array, mask: Array, channels: bool) -> tuple[str, str]:
    values = _some(scores)
    whole, top = bool((values == np.rint(values)).all()), float(values.max(initial=0.0))
    logits = "use --from-logits if PRED contains logits"
    if not whole and values.min(initial=0.0) >= 0 and _LABELS < top <= VOID:
        return f" (numbers up to {top:g})", f"divide PRED by 255 if it has grey levels, or {logits}"
    if not whole or values.min(initial=0.0) < 0:
        return "", logits
    if (
        top > _LABELS
        and set(values.tolist()) <= {0.0, top}
        and scores.dtype.kind in "iu"
        and mask.ndim == scores.ndim
        and (len(true := _some(mask)) <= 2 or top in true)
    ):
        others = [x for x in true.tolist() if x not in (0.0, 1.0, top)]
        void = f" --ignore-index {others[0]:g} if {others[0]:g} marks void pixels in TARGET" if len(others) == 1 else ""
        return f" (values 0 and {top:g}: a mask saved as an image)", f"use --mask-values 0,{top:g}{void}"
    if _LABELS < top <= VOID and (channels or len(_some(mask)) <= 2):
        fix = "divide PRED by 255 and save it as floats, in NPY or TIFF"
        return f" (whole numbers up to {top:g}: probabilities saved as an image)", fix
    if not channels and (scores.ndim in (2, 4) or scores.dtype.kind in "iu"):
        every, rest = np.union1d(values, _some(mask)), values[values != VOID]
        if (
            rest.max(initial=0.0) > _LABELS
            and len(values) > 2
            and len(every) <= _FEW
            and (every == np.rint(every)).all()
            and every.min() >= 0
        ):
            listed = ",".join(f"{x:g}" for x in every)
            return "", f"use --num-classes {len(every)} --mask-values {listed} if these are the labels of the classes, in order"
        top = float(rest.max(initial=0.0)) if top == VOID and rest.max(initial=0.0) <= _LABELS else top
        count = int(max(top, _some(mask[mask != VOID]).max(initial=0.0))) + 1
        number = f"--num-classes {count} (or more: other images may have higher labels)"
        return "", f"if PRED contains class labels, give their number with {number}, or their names with --classes a,b,c"
    return "", f"{logits}; store class labels as integers and give their number with --num-classes"


def of_mask(block: Block, binary: bool) -> Remedy:
    """For a mask of a binary image, or of class probabilities, with numbers outside 0…1."""
    return lambda: _of_mask(block.arrays["mask"], binary)


def _of_mask(mask: Array, binary: bool) -> tuple[str, str]:
    values = _some(mask)
    top = float(values.max())
    if not binary and not set(values.tolist()) <= {0.0, top}:
        return "", f"a mask of class probabilities has numbers from 0 to 1{'; divide TARGET by 255' if top == VOID else ''}"
    if values.min() >= 0 and set(values.tolist()) <= {0.0, top}:
        also = f"; {_SEVERAL}" if top <= _LABELS else ""
        return f" (values 0 and {top:g}: a mask saved as an image)", f"use --mask-values 0,{top:g}{also}"
    if values.tolist() == [1.0, 2.0]:
        return " (labels count from 1)", "use --mask-values 1,2"
    void = _void(values)
    if void is not None and set(values.tolist()) <= {0.0, 1.0, void}:
        return "", f"use --ignore-index {void:g} to leave these pixels out"
    if values.min() >= 0 and (mask.dtype.kind == "f" or len(values) > _FEW) and top <= VOID:
        return f" (numbers up to {top:g}: a mask saved as an image)", "divide TARGET by 255 if it is a soft mask"
    return "", _SEVERAL


def of_labels(block: Block, role: str, classes: int, named: bool, words: bool = False) -> Remedy:
    """For labels outside 0…classes-1. named: whether the classes have names; words: whether these are not their numbers."""
    mine, other = block.arrays[role], block.arrays["mask" if role == "scores" else "scores"]
    counted = other.dtype.kind in "iu" and other.ndim == mine.ndim and not other.min(initial=1)
    return lambda: (_of_named if words and role == "scores" else _of_labels)(block.arrays[role], role, classes, named, counted)


def _of_named(labels: Array, role: str, classes: int, named: bool, counted: bool) -> tuple[str, str]:
    """For labels in PRED of classes that have names."""
    values = _some(labels)
    if len(values) == classes and values.min() >= 0:
        return "", f"use --mask-values {','.join(f'{x:g}' for x in values)} if these are the labels of the classes, in order"
    return "", "give every class a name with --classes, or list their labels in order with --mask-values"


def _of_labels(labels: Array, role: str, classes: int, named: bool, counted: bool) -> tuple[str, str]:
    """counted: whether the other side has labels that count from 0."""
    values = _some(labels)
    if role == "scores" and _void(values) is not None:
        return "", "to ignore the pixels without a class in PRED, mark them in an array for --ignore-mask FILE"
    if role == "scores" and not counted and values.min() >= 1 and values.max() == classes:
        return _from_one(classes, named, "")
    if role == "scores" and len(values) == classes and values.max() > _LABELS and values.min() >= 0:
        return "", f"use --mask-values {','.join(f'{x:g}' for x in values)} if these are the labels of the classes, in order"
    if role == "scores":
        count = int(max(values.max(), classes)) + 1
        return "", f"give every class a name with --classes, or their number with --num-classes {count} (or more)"
    void = _void(values)
    rest = values[values != void] if void is not None else values
    if len(rest) and rest.min() >= 1 and rest.max() == classes and counted:
        return " (labels count from 1, those of PRED from 0)", "write both sides with the same labels"
    if len(rest) and rest.min() >= 1 and rest.max() == classes:
        return _from_one(classes, named, f" --ignore-index {void:g}" if void is not None else "")
    if classes == 2 and void == VOID and set(values.tolist()) <= {0.0, VOID}:
        return "", "use --mask-values 0,255 if the mask was saved as an image, --ignore-index 255 if the label marks void pixels"
    if void is not None and len(rest) and rest.min() >= 0 and rest.max() < classes:
        return "", f"PRED has {classes} classes; use --ignore-index {void:g} to leave the label out"
    if len(values) == classes and values.min() >= 0 and counted:
        listed = ", ".join(f"{x:g}" for x in values)
        return "", f"PRED has the labels 0 to {classes - 1}: write TARGET in the same, as by numpy.searchsorted([{listed}], mask)"
    if len(values) == classes and values.min() >= 0:
        return (
            "",
            f"PRED has {classes} classes; use --mask-values {','.join(f'{x:g}' for x in values)} if these are theirs, in order",
        )
    if len(values) > classes:
        return "", f"PRED has scores for {classes} classes, TARGET more labels; --ignore-mask FILE leaves pixels out"
    return "", f"PRED has {classes} classes; list their labels in the masks, in order, with --mask-values"


def _from_one(classes: int, named: bool, also: str) -> tuple[str, str]:
    listed = ",".join(map(str, range(1, classes + 1))) if classes <= _FEW else f"$(seq -s, 1 {classes})"
    return " (labels count from 1)", f"use --{'mask-values' if named else 'classes'} {listed}{also}"


def of_shapes(scores: Array, mask: Array, pixels: tuple[int, ...], classes: int, channels: str) -> str:
    """For sides of different shapes; classes: of the scores, 0 for binary ones."""
    if scores.ndim > 3 and channels == "first" and mask.shape[1:] in (scores.shape[1:-1], (scores.shape[-1], *scores.shape[1:-1])):
        return f"if the last axis of PRED has its {_channels(scores.shape[-1])}, use --channels last"
    if channels == "last" and scores.ndim > 3 and mask.shape[1:] == (*scores.shape[3:], scores.shape[1]):
        return "omit --channels last: the channels of PRED are on the first axis of an image"
    if mask.ndim == len(pixels) + 2 and mask.shape[1:] == (*pixels, 1):
        return "leave out the last axis of TARGET, of length 1: numpy.squeeze(mask, -1)"
    if mask.ndim == len(pixels) + 2 and mask.shape[1:-1] == pixels and mask.max() <= 1:
        return "move the channels of TARGET to the first axis of an image: numpy.moveaxis(mask, -1, 1)"
    if mask.ndim == len(pixels) + 2 and mask.shape[1:-1] == pixels:
        return f"TARGET has {mask.shape[-1]} colours per pixel; save one class label per pixel, shape {mask.shape[:-1]}"
    sizes = ",".join(map(str, pixels))
    return f"TARGET must have shape (N,{sizes}) or (N,{classes},{sizes})" if classes else f"TARGET must have shape (N,{sizes})"


def _channels(n: int) -> str:
    return "single channel" if n == 1 else f"{n} channels"


def of_shares(block: Block, role: str) -> Callable[[], str]:
    """For classes of a pixel that do not sum to one."""
    return lambda: _of_shares(block.arrays[role], block.arrays["scores"], block.arrays["mask"], role == "scores")


def _of_shares(array: Array, scores: Array, mask: Array, logits: bool) -> str:
    moves = mask.shape == scores.shape or mask.shape[1:] == scores.shape[1:-1]
    if moves and array.ndim > 3 and np.allclose(array.sum(-1, dtype=np.float64), 1.0, atol=4e-3):
        return "the last axis sums to 1: use --channels last if it has the channels"
    off = np.abs(array.sum(1, dtype=np.float64) - 1.0)
    rounded = rounding_of(array, float(off.max()))
    if rounded:
        return f"{rounded} --renormalize divides every pixel by its sum"
    independent = "use --multilabel if every class is an independent probability"
    return f"{independent}, or --from-logits if the scores are logits" if logits else independent


def _some(array: Array) -> Array:
    """The distinct values, sorted."""
    return np.unique(np.asarray(array, dtype=np.float64))


def _void(values: Array) -> float | None:
    """The label that marks void pixels by custom: 255, or a negative one."""
    found = [x for x in values.tolist() if x == VOID or x < 0]
    return found[-1] if len(found) == 1 else None
