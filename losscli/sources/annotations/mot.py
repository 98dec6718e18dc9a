"""Boxes of MOTChallenge: ground truth, detections and results of trackers, one file per sequence. Follows no tracks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.numerics.stable import Array, Bools
from losscli.sources.annotations import box_table, mot_lines
from losscli.sources.annotations.box_table import IMAGE, LABEL, BoxTable
from losscli.sources.annotations.mot_lines import BOX, CLASS, CONF, FRAME, ID, NOT_KNOWN, TRUTH, VISIBILITY, MotLines, in_its_folder
from losscli.sources.annotations.orders import LAYOUTS
from losscli.sources.folders.folder import Folder
from losscli.sources.folders.stems import stem_of
from losscli.sources.frames.frame import Column, text_column
from losscli.sources.side_format import SideFormat

_IGNORED = "difficult"


def open_folder(folder: Folder, how: SideFormat, jobs: int) -> BoxTable:
    """The boxes of one file, or of a folder or a pattern of files, each a sequence."""
    files, notes = _of_side(folder.files, how)
    lines = mot_lines.read(files, how)
    alone = list(files) == [folder.shown]
    frames = [str(int(x)) for x in lines.values[:, FRAME].tolist()]
    if not alone:
        names = _sequences(files)
        frames = [f"{names[i]}:{frame}" for i, frame in zip(lines.lines.file.tolist(), frames, strict=True)]
        notes.append(f"images are SEQUENCE:FRAME, such as {visible(frames[0], 60)}")
    columns = [text_column(IMAGE, frames), box_table.numbers("track_id", lines.values[:, ID])]
    columns += [box_table.numbers(name, lines.values[:, BOX][:, i]) for i, name in enumerate(LAYOUTS["xywh"])]
    declared: dict[str, Any] = {"sets": True, "box_format": "xywh"}
    flagged = _flags(lines, how)
    counted = np.ones(len(frames), bool) if flagged is None or how.keep_difficult else flagged
    if flagged is None or how.side == "pred":
        columns += _scores(lines, notes)
    elif not flagged.all():
        columns.append(box_table.numbers(_IGNORED, (~flagged).astype(np.int64)))
        notes.append("true boxes with 0 in the seventh column are read as difficult objects")
        declared |= {} if how.keep_difficult else {"ignored": _IGNORED}
    label = _classes(lines, counted, notes)
    columns += [] if label is None else [box_table.numbers(LABEL, label)]
    columns += [box_table.numbers("visibility", lines.values[:, VISIBILITY])] if lines.width == TRUTH else []
    return BoxTable(folder.shown, "mot", columns, lines.lines, None, lines.digest, declared=declared, notes=notes)


def claims(paths: Sequence[str], how: SideFormat) -> bool:
    """Whether text files are of MOTChallenge rather than tables: by all their numbers, or by their paths, unless options say how
    their columns are written."""
    stated = (how.header, how.delimiter, how.decimal, how.thousands, how.comment, how.yolo_order, how.yolo_kpt_shape)
    if how.family not in ("", "detect") or how.yolo_obb or any(stated):
        return False
    return mot_lines.looks_like(_of_side(paths, how)[0])


def _of_side(files: Sequence[str], how: SideFormat) -> tuple[list[str], list[str]]:
    """The files of a side, and what is left out: beside ground truth, a sequence may have detections."""
    wanted = "det" if how.side == "pred" else "gt"
    kinds = {path: in_its_folder(path) for path in files}
    if not {"gt", "det"} <= set(kinds.values()):
        return list(files), []
    kept = [path for path, kind in kinds.items() if kind == wanted]
    return kept, [f"only the files {wanted}/{wanted}.txt are read, {len(files) - len(kept)} others are left out"]


def _sequences(files: Sequence[str]) -> list[str]:
    """The name of each sequence: that of the folder around gt/gt.txt or det/det.txt, else of the file."""
    names = [os.path.abspath(path).split(os.sep)[-3] if in_its_folder(path) else stem_of(path) for path in files]
    seen: dict[str, str] = {}
    for name, path in zip(names, files, strict=True):
        if name in seen:
            what = f"two files for the sequence {visible(name, 40)!r}: {visible(seen[name])}"
            raise DataError(what, Where(path), "name the folder or the pattern of one of them")
        seen[name] = path
    return names


def _flags(lines: MotLines, how: SideFormat) -> Bools | None:
    """Which rows count, where the seventh numbers say it; None where they are scores."""
    flags = lines.values[:, CONF]
    bad = ~np.isin(flags, (0.0, 1.0))
    truth = lines.width == TRUTH or all(in_its_folder(path) == "gt" for path in lines.lines.files)
    if not bad.any() and (truth or how.side == "target"):
        return flags == 1.0
    if truth and how.side != "pred":
        row = int(np.argmax(bad))
        what = f"the seventh number of ground truth is 0 or 1, not {flags[row]:g}"
        raise DataError(what, lines.lines.where(row), "write 1 for an object that counts, 0 for one that does not")
    return None


def _scores(lines: MotLines, notes: list[str]) -> list[Column]:
    scores = lines.values[:, CONF]
    if (scores == NOT_KNOWN).all():
        notes.append("no scores: every seventh number is -1")
        return []
    return [box_table.numbers("score", scores)]


def _classes(lines: MotLines, counted: Bools, notes: list[str]) -> Array | None:
    """The classes of ground truth, where the objects that count are of several."""
    if lines.width != TRUTH:
        return None
    classes = lines.values[:, CLASS]
    known = np.unique(classes[counted])
    if (known == NOT_KNOWN).any() or len(known) < 2:
        notes += (
            [f"all objects that count are of class {known[0]:g}, so classes are not compared"]
            if len(known) and known[0] > 0
            else []
        )
        return None
    return classes
