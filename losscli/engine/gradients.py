"""d(loss)/d(prediction) in the layout of the prediction, computed in a second pass, once the totals are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np

from losscli.core.errors import UsageError, visible
from losscli.core.records import replace
from losscli.engine.evaluate import Evaluation, parts_by_workers, summed
from losscli.engine.gradient_stats import GradientStats, GradientStatsAccumulator, norms
from losscli.engine.tally import GroupKey
from losscli.engine.term import scaled
from losscli.numerics.in_order import ordered, workers
from losscli.numerics.quantile_sketch import EXACT_QUANTILES
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.reading.aligned import Inputs
from losscli.spec.family import Watch
from losscli.spec.recipe import Recipe
from losscli.spec.tile import Block, as_index, tiles

_PART = 1 << 16
"""Numbers of rows whose gradients are computed together, so that what kernels compute on the way stays in a core's cache."""

Piece = tuple[Ints | range, Mapping[str, Floats]]


def refuse(recipe: Recipe, path: str) -> None:
    """Raise UsageError if a recipe has no gradient or the file's suffix is not supported."""
    for _, term in recipe.terms:
        if not any(form.differentiable for form in term.loss.forms):
            raise UsageError(
                f"{term.loss.name} has no useful gradient, so --gradients cannot be written",
                fix=f"see `losscli explain {term.loss.name}`",
            )
    if Path(path).suffix.lower() not in (".npy", ".npz"):
        raise UsageError(f"--gradients {visible(path)}: the name must end in .npy, or .npz for several roles")


def pieces(outcome: Evaluation, inputs: Inputs, recipe: Recipe, jobs: int) -> Iterator[Piece]:
    """(samples, gradients by PRED key) tile by tile.

    The gradient of each sample's own loss if every term has one and is not a composite; otherwise of the value: rows are
    scaled by their share of the mean, pooled sums by the sample's weight.
    """
    of_value = not outcome.plan.row_slopes(recipe)
    if _together(outcome, recipe):
        block, _ = inputs.block(0, inputs.rows)
        with workers(jobs):
            piece = _piece(outcome, inputs, recipe, of_value, block)
        yield piece
        return

    def work(start: int, stop: int) -> Piece:
        block, _ = inputs.block(start, stop)
        return _piece(outcome, inputs, recipe, of_value, block)

    yield from ordered(work, tiles(inputs.rows, inputs.width), jobs)


