"""Inputs of several files: what their names and lengths say against pairing rows by position."""

from __future__ import annotations

from losscli.core.errors import DataError, visible
from losscli.sources.base import Source


def image_per_file(pred: Source, target: Source, stated: bool) -> tuple[Source, Source]:
    """Both sides of a family of images, those of an array per file or key as images that pair by name. stated: whether options name
    keys."""
    if not any(getattr(side, "shards", ()) or (len(side.names) > 1 and not side.is_table) for side in (pred, target)):
        return pred, target
    from losscli.reading.file_images import by_file  # late: most images come as one array

    return by_file(pred, target, stated)


def refuse_other_files(pred: Source, target: Source) -> None:
    """Raise DataError where the names of the files of both sides contradict their order: a.csv beside b.csv, though both have b."""
    paths = [[part.path for part in getattr(side, "shards", ())] for side in (pred, target)]
    if not all(paths) or len(paths[0]) != len(paths[1]):
        return
    from losscli.reading.file_names import apart, names_of  # late: most inputs are one file

    at = apart(*(names_of(files, getattr(side, "stem", "")) for files, side in zip(paths, (pred, target), strict=True)))
    if at is not None:
        ours, theirs = (visible(files[at]) for files in paths)
        what = f"{ours} would be paired with {theirs}, as the rows of both sides are in the order of their files"
        raise DataError(what, fix="give both sides the same files, pair rows by a column with --key, or use --pair position")


def uneven_parts(pred: Source, target: Source) -> list[tuple[str, str]]:
    """The warning of parts that differ in their rows, as of a program that keeps no order."""
    parts = [getattr(side, "shards", ()) for side in (pred, target)]
    ours, theirs = ([part.rows for part in side] for side in parts)
    if not ours or not theirs or ours == theirs:
        return []
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    if len(ours) != len(theirs):
        what = f"{visible(pred.path)} has {len(ours)} parts and {visible(target.path)} {len(theirs)}"
    else:
        first, other = (visible(side[at].path) for side in parts)
        what = f"{first} has {ours[at]:,} rows and {other} {theirs[at]:,}"
    return [("pair-order", f"{what}, and rows pair by position, though no id shows their order; pair them with --key COL")]
