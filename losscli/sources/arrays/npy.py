"""One NPY file: one array, read row by row; rows of a URL are fetched span by span and not cached."""

from __future__ import annotations

import io

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import replace
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayField, ArrayRows, Header, Stored, read_header, refuse_short
from losscli.sources.arrays.keyed import BARE, KeyedArrays
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat


class Npy(KeyedArrays):
    """A bare array; its only field has no name."""

    format = "npy"

    def __init__(self, file: InputFile) -> None:
        self._file = file
        super().__init__(file.shown, {BARE: self._read_header()}, forks=not file.url)

    def _read_header(self) -> Header:
        with self._file.data.stream() as f:
            header = read_header(f, self._file.place)
        refuse_short(header, self._file.size, self._file.place)
        if (more := self._file.size - header.length - header.size) > 0:  # numpy.load reads the first array and ignores the rest
            fix = "write every array to a file of its own, or all of them by numpy.savez"
            raise DataError(f"{more} byte{'s' * (more != 1)} follow its values", self._file.place, fix)
        return header

    def open_array(self, key: str, header: Header) -> ArrayRows:
        """The rows of the file."""
        return ArrayField(Stored(self._file.data, header.length, header, self.path), header, self._place)

    def sha256(self, jobs: int = 1) -> str:
        return self._file.sha256(jobs)


class Ranged(Npy):
    """A bare array behind a URL that supports range requests."""

    def _read_header(self) -> Header:
        stat = self._file.stat
        assert stat is not None
        assert stat.size is not None
        header = read_header(io.BytesIO(self._file.head), self._file.place)
        refuse_short(header, stat.size, self._file.place)
        self._file = replace(self._file, head=b"")
        return header

    def open_array(self, key: str, header: Header) -> ArrayRows:
        """Rows by request."""
        return RangedField(self._file.url, header, self._place)

    @property
    def by_rows(self) -> bool:
        """Whether the bytes of a row are contiguous."""
        header = self._header(BARE)
        return not header.fortran or len(header.shape) == 1


class RangedField(ArrayRows):
    """The rows of an array behind a URL, one request per span; nothing is cached."""

    def __init__(self, url: str, header: Header, place: Where) -> None:
        super().__init__(header, place)
        self._url, self._begin, self._width = url, header.length, header.size // header.shape[0]

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), self.dtype)
        from losscli.sources.files import remote

        raw = remote.read(self._url, self._begin + start * self._width, self._begin + stop * self._width)
        return np.frombuffer(raw, self.dtype).reshape(stop - start, *self.shape)


def open_ranged(file: InputFile) -> Ranged | None:
    """None if rows are not contiguous; such a file is read from a local copy."""
    found = Ranged(file)
    return found if found.by_rows else None


def open_file(file: InputFile, text: SideFormat, jobs: int) -> Npy:
    if file.stat is not None and file.stat.ranges:
        return open_ranged(file) or Npy(file)
    return Npy(file)
