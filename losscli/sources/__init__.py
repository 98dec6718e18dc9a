"""Input files, chosen by suffix: another format is one file here and one line in `READERS`. Never evaluates anything."""

from __future__ import annotations

from importlib import import_module

from losscli.sources.base import Field, Source
from losscli.sources.files import locate

__all__ = ["READERS", "Field", "Source", "open_source"]

READERS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".txt.gz": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
    ".npy": "npy",
    ".npz": "npz",
}
"""Suffix to the module of this package whose `open_file` reads it; loaded when first met."""


def open_source(path: str, *, delimiter: str | None = None, header: bool = True, jobs: int = 1) -> Source:
    """The file at `path` (`-`: stdin) as a source. `delimiter` and `header` are for tables; jobs: threads to look at it with."""
    file = locate(path, READERS)
    module = import_module(f"losscli.sources.{READERS[file.suffix]}")
    source: Source = module.open_file(file, delimiter=delimiter, header=header, jobs=jobs)
    return source
