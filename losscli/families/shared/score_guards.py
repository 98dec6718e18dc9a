"""How class scores and labels are read and checked: one name per reading, one check per kind of mistake.

Scores are `softmax` (mutually exclusive classes), `sigmoid` (independent probabilities), `log` (log-probabilities), `logits`
(raw softmax scores, with or without --from-logits) or `raw` (margins). Labels are `class` (integers), `distribution` (integers
or probabilities), `log` (log-probabilities), `binary` (0/1 in the shape of the scores), `multihot` (the same, with one column
per class), `unit` (reals in 0…1), `position` (a real number in 0…C-1), `real`, or `scores` (another model's scores, read like
PRED's).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass
from losscli.families.shared.class_scores import Sigmoid, Softmax, TwoClass, at, one_hot
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Params
from losscli.spec.tile import Block

_TOLERANCE = {2: 4e-3, 4: 1e-5}
"""How far a row's sum may be from 1, by bytes per number: the rounding error of that width."""
_SUM = 1e-6


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
        _refuse_no_logs(block, role, array)
        return LogScores(array)
    if kind == "logits":
        return Softmax(array, True)
    exclusive = kind == "softmax" and array.ndim > 1
    if conventions.from_logits:
        _note_probabilities(array, exclusive, watch)
    else:
        _refuse_no_probabilities(block, array, exclusive and renormalize, role)
        if exclusive and not renormalize and not conventions.multilabel:
            refuse_sums(
                block,
                role,
                "use --from-logits if they are logits, --multilabel if each is an independent probability, or …:renormalize=true",
            )
    if exclusive:
        return Softmax(array, conventions.from_logits, renormalize)
    one = Sigmoid(array, conventions.from_logits)
    return TwoClass(one) if kind == "softmax" else one


class LogScores(Softmax):
    """Log-probabilities (n,C) as given; gradients are with respect to the log-probabilities."""

    def __init__(self, array: Floats) -> None:
        super().__init__(array, False)
        self.log_p = array

    def log_p_at(self, label: Ints) -> Floats:
        return at(self.log_p, label)

    def pull_log(self, g: Floats, lost: Floats | None = None) -> Floats:
        return g


def _refuse_no_logs(block: Block, role: str, array: Floats) -> None:
    """Reject log-probabilities above 0."""
    mend = "compute them with log_softmax: losscli transform log_softmax"
    block.reject(role, array > 0, lambda x: f"{x:g} is not a log-probability: it is above 0", mend)


def _refuse_no_probabilities(block: Block, array: Floats, renormalize: bool, role: str = "scores") -> None:
    """Reject scores outside 0…1; with renormalize, negative scores and rows of zeros."""
    if array.size and not (array.min() >= 0.0 and (renormalize or array.max() <= 1.0)):
        bad = (array < 0.0) | ((array > 1.0) & (not renormalize))
        block.reject(role, bad, lambda x: f"{x:g} is not a probability", "use --from-logits if the scores are logits")
    if renormalize:
        empty = array.sum(1) == 0
        block.reject(
            role,
            empty,
            lambda _: "the scores are all zero and cannot be divided by their sum",
            "drop the row, or use --from-logits if the scores are logits",
        )


def refuse_sums(block: Block, role: str, fix: str) -> None:
    """Reject rows (entries along axis 1) that do not sum to one."""
    array = block.arrays[role]
    total = block.doubles(role).sum(1)
    near = _TOLERANCE.get(array.dtype.itemsize, _SUM) if array.dtype.kind == "f" else _SUM
    with np.errstate(invalid="ignore"):
        bad = np.abs(total - 1.0) > near
    if bad.any():
        first = int(np.argmax(bad.reshape(len(bad), -1).any(1)))
        sums = total[first][bad[first]] if total.ndim > 1 else total[first : first + 1]
        block.reject(role, bad, lambda _: f"the {array.shape[1]} {role} sum to {float(sums[0]):.9g}, not to 1", fix)


def _note_probabilities(array: Array, exclusive: bool, watch: Watch) -> None:
    """Record whether logits could be probabilities; the warning is given at the end, after all rows."""
    if not array.size or watch.low.get("logits", 0.0) < 0.0 or watch.high.get("logits", 1.0) > 1.0:
        return  # earlier rows already rule out probabilities
    low, high = float(array.min()), float(array.max())
    watch.span("logits", low, high)
    if exclusive and low >= 0 and high <= 1 and not np.allclose(array.sum(1, dtype=np.float64), 1.0, atol=1e-3):
        watch.flags.add("logits-no-sum")


