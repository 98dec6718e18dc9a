"""One term on one block that contains all of the data: for functions of arrays and for tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass
from losscli.engine.term import BoundTerm, Sums, scaled, weighed
from losscli.numerics.stable import Bools, Floats, quiet
from losscli.spec.family import Watch
from losscli.spec.loss import Rows
from losscli.spec.tile import Block


def weighted_totals(sums: Sums, weight: Floats | None, tops: frozenset[str] = frozenset()) -> dict[str, Floats]:
    """Σ ω·sum over the rows of one block, with the leading axis kept as one row; for `tops`, the maximum over weights above 0."""
    out = {}
    for name, v in sums.items():
        if name in tops:
            out[name] = (v if weight is None else v[weight > 0]).max(0, keepdims=True, initial=-np.inf)
        else:
            out[name] = (v if weight is None else weighed(v, weight)).sum(0, keepdims=True)
    return out


@dataclass(frozen=True)
class Outcome:
    """The result of one term on one block."""

    value: float
    values: Floats | None = None
    kept: Bools | None = None
    parts: Mapping[str, tuple[float, float]] | None = None
    gradient: Mapping[str, Floats] | None = None


@quiet
def evaluate_block(bound: BoundTerm, block: Block, watch: Watch, gradient: bool = False) -> Outcome:
    """Evaluate a term on a block that contains all of the data: for functions of arrays and for tests."""
    ones = np.ones(block.rows) if block.weight is None else block.weight
    if bound.fits:
        bound = bound.resolved(weighted_totals(bound.fit(block, watch), block.weight, bound.form.tops))
    if bound.form.unit == "whole":
        whole = bound.whole(block, watch)
        slope = whole.gradient() if gradient and whole.gradient else None
        return Outcome(whole.value, None, None, whole.parts, slope)
    if bound.pooled:
        totals = weighted_totals(bound.sums(block, watch), block.weight, bound.form.tops)
        row = bound.finish(totals)
        slope = scaled(bound.gradient(block, watch, totals), bound.share_of(ones)) if gradient else None
        return Outcome(_mean(row, np.ones(1)), None, None, _parts(row, np.ones(1)), slope)
    rows = bound.rows(block, watch)
    slope = bound.gradient(block, watch) if gradient else None
    return Outcome(_mean(rows, ones), rows.values, rows.kept, _parts(rows, ones), slope)


def _mean(rows: Rows, weight: Floats, values: Floats | None = None) -> float:
    kept = np.ones(len(rows.values), bool) if rows.kept is None else rows.kept
    used = weight[kept]
    norm = used if rows.norm is None else used * rows.norm[kept]
    total = np.asarray((rows.values if values is None else values)[kept])
    divisor = max(float(norm.sum()), rows.floor)
    return float(np.divide((used * total)[used != 0].sum(), divisor))


def _parts(rows: Rows, weight: Floats) -> dict[str, tuple[float, float]]:
    return {name: (w, _mean(rows, weight, values)) for name, (w, values) in rows.parts.items()}
