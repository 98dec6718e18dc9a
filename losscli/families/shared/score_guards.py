"""How class scores and labels are read: one word per reading, one guard per way to get it wrong.

Scores are `softmax` (classes that exclude each other), `sigmoid` (each score a probability of its own), `log`
(log-probabilities), `logits` (raw scores of a softmax, whatever the options say) or `raw` (margins). Labels are `class`
(integers), `distribution` (integers or shares), `log` (logarithms of shares), `binary` (0/1 in the shape of the scores),
`multihot` (the same, and a column per class), `unit` (reals in 0…1), `position` (a real number among the classes 0…C-1),
`real`, or `scores` (another model's scores, read as PRED's are).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass
from losscli.families.shared.class_scores import Sigmoid, Softmax, TwoClass, at, one_hot
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.tile import Block

_TOLERANCE = {2: 4e-3, 4: 1e-5}
"""How far a row may sum from one, by bytes per number: what rounding to that width leaves."""
_SUM = 1e-6


def squeezed(array: Array) -> Array:
    """(n,1) holds the same numbers as (n,)."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def read_scores(block: Block, kind: str, how: Conventions, watch: Watch, renormalize: bool = False, role: str = "scores") -> Any:
    """The scores of a reading, checked: Softmax, TwoClass, Sigmoid or an array. Raises DataError."""
    _refuse_other_classes(squeezed(block.arrays[role]).shape, how)
    if kind == "raw":
        return block.once(("raw", role), lambda: squeezed(block.doubles(role)))
    return block.once((role, kind, renormalize), lambda: _scores(block, kind, how, watch, renormalize, role))


def _refuse_other_classes(shape: tuple[int, ...], how: Conventions) -> None:
    """More or fewer names of classes than scores; one score tells two classes apart."""
    classes = shape[1] if len(shape) > 1 else 2
    if how.classes and len(how.classes) != classes:
        raise UsageError(
            f"--classes names {len(how.classes)} classes, PRED has scores of {classes}", fix="name every class once, in order"
        )


def _scores(block: Block, kind: str, how: Conventions, watch: Watch, renormalize: bool, role: str) -> Any:
    logits = kind == "logits" or (kind != "log" and how.from_logits)
    # logits are widened piece by piece, where a kernel reads them so
    array = squeezed(block.arrays[role] if logits else block.doubles(role))
    if kind == "log":
        _refuse_no_logs(block, role, array)
        return LogScores(array)
    if kind == "logits":
        return Softmax(array, True)
    exclusive = kind == "softmax" and array.ndim > 1
    if how.from_logits:
        _note_probabilities(array, exclusive, watch)
    else:
        _refuse_no_probabilities(block, array, exclusive and renormalize, role)
        if exclusive and not renormalize and not how.multilabel:
            refuse_sums(
                block,
                role,
                "--from-logits if they are logits, --multilabel if each is a probability of its own, or …:renormalize=true",
            )
    if exclusive:
        return Softmax(array, how.from_logits, renormalize)
    one = Sigmoid(array, how.from_logits)
    return TwoClass(one) if kind == "softmax" else one


class LogScores(Softmax):
    """(n,C) log-probabilities as given; gradients are by the log-probabilities themselves."""

    def __init__(self, array: Floats) -> None:
        super().__init__(array, False)
        self.log_p = array

    def log_p_at(self, label: Ints) -> Floats:
        return at(self.log_p, label)

    def pull_log(self, g: Floats, lost: Floats | None = None) -> Floats:
        return g


def _refuse_no_logs(block: Block, role: str, array: Floats) -> None:
    """Logarithms of probabilities above 0."""
    mend = "log_softmax makes them: losscli transform"
    block.reject(role, array > 0, lambda x: f"{x:g} is no log-probability: it is above 0", mend)


