"""Values of masks as class numbers: by --mask-values, or by names of the classes that are numbers."""

from __future__ import annotations

import re

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.segment._axes import has_channels
from losscli.families.segment._remedies import VOID
from losscli.numerics.stable import Array, Bools
from losscli.spec.family import Conventions
from losscli.spec.tile import Block

_NUMBER = re.compile(r"-?\d+(\.0*)?")


def with_class_numbers(block: Block, ignored: Bools | None, conventions: Conventions, labels: bool) -> dict[str, Array]:
    """The block's arrays with the values of masks, and of class labels in PRED, replaced by class numbers.

    labels: whether the mask has one number per pixel, rather than one per pixel and class.
    """
    arrays = dict(block.arrays)
    values, source, fix = _values(block, conventions)
    if not values:
        return arrays
    if not labels:
        if not conventions.mask_values:
            return arrays
        if len(values) > 2:
            what = f"--mask-values lists {len(values)} values, but TARGET has one number per class, shape {arrays['mask'].shape}"
            raise UsageError(what, fix="list the values of pixels outside and inside a class: --mask-values 0,255")
    axes = arrays["scores"].ndim - (2 if has_channels(arrays["scores"], conventions) else 1)
    already = _read_already(arrays["mask"], values, ignored)
    if not already.all():
        arrays["mask"] = _coded(block, "mask", values, ignored, already, source, fix, axes)
    scores = arrays["scores"]
    if (
        not has_channels(scores, conventions)
        and scores.dtype.kind in "iu"
        and not conventions.from_logits
        and not (already := _read_already(scores, values, ignored)).all()
    ):
        arrays["scores"] = _coded(block, "scores", values, ignored, already, source, fix, axes)
    return arrays


def _values(block: Block, conventions: Conventions) -> tuple[tuple[float, ...], str, str]:
    """The values of classes 0, 1 and so on, where they are not these numbers, what lists them, and what would change the list."""
    if conventions.mask_values:
        listed = conventions.mask_values
        return listed, f"--mask-values {_listed(listed)}", "list every value of the masks, in the order of the classes"
    names = conventions.classes
    scores = block.arrays["scores"]
    count = scores.shape[1] if has_channels(scores, conventions) else len(names) if len(names) > 2 else 2
    if len(names) != count or not all(_NUMBER.fullmatch(name) for name in names):
        return (), "", ""
    numbers = tuple(float(name) for name in names)
    if numbers == tuple(range(len(names))):
        return (), "", ""
    if len({*numbers}) < len(numbers):
        raise UsageError(f"--classes {','.join(names)}: two names are the same number", fix="name every class once")
    return numbers, f"the classes {_listed(numbers)}", "name the classes after the labels of the masks, in the order of the scores"


def _listed(values: tuple[float, ...]) -> str:
    shown = [f"{x:g}" for x in values]
    return ",".join(shown if len(shown) <= 12 else [*shown[:11], "…", shown[-1]])


def _read_already(labels: Array, values: tuple[float, ...], ignored: Bools | None) -> Bools:
    """The images whose binary labels are 0 and 1 already, where the masks' values begin with 0."""
    if len(values) != 2 or values[0] != 0 or labels.dtype.kind not in "iub":
        return np.zeros(len(labels), bool)
    left = labels.reshape(len(labels), -1)
    left = left if ignored is None or left.shape != ignored.shape else np.where(ignored, 0, left)
    return np.asarray(left.max(1, initial=0) <= 1)


def _coded(
    block: Block, role: str, values: tuple[float, ...], ignored: Bools | None, already: Bools, source: str, fix: str, axes: int
) -> Array:
    """The class numbers of values, but in the images that have them already."""
    array, scores = block.arrays[role], block.arrays["scores"]
    pixels = scores.shape[scores.ndim - axes :]
    order = np.argsort(values)
    known = np.asarray(values)[order]
    place = np.minimum(np.searchsorted(known, array), len(known) - 1)
    own = already.reshape(-1, *[1] * (array.ndim - 1))
    strange = (known[place] != array) & ~own
    if ignored is not None:
        strange &= ~ignored.reshape(len(array), *[1] * (array.ndim - len(pixels) - 1), *pixels)
    if strange.any():
        first = array[np.unravel_index(int(np.argmax(strange)), array.shape)]
        void = first == VOID or first < 0
        ignore = f"--ignore-index {first:g}" if role == "mask" and first == np.rint(first) else ""
        remedy = (
            f"use {ignore} to leave these pixels out"
            if void and ignore
            else f"{fix}; {ignore} leaves such pixels out" * bool(ignore) or fix
        )
        block.reject(role, strange, lambda x: f"{x:g} is not one of {source}", remedy)
    return np.asarray(np.where(own, array, order[place]), dtype=np.int64)
