"""Input files and folders, each read by the module of its format (`formats.py`). Never evaluates anything."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from losscli.sources.base import Field, Source
from losscli.sources.files import is_pattern, is_url, locate, parted
from losscli.sources.formats import FILES, Format
from losscli.sources.side_format import ANY, SideFormat

__all__ = ["Field", "SideFormat", "Source", "is_pattern", "is_url", "open_source", "paths"]


def open_source(path: str | Source, how: SideFormat = ANY, *, jobs: int = 1) -> Source:
    """Open the file or folder at `path` (`-`: stdin), or the files that match a pattern, as one source. how: how they are written,
    as far as options say it; jobs: threads used to index a table. A source is returned unchanged."""
    if not isinstance(path, str):
        return path
    if is_pattern(path):
        from losscli.sources.shards import Shards, expand

        return Shards(path, [_open(shard, how, jobs) for shard in expand(path)], how)
    if os.path.isdir(path):
        from losscli.sources.folders import locate_folder

        known, folder = locate_folder(path)
        source: Source = _reader(known).open_folder(folder, how, jobs)
        return source
    return _open(path, how, jobs)


def paths(path: str) -> list[str]:
    """The local files that `path` names, which outputs must not overwrite."""
    if is_url(path):
        return []
    if not is_pattern(path):
        return [parted(path)[0]]
    from losscli.sources.shards import matches

    return matches(path)


def _open(path: str, how: SideFormat, jobs: int) -> Source:
    file = locate(path, FILES)
    source: Source = _reader(FILES[file.suffix]).open_file(file, how, jobs)
    return source


def _reader(known: Format) -> Any:
    return import_module(f"losscli.sources.{known.module}")
