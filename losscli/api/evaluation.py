"""Evaluation of paths, arrays and DataFrames by the flow of the command line. Computes nothing itself."""

from __future__ import annotations

import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.api.report import Report
from losscli.core.errors import UsageError, Where, visible
from losscli.core.records import dataclass, field, replace
from losscli.core.seen_files import watching
from losscli.engine import gradients
from losscli.engine.evaluate import Evaluation
from losscli.engine.evaluate import evaluate as evaluate_plan
from losscli.engine.term import rowed
from losscli.numerics.stable import Floats
from losscli.reading.aligned import Inputs
from losscli.report.summarise import term_value
from losscli.run.curves.points import Gathered
from losscli.run.declared import from_python, several, signature, slots
from losscli.run.given import given
from losscli.run.meaning import requested
from losscli.run.options import FACE, SCORING, LossOptions, RunOptions
from losscli.run.prepare import prepare
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.run.run import run
from losscli.sources.base import Source
from losscli.sources.frames.index_labels import refuse_misaligned
from losscli.sources.images.image_field import all_images
from losscli.sources.in_memory import Memory, as_source
from losscli.sources.parameter_files import finite
from losscli.spec import pages, registry
from losscli.spec.recipe import Recipe, parse
from losscli.spec.tile import as_index

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from losscli.api.keywords import Options, Reading

Data = Any
"""A path, a DataFrame, a Series, an array (whatever numpy.asarray takes), or a mapping of role keys to arrays."""


def evaluate(
    pred: Data, target: Data = None, *, family: str, losses: str | Sequence[str], jobs: int = 1, **options: Unpack[Options]
) -> Report:
    """Evaluate recipes on predictions and targets: the report that `losscli FAMILY PRED TARGET` prints.

    pred, target: paths, arrays, DataFrames, Series, or mappings of role names to arrays; pred alone may contain both sides.
    losses: recipes as after --loss. options: those of the command line by their names, with underscores (`convention`, `key`,
    `match`, `by`, `weights`, `from_logits`, `fail_if` …); `no_header=True` is --no-header. What is repeatable takes a string or a
    list of them; weights, class_weights and centers take arrays too.
    by: columns or keys whose values group the rows; the report's `groups` have the same statistics per group, and with
    per_class=True those of each class.
    Raises losscli.UsageError and losscli.DataError; a failed gate is the report's verdict, not an exception.
    """
    return Report.of(
        run(request_of(pred=pred, target=target, family=family, losses=losses, jobs=jobs, face=FACE, **options)).report
    )


def request_of(
    *,
    pred: Data,
    target: Data = None,
    family: str,
    losses: str | Sequence[str] = (),
    jobs: int = 1,
    face: tuple[type, ...] = SCORING,
    **options: Any,
) -> Request:
    """The request of keyword arguments, the fields of `face`, read like command line options.

    Raises UsageError for any other word or value.
    """
    registry.load(family)
    jobs = workers(jobs)
    if options.get("classes") is not None:
        options["classes"] = _names("classes", options["classes"])
    records = from_python(face, {"losses": losses, **options}, family)
    chosen, read, *others = records
    if not read.key and not read.pair and read.match in (None, "none"):
        refuse_misaligned(pred, target)
    return Request(
        family=family,
        options=given(_named(pred), _named(target), dict(zip(face, records, strict=True))),
        pred=_source("pred", pred),
        target=None if target is None else _source("target", target),
        **chosen.requested(),
        **_arrays(requested(read, family)),
        **_compared({name: value for record in others for name, value in record.requested().items()}),
        format="json",
        jobs=jobs,
    )


evaluate.__dict__["__signature__"] = signature(evaluate, FACE)


def workers(jobs: Any) -> int:
    """The number of workers, in the domain of --jobs; None is 1."""
    return 1 if jobs is None else int(next(slot for slot in slots(RunOptions) if slot.name == "jobs").accept(jobs))


def library(name: Any) -> str | None:
    """The library of that name, as --convention takes it."""
    found: str | None = None if name is None else next(x for x in slots(LossOptions) if x.name == "convention").accept(name)
    return found


@watching()
def gradient(
    loss: str,
    pred: Data,
    target: Data = None,
    *,
    family: str | None = None,
    convention: str | None = None,
    jobs: int = 1,
    **options: Unpack[Reading],
) -> Floats | list[Floats] | dict[str, Floats]:
    """d(loss)/d(prediction) of a recipe, per sample, in the prediction's own layout; by role where PRED has several, and a list of
    arrays where images differ in size.

    loss: a recipe; `family/name`, or family, where several families have the loss. Of losses without a value per sample,
    and of composites, the gradient of the value. options: those of reading, as in `evaluate`.
    """
    jobs = workers(jobs)
    found = _of_one(loss, pred, target, family, jobs, {**options, "convention": convention})
    gradients.refuse(found.recipe, "x.npz")
    pieces = gradients.pieces(found.outcome, found.inputs, found.recipe, jobs)
    if any(f.varies for f in found.inputs.filled):
        return _by_image(found.inputs, pieces)
    out: dict[str, Floats] = {}
    for samples, parts in pieces:
        for name, g in parts.items():
            if name not in out:
                out[name] = np.zeros((found.inputs.rows, *g.shape[1:]))
            out[name][samples] = g
    return next(iter(out.values())) if len(out) == 1 else out


