"""Where the user's samples are on the axis of a curve: their place is read, paired and matched as if it were a loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass, replace
from losscli.engine.evaluate import evaluate
from losscli.numerics.stable import Floats, Ints
from losscli.run.curves.curve import Asked, Curves, drawn
from losscli.run.curves.points import Gathered, Termed, at_places
from losscli.run.meaning import refuse_other_families, requested
from losscli.run.prepare import prepare
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.spec.axes import Axis
from losscli.spec.loss import Loss
from losscli.spec.recipe import Recipe, Term

FLAT = 0.01
"""A gradient below which a sample has hardly any weight in training."""
BINS, STROKES, CHUNK = 60, 400, 1 << 15


@dataclass(frozen=True)
class Samples:
    """The places of the samples, their cases, and the finding in a line."""

    places: Floats
    rug: Floats
    finding: str
    notes: tuple[str, ...] = ()

    def histogram(self, low: float, high: float, log: bool) -> tuple[Ints, Floats]:
        """Counts of the samples between the ends of the axis, and their edges."""
        edges = np.geomspace(low, high, BINS + 1) if log else np.linspace(low, high, BINS + 1)
        return np.histogram(self.places, edges)[0], edges


@dataclass(frozen=True)
class Measured:
    """The place and the case of each sample."""

    places: Floats
    cases: Floats

    @property
    def reach(self) -> tuple[float, float]:
        """From where to where samples are, without the outermost thousandth on both sides."""
        low, high = (float(q) for q in np.quantile(self.places, [0.001, 0.999]))
        room = (high - low) * 0.05 or 1.0
        return low - room, high + room


def below(asked: Asked, family: str, recipes: Sequence[Recipe], data: tuple[str, str], read: ReadOptions) -> tuple[Curves, Samples]:
    """The curves in the range of the user's samples, and the samples. Raises UsageError where samples have no place on the axis."""
    refuse_other_families(read, family)
    axis = drawn(asked, family, recipes).axis
    found = measured(Request(family, *data, **requested(read, family)), axis)
    curves = drawn(asked, family, recipes, found.reach)
    return curves, placed(found, curves)


def measured(request: Request, axis: Axis) -> Measured:
    """Measure the samples of files. Raises DataError or UsageError like an evaluation."""
    assert axis.measure is not None
    losses = {"place": axis.measure, **({"case": axis.case_of} if axis.case_of is not None else {})}
    recipes = [Recipe(((1.0, Term(Loss(name, request.family, kernel, **axis.reads), ())),)) for name, kernel in losses.items()]
    with np.errstate(all="ignore"):
        ready = prepare(request, recipes)
        sinks = [Gathered(recipe.id, np.full(ready.inputs.rows, np.nan)) for recipe in recipes]
        evaluate(replace(ready.plan, full=False), ready.inputs, jobs=1, sinks=sinks)
    kept = np.isfinite(sinks[0].values)
    if not kept.any():
        raise DataError("no sample has a place on the axis", fix="`losscli inspect PRED TARGET` shows what is read")
    found = sinks[0].values[kept]
    return Measured(found, sinks[1].values[kept] if len(sinks) > 1 else np.zeros_like(found))


def placed(found: Measured, curves: Curves) -> Samples:
    """The samples with what is said of them: the share that lies where the gradient of each loss is almost 0."""
    shares = {recipe.label: float(np.mean(np.abs(_slopes(found, terms)) < FLAT)) for recipe, terms in curves.termed}
    said = [
        f"{_percent(share)} of your samples" if len(shares) == 1 else f"{name}: {_percent(share)}" for name, share in shares.items()
    ]
    finding = (
        f"{said[0]} lie where |gradient| < {FLAT}"
        if len(said) == 1
        else f"Samples where |gradient| < {FLAT}, of {len(found.places):,}: {', '.join(said)}"
    )
    outside = int(np.count_nonzero((found.places < curves.x[0]) | (found.places > curves.x[-1])))
    notes = (f"{outside:,} of {len(found.places):,} samples lie outside of the axis that is drawn",) if outside else ()
    return Samples(found.places, _rug(found.places), finding, notes)


def _percent(share: float) -> str:
    """A share that is 0 or 100 % only where it is."""
    text = f"{100 * share:.0f}"
    return f"{100 * share:.2g} %" if text in ("0", "100") and 0 < share < 1 else f"{text} %"


def _slopes(found: Measured, terms: Termed) -> Floats:
    """The derivative at each sample, in its own case."""
    out = np.empty(len(found.places))
    for start in range(0, len(out), CHUNK):
        x, case = found.places[start : start + CHUNK], found.cases[start : start + CHUNK]
        slopes = list(at_places(terms, x, True).slopes.values())
        out[start : start + CHUNK] = slopes[0] if len(slopes) == 1 else np.choose(case.astype(int), slopes)
    return out


def _rug(x: Floats) -> Floats:
    """A place for each sample, or for many samples the middles of those intervals that have any."""
    if len(x) <= STROKES:
        return np.sort(x)
    counts, edges = np.histogram(x, STROKES)
    return (edges[:-1] / 2 + edges[1:] / 2)[counts > 0]
