"""Several files as one input: those that match a pattern, or those of a folder, with the columns that their paths give."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from itertools import takewhile

from losscli.core.errors import DataError, Where, some
from losscli.sources.base import Source
from losscli.sources.files.input_file import is_list, is_url
from losscli.sources.folders.folder import Folder, without_hidden
from losscli.sources.folders.list_file import listed
from losscli.sources.folders.listing import fixed_part, is_marked, refuse_versions
from losscli.sources.folders.shards import Shards, expand
from losscli.sources.side_format import SideFormat

Opens = Callable[[str], Source]
_AT_ONCE = 16
"""Files at URLs that are opened at the same time."""


def files_of(path: str) -> tuple[list[str], str, tuple[str, ...]]:
    """The files of a list or a pattern, the beginning of their paths whose parts are not columns, and notes on what is left out."""
    if is_list(path):
        files = listed(path)
        return files, _shared(files), ()
    files, inside = expand(path), fixed_part(path)
    notes: tuple[str, ...] = ()
    if is_url(path):
        from losscli.sources.files import remote

        inside = remote.full(inside) if "=" in path[len(inside) :] or "**" in path else inside
    else:
        refuse_versions(path, dict.fromkeys(os.path.dirname(file) or "." for file in files))
    if "**" in path and not is_marked(path, fixed_part(path)):
        files, notes = without_hidden(files, inside)
        if not files:
            raise DataError("no file matches this pattern but hidden ones, whose names begin with _", Where(path), "name them")
    return files, inside, notes


def in_folder(folder: Folder, how: SideFormat, opens: Opens) -> Shards:
    """The files of a folder."""
    inside = folder.shown
    if is_url(inside):
        from losscli.sources.files import remote

        inside = remote.full(inside)
    found = together(folder.shown, folder.files, inside, how, opens)
    others = [file[len(inside) :].lstrip("/") for file in folder.others]
    left = (f"left out files of other formats ({some(others)})",) if others else ()
    found.notes = (*folder.notes, *left, *found.notes)
    return found


def _shared(files: Sequence[str]) -> str:
    """The folder that all files are in, without its last parts NAME=VALUE, which may be those of a table in one part."""
    folders = [re.split(r"(?<=/)", file)[:-1] for file in files]
    shared = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))]
    while shared and "=" in shared[-1]:
        shared.pop()
    return "".join(shared)


def together(shown: str, files: Sequence[str], inside: str, how: SideFormat, opens: Opens) -> Shards:
    """Files as one source. inside: the beginning of their paths whose parts are not columns."""
    tables = _at_once(files, opens) if is_url(files[0]) else [opens(file) for file in files]
    if any("=" in file[len(inside) :] for file in files):
        from losscli.sources.folders.partitions import with_partitions

        tables = with_partitions(tables, inside)
    return Shards(shown, tables, how)


def _at_once(files: Sequence[str], opens: Opens) -> list[Source]:
    """The files, opened on several threads: each takes a request or two, and the wait for its answer."""
    from losscli.core.threads import Threads

    with Threads(_AT_ONCE) as pool:
        return list(pool.map(opens, files))