def _by_image(inputs: Inputs, pieces: Iterable[gradients.Piece]) -> list[Floats]:
    """The gradient of each image in its own size; zeros for an image that was left out."""
    scores = next(f for f in inputs.filled if f.side == "pred")
    out: list[Floats | None] = [None] * inputs.rows
    for samples, parts in pieces:
        for row in as_index(samples).tolist():
            out[row] = next(iter(parts.values()))[0]
    index = inputs.index("pred")
    return [np.zeros(scores.read(row, row + 1, index).shape[1:]) if found is None else found for row, found in enumerate(out)]


@watching()
def values(
    loss: str | Recipe, pred: Data, target: Data = None, *, family: str | None = None, jobs: int = 1, **options: Any
) -> Floats | float:
    """The loss of each sample, NaN where one was left out; of a loss without values per sample, its value."""
    found = _of_one(loss, pred, target, family, jobs, options)
    if found.outcome.plan.per_row(found.recipe):
        return found.samples.values
    key = rowed(found.recipe, found.outcome.plan.terms)
    own = None if key is None else found.outcome.wholes[key].rows
    if own is not None:
        return own
    return sum(weight * term_value(found.outcome, term)[0] for weight, term in found.recipe.terms)


@dataclass(frozen=True)
class Evaluated:
    """One recipe, its inputs and the results."""

    recipe: Recipe
    inputs: Inputs
    outcome: Evaluation
    samples: Gathered = field(repr=False)


def _of_one(loss: str | Recipe, pred: Data, target: Data, family: str | None, jobs: int, options: Mapping[str, Any]) -> Evaluated:
    if isinstance(loss, str):
        family, loss = pages.family_and_recipe(loss, family)
        found = registry.load(family)
    elif isinstance(loss, Recipe):
        found = registry.load(loss.terms[0][1].loss.family)
    else:
        raise UsageError(f"loss: {visible(loss, 40)} is not a recipe", fix="give its text, as after --loss")
    face = (LossOptions, ReadOptions)
    request = request_of(pred=pred, target=target, family=found.name, jobs=jobs, face=face, **options)
    recipe = parse(loss, found, request.convention) if isinstance(loss, str) else loss
    with np.errstate(all="ignore"):
        ready = prepare(request, [recipe])
        inputs, plan = ready.inputs, replace(ready.plan, full=False)
        samples = Gathered(recipe.id, np.full(inputs.rows, np.nan))
        outcome = evaluate_plan(plan, inputs, jobs=jobs, sinks=[samples] if plan.per_row(recipe) else [])
        if found.conclude:
            found.conclude(outcome.tally.watch, plan.conventions)
    return Evaluated(recipe, inputs, outcome, samples)


def _named(data: Data) -> Data:
    """A path as text; other data as it is."""
    return os.fspath(data) if isinstance(data, os.PathLike) else data


def _source(side: str, data: Data) -> str | Source:
    if not isinstance(data, (str, os.PathLike)):
        return as_source(side, data)
    path = os.fspath(data)
    if "\0" in path:
        raise UsageError(f"{side}: {visible(path, 40)!r} contains a NUL, which no path has")
    return path


def _compared(requested: dict[str, Any]) -> dict[str, Any]:
    """The options with the baseline as a path or a source."""
    given = requested.get("baseline")
    return {**requested, "baseline": None if given is None else _source("baseline", given)}


def _arrays(requested: dict[str, Any]) -> dict[str, Any]:
    """Arrays among the options converted for their readers; paths and column names unchanged."""
    weights = requested["reading"].weights
    if weights is not None and not isinstance(weights, str):
        requested["reading"] = replace(requested["reading"], weights=Memory("weights", weights))
    for name, side in (("listed", "pairs"), ("gallery", "gallery")):
        given = getattr(requested["reading"], name)
        if given is not None and not isinstance(given, str):
            requested["reading"] = replace(requested["reading"], **{name: as_source(side, given)})
    for name in ("class_weights", "centers", "ignore_mask"):
        given = requested[name]
        if given is not None and not isinstance(given, str):
            source = Memory(name, given)
            field = source.numbers(source.names)
            requested[name] = all_images(field) if name == "ignore_mask" else finite(field, Where(name))
    return requested


def _names(option: str, given: Any) -> str | list[str]:
    if isinstance(given, (bool, Mapping)) or not isinstance(given, Iterable):
        raise UsageError(f"{option}: {visible(given, 40)} is neither a text nor a list of names")
    names = several(option, given)
    odd = [x for x in names if not isinstance(x, (str, numbers.Real, np.generic))]
    if odd:
        raise UsageError(f"{option}: {visible(odd[0], 40)} is not a name")
    return given if isinstance(given, str) else [str(x) for x in names]
