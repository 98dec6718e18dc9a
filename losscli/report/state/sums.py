"""An evaluation without its inputs: the plan that turns sums into values, the sums, and what the report needs to know besides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.core.values import File
from losscli.engine.budget import Budgeting
from losscli.engine.estimates import Estimate
from losscli.engine.evaluate import Evaluation, parts_of, totals_of
from losscli.engine.plan import ClassPlan, Plan
from losscli.engine.tally import Tally
from losscli.engine.term import BoundTerm, loaded
from losscli.engine.totals import Totals
from losscli.numerics.quantile_sketch import Quantiles
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.reading.aligned import Inputs
from losscli.report.comparisons import Tested
from losscli.report.facts import Facts, facts_of
from losscli.report.intervals import Asked
from losscli.report.model import Warned
from losscli.report.state.packed import Damaged, packed, unpacked
from losscli.spec import registry
from losscli.spec.family import Conventions, Family
from losscli.spec.forecast import Calibrating
from losscli.spec.loss import Params
from losscli.spec.recipe import Recipe, parse

FORM = "losscli.state/1"
_SAME = ("worst", "best", "full", "intervals", "resampled", "paired", "slopes", "calibrating", "budgeting")
"""What a state says as a plan does."""


@dataclass(frozen=True)
class TermState:
    """A term: its kernel, and its parameters as the kernel takes them."""

    kernel: str
    params: Mapping[str, Any]
    penalty: float | None


@dataclass(frozen=True)
class RecipeState:
    """A recipe with every parameter, its given id, and what was typed."""

    full: str
    id: str | None
    typed: str


@dataclass(frozen=True)
class Sides:
    """How many samples are pairs, and how many are missed or spurious boxes; and the rows of each side's file."""

    matched: int
    missed: int
    spurious: int
    pred: int
    target: int


@dataclass(frozen=True)
class Options:
    """The conventions that turn sums into values and warnings; those of reading have done their work."""

    from_logits: bool
    multilabel: bool
    renormalize: bool
    classes: tuple[str, ...]
    pred_format: str
    target_format: str
    degenerate: str
    mixed_scale: str
    nonfinite: str
    ignore_index: tuple[int, ...]
    mask_values: tuple[float, ...]
    channels: str


@dataclass(frozen=True)
class PlanState:
    """A plan. fits: the sums behind parameters that depend on all rows; by_group: whether groups have such parameters too."""

    recipes: tuple[RecipeState, ...]
    terms: Mapping[str, TermState]
    options: Options
    worst: int
    best: int
    full: bool
    intervals: bool
    resampled: bool
    paired: str
    slopes: bool
    fits: Mapping[str, Totals]
    by_group: bool
    classes: ClassPlan | None
    calibrating: Calibrating | None
    budgeting: Budgeting | None


@dataclass(frozen=True)
class SumsState:
    """The plan and the sums of one evaluation."""

    plan: PlanState
    tally: Tally


@dataclass(frozen=True)
class BaselineState:
    """The evaluation of a baseline, and how the two are compared."""

    sums: SumsState
    tested: Tested


@dataclass(frozen=True)
class BaselineSums:
    """The evaluation of a baseline, and how it was compared."""

    outcome: Evaluation
    tested: Tested


@dataclass(frozen=True)
class State:
    """Everything that a report is made from, besides what it says of its files."""

    form: str
    reduction: str
    sides: Sides
    facts: Facts
    asked: Asked | None
    sums: SumsState
    baseline: BaselineState | None
    notes: tuple[tuple[str, str], ...]
    """What was said of the files, as code and message."""
    allowed: tuple[str, ...]
    """The codes of --allow."""


def state_of(
    outcome: Evaluation,
    inputs: Inputs,
    reduction: str,
    asked: Asked | None,
    base: BaselineSums | None,
    notes: Sequence[Warned],
    allowed: Collection[str],
) -> dict[str, Any]:
    """The state of a report as plain data."""
    p = inputs.pairing
    sides = Sides(p.matched, p.missed, p.spurious, p.pred_rows, p.target_rows)
    other = None if base is None else BaselineState(sums_of(base.outcome), base.tested)
    said = tuple((w.code, w.message) for w in notes)
    facts = facts_of(outcome, inputs)
    return packed_state(State(FORM, reduction, sides, facts, asked, sums_of(outcome), other, said, tuple(sorted(allowed))))


def sums_of(outcome: Evaluation) -> SumsState:
    """The state of an evaluation."""
    return SumsState(plan_state(outcome.plan), canonical(outcome.tally))


def plan_state(plan: Plan) -> PlanState:
    """The state of a plan."""
    recipes = tuple(RecipeState(r.full(), r.given_id, r.typed) for r in plan.recipes)
    terms = {key: TermState(b.form.kernel.__name__, dict(b.params), b.penalty) for key, b in plan.terms.items()}
    options = Options(*(getattr(plan.conventions, f) for f in Options.__annotations__))
    same = {name: getattr(plan, name) for name in (*_SAME, "fits")}
    return PlanState(recipes, terms, options, by_group=bool(plan.own), classes=plan.classes, **same)


