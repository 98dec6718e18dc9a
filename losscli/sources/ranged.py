"""One NPY file behind a URL: its rows are fetched span by span, and nothing is kept of them."""

from __future__ import annotations

import io

import numpy as np

from losscli.errors import Where
from losscli.numeric import Array
from losscli.sources import remote
from losscli.sources.array import ArrayRows, Header, read_header, refuse_short
from losscli.sources.files import File
from losscli.sources.npy import Npy

_HEAD = 1 << 16
"""Bytes that hold the header of any array without named fields: version 1.0 ends there."""


class Ranged(Npy):
    """A bare array of which any rows can be had alone."""

    def _opened(self) -> Header:
        stat = self._file.stat
        assert stat is not None
        assert stat.size is not None
        header = read_header(io.BytesIO(remote.read(self._file.url, 0, min(_HEAD, stat.size))), self._file.place)
        refuse_short(header, stat.size, self._file.place)
        return header

    def _rows(self) -> ArrayRows:
        return RangedField(self._file.url, self._header, self._file.place)

    @property
    def by_rows(self) -> bool:
        """Whether the bytes of a row lie together."""
        return not self._header.fortran or len(self._header.shape) == 1


class RangedField(ArrayRows):
    """The rows of an array behind a URL, one request per span; holds nothing in memory."""

    def __init__(self, url: str, header: Header, place: Where) -> None:
        super().__init__(header, place)
        self._url, self._begin, self._width = url, header.length, header.size // header.shape[0]

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), self.dtype)
        raw = remote.read(self._url, self._begin + start * self._width, self._begin + stop * self._width)
        return np.frombuffer(raw, self.dtype).reshape(stop - start, *self.shape)


def open_ranged(file: File) -> Ranged | None:
    """None where the rows do not lie one after another: such a file is read from a copy."""
    found = Ranged(file)
    return found if found.by_rows else None
