"""One-to-one assignment of minimal total cost, with SciPy. The only module that needs the extra `match`."""

from __future__ import annotations

from importlib import import_module

from losscli.core.errors import UsageError, install
from losscli.numerics.stable import Floats, Ints


def cheapest(cost: Floats) -> tuple[Ints, Ints]:
    """Rows and columns of the pairs for a (P,T) cost matrix. Raises UsageError if SciPy is not installed."""
    try:
        solve = import_module("scipy.optimize").linear_sum_assignment
    except ImportError:
        raise UsageError("the optimal assignment needs SciPy, which is not installed", fix=install("match")) from None
    rows, cols = solve(cost)
    return rows, cols
