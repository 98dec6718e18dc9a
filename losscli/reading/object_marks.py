"""Marks of true objects that do not count like others, in columns of a table: crowds and groups, difficult objects."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.numerics.stable import Bools
from losscli.reading.described import OWN
from losscli.reading.roles import RoleColumns
from losscli.reading.words import truth
from losscli.sources.base import Source, declared_of
from losscli.sources.missing import is_missing
from losscli.spec.column_names import NO, YES, fold


def marked(source: Source, name: str, rows: int) -> Bools:
    """Which rows a column marks: by a number above 0, or by a word such as yes or true; missing cells mark nothing."""
    field = source.text(name)
    cells = [str(x) for x in field.read(0, field.rows).tolist()]
    if len(cells) != rows:
        raise DataError(f"{len(cells)} values of {visible(name)} for {rows} boxes", field.where(0))
    known = {cell: _mark(cell) for cell in dict.fromkeys(cells)}
    if (lost := next((cell for cell, mark in known.items() if mark is None), None)) is not None:
        fix = "write 1 and 0, or name another column with --col target.iscrowd=NAME or --col target.difficult=NAME"
        raise DataError(f"{visible(lost, 40)!r} is neither yes nor no", field.where(cells.index(lost)), fix)
    return np.fromiter((bool(known[cell]) for cell in cells), bool, rows)


def difficult(columns: RoleColumns) -> str | None:
    """The column of TARGET that marks objects that count for nothing, None where there is none or --keep-difficult counts them."""
    source = columns.source("target")
    declared: str | None = declared_of(source).get("ignored")
    known = columns.described.get("target")
    if declared is not None or source.format in OWN or (known is not None and known.difficult):
        return declared
    return columns.reads("target", "difficult")


def _mark(cell: str) -> bool | None:
    if is_missing(cell):
        return False
    name = fold(truth(cell))
    if name in YES or name in NO:
        return name in YES
    try:
        return float(name) > 0
    except ValueError:
        return None
