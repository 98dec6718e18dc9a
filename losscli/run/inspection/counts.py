"""How many rows each class and each group has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.engine import groups
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.labels import Coded, CodedNumbers
from losscli.spec.tile import Block

MOST_CLASSES = 1000
"""The most classes that are counted."""


class ClassCounts:
    """The labels of TARGET, of one class per row or per pixel, by class."""

    def __init__(self, inputs: Inputs) -> None:
        roles = {r.name: r for r in inputs.family.roles if (r.rest == "label" or r.key in ("label", "mask")) and r.side != "pred"}
        self._filled = next(
            (f for f in inputs.filled if f.role in roles and f.side == ("target" if inputs.target else f.side)), None
        )
        self._counts: dict[float, int] = {}
        self._soft = False

    def add(self, block: Block) -> None:
        """Take in the rows of a block."""
        if self._filled is None or self._soft or len(self._counts) > MOST_CLASSES:
            return
        labels = block.arrays[self._filled.role]
        if labels.dtype.kind == "f" and not bool((labels == np.rint(labels)).all()):
            self._soft = True
            return
        for value, n in zip(*(x.tolist() for x in np.unique(labels, return_counts=True)), strict=True):
            self._counts[value] = self._counts.get(value, 0) + n

    @property
    def named(self) -> Mapping[str, int]:
        """The counts by the names of the classes; empty where labels are shares or there are too many."""
        if self._filled is None or self._soft or len(self._counts) > MOST_CLASSES:
            return {}
        return {_name(self._filled, int(value)): n for value, n in sorted(self._counts.items())}


def of_sets(inputs: Inputs) -> Mapping[str, int]:
    """By label, how many objects of TARGET a matching has seen."""
    books = inputs.pairing.books
    axis = next((axis for axis in books.axes if axis.key == "label"), None) if books is not None else None
    if books is None or axis is None or len(axis.words) > MOST_CLASSES:
        return {}
    found = np.bincount(axis.codes["target"][axis.codes["target"] >= 0], minlength=len(axis.words))
    return dict(zip(axis.words, found.tolist(), strict=True))


def _name(filled: Filled, code: int) -> str:
    field = getattr(filled.field, "original", filled.field)  # a copy with random access has no names
    if isinstance(field, CodedNumbers):
        return str(field.values[code])
    if isinstance(field, Coded):
        return next((word for word, c in field.codes.items() if c == code), str(code))
    return str(code)


class GroupCounts:
    """The pairs of each group of --by."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, block: Block, start: int, stop: int) -> None:
        """Take in the rows of a block of the pairs start…stop-1. Raises DataError where there are too many groups."""
        keys, codes = groups.coded(self._inputs, start, stop, block.samples)
        for key, n in zip(keys, np.bincount(codes, minlength=len(keys)).tolist(), strict=True):
            self._counts[key] = self._counts.get(key, 0) + n
        groups.refuse_many(self._counts, self._inputs)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f.role for f in self._inputs.by)

    @property
    def ordered(self) -> dict[tuple[str, ...], int]:
        """The groups in the order of a report."""
        return {key: self._counts[key] for key in groups.ordered(list(self._counts), groups.Grouping.each(self._inputs.by))}
