"""With --nonfinite keep, a sample that holds NaN has the loss NaN, whichever branch its kernel takes where it compares NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite

import numpy as np

from losscli.core.records import replace
from losscli.numerics.stable import Array, Bools, Floats
from losscli.spec.loss import Rows, Whole
from losscli.spec.tile import Block

Sums = Mapping[str, Floats]


def undefined(block: Block, roles: Iterable[str], endless: bool = False) -> Bools | None:
    """The rows with NaN in any of these roles, all rows if a role that they share holds NaN; None if there are none.

    endless: infinity counts as NaN.
    """
    found = [_of(block, role, endless) for role in roles if _holds(block, role, endless)]
    bad = np.logical_or.reduce(found) if found else None
    return bad if bad is not None and bad.any() else None


def _of(block: Block, role: str, endless: bool) -> Bools:
    if role in block.shared:
        return np.ones(block.rows, bool)
    array = block.arrays[role]
    return np.asarray((~np.isfinite(array) if endless else np.isnan(array)).reshape(block.rows, -1).any(1))


def _holds(block: Block, role: str, endless: bool) -> bool:
    array = block.arrays.get(role)
    if array is None or array.dtype.kind != "f" or not array.size:
        return False
    # extremes are NaN if any number is, and need no array of booleans
    least, greatest = block.once(("extremes", role), lambda: (float(array.min()), float(array.max())))
    return least != least or (endless and not (isfinite(least) and isfinite(greatest)))


def undefined_rows(rows: Rows, bad: Bools, unlabelled: Bools | None) -> Rows:
    """Rows with the loss NaN where `bad`, unless they are left out; unlabelled: rows with NaN in the target, which has no label
    that could leave them out."""
    kept = rows.kept if rows.kept is None or unlabelled is None else rows.kept | unlabelled
    at = bad if kept is None else bad & kept
    parts = {name: (w, np.where(at, np.nan, x)) for name, (w, x) in rows.parts.items()}
    classes = None if rows.classes is None else partial(_undefined_classes, rows.classes, at)
    return replace(rows, values=np.where(at, np.nan, rows.values), kept=kept, parts=parts, classes=classes)


def _undefined_classes(classes: Callable[[], tuple[Floats, Bools]], bad: Bools) -> tuple[Floats, Bools]:
    values, counted = classes()
    return np.where(bad[:, None], np.nan, values), counted


def undefined_sums(sums: Sums, bad: Bools) -> dict[str, Floats]:
    """Sums that are all NaN in the rows that are `bad`."""
    return {name: np.where(_along(bad, x), np.nan, x) for name, x in sums.items()}


def undefined_fit(sums: Sums, bad: Bools | None) -> Floats:
    """1 for the rows that are `bad` or have a NaN among their sums, else 0."""
    found = np.logical_or.reduce([np.isnan(x).reshape(len(x), -1).any(1) for x in sums.values()])
    return np.asarray(found if bad is None else found | bad, np.float64)


def lost(sums: Sums) -> Bools | None:
    """The rows whose sums are all NaN; None if there are none."""
    bad: Bools | None = None
    for x in sums.values():
        own = np.asarray(np.isnan(x).reshape(len(x), -1).all(1))
        bad = own if bad is None else bad & own
        if not bad.any():
            return None
    return bad


def undefined_whole(whole: Whole) -> Whole:
    """A loss over all rows, of which some hold NaN."""
    slope = whole.gradient

    def gradient() -> dict[str, Floats]:
        assert slope is not None
        return {role: np.full(g.shape, np.nan) for role, g in slope().items()}

    return replace(
        whole,
        value=np.nan,
        terms=whole.terms if np.isnan(whole.terms).any() else np.zeros(0),
        gradient=None if slope is None else gradient,
        parts={name: (w, np.nan) for name, (w, _) in whole.parts.items()},
        rows=None if whole.rows is None else np.full(len(whole.rows), np.nan),
        total=None if whole.total is None else np.nan,
        classes=None if whole.classes is None else np.full(len(whole.classes), np.nan),
    )


def unknown_whole(arrays: Mapping[str, Array]) -> Whole:
    """The loss NaN over all rows; arrays: the predictions by role."""
    return Whole(np.nan, np.zeros(0), lambda: {k: np.full(x.shape, np.nan) for k, x in arrays.items() if x.dtype.kind == "f"})


def undefined_slopes(slopes: Mapping[str, Floats], bad: Bools) -> dict[str, Floats]:
    """Gradients by role that are NaN in the rows that are `bad`."""
    return {role: np.where(_along(bad, g), np.nan, g) for role, g in slopes.items()}


def _along(bad: Bools, array: Array) -> Bools:
    return bad.reshape(-1, *[1] * (array.ndim - 1))
