"""How labels are read and checked: one name per reading, one check per kind of mistake.

Labels are `class` (integers), `distribution` (integers or probabilities), `log` (log-probabilities), `binary` (0/1 in the shape
of the scores), `multihot` (the same, with one column per class), `unit` (reals in 0…1), `position` (a real number in 0…C-1),
`real`, or `scores` (another model's scores, read like PRED's).
"""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass
from losscli.families.shared.class_scores import one_hot
from losscli.families.shared.score_guards import refuse_no_logs, refuse_sums, refuse_zero_rows, squeezed, tolerance
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.spec.family import Watch
from losscli.spec.tile import Block


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
    renormalize: bool
    name: str

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
    renormalize: bool = False,
    name: str = "",
) -> Array:
    """The labels of one reading, checked. Raises DataError.

    ignorable: whether the loss, of this name, has an ignore_index; renormalize: whether to divide probabilities by their sum.
    """
    wanted = Wanted(role, kind, shape, classes, ignore, ignorable, multilabel, renormalize, name)
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
    if (share < 0).any():
        mend = _not_binary(share)[1] if bool((share == np.rint(share)).all()) else "class probabilities must be in 0…1"
        block.reject(role, share < 0, lambda x: f"target probability {x:g} is negative", mend)
    if wanted.multilabel:
        return share
    if wanted.renormalize:
        refuse_zero_rows(block, role, share)
        return share / share.sum(1, keepdims=True)
    several = _BCE if bool(((share == 0) | (share == 1)).all()) else ""
    refuse_sums(block, role, f"{several}use --multilabel if they need not sum to 1")
    return share


_BCE = "--loss bce reads 0 and 1 for every class; "


def _logs(block: Block, array: Array, wanted: Wanted) -> Floats:
    """Log-probabilities of distributions, checked to sum to one."""
    role = wanted.role
    logs = np.ascontiguousarray(array, np.float64)
    refuse_no_logs(block, role, logs)
    if not wanted.multilabel:
        off = np.abs(np.exp(logs).sum(1) - 1.0) > tolerance(array)
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
    hard = (array == 0) | (array == 1)
    bad = (~hard).any(1) | ((array == 1).sum(1) != 1)
    if not bad.any():
        return np.argmax(array, 1)
    mend = "--loss ce reads a probability for every class"
    if hard[np.argmax(bad)].all():
        mend = "--loss bce reads 0 and 1 for every class"
    elif bool((array < 0).any()):
        mend = _not_binary(array)[1]
    block.reject(role, bad, lambda _: "the row is not one-hot, so it has no single class", mend)
    return np.argmax(array, 1)


def class_numbers(block: Block, role: str, array: Array) -> Ints:
    """Class numbers (n,), or one-hot rows (n,C), as integers of any size. Raises DataError at the first other number."""
    return _hot(block, array, role) if array.ndim == 2 else _integers(block, role, array)


def _integers(block: Block, role: str, array: Array) -> Ints:
    if array.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            fractions = array != np.rint(array)
        missing = bool(fractions.any()) and not np.isfinite(array.flat[int(np.argmax(fractions))])
        mend = "--nonfinite drop leaves such rows out" if missing else "class probabilities need one column per class"
        block.reject(role, fractions, lambda x: f"{x:g} is not a class number", mend)
    return np.ascontiguousarray(array, np.int64)


def _whole(block: Block, array: Array, wanted: Wanted) -> Array:
    role, classes = wanted.role, wanted.classes
    label = _integers(block, role, array)
    bad = (label < 0) | (label >= classes)
    if wanted.ignore is not None:
        bad &= label != wanted.ignore
    if bad.any():
        what, mend = _outside(label, bad, wanted)
        block.reject(role, bad, lambda x: f"label {x:g} is outside 0…{classes - 1}{what}", mend)
    return label


_LISTED = 20
"""The most classes that a remedy lists."""
_SIGNS = "hinge, perceptron and other margin losses read -1/+1"
_COLUMN = "name the column of the classes with --col label=NAME"
_TWO = f"one score per row means two classes; give one score per class, or {_COLUMN}"


def _outside(label: Ints, bad: Bools, wanted: Wanted) -> tuple[str, str]:
    """What labels outside 0…C-1 probably are, and what reads them."""
    strange = np.unique(label[bad])
    ignoring = f"if {strange[0]} marks rows without a class, ignore them with {wanted.name}:ignore_index={strange[0]}"
    can_ignore = len(strange) == 1 and wanted.ignorable and strange[0] != wanted.classes
    named = _numbering(label, wanted.classes)
    if named:
        return (named[0], f"{named[1]}; {ignoring}") if can_ignore else named
    if can_ignore:
        return "", ignoring
    if len(strange) == 1 and strange[0] < 0:
        return "", "leave out rows without a class"
    return "", _COLUMN if len(wanted.shape) > 1 else _TWO


def _numbering(label: Array, classes: int) -> tuple[str, str] | None:
    """Another numbering of the classes, as what labels are and the option that reads them; None if labels show none."""
    seen = np.unique(label)
    if classes == 2 and set(seen.tolist()) == {-1, 1}:
        return ": labels are -1 and +1", f"--classes=-1,1 reads them as two classes; {_SIGNS}"
    if named := from_one(label, classes):
        return ": labels count from 1", named
    if len(seen) == classes and seen[0] >= 0 and classes <= _LISTED:
        return "", f"if these are the classes in the order of the scores: --classes {','.join(f'{x:g}' for x in seen)}"
    return None


def from_one(label: Array, classes: int) -> str:
    """The --classes that names labels 1…C in order; empty for other labels."""
    if not label.size or label.min() < 1 or label.max() != classes:
        return ""
    return "--classes " + (",".join(map(str, range(1, classes + 1))) if classes <= _LISTED else f'"$(seq -s, 1 {classes})"')


def _entries(block: Block, array: Array, wanted: Wanted, watch: Watch) -> Array:
    role = wanted.role
    found = np.ascontiguousarray(array, np.float64)
    if wanted.kind == "real":
        return found
    if wanted.kind == "unit":
        if found.size and not (found.min() >= 0 and found.max() <= 1):
            what, mend = _not_binary(found)
            block.reject(role, (found < 0) | (found > 1), lambda x: f"target {x:g} is outside 0…1{what}", mend)
        return found
    minus = found == -1
    bad = ~(minus | (found == 0) | (found == 1))
    if bad.any():
        what, mend = _not_binary(found)
        block.reject(role, bad, lambda x: f"label {x:g} must be 0 or 1 (or -1 or +1){what}", mend)
    if minus.any():
        watch.flags.add("minus")
    if (found == 0).any():
        watch.flags.add("zero")
    return np.where(minus, 0.0, found)


def _not_binary(found: Floats) -> tuple[str, str]:
    """What entries that are not 0 or 1 probably are, and what reads them."""
    named = _numbering(found, 2) if found.ndim == 1 and bool((found == np.rint(found)).all()) else None
    if named:
        return named
    marks = set(np.unique(found[(found < 0) | (found > 1)]).tolist())
    if marks == {-1.0}:
        return ("", _UNLABELLED) if (found == 0).any() else (": labels are -1 and +1", _SIGNS)
    if found.ndim == 1:
        return "", _TWO
    return "", "give 0 or 1 for every class; choose other columns with --col label=…"


_UNLABELLED = "-1 beside 0 and 1 usually marks what was not labelled: leave such rows out, in a table with --filter 'target.COL>=0'"


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
        raise DataError("the labels contain both -1 and 0", fix=f"use either 0/1 or -1/+1 throughout; {_UNLABELLED}")
