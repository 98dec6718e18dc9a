"""The sums of a report that does not carry them, from the file of --per-sample that it names. Evaluates nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.engine.groups import Grouping
from losscli.engine.plan import Plan
from losscli.engine.tally import GroupKey, Tally
from losscli.engine.term import BoundTerm
from losscli.engine.units import number_of
from losscli.numerics.quantile_sketch import EXACT_QUANTILES
from losscli.numerics.stable import Array, Bools, Floats, Ints, Words
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.output.batch import PLACES, WEIGHT
from losscli.output.spreadsheet import FORMULA, safe
from losscli.report.facts import Facts
from losscli.report.intervals import unit_like_of
from losscli.report.model import Line
from losscli.report.state.of_samples import Sampled, tally_of
from losscli.report.state.sums import FORM, PlanState, Sides, State, SumsState, canonical, plan_of, plan_state
from losscli.run.baseline_files import file_digest
from losscli.run.intervals_asked import intervals_of
from losscli.run.report_files import Saved
from losscli.run.request import Request
from losscli.run.sample_file import SampleFile, numbers, open_samples
from losscli.spec.family import Family
from losscli.spec.recipe import Recipe, parse

RECOMPUTED = (
    "nonfinite-loss",
    "no-samples",
    "quantiles-approximate",
    "quantiles-weighted",
    "unit-not-given",
    "interval-rough",
)
"""The codes of warnings that follow from the sums."""


class Lacking(Exception):
    """What samples do not say, though the report depends on it; empty where the report names no samples."""


@dataclass(frozen=True)
class SampledPart:
    """A report with its samples, and what was asked of its evaluation."""

    saved: Saved
    request: Request
    family: Family
    file: SampleFile

    @classmethod
    def of(cls, found: Saved, requested: Callable[[Saved], Request], family: Family) -> SampledPart:
        """Open the samples. Raises DataError where they are not those of the report, Lacking where they do not say enough."""
        named = found.report.samples
        if named is None:
            raise Lacking
        if found.report.options is None:
            raise Lacking("how they were evaluated: from data in memory")
        try:
            request = requested(found)
        except UsageError as e:
            raise DataError(f"a damaged report: {e.what}", Where(found.name), "write it again") from None
        if request.loss_files:
            raise Lacking(f"how losses of {visible(', '.join(request.loss_files))} are added, whose code would have to run")
        if found.samples.lower().endswith(".npy"):
            raise Lacking("their rows, as .npy has losses alone")
        if file_digest(found.samples) != named.sha256:
            raise DataError("the samples have changed since the report was written", Where(found.samples), "write both again")
        file = open_samples(found.samples)
        if len(file.order) != found.report.alignment.evaluated:
            what = f"{len(file.order):,} samples, and {visible(found.name)} is of {found.report.alignment.evaluated:,}"
            raise DataError(what, Where(found.samples), "write both again")
        return cls(found, request, family, file)

    def state(self, like: State | None) -> State:
        """The state of the report. like: that of another part, which says how the losses were bound. Raises Lacking."""
        report, request = self.saved.report, self.request
        recipes = tuple(map(self._recipe, report.losses))
        if lacks := list(self._lacks(recipes)):
            raise Lacking(", ".join(dict.fromkeys(lacks)))
        plan = self._plan(recipes, like)
        bound = plan_of(plan, self.family)
        if lacks := [t.loss.name for r in recipes for _, t in r.terms if bound.terms[t.full()].fits]:
            raise Lacking(f"the parameters of {visible(', '.join(lacks))} from all rows, which merge names given --state")
        p, weighted = report.alignment, request.reading.weights is not None
        sides = Sides(p.matched - p.filtered, 0, 0, p.pred_rows, p.target_rows)
        units = bool(request.reading.unit)
        samples = self._samples(bound.recipes)
        tally = tally_of(bound, samples, p.dropped, sides.matched <= EXACT_QUANTILES)
        rows = dict(zip(samples.numbers.tolist(), numbers(self.file.source, PLACES[0]).tolist(), strict=True))
        self._refuse_divided(bound, tally)
        lost = {id: tuple(int(rows[i]) for i in d.lost) for id, d in tally.distributions.items() if d.nonfinite}
        facts = Facts(weighted, units, self._groupings(), unit_like_of(report.warnings), lost)
        notes = tuple((w.code, w.message) for w in report.warnings if w.code not in RECOMPUTED)
        asked = intervals_of(request, units, weighted)
        sums = SumsState(plan, canonical(tally))
        return State(FORM, request.reduction, sides, facts, asked, sums, None, notes, tuple(sorted(request.reading.allowed)))

    def _recipe(self, line: Line) -> Recipe:
        try:
            found = parse(line.recipe, self.family)
        except UsageError as e:  # of what the report says, not of the command
            raise DataError(e.what, Where(self.saved.name), e.fix) from None
        return replace(found, given_id=None if line.id == found.canonical else line.id, typed=line.label)

    def _lacks(self, recipes: Sequence[Recipe]) -> Iterator[str]:
        """What the report says and the samples do not."""
        request, report, file = self.request, self.saved.report, self.file
        for recipe, line in zip(recipes, report.losses, strict=True):
            (weight, term), *more = recipe.terms
            if more or weight != 1.0 or [x.name for x in line.terms] != [term.loss.name]:
                yield f"the terms of {visible(recipe.label)}"
        asked = {"--calibration": request.calibration is not None, "--budget": request.budget, "--per-class": request.per_class}
        asked |= {"--grad-stats": request.grad_stats, "--baseline": report.baseline is not None}
        yield from (f"what {flag} reports" for flag, given in asked.items() if given)
        if request.reading.weights is not None and (WEIGHT not in file.source.names or WEIGHT in file.words):
            yield "the weights"
        lost = [role for role in self._roles if not file.column(role)]
        if lost:
            yield f"the groups by {visible(', '.join(lost))}"
        if (unit := request.reading.unit) and not file.column(unit):
            yield f"the units {visible(unit)}"
        if report.boxes is not None and report.boxes.penalized:
            yield "the boxes without a partner"

    @property
    def _roles(self) -> list[str]:
        """What names the groups."""
        return list(self.saved.report.groups[0].by) if self.saved.report.groups else []

    def _groupings(self) -> tuple[Grouping, ...]:
        bins = {b.column: Grouping(b.column, b.labels, bool(b.parts)) for b in self.request.reading.bins}
        return tuple(bins.get(role, Grouping(role)) for role in self._roles)

    def _plan(self, recipes: Sequence[Recipe], like: State | None) -> PlanState:
        request, report = self.request, self.saved.report
        known = {(side, key) for side, line in report.inputs.items() for key in line.roles}
        alone = len(report.inputs) == 1
        available = frozenset(r.name for r in self.family.roles if any((s, r.key) in known for s in _sides(r.side, alone)))
        matching = None if report.boxes is None else report.boxes.matching
        terms = {t.full(): t for r in recipes for _, t in r.terms}
        bound = {key: BoundTerm.of(t, self.family, available, request.conventions) for key, t in terms.items()}
        if matching is not None:
            from losscli.engine.penalties import penalty

            bound = {key: replace(b, penalty=penalty(b.form, b.params, matching)) for key, b in bound.items()}
        found = plan_state(
            Plan(
                tuple(recipes),
                bound,
                request.conventions,
                request.worst,
                request.best,
                intervals=request.ci is not None,
                resampled=request.ci_method != "skew-t",
            )
        )
        if like is None:
            return found
        theirs = like.sums.plan
        if divided := [r.label for r in recipes if self._divided(like, r)]:
            raise Lacking(f"what the mean of {visible(', '.join(divided))} is divided by")
        return replace(found, recipes=theirs.recipes, terms=theirs.terms, options=theirs.options)

    def _refuse_divided(self, plan: Plan, tally: Tally) -> None:
        """Raise Lacking where a value is not the mean or the sum of the samples' losses."""
        for recipe, line in zip(plan.recipes, self.saved.report.losses, strict=True):
            found = tally.distributions[recipe.id]
            summed = self.request.reduction == "sum"
            mine = float(found.total) if summed else found.mean
            size = max(abs(found.low), abs(found.high)) * (found.n if summed else 1)
            if not (line.value == mine or abs(line.value - mine) <= 1e-9 * size or (line.value != line.value and mine != mine)):
                raise Lacking(f"what the mean of {visible(recipe.label)} is divided by")

    def _divided(self, like: State, recipe: Recipe) -> bool:
        """Whether the mean is not over the samples' weights."""
        own = self.request.reading.weights is not None or self.request.reading.unit
        estimate = like.sums.tally.estimates.get(recipe.id)
        return not own and estimate is not None and isinstance(estimate.sums, RatioSums)

    def _samples(self, recipes: Sequence[Recipe]) -> Sampled:
        file, report, reading = self.file, self.saved.report, self.request.reading
        losses = {r.id: file.losses(r.id) for r in recipes}
        weight = file.weights() if reading.weights is not None else None
        kept = {x.id: self._kept(x, losses[x.id], weight) for x in report.losses}
        keys, codes = self._groups()
        units = _units(file.text(file.column(reading.unit)), file.escapes) if reading.unit else None
        return Sampled(self._numbers(), losses, kept, weight, units, keys, codes)

    def _kept(self, line: Line, values: Floats, weight: Floats | None) -> Bools | None:
        """Which samples count. Raises Lacking where a missing number may be of a sample that counts or of one that does not."""
        there = ~np.isnan(values)
        if there.all():
            return None
        used = np.ones(len(values), bool) if weight is None else weight > 0
        if line.n == int((there & used).sum()):
            return np.asarray(there)
        if line.n == int(used.sum()):
            return None
        raise Lacking(f"which samples without a loss count for {visible(line.label)}")

    def _numbers(self) -> Ints:
        """The samples' numbers, in ascending order: of pairs by position, those of the rows."""
        p, count = self.saved.report.alignment, len(self.file.order)
        rows = numbers(self.file.source, PLACES[0])
        if p.pairing == "position" and not p.filter and bool((np.diff(rows) > 0).all()) and not np.isnan(rows).any():
            return rows.astype(np.int64) - 1
        return np.arange(count)

    def _groups(self) -> tuple[list[GroupKey], Ints | None]:
        """The groups of the report, and the index of each sample's."""
        groups = self.saved.report.groups
        if not groups:
            return [], None
        keys = [tuple(g.by.values()) for g in groups]
        shown = (lambda word: safe(word)) if self.file.escapes else (lambda word: word)
        places = {tuple(map(shown, key)): i for i, key in enumerate(keys)}
        columns = [self.file.text(self.file.column(role)).tolist() for role in self._roles]
        codes = [places.get(tuple(map(str, words)), -1) for words in zip(*columns, strict=True)]
        if len(places) < len(keys) or -1 in codes:
            raise DataError("its groups are not those of the report", Where(self.file.path), "write both again")
        held = np.array(codes, np.int64)
        there = np.flatnonzero(np.bincount(held, minlength=len(keys)))
        return [keys[i] for i in there.tolist()], np.searchsorted(there, held)


def _sides(side: str, alone: bool) -> tuple[str, ...]:
    """The files in which a role of this side may be."""
    return ("pred", "target") if side == "any" else ("pred",) if alone else (side,)


def _units(words: Array, escaped: bool) -> Words:
    """The numbers of units, as an evaluation has them."""
    found, codes = np.unique(words.astype(str), return_inverse=True)
    plain = (word[1:] if escaped and word[:1] == "'" and word[1:2] in FORMULA else word for word in found.tolist())
    return np.array([number_of(word) for word in plain], np.uint64)[codes]
