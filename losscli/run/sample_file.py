"""Files of --per-sample read again: the samples' losses in the order of their targets, and the words that name them."""

from __future__ import annotations

import json
from math import nan
from types import NoneType
from typing import Any

import numpy as np

from losscli import sources
from losscli.core.errors import DataError, Where, visible
from losscli.core.json_numbers import read
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats, Ints, Words
from losscli.output.batch import IGNORED, PLACES, WEIGHT
from losscli.output.spreadsheet import FORMULA, safe
from losscli.sources.base import Source
from losscli.sources.files.input_file import locate

_MOST_ROWS = 1 << 53
"""Beyond it not every number of a row is a double."""
_LOSSES = "losses"
"""The object of the losses in JSON Lines."""


@dataclass(frozen=True)
class _Lines:
    """The objects of JSON Lines: the words of keys and groups, and the losses by id."""

    words: dict[str, Array]
    losses: dict[str, Floats]


@dataclass(frozen=True)
class SampleFile:
    """An open file. order: its rows by target; targets: those of the rows in that order, counted from 0; placed: the column with
    their numbers."""

    source: Source
    order: Ints
    targets: Words
    placed: str

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def ids(self) -> tuple[str, ...]:
        """The losses, by the names of their columns."""
        names = self.source.names
        if self._of_lines:
            return tuple(self._lines.losses)
        after = names[names.index(PLACES[1]) + 1 :]
        return tuple(_plain(name) for name in after if name not in (IGNORED, WEIGHT))

    @property
    def words(self) -> tuple[str, ...]:
        """The columns that name the samples or their groups."""
        names = self.source.names
        return tuple(self._lines.words) if self._of_lines else names[: names.index(PLACES[0])]

    @property
    def escapes(self) -> bool:
        """Whether its words are written as cells that no spreadsheet runs."""
        return self.source.format in ("csv", "tsv")

    @property
    def _of_lines(self) -> bool:
        """Whether it is of JSON Lines, where losses and words are in objects."""
        return self.source.format == "jsonl"

    @lazy
    def _lines(self) -> _Lines:
        """What is in the objects of JSON Lines, in the order of the rows."""
        words: dict[str, list[str]] = {}
        losses: dict[str, list[float]] = {}
        with locate(self.path).data.stream() as lines:
            for i, line in enumerate(lines, 1):
                row = _row(line)
                for name, word in {**row.get("by", {}), **row.get("key", {})}.items():
                    words.setdefault(name, []).append(str(word))
                for id, loss in row.get(_LOSSES, {}).items():
                    if not isinstance(loss, str):  # why a number is missing
                        losses.setdefault(id, []).append(_loss(row[_LOSSES], id, Where(self.path, i, id, i)))
        counts = [(name, len(held)) for name, held in words.items()] + [(id, len(held)) for id, held in losses.items()]
        for name, n in counts:
            if n != self.source.rows:
                what = f"{n:,} of {self.source.rows:,} samples have {visible(name)}"
                raise DataError(what, Where(self.path), "write the samples again")
        texts = {name: np.array(held, dtype=object) for name, held in words.items()}
        return _Lines(texts, {id: np.array(held, dtype=np.float64) for id, held in losses.items()})

    def losses(self, id: str) -> Floats:
        """The losses of samples, NaN where one was left out. Raises DataError where the file lacks them."""
        name = next((n for n in (id, safe(id)) if n in (self._lines.losses if self._of_lines else self.source.names)), None)
        if name is None:
            what = f"no losses of {visible(id)}"
            raise DataError(what, Where(self.path), "write them with --per-sample and the same --loss")
        return (self._lines.losses[name] if self._of_lines else numbers(self.source, name))[self.order]

    def weights(self) -> Floats:
        """The weights of the samples, 1 where the file has none."""
        there = WEIGHT in self.source.names and WEIGHT not in self.words
        return numbers(self.source, WEIGHT)[self.order] if there else np.ones(len(self.order))

    def column(self, name: str) -> str:
        """The column of a key or a group of this name; empty where there is none."""
        known = self.words
        bare = name.removeprefix("target.").removeprefix("pred.")
        ways = (name, bare, f"target.{bare}", f"pred.{bare}")
        spelled = [y for x in ways for y in (x, safe(x))]
        return next((x for x in spelled if x in known), "")

    def text(self, column: str) -> Array:
        """The words of a column."""
        if self._of_lines:
            return self._lines.words[column][self.order]
        field = self.source.text(column)
        return np.asarray(field.read(0, field.rows), dtype=object)[self.order]


def _row(line: bytes) -> dict[str, Any]:
    """The object of a line of JSON; empty for a line of anything else, which the reader of its numbers refuses or skips."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and all(isinstance(found.get(x, {}), dict) for x in ("key", "by", _LOSSES)) else {}


def _loss(losses: dict[str, Any], id: str, where: Where) -> float:
    """A number of an object, NaN where there is none."""
    if isinstance(losses[id], bool) or not isinstance(losses[id], (int, float, NoneType)):
        raise DataError(f"{visible(json.dumps(losses[id]), 40)} is not a number", where, "write the samples again")
    try:
        found = read(losses, id)
        return nan if found is None else float(found)
    except (KeyError, OverflowError, TypeError):
        raise DataError("is not a number", where, "write the samples again") from None


def _plain(name: str) -> str:
    """An id without the apostrophe that keeps spreadsheets from running it."""
    return name[1:] if name[:1] == "'" and name[1:2] in FORMULA else name


def sample_file(path: str) -> SampleFile:
    """The file at `path`. Raises DataError where samples have no target, or a target several samples."""
    source = sources.open_source(path)
    placed = PLACES[1] if source.kind(PLACES[1]) != "U" else PLACES[0]
    places = numbers(source, placed)
    if np.isnan(places).any():
        raise DataError("samples without a target cannot be paired", Where(path), "write them without --unmatched penalize-both")
    bad = np.flatnonzero((places < 1) | (places > _MOST_ROWS) | (places != np.floor(places)))
    if len(bad):
        what = f"{places[bad[0]]:.15g} as {placed}, which is a row counted from 1"
        raise DataError(what, source.numbers((placed,)).where(int(bad[0])), "write the samples again with --per-sample")
    order = np.argsort(places, kind="stable")
    targets = places[order].astype(np.int64)
    if len(targets) and (targets[1:] == targets[:-1]).any():
        raise DataError("a target has several samples", Where(path), "compare with the predictions themselves")
    return SampleFile(source, order, (targets - 1).astype(np.uint64), placed)


def open_samples(path: str) -> SampleFile:
    """The file at `path` in the order of its samples, whether or not they have targets of their own."""
    source = sources.open_source(path)
    if missing := [name for name in PLACES if name not in source.names]:
        raise DataError(f"no column {missing[0]}, which --per-sample writes", Where(path), "write the samples again")
    order = np.arange(source.rows)
    return SampleFile(source, order, order.astype(np.uint64), PLACES[0])


def numbers(source: Any, name: str) -> Floats:
    """The numbers of a column, NaN where there is none."""
    field = source.numbers((name,))
    return np.array(field.read(0, field.rows), dtype=np.float64).reshape(-1)
