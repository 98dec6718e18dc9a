"""The tool's own flow on paths, arrays and DataFrames. Never computes anything itself."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.api.report import Report
from losscli.core.errors import UsageError, nearest, visible
from losscli.core.records import dataclass, field, replace
from losscli.engine import gradients
from losscli.engine.evaluate import Evaluation, Tile
from losscli.engine.evaluate import evaluate as evaluate_plan
from losscli.engine.term import rowed
from losscli.numerics.stable import Floats
from losscli.reading.aligned import Inputs
from losscli.reading.bind import Reading
from losscli.reading.matching import Matching
from losscli.report.summarise import term_value
from losscli.run.request import Request
from losscli.run.run import load, planned, run, used
from losscli.sources.base import Source
from losscli.sources.frame import refuse_misaligned
from losscli.sources.in_memory import Memory, held
from losscli.spec import pages, registry
from losscli.spec.family import Conventions
from losscli.spec.recipe import Recipe, parse
from losscli.spec.tile import as_index

Data = Any
"""A path, a DataFrame, a Series, an array (whatever numpy.asarray takes), or a mapping of role keys to arrays."""


def evaluate(
    pred: Data,
    target: Data = None,
    *,
    family: str,
    losses: str | Sequence[str],
    loss_file: str | Sequence[str] = (),
    convention: str | None = None,
    weights: Data = None,
    class_weights: Data = None,
    centers: Data = None,
    key: str | Sequence[str] = (),
    missing: str = "error",
    extra: str = "error",
    match: str = "none",
    iou_threshold: float = 0.5,
    col: str | Sequence[str] = (),
    strict: bool = False,
    delimiter: str | None = None,
    header: bool = True,
    reduction: str = "mean",
    by: str | Sequence[str] = (),
    worst: int = 0,
    grad_stats: bool = False,
    fail_if: str | Sequence[str] = (),
    warn_if: str | Sequence[str] = (),
    jobs: int = 1,
    **how: Any,
) -> Report:
    """Evaluate recipes on predictions and targets: the report that `losscli FAMILY PRED TARGET` prints.

    pred, target: paths, arrays, DataFrames, Series, or mappings of role names to arrays; pred alone may hold both sides.
    losses: recipes as after --loss; convention: as --convention. weights: a column, a file or an array.
    by: columns or keys whose values group the rows; the report's `groups` have the same statistics per group.
    how: from_logits, multilabel, classes, box_format, pred_box_format, target_box_format, degenerate, mixed_scale, nonfinite,
    as the options of those names. Raises losscli.UsageError and losscli.DataError; a failed gate is the report's verdict,
    not an exception.
    """
    given = dict(locals())
    return Report.of(run(request_of(**given.pop("how"), **given)).report)


def request_of(
    *,
    pred: Data,
    target: Data = None,
    family: str,
    losses: str | Sequence[str],
    loss_file: str | Sequence[str] = (),
    convention: str | None = None,
    weights: Data = None,
    class_weights: Data = None,
    centers: Data = None,
    key: str | Sequence[str] = (),
    missing: str = "error",
    extra: str = "error",
    match: str = "none",
    iou_threshold: float = 0.5,
    col: str | Sequence[str] = (),
    strict: bool = False,
    delimiter: str | None = None,
    header: bool = True,
    reduction: str = "mean",
    by: str | Sequence[str] = (),
    worst: int = 0,
    grad_stats: bool = False,
    fail_if: str | Sequence[str] = (),
    warn_if: str | Sequence[str] = (),
    jobs: int = 1,
    **how: Any,
) -> Request:
    """What `evaluate` was asked for."""
    if not key and match == "none":
        refuse_misaligned(pred, target)
    reading = Reading(
        _words(key),
        missing,
        extra,
        _words(col),
        weights if weights is None or isinstance(weights, str) else Memory("weights", weights),
        strict,
        Matching(match, iou_threshold) if match in ("greedy", "hungarian") else None,
        _words(by),
    )
    return Request(
        family=family,
        pred=_source("pred", pred),
        target=None if target is None else _source("target", target),
        losses=_words(losses),
        loss_files=_words(loss_file),
        convention=convention,
        reading=reading,
        how=conventions(how),
        class_weights=_vectors(class_weights),
        centers=_vectors(centers),
        delimiter=delimiter,
        header=header,
        reduction=reduction,
        worst=worst,
        grad_stats=grad_stats,
        fail_if=_words(fail_if),
        warn_if=_words(warn_if),
        format="json",
        jobs=jobs,
    )


def gradient(
    loss: str,
    pred: Data,
    target: Data = None,
    *,
    family: str | None = None,
    class_weights: Data = None,
    centers: Data = None,
    jobs: int = 1,
    **how: Any,
) -> Floats | dict[str, Floats]:
    """d(loss)/d(prediction) of a recipe, per sample, in the prediction's own layout; by role where PRED has several.

    loss: a recipe; `family/name`, or family, where several families have the loss. Of losses without a value per sample,
    and of composites, the gradient of the value. `how` as in `evaluate`.
    """
    found = _of_one(loss, pred, target, family, class_weights, centers, jobs, how)
    gradients.refuse(found.recipe, "x.npz")
    out: dict[str, Floats] = {}
    for samples, parts in gradients.pieces(found.outcome, found.inputs, found.recipe, jobs):
        for name, g in parts.items():
            if name not in out:
                out[name] = np.zeros((found.inputs.rows, *g.shape[1:]))
            out[name][samples] = g
    return next(iter(out.values())) if len(out) == 1 else out


def values(
    loss: str | Recipe,
    pred: Data,
    target: Data = None,
    *,
    family: str | None = None,
    class_weights: Data = None,
    centers: Data = None,
    jobs: int = 1,
    **how: Any,
) -> Floats | float:
    """The loss of each sample, NaN where one leaves the count; of a loss without values per sample, its value."""
    found = _of_one(loss, pred, target, family, class_weights, centers, jobs, how)
    if found.outcome.plan.per_row(found.recipe):
        return found.samples.values
    key = rowed(found.recipe, found.outcome.plan.terms)
    own = None if key is None else found.outcome.wholes[key].rows
    if own is not None:
        return own
    return sum(weight * term_value(found.outcome, term)[0] for weight, term in found.recipe.terms)


def conventions(how: Mapping[str, Any]) -> Conventions:
    """The keyword arguments of the Python face as Conventions. Raises UsageError for any other word."""
    known = ("from_logits", "multilabel", "classes", "degenerate", "mixed_scale", "nonfinite")
    formats = ("box_format", "pred_box_format", "target_box_format")
    strange = [word for word in how if word not in (*known, *formats)]
    if strange:
        near = nearest(strange[0], (*known, *formats))
        raise UsageError(f"unknown argument {visible(strange[0])!r}{near}", fix=f"known: {', '.join((*known, *formats))}")
    both = how.get("box_format") or ""
    given = {k: how[k] for k in known if k in how}
    given["classes"] = _words(given.get("classes", ()))
    return Conventions(**given, pred_format=how.get("pred_box_format") or both, target_format=how.get("target_box_format") or both)


@dataclass
class Samples:
    """The samples' losses of one recipe, gathered tile by tile."""

    name: str
    values: Floats

    def take(self, tile: Tile) -> None:
        """Keep one tile's samples."""
        self.values[as_index(tile.block.samples)] = tile.values[self.name]


