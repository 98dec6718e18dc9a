"""The losses of single pixels of one recipe, image by image, in a pass of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass
from losscli.engine.plan import Plan
from losscli.numerics.stable import Array, Floats
from losscli.reading.aligned import Inputs
from losscli.spec.family import Family, Watch
from losscli.spec.recipe import Recipe


@dataclass(frozen=True)
class LossMap:
    """The losses of one image's pixels, NaN where a pixel is ignored, and its true classes, both (H,W). sample: its number."""

    sample: int
    losses: Floats
    classes: Array


def refuse_terms(recipe: Recipe, family: Family) -> None:
    """Raise UsageError for a recipe with a term that has no value per pixel."""
    for _, term in recipe.terms:
        if term.loss.name not in family.pixel_maps.losses:
            fix = f"losses with one: {', '.join(family.pixel_maps.losses)}"
            raise UsageError(f"--loss-map: {term.loss.name} has no value per pixel, only one per image", fix=fix)


def maps(plan: Plan, inputs: Inputs, recipe: Recipe) -> Iterator[LossMap]:
    """The map of every image that is evaluated."""
    for sample in range(inputs.rows):
        block, _ = inputs.block(sample, sample + 1)
        if not block.rows:
            continue
        total, kept = np.zeros(1), np.ones(1, bool)
        for weight, term in recipe.terms:
            bound = plan.terms[term.full()]
            args = bound.args(block, Watch())
            with np.errstate(all="ignore"):
                rows = bound.rows_of(block, inputs.family.pixel_maps.alone(args))
            total = total + weight * rows.values
            kept = kept if rows.kept is None else kept & rows.kept
            truth = args[1]
        shape = block.arrays["mask"].shape[-2:]
        if len(total) != shape[0] * shape[1]:
            raise DataError("--loss-map draws images of two axes", block.place("mask", 0, 0), "omit --loss-map for volumes")
        values = truth.values[0]
        classes = np.rint(values) if values.ndim == 1 else np.argmax(values, 0)
        yield LossMap(sample, np.where(kept, total, np.nan).reshape(shape), classes.reshape(shape))
