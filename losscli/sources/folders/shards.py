"""Several files as one input: those that match a pattern, in natural order, or those of a list, with their rows concatenated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayField
from losscli.sources.base import FILE_STEM, Field, Source, declared_of, hint_of, notes_of
from losscli.sources.files.digest import digest_of
from losscli.sources.files.input_file import is_url, parted
from losscli.sources.folders.natural_order import natural
from losscli.sources.folders.stems import stem_of
from losscli.sources.joined import Joined, JoinedArrays
from losscli.sources.side_format import ANY, SideFormat


def expand(pattern: str) -> list[str]:
    """The files that match a pattern (`**` spans folders), sorted with numbers as numbers, so part-2 precedes part-10."""
    found = matches(pattern)
    if not found:
        raise DataError("no file matches this pattern", Where(pattern), "check the folder and the name")
    member = parted(pattern)[1]
    return [f"{path}::{member}" if member else path for path in sorted(found, key=natural)]


def matches(pattern: str) -> list[str]:
    """The files that match a pattern, unordered, possibly none."""
    if not is_url(pattern):
        import glob

        return glob.glob(parted(pattern)[0], recursive=True)
    from losscli.sources.files import remote

    return remote.matches(pattern)


class Shards:
    """Files of one format with the same columns, keys or shape, as one input."""

    def __init__(self, pattern: str, shards: Sequence[Source], how: SideFormat = ANY) -> None:
        first = shards[0]
        _drop_indexes(shards)
        _name_images(shards, how.stem)
        self.path, self.shards, self.stem = pattern, tuple(shards), how.stem
        self.forks = all(shard.forks for shard in shards)
        self.format, self.is_table, self.names, self.lists = first.format, first.is_table, first.names, first.lists
        for shard in shards[1:]:
            _refuse_other(shard, first)
        self.rows = sum(shard.rows for shard in shards)
        self.hint = hint_of(first)
        self.declared = declared_of(first)
        self.notes = tuple(dict.fromkeys(note for shard in shards for note in notes_of(shard)))
        self._ends: dict[int, tuple[str, list[int]]] = {}

    def numeric(self) -> tuple[str, ...]:
        return self.shards[0].numeric()

    def kind(self, name: str) -> str:
        return "U" if name == FILE_STEM and name not in self.names else self.shards[0].kind(name)

    def numbers(self, names: tuple[str, ...]) -> Field:
        return self._joined([shard.numbers(names) for shard in self.shards])

    def text(self, name: str) -> Field:
        """A column as text; `FILE_STEM` names the file of each row."""
        if name == FILE_STEM and name not in self.names:
            return Stems([shard.path for shard in self.shards], [shard.rows for shard in self.shards], self.stem)
        return self._joined([shard.text(name) for shard in self.shards])

    def common(self, names: tuple[str, ...]) -> Field:
        """An array shared by all rows, which must be equal in every file."""
        first, *others = (shard.numbers(names) for shard in self.shards)
        array = first.read(0, first.rows)
        for field in others:
            if not np.array_equal(array, field.read(0, field.rows)):
                what = f"differs from the array in {visible(self.shards[0].path)}, but all rows share it"
                raise DataError(what, Where(field.where(0).path, column=some(names)), "write the same array into every file")
        return first

    def sha256(self, jobs: int = 1) -> str:
        return digest_of(shard.sha256(jobs) for shard in self.shards)

    def _joined(self, fields: Sequence[Field]) -> Field:
        for shard, field in zip(self.shards[1:], fields[1:], strict=True):
            _refuse_unlike(shard, field, self.shards[0], fields[0])
        joined = JoinedArrays(fields) if all(isinstance(f, ArrayField) and f.stored for f in fields) else Joined(fields)
        self._refuse_uneven(joined)
        return joined

    def _refuse_uneven(self, field: Joined) -> None:
        """Raise DataError if arrays of equal total length are split at different rows, which would pair the wrong rows."""
        name, ends = self._ends.setdefault(field.rows, (some(field.names), field.ends))
        if ends != field.ends:
            at = next(i for i, (a, b) in enumerate(zip(ends, field.ends, strict=True)) if a != b)
            what = f"`{name}` and `{some(field.names)}` have different numbers of rows"
            raise DataError(what, Where(self.shards[at].path), "the arrays in each file must have equally many rows")


def some(names: Sequence[str]) -> str:
    """Names for a message."""
    return visible(", ".join(names))


def _drop_indexes(shards: Sequence[Source]) -> None:
    """Leave out an index that only the metadata of some files have."""
    if len({shard.names for shard in shards}) > 1:
        for shard in shards:
            if hasattr(shard, "without_index"):
                shard.without_index()


def _name_images(shards: Sequence[Source], change: str) -> None:
    """Give images that are known by their places alone the names of their files. Raises DataError where a file has several."""
    seen: dict[str, str] = {}
    for shard in shards:
        count = declared_of(shard).get("numbered_images")
        if count is None:
            continue
        name = stem_of(shard.path, change)
        what = f"{count} images without ids" if count > 1 else "an image of the same name" if name in seen else ""
        if what:
            other = f" as {visible(seen[name])}" if name in seen else ", in one of several files"
            raise DataError(f"{what}{other}", Where(shard.path), "give every image its image_id")
        seen[name] = shard.path
        if hasattr(shard, "name_image"):
            shard.name_image(name)


def _refuse_other(shard: Source, first: Source) -> None:
    where, other = Where(shard.path), visible(first.path)
    if shard.format != first.format:
        raise DataError(f"is {shard.format}, but {other} is {first.format}", where, "let the pattern match files of one format")
    same = shard.names == first.names if shard.is_table else set(shard.names) == set(first.names)
    if not same:
        word = "columns" if shard.is_table else "keys"
        what = f"has the {word} {some(shard.names)}, but {other} has {some(first.names)}"
        raise DataError(what, where, f"all files of a pattern must have the same {word}" + ", in the same order" * shard.is_table)


def _refuse_unlike(shard: Source, field: Field, first: Source, model: Field) -> None:
    where = Where(shard.path, column=some(field.names) or None)
    if field.shape != model.shape:
        what = f"has rows of shape {field.shape}, but {visible(first.path)} has {model.shape}"
        raise DataError(what, where, "all files of a pattern must have rows of the same shape")
    mine, its = (getattr(f, "dtype", None) for f in (field, model))
    if mine is None or its is None or mine.kind == its.kind == "U":
        return
    if mine.newbyteorder("=") != its.newbyteorder("="):
        raise DataError(f"contains {mine}, but {visible(first.path)} contains {its}", where, "save all files with the same type")


class Stems:
    """The name of each row's file, without folder and suffix."""

    names: tuple[str, ...] = (FILE_STEM,)
    shape: tuple[int, ...] = ()
    kind = "U"

    def __init__(self, paths: Sequence[str], rows: Sequence[int], change: str = "") -> None:
        self._paths, self._change = list(paths), change
        self._ends = np.cumsum(rows)
        self.rows = int(self._ends[-1])

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as objects of str."""
        files = np.searchsorted(self._ends, np.arange(start, min(stop, self.rows)), side="right")
        stems = np.array([stem_of(path, self._change) for path in self._paths], dtype=object)
        return np.asarray(stems[files])

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self._paths[int(np.searchsorted(self._ends, row, side="right"))])