def concluded(plan: Plan, tally: Tally, by: bool) -> Evaluation:
    """The evaluation of a plan from its sums. by: whether columns group the rows."""
    return Evaluation(plan, tally, totals_of(plan, tally), {}, parts_of(plan, tally, by, {}))


def plan_of(state: PlanState, family: Family) -> Plan:
    """The plan of a state. Raises Damaged for a recipe or a kernel that the family does not have."""
    recipes = tuple(_recipe(x, family, f"state.sums.plan.recipes[{i}]") for i, x in enumerate(state.recipes))
    stated = {name: getattr(state.options, name) for name in Options.__annotations__}
    conventions = replace(Conventions(), **stated)
    terms = {t.full(): t for r in recipes for _, t in r.terms}
    bound = {}
    for key, x in state.terms.items():
        at = f"state.sums.plan.terms[{key}]"
        if key not in terms:
            raise Damaged(at, "is not a term of the recipes")
        try:
            form = registry.form(family.name, terms[key].loss.name, x.kernel)
        except StopIteration:
            raise Damaged(f"{at}.kernel", f"{visible(x.kernel)} is not a kernel of {terms[key].loss.name}") from None
        bound[key] = BoundTerm(terms[key], form, Params(dict(x.params)), family, conventions, x.penalty)
    if missing := next((key for key in terms if key not in bound), None):
        raise Damaged("state.sums.plan.terms", f"{visible(missing)} is missing")
    same = {name: getattr(state, name) for name in _SAME}
    return Plan(recipes, bound, conventions, fits=state.fits, classes=state.classes, **same).exactly()


def bound_term(state: PlanState, key: str, family: Family) -> BoundTerm | None:
    """A term before parameters were computed from all rows; None where some are in files."""
    plan = plan_of(state, family)
    bound = plan.terms[key]
    own = {p.name for p in bound.form.params}
    given = {k: v for k, v in bound.term.values if k in own}
    if any(isinstance(v, File) for v in given.values()):
        return None
    values = {k: loaded(bound.form.param(k), v) for k, v in given.items()}
    return replace(bound, params=Params({**bound.form.fitted, **values}))


def _recipe(x: RecipeState, family: Family, at: str) -> Recipe:
    try:
        found = parse(x.full, family)
    except UsageError as e:
        raise Damaged(f"{at}.full", e.what) from None
    found = replace(found, given_id=x.id, typed=x.typed)
    if found.full() != x.full:
        raise Damaged(f"{at}.full", "is not a recipe with every parameter")
    return found


def canonical(tally: Tally) -> Tally:
    """Equal sums, whose form does not depend on how the rows were divided."""
    distributions = {
        k: replace(d, quantiles=_sorted(d.quantiles), weighted=d.weighted.ordered()) for k, d in tally.distributions.items()
    }
    slopes = {k: replace(s, norms=replace(s.norms, quantiles=_sorted(s.norms.quantiles))) for k, s in tally.slopes.items()}
    estimates, paired = ({k: Estimate(_ordered(x.sums)) for k, x in held.items()} for held in (tally.estimates, tally.paired))
    groups = {k: canonical(tally.groups[k]) for k in sorted(tally.groups)}
    return replace(tally, distributions=distributions, slopes=slopes, groups=groups, estimates=estimates, paired=paired)


def _sorted(found: Quantiles) -> Quantiles:
    return found.ordered() if found.exact and found.values else found


def _ordered(sums: Any) -> Any:
    if isinstance(sums, UnitTotals):
        return sums.joined()
    return replace(sums, parts=dict(sorted(sums.parts.items()))) if hasattr(sums, "folded") else sums


def refuse_unfit(sums: SumsState, family: Family) -> None:
    """Raise Damaged for a plan that is not of this family, or sums that are not of the plan."""
    plan, ids = plan_of(sums.plan, family), {r.id for r in plan_of(sums.plan, family).recipes}
    for tally in (sums.tally, *sums.tally.groups.values()):
        for name in ("distributions", "slopes", "estimates", "paired"):
            if unknown := next((id for id in getattr(tally, name) if id not in ids), None):
                raise Damaged(f"state.sums.tally.{name}[{unknown}]", "is not one of the losses")
        for name in ("means", "totals"):
            if unknown := next((key for key in getattr(tally, name) if key not in plan.terms), None):
                raise Damaged(f"state.sums.tally.{name}[{unknown}]", "is not one of the terms")


def packed_state(state: State) -> dict[str, Any]:
    """A state as plain data."""
    found: dict[str, Any] = packed(state, State)
    return found


def read_state(data: Any, path: str, family: Family) -> State:
    """The state of plain data. Raises DataError naming the first field that is not of the form."""
    fix = "write the report again with --state -o FILE.json"
    form = data.get("form") if isinstance(data, dict) else None
    if form != FORM:
        raise DataError(f"state.form is {visible(repr(form), 40)} instead of {FORM!r}", Where(path), fix)
    try:
        found: State = unpacked(data, State, "state")
        for sums in (found.sums, *([] if found.baseline is None else [found.baseline.sums])):
            refuse_unfit(sums, family)
    except (Damaged, RecursionError) as e:
        raise DataError(f"a damaged report: {e or 'its values are nested too deeply'}", Where(path), fix) from None
    return found
