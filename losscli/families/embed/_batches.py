"""Losses of batches: which rows form a batch, and how the results of all batches become one value.

A kernel is written for one batch. `batched` adds the parameter `batch` and the optional role of the batch column, runs the kernel
on the batches in order and combines their terms: the value is the mean (or the chosen `reduce`) over the terms of all batches, so
a batch is weighted by its number of terms.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any

import numpy as np

from losscli.core import progress
from losscli.core.errors import DataError
from losscli.core.records import dataclass
from losscli.families.embed._reduction import Terms
from losscli.numerics.exact_sum import rounded_sum
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec.loss import Param, Whole

Batch = Annotated[
    int | None,
    Param("rows per batch, in file order; 0: the whole file; none: by the batch column, or the whole file without one", ge=0),
]
ROLE = "in_batch"
"""The role with the batch of each row."""
TABLES = frozenset({"class_weights", "centers"})
"""The arguments passed to every batch unsplit."""


@dataclass(frozen=True)
class Column:
    """Terms of one kind; their reduction (mean, sum or mean of nonzero terms) times `weight` is a part of the value."""

    terms: Terms
    weight: float = 1.0
    name: str = ""


@dataclass(frozen=True)
class Found:
    """The result of a loss on one batch.

    pull: called with the weight of a term of each column, returns the gradients by role. rows: the loss of each row (NaN for rows
    without one), or None.
    """

    columns: tuple[Column, ...]
    pull: Callable[[tuple[float, ...]], Mapping[str, Floats]]
    rows: Floats | None = None


def batched(nothing: str, fix: str = "") -> Callable[[Callable[..., Found]], Callable[..., Whole]]:
    """Decorator: turn a kernel of one batch into one of all batches.

    nothing: the message if no batch has a term, raised as DataError; fix: its remedy.
    """

    def wrap(kernel: Callable[..., Found]) -> Callable[..., Whole]:
        own = list(inspect.signature(kernel).parameters.values())
        hints = typing.get_type_hints(kernel, include_extras=True)
        roles = [p.name for p in own if p.kind is not p.KEYWORD_ONLY]

        @wraps(kernel)
        def whole(*arrays: Any, batch: int | None = None, **params: Any) -> Whole:
            held = dict(zip((*roles, ROLE), arrays, strict=False))
            column = params.pop(ROLE, held.pop(ROLE, None))
            held |= {name: params.pop(name) for name in roles if name in params}
            return _fold(kernel, held, batch, column, params, nothing, fix)

        places = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in roles]
        column = inspect.Parameter(ROLE, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
        size = inspect.Parameter("batch", inspect.Parameter.KEYWORD_ONLY, default=None)
        rest = [p for p in own if p.kind is p.KEYWORD_ONLY and p.name != "batch"]
        whole.__signature__ = inspect.Signature([*places, column, *rest, size])  # type: ignore[attr-defined]
        whole.__annotations__ = {**hints, ROLE: Ints | None, "batch": Batch, "return": Whole}
        return whole

    return wrap


def walk(rows: int, batch: int | None, column: Ints | None) -> Iterator[slice | Ints]:
    """The rows of each batch: `batch` at a time, or by the value of the column, in order of first appearance."""
    if batch is None and column is not None:
        order = np.argsort(column, kind="stable")
        _, start = np.unique(column[order], return_index=True)
        groups = np.split(order, start[1:])
        yield from sorted(groups, key=lambda index: int(index[0]))
        return
    step = batch or max(1, rows)
    yield from (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def _fold(
    kernel: Callable[..., Found],
    held: Mapping[str, Array],
    batch: int | None,
    column: Ints | None,
    params: Mapping[str, Any],
    nothing: str,
    fix: str,
) -> Whole:
    n = len(next(v for k, v in held.items() if k not in TABLES))
    index = list(walk(n, batch, column))
    reduce = {"nonzero_split": "nonzero"}.get(params.get("reduce", "mean"), params.get("reduce", "mean"))

    def of(rows: slice | Ints) -> Found:
        return kernel(*(v if k in TABLES else v[rows] for k, v in held.items()), **params)

    tallies: list[Terms] = []
    columns: Sequence[Column] = ()
    own = np.full(n, np.nan)
    rowed = False
    batches: list[tuple[float, float]] = []
    for rows in index:
        with progress.stage(rows.stop - rows.start if isinstance(rows, slice) else len(rows)):
            found = of(rows)
        columns = found.columns
        tallies = tallies or [Terms() for _ in columns]
        for tally, c in zip(tallies, columns, strict=True):
            tally.join(c.terms)
        first = found.columns[0]
        batches.append((first.weight * rounded_sum(first.terms.sums), first.terms.n if reduce == "mean" else first.terms.active))
        if found.rows is not None:
            own[rows], rowed = found.rows, True
    if not sum(t.n for t in tallies):
        if params.get("empty", "error") == "error":
            mend = "use empty=perfect to count that as a loss of 0" if "empty" in params else fix
            raise DataError(f"nothing to evaluate: {nothing}", fix=mend or None)
        return Whole(0.0, np.zeros(0), lambda: _zeros(held), {}, own if rowed else None)

    def gradient() -> dict[str, Floats]:
        total = _zeros(held)
        shares = tuple(c.weight * t.share(reduce) for c, t in zip(columns, tallies, strict=True))
        for rows in index:
            for role, g in of(rows).pull(shares).items():
                total[role][rows] = g
        return total

    parts = {c.name: (c.weight, t.value(reduce)) for c, t in zip(columns, tallies, strict=True) if c.name}
    value = sum(c.weight * t.value(reduce) for c, t in zip(columns, tallies, strict=True))
    rows_of_own = own if rowed else None
    apart = np.array(batches) if len(tallies) == 1 and len(batches) > 1 and reduce != "sum" else None
    if len(tallies) > 1 or columns[0].weight != 1.0:
        return Whole(float(value), np.zeros(0), gradient, parts, rows_of_own, batches=apart)
    terms = tallies[0].all()
    lost = tallies[0].n > len(terms)
    return Whole(
        float(value),
        terms,
        gradient,
        parts,
        rows_of_own,
        count=tallies[0].n if lost else None,
        total=rounded_sum(tallies[0].sums) if lost else None,
        batches=apart,
    )


def _zeros(held: Mapping[str, Array]) -> dict[str, Floats]:
    return {k: np.zeros_like(v) for k, v in held.items() if k not in TABLES and v.dtype.kind == "f" and k != "same"}
