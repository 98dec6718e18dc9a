"""Folders as inputs: the files below one, in natural order. Reads no file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass
from losscli.sources.formats import FOLDERS, FORMATS, Format
from losscli.sources.natural_order import natural

_HIDDEN = ("_", ".")


@dataclass(frozen=True)
class Folder:
    """A folder: its path as typed, and the paths of the files of its format, in natural order."""

    shown: str
    files: tuple[str, ...]

    @property
    def place(self) -> Where:
        return Where(self.shown)


def locate_folder(path: str) -> tuple[Format, Folder]:
    """The format of the files in a folder, and those files. Raises DataError where there are none, or of several formats."""
    found = sorted(_files(path), key=natural)
    marked = next((f for f in FORMATS if any(os.path.lexists(os.path.join(path, mark)) for mark in f.marks)), None)
    by_suffix = Counter(suffix for file in found if (suffix := _suffix(file)) is not None)
    kinds = {FOLDERS[suffix].name: FOLDERS[suffix] for suffix in by_suffix}
    if marked is None and len(kinds) > 1:
        told = some([f"{visible(path)}/**/*{suffix}" for suffix in by_suffix])
        raise DataError(f"has files of several formats: {some(list(by_suffix))}", Where(path), f"name those of one format: {told}")
    if marked is None and not kinds:
        raise _nothing(path, found)
    known = marked or next(iter(kinds.values()))
    return known, Folder(path, tuple(file for file in found if _suffix(file) in known.suffixes))


def _files(folder: str) -> Iterator[str]:
    """The files below a folder; hidden ones, links out of the folder, and devices are left out."""
    root = os.path.realpath(folder)
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        for name in names:
            path = os.path.join(inside, name)
            if not name.startswith(_HIDDEN) and os.path.isfile(path) and _within(path, root):
                yield path


def _within(path: str, root: str) -> bool:
    return not os.path.islink(path) or os.path.realpath(path).startswith(root + os.sep)


def _suffix(file: str) -> str | None:
    return next((s for s in sorted(FOLDERS, key=len, reverse=True) if file.lower().endswith(s)), None)


def _nothing(path: str, found: list[str]) -> DataError:
    if not found:
        return DataError("is a folder without files", Where(path), "check the program that wrote it")
    known = " ".join(FOLDERS) or "none"
    fix = f"name a file in it, or a quoted pattern: '{visible(path)}/*.csv'; formats of folders: {known}"
    return DataError("is a folder without files of a known format", Where(path), fix)