@dataclass(frozen=True)
class Evaluated:
    """One recipe, what it was evaluated on, and what came of it."""

    recipe: Recipe
    inputs: Inputs
    outcome: Evaluation
    samples: Samples = field(repr=False)


def _of_one(
    loss: str | Recipe,
    pred: Data,
    target: Data,
    family: str | None,
    class_weights: Data,
    centers: Data,
    jobs: int,
    how: Mapping[str, Any],
) -> Evaluated:
    if isinstance(loss, str):
        family, loss = _family_and_recipe(loss, family)
        found = registry.load(family)
        recipe = parse(loss, found)
    else:
        found, recipe = registry.load(loss.terms[0][1].loss.family), loss
    refuse_misaligned(pred, target)
    request = Request(
        found.name,
        _source("pred", pred),
        None if target is None else _source("target", target),
        how=conventions(how),
        class_weights=_vectors(class_weights),
        centers=_vectors(centers),
    )
    with np.errstate(all="ignore"):
        bindings = load(request, found, [recipe])
        plan = replace(planned(request, found, [recipe], bindings.inputs, bindings.how), full=False)
        inputs = replace(bindings.inputs, filled=used(plan, bindings.inputs))
        samples = Samples(recipe.id, np.full(inputs.rows, np.nan))
        outcome = evaluate_plan(plan, inputs, jobs=jobs, sinks=[samples] if plan.per_row(recipe) else [])
        if found.conclude:
            found.conclude(outcome.tally.watch, plan.how)
    return Evaluated(recipe, inputs, outcome, samples)


def _family_and_recipe(text: str, family: str | None) -> tuple[str, str]:
    """The family and the recipe of `detect/focal:gamma=1`, or the only family that has the loss."""
    head, slash, tail = text.partition("/")
    if not slash or head not in registry.NAMES:
        return family or pages.family_of(text), text
    if family not in (None, head):
        raise UsageError(f"{visible(text)} is not a loss of {visible(family)}", fix=f"family={head!r}, or omit family")
    return head, tail


def _source(side: str, data: Data) -> str | Source:
    return os.fspath(data) if isinstance(data, (str, os.PathLike)) else held(side, data)


def _vectors(data: Data) -> Floats | str | None:
    return data if data is None or isinstance(data, str) else np.asarray(data, dtype=np.float64)


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


__all__ = ["evaluate", "gradient", "request_of", "values"]