def put_all(
    outcome: Evaluation, inputs: Inputs, recipe: Recipe, put: Callable[[Piece], None], *, jobs: int = 1, forks: bool = False
) -> None:
    """`put` the gradients of all samples as `pieces` gives them, or in parts of a tile: the first, then the others in any order, by
    threads or forked processes.

    put: for processes, what it does must not depend on this one's memory, as writing to a file does not.
    """
    of_value = not outcome.plan.row_slopes(recipe)
    if _together(outcome, recipe):
        for piece in pieces(outcome, inputs, recipe, jobs):
            put(piece)
        return
    done = 0
    alone = all(outcome.plan.terms[t.full()].form.unit == "row" for _, t in recipe.terms)
    step = max(1, _PART // inputs.width) if alone else inputs.rows

    def put_tile(start: int, stop: int) -> bool:
        """Whether any of its rows counts."""
        block, _ = inputs.block(start, stop)
        for part in block.pieces(step) if block.rows > step else (block,) if block.rows else ():
            put(_piece(outcome, inputs, recipe, of_value, part))
        return block.rows > 0

    for start, stop in tiles(inputs.rows, inputs.width):
        done = stop
        if put_tile(start, stop):
            break

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            for low, high in tiles(stop, inputs.width, max(start, done)):
                put_tile(low, high)

    for _ in parts_by_workers(work, inputs, jobs, forks):
        pass


def health(outcome: Evaluation, inputs: Inputs, jobs: int) -> Evaluation:
    """Add gradient statistics of recipes whose gradients are those of the value, which the first pass could not compute."""
    found = dict(outcome.tally.slopes)
    exact = inputs.rows <= EXACT_QUANTILES
    groups: dict[GroupKey, dict[str, GradientStats]] = {}
    for recipe in outcome.plan.recipes:
        if recipe.id in found or not outcome.plan.sloped(recipe) or not _has_gradient(outcome, recipe):
            continue
        gathering = GradientStatsAccumulator(exact)
        for samples, parts in pieces(outcome, inputs, recipe, jobs):
            if len(samples):
                gathering.add(parts, _counted(inputs, as_index(samples)))
        found[recipe.id] = gathering.slopes()
        if inputs.by:
            for key, slopes in _of_groups(outcome, inputs, recipe, jobs, exact).items():
                groups.setdefault(key, {})[recipe.id] = slopes
    apart = {key: _with(part, groups.get(key, {})) for key, part in outcome.groups.items()}
    return replace(_with(outcome, found), groups=apart)


def _with(outcome: Evaluation, slopes: Mapping[str, GradientStats]) -> Evaluation:
    return replace(outcome, tally=replace(outcome.tally, slopes={**outcome.tally.slopes, **slopes}))


def _of_groups(outcome: Evaluation, inputs: Inputs, recipe: Recipe, jobs: int, exact: bool) -> dict[GroupKey, GradientStats]:
    """By group, the statistics of the gradients of the group's value."""
    from losscli.engine.groups import blocks

    of_value = not outcome.plan.row_slopes(recipe)

    def norms_of(block: Block, start: int, stop: int) -> list[tuple[GroupKey, Floats]]:
        out = []
        for key, part in blocks(inputs, block, start, stop):
            group = outcome.groups[key]
            if _has_gradient(group, recipe) and _counts(group, recipe):
                lengths = norms(_piece(group, inputs, recipe, of_value, part)[1])
                out.append((key, lengths if part.weight is None else lengths[part.weight > 0]))
        return out

    def work(start: int, stop: int) -> list[tuple[GroupKey, Floats]]:
        block, _ = inputs.block(start, stop)
        return norms_of(block, start, stop) if block.rows else []

    gathered: dict[GroupKey, GradientStatsAccumulator] = {}
    grid = [(0, inputs.rows)] if _together(outcome, recipe) else tiles(inputs.rows, inputs.width)
    with workers(jobs):
        for key, lengths in chain.from_iterable(ordered(work, grid, jobs)):
            gathered.setdefault(key, GradientStatsAccumulator(exact)).add_norms(lengths, None)
    return {key: gathering.slopes() for key, gathering in gathered.items()}


def _together(outcome: Evaluation, recipe: Recipe) -> bool:
    """Whether a term needs every row at once."""
    return any(outcome.plan.terms[t.full()].form.unit == "whole" for _, t in recipe.terms)


def _counts(outcome: Evaluation, recipe: Recipe) -> bool:
    """Whether every term keeps at least one sample."""
    found = [outcome.tally.means[t.full()] for _, t in recipe.terms if t.full() in outcome.tally.means]
    return all(mean.norm.total or mean.floor for mean in found)


def _has_gradient(outcome: Evaluation, recipe: Recipe) -> bool:
    wholes = [outcome.wholes[t.full()] for _, t in recipe.terms if t.full() in outcome.wholes]
    return all(whole.gradient is not None for whole in wholes)


def _counted(inputs: Inputs, samples: Ints) -> Bools | None:
    """The samples with a positive weight."""
    if inputs.weight is None:
        return None
    low, high = int(samples.min()), int(samples.max()) + 1
    return np.asarray(inputs.weights(low, high)[samples - low] > 0)


def _piece(outcome: Evaluation, inputs: Inputs, recipe: Recipe, of_value: bool, block: Block) -> Piece:
    if not block.rows:
        return block.samples, {}
    return block.samples, summed(outcome.plan, inputs, recipe, block, lambda key: _term(outcome, key, block, of_value))


def _term(outcome: Evaluation, key: str, block: Block, of_value: bool) -> Mapping[str, Floats]:
    bound = outcome.plan.terms[key]
    watch = Watch()
    if bound.form.unit == "whole":
        whole = outcome.wholes[key]
        assert whole.gradient is not None
        return whole.gradient()
    if bound.pooled:
        share = None if block.weight is None else bound.share_of(block.weight)
        return scaled(bound.gradient(block, watch, outcome.totals[key]), share)
    found = bound.gradient(block, watch)
    if not of_value:
        return found
    mean = outcome.tally.means[key]
    divisor = max(float(mean.norm), mean.floor)
    share = np.full(block.rows, 1.0 / divisor) if block.weight is None else block.weight / divisor
    return scaled(found, share)
