"""Writes the loss of each sample as a table or an array, tile by tile in order; keeps at most one tile in memory."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from losscli.core.errors import UsageError, visible
from losscli.core.json_numbers import number
from losscli.core.records import dataclass
from losscli.engine.evaluate import Tile
from losscli.engine.plan import Plan
from losscli.numerics.stable import Floats, Ints
from losscli.output.batch import IGNORED, PLACES, WEIGHT, Batch
from losscli.output.files import Stream, close_quietly, writing
from losscli.output.npy_rows import RowsFile
from losscli.output.spreadsheet import safe
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.lone_boxes import group_words, key_words, rows_of
from losscli.spec.family import Conventions
from losscli.spec.loss import Whole
from losscli.spec.tile import Block, as_index, tiles

SUFFIXES = (".csv", ".tsv", ".jsonl", ".npy", ".parquet")


class Writer(Protocol):
    """One row per sample; `finish` completes the file."""

    def put(self, batch: Batch) -> None: ...

    def finish(self) -> None: ...


@dataclass(frozen=True)
class Count:
    """A column of a number of each sample of a block: of what is counted in it, or its weight."""

    name: str
    of: Callable[[Block], Ints | Floats]


def counts_of(inputs: Inputs, conventions: Conventions) -> list[Count]:
    """The columns of numbers that the samples have: pixels that options ignore, where the family has them, and weights."""
    ignored = None if inputs.family.ignored is None else inputs.family.ignored(conventions)
    found = [] if ignored is None else [Count(IGNORED, ignored)]
    named = (*inputs.named_by, *(f.role for f in group_columns(inputs)))
    return [*found, *([Count(WEIGHT, _weights)] if inputs.weight is not None and WEIGHT not in named else [])]


def _weights(block: Block) -> Floats:
    return np.ones(block.rows) if block.weight is None else block.weight


class SampleSink:
    """Passes tiles to a writer as batches; `path` is the file's name in errors."""

    def __init__(self, writer: Writer, inputs: Inputs, ids: Sequence[str], path: str, counted: Sequence[Count] = ()) -> None:
        self.writer, self.inputs, self.ids, self.path = writer, inputs, tuple(ids), path
        self.keys = list(inputs.key_fields.values())
        self.by, self.counted = group_columns(inputs), tuple(counted)

    def take(self, tile: Tile) -> None:
        block = tile.block
        if block.rows == 0:
            return
        losses = np.stack([tile.values[i] for i in self.ids], 1)
        samples = as_index(block.samples)
        keys = key_words(self.inputs, self.keys, samples)
        pred = rows_of(self.inputs, "pred", samples)
        target = rows_of(self.inputs, "target", samples) if self.inputs.target is not None else [None] * block.rows
        groups = [group_words(self.inputs, f, samples) for f in self.by]
        counts = [count.of(block).tolist() for count in self.counted]
        with writing(self.path):
            self.writer.put(Batch(block.samples, keys, pred, target, losses, groups, counts))

    def finish(self, wholes: Mapping[str, Whole] | None = None) -> None:
        with writing(self.path):
            self.writer.finish()


def group_columns(inputs: Inputs) -> list[Filled]:
    """The columns that group the samples, and that of their units, without those that name them already."""
    found = {f.role: f for f in (*inputs.by, *([] if inputs.unit is None else [inputs.unit]))}
    return [f for role, f in found.items() if role not in inputs.named_by]


class LateSink:
    """Keeps the values of tiles until the losses that compare rows are evaluated, then goes through the rows again.

    late: by recipe id, the key of its term that compares rows.
    """

    def __init__(self, sink: SampleSink, inputs: Inputs, late: Mapping[str, str]) -> None:
        self.sink, self.inputs, self.late = sink, inputs, late
        self.kept: dict[int, Mapping[str, Floats]] = {}

    def take(self, tile: Tile) -> None:
        self.kept[tile.start] = tile.values

    def finish(self, wholes: Mapping[str, Whole]) -> None:
        done = 0
        for start, stop in tiles(self.inputs.rows, self.inputs.width):
            block, _ = self.inputs.block(start, stop)
            values = dict(self.kept.get(start, {}))
            for recipe, key in self.late.items():
                rows = wholes[key].rows
                assert rows is not None
                values[recipe] = rows[done : done + block.rows]
            done += block.rows
            self.sink.take(Tile(start, block, values))
        self.sink.finish()


