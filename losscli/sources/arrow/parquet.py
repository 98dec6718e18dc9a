"""Parquet, with the extra `arrow`: columns of one table, read by row groups. At a URL, only the bytes of these are fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from losscli.sources.arrow.table import ArrowTable, library
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat


class Parquet(ArrowTable):
    """A Parquet file."""

    format = "parquet"
    what = "Parquet file"
    _footer: Any = None
    """The metadata of a file at a URL, fetched once."""

    def open(self) -> tuple[Any, Sequence[int]]:
        with self._opened() as opened:
            meta = opened.metadata
            self._footer = meta if self._file.ranges else None
            return opened.schema_arrow, [int(meta.row_group(i).num_rows) for i in range(meta.num_row_groups)]

    def load(self, group: int, names: Sequence[str]) -> Mapping[str, Any]:
        with self._opened() as opened:
            table = opened.read_row_group(group, columns=list(names), use_threads=False)
        return {name: table.column(name) for name in names}

    def _opened(self) -> Any:
        parquet = library("parquet", "Parquet")
        if not self._file.ranges:
            path = self._file.data.same_path(self.path)
            return parquet.ParquetFile(path if _is_text(path) else self._file.data.stream(), page_checksum_verification=True)
        from losscli.sources.files.remote import Ranges

        ranges = Ranges(self._file.url, self._file.ranges)
        return parquet.ParquetFile(ranges, metadata=self._footer, pre_buffer=True, page_checksum_verification=True)

    def _length(self, name: str) -> int:
        with self._opened() as opened:
            for batch in opened.iter_batches(batch_size=1024, columns=[name], use_threads=False):
                for value in batch.column(0).drop_null()[:1]:
                    return len(value)
        return 0


def _is_text(path: str | os.PathLike[str]) -> bool:
    """Whether a name is text, as pyarrow needs it."""
    return not any("\ud800" <= c <= "\udfff" for c in os.fspath(path))


def open_file(file: InputFile, how: SideFormat, jobs: int) -> Parquet:
    return Parquet(file)
