"""Sums over the file of terms that are pooled, and those of the rows of a tile that they are added from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass, field, replace
from losscli.engine.adding import ROUNDED, Adding
from losscli.engine.term import BoundTerm, Sums, weighed
from losscli.numerics.exact_sum import Exact
from losscli.numerics.integers import Integers
from losscli.numerics.stable import Bools, Floats, Ints, two_product
from losscli.spec.family import Watch
from losscli.spec.tile import Block


@dataclass(frozen=True)
class Totals:
    """Named sums over the file, added exactly; for the names in `tops`, the largest number instead.

    weighed: whether any row has a weight above 0.
    """

    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sums: Mapping[str, tuple[Exact, ...]] = field(default_factory=dict)
    tops: frozenset[str] = frozenset()
    weighed: bool = True

    @classmethod
    def of(cls, sums: Mapping[str, Floats], tops: frozenset[str] = frozenset()) -> Totals:
        exact = {k: tuple(Exact.of(float(x)) for x in v.ravel()) for k, v in sums.items()}
        return cls({k: v.shape for k, v in sums.items()}, exact, tops)

    @classmethod
    def over(cls, sums: Sums, weight: Floats | None, tops: frozenset[str], adding: Adding = ROUNDED) -> Totals:
        """Σ ω·sum over the rows of one block; for `tops`, the maximum over weights above 0."""
        exact: dict[str, tuple[Exact, ...]] = {}
        for name, v in sums.items():
            if name in tops:
                most = (v if weight is None else v[weight > 0]).max(0, initial=-np.inf)
                exact[name] = tuple(Exact.of(float(x)) for x in np.ravel(most))
            else:
                exact[name] = tuple(adding.columns(v if weight is None else weighed(v, weight)))
        return cls({name: (1, *v.shape[1:]) for name, v in sums.items()}, exact, tops, _weighed(weight))

    def __add__(self, other: Totals) -> Totals:
        if not self.shapes or not other.shapes:
            return self if self.shapes else other
        both = {}
        for name, mine in self.sums.items():
            joined = _larger if name in self.tops else Exact.__add__
            both[name] = tuple(joined(a, b) for a, b in zip(mine, other.sums[name], strict=True))
        return Totals(self.shapes, both, self.tops, self.weighed or other.weighed)

    def arrays(self) -> dict[str, Floats]:
        return {k: np.array([float(x) for x in v]).reshape(self.shapes[k]) for k, v in self.sums.items()}

    def settled(self, bound: BoundTerm) -> Sums:
        """The sums from which the value of the term follows."""
        if not bound.exact:
            return self.arrays()
        return bound.settled({name: Integers.of(v, self.shapes[name]) for name, v in self.sums.items()})


def _weighed(weight: Floats | None) -> bool:
    return weight is None or bool((weight > 0).any())


def _larger(a: Exact, b: Exact) -> Exact:
    """The larger of two numbers, or NaN if either is NaN."""
    x, y = float(a), float(b)
    return a if x != x or x >= y else b


@dataclass(frozen=True)
class PooledSums:
    """The sums of a pooled term in the rows of a tile, by name; tops: the names of those that are maxima.

    exact: whether each row has several numbers along the second axis, which add up to the sum times the weight without rounding.
    """

    sums: Sums
    tops: frozenset[str] = frozenset()
    exact: bool = False

    @classmethod
    def of(cls, bound: BoundTerm, block: Block, watch: Watch) -> PooledSums:
        """The sums of a block."""
        if not bound.exact:
            return cls(bound.sums(block, watch), bound.form.tops)
        found = bound.exact_sums(block, watch)
        if block.weight is not None:
            found = {name: _split(v, block.weight) for name, v in found.items()}
        return cls(found, exact=True)

    def cut(self, at: Ints | Bools | slice) -> PooledSums:
        """The sums of some of the rows."""
        return PooledSums({name: v[at] for name, v in self.sums.items()}, self.tops, self.exact)

    def totals(self, weight: Floats | None, adding: Adding) -> Totals:
        """Their totals."""
        if not self.exact:
            return Totals.over(self.sums, weight, self.tops, adding)
        found = Totals.over({name: v.reshape(-1, *v.shape[2:]) for name, v in self.sums.items()}, None, self.tops, adding)
        return replace(found, weighed=_weighed(weight))

    def columns(self, weight: Floats | None) -> list[Floats]:
        """The weighted sums that are not maxima in the order of their names, each as (n, k, m): k numbers to be added."""
        found = [v for name, v in sorted(self.sums.items()) if name not in self.tops]
        if self.exact:
            return [v.reshape(*v.shape[:2], -1) for v in found]
        return [(v if weight is None else weighed(v, weight)).reshape(len(v), 1, -1) for v in found]


def _split(v: Floats, weight: Floats) -> Floats:
    """The numbers of rows times their weights, each as two whose sum is the product; 0 where the weight is."""
    along = weight.reshape(-1, *[1] * (v.ndim - 1))
    return np.concatenate(two_product(np.where(along == 0, 0.0, v), along), axis=1)