def suspicious(watch: Watch) -> list[tuple[str, str]]:
    """A warning if every logit lies in 0…1 (and rows of several classes sum to one)."""
    low, high = watch.low.get("logits", -1.0), watch.high.get("logits", 2.0)
    if 0.0 <= low < high <= 1.0 and "logits-no-sum" not in watch.flags:
        return [("probabilities-as-logits", "the scores look like probabilities; if they are, omit --from-logits")]
    return []


@dataclass(frozen=True)
class Wanted:
    """Requirements on labels. shape: of the scores as kernels use them; classes: the number of classes."""

    role: str
    kind: str
    shape: tuple[int, ...]
    classes: int
    ignore: int | None
    ignorable: bool
    multilabel: bool

    @property
    def wide(self) -> tuple[int, ...]:
        """The shape of distributions: one score per row means two classes."""
        return (self.shape[0], self.classes, *self.shape[2:])

    @property
    def flat(self) -> tuple[int, ...]:
        """The shape of class numbers."""
        return (self.shape[0], *self.shape[2:])


def read_label(
    block: Block,
    role: str,
    kind: str,
    shape: tuple[int, ...],
    classes: int,
    watch: Watch,
    *,
    ignore: int | None = None,
    ignorable: bool = False,
    multilabel: bool = False,
) -> Array:
    """The labels of one reading, checked; `ignorable`: whether the loss has an ignore_index. Raises DataError."""
    wanted = Wanted(role, kind, shape, classes, ignore, ignorable, multilabel)
    return block.once(wanted, lambda: _label(block, wanted, watch))


def _label(block: Block, wanted: Wanted, watch: Watch) -> Array:
    array, shape = squeezed(block.arrays[wanted.role]), wanted.shape
    if wanted.kind in ("class", "distribution"):
        return _classes(block, array, wanted)
    if wanted.kind == "log" and array.shape == wanted.wide:
        return _logs(block, array, wanted)
    if wanted.kind == "position" and array.shape == wanted.flat:
        return _position(block, array, wanted)
    if array.shape == shape and wanted.kind not in ("log", "position"):
        return _entries(block, array, wanted, watch)
    if len(shape) > 1 and array.shape == wanted.flat and wanted.kind in ("binary", "multihot", "unit"):
        return one_hot(_whole(block, array, wanted), shape[1])
    raise DataError(
        f"`{wanted.role}` has shape {array.shape}, the scores have shape {shape}: they must be equal",
        block.place(wanted.role, 0, 0),
        _COLUMNS,
    )


_COLUMNS = "choose matching columns with --col scores=… and --col label=…"


def _classes(block: Block, array: Array, wanted: Wanted) -> Array:
    role = wanted.role
    if array.shape == wanted.flat:
        return _whole(block, array, wanted)
    if array.shape != wanted.wide:
        raise DataError(
            f"`{role}` has shape {array.shape}; expected class numbers {wanted.flat} or distributions {wanted.wide}",
            block.place(role, 0, 0),
            _COLUMNS,
        )
    if wanted.kind == "class":
        return _hot(block, array, role)
    share = np.ascontiguousarray(array, np.float64)
    block.reject(role, share < 0, lambda x: f"target probability {x:g} is negative", "class probabilities must be in 0…1")
    if not wanted.multilabel:
        refuse_sums(block, role, "use --multilabel if they need not sum to 1")
    return share


def _logs(block: Block, array: Array, wanted: Wanted) -> Floats:
    """Log-probabilities of distributions, checked to sum to one."""
    role = wanted.role
    logs = np.ascontiguousarray(array, np.float64)
    _refuse_no_logs(block, role, logs)
    if not wanted.multilabel:
        near = _TOLERANCE.get(array.dtype.itemsize, _SUM)
        off = np.abs(np.exp(logs).sum(1) - 1.0) > near
        mend = "use --multilabel if they need not; omit log_target=true if TARGET contains probabilities"
        block.reject(role, off, lambda _: f"the exponentials of the {logs.shape[1]} {role} do not sum to 1", mend)
    return logs


def _position(block: Block, array: Array, wanted: Wanted) -> Floats:
    """Real-valued positions in 0…C-1, checked."""
    place = np.ascontiguousarray(array, np.float64)
    last = wanted.classes - 1
    mend = "positions are in units of bins: divide distances by the bin width, or give more score columns"
    block.reject(wanted.role, (place < 0) | (place > last), lambda x: f"position {x:g} is outside 0…{last}", mend)
    return place


