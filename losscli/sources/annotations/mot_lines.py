"""Lines of MOTChallenge: what they look like, and their numbers with their places. Knows nothing of folders and sides."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted
from losscli.core.values import LARGEST
from losscli.numerics.stable import Floats
from losscli.sources.annotations.box_table import Lines
from losscli.sources.annotations.text_lines import lines_of, values_of
from losscli.sources.cell_numbers import numbers
from losscli.sources.side_format import SideFormat

FRAME, ID, BOX, CONF, CLASS, VISIBILITY = 0, 1, slice(2, 6), 6, 7, 8
"""The places of the numbers in a line."""
TRUTH, RESULTS = 9, 10
"""How many numbers a line of ground truth has, and one of detections and results."""
NOT_KNOWN = -1.0
_CLASSES = 13
_WIDTHS = range(7, 11)
_FOLDERS = ("gt", "det")
_HEAD, _FILES = 1 << 12, 200
"""Bytes of each file, and files, that are looked into."""
_NUMBERS = "frame,id,left,top,width,height,conf"


@dataclass(frozen=True)
class MotLines:
    """values: the numbers of every line, as many as the shortest has columns. width: how many numbers the lines have."""

    values: Floats
    width: int
    lines: Lines
    digest: str


def in_its_folder(path: str) -> str:
    """`gt` or `det` where a path is SEQUENCE/gt/gt.txt or SEQUENCE/det/det.txt, else empty."""
    parts = os.path.abspath(path).split(os.sep)
    return next((name for name in _FOLDERS if parts[-2:] == [name, f"{name}.txt"]), "")


def looks_like(paths: Sequence[str]) -> bool:
    """Whether every line at the beginning of these files is one of MOTChallenge, and of no other table; one line at least."""
    found = 0
    for path in paths[:_FILES]:
        rows, named = _head(path), in_its_folder(path)
        if rows is None or not all(_fits(row, bool(named)) for row in rows) or len(set(map(len, rows))) > 1:
            return False
        found += len(rows)
    return found > 0


def read(files: Sequence[str], how: SideFormat) -> MotLines:
    """The lines of several files. Raises DataError at the first that is not one of MOTChallenge, or is longer or shorter."""
    cells, lines, digest = lines_of(files, how, lambda text: text.split(",") if text.strip() else None)
    width = _width(cells, lines)
    values = values_of(cells, lines).reshape(-1, width)
    _refuse_part(values[:, FRAME], lines, "frame", 1.0)
    _refuse_part(values[:, ID], lines, "id", -np.inf)
    return MotLines(values, width, lines, digest)


def _refuse_part(column: Floats, lines: Lines, name: str, least: float) -> None:
    """Raise DataError at the first number of a frame or a track that cannot be one."""
    bad = ~np.isfinite(column) | (column != np.floor(column)) | (column < least) | (np.abs(column) > LARGEST)
    if bad.any():
        row = int(np.argmax(bad))
        fix = "correct the line: frames are numbered from 1, tracks by whole numbers"
        raise DataError(
            f"{column[row]:g} is not the number of a {'frame' if name == 'frame' else 'track'}", lines.where(row, name), fix
        )


def _width(cells: Sequence[Sequence[str]], lines: Lines) -> int:
    row = next((i for i, (a, b) in enumerate(pairwise(cells), 1) if len(a) != len(b)), None)
    if row is not None:
        before = lines.where(row - 1)
        what = f"{len(cells[row])} numbers, but {len(cells[row - 1])} in {visible(before.path)}, line {before.line}"
        raise DataError(what, lines.where(row), f"every line has the same numbers: {_NUMBERS},…")
    return len(cells[0])


def _head(path: str) -> list[list[float]] | None:
    """The numbers of the first lines of a file; None where they are not numbers with commas between them."""
    try:
        with open_noted(path) as file:
            data = file.read(_HEAD)
        lines = data.decode("utf-8-sig").splitlines()
        whole = lines if len(data) < _HEAD else lines[:-1]
        return [numbers(line.split(",")) for line in whole if line.strip()]
    except (OSError, ValueError):
        return None


def _fits(row: Sequence[float], named: bool) -> bool:
    """Whether the numbers of a line are those of MOTChallenge. named: whether the path of the file says so too."""
    if len(row) not in _WIDTHS or row[FRAME] < 1 or not (row[FRAME].is_integer() and row[ID].is_integer()):
        return False
    if named:
        return True
    if len(row) == TRUTH:
        known = row[CLASS] == NOT_KNOWN or (row[CLASS].is_integer() and 1 <= row[CLASS] <= _CLASSES)
        return row[CONF] in (0, 1) and known and (row[VISIBILITY] == NOT_KNOWN or 0 <= row[VISIBILITY] <= 1)
    return len(row) == RESULTS and all(x == NOT_KNOWN for x in row[-3:])
