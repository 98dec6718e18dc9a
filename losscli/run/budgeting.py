"""By what --budget ranks the rows of a run: the probability of the true class, or where there is none the first loss."""

from __future__ import annotations

from losscli.core.errors import LosscliError, UsageError, visible
from losscli.core.records import replace
from losscli.engine.budget import Budgeting
from losscli.engine.plan import Plan
from losscli.reading.aligned import Inputs
from losscli.run.calibrating import calibrating, reading_of, scores_per_row
from losscli.run.class_plan import class_names
from losscli.spec.family import Watch
from losscli.spec.forecast import Calibrating
from losscli.spec.tile import tile_rows


def budgeting(plan: Plan, inputs: Inputs) -> Budgeting:
    """How the rows are ranked. Raises UsageError for a loss without a value per sample."""
    for recipe in plan.recipes:
        if not plan.per_row(recipe):
            what = f"{visible(recipe.label)} has no value per sample, so --budget cannot say which samples carry it"
            raise UsageError(what, fix="evaluate it in a run without --budget")
    how = _forecasts(plan, inputs)
    names = () if how is None else class_names(plan, inputs, max(2, scores_per_row(inputs)))
    return Budgeting(how, plan.sign(plan.recipes[0]), names)


def _forecasts(plan: Plan, inputs: Inputs) -> Calibrating | None:
    """How the scores are read as probabilities of exclusive classes; None where the first rows show that they are not, or that one
    has no single class."""
    if plan.calibrating is not None:
        return plan.calibrating
    family, conventions = inputs.family, plan.conventions
    if family.forecast is None or conventions.multilabel or not (conventions.from_logits or _probabilities(plan, inputs)):
        return None
    try:
        how = replace(calibrating(1, plan, inputs), option="--budget")
        block, _ = inputs.block(0, min(inputs.rows, tile_rows(inputs.width)))
        family.forecast(block, how, conventions, Watch())
    except LosscliError:
        return None
    return how


def _probabilities(plan: Plan, inputs: Inputs) -> bool:
    """Whether any loss reads the scores as probabilities or their logarithms rather than as margins."""
    return any(reading_of(bound, inputs) in ("softmax", "sigmoid", "log") for bound in plan.terms.values())
