"""A loss per image and class, its derivatives with respect to the sums it is computed from, and its mean over classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass, replace
from losscli.families.segment._region_sums import Mask, Pixels, Sums, scaled, spread
from losscli.numerics.stable import Array, Bools, Floats, divide, times
from losscli.spec.loss import Loss, Params, Rows

_WHEN_EMPTY = {"perfect": 0.0, "one": 1.0, "skip": np.nan, "nan": np.nan, "error": np.nan}


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
        **_: Any,
    ) -> PerClass:
        """Apply the policies of a loss: `empty` where it is undefined (0/0), `absent` where a class is missing in the mask."""
        zeroed = missing if absent == "zero" else np.zeros_like(missing)
        out = missing if absent == "skip" else np.zeros_like(missing)
        if empty == "error":
            _refuse_undefined(undefined & ~zeroed & ~out)
        if empty == "skip":
            out = out | (undefined & ~zeroed)
        found = np.where(zeroed, 0.0, np.where(undefined, _WHEN_EMPTY[empty], loss))
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

    def slope(
        self, scores: Pixels, turns: Mapping[str, Array], *, background: bool = True, outer: Floats | float | None = None
    ) -> Floats:
        """d(row)/d(scores), given the derivative of each sum with respect to every probability.

        outer: the derivative of a function of the row's value, one number or one per row.
        """
        return scores.pull(self.slope_by_p(scores, turns, background=background, outer=outer))

    def slope_by_p(
        self, scores: Pixels, turns: Mapping[str, Array], *, background: bool = True, outer: Floats | float | None = None
    ) -> Floats:
        """d(row)/d(probability), (n,C,P)."""
        part = np.where(self.zeroed, 0.0, divide(self.weight, self.divisor[:, None], 0.0))
        if outer is not None:
            part = scaled(part, np.broadcast_to(outer, (len(part),))[:, None])
        pushed = [scaled(turns[k], spread(scaled(part, by), scores.classes, background)) for k, by in self.by.items()]
        return np.asarray(sum(pushed[1:], start=pushed[0]))


def mean_of_classes(
    loss: Loss, classes: Callable[[Sums, Params], PerClass], turns: Callable[[Pixels, Mask, Params], Mapping[str, Array]]
) -> None:
    """Declare the value of a loss as the mean of `classes`, and its gradient; `turns` are the derivatives of its sums."""

    @loss.finish
    def _(sums: Sums, p: Params) -> Rows:
        return classes(sums, p).rows()

    @loss.gradient
    def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
        return classes(sums, p).slope(scores, turns(scores, mask, p), background=p.background)


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


def power_slope(x: Floats, exponent: float) -> Floats:
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