def _refuse_no_probabilities(block: Block, array: Floats, renormalize: bool, role: str = "scores") -> None:
    """Scores outside 0…1; under renormalize negative ones, and rows of zeros."""
    if array.size and not (array.min() >= 0.0 and (renormalize or array.max() <= 1.0)):
        bad = (array < 0.0) | ((array > 1.0) & (not renormalize))
        block.reject(role, bad, lambda x: f"{x:g} is no probability", "--from-logits, if the scores are logits")
    if renormalize:
        empty = array.sum(1) == 0
        block.reject(role, empty, lambda _: "scores of zero alone cannot be divided by their sum", "drop the row, or --from-logits")


def refuse_sums(block: Block, role: str, fix: str) -> None:
    """Rows (entries along axis 1) that do not sum to one."""
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
    """Remember whether logits could be probabilities: told at the end, when every row was seen."""
    if not array.size or watch.low.get("logits", 0.0) < 0.0 or watch.high.get("logits", 1.0) > 1.0:
        return  # what was seen before settles it: these are no probabilities
    low, high = float(array.min()), float(array.max())
    watch.span("logits", low, high)
    if exclusive and low >= 0 and high <= 1 and not np.allclose(array.sum(1, dtype=np.float64), 1.0, atol=1e-3):
        watch.flags.add("logits-no-sum")


def suspicious(watch: Watch) -> list[tuple[str, str]]:
    """A warning where every logit lies in 0…1 (and rows of several sum to one)."""
    low, high = watch.low.get("logits", -1.0), watch.high.get("logits", 2.0)
    if 0.0 <= low < high <= 1.0 and "logits-no-sum" not in watch.flags:
        return [("probabilities-as-logits", "the scores look like probabilities; without --from-logits they would be read as such")]
    return []


@dataclass(frozen=True)
class Wanted:
    """What labels have to be. shape: of the scores as the kernels see them; classes: how many there are."""

    role: str
    kind: str
    shape: tuple[int, ...]
    classes: int
    ignore: int | None
    ignorable: bool
    multilabel: bool

    @property
    def wide(self) -> tuple[int, ...]:
        """The shape of shares: one score per row stands for two classes."""
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
    """The labels of a reading, checked; `ignorable` tells whether the loss has an ignore_index. Raises DataError."""
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
        f"`{wanted.role}` has the shape {array.shape}, the scores {shape}: they must be equal",
        block.place(wanted.role, 0, 0),
        _COLUMNS,
    )


_COLUMNS = "--col scores=… and --col label=… choose the columns that belong together"


def _classes(block: Block, array: Array, wanted: Wanted) -> Array:
    role = wanted.role
    if array.shape == wanted.flat:
        return _whole(block, array, wanted)
    if array.shape != wanted.wide:
        raise DataError(
            f"`{role}` has the shape {array.shape}; the scores call for {wanted.flat} class numbers or {wanted.wide} shares",
            block.place(role, 0, 0),
            _COLUMNS,
        )
    if wanted.kind == "class":
        return _hot(block, array, role)
    share = np.ascontiguousarray(array, np.float64)
    block.reject(role, share < 0, lambda x: f"a share of {x:g} is negative", "shares of classes are probabilities: 0…1")
    if not wanted.multilabel:
        refuse_sums(block, role, "--multilabel, if they need not")
    return share


def _logs(block: Block, array: Array, wanted: Wanted) -> Floats:
    """Logarithms of shares that sum to one."""
    role = wanted.role
    logs = np.ascontiguousarray(array, np.float64)
    _refuse_no_logs(block, role, logs)
    if not wanted.multilabel:
        near = _TOLERANCE.get(array.dtype.itemsize, _SUM)
        off = np.abs(np.exp(logs).sum(1) - 1.0) > near
        mend = "--multilabel, if they need not; shares themselves are read without log_target=true"
        block.reject(role, off, lambda _: f"the exponentials of the {logs.shape[1]} {role} do not sum to 1", mend)
    return logs


def _position(block: Block, array: Array, wanted: Wanted) -> Floats:
    """Real positions among the classes."""
    place = np.ascontiguousarray(array, np.float64)
    last = wanted.classes - 1
    mend = "a position counts in bins: divide a distance by the width of one, or give more columns of scores"
    block.reject(wanted.role, (place < 0) | (place > last), lambda x: f"position {x:g} is outside 0…{last}", mend)
    return place


