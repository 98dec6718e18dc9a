"""Weights of object boxes that are normalised by their own sum instead of the number of objects. Declares no loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.families.detect._ltrb import spread
from losscli.numerics.stable import Floats, Ints
from losscli.spec.loss import Fitted, Params

Totals = Annotated[Floats | None, Fitted("number of objects in the file and the sums of their box weights")]


def evened(weight: Floats, totals: Floats | None, least: float, kind: int = 1) -> Floats:
    """Weights times max(1, N) / max(Σ weights, least), so that a weighted sum divided by N later is a weighted mean.

    totals: N and the sum of each kind of weight over the file; None if the given objects are all of them.
    """
    count, total = (len(weight), weight.sum()) if totals is None else (totals[0], totals[kind])
    return np.asarray(weight * (max(1.0, float(count)) / max(float(total), least)))


def sums(label: Ints, *weights: Floats) -> dict[str, Floats]:
    """The sums of the first pass, per row: the number of objects (labels ≥ 0) and each kind of weight."""
    at, rows = np.flatnonzero(label >= 0), len(label)
    kinds = {str(i): spread(weight, at, rows) for i, weight in enumerate(weights, 1)}
    return {"0": (label >= 0).astype(np.float64), **kinds}


def totals_of(found: Mapping[str, Floats], p: Params) -> dict[str, Floats]:
    """The argument `totals` of the kernels, from the sums of the first pass."""
    return {"totals": np.array([float(found[name][0]) for name in sorted(found)])}
