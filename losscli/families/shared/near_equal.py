"""log p - log t of distributions near each other, with its digits: the one place where a loss needs more than doubles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.numerics.double import Double, log
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


def log_ratio(z: Floats, t: Floats) -> Floats:
    """log softmax(z) - log t of rows of finite logits, 0 where t is 0."""
    there = t > 0
    gap = Double.of(z) - log(Double.of(np.where(there, t, 1.0)))
    likeliest = np.argmax(t, 1)[:, None]
    base = Double(*(np.take_along_axis(x, likeliest, 1) for x in (gap.hi, gap.lo)))
    apart = (gap - base).rounded
    over = (Double.of(t).total() - 1.0).rounded
    lift = np.log1p(over + np.where(there, t * np.expm1(apart), np.exp(apart)).sum(1))
    return np.where(there, apart - lift[:, None], 0.0)
