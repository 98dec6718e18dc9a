"""How class scores are read and checked: one name per reading, one check per kind of mistake. Labels: see label_guards.

Scores are `softmax` (mutually exclusive classes), `sigmoid` (independent probabilities), `log` (log-probabilities), `logits`
(raw softmax scores, with or without --from-logits) or `raw` (margins).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import UsageError, some, visible
from losscli.core.lazy import lazy
from losscli.families.shared.class_scores import Sigmoid, Softmax, TwoClass, at
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Params
from losscli.spec.tile import Block, as_index

_TOLERANCE = {2: 4e-3, 4: 1e-5}
"""How far a row's sum may be from 1, by bytes per number: the rounding error of that width."""
_SUM = 1e-6
_ROUNDING = 5e-3
"""How far the sum of probabilities written with few digits may be from 1."""
_DIGITS = 6
"""The most digits that are taken for rounding."""
_DECIDED = 20
"""The fewest rows whose scores, all 0 or 1, are doubtful as probabilities."""


def squeezed(array: Array) -> Array:
    """An array (n,1) as (n,); others unchanged."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def read_scores(
    block: Block, kind: str, conventions: Conventions, watch: Watch, renormalize: bool = False, role: str = "scores"
) -> Any:
    """The scores of one reading, checked: Softmax, TwoClass, Sigmoid or an array. Raises DataError."""
    _refuse_other_classes(squeezed(block.arrays[role]).shape, conventions)
    if kind == "raw":
        return block.once(("raw", role), lambda: squeezed(block.doubles(role)))
    return block.once((role, kind, renormalize), lambda: _scores(block, kind, conventions, watch, renormalize, role))


def _refuse_other_classes(shape: tuple[int, ...], conventions: Conventions) -> None:
    """Raise UsageError unless --classes has one name per score; a single score means two classes."""
    classes = shape[1] if len(shape) > 1 else 2
    if conventions.classes and len(conventions.classes) != classes:
        raise UsageError(
            f"--classes names {len(conventions.classes)} classes, but PRED has scores for {classes}",
            fix="name every class once, in order",
        )


def _scores(block: Block, kind: str, conventions: Conventions, watch: Watch, renormalize: bool, role: str) -> Any:
    logits = kind == "logits" or (kind != "log" and conventions.from_logits)
    # logits are widened piece by piece in the kernels that can
    array = squeezed(block.arrays[role] if logits else block.doubles(role))
    if kind == "log":
        refuse_no_logs(block, role, array)
        return LogScores(array)
    if kind == "logits":
        return Softmax(array, True)
    exclusive = kind == "softmax" and array.ndim > 1
    divided = exclusive and (renormalize or conventions.renormalize)
    if conventions.from_logits:
        _note_probabilities(array, exclusive, watch)
    else:
        _refuse_no_probabilities(block, array, exclusive, divided, role)
        if exclusive and not divided and not conventions.multilabel:
            refuse_sums(block, role, _NOT_EXCLUSIVE)
    if exclusive:
        return Softmax(array, conventions.from_logits, divided)
    one = Sigmoid(array, conventions.from_logits)
    return TwoClass(one) if kind == "softmax" else one


_NOT_EXCLUSIVE = "use --from-logits if they are logits, or --multilabel if each is an independent probability"


class LogScores(Softmax):
    """Log-probabilities (n,C) as given; gradients are with respect to the log-probabilities."""

    def __init__(self, array: Floats) -> None:
        super().__init__(array, False)
        self.log_p = array

    @lazy
    def p(self) -> Floats:
        return np.exp(self.log_p)

    def log_p_at(self, label: Ints) -> Floats:
        return at(self.log_p, label)

    def pull_log(self, g: Floats, lost: Floats | None = None) -> Floats:
        return g


def refuse_no_logs(block: Block, role: str, array: Floats) -> None:
    """Reject log-probabilities above 0."""
    mend = "losscli transform log_softmax computes log-probabilities of logits"
    if array.size and array.min() >= 0 and array.max() <= 1:
        mend = f"--loss ce reads probabilities; {mend}"
    block.reject(role, array > 0, lambda x: f"{x:g} is not a log-probability: it is above 0", mend)


def _refuse_no_probabilities(block: Block, array: Floats, exclusive: bool, divided: bool, role: str) -> None:
    """Reject scores outside 0…1; where they are divided by their sum, negative scores and rows of zeros."""
    if array.size and not (array.min() >= 0.0 and (divided or array.max() <= 1.0)):
        bad = (array < 0.0) | ((array > 1.0) & (not divided))
        block.reject(role, bad, lambda x: f"{x:g} is not a probability", _ways_to_probabilities(block, array, bad, exclusive, role))
    if divided:
        refuse_zero_rows(block, role, array)


def refuse_zero_rows(block: Block, role: str, array: Floats) -> None:
    """Reject rows that cannot be divided by their sum."""
    mend = "drop the row, or use --from-logits if the scores are logits"
    block.reject(role, array.sum(1) == 0, lambda _: "the scores are all zero and cannot be divided by their sum", mend)


def _ways_to_probabilities(block: Block, array: Floats, bad: Bools, exclusive: bool, role: str) -> str:
    """What makes probabilities of scores outside 0…1: other columns, division by their sum, or reading them as logits."""
    if role != "scores" and _whole(array):
        return f"this loss reads another model's scores as `{role}`; --loss ce reads classes"
    names = column_names(block, role)
    apart = {name for i, name in enumerate(names) if array.ndim == 2 and bad[:, i].any()}
    kept = [name for name in names if name not in apart]
    if apart and len(kept) > 1 and _whole(array[:, [name in apart for name in names]]):
        others = f"{some(sorted(apart))}: whole numbers, which are not probabilities"
        return f"{others}; name the scores with --col {role}={visible(','.join(kept), 1000)}"
    if exclusive and array.min() >= 0 and bool((np.abs(array.sum(1) - 100.0) < 100.0 * _ROUNDING).all()):
        return "the rows sum to 100: --renormalize divides percentages by their sum"
    logits = "use --from-logits if the scores are logits"
    return f"divide percentages by 100, or {logits}" if array.min() >= 0 and 20 < array.max() <= 100 else logits


def _whole(array: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return bool((array == np.rint(array)).all())


def column_names(block: Block, role: str) -> tuple[str, ...]:
    """The columns of a table that a role reads, for messages; empty for arrays."""
    width = int(np.prod(block.arrays[role].shape[1:])) if block.rows else 0
    names = [block.place(role, 0, item).column or "" for item in range(width)]
    return tuple(names) if all(names) and not any("[" in name for name in names) else ()


def refuse_sums(block: Block, role: str, fix: str) -> None:
    """Reject rows (entries along axis 1) that do not sum to one; what is rounding only is called so."""
    array = block.arrays[role]
    total = block.doubles(role).sum(1)
    with np.errstate(invalid="ignore"):
        off = np.abs(total - 1.0)
        bad = off > tolerance(array)
    if not bad.any():
        return
    first = int(np.argmax(bad.reshape(len(bad), -1).any(1)))
    sums = total[first][bad[first]] if total.ndim > 1 else total[first : first + 1]
    what = f"the {array.shape[1]} {role} sum to {float(sums[0]):.9g}, not to 1"
    rounded = rounding_of(array, float(off[bad].max()))
    names = column_names(block, role)
    if rounded:
        what, fix = f"{what}; {rounded}", "--renormalize divides every row by its sum"
    elif names:
        fix = f"{fix}; the {role} were read from {some(names)}"
    block.reject(role, bad, lambda _: what, fix)


def tolerance(array: Array) -> float:
    """How far a row's sum may be from 1."""
    return _TOLERANCE.get(array.dtype.itemsize, _SUM) if array.dtype.kind == "f" else _SUM


