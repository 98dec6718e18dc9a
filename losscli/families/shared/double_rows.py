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


def softmax(z: Floats) -> Double:
    """Rows of finite logits."""
    e, total = _powers(z)
    return e / _wide(total)


def log_softmax(z: Floats) -> Double:
    """Rows of finite logits."""
    _, total = _powers(z)
    return _lowered(z) - _wide(log(total))


def _powers(z: Floats) -> tuple[Double, Double]:
    """e^(z - highest) and its sum."""
    e = exp(_lowered(z))
    return e, e.total()


def _lowered(z: Floats) -> Double:
    """z - highest"""
    return Double.sum(z, -z.max(1, keepdims=True))


def _wide(x: Double) -> Double:
    return Double(x.hi[:, None], x.lo[:, None])


def logs(x: Floats) -> Double:
    """log x, with log 0 = 0: for terms whose other factor is 0 there."""
    return log(Double.of(np.where(x > 0, x, 1.0)))
