"""What the files themselves say of the values, where options do not: the names of classes; the spacing of volumes, and whether
they lie in one place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, some, visible
from losscli.core.records import replace
from losscli.numerics.stable import Array
from losscli.reading.aligned import Inputs
from losscli.reading.object_classes import numbers_of
from losscli.sources.base import Source, declared_of
from losscli.spec.column_names import LABEL, fold
from losscli.spec.family import Conventions, Spacing

_APART = 1e-3
"""The most by which entries of two affines differ that are the same but for rounding."""


def completed(conventions: Conventions, pred: Source, target: Source | None, family: str = "") -> Conventions:
    """The conventions with what the files declare. Raises UsageError where --classes differs from their classes."""
    sources = [source for source in (pred, target) if source is not None]
    names, path = _classes(sources)
    if not names and family in ("", "classify"):
        names, path = _label_names(sources)
    if names and conventions.classes and conventions.classes not in (names, numbers_of(names)):
        what = f"--classes names {some(conventions.classes)}, but {path} {some(names)}"
        raise UsageError(what, fix="omit --classes and --num-classes: the file names the classes in their order")
    volumes = any(declared_of(source).get("axes") == 3 for source in (pred, target))
    return replace(
        conventions,
        volumes=volumes,
        spacing=_spacing(pred, target),
        classes=names or conventions.classes,
    )


def _classes(sources: Sequence[Source]) -> tuple[tuple[str, ...], str]:
    """The names of the classes, the same in every file that has them, and one of the files."""
    found = {tuple(names): visible(source.path) for source in sources if (names := declared_of(source).get("classes"))}
    if len(found) > 1:
        (one, ours), (two, theirs), *_ = found.items()
        what = f"{ours} names the classes {some(one)}, but {theirs} {some(two)}"
        raise DataError(what, fix="name the same classes in the same order in both files")
    return next(iter(found.items()), ((), ""))


def _label_names(sources: Sequence[Source]) -> tuple[tuple[str, ...], str]:
    """The names that the label's numbers have in the file with the truth; none where several columns could be the label."""
    known = declared_of(sources[-1]).get("label_names", {})
    labels = [n for n in known if fold(n) in {*map(fold, LABEL)}] or list(known)
    return (known[labels[0]], visible(sources[-1].path)) if len(labels) == 1 else ((), "")


def _spacing(pred: Source, target: Source | None) -> Spacing | None:
    """The spacing by the files of TARGET, else of PRED."""
    for side, source in (("target", target), ("pred", pred)):
        sizes = declared_of(source).get("spacing")
        if sizes is not None and len(sizes):
            return Spacing(side, np.asarray(sizes, np.float64))
    return None


def refuse_apart(inputs: Inputs) -> None:
    """Raise DataError at the first pair of volumes whose affines differ: they lie in different places, or are turned."""
    ours, theirs = (declared_of(source).get("affine") for source in (inputs.pred, inputs.target))
    if ours is None or theirs is None or inputs.target is None:
        return
    rows = {side: np.asarray(inputs.origin(side, 0, inputs.rows)) for side in ("pred", "target")}
    apart = np.abs(ours[rows["pred"]] - theirs[rows["target"]]).reshape(inputs.rows, -1).max(1) > _APART
    if not apart.any():
        return
    pred, target = (int(found[int(np.argmax(apart))]) for found in rows.values())
    one, two = (
        visible(next(f for f in inputs.filled if f.side == side).where(row, 0).path)
        for side, row in (("pred", pred), ("target", target))
    )
    what = f"{one} and {two} lie in different places: affine {_shown(ours[pred])} and {_shown(theirs[target])}"
    raise DataError(what, fix="resample one onto the grid of the other, or copy its affine where the voxels do correspond")


def _shown(affine: Array) -> str:
    return " ".join(f"[{' '.join(f'{x:.5g}' for x in row)}]" for row in affine[:3].tolist())


def spacing_words(spacing: Spacing) -> str:
    """The spacing of all images, or that it differs."""
    first = spacing.sizes[0]
    same = bool((np.abs(spacing.sizes - first) <= _APART).all())
    return " × ".join(f"{x:.6g}" for x in first.tolist()) if same else "that of each file"
