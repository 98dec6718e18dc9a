"""The value of a recipe and its derivative at places of an axis, by the kernels, as an evaluation of files computes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.core.records import dataclass, field, replace
from losscli.engine import gradients
from losscli.engine.evaluate import Tile, evaluate
from losscli.numerics.stable import Array, Floats
from losscli.run.prepare import prepare
from losscli.run.request import Request
from losscli.sources.in_memory import Memory
from losscli.spec import registry
from losscli.spec.axes import Axis, Pose
from losscli.spec.family import Conventions
from losscli.spec.recipe import Recipe, Term
from losscli.spec.tile import as_index

Termed = list[tuple[float, Term, Axis]]
"""The weighted terms of a recipe, each with its axis."""


@dataclass(frozen=True)
class Points:
    """By case of the axis the values at its places, and the derivatives along it; NaN where one is undefined."""

    values: dict[str, Floats]
    slopes: dict[str, Floats]


@dataclass
class Gathered:
    """The samples' losses of one recipe."""

    name: str
    values: Floats = field(repr=False)

    def take(self, tile: Tile) -> None:
        """Keep one tile's samples."""
        self.values[as_index(tile.block.samples)] = tile.values[self.name]


def at_places(terms: Termed, x: Floats, sloped: bool) -> Points:
    """The weighted sum of terms, each with its own axis of one name, at these places. All cases are evaluated together, so that
    weights by class are those of equal classes."""
    cases = max((axis.cases for _, _, axis in terms), key=len)
    values, slopes = np.zeros((2, len(cases), len(x)))
    for weight, term, axis in terms:
        found = _term(term, axis, x, sloped)
        values += weight * found[0]
        slopes += weight * found[1]
    return Points(dict(zip(cases, values, strict=True)), dict(zip(cases, slopes, strict=True)))


def _term(term: Term, axis: Axis, x: Floats, sloped: bool) -> tuple[Floats, Floats]:
    """One term's values and derivatives, by case and place."""
    posed = joined([axis.pose(x, case) for case in axis.cases])
    family, recipe = registry.load(term.loss.family), Recipe(((1.0, term),))
    sides: dict[str, dict[str, Array]] = {"pred": {}, "target": {}}
    for name, array in posed.arrays.items():
        role = family.role(name)
        sides["target" if role.side == "target" else "pred"][role.key] = array
    request = Request(
        family.name,
        Memory("pred", sides["pred"]),
        Memory("target", sides["target"]) if sides["target"] else None,
        conventions=Conventions(from_logits=posed.from_logits),
        class_weights=posed.constants.get("class_weights"),
        centers=posed.constants.get("centers"),
        jobs=1,
    )
    with np.errstate(all="ignore"):
        ready = prepare(request, [recipe])
        gathered = Gathered(recipe.id, np.full(ready.inputs.rows, np.nan))
        outcome = evaluate(replace(ready.plan, full=False), ready.inputs, jobs=1, sinks=[gathered])
        shape = len(axis.cases), len(x)
        if not sloped or not any(form.differentiable for form in term.loss.forms):
            return gathered.values.reshape(shape), np.full(shape, np.nan)
        slope = np.zeros(ready.inputs.rows)
        scale = 1.0 if outcome.plan.row_slopes(recipe) else float(ready.inputs.rows)
        for samples, parts in gradients.pieces(outcome, ready.inputs, recipe, 1):
            at = as_index(samples)
            slope[at] += scale * along(_by_role(parts, term, posed), {name: move[at] for name, move in posed.moves.items()})
        return gathered.values.reshape(shape), slope.reshape(shape)


def _by_role(parts: Mapping[str, Floats], term: Term, posed: Pose) -> Mapping[str, Floats]:
    """Gradients by key as those by role; the vectors of pairs and triplets come in one array."""
    family = registry.load(term.loss.family)
    taken = next(form.takes for form in term.loss.forms if set(posed.moves) <= set(form.takes))
    roles = [name for name in taken if family.role(name).side == "pred"]
    found = {name: parts[key] for name in roles if (key := family.role(name).key) in parts}
    missing = [name for name in roles if name not in found]
    joined = [part for key, part in parts.items() if key not in {family.role(name).key for name in roles}]
    return {**found, **({name: joined[0][:, i] for i, name in enumerate(missing)} if joined else {})}


def along(parts: Mapping[str, Floats], moves: Mapping[str, Array]) -> Floats:
    """The derivative of each row along its movement, of gradients by role; a number that does not move counts for nothing."""
    total: Any = 0.0
    for name, move in moves.items():
        moving = np.where(move == 0, 0.0, parts[name].reshape(move.shape) * move)
        total = total + moving.reshape(len(move), -1).sum(axis=1)
    return total


def joined(poses: list[Pose]) -> Pose:
    """The samples of several poses as those of one."""
    first = poses[0]
    arrays = {name: np.concatenate([pose.arrays[name] for pose in poses]) for name in first.arrays}
    moves = {name: np.concatenate([pose.moves[name] for pose in poses]) for name in first.moves}
    return Pose(arrays, moves, first.from_logits, first.constants)
