"""Predicted classes in place of scores: how they are read and checked, and how many classes there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.families.shared.class_ranges import see_classes
from losscli.families.shared.label_guards import class_numbers
from losscli.families.shared.one_hot_labels import look_for_one_hot
from losscli.families.shared.score_guards import column_names, squeezed
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec.column_names import SCORE, fold
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Fitted, Loss, Params
from losscli.spec.tile import Block

Count = Annotated[int, Fitted("the number of classes that --classes names, or that both sides show")]

CLASSES = "PRED contains classes, not probabilities; zero_one reads them"

TOPS = frozenset({"count"})
"""The sums of `classes_of` that take the maximum."""


@dataclass(frozen=True)
class Classes:
    """The class of each row, (n,). named: the number of classes if --classes names them, else 0."""

    numbers: Array
    named: int = 0


def decided(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Classes, Classes]:
    """The predicted and the true class of each row, in one numbering; with a tolerance, their numbers as they are."""
    if p.get("tolerance") is not None:
        pred, label = (Classes(_flat(block, role, block.doubles(role))) for role in ("pred_label", "label"))
        return pred, label
    found = {role: _classes(block, role) for role in ("pred_label", "label")}
    look_for_one_hot(block, watch)
    for role, numbers in found.items():
        _refuse_unnamed(block, role, numbers, conventions)
    see_classes(watch, found["pred_label"], found["label"])
    named = len(conventions.classes)
    return Classes(found["pred_label"], named), Classes(found["label"], named)


def _flat(block: Block, role: str, array: Array) -> Array:
    flat = squeezed(array)
    if flat.ndim != 1:
        raise DataError(
            f"`{role}` has shape {flat.shape}; expected one class per row, (n,)", block.place(role, 0, 0), _ONE.format(role)
        )
    return flat


_ONE = "name one column with --col {}=NAME"


def _classes(block: Block, role: str) -> Ints:
    array = squeezed(block.arrays[role])
    if role != "label" or array.ndim != 2:
        array = _flat(block, role, array)
    return block.once((role, "decided"), lambda: np.asarray(class_numbers(block, role, array)))


def _refuse_unnamed(block: Block, role: str, numbers: Ints, conventions: Conventions) -> None:
    """Reject class numbers below 0 and beyond --classes."""
    classes = len(conventions.classes)
    outside = (numbers < 0) | (numbers >= classes if classes else False)
    what = f"is outside 0…{classes - 1}" if classes else "is not a class: classes are numbered from 0"
    fix = (
        "name every class, in order, with --classes a,b,c" if classes else "give the classes of both sides numbers from 0, or names"
    )
    block.reject(role, outside, lambda x: f"class {x:g} {what}", fix)


def classes_of(pred_label: Classes, label: Classes, p: Params) -> dict[str, Floats]:
    """By row, the number of classes as far as its own two show it; the first pass takes the maximum."""
    shown = np.maximum(pred_label.numbers, label.numbers) + 1.0
    return {"count": np.full(len(shown), float(label.named)) if label.named else shown}


def in_all(totals: Mapping[str, Floats], p: Params) -> dict[str, int]:
    """The number of classes, from the first pass."""
    return {"count": int(totals["count"].max(initial=1.0))}


def with_classes(error: DataError, block: Block, conventions: Conventions, raw: bool) -> DataError:
    """The error about scores that look like class numbers: one per row, whole, and beyond 0 and 1.

    raw: whether the loss reads scores of any size, so that only its labels are in error and the scores may be right.
    """
    if conventions.from_logits or not _look_like_classes(squeezed(block.arrays["scores"])):
        return error
    names = column_names(block, "scores")
    if names and fold(names[0]) in map(fold, SCORE):  # percentages, or a score of another range
        return error
    fix = "--loss zero_one" + (f" --col pred_label={visible(names[0])}" if names else "")
    if not raw:
        return DataError(CLASSES, block.place("scores", 0, 0), fix)
    return DataError(error.what, error.where, f"{error.fix}; if PRED contains classes, {fix}" if error.fix else fix)


def _look_like_classes(array: Array) -> bool:
    if array.ndim != 1 or not len(array):
        return False
    return bool(array.min() >= 0 and array.max() > 1 and (array == np.rint(array)).all())
