"""The ranges of predicted and true class numbers, which show that one side counts from 1."""

from __future__ import annotations

from losscli.numerics.stable import Array
from losscli.spec.family import Watch

_SIDES = ("predicted classes", "true classes")


def see_classes(watch: Watch, pred: Array, true: Array) -> None:
    """Take the class numbers of a block into their ranges."""
    for side, numbers in zip(_SIDES, (pred, true), strict=True):
        if numbers.size:
            watch.span(side, float(numbers.min()), float(numbers.max()))


def renumbered(watch: Watch) -> list[tuple[str, str]]:
    """A warning if predicted classes seem to be counted from 1 and true ones from 0, or the reverse."""
    if not set(_SIDES) <= watch.low.keys():
        return []
    pred, label = ((watch.low[side], watch.high[side]) for side in _SIDES)
    sides = [f"{name} {low:g} to {high:g}" for name, (low, high) in (("predicted classes are", pred), ("true classes", label))]
    if pred[0] < pred[1] and label[0] < label[1] and (pred[1] < label[0] or label[1] < pred[0]):
        return [("class-numbers-shifted", f"{sides[0]}, {sides[1]}: no class is on both sides")]
    if abs(pred[0] - label[0]) != 1 or pred[0] - label[0] != pred[1] - label[1] or 0 not in (pred[0], label[0]):
        return []
    if pred[0] == pred[1]:
        return [("class-numbers-shifted", "there is one predicted class and one true class, and they differ: no row agrees")]
    return [("class-numbers-shifted", f"{sides[0]}, {sides[1]}: one side may count from 1")]
