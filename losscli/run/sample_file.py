"""Files of --per-sample read again: the samples' losses in the order of their targets, and the words that name them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from losscli import sources
from losscli.core.errors import DataError, Where, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats, Ints, Words
from losscli.output.batch import IGNORED, PLACES, WEIGHT
from losscli.output.spreadsheet import FORMULA, safe
from losscli.sources.base import Source
from losscli.sources.files.input_file import locate

_LOSSES, _WHY = "losses.", "_is"
"""What the names of losses begin with in JSON Lines, and those of the reasons of missing numbers end with."""


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
            found = [name.removeprefix(_LOSSES) for name in names if name.startswith(_LOSSES)]
            return tuple(x for x in found if not (x.endswith(_WHY) and x.removesuffix(_WHY) in found))
        after = names[names.index(PLACES[1]) + 1 :]
        return tuple(_plain(name) for name in after if name not in (IGNORED, WEIGHT))

    @property
    def words(self) -> tuple[str, ...]:
        """The columns that name the samples or their groups."""
        names = self.source.names
        return tuple(self._in_lines) if self._of_lines else names[: names.index(PLACES[0])]

    @property
    def _of_lines(self) -> bool:
        """Whether it is of JSON Lines, where the losses are in an object."""
        return any(name.startswith(_LOSSES) for name in self.source.names)

    @lazy
    def _in_lines(self) -> dict[str, Array]:
        """The words of keys and groups in JSON Lines, which are in objects too, in the order of the rows."""
        found: dict[str, list[str]] = {}
        with locate(self.path).data.stream() as lines:
            for line in lines:
                row = _row(line)
                for name, word in {**row.get("by", {}), **row.get("key", {})}.items():
                    found.setdefault(name, []).append(str(word))
        for name, words in found.items():
            if len(words) != self.source.rows:
                what = f"{len(words):,} of {self.source.rows:,} samples have {visible(name)}"
                raise DataError(what, Where(self.path), "write the samples again")
        return {name: np.array(words, dtype=object) for name, words in found.items()}

    def losses(self, id: str) -> Floats:
        """The losses of samples, NaN where one was left out. Raises DataError where the file lacks them."""
        name = next((n for n in (id, safe(id), f"{_LOSSES}{id}") if n in self.source.names), None)
        if name is None:
            what = f"no losses of {visible(id)}"
            raise DataError(what, Where(self.path), "write them with --per-sample and the same --loss")
        found = _numbers(self.source, name)[self.order]
        if f"{name}{_WHY}" in self.source.names:
            why = self._text(f"{name}{_WHY}")
            found[why == "inf"], found[why == "-inf"] = np.inf, -np.inf
        return found

    def weights(self) -> Floats:
        """The weights of the samples, 1 where the file has none."""
        there = WEIGHT in self.source.names and WEIGHT not in self.words
        return _numbers(self.source, WEIGHT)[self.order] if there else np.ones(len(self.order))

    def column(self, name: str) -> str:
        """The column of a key or a group of this name; empty where there is none."""
        known = self.words
        bare = name.removeprefix("target.").removeprefix("pred.")
        ways = (name, bare, f"target.{bare}", f"pred.{bare}")
        spelled = [y for x in ways for y in (x, safe(x))]
        return next((x for x in spelled if x in known), "")

    def text(self, column: str) -> Array:
        """The words of a column."""
        return self._in_lines[column][self.order] if self._of_lines else self._text(column)

    def _text(self, column: str) -> Array:
        field = self.source.text(column)
        return np.asarray(field.read(0, field.rows), dtype=object)[self.order]


def _row(line: bytes) -> dict[str, Any]:
    """The object of a line of JSON; empty for a line of anything else, which the reader of its numbers refuses or skips."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and all(isinstance(found.get(x, {}), dict) for x in ("key", "by")) else {}


def _plain(name: str) -> str:
    """An id without the apostrophe that keeps spreadsheets from running it."""
    return name[1:] if name[:1] == "'" and name[1:2] in FORMULA else name


def sample_file(path: str) -> SampleFile:
    """The file at `path`. Raises DataError where samples have no target, or a target several samples."""
    source = sources.open_source(path)
    placed = PLACES[1] if source.kind(PLACES[1]) != "U" else PLACES[0]
    places = _numbers(source, placed)
    if not np.isfinite(places).all():
        raise DataError("samples without a target cannot be paired", Where(path), "write them without --unmatched penalize-both")
    order = np.argsort(places, kind="stable")
    targets = places[order].astype(np.int64)
    if len(targets) and (targets[1:] == targets[:-1]).any():
        raise DataError("a target has several samples", Where(path), "compare with the predictions themselves")
    return SampleFile(source, order, (targets - 1).astype(np.uint64), placed)


def _numbers(source: Any, name: str) -> Floats:
    field = source.numbers((name,))
    return np.array(field.read(0, field.rows), dtype=np.float64).reshape(-1)
