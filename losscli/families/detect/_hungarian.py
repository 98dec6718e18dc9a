"""One-to-one assignment of minimal total cost, with SciPy. The only module that needs the extra `match`."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from losscli.core.errors import UsageError, install
from losscli.numerics.stable import Floats, Ints


def cheapest(cost: Floats) -> tuple[Ints, Ints]:
    """Rows and columns of the pairs for a (P,T) cost matrix. Raises UsageError if SciPy is not installed."""
    try:
        solve = import_module("scipy.optimize").linear_sum_assignment
    except ImportError:
        raise UsageError("the optimal assignment needs SciPy, which is not installed", fix=install("match")) from None
    rows, cols = solve(_ordered(cost))
    return rows, cols


def _ordered(cost: Floats) -> Floats:
    """The costs, with those that are infinite or NaN above every other, so that they are taken only where nothing else is left."""
    finite = np.isfinite(cost)
    if finite.all():
        return cost
    highest = float(np.abs(cost[finite]).max(initial=1.0))
    return np.where(finite, cost, min(3.0 * highest * max(cost.shape), np.finfo(np.float64).max / max(cost.shape)))
