"""The boxes that a matching left without partner, as a table: one row per missed, spurious or ignored box, as its file has it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from losscli.core.errors import UsageError, visible
from losscli.numerics.stable import Ints
from losscli.output.spreadsheet import safe
from losscli.reading.aligned import Inputs
from losscli.reading.bookkeeping import MATCHED
from losscli.reading.image_sets import SIDES
from losscli.sources.base import Field, gather

COLUMNS = ("side", "row", "status", "image_id", "label", "score", "box")
SUFFIXES = {".csv": ",", ".tsv": "\t", ".jsonl": ""}
"""The formats by suffix, with the delimiter of tables."""


def suffix_of(path: str) -> str:
    """The format of a list of boxes by its name. Raises UsageError for an unknown one."""
    found = next((s for s in SUFFIXES if path.lower().endswith(s)), None)
    if found is None:
        what = f"--list-unmatched {visible(path)}: no format has that suffix"
        raise UsageError(what, fix=f"use one of {' '.join(SUFFIXES)}")
    return found


def listed(inputs: Inputs, path: str) -> str:
    """The text of the file: PRED's boxes, then TARGET's, each in the order of its file; rows count from 1."""
    suffix = suffix_of(path)
    if suffix == ".jsonl":
        return "".join(json.dumps(row, allow_nan=False) + "\n" for row in _rows(inputs))
    out = io.StringIO()
    table = csv.writer(out, delimiter=SUFFIXES[suffix], lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([_cell(row[name]) for name in COLUMNS] for row in _rows(inputs))
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return safe(value) if isinstance(value, str) else json.dumps(value)


def _rows(inputs: Inputs) -> Iterator[dict[str, Any]]:
    books = inputs.pairing.books
    assert books is not None
    boxes = {f.role: f.field for f in inputs.filled}
    for side in SIDES:
        rows = np.flatnonzero(books.status[side] != MATCHED)
        words = {axis.key: _texts(inputs.sources[side].text(axis.columns[SIDES.index(side)]), rows) for axis in books.axes}
        scores = None if side == "target" or books.scores is None else books.scores[rows].tolist()
        corners = gather(boxes[side], rows).tolist()
        for i, row in enumerate(rows.tolist()):
            yield {
                "side": side,
                "row": row + 1,
                "status": books.word(side, row),
                "image_id": words["image_id"][i] if "image_id" in words else None,
                "label": words["label"][i] if "label" in words else None,
                "score": None if scores is None else _finite(scores[i]),
                "box": [_finite(x) for x in corners[i]],
            }


def _texts(field: Field, rows: Ints) -> list[str]:
    return [str(x) for x in gather(field, rows).tolist()]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
