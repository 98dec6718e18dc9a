"""Nested lists of a JSON document as arrays: one, or several by key. Held in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.numerics.exact_integers import LIMIT, NO_DOUBLE
from losscli.numerics.stable import Array
from losscli.sources.in_memory import Memory
from losscli.sources.json.document import Document
from losscli.sources.missing import is_missing

_NUMBERS = (bool, int, float)
_LARGEST = 1 << 63


class JsonArrays(Memory):
    """The arrays of a document."""

    format = "json"
    notes: tuple[str, ...] = ()

    def __init__(self, document: Document, lists: Mapping[str, list[Any]]) -> None:
        shown = document.file.shown
        super().__init__(shown, {key: as_array(value, Where(shown, column=key or None)) for key, value in lists.items()})
        self._stored, self.forks = document.stored, not document.stored.url

    def sha256(self, jobs: int = 1) -> str:
        return self._stored.sha256(jobs)


def rank(value: Any) -> int:
    """How deep lists are nested, by their deepest part."""
    depth = 0
    level = [value]
    while level := [x for x in level if isinstance(x, list)]:
        depth += 1
        level = list(chain.from_iterable(level))
    return depth


def as_array(value: list[Any], where: Where) -> Array:
    """Nested lists of numbers, or of text, as one array. Raises DataError where they are not one."""
    shape: list[int] = []
    level: list[Any] = value
    while True:
        size = len(value) if not shape else len(level[0])
        if shape:
            _refuse_ragged(level, size, shape, where)
            level = list(chain.from_iterable(level))
        shape.append(size)
        if not level or not any(isinstance(x, list) for x in level):
            break
        _refuse_mixed(level, shape, where)
    return _leaves(level, shape, where).reshape(shape)


def _leaves(cells: list[Any], shape: list[int], where: Where) -> Array:
    kinds = set(map(type, cells))
    if kinds <= {str, type(None)} and str in kinds:
        return np.array(["" if x is None else x for x in cells])
    for i, x in enumerate(cells):
        if not isinstance(x, _NUMBERS) and x is not None and not (isinstance(x, str) and is_missing(x)):
            raise DataError(f"{visible(json.dumps(x), 40)} is not a number", _at(i, shape, where), "correct the value")
        if type(x) is int and (abs(x) >= _LARGEST or (abs(x) >= LIMIT and len(kinds) > 1 and float(x) != x)):
            raise DataError(NO_DOUBLE[0](visible(x, 40)), _at(i, shape, where), NO_DOUBLE[1])
    if kinds == {bool} or kinds == {int}:
        return np.array(cells, bool if kinds == {bool} else np.int64)
    return np.array([np.nan if x is None or isinstance(x, str) else x for x in cells], np.float64)


def _refuse_ragged(level: list[Any], size: int, shape: list[int], where: Where) -> None:
    for i, x in enumerate(level):
        if len(x) != size:
            what = f"a list of {len(x)} value{'s' * (len(x) != 1)}, but the first has {size}"
            raise DataError(what, _at(i, shape, where), "all lists of an array must have the same length")


def _refuse_mixed(level: list[Any], shape: list[int], where: Where) -> None:
    for i, x in enumerate(level):
        if not isinstance(x, list):
            raise DataError(f"{visible(json.dumps(x), 40)} among lists", _at(i, shape, where), "write records, or lists only")


def _at(i: int, shape: list[int], where: Where) -> Where:
    """The row of the flattened entry `i`."""
    return Where(where.path, int(np.unravel_index(i, shape)[0]) + 1, where.column)
