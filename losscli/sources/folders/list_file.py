"""`@FILE`: a list of paths, one per line, as one input. Reads the list alone."""

from __future__ import annotations

import os
import re
import stat
from functools import lru_cache

from losscli.core.errors import DataError, Where, visible
from losscli.core.seen_files import open_noted
from losscli.sources.files.input_file import is_url, parted

_LONGEST = 1 << 24
"""Bytes of a list; whatever is longer is not one."""


def listed(path: str) -> list[str]:
    """The paths and URLs in the list `@FILE`, in its order.

    Blank lines and lines that begin with # are left out. Relative paths start in the folder of the list, which may be at a URL, or
    in the working directory if it is a pipe. Raises DataError for a file that does not exist or is named twice.
    """
    file = path[1:]
    folder, text = _at_url(file) if is_url(file) else _local(file)
    found: dict[str, int] = {}
    for line, entry in enumerate(text.splitlines(), 1):
        entry = entry.strip()
        if not entry or entry.startswith("#"):
            continue
        where = Where(file, line=line)
        if is_url(folder) and os.path.isabs(entry):
            raise DataError(f"{visible(entry)} is a path on another machine", where, "write URLs, or paths relative to the list")
        name = entry if is_url(entry) else os.path.join(folder, entry)
        if not is_url(name) and not os.path.isfile(parted(name)[0]):
            raise _missing(name, entry, where)
        if name in found:
            raise DataError(f"{visible(entry)} is in line {found[name]} already", where, "name every file once")
        found[name] = line
    if not found:
        raise DataError("the list names no file", Where(file), "write one path per line")
    return list(found)


def _missing(name: str, entry: str, where: Where) -> DataError:
    what = "is a folder, not a file" if os.path.isdir(name) else "no such file"
    fix = "name the files in it" if os.path.isdir(name) else f"relative paths start in the folder of the list: {visible(name)}"
    if os.path.isfile(entry):
        fix = "relative paths start in the folder of the list, not in the working directory, where this file is"
    return DataError(f"{what}: {visible(entry)}", where, fix)


def _local(file: str) -> tuple[str, str]:
    """The folder in which the paths of a list start, and its text."""
    try:
        pipe = not stat.S_ISREG(os.stat(file).st_mode)
        return ("", _of_pipe(file)) if pipe else (os.path.dirname(file), _read(file))
    except OSError as e:
        raise DataError(f"cannot be read: {e.strerror or e}", Where(file), "give a list of paths, one per line: @FILE") from None


@lru_cache(maxsize=8)
def _at_url(url: str) -> tuple[str, str]:
    """The same of a list at a URL."""
    from losscli.sources.files import remote

    raw = bytearray()
    for block in remote.fetch(url):
        raw += block
        if len(raw) > _LONGEST:
            break
    plain = re.split(r"[?#]", url)[0] if url.startswith("http") else url
    return plain.rpartition("/")[0] + "/", _decoded(bytes(raw), url)


@lru_cache(maxsize=8)
def _of_pipe(file: str) -> str:
    """The text of a list that can be read only once."""
    return _read(file)


def _read(file: str) -> str:
    with open_noted(file) as stream:
        return _decoded(stream.read(_LONGEST + 1), file)


def _decoded(raw: bytes, file: str) -> str:
    try:
        if len(raw) > _LONGEST or b"\0" in raw:
            raise ValueError
        return raw.decode("utf-8-sig")
    except ValueError:
        raise DataError("is not a list of paths", Where(file), "write one path per line, in UTF-8") from None
