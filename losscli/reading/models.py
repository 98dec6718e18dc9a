"""Predictions of several models in one table, a column each: the rows of one model after those of the other, grouped by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, nearest, some, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array, Ints
from losscli.reading.agreement import Agreement
from losscli.reading.aligned import Filled
from losscli.reading.chosen import Chosen
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.forecast_parts import is_end, whole_forecasts
from losscli.reading.lone_index import LoneIndex
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.sources.base import Field
from losscli.spec.column_names import ABOUT, IMAGE_ID, TARGET, fold
from losscli.spec.family import Family

MODEL = "model"
"""The name of the models among the values that name a group."""
_TIMES = ("ds", "cutoff", "horizon", "h", "unique_id", "date", "timestamp")


def models_of(facts: Mapping[str, ColumnFacts], patterns: Sequence[str], taken: Sequence[str], family: Family) -> tuple[str, ...]:
    """The columns of PRED that --models names: names, globs, or `*` for every column that can be a model's predictions.

    Raises DataError for a name or pattern of nothing, UsageError for a column named twice.
    """
    pred = facts["pred"]
    if not pred.source.is_table:
        raise DataError("has no columns to name as models", Where(pred.source.path), "give a table with a column per model")
    out: list[str] = []
    for pattern in (p for text in patterns for p in text.split(",")):
        found = [pattern] if pattern in pred.names else _every(pred, taken, family) if pattern == "*" else _matching(pred, pattern)
        if not found:
            near = nearest(pattern, pred.names)
            raise DataError(
                f"no column {visible(pattern)!r} for --models{near}", Where(pred.source.path), f"its columns: {some(pred.names)}"
            )
        twice = next((n for n in found if n in out), None)
        if twice is not None:
            raise UsageError(f"--models names {visible(twice)} twice", fix="name every column once")
        out += found
    return tuple(out)


def _matching(facts: ColumnFacts, pattern: str) -> list[str]:
    return [n for n in facts.names if facts.numeric(n) and fnmatchcase(n, pattern) and not is_end(n)]


def _every(facts: ColumnFacts, taken: Sequence[str], family: Family) -> list[str]:
    """The columns of numbers that are not truth, ids, times, notes, quantiles, ends of intervals or parts of a forecast."""
    theirs = [n for r in family.roles if r.side != "pred" for n in (r.key, *r.names)]
    apart = {fold(n) for n in (*theirs, *TARGET, *ABOUT, *IMAGE_ID, *_TIMES)}
    numbers = [n for n in facts.names if facts.numeric(n) and n not in taken and fold(n) not in apart]
    return [n for n in whole_forecasts(numbers, facts.names) if not facts.identifies(n)]


@dataclass(frozen=True)
class Stacked:
    """The columns of the models, one below the other."""

    parts: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.names)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.parts[0].shape

    @property
    def kind(self) -> str:
        return self.parts[0].kind

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1."""
        each, out = self.parts[0].rows, []
        while start < stop:
            model, row = divmod(start, each)
            end = min(each, row + stop - start)
            out.append(self.parts[model].read(row, end))
            start += end - row
        return out[0] if len(out) == 1 else np.concatenate(out) if out else self.parts[0].read(0, 0)

    def where(self, row: int, item: int = 0) -> Where:
        model, row = divmod(row, self.parts[0].rows)
        return self.parts[model].where(row, item)


@dataclass(frozen=True)
class ModelNames:
    """The model of each pair."""

    models: tuple[str, ...]
    each: int
    names: tuple[str, ...] = (MODEL,)
    shape: tuple[int, ...] = ()
    kind: str = "U"

    @property
    def rows(self) -> int:
        return len(self.models) * self.each

    def read(self, start: int, stop: int) -> Array:
        return self.take(np.arange(start, stop))

    def take(self, rows: Ints) -> Array:
        """The models of the given pairs."""
        return np.array(self.models, dtype=object)[rows // self.each]

    def where(self, row: int, item: int = 0) -> Where:
        return Where(MODEL, row=row + 1)


def stacked(
    columns: RoleColumns,
    filled: Sequence[Filled],
    pairing: Pairing,
    by: tuple[Filled, ...],
    models: tuple[str, ...],
    agreement: Agreement | LoneIndex | None,
) -> tuple[list[Filled], Pairing, tuple[Filled, ...]]:
    """The roles, the pairing and the groups of all models: the pairs of each after those of the one before."""
    if agreement is not None:
        agreement.check(0, pairing.rows)
    columns.chosen["pred"]["pred"] = Chosen(models, "--models")
    rows, many = pairing.rows, len(models)
    own = np.arange(rows) if pairing.pred_index is None else np.asarray(pairing.pred_index)
    theirs = np.arange(rows) if pairing.target_index is None else np.asarray(pairing.target_index)
    field = Stacked(tuple(columns.pred.numbers((name,)) for name in models))
    below = (np.arange(many)[:, None] * field.parts[0].rows + own).ravel()
    out = [replace(f, field=field, rows=below) if f.role == "pred" else f for f in filled]
    wide = replace(pairing, matched=rows * many, pred_index=np.tile(own, many), target_index=np.tile(theirs, many))
    return out, wide, (Filled(MODEL, "pred", ModelNames(models, rows), rows=np.arange(rows * many)), *by)