def _hot(block: Block, array: Array, role: str) -> Array:
    """Exact one-hot rows as class numbers."""
    bad = ((array != 0) & (array != 1)).any(1) | ((array == 1).sum(1) != 1)
    block.reject(
        role, bad, lambda _: "shares are no class: the row is not one-hot", "give class numbers, or a loss that takes soft targets"
    )
    return np.argmax(array, 1)


def _whole(block: Block, array: Array, wanted: Wanted) -> Array:
    role, classes = wanted.role, wanted.classes
    if array.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            fractions = array != np.rint(array)
        block.reject(role, fractions, lambda x: f"{x:g} is no class number", "shares of classes need a column per class")
    label = np.ascontiguousarray(array, np.int64)
    bad = (label < 0) | (label >= classes)
    if wanted.ignore is not None:
        bad &= label != wanted.ignore
    if bad.any():
        block.reject(role, bad, lambda x: f"label {x:g} is outside 0…{classes - 1}", _ways_out(label[bad], wanted))
    return label


def _ways_out(bad: Array, wanted: Wanted) -> str:
    if wanted.classes == 2 and bool((bad == -1).all()):
        mend = "labels -1/+1 are read by hinge, perceptron and other margin losses; write 0/1 here"
        return f"{mend}, or ignore_index=-1" if wanted.ignorable else mend
    leave = f"…:ignore_index={int(bad[0])} leaves such rows out; " if wanted.ignorable else ""
    return f"{leave}--classes names the classes"


def _entries(block: Block, array: Array, wanted: Wanted, watch: Watch) -> Array:
    role = wanted.role
    found = np.ascontiguousarray(array, np.float64)
    if wanted.kind == "real":
        return found
    if wanted.kind == "unit":
        mend = "write 0/1; labels -1/+1 are read by hinge, perceptron and other margin losses"
        if array.size and not (array.min() >= 0 and array.max() <= 1):
            block.reject(role, (found < 0) | (found > 1), lambda x: f"target {x:g} is outside 0…1", mend)
        return found
    minus = found == -1
    block.reject(
        role,
        ~(minus | (found == 0) | (found == 1)),
        lambda x: f"label {x:g} is none of 0, 1 (or -1, +1)",
        "one score per row tells two classes apart; crammer_singer reads one per class",
    )
    if minus.any():
        watch.flags.add("minus")
    if (found == 0).any():
        watch.flags.add("zero")
    return np.where(minus, 0.0, found)


def refuse_swapped(block: Block, role: str) -> None:
    """Class numbers in PRED and shares of classes in TARGET."""
    scores, label = squeezed(block.arrays["scores"]), squeezed(block.arrays[role])
    if label.dtype.kind != "f" or label.ndim <= scores.ndim or not bool(((label > 0) & (label < 1)).any()):
        return
    if scores.dtype.kind in "iu" or (scores.dtype.kind == "f" and scores.ndim == 1 and bool((scores == np.rint(scores)).all())):
        raise DataError(
            f"PRED holds class numbers, TARGET {label.shape[1]} scores a row: they look swapped",
            block.place("scores", 0, 0),
            "give PRED first, TARGET second",
        )


def refuse_mixed(watch: Watch) -> None:
    """Labels -1/+1 in one row and 0 in another mean two things."""
    if {"minus", "zero"} <= watch.flags:
        raise DataError("the labels hold both -1 and 0", fix="write them all as 0/1 or all as -1/+1")


def refuse_weights(params: Any, name: str, classes: int) -> None:
    """Class weights (alphas, counts) that are not one per class."""
    for key in ("weights", "alpha", "counts"):
        given = params.get(key)
        if isinstance(given, np.ndarray) and given.ndim and len(given) != classes:
            raise UsageError(f"{name}: {key} has {len(given)} numbers for {classes} classes")
