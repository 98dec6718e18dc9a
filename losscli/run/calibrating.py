"""How --calibration reads the scores of a run: as its losses do, where they agree that the scores are of exclusive classes."""

from __future__ import annotations

from losscli.core.errors import DataError, UsageError, Where
from losscli.engine.plan import Plan
from losscli.engine.term import BoundTerm
from losscli.reading.aligned import Inputs
from losscli.spec.forecast import ROLES, Calibrating
from losscli.spec.names import POSITIVE, PREDICTED


def calibrating(bins: int, plan: Plan, inputs: Inputs) -> Calibrating:
    """How the scores and labels of a run are read. Raises UsageError or DataError where they are not forecasts."""
    by_role = {f.role: f for f in inputs.filled}
    for role in ROLES:
        if role not in by_role:
            what = "probabilities or logits" if role == "scores" else "labels"
            raise DataError(f"--calibration reads {what}, which the inputs do not contain", Where(inputs.pred.path), _MEND[role])
    classes = scores_per_row(inputs)
    kinds = {key: kind for key, bound in plan.terms.items() if (kind := reading_of(bound, inputs))}
    logs = "log" in kinds.values()
    if classes > 1 and kinds and set(kinds.values()) <= {"sigmoid"}:
        named = plan.terms[next(iter(kinds))].form.name
        what = f"--calibration reads scores of exclusive classes, and {named} reads each class on its own"
        raise UsageError(what, fix="add --loss ce if one class of each row is true, or give the scores of one class")
    ignored = {x for b in plan.terms.values() if (x := b.params.get("ignore_index")) is not None}
    if len(ignored) > 1:
        named = " and ".join(map(str, sorted(ignored)))
        what = f"--calibration leaves out the rows that the losses ignore, which are those of {named}"
        raise UsageError(what, fix="give them one ignore_index, or omit --calibration")
    event = POSITIVE if classes == 1 else PREDICTED
    return Calibrating(bins, int(next(iter(ignored))) if ignored else None, logs, event)


_MEND = {
    "scores": "give one score per class, or one per row, or omit --calibration",
    "label": "give labels, or omit --calibration",
}


def scores_per_row(inputs: Inputs) -> int:
    """The number of scores of a row."""
    shape = next((f.field.shape for f in inputs.filled if f.role == "scores"), ())
    return shape[0] if shape else 1


def reading_of(bound: BoundTerm, inputs: Inputs) -> str:
    """How a loss reads the scores: `softmax`, `sigmoid`, `log`, `logits` or `raw`; empty where it reads none."""
    spec = bound.form.scores
    if "scores" not in bound.form.takes:
        return ""
    return str(spec(bound.params, scores_per_row(inputs)) if callable(spec) else spec)
