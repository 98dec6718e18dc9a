"""Pairs predictions with targets where both are sets per image: finds the columns and calls the family's matching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, Ints
from losscli.reading.aligned import Filled
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.sources.base import Source
from losscli.spec.family import Conventions, Family
from losscli.spec.tile import Block

SETS = ("image_id", "label")
"""Columns that must be equal in both boxes of a pair."""


@dataclass(frozen=True)
class Matching:
    """How sets are matched: greedy or hungarian, and the minimum overlap of a pair."""

    method: str
    threshold: float = 0.5

    def __str__(self) -> str:
        return f"{self.method}:iou_threshold={self.threshold:g}"


@dataclass(frozen=True)
class Matched:
    """The pairs, the columns of PRED that define the sets, and notes for the user."""

    pairing: Pairing
    keys: tuple[str, ...]
    notes: tuple[str, ...]


def match(family: Family, columns: RoleColumns, filled: Sequence[Filled], conventions: Conventions, matching: Matching) -> Matched:
    """Pair the boxes of PRED with those of TARGET. Raises UsageError or DataError if the inputs are not sets of boxes."""
    if family.match is None:
        raise UsageError(f"--match pairs boxes, which {family.name} does not have", fix="use --key COL to pair rows by a column")
    if columns.target is None:
        raise UsageError("--match needs two files of boxes", fix="omit --match: in a single file, each row is a pair")
    sides = {f.role: f for f in filled if f.role in ("pred", "target")}
    if len(sides) < 2:
        raise UsageError("--match pairs boxes, but none of the losses reads boxes", fix="add a loss that does, such as --loss giou")
    notes: list[str] = []
    names = {key: _both(columns, key, notes) for key in SETS}
    shared = {key: pair for key, pair in names.items() if pair is not None}
    groups = _groups(columns, list(shared.values()), {side: f.field.rows for side, f in sides.items()})
    scores = _scores(columns, sides["pred"].field.rows, notes)
    blocks = {side: _block(f) for side, f in sides.items()}
    if conventions.nonfinite == "error":
        for side, block in blocks.items():
            fix = "remove such boxes from the file"
            block.reject(side, ~np.isfinite(block.arrays[side]), lambda x: f"{x} is not a finite number", fix)
    pred_index, target_index = family.match(blocks, groups, scores, conventions, matching.method, matching.threshold)
    rows = {side: block.rows for side, block in blocks.items()}
    if not len(pred_index):
        raise DataError(
            f"nothing to evaluate: no prediction of {visible(columns.pred.path)} overlaps a true box by {matching.threshold:g}",
            fix="lower --iou-threshold; boxes are matched within one image_id and one label",
        )
    count = len(pred_index)
    pairing = Pairing(
        rows["pred"], rows["target"], count, rows["pred"] - count, rows["target"] - count, pred_index, target_index, str(matching)
    )
    return Matched(pairing, tuple(pair[0] for pair in shared.values()), tuple(notes))


def _both(columns: RoleColumns, key: str, notes: list[str]) -> tuple[str, str] | None:
    """The columns that define the sets in both files; None if neither file has one."""
    ours, theirs = columns.extra("pred", key), columns.extra("target", key)
    if ours and theirs:
        return ours, theirs
    if key == "image_id" and (ours or theirs):
        path = columns.source("target" if ours else "pred").path
        what = f"{visible(path)} has no image_id, so its boxes cannot be assigned to images"
        raise DataError(what, fix="name the column with --col image_id=NAME")
    if key == "image_id":
        notes.append("no image_id column: all boxes are treated as one image")
    elif ours or theirs:
        notes.append("only one file has a label column: boxes are matched regardless of class")
    return None


def _groups(columns: RoleColumns, pairs: list[tuple[str, str]], rows: dict[str, int]) -> tuple[Ints, Ints]:
    """Per side, the index of each row's set: rows whose columns are equal as text share a set."""
    known: dict[tuple[str, ...], int] = {}
    out = []
    for i, side in enumerate(("pred", "target")):
        texts = [_texts(columns.source(side), pair[i]) for pair in pairs]
        keys = zip(*texts, strict=True) if texts else (() for _ in range(rows[side]))
        codes = np.fromiter((known.setdefault(tuple(key), len(known)) for key in keys), np.int64)
        if len(codes) != rows[side]:
            raise DataError(f"{visible(columns.source(side).path)}: {len(codes)} image ids or labels for {rows[side]} boxes")
        out.append(codes)
    return out[0], out[1]


def _texts(source: Source, name: str) -> list[str]:
    field = source.text(name)
    return [str(x) for x in field.read(0, field.rows).tolist()]


def _scores(columns: RoleColumns, rows: int, notes: list[str]) -> Floats:
    name = columns.extra("pred", "score")
    if name is None:
        notes.append("no score column: predictions are matched in the order of the file")
        return np.zeros(rows)
    field = columns.pred.numbers((name,))
    if field.rows != rows:
        raise DataError(f"{field.rows} scores for {rows} boxes", field.where(0))
    return np.asarray(field.read(0, rows), dtype=np.float64).reshape(rows)


def _block(filled: Filled) -> Block:
    """All boxes of one side."""
    field = filled.field
    index = np.arange(field.rows)
    return Block({filled.role: field.read(0, field.rows)}, index, index, lambda _, row, item: field.where(row, item))
