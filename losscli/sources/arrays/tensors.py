"""Tensors inside a file: element type, shape and location, as fields. Parses no file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayField, Header, Loaded, Stored, check
from losscli.sources.arrays.batches import Split
from losscli.sources.arrays.keyed import KeyedArrays
from losscli.sources.arrays.small_floats import SmallFloat, WidenedField
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.input_file import InputFile

MOST_AXES = 32
"""The limit of NumPy 1."""


@dataclass(frozen=True)
class Tensor:
    """The values of one tensor: from `offset` on, contiguous, or `strides` bytes apart along each axis."""

    offset: int
    shape: tuple[int, ...]
    kind: np.dtype[np.generic] | SmallFloat
    strides: tuple[int, ...] | None = None

    @property
    def header(self) -> Header:
        """The array as it is read."""
        return Header(self.shape, False, np.dtype(np.float32) if isinstance(self.kind, SmallFloat) else self.kind, 0)

    def field(self, file: ByteFile, where: Where) -> ArrayField:
        """The rows."""
        small = self.kind if isinstance(self.kind, SmallFloat) else None
        stored = Header(self.shape, False, small.stored, 0) if small else self.header
        values = Stored(file, self.offset, stored, where.path, self.strides)
        return WidenedField(values, self.header, where, small) if small else ArrayField(values, self.header, where)


Found = Tensor | Array | DataError
"""A tensor in the file, an array that is in memory already, or why there is neither."""


class TensorFile(KeyedArrays):
    """The tensors of a file by name. split: how keys are numbered where tensors may be in batches."""

    split: Split | None = None

    def __init__(self, file: InputFile, tensors: Mapping[str, Found]) -> None:
        self._file, self._tensors = file, tensors
        headers = {key: _checked(tensor, Where(file.shown, column=key or None)) for key, tensor in tensors.items()}
        super().__init__(file.shown, headers, forks=not file.url, member=file.member, split=self.split)

    def open_array(self, key: str, header: Header) -> ArrayField:
        """The rows in the file, or the array itself."""
        tensor, where = self._tensors[key], self.where(key)
        assert not isinstance(tensor, DataError)
        return tensor.field(self._file.data, where) if isinstance(tensor, Tensor) else ArrayField(Loaded(tensor), header, where)

    def sha256(self, jobs: int = 1) -> str:
        return self._file.sha256(jobs)


def _checked(found: Found, where: Where) -> Header | DataError:
    if isinstance(found, DataError):
        return found
    header = found.header if isinstance(found, Tensor) else Header(found.shape, False, found.dtype, 0)
    try:
        check(header, where)
    except DataError as e:
        return e
    return header
