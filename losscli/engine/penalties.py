"""Boxes without a partner as samples: each has the loss's worst value, or the one that the user gives."""

from __future__ import annotations

from math import isfinite

import numpy as np

from losscli.core.errors import UsageError
from losscli.core.values import write_number
from losscli.numerics.stable import Bools
from losscli.spec.loss import Loss, Params, Rows
from losscli.spec.matching import IGNORE, Matching


def penalty(form: Loss, params: Params, matching: Matching | None) -> float | None:
    """The loss of a box without partner; None where such boxes do not count. Raises UsageError for a loss that has none."""
    if matching is None or matching.unmatched == IGNORE:
        return None
    option = f"--unmatched {matching.unmatched}"
    if form.unit != "row" or form.pools(params):
        raise UsageError(f"{option}: {form.name} has no value per pair of boxes", fix="evaluate it in a run without --unmatched")
    found = form.worst_for(params) if matching.penalty is None else matching.penalty
    if found is None or not isfinite(found):
        example = f"{option}:{write_number(1.0)}"
        raise UsageError(f"{option}: {form.name} has no worst value with these parameters", fix=f"give one, such as {example}")
    return found


def penalised(rows: Rows, lone: Bools | None, value: float) -> Rows:
    """The rows, with this value for those of boxes without partner. The terms of a composite are not kept apart."""
    if lone is None or not lone.any():
        return Rows(rows.values, rows.norm, rows.kept, floor=rows.floor)
    return Rows(
        np.where(lone, value, rows.values),
        None if rows.norm is None else np.where(lone, 1.0, rows.norm),
        None if rows.kept is None else rows.kept | lone,
        floor=rows.floor,
    )
