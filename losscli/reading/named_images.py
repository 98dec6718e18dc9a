"""Images that pair by the names of their files, without being asked to: those of two folders. Reads names only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from losscli.core.errors import DataError, Where, visible
from losscli.reading.aligned import key_columns
from losscli.reading.implied import needs_matching
from losscli.sources.base import declared_of
from losscli.spec.column_names import is_id

if TYPE_CHECKING:
    from losscli.reading.asked import Reading
    from losscli.sources.base import Source


def implied_keys(reading: Reading, pred: Source, target: Source | None) -> list[tuple[str, str]]:
    """The pairs of columns of --key, or without it, the names of the images of both sides where they have names.

    Raises DataError where only one side has them, as nothing tells which of its images belongs to which row of the other.
    """
    stated = key_columns(reading.keys)
    if stated or target is None or reading.by_position or reading.matching is not None or reading.listed is not None:
        return stated
    if getattr(pred, "quantiles", None) is not None:
        from losscli.reading.long_forecasts import shared_keys

        return shared_keys(pred, target)  # type: ignore[arg-type]
    ids = [declared_of(source).get("ids") for source in (pred, target)]
    if all(ids):
        return [(str(ids[0]), str(ids[1]))]
    if any(x and source.rows > 1 for x, source in zip(ids, (pred, target), strict=True)):
        raise _nameless(pred, target, [bool(x) for x in ids], str(ids[0] or ids[1]))
    return []


def refuse_no_keys(reading: Reading, keys: Sequence[tuple[str, str]]) -> None:
    """Raise UsageError where --key-stem is given, but nothing compares keys. keys: those of `implied_keys`."""
    if reading.key_stem and not keys and reading.matching is None and reading.listed is None:
        raise needs_matching("--key-stem")


def _nameless(pred: Source, target: Source, named: Sequence[bool], column: str) -> DataError:
    """The error of images by name beside rows without names."""
    folder, other = (pred, target) if named[0] else (target, pred)
    what = f"the images have names, but the rows of {visible(other.path)} do not: nothing says which belong together"
    own = [name for name in other.names if is_id(name)]
    by_key = ""
    if own:
        import shlex  # late: for messages

        key = f"{own[0]}={column}" if not named[0] else f"{column}={own[0]}"
        by_key = f"use --key {visible(shlex.quote(key))}, or "
    return DataError(what, Where(folder.path), f"{by_key}use --pair position if row i is image i in natural order of the names")
