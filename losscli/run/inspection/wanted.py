"""Which losses of a family are proposed first, and how likely the columns are of that family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass
from losscli.numerics.stable import Floats
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.chosen import Chosen
from losscli.reading.column_facts import FIRST, ROUNDED, ColumnFacts
from losscli.reading.labels import Coded
from losscli.reading.roles import RoleColumns
from losscli.reading.series import numbered
from losscli.sources.base import at_once
from losscli.spec.column_names import fold
from losscli.spec.family import Family

FAMILIES = ("detect", "regress", "classify", "segment", "embed")
"""The order of families that are equally likely."""
COMMON = {
    "classify": ("ce", "bce", "zero_one", "brier", "focal", "hinge"),
    "regress": ("mae", "mse", "rmse", "huber", "mape", "interval_score", "gaussian_nll"),
    "detect": ("giou", "iou", "diou", "ciou", "l1", "smooth_l1"),
    "segment": ("dice+ce", "dice+bce", "dice", "ce", "bce", "jaccard", "focal"),
    "embed": ("triplet", "contrastive", "nt_xent", "clip", "supcon"),
}
"""The losses of each family that are listed first, the most common first."""
_STATED, _NAMED, _LIKE, _SHAPE, _NOT_NAMED = 4.0, 3.0, 2.0, 1.0, 0.5
_UNUSED = ("not named after a role", "truth")
_DIMENSIONS = frozenset({"e", "emb", "embed", "embedding", "dim", "d", "f", "feat", "feature", "v", "z"})
_LOGITS, _MULTILABEL = "from_logits", "multilabel"


@dataclass(frozen=True)
class Candidate:
    """A recipe that may be proposed, with switches beyond those that were given."""

    recipe: str
    switches: tuple[str, ...] = ()


def candidates(family: str, inputs: Inputs | None = None, switches: bool = True) -> list[Candidate]:
    """The recipes to try as the proposal, the first that fits being taken.

    inputs: the files as the first recipe binds them. switches: whether options for other readings of the scores may be added.
    """
    names = {"classify": _classify, "segment": _segment}.get(family, lambda _: _HEADS[family])(inputs)
    found = [Candidate(name) for name in names]
    if inputs is None or not switches or (scores := _role(inputs, "pred", "scores")) is None:
        return found
    label = _role(inputs, "target", "label")
    more: list[tuple[str, ...]] = []
    if _raw(scores):
        more.append((_LOGITS,))
    if family == "classify" and label is not None and label.field.shape and scores.field.shape:
        more += [(_MULTILABEL,), *((_MULTILABEL, s) for s in (_LOGITS,) if _raw(scores))]
    return [*found, *(Candidate(name, switches) for switches in more for name in names)]


_HEADS = {"regress": ("mae",), "detect": ("giou",), "embed": ("triplet", "contrastive", "clip")}


def _classify(inputs: Inputs | None) -> tuple[str, ...]:
    scores = None if inputs is None else _role(inputs, "pred", "scores")
    if scores is None:
        return ("ce", "bce", "zero_one") if inputs is None else ("zero_one", "ce")
    return ("ce", "bce", "zero_one") if scores.field.shape not in ((), (1,)) else ("bce", "zero_one")


def _segment(inputs: Inputs | None) -> tuple[str, ...]:
    scores = None if inputs is None else _role(inputs, "pred", "scores")
    if scores is not None and scores.field.kind in "iub":
        return ("dice", "dice+ce", "dice+bce")
    many = scores is None or (len(scores.field.shape) > 2 and scores.field.shape[0] > 1)
    return ("dice+ce", "dice+bce", "dice") if many else ("dice+bce", "dice+ce", "dice")


def _role(inputs: Inputs, side: str, key: str) -> Filled | None:
    return next((f for f in inputs.filled if f.side == side and inputs.family.role(f.role).key == key), None)


def _raw(scores: Filled) -> bool:
    """Whether most of the first rows have a score that is not a probability."""
    values = _first(scores)
    return bool(len(values)) and float(((values < 0) | (values > 1)).reshape(len(values), -1).any(1).mean()) >= 0.5


def claim(columns: RoleColumns, roles: frozenset[str]) -> float:
    """How well names and values speak for the columns of the roles that a loss reads: the mean over them, 0 for a missing one."""
    reasons = [c for side in columns.chosen.values() for role, c in side.items() if role in roles]
    needed = [r for r in roles if columns.family.role(r).side != "option"]
    return sum(map(_weight, reasons)) / max(len(reasons), len(needed), 1)


def spelling(columns: RoleColumns) -> float:
    """What kinds and spellings of columns add to a claim: numbers are not text, and `e0`, `dim_1`, … are an embedding."""
    chosen = [(side, c) for side, roles in columns.chosen.items() for c in roles.values()]
    if columns.family.name == "regress":
        facts = columns.facts
        return -1.0 if any(not facts[side].numeric(name) for side, c in chosen for name in c.columns) else 0.0
    if columns.family.name == "embed":
        series = (s for side, c in chosen if c.why == "numbered" for s in numbered(c.columns))
        return 0.75 if any(fold(s.affix[0]) in _DIMENSIONS for s in series) else 0.0
    return 0.0


def unused(columns: RoleColumns) -> float:
    """The share of the columns that are neither read nor ids, keys and the like."""
    sides = ("pred",) if columns.target is None else ("pred", "target")
    left = [why for side in sides for _, why in columns.left_out(side)]
    count = sum(len(columns.facts[side].names) for side in sides)
    return sum(why.startswith(_UNUSED) or why.endswith("not read here") for why in left) / max(count, 1)


def _weight(reason: Chosen) -> float:
    if reason.why == "--col":
        return _STATED
    if reason.why == "its name":
        return _NAMED
    if reason.why in ("its shape", "its text"):
        return _SHAPE
    return 0.0 if reason.guess and reason.why.startswith("the only") else _LIKE


def named(family: Family, roles: frozenset[str], facts: Mapping[str, ColumnFacts]) -> float:
    """The claim where the columns of a role are undecided: how many of the roles have a column of their name."""
    read = [family.role(r) for r in roles if family.role(r).side in facts]
    hits = [_NAMED if facts[r.side].named((r.key, *r.names)) else _NOT_NAMED for r in read]
    return sum(hits) / len(hits) if hits else 0.0


def doubts(family: str, inputs: Inputs, passed: bool) -> float:
    """What values and shapes add to a claim, or take from it. passed: whether all checks are."""
    return sum(_doubts(family, inputs, passed))


def _doubts(family: str, inputs: Inputs, passed: bool) -> Iterator[float]:
    pred = next((f for f in inputs.filled if f.side == "pred" and not f.shared), None)
    target = next((f for f in inputs.filled if f.side == "target" and not f.shared), None)
    if inputs.target is not None and target is None:
        yield -2.0
    if family == "segment":
        yield 0.5 if target is not None and _whole(target) else -0.5
        yield -0.7 if pred is None or len(pred.field.shape) < 2 else 0.25 if passed else 0.0
    elif family == "detect":
        boxes = [f for f in (pred, target) if f is not None and f.field.shape == (4,)]
        if boxes:
            yield 1.0 if all(f.field.names for f in boxes) else 0.5 if passed else 0.0
    elif family == "classify":
        yield from _class_doubts(inputs)


def _class_doubts(inputs: Inputs) -> Iterator[float]:
    scores, label = _role(inputs, "pred", "scores"), _role(inputs, "target", "label")
    if label is None:
        return
    if scores is None or scores.field.shape in ((), (1,)):
        yield 0.5 if isinstance(label.field, Coded) or set(_first(label).ravel().tolist()) <= {0.0, 1.0} else -0.5
        return
    if label.field.shape:
        yield -0.25
        return
    values, classes = _first(scores), _first(label)
    shares = values.ndim == 2 and bool((np.abs(values.sum(1) - 1) < ROUNDED).all()) and bool((values >= 0).all())
    known = classes[np.isfinite(classes)]
    count = int(known.max()) + 1 if known.size else 0
    yield 0.5 if shares or count == scores.field.shape[0] else -0.75


def _first(filled: Filled) -> Floats:
    """The numbers of the first rows; none where they cannot be read, which the checks report."""
    try:
        return np.asarray(filled.read(0, at_once(filled.field, min(FIRST, filled.field.rows)), None), dtype=np.float64)
    except DataError:
        return np.zeros((0, *(max(n, 0) for n in filled.field.shape)))


def _whole(filled: Filled) -> bool:
    values = _first(filled)
    return bool((values == np.rint(values)).all())
