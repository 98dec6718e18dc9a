"""Input files, read by suffix. To add a format, add a module here and a line to `READERS`. Never evaluates anything."""

from __future__ import annotations

from importlib import import_module

from losscli.sources.base import Field, Source
from losscli.sources.files import is_pattern, is_url, locate
from losscli.sources.text_format import ANY, TextFormat

__all__ = ["READERS", "Field", "Source", "TextFormat", "is_pattern", "is_url", "open_source", "paths"]

READERS = {
    ".csv": "delimited.table",
    ".tsv": "delimited.table",
    ".txt": "delimited.table",
    ".csv.gz": "delimited.table",
    ".tsv.gz": "delimited.table",
    ".txt.gz": "delimited.table",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
    ".npy": "npy",
    ".npz": "npz",
}
"""Maps a suffix to the module of this package whose `open_file` reads it; modules are imported on first use."""


def open_source(path: str | Source, text: TextFormat = ANY, *, jobs: int = 1) -> Source:
    """Open the file at `path` (`-`: stdin), or the files that match a pattern, as one source. text: how its tables are written;
    jobs: threads used to index it. A source is returned unchanged."""
    if not isinstance(path, str):
        return path
    if is_pattern(path):
        from losscli.sources.shards import Shards, expand

        return Shards(path, [_open(shard, text, jobs) for shard in expand(path)])
    return _open(path, text, jobs)


def paths(path: str) -> list[str]:
    """The local files that `path` names, which outputs must not overwrite."""
    if is_url(path):
        return []
    if not is_pattern(path):
        return [path]
    from losscli.sources.shards import matches

    return matches(path)


def _open(path: str, text: TextFormat, jobs: int) -> Source:
    file = locate(path, READERS)
    module = import_module(f"losscli.sources.{READERS[file.suffix]}")
    source: Source = module.open_file(file, text, jobs)
    return source
