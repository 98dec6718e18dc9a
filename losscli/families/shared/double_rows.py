"""Distributions in double-double precision, for the few rows whose divergence or gradient nearly cancels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.numerics.double import Double, exp, log
from losscli.numerics.stable import Bools, Floats, Ints

_PIECE = 1 << 13
"""Numbers per piece: small enough that the temporaries of an expression stay in a core's cache."""


def anew(plain: Floats, where: Bools, exact: Callable[[Ints], Floats]) -> Floats:
    """`plain` with the rows at `where` recomputed by `exact`. Whether a row is recomputed depends on that row only."""
    rows = np.flatnonzero(where)
    step = max(1, _PIECE // max(1, plain[0].size)) if len(rows) else 1
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        plain[some] = exact(some)
    return plain


def loses_digits(result: Floats, of: Floats) -> Bools:
    """The rows (n,C) where the result is much smaller than the numbers it is a difference of."""
    return np.asarray(np.abs(result).max(1, initial=0.0) < 0.25 * np.abs(of).max(1, initial=0.0))


def softmax(z: Floats | Double) -> Double:
    """Rows of finite logits."""
    e, total = _powers(z)
    return e / _wide(total)


def log_softmax(z: Floats | Double) -> Double:
    """Rows of finite logits."""
    wide = z if isinstance(z, Double) else Double.of(z)
    top = wide.hi.max(1, keepdims=True)
    _, total = _powers(wide)
    return wide - top - _wide(log(total))


def _powers(z: Floats | Double) -> tuple[Double, Double]:
    """e^(z - highest) and its sum."""
    wide = z if isinstance(z, Double) else Double.of(z)
    e = exp(wide - wide.hi.max(1, keepdims=True))
    return e, e.total()


def _wide(x: Double) -> Double:
    return Double(x.hi[:, None], x.lo[:, None])


def sigmoid(z: Floats) -> Double:
    """1 / (1 + e^-z)"""
    e = exp(Double.of(-np.abs(z)))
    return Double(np.where(z >= 0, 1.0, e.hi), np.where(z >= 0, 0.0, e.lo)) / (e + 1.0)


def balanced(slope: Double, p: Double) -> Floats:
    """Rounded slopes that sum to zero: the most likely class's is minus the sum of the others, which keeps its digits."""
    top = np.argmax(p.hi, 1)[:, None]
    rounded = slope.rounded
    np.put_along_axis(rounded, top, 0.0, 1)
    np.put_along_axis(rounded, top, -rounded.sum(1, keepdims=True), 1)
    return rounded


def logs(x: Floats | Double) -> Double:
    """log x, with log 0 = 0: for terms whose other factor is 0 there."""
    held = x if isinstance(x, Double) else Double.of(x)
    return log(Double(np.where(held.hi > 0, held.hi, 1.0), np.where(held.hi > 0, held.lo, 0.0)))


def across(p: Double, h: Double) -> Double:
    """p (h - Σ p h): a gradient with respect to softmax probabilities, turned into one with respect to logits."""
    return p * (h - _wide((p * h).total()))
