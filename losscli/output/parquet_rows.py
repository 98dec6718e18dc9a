"""A Parquet file of samples, written in groups of rows: memory use is constant."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from losscli.core.errors import UsageError, install
from losscli.output.batch import PLACES, WEIGHT, Batch

_ROWS = 1 << 16
"""Samples from which a group of rows is written."""


def library() -> Any:
    """pyarrow.parquet. Raises UsageError where it is not installed."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise UsageError("writing Parquet needs pyarrow", fix=install("arrow")) from None
    return parquet


def _encodable(word: str) -> str:
    """The text; one with half of a pair of surrogates, which no encoding has, with it as an escape."""
    return word if word.isascii() else word.encode("utf-8", "backslashreplace").decode()


class ParquetWriter:
    """Keys and groups as text, rows and counts as int64, weights and losses as double; null for a sample that was left out."""

    def __init__(self, path: Path, keys: Sequence[str], ids: Sequence[str], by: Sequence[str], counts: Sequence[str]) -> None:
        import pyarrow

        texts = [(name, pyarrow.string()) for name in (*keys, *by)]
        rows = [(name, pyarrow.float64() if name == WEIGHT else pyarrow.int64()) for name in (*PLACES, *counts)]
        self._numbers = [kind for _, kind in rows]
        self._schema = pyarrow.schema([*texts, *rows, *((name, pyarrow.float64()) for name in ids)])
        self._file = library().ParquetWriter(str(path), self._schema)
        self._waiting: list[Any] = []
        self._rows = 0

    def put(self, batch: Batch) -> None:
        """Take samples in; groups of rows are written as they are full."""
        import pyarrow

        words = [pyarrow.array(list(map(_encodable, column)), pyarrow.string()) for column in (*batch.keys, *batch.groups)]
        columns = (batch.pred_rows, batch.target_rows, *batch.counts)
        rows = [pyarrow.array(list(column), kind) for column, kind in zip(columns, self._numbers, strict=True)]
        losses = [pyarrow.array(x, pyarrow.float64(), mask=np.isnan(x)) for x in np.ascontiguousarray(batch.losses.T)]
        self._waiting.append(pyarrow.RecordBatch.from_arrays([*words, *rows, *losses], schema=self._schema))
        self._rows += len(batch.pred_rows)
        if self._rows >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        if self._rows:
            self._file.write_table(pyarrow.Table.from_batches(self._waiting, self._schema), row_group_size=_ROWS)
        self._waiting, self._rows = [], 0

    def finish(self) -> None:
        """Write the remaining samples and the end of the file."""
        self._flush()
        self._file.close()

    def close(self) -> None:
        """Close the file, complete or not."""
        with contextlib.suppress(OSError, ValueError):
            self._file.close()
