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
_LOSSY = (".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class Folder:
    """A folder: its path as typed, the paths of the files of its format, in natural order, and of those of other formats."""

    shown: str
    files: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def place(self) -> Where:
        return Where(self.shown)


def locate_folder(path: str, family: str = "") -> tuple[Format, Folder]:
    """The format of the files in a folder, and those files. family: the one that reads them, where it is known: images beside other
    files are masks where it is segment. Raises DataError where there are no such files, or of several formats."""
    found = sorted(_files(path), key=natural)
    marked = next((f for f in FORMATS if any(os.path.lexists(os.path.join(path, mark)) for mark in f.marks)), None)
    by_suffix = Counter(suffix for file in found if (suffix := _suffix(file)) is not None)
    kinds = {FOLDERS[suffix].name: FOLDERS[suffix] for suffix in by_suffix}
    if any(known.images for known in kinds.values()) and len(kinds) > 1:
        masks = sum(n for suffix, n in by_suffix.items() if FOLDERS[suffix].images)
        wanted = family == "segment" if family else 2 * masks > sum(by_suffix.values())
        by_suffix = Counter({suffix: n for suffix, n in by_suffix.items() if FOLDERS[suffix].images == wanted})
        kinds = {FOLDERS[suffix].name: FOLDERS[suffix] for suffix in by_suffix}
    if marked is None and len(kinds) > 1:
        told = some([f"{visible(path)}/**/*{suffix}" for suffix in by_suffix])
        raise DataError(f"has files of several formats: {some(list(by_suffix))}", Where(path), f"name those of one format: {told}")
    if marked is None and not kinds:
        raise _nothing(path, found)
    known = marked or next(iter(kinds.values()))
    mine = {file: _suffix(file) in known.suffixes for file in found}
    return known, Folder(path, tuple(f for f in found if mine[f]), tuple(f for f in found if not mine[f]))


def of_images(pattern: str, files: list[str], known: Format) -> Folder:
    """The files of a pattern as a folder of images. Raises DataError at the first that is not one, or cannot be read."""
    for file in files:
        if _suffix(file) not in known.suffixes:
            kinds = " ".join(known.suffixes)
            raise DataError(f"does not end in one of {kinds}", Where(file), "let the pattern match images only")
        if not os.path.isfile(file):
            raise DataError("is not a file", Where(file), "let the pattern match files only")
    return Folder(pattern, tuple(files))


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
    if any(file.lower().endswith(_LOSSY) for file in found):
        what = "has images with lossy compression, which changes pixels, so that a class 7 may be read as 4"
        raise DataError(what, Where(path), "save masks as PNG when they are made; a mask cannot be restored from JPEG")
    known = " ".join(FOLDERS) or "none"
    fix = f"name a file in it, or a quoted pattern: '{visible(path)}/*.csv'; formats of folders: {known}"
    return DataError("is a folder without files of a known format", Where(path), fix)
