"""Weights of objects' boxes whose sum has a divisor of its own beside the number of objects. No loss, no policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.families.detect._ltrb import spread
from losscli.numerics.stable import Floats, Ints
from losscli.spec.loss import Fitted

Totals = Annotated[Floats | None, Fitted("the objects of the file and the sums of their boxes' weights")]


def evened(weight: Floats, totals: Floats | None, least: float, kind: int = 1) -> Floats:
    """Weights times max(1, N) / max(Σ weights, least): a sum of them that N divides later is their weighted mean.

    totals: N and the sum of each kind of weights over the file; None where these objects are all.
    """
    count, total = (len(weight), weight.sum()) if totals is None else (totals[0], totals[kind])
    return np.asarray(weight * (max(1.0, float(count)) / max(float(total), least)))


def sums(label: Ints, *weights: Floats) -> dict[str, Floats]:
    """What a first pass adds up: the objects (labels from 0 on), and each kind of their weights."""
    at, rows = np.flatnonzero(label >= 0), len(label)
    kinds = {str(i): spread(weight, at, rows) for i, weight in enumerate(weights, 1)}
    return {"0": (label >= 0).astype(np.float64), **kinds}


def totals_of(found: Mapping[str, Floats]) -> dict[str, Floats]:
    """The argument `totals` from those sums."""
    return {"totals": np.array([float(found[name][0]) for name in sorted(found)])}
