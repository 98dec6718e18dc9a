"""How rows pair, with counts and the first keys that only one side has; known even where an evaluation is refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from losscli.core.errors import DataError, LosscliError
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Ints
from losscli.reading.aligned import Inputs, key_columns
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.image_sets import SIDES, Axis
from losscli.reading.keys import AS_WRITTEN, STEMS
from losscli.reading.named_images import implied_keys
from losscli.reading.pairing import Pairing, by_key
from losscli.reading.shared_columns import shared_key
from losscli.run.prepare import Files
from losscli.run.request import Request
from losscli.sources.base import FILE_STEM, Source
from losscli.spec.matching import Counts, Matching

SHOWN = 5
"""The most keys that are listed of a side."""


@dataclass(frozen=True)
class Words:
    """The images, or the labels, of sets of boxes: how many both sides have, how many one side alone, and the first of these."""

    key: str
    column: str
    both: int
    pred_only: int
    target_only: int
    first_pred_only: tuple[str, ...]
    first_target_only: tuple[str, ...]

    @classmethod
    def of(cls, axis: Axis) -> Words:
        have = {side: {int(code) for code in np.unique(axis.codes[side]) if code >= 0} for side in SIDES}
        lone = [sorted(have[side] - have[other]) for side, other in (SIDES, SIDES[::-1])]
        firsts = [tuple(axis.words[code] for code in codes[:SHOWN]) for codes in lone]
        both = len(have["pred"] & have["target"])
        return cls(axis.key, axis.columns[0], both, len(lone[0]), len(lone[1]), firsts[0], firsts[1])


@dataclass(frozen=True)
class Pairs:
    """How the rows pair.

    how: `position`, `key`, `list`, `gallery`, the method of --match, or `file` where one file contains both sides; empty where
    they do not pair.
    key: the columns of PRED. agrees: the column that both sides have in the same order. matched and the others: counts of rows,
    None where they are unknown. books, words: of --match. filter, filtered: the conditions of --filter, and how many pairs do not
    satisfy them.
    """

    how: str
    pred_rows: int
    target_rows: int | None
    key: tuple[str, ...] = ()
    agrees: str = ""
    matched: int | None = None
    pred_only: int | None = None
    target_only: int | None = None
    first_pred_only: tuple[str, ...] = ()
    first_target_only: tuple[str, ...] = ()
    matching: Matching | None = None
    books: Counts | None = None
    words: tuple[Words, ...] = ()
    filter: tuple[str, ...] = ()
    filtered: int = 0


def paired(request: Request, files: Files, inputs: Inputs | None) -> Pairs:
    """The pairs of an evaluation; without its inputs, what --key or a column of both files makes of the rows."""
    target = files.target
    rows = files.pred.rows, None if target is None else target.rows
    if inputs is not None:
        return replace(_of(request, inputs, rows), filter=inputs.filters, filtered=inputs.pairing.filtered)
    if target is None:
        return Pairs("", *rows)
    keys = _keys(request, files)
    found = _by_key(request, files.pred, target, keys) if keys else None
    if found is None:
        return Pairs("", *rows, key=tuple(left for left, _ in keys))
    return _keyed("", files.pred, target, keys, found)


def _of(request: Request, inputs: Inputs, rows: tuple[int, int | None]) -> Pairs:
    pairing, target = inputs.pairing.unfiltered, inputs.target
    if target is None:
        return Pairs("file", *rows, matched=pairing.matched, pred_only=0, target_only=0)
    if pairing.books is not None:
        matching = pairing.books.matching
        books = pairing.books.total()
        counts = pairing.matched, pairing.pred_only, pairing.target_only
        words = tuple(map(Words.of, pairing.books.axes))
        return Pairs(matching.method, *rows, inputs.keys, "", *counts, matching=matching, books=books, words=words)
    if pairing.listed:
        only = pairing.pred_only, pairing.target_only
        return Pairs(pairing.listed, *rows, inputs.keys, "", pairing.matched, *only)
    keys = implied_keys(request.reading, inputs.pred, target)
    if keys:
        return _keyed("key", inputs.pred, target, keys, pairing)
    return Pairs("position", pairing.pred_rows, pairing.target_rows, (), pairing.agrees, pairing.matched, 0, 0)


def _keys(request: Request, files: Files) -> list[tuple[str, str]]:
    """The columns of --key, else an id that both files have."""
    if request.reading.matching is not None or files.target is None:
        return []
    try:
        if stated := implied_keys(request.reading, files.pred, files.target):
            return stated
        none: set[str] = set()
        key = shared_key({"pred": ColumnFacts(files.pred), "target": ColumnFacts(files.target)}, {"pred": none, "target": none})
        return key_columns([key]) if key else []
    except LosscliError:
        return []


def _by_key(request: Request, pred: Source, target: Source, keys: list[tuple[str, str]]) -> Pairing | None:
    spelling, many = STEMS if request.reading.key_stem else AS_WRITTEN, request.reading.many
    if any(left not in (*pred.names, FILE_STEM) or right not in (*target.names, FILE_STEM) for left, right in keys):
        return None
    try:
        return by_key(pred, target, keys, missing="drop", extra="drop", spelling=spelling, many=many, drop=True)
    except DataError:
        return None


def _keyed(how: str, pred: Source, target: Source, keys: list[tuple[str, str]], pairing: Pairing) -> Pairs:
    return Pairs(
        how,
        pairing.pred_rows,
        pairing.target_rows,
        tuple(left for left, _ in keys),
        "",
        pairing.matched,
        pairing.pred_only,
        pairing.target_only,
        _lone(pred, [left for left, _ in keys], pairing.pred_index, pairing.pred_rows, pairing.pred_only),
        _lone(target, [right for _, right in keys], pairing.target_index, pairing.target_rows, pairing.target_only),
    )


def _lone(source: Source, names: Sequence[str], index: Ints | None, rows: int, only: int) -> tuple[str, ...]:
    """The first keys of a side that the other does not have."""
    if index is None or not only:
        return ()
    alone = np.ones(rows, bool)
    alone[index] = False
    fields = [source.text(name) for name in names]
    first = islice(map(int, np.flatnonzero(alone)), SHOWN)
    return tuple(", ".join(str(f.read(row, row + 1)[0]) for f in fields) for row in first)
