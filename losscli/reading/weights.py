"""The weight of every row: a column of PRED or TARGET, or a file of numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping

from losscli.core.errors import DataError, Where, nearest, some, visible
from losscli.reading.aligned import Filled
from losscli.sources.base import Source


def weights(given: str | Source | None, pred: Source, target: Source | None) -> Filled | None:
    """The weights that --weights names. Raises DataError where they are not one number per row."""
    if given is None:
        return None
    if not isinstance(given, str):
        return _one_each(Filled("weight", "pred", given.numbers(given.names)))
    for side, source in (("pred", pred), ("target", target)):
        if source is not None and given in source.names:
            return _one_each(Filled("weight", side, source.numbers((given,))))
    source = _file(given, [s for s in (pred, target) if s is not None])
    if len(source.names) > 1:
        raise DataError(
            f"{visible(given)} has {len(source.names)} columns ({some(source.names)}); a file of weights must have one",
            fix="add the weights to PRED or TARGET and name the column: --weights COL",
        )
    return _one_each(Filled("weight", "pred", source.numbers(source.names)))


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