def _hot(block: Block, array: Array, role: str) -> Array:
    """Class numbers of one-hot rows; other rows are rejected."""
    bad = ((array != 0) & (array != 1)).any(1) | ((array == 1).sum(1) != 1)
    block.reject(
        role,
        bad,
        lambda _: "the row is not one-hot, so it has no single class",
        "give class numbers, or use a loss that accepts soft targets",
    )
    return np.argmax(array, 1)


def class_numbers(block: Block, role: str, array: Array) -> Ints:
    """Class numbers (n,), or one-hot rows (n,C), as integers of any size. Raises DataError at the first other number."""
    return _hot(block, array, role) if array.ndim == 2 else _integers(block, role, array)


def _integers(block: Block, role: str, array: Array) -> Ints:
    if array.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            fractions = array != np.rint(array)
        block.reject(role, fractions, lambda x: f"{x:g} is not a class number", "class probabilities need one column per class")
    return np.ascontiguousarray(array, np.int64)


def _whole(block: Block, array: Array, wanted: Wanted) -> Array:
    role, classes = wanted.role, wanted.classes
    label = _integers(block, role, array)
    bad = (label < 0) | (label >= classes)
    if wanted.ignore is not None:
        bad &= label != wanted.ignore
    if bad.any():
        block.reject(role, bad, lambda x: f"label {x:g} is outside 0…{classes - 1}", _ways_out(label[bad], wanted))
    return label


def _ways_out(bad: Array, wanted: Wanted) -> str:
    if wanted.classes == 2 and bool((bad == -1).all()):
        mend = "use labels 0/1 here; -1/+1 is accepted by hinge, perceptron and other margin losses"
        return f"{mend}, or ignore them with ignore_index=-1" if wanted.ignorable else mend
    leave = f"ignore such rows with …:ignore_index={int(bad[0])}; " if wanted.ignorable else ""
    return f"{leave}name the classes with --classes"


def _entries(block: Block, array: Array, wanted: Wanted, watch: Watch) -> Array:
    role = wanted.role
    found = np.ascontiguousarray(array, np.float64)
    if wanted.kind == "real":
        return found
    if wanted.kind == "unit":
        mend = "use labels 0/1; -1/+1 is accepted by hinge, perceptron and other margin losses"
        if array.size and not (array.min() >= 0 and array.max() <= 1):
            block.reject(role, (found < 0) | (found > 1), lambda x: f"target {x:g} is outside 0…1", mend)
        return found
    minus = found == -1
    block.reject(
        role,
        ~(minus | (found == 0) | (found == 1)),
        lambda x: f"label {x:g} must be 0 or 1 (or -1 or +1)",
        "one score per row means two classes; crammer_singer reads one score per class",
    )
    if minus.any():
        watch.flags.add("minus")
    if (found == 0).any():
        watch.flags.add("zero")
    return np.where(minus, 0.0, found)


def refuse_swapped(block: Block, role: str) -> None:
    """Reject class numbers in PRED with class probabilities in TARGET."""
    scores, label = squeezed(block.arrays["scores"]), squeezed(block.arrays[role])
    if label.dtype.kind != "f" or label.ndim <= scores.ndim or not bool(((label > 0) & (label < 1)).any()):
        return
    if scores.dtype.kind in "iu" or (scores.dtype.kind == "f" and scores.ndim == 1 and bool((scores == np.rint(scores)).all())):
        raise DataError(
            f"PRED contains class numbers and TARGET {label.shape[1]} scores per row: the files look swapped",
            block.place("scores", 0, 0),
            "give PRED first, TARGET second",
        )


def refuse_mixed(watch: Watch) -> None:
    """Reject a mixture of -1/+1 and 0/1 labels."""
    if {"minus", "zero"} <= watch.flags:
        raise DataError("the labels contain both -1 and 0", fix="use either 0/1 or -1/+1 throughout")


def refuse_weights(p: Params, name: str, classes: int) -> None:
    """Raise UsageError unless class weights, alphas and counts have one number per class."""
    for key in ("weights", "alpha", "counts"):
        given = p.get(key)
        if isinstance(given, np.ndarray) and given.ndim and len(given) != classes:
            raise UsageError(f"{name}: {key} has {len(given)} numbers for {classes} classes")
