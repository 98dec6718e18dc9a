"""A loss per image and class, its derivatives with respect to the sums it is computed from, and its mean over classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass, replace
from losscli.families.segment._region_sums import Mask, Pixels, Scores, Sums, spread
from losscli.numerics.stable import Array, Bools, Floats, divide, times
from losscli.spec.loss import Loss, Params, Rows

Turns = Callable[[Scores, Floats, Params], Mapping[str, Array]]
"""The derivative of each sum with respect to every probability, by name, given scores and mask of a span of pixels."""


@dataclass(frozen=True)
class PerClass:
    """loss (m,K), and for each sum (m,K), by name, the derivative of the loss with respect to it.

    weight: a class's weight in its image's mean, 0 where it is left out; divisor (m,): of that mean. zeroed: classes whose loss
    a policy set to 0.
    """

    loss: Floats
    by: Mapping[str, Floats]
    weight: Floats
    divisor: Floats
    zeroed: Bools

    @classmethod
    def of(
        cls,
        loss: Floats,
        by: Mapping[str, Floats],
        *,
        undefined: Bools,
        missing: Bools,
        empty: str = "perfect",
        absent: str = "count",
        weights: Floats | None = None,
        norm: str = "weights",
        one: float = 1.0,
        **_: Any,
    ) -> PerClass:
        """Apply the policies of a loss: `empty` where it is undefined (0/0), `absent` where a class is missing in the mask.

        one: the loss of a class without overlap.
        """
        zeroed = missing if absent == "zero" else np.zeros_like(missing)
        out = missing if absent == "skip" else np.zeros_like(missing)
        if empty == "error":
            _refuse_undefined(undefined & ~zeroed & ~out)
        if empty == "skip":
            out = out | (undefined & ~zeroed)
        when_empty = {"perfect": 0.0, "one": one}.get(empty, np.nan)
        found = np.where(zeroed, 0.0, np.where(undefined, when_empty, loss))
        count = loss.shape[1]
        own = np.ones(count) if weights is None else weights[len(weights) - count :]
        weight = np.where(out, 0.0, own)
        divisor = weight.sum(1) if norm == "weights" else (~out).sum(1).astype(np.float64)
        return cls(found, by, weight, divisor, zeroed)

    def turned(self, loss: Floats, slope: Floats) -> PerClass:
        """Replace each class's loss by a function of it, given its values and its derivatives."""
        return replace(self, loss=loss, by={name: scaled(x, slope) for name, x in self.by.items()})

    def rows(self) -> Rows:
        """The mean over classes; images whose classes are all left out or have weight 0 are left out."""
        total = times(self.weight, self.loss).sum(1)
        return Rows(divide(total, self.divisor), kept=self.divisor > 0)

    def by_sum(self, classes: int, background: bool, outer: Floats | float = 1.0) -> dict[str, Floats]:
        """d(row)/d(sum) by name, (m,C,1); outer: the derivative of a function of the row's value, one number or one per row."""
        part = np.where(self.zeroed, 0.0, divide(self.weight, self.divisor[:, None], 0.0))
        part = scaled(part, np.broadcast_to(outer, (len(part),))[:, None])
        return {name: spread(scaled(part, by), classes, background) for name, by in self.by.items()}

    def slope(self, scores: Pixels, mask: Mask, turns: Turns, p: Params, outer: Floats | float = 1.0) -> Floats:
        """d(row)/d(scores), or that of a function of the row's value with the derivative `outer`."""
        by = self.by_sum(scores.classes, p.background, outer)
        return scores.pull_spans(mask, lambda s, t: by_pixel(by, turns(s, t, p)))


def by_pixel(by: Mapping[str, Floats], turns: Mapping[str, Array]) -> Floats:
    """d(row)/d(probability), (n,C,·), by the chain rule over the sums."""
    first, *others = [turns[name] * x if np.isfinite(x).all() else scaled(turns[name], x) for name, x in by.items()]
    for other in others:
        first += other
    return first


def scaled(x: Floats, factor: Floats) -> Floats:
    """x · factor, with 0 · ∞ = 0."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where((x == 0) | (factor == 0), 0.0, x * factor))


def mean_of_classes(
    loss: Loss,
    classes: Callable[[Sums, Params], PerClass],
    turns: Turns,
    after: Callable[[Floats, Params], tuple[Floats, Floats]] | None = None,
) -> None:
    """Declare the value of a loss as the mean of `classes`, and its gradient; `turns` are the derivatives of its sums.

    after: a function of the mean, as its values and its derivatives.
    """

    @loss.finish
    def _(sums: Sums, p: Params) -> Rows:
        rows = classes(sums, p).rows()
        return rows if after is None else Rows(after(rows.values, p)[0], kept=rows.kept)

    @loss.gradient
    def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
        found = classes(sums, p)
        outer = 1.0 if after is None else after(found.rows().values, p)[1]
        return found.slope(scores, mask, turns, p, outer)


def ratio(
    sums: Sums, share: float, *, smooth: float | Floats = 0.0, eps: float = 0.0, classes: str = "mean", **policies: Any
) -> PerClass:
    """L = (apart + e) / (apart + e + share·both + s): one minus an overlap, without subtracting from one."""
    if classes == "pooled":
        sums = {k: v.sum(1, keepdims=True) for k, v in sums.items()}
    top, rest = sums["apart"] + eps, share * sums["both"] + smooth
    whole = top + rest
    by_top = divide(divide(rest, whole, 0.0), whole, 0.0)
    by_rest = -divide(divide(top, whole, 0.0), whole, 0.0)
    undefined, missing = (top == 0) & (rest == 0), sums["size"] == 0
    return PerClass.of(
        divide(top, whole), {"apart": by_top, "both": share * by_rest}, undefined=undefined, missing=missing, **policies
    )


def quotient(top: Floats, whole: Floats, size: Floats, **policies: Any) -> PerClass:
    """L = top / whole, each a separate sum."""
    value = divide(top, whole)
    by = {"top": divide(np.ones_like(whole), whole), "whole": -divide(value, whole, 0.0)}
    undefined = (top == 0) & (whole == 0)
    by = {name: np.where(undefined, 0.0, x) for name, x in by.items()}
    return PerClass.of(value, by, undefined=undefined, missing=size == 0, **policies)


def power_slope(x: Floats, exponent: float | Floats) -> Floats:
    """d(x^k)/dx, infinite at 0 for an exponent below one."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(exponent * np.power(x, exponent - 1.0))


def _refuse_undefined(undefined: Bools) -> None:
    """Raise DataError if a class is 0/0 and the policy is `empty=error`."""
    if undefined.any():
        c = int(np.argmax(undefined.any(0)))
        raise DataError(
            f"0/0: class {c} is empty in both the mask and the prediction", fix="set empty=perfect (loss 0), one, skip or nan"
        )
