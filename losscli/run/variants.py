"""One loss under sets of changes of its parameters, on data that are opened once: what `reconcile` compares. Writes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from losscli.core.errors import LosscliError
from losscli.core.records import dataclass, field, replace
from losscli.core.values import Value
from losscli.engine.evaluate import Evaluation, evaluate
from losscli.reading.aligned import Inputs
from losscli.report.summarise import term_value
from losscli.run.prepare import bound_term, planned, prepare
from losscli.run.request import Request, worker_options
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss
from losscli.spec.recipe import Recipe, Term

TOGETHER = 48
"""Terms evaluated in one pass over the data."""

Changes = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Row:
    """A variant of the loss: the recipe, its value, the cause of the difference, and the libraries that compute it so."""

    recipe: str
    value: float
    difference: float
    cause: tuple[str, ...]
    libraries: tuple[str, ...] = ()


@dataclass
class Bench:
    """The data, opened once, and the values of the loss under each set of changes measured so far."""

    request: Request
    term: Term
    inputs: Inputs
    conventions: Conventions
    notes: tuple[str, ...] = ()
    known: dict[Changes, tuple[float, float] | None] = field(default_factory=dict)
    """By changes: mean and sum of the samples; None where the loss has no value on these data."""

    @classmethod
    def of(cls, request: Request, ours: Recipe) -> Bench:
        ready = prepare(request, [ours])
        bench = cls(request, ours.terms[0][1], ready.inputs, ready.conventions, ready.notes)
        outcome = evaluate(replace(ready.plan, full=False), ready.inputs, **worker_options(request, [ours]))
        if ready.inputs.family.conclude:
            ready.inputs.family.conclude(outcome.tally.watch, ready.conventions)
        bench.known[()] = _values(outcome, ours)
        return bench

    @property
    def loss(self) -> Loss:
        return self.term.loss

    def changed(self, changes: Changes) -> Term:
        """The term with these parameters instead of its own."""
        return Term(self.loss, tuple(sorted({**dict(self.term.values), **dict(changes)}.items())))

    def measure(self, wanted: Sequence[Changes]) -> None:
        """Evaluate all that is not known yet, many in one pass over the data."""
        new = [c for c in dict.fromkeys(wanted) if c not in self.known]
        for start in range(0, len(new), TOGETHER):
            self._measure(new[start : start + TOGETHER])

    def _measure(self, wanted: Sequence[Changes]) -> None:
        fine = [c for c in wanted if self._admitted(self.changed(c))]
        self.known.update(dict.fromkeys(wanted))
        try:
            self.known.update(self._evaluated(fine))
        except LosscliError:
            for changes in fine:
                try:
                    self.known.update(self._evaluated([changes]))
                except LosscliError:
                    continue  # these parameters have no value on these data

    def _evaluated(self, wanted: Sequence[Changes]) -> dict[Changes, tuple[float, float]]:
        if not wanted:
            return {}
        recipes = {c: Recipe(((1.0, self.changed(c)),), f"r{i}") for i, c in enumerate(wanted)}
        plan = planned(self.request, list(recipes.values()), self.inputs, self.conventions)
        outcome = evaluate(replace(plan, full=False), self.inputs, **worker_options(self.request, plan.recipes))
        return {c: _values(outcome, r) for c, r in recipes.items()}

    def _admitted(self, term: Term) -> bool:
        """Whether the first rows have a value under these parameters."""
        try:
            bound = bound_term(term, self.inputs, self.conventions, self.request.reading.cols)
            if bound.form.unit == "whole" or bound.fits:
                return True
            block, _ = self.inputs.block(0, min(2, self.inputs.rows))
            bound.sums(block, Watch()) if bound.pooled else bound.rows(block, Watch())
        except LosscliError:
            return False
        return True

    def value(self, changes: Changes) -> float:
        found = self.known.get(changes)
        return math.nan if found is None else found[0 if self.request.reduction == "mean" else 1]

    def other(self, changes: Changes) -> float:
        """The value under the reduction that was not asked for."""
        found = self.known.get(changes)
        return math.nan if found is None else found[1 if self.request.reduction == "mean" else 0]

    def row(self, changes: Changes, cause: Sequence[str], value: float, libraries: Sequence[str] = ()) -> Row:
        return Row(str(self.changed(changes)), value, value - self.value(()), tuple(cause), tuple(libraries))


def _values(outcome: Evaluation, recipe: Recipe) -> tuple[float, float]:
    (_, term), *_ = recipe.terms
    spread = outcome.tally.distributions.get(recipe.id)
    return term_value(outcome, term)[0], math.nan if spread is None else float(spread.total)
