"""Exact totals as integers, of which quotients and central moments are rounded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import SCALE, Exact, ratio
from losscli.numerics.stable import Array, Floats


@dataclass(frozen=True)
class Integers:
    """Totals as multiples of 2^-1074 in an array of objects, 0 where `numbers`, the totals rounded, are not finite."""

    units: Array
    numbers: Floats

    @classmethod
    def of(cls, totals: Sequence[Exact], shape: tuple[int, ...]) -> Integers:
        """The totals of sums without rounding."""
        units = _objects([x.total if x.finite else 0 for x in totals], shape)
        return cls(units, np.array([float(x) for x in totals]).reshape(shape))

    @classmethod
    def of_units(cls, totals: Sequence[int], shape: tuple[int, ...]) -> Integers:
        """The totals of multiples of 2^-1074."""
        return cls(_objects(totals, shape), np.array([ratio(x, 1 << SCALE) for x in totals]).reshape(shape))

    @classmethod
    def unknown(cls, shape: tuple[int, ...]) -> Integers:
        """Totals of which none is known."""
        return cls(np.zeros(shape, object), np.full(shape, np.nan))

    def each(self, fn: Callable[..., float], *others: Integers) -> Floats:
        """A function of these multiples and of those of others, entry by entry; NaN where a total is not finite."""
        every = [self, *others]
        units = [np.broadcast_to(x.units, self.units.shape).ravel().tolist() for x in every]
        known = np.logical_and.reduce([np.broadcast_to(np.isfinite(x.numbers), self.units.shape) for x in every])
        found = [fn(*entry) if ok else nan for ok, *entry in zip(known.ravel().tolist(), *units, strict=True)]
        return np.array(found, np.float64).reshape(self.units.shape)

    def over(self, divisor: Integers) -> Floats:
        """These totals divided by others above 0; NaN elsewhere."""
        return self.each(lambda a, n: ratio(a, n) if n > 0 else nan, divisor)

    def about_mean(self, first: Integers, n: Integers) -> Floats:
        """Σ(x - x̄)² of these totals Σx², of Σx and of n; NaN without rows."""
        return self.each(lambda q, a, m: ratio(q * m - a * a, m << SCALE) if m > 0 else nan, first, n)


def _objects(totals: Sequence[int], shape: tuple[int, ...]) -> Array:
    found = np.zeros(len(totals), object)
    found[:] = totals
    return found.reshape(shape)
