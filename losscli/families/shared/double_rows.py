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


def logs(x: Floats | Double) -> Double:
    """log x, with log 0 = 0: for terms whose other factor is 0 there."""
    held = x if isinstance(x, Double) else Double.of(x)
    return log(Double(np.where(held.hi > 0, held.hi, 1.0), np.where(held.hi > 0, held.lo, 0.0)))
