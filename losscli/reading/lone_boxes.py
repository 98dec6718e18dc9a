"""Samples that are boxes without a partner: their rows, and their values in columns that only the other side has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import UsageError
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.pairing import Pairing
from losscli.sources.base import Field, gather
from losscli.spec.tile import as_index

NOWHERE = "(unmatched)"
"""The value of a box without partner in a column of the other side."""


def rows_of(inputs: Inputs, side: str, samples: Ints) -> list[int | None]:
    """The row of each sample in a side's file, from 1; None for one that has none."""
    index = inputs.index(side)
    rows = (samples if index is None else index[samples]) + 1
    if inputs.pairing.all_pairs:
        found: list[int | None] = rows.tolist()
        return found
    has = inputs.pairing.has(side, samples).tolist()
    return [row if known else None for row, known in zip(rows.tolist(), has, strict=True)]


def key_words(inputs: Inputs, fields: Sequence[Field], samples: Ints) -> list[list[str]]:
    """The words of each key of the samples. fields: the columns of the keys."""
    side = inputs.key_side
    model = [inputs.models_of(samples)] if inputs.models else []
    return model + [list(map(str, _cells(inputs, side, name, f, samples))) for name, f in zip(inputs.keys, fields, strict=True)]


def group_cells(inputs: Inputs, by: Filled, start: int, stop: int) -> Array:
    """The cells of a column that groups the samples start…stop-1."""
    index = inputs.rows_of(by)
    if stop <= inputs.pairing.matched or inputs.pairing.all_pairs:
        return by.read(start, stop, index)
    name = by.field.names[0] if by.field.names else ""
    return _cells(inputs, by.side, name, by.field, np.arange(start, stop))


def group_words(inputs: Inputs, by: Filled, samples: Ints) -> list[str]:
    """The words by which a column groups these samples, which are in ascending order."""
    if not len(samples):
        return []
    start, stop = int(samples[0]), int(samples[-1]) + 1
    return _words(group_cells(inputs, by, start, stop)[samples - start])


def _cells(inputs: Inputs, side: str, name: str, field: Field, samples: Ints) -> Array:
    """A column at the samples: of a box without partner, the same column of its own side, if both sides have it."""
    index = inputs.index(side)
    rows = samples if index is None else as_index(index)[samples]
    if inputs.pairing.all_pairs:
        return gather(field, rows)
    has = inputs.pairing.has(side, samples)
    out = np.full(len(samples), NOWHERE, dtype=object)
    out[has] = _words(gather(field, rows[has]))
    other = "target" if side == "pred" else "pred"
    key = next((key for key, column in inputs.set_columns.get(side, {}).items() if column == name), None)
    column = None if key is None else inputs.set_columns.get(other, {}).get(key)
    if column is not None and not has.all():
        theirs = inputs.index(other)
        assert theirs is not None
        out[~has] = gather(inputs.sources[other].text(column), theirs[samples[~has]])
    return out


def _words(cells: Array) -> list[str]:
    """Cells as groups are named."""
    return [str(x).lower() if isinstance(x, bool) else str(x) for x in cells.tolist()]


def refuse_lone_weights(weight: Filled | None, pairing: Pairing) -> None:
    """Raise UsageError where boxes without partner count, and the weights are of the other side."""
    lacking = weight is not None and (pairing.missed if weight.side == "pred" else pairing.spurious)
    if lacking and weight is not None:
        own, without = (
            ("PRED", "missed objects have none") if weight.side == "pred" else ("TARGET", "spurious predictions have none")
        )
        fix = "name a column of TARGET under --unmatched penalize" if weight.side == "pred" else "use --unmatched penalize"
        raise UsageError(f"the weights are of {own}, and {without}", fix=f"{fix}, or omit --weights")