class TableWriter:
    """CSV or TSV: doubles that round-trip, empty cells for samples that were left out, no cell that a spreadsheet would execute."""

    def __init__(
        self,
        stream: Stream,
        keys: Sequence[str],
        ids: Sequence[str],
        delimiter: str,
        by: Sequence[str] = (),
        counts: Sequence[str] = (),
    ) -> None:
        self.out = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        self.stream = stream
        self.out.writerow([safe(x) for x in (*keys, *by, *PLACES, *counts, *ids)])

    def put(self, batch: Batch) -> None:
        for i, row in enumerate(batch.losses.tolist()):
            places = ("" if row is None else row for row in (batch.pred_rows[i], batch.target_rows[i]))
            words = (safe(k[i]) for k in (*batch.keys, *batch.groups))
            counts = (column[i] for column in batch.counts)
            self.out.writerow([*words, *places, *counts, *("" if math.isnan(x) else repr(x) for x in row)])

    def finish(self) -> None:
        self.stream.flush()


class LinesWriter:
    """One JSON object per line; a number that JSON cannot represent is null, with the reason in the next key."""

    def __init__(
        self, stream: Stream, keys: Sequence[str], ids: Sequence[str], by: Sequence[str] = (), counts: Sequence[str] = ()
    ) -> None:
        self.stream, self.keys, self.ids, self.by, self.counts = stream, tuple(keys), tuple(ids), tuple(by), tuple(counts)

    def put(self, batch: Batch) -> None:
        for i, row in enumerate(batch.losses.tolist()):
            losses: dict[str, Any] = {}
            for name, x in zip(self.ids, row, strict=True):
                losses |= number(name, x)
            key = {n: k[i] for n, k in zip(self.keys, batch.keys, strict=True)}
            by = {n: k[i] for n, k in zip(self.by, batch.groups, strict=True)}
            named = {"key": key, "by": by} if by else {"key": key}
            counts = {n: k[i] for n, k in zip(self.counts, batch.counts, strict=True)}
            entry = {**named, "pred_row": batch.pred_rows[i], "target_row": batch.target_rows[i], **counts, "losses": losses}
            self.stream.write(json.dumps(entry, allow_nan=False) + "\n")

    def finish(self) -> None:
        self.stream.flush()


class ArrayWriter:
    """float64 (n,) for one loss, (n,L) for several; a dropped row is NaN."""

    def __init__(self, path: Path, rows: int, losses: int) -> None:
        self.file = RowsFile(path, rows, () if losses == 1 else (losses,), math.nan)

    def put(self, batch: Batch) -> None:
        self.file.put(batch.samples, batch.losses)

    def finish(self) -> None:
        self.file.finish()


def open_sink(path: str, shown: str, part: Path, inputs: Inputs, plan: Plan, stack: ExitStack) -> SampleSink:
    """A sink into the file `part` in the format of `path`; `stack` closes it."""
    suffix, by, ids = suffix_of(path), [f.role for f in group_columns(inputs)], [r.id for r in plan.recipes]
    counted = counts_of(inputs, plan.conventions)
    counts = [count.name for count in counted]
    writer: Writer
    if suffix == ".parquet":
        from losscli.output.parquet_rows import ParquetWriter

        writer = rows = ParquetWriter(part, inputs.named_by, ids, by, counts)
        stack.callback(rows.close)
    elif suffix == ".npy":
        writer = array = ArrayWriter(part, inputs.rows, len(ids))
        stack.callback(array.file.close)
    else:
        stream = part.open("w", encoding="utf-8", newline="")
        stack.callback(close_quietly, stream)
        if suffix == ".jsonl":
            writer = LinesWriter(stream, inputs.named_by, ids, by, counts)
        else:
            writer = TableWriter(stream, inputs.named_by, ids, "\t" if suffix == ".tsv" else ",", by, counts)
    return SampleSink(writer, inputs, ids, shown, counted)


def suffix_of(path: str) -> str:
    """The format of a per-sample file by its name. Raises UsageError for an unknown one."""
    suffix = ".csv" if path == "-" else Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"--per-sample {visible(path)}: no format has that suffix",
            fix=f"use one of {' '.join(SUFFIXES)}, or - for CSV on stdout",
        )
    if suffix == ".parquet":
        from losscli.output.parquet_rows import library

        library()
    return suffix
