"""The plan of a run, and the first pass that computes data-dependent parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from losscli.core.records import dataclass, field, replace
from losscli.engine.adding import EXACT, ROUNDED, Adding
from losscli.engine.tally import GroupKey, Tally
from losscli.engine.term import BoundTerm
from losscli.engine.totals import Totals
from losscli.reading.aligned import Inputs
from losscli.spec.family import Conventions, Family, Watch
from losscli.spec.forecast import NODES, Calibrating, Forecast
from losscli.spec.param import PER_CLASS
from losscli.spec.recipe import Recipe
from losscli.spec.tile import Block, tiles

if TYPE_CHECKING:
    from losscli.engine.budget import Budgeting

Terms = Mapping[str, BoundTerm]


@dataclass(frozen=True)
class ClassPlan:
    """The classes of a run, and what the loss of a class is, by term (see ClassRules.means)."""

    names: tuple[str, ...]
    means: Mapping[str, str]

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def by_rows(self) -> bool:
        """Whether every row belongs to one class only."""
        return all(x == "rows" for x in self.means.values())

    def name(self, c: int) -> str:
        return self.names[c] if c < len(self.names) else str(c)

    def bound(self, key: str, bound: BoundTerm, c: int) -> BoundTerm:
        """A term as it is for class c: where the class stands alone, parameters with a number per class have only its own."""
        if self.means[key] in ("rows", "members"):
            return bound
        own = {}
        for name in PER_CLASS:
            given = bound.params.get(name)
            if isinstance(given, np.ndarray) and given.ndim == 1:
                at = len(given) - self.count + c
                own[name] = given[max(at, 0) : at + 1]
        return replace(bound, params=bound.params.replace(**own)) if own else bound


@dataclass(frozen=True)
class Plan:
    """What a run computes: recipes over terms, each distinct term once."""

    recipes: tuple[Recipe, ...]
    terms: Mapping[str, BoundTerm]
    conventions: Conventions
    worst: int = 0
    best: int = 0
    termwise: bool = False
    """Whether the terms of the worst and best samples are shown."""
    full: bool = True
    """Whether to compute the distribution over samples, or the value alone."""
    intervals: bool = False
    """Whether to collect what confidence intervals need."""
    resampled: bool = False
    """Whether these are resampled, so that each sample's numbers are kept."""
    paired: str = ""
    """What totals are collected by for a comparison with another evaluation: `unit` (or target, without units) or `row` (of the
    target); empty without."""
    slopes: bool = False
    """Whether to compute gradient statistics."""
    exact: bool = False
    """Whether no sum may round, so that evaluations of parts of the rows add up to that of all of them."""
    fits: Mapping[str, Totals] = field(default_factory=dict)
    """The sums behind the parameters that depend on all rows, by term."""
    own: Mapping[GroupKey, Mapping[str, BoundTerm]] = field(default_factory=dict)
    """By group, the terms whose parameters are computed from its rows."""
    classes: ClassPlan | None = None
    """How the losses per class are computed; None without --per-class."""
    plots: tuple[str, ...] = ()
    """The kinds of plots that are counted."""
    calibrating: Calibrating | None = None
    """How forecasts are read and binned; None without --calibration."""
    budgeting: Budgeting | None = None
    """By what rows are ranked; None without --budget."""

    def exactly(self) -> Plan:
        """The plan in which no sum rounds, and parameters are computed beforehand only where the value is not one of sums without
        them."""
        apart = self.classes is None
        terms = {k: replace(b, exact=apart and b.pooled and b.form.exact is not None) for k, b in self.terms.items()}
        return replace(self, terms=terms, exact=True)

    @property
    def waiting(self) -> dict[str, BoundTerm]:
        """The terms with data-dependent parameters."""
        return {k: b for k, b in self.terms.items() if b.fits}

    def resolved(self, tally: Tally) -> Plan:
        """The plan with parameters computed from the sums of `fitted`; a term that no row counts for stays as it is."""
        waiting = self.waiting
        found = {k: b.resolved(tally.totals[k].arrays()) for k, b in waiting.items() if k in tally.totals}
        own = {key: {k: waiting[k].resolved(t.arrays()) for k, t in part.totals.items()} for key, part in tally.groups.items()}
        fits = {k: t for k, t in tally.totals.items() if k in waiting}
        return replace(self, terms={**self.terms, **found}, own=own, fits=fits)

    @property
    def forecasting(self) -> Calibrating | None:
        """How the scores are read as forecasts; None where none are wanted."""
        return self.calibrating or (None if self.budgeting is None else self.budgeting.how)

    def forecast(self, family: Family, block: Block, watch: Watch) -> Forecast | None:
        """The scores of a block as forecasts; None where none are wanted."""
        how = self.forecasting
        if how is None or family.forecast is None:
            return None
        found = family.forecast(block, how, self.conventions, watch)
        return found if self.calibrating is None else found.with_slopes(NODES)

    def of(self, key: GroupKey) -> Plan:
        """The plan of a group; with losses per class, the last of its values is the number of the class."""
        if self.classes is not None:
            base, classes, c = self._of_rows(key[:-1]), self.classes, int(key[-1])
            return replace(base, terms={k: classes.bound(k, bound, c) for k, bound in base.terms.items()}, classes=None)
        return self._of_rows(key)

    def _of_rows(self, key: GroupKey) -> Plan:
        return replace(self, terms={**self.terms, **self.own[key]}, own={}) if key in self.own else self

    @property
    def adding(self) -> Adding:
        """How the numbers of tiles are added."""
        return EXACT if self.exact else ROUNDED

    @property
    def rowwise(self) -> bool:
        """Whether anything is evaluated row by row."""
        return self.calibrating is not None or bool(self.plots) or any(b.form.unit != "whole" for b in self.terms.values())

    @property
    def whole(self) -> list[str]:
        """The terms that compare rows with each other, so that they are evaluated over all rows at once."""
        return [key for key, b in self.terms.items() if b.form.unit == "whole"]

    def per_row(self, recipe: Recipe) -> bool:
        """Whether every sample has its own value."""
        return all(self.terms[t.full()].per_row for _, t in recipe.terms)

    def sloped(self, recipe: Recipe) -> bool:
        """Whether every term has a gradient."""
        return all(self.terms[t.full()].form.differentiable for _, t in recipe.terms)

    def row_slopes(self, recipe: Recipe) -> bool:
        """Whether a sample's gradient is that of its own loss, rather than that of the value."""
        return self.per_row(recipe) and not any(t.loss.of_value for _, t in recipe.terms)

    def lengths(self, recipe: Recipe) -> bool:
        """Whether every sample has a gradient of its own."""
        return self.sloped(recipe) and self.row_slopes(recipe)

    def sign(self, recipe: Recipe) -> int:
        """-1 if higher values are better, otherwise 1."""
        return -1 if all(t.loss.direction_for(t.params) == "higher" for _, t in recipe.terms) else 1


