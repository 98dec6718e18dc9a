"""How --per-class tells the classes of a run apart: their names, and what the loss of a class is."""

from __future__ import annotations

from losscli.core.errors import UsageError, raise_all
from losscli.engine.plan import ClassPlan, Plan
from losscli.families.shared.score_guards import squeezed
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.labels import Coded, CodedNumbers
from losscli.reading.series import numbered
from losscli.spec.family import Watch


def class_plan(plan: Plan, inputs: Inputs) -> ClassPlan:
    """The classes, and what each term's loss of a class is. Raises UsageError for every loss whose classes have none."""
    rules = inputs.family.classes
    if rules is None:
        raise UsageError(f"--per-class is read by classify and segment, not by {inputs.family.name}")
    first, _ = inputs.block(0, min(1, inputs.rows))
    means, errors, count = {}, [], 0
    for key, bound in plan.terms.items():
        block = inputs.family.arranged(first, bound.form, bound.params, plan.conventions, Watch())
        shapes = {role: squeezed(array).shape[1:] for role, array in block.arrays.items()}
        count = max(count, rules.count(block, plan.conventions))
        try:
            means[key] = rules.means(bound.form, bound.params, shapes, plan.conventions)
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    return ClassPlan(class_names(plan, inputs, count), means)


def class_names(plan: Plan, inputs: Inputs, count: int) -> tuple[str, ...]:
    """--classes, the names of the labels, or those of the score columns; otherwise numbers."""
    by_role = {f.role: f for f in inputs.filled}
    known = [plan.conventions.classes, _label_names(by_role.get("label")), _column_names(inputs, by_role.get("scores"))]
    return next((names for names in known if names and len(names) == (count or len(names))), tuple(map(str, range(count))))


def _label_names(label: Filled | None) -> tuple[str, ...]:
    if label is not None and isinstance(label.field, CodedNumbers):
        return tuple(map(str, label.field.values))
    return tuple(label.field.codes) if label is not None and isinstance(label.field, Coded) else ()


def _column_names(inputs: Inputs, scores: Filled | None) -> tuple[str, ...]:
    """The names of the score columns; their numbers, where they are numbered."""
    names = scores.field.names if scores is not None and inputs.pred.is_table else ()
    series = next((s for s in numbered(names) if s.columns == tuple(names)), None)
    return () if len(names) < 2 else names if series is None else series.words
