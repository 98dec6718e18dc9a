"""Rows of totals: a last or first row that is named Total, Mean and the like, whose numbers are the sums or means of the others."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import prod

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.values import write_number
from losscli.numerics.stable import Floats
from losscli.reading.aligned import Inputs
from losscli.reading.asked import Reading
from losscli.sources.base import Field, Source
from losscli.spec.column_names import totals

CODE = "total-row"
_LARGEST = 1 << 17
"""Rows of the largest table that is looked at: those with totals come from spreadsheets."""
_RUN = 4
"""The most rows of totals at one end of a table."""
_WIDEST = 64
_ROUNDING = 1e-9
"""How far a sum may be off as a share of the sum of absolute values, for the order of additions."""


def refuse_totals(inputs: Inputs, reading: Reading) -> None:
    """Raise DataError where an evaluated row is certain to be a total."""
    if CODE in reading.allowed or inputs.pairing.books is not None or inputs.pairing.listed:
        return
    for side, source in inputs.sources.items():
        if source.is_table and 4 <= source.rows <= _LARGEST and _numbers(inputs, side):
            for name, rows in _named_totals(source):
                if found := _evaluated(inputs, side, source.text(name), rows):
                    raise _refused(inputs, side, name, found)


def _numbers(inputs: Inputs, side: str) -> list[Field]:
    """The numbers of a side that losses read, where they are few."""
    one = inputs.target is None
    found = [f.field for f in inputs.filled if (one or f.side == side) and f.field.kind in "fi" and not f.shared]
    wide = sum(prod(field.shape) for field in found)
    return found if 0 < wide <= _WIDEST else []


def _named_totals(source: Source) -> Iterator[tuple[str, list[int]]]:
    """Each column of text with the rows at one end of it that are named as totals, if no other row is."""
    for name in filter(None, source.names):
        if source.kind(name) == "U":
            found: list[list[int]] = []
            with suppress(DataError):  # of a column that need not be readable
                found = list(_at_ends(source.text(name)))
            yield from ((name, rows) for rows in found)


def _at_ends(field: Field) -> Iterator[list[int]]:
    """The rows at each end that are named as totals."""
    for end in (range(min(_RUN, field.rows)), range(field.rows - 1, max(-1, field.rows - 1 - _RUN), -1)):
        first = min(end)
        named = [any(totals(str(cell))) for cell in field.read(first, max(end) + 1).tolist()]
        rows = [row for i, row in enumerate(end) if all(named[x - first] for x in end[: i + 1])]
        if rows and len(rows) < len(named):
            yield sorted(rows)


def _evaluated(inputs: Inputs, side: str, field: Field, rows: Sequence[int]) -> list[int]:
    """Those of the rows that are evaluated, and are totals by the numbers of both sides; none if one of them is not."""
    kept: list[int] = []
    partners: list[int] = []
    index, other = inputs.index(side), "pred" if side == "target" else "target"
    for row in rows:
        pairs = [row] if index is None else np.flatnonzero(index == row)[:1].tolist()
        kept += [row] * len(pairs)
        partners += [int(inputs.origin(other, pair, pair + 1)[0]) for pair in pairs]
    names = [str(field.read(row, row + 1)[0]) for row in kept]
    if not kept or not _are_totals(_numbers(inputs, side), rows, kept, names):
        return []
    if inputs.target is not None and not _are_totals(_numbers(inputs, other), partners, partners, names):
        return []
    return kept


def _are_totals(found: Sequence[Field], rows: Sequence[int], kept: Sequence[int], names: Sequence[str]) -> bool:
    """Whether all numbers of these rows are the sums, or the means, of those of the other rows. names: what says so of each."""
    n = found[0].rows if found else 0
    others = np.setdiff1d(np.arange(n), rows)
    if len(others) < 3 or any(field.rows != n for field in found):
        return False
    table = np.concatenate([np.asarray(field.read(0, n), np.float64).reshape(n, -1) for field in found], axis=1)
    return all(_is_total(table[row], table[others], *totals(name)) for row, name in zip(kept, names, strict=True))


def _is_total(row: Floats, body: Floats, of_sums: bool, of_means: bool) -> bool:
    if not np.isfinite(body).all():
        return False
    fractions = (body != np.rint(body)).any(0)
    unit = np.array([_half_unit(x) for x in row.tolist()])
    order, sums = _ROUNDING * np.abs(body).sum(0), body.sum(0)
    summed = of_sums and bool((np.abs(row - sums) <= order + unit * fractions).all())
    return summed or (of_means and bool((np.abs(row - sums / len(body)) <= order + unit).all()))


def _half_unit(number: float) -> float:
    """Half a unit of the last decimal of a number."""
    if not np.isfinite(number):
        return 0.0
    _, point, decimals = write_number(number).partition(".")
    return 0.5 * 10.0 ** -len(decimals) if point and decimals.isdecimal() else 0.5


def _refused(inputs: Inputs, side: str, name: str, rows: Sequence[int]) -> DataError:
    source = inputs.sources[side]
    field = source.text(name)
    words = list(dict.fromkeys(str(field.read(row, row + 1)[0]).strip() for row in rows))
    both = all(name in s.names for s in inputs.sources.values()) and len(inputs.sources) > 1
    column = f"{side}.{name}" if both else name
    keep = shlex.quote(" and ".join(f"{column}!={word}" for word in words))
    what = f"{visible(words[0], 40)!r} is the total or mean of the other rows, not a row like them"
    fix = f"leave it out with --filter {keep}, or use --allow {CODE} if it is meant"
    return DataError(what, field.where(rows[0]), fix)