def fitted(terms: Terms, inputs: Inputs, start: int, stop: int, adding: Adding = ROUNDED) -> Tally:
    """The sums of one tile, as totals by term.

    A group's pooled value uses parameters computed from that group, as if its rows were the whole input. Of other terms, a
    group's losses are those of the same rows in the whole input, so their parameters come from all rows.
    """
    block, _ = inputs.block(start, stop)
    block = block if block.lone is None else block.keep(~block.lone)
    if block.rows == 0:
        return Tally()
    own = {}
    pooled = {key: bound for key, bound in terms.items() if bound.pooled}
    if inputs.by and pooled:
        from losscli.engine.groups import blocks  # late: most runs have none

        own = {key: Tally(totals=_sums(pooled, part, adding)) for key, part in blocks(inputs, block, start, stop)}
    return Tally(totals=_sums(terms, block, adding), groups=own)


def fitted_span(terms: Terms, inputs: Inputs, start: int, stop: int, adding: Adding = ROUNDED) -> Tally:
    """The sums of the rows start…stop-1, which must begin and end at tile boundaries."""
    tally = Tally()
    with np.errstate(all="ignore"):
        for low, high in tiles(stop, inputs.width, start):
            tally = tally + fitted(terms, inputs, low, high, adding)
    return tally


def _sums(terms: Terms, block: Block, adding: Adding) -> dict[str, Totals]:
    return {k: Totals.over(b.fit(block, Watch()), block.weight, b.form.tops, adding) for k, b in terms.items()}
