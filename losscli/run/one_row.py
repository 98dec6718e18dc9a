"""The breakdown of one sample: its value, the terms and quantities behind it, and its gradient. Evaluates no other sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.json_numbers import number
from losscli.core.records import dataclass, field, replace
from losscli.engine.evaluate import resolve, row_gradients
from losscli.engine.plan import Plan
from losscli.engine.tally import RecipeLosses
from losscli.numerics.stable import Array, Floats
from losscli.reading.aligned import Inputs
from losscli.run.prepare import adopted, prepare
from losscli.run.request import Request, jobs
from losscli.spec.family import Watch
from losscli.spec.loss import Rows
from losscli.spec.recipe import Recipe, parse


@dataclass(frozen=True)
class Piece:
    """One term: its weight and value, a composite's own terms, and the quantities that its loss declares."""

    recipe: str
    weight: float
    value: float
    terms: Mapping[str, tuple[float, float]]
    parts: Mapping[str, Floats]


@dataclass(frozen=True)
class Decomposition:
    """One sample of one recipe. gradient: by PRED key, empty where the loss has none; kept: whether the sample counts."""

    family: str
    recipe: str
    signature: str
    pred_row: int
    target_row: int | None
    kept: bool
    value: float
    pieces: tuple[Piece, ...]
    read: Mapping[str, Array]
    gradient: Mapping[str, Floats]
    groups: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Strict JSON, in a fixed order; a number that JSON cannot represent is null in a list."""
        return {
            "schema": "losscli.row/1",
            "family": self.family,
            "recipe": self.recipe,
            "pred_row": self.pred_row,
            "target_row": self.target_row,
            "kept": self.kept,
            "groups": dict(self.groups),
            **number("value", self.value),
            "terms": [_piece(p) for p in self.pieces],
            "read": {k: plain(v) for k, v in self.read.items()},
            "gradient": {k: plain(v) for k, v in self.gradient.items()},
        }


def _piece(p: Piece) -> dict[str, Any]:
    inner = [{"name": name, "weight": w, **number("value", x)} for name, (w, x) in p.terms.items()]
    parts = {k: plain(v) for k, v in p.parts.items()}
    return {"recipe": p.recipe, "weight": p.weight, **number("value", p.value), "terms": inner, "parts": parts}


def plain(x: Array) -> Any:
    """Numbers and lists of them; None for what is not finite."""
    found = np.asarray(x).tolist()
    return _finite(found)


def _finite(x: Any) -> Any:
    if isinstance(x, list):
        return [_finite(y) for y in x]
    return None if isinstance(x, float) and not math.isfinite(x) else x


def decompose(request: Request, row: int) -> Decomposition:
    """The sample that PRED's data row `row` (from 1) belongs to. Raises UsageError if samples have no value."""
    family = adopted(request)
    recipe = parse(request.losses[0], family, request.convention)
    with np.errstate(all="ignore"):
        ready = prepare(request, [recipe])
        if not ready.plan.per_row(recipe):
            raise UsageError(f"{recipe.id} has no value per sample, so no row can be broken down")
        found = _decomposed(resolve(ready.plan, ready.inputs, jobs(request)), ready.inputs, recipe, row)
        return replace(found, notes=ready.notes)


def _decomposed(plan: Plan, inputs: Inputs, recipe: Recipe, row: int) -> Decomposition:
    sample = _sample(inputs, row)
    block, dropped = inputs.block(sample, sample + 1)
    if dropped:
        raise DataError(f"row {row} is left out by --nonfinite drop")
    watch = Watch()
    if inputs.family.check:
        inputs.family.check(block, plan.conventions, watch)
    bounds = [(weight, term, plan.terms[term.full()]) for weight, term in recipe.terms]
    rows = {term.full(): bound.rows(block, watch) for _, term, bound in bounds}
    found = RecipeLosses.of(recipe, rows)
    pieces = tuple(
        Piece(str(term), weight, *_value_and_parts(rows[term.full()]), {k: v[0] for k, v in bound.parts(block, watch).items()})
        for weight, term, bound in bounds
    )
    sides = {side: int(inputs.origin(side, sample, sample + 1)[0]) + 1 for side in ("pred", "target")}
    return Decomposition(
        inputs.family.name,
        str(recipe),
        recipe.full(),
        sides["pred"],
        None if inputs.target is None else sides["target"],
        found.kept is None or bool(found.kept[0]),
        float(found.values[0]),
        pieces,
        _read(inputs, block.arrays, block.shared),
        {k: g[0] for k, g in row_gradients(plan, inputs, recipe, block).items()} if plan.sloped(recipe) else {},
        _groups(inputs, sample),
    )


def _value_and_parts(rows: Rows) -> tuple[float, dict[str, tuple[float, float]]]:
    return float(rows.values[0]), {k: (w, float(x[0])) for k, (w, x) in rows.parts.items()}


def _sample(inputs: Inputs, row: int) -> int:
    """Which pair PRED's row is in."""
    index = inputs.index("pred")
    total = inputs.pairing.pred_rows
    if not 1 <= row <= total:
        raise UsageError(f"--row {row} is not among the {total} rows of PRED")
    if index is None:
        return row - 1
    hits = np.flatnonzero(index[: inputs.pairing.matched] == row - 1)
    if not len(hits):
        books, before = inputs.pairing.books, inputs.pairing.unfiltered
        paired = before.pred_index is None or bool((before.pred_index[: before.matched] == row - 1).any())
        why = "not paired with a target" if books is None else books.word("pred", row - 1)
        why = "left out by --filter" if paired else why
        raise DataError(f"row {row} of PRED is {why}")
    return int(hits[0])


def _groups(inputs: Inputs, sample: int) -> dict[str, str]:
    """The sample's value of every column of --by."""
    if not inputs.by:
        return {}
    from losscli.engine.groups import coded

    (key, *_), _ = coded(inputs, sample, sample + 1, range(sample, sample + 1))
    return {f.role: word for f, word in zip(inputs.by, key, strict=True)}


def _read(inputs: Inputs, arrays: Mapping[str, Array], shared: frozenset[str]) -> dict[str, Array]:
    """The sample's inputs, by side and key."""
    return {f"{f.side}.{inputs.family.role(f.role).key}": arrays[f.role][0] for f in inputs.filled if f.role not in shared}