def _has_digits(array: Array, digits: int) -> bool:
    """Whether all numbers have at most so many digits after the point."""
    scaled = array.astype(np.float64) * 10.0**digits
    near = 10.0**digits * float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0
    return bool((np.abs(scaled - np.rint(scaled)) <= max(near, 1e-9)).all())


def rounding_of(array: Array, largest: float) -> str:
    """That probabilities whose sums deviate from 1 by up to `largest` were rounded; empty if that does not explain it."""
    digits = next((d for d in range(1, _DIGITS + 1) if _has_digits(array, d)), 0)
    most = max(_ROUNDING, min(0.05, array.shape[1] * 0.5 * 10.0**-digits) if digits > 1 else 0.0)
    if largest > most * (1 + 1e-9):
        return ""
    how = f"rounded to {digits} digit{'s' * (digits > 1)}?" if digits else "rounded?"
    return f"sums deviate from 1 by up to {largest:.3g}: {how}"


def _note_probabilities(array: Array, exclusive: bool, watch: Watch) -> None:
    """Record whether logits could be probabilities; the warning is given at the end, after all rows."""
    if not array.size or watch.low.get("logits", 0.0) < 0.0 or watch.high.get("logits", 1.0) > 1.0:
        return  # earlier rows already rule out probabilities
    low, high = float(array.min()), float(array.max())
    watch.span("logits", low, high)
    if exclusive and low >= 0 and high <= 1 and not np.allclose(array.sum(1, dtype=np.float64), 1.0, atol=1e-3):
        watch.flags.add("logits-no-sum")


def look_for_classes(block: Block, watch: Watch) -> None:
    """Record whether the scores are all 0 or 1; the warning is given at the end, after all rows."""
    array = block.arrays["scores"]
    if "fractions" in watch.flags or not array.size:
        return
    if any(bool(((x != 0) & (x != 1)).any()) for x in (array[:16], array)):
        watch.flags.add("fractions")
    else:
        samples = as_index(block.samples)
        watch.span("decided", float(samples[0]), float(samples[-1]))


def suspicious(watch: Watch) -> list[tuple[str, str]]:
    """A warning if every logit lies in 0…1 (and rows of several classes sum to one), or every probability is 0 or 1."""
    low, high = watch.low.get("logits", -1.0), watch.high.get("logits", 2.0)
    if 0.0 <= low < high <= 1.0 and "logits-no-sum" not in watch.flags:
        return [("probabilities-as-logits", "the scores look like probabilities; if they are, omit --from-logits")]
    if "fractions" not in watch.flags and watch.high.get("decided", 0.0) - watch.low.get("decided", 0.0) + 1 >= _DECIDED:
        what = "all scores are 0 or 1: PRED may contain classes, not probabilities; zero_one reads them"
        return [("classes-as-probabilities", what)]
    return []


def refuse_weights(p: Params, name: str, classes: int) -> None:
    """Raise UsageError unless class weights, alphas and counts have one number per class."""
    for key in ("weights", "alpha", "counts"):
        given = p.get(key)
        if isinstance(given, np.ndarray) and given.ndim and len(given) != classes:
            raise UsageError(f"{name}: {key} has {len(given)} numbers for {classes} classes")
