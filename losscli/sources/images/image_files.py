"""Files of which each is one image, as one input: a file, or the files of a folder or pattern, known by their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.file_names import without_suffix
from losscli.numerics.stable import Array, Ints
from losscli.sources.base import FILE_STEM, Field
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.digest import digest_of
from losscli.sources.files.input_file import InputFile
from losscli.sources.folders.folder import Folder
from losscli.sources.folders.stems import changed, stem_of
from losscli.sources.images.image_field import ImageField
from losscli.sources.images.same_palettes import Indexed
from losscli.sources.side_format import SideFormat


class ImageNames:
    """The names by which images pair, one per image: the stem of each file, or where stems repeat, its path below the folder."""

    names: tuple[str, ...] = (FILE_STEM,)
    shape: tuple[int, ...] = ()
    kind = "U"

    def __init__(self, paths: Sequence[str], change: str) -> None:
        self._paths = tuple(paths)
        found = [stem_of(path) for path in paths]
        if len(set(found)) < len(found):
            top = os.path.commonpath([os.path.dirname(path) or "." for path in paths]) if len(paths) > 1 else ""
            found = [without_suffix(os.path.relpath(path, top or ".").replace(os.sep, "/")) for path in paths]
        self._stems = [changed(name, change) for name in found]
        self.rows = len(paths)
        _refuse_twice(self._stems, self._paths, bool(change))

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as objects of str."""
        out = np.empty(min(stop, self.rows) - min(start, self.rows), dtype=object)
        out[:] = self._stems[start:stop]
        return out

    def take(self, rows: Ints) -> Array:
        return self.read(0, self.rows)[rows]

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self._paths[row])


def _refuse_twice(stems: Sequence[str], paths: Sequence[str], change: bool) -> None:
    first: dict[str, str] = {}
    for stem, path in zip(stems, paths, strict=True):
        if stem in first:
            fix = "a --stem that keeps the names apart" if change else "one image per name, or name each file with a pattern"
            raise DataError(
                f"two images are named {visible(stem, 60)}: {visible(first[stem])} and {visible(path)}", fix=f"use {fix}"
            )
        first[stem] = path


class ImageFiles:
    """Images of one format, a row each. named: whether the input is a folder or pattern, whose images pair by their names."""

    is_table = False
    forks = True
    lists: Mapping[str, tuple[str, ...]] = {}
    names: tuple[str, ...] = ()

    def __init__(
        self, path: str, kind: str, files: Sequence[ByteFile], field: ImageField, how: SideFormat, *, named: bool, **declared: Any
    ) -> None:
        self.path, self.format, self._files, self._field = path, kind, tuple(files), field
        self.rows = field.rows
        self._names = ImageNames([field.where(row).path for row in range(field.rows)], how.stem)
        ids = {"ids": FILE_STEM} if named else {}
        self.declared = {"family": "segment", **ids, **{key: value for key, value in declared.items() if np.size(value)}}
        self.notes: tuple[str, ...] = ()
        self.indexed: Indexed | None = None
        """The images, where they are indices of palettes that no option explains."""

    def numeric(self) -> tuple[str, ...]:
        return ()

    def kind(self, name: str = "") -> str:
        """`f`, `i`, or `U` for the names of the images."""
        return "U" if name == FILE_STEM else self._field.kind

    def numbers(self, names: tuple[str, ...] = ()) -> Field:
        if names:
            raise DataError(f"images have no key {visible(names[0])!r}", Where(self.path), "omit the name")
        return self._field

    def text(self, name: str = "") -> Field:
        if name != FILE_STEM:
            what = f"images have no column {visible(name)!r}" if name else "images where text is needed"
            raise DataError(what, Where(self.path), f"images pair by the names of their files, --key '{FILE_STEM}'")
        return self._names

    def sha256(self, jobs: int = 1) -> str:
        """The digest of the bytes of one file, or of the list of the files' digests."""
        found = [InputFile(self.path, file, "").sha256(jobs) for file in self._files]
        return found[0] if len(found) == 1 else digest_of(found)


class Reads(Protocol):
    """Reads files of one image each as one input."""

    def __call__(
        self, path: str, files: tuple[ByteFile, ...], paths: Sequence[str], how: SideFormat, *, named: bool
    ) -> ImageFiles: ...


def openers(read: Reads) -> tuple[Callable[..., ImageFiles], Callable[..., ImageFiles]]:
    """The `open_file` and `open_folder` of a format of one image per file."""

    def open_file(file: InputFile, how: SideFormat, jobs: int) -> ImageFiles:
        return read(file.shown, (file.data,), (file.shown,), how, named=False)

    def open_folder(folder: Folder, how: SideFormat, jobs: int) -> ImageFiles:
        files = tuple(ByteFile(os.path.abspath(path)) for path in folder.files)
        found = read(folder.shown, files, folder.files, how, named=True)
        found.notes += _others(folder)
        return found

    return open_file, open_folder


def _others(folder: Folder) -> tuple[str, ...]:
    """Says that a folder has files of other formats, which are not read."""
    names = [os.path.basename(path) for path in folder.others]
    return (f"{len(names)} other file{'s are' if len(names) > 1 else ' is'} not read: {some(names)}",) if names else ()
