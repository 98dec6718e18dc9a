"""The weight of every row: a column of PRED or TARGET, or a file of numbers."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

import numpy as np

from losscli.core.errors import DataError, Where, nearest, some, visible
from losscli.reading.aligned import Filled
from losscli.reading.col_option import column_of
from losscli.reading.pairing import Pairing
from losscli.sources.base import Source, gather

_SPAN = 1 << 16


def weights(given: str | Source | None, pred: Source, target: Source | None) -> Filled | None:
    """The weights that --weights names. Raises DataError where they are not one number per row."""
    if given is None:
        return None
    if not isinstance(given, str):
        return _one_each(Filled("weight", "pred", given.numbers(given.names)))
    sides = {side: source for side, source in (("pred", pred), ("target", target)) if source is not None}
    for side, source in sides.items():
        if (name := column_of(given, side, source)) is not None:
            return _one_each(Filled("weight", side, source.numbers((name,))))
    source = _file(given, [s for s in (pred, target) if s is not None])
    if len(source.names) > 1:
        raise DataError(
            f"{visible(given)} has {len(source.names)} columns ({some(source.names)}); a file of weights must have one",
            fix="add the weights to PRED or TARGET and name the column: --weights COL",
        )
    return _one_each(Filled("weight", "pred", source.numbers(source.names)))


def refuse_two_weights(given: str | Source | None, pred: Source, target: Source | None, pairing: Pairing) -> None:
    """Raise DataError where both sides have the column of --weights, and a pair has two different weights."""
    if not isinstance(given, str) or target is None or not (given in pred.names and given in target.names):
        return
    ours, theirs = pred.numbers((given,)), target.numbers((given,))
    for start in range(0, pairing.matched, _SPAN):
        stop = min(start + _SPAN, pairing.matched)
        left, right = (
            np.asarray(field.read(start, stop) if index is None else gather(field, index[start:stop]), np.float64)
            for field, index in ((ours, pairing.pred_index), (theirs, pairing.target_index))
        )
        apart = ~((left == right) | (np.isnan(left) & np.isnan(right)))
        if apart.any():
            i = int(np.argmax(apart))
            what = f"both sides have the column of --weights, and a pair has the weights {left[i]:g} and {right[i]:g}"
            row = start + i if pairing.pred_index is None else int(pairing.pred_index[start + i])
            ways = (f"--weights {visible(shlex.quote(f'{side}.{given}'))}" for side in ("pred", "target"))
            raise DataError(what, ours.where(row), f"use {' or '.join(ways)}")


def refuse_short_weights(weight: Filled | None, rows: Mapping[str, int]) -> None:
    """Raise DataError where there are more or fewer weights than rows."""
    if weight is not None and weight.field.rows != rows[weight.side]:
        fix = "give one weight per row, in the order of the rows; 0 excludes a row"
        raise DataError(f"{weight.field.rows} weights for {rows[weight.side]} rows", Where(weight.field.where(0).path), fix)


def _file(name: str, sides: list[Source]) -> Source:
    from losscli.sources import SideFormat, is_list, is_pattern, is_url, open_source

    if os.path.exists(name) or is_list(name) or is_pattern(name) or is_url(name):
        return open_source(name, SideFormat(header="auto", comment="#"))
    known = list(dict.fromkeys(n for s in sides for n in s.names))
    raise DataError(
        f"--weights {visible(name)} is neither a file nor a column{nearest(name, known)}",
        fix=f"the columns are {some(known)}" if known else "give a .npy or .csv file with a number per row",
    )


def _one_each(weight: Filled) -> Filled:
    """The weights, which must be one number per row."""
    if weight.width != 1:
        what = f"weights of shape {(weight.field.rows, *weight.field.shape)}: {weight.width} numbers per row"
        raise DataError(what, Where(weight.field.where(0).path), "save one number per row, an array of shape (n,)")
    return weight
