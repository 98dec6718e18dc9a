"""One NPZ file: arrays by key. Rows of uncompressed members are read inside the zip, others are decompressed to memory once."""

from __future__ import annotations

from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayField, Header, read_header, refuse_short, stored
from losscli.sources.arrays.batches import numbered
from losscli.sources.arrays.keyed import KeyedArrays
from losscli.sources.base import Source
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.compression import expands_too_much
from losscli.sources.files.input_file import InputFile
from losscli.sources.files.zip_members import BROKEN, start_of, verify
from losscli.sources.side_format import SideFormat

_SUFFIX = ".npy"
_REST = 1 << 20


@dataclass(frozen=True)
class Inflated:
    """Values of a compressed member."""

    file: ByteFile
    member: str
    header: Header
    where: Where

    def load(self) -> Array:
        h = self.header
        try:
            self.file.check(self.where.path)
            with ZipFile(self.file.stream()) as z, z.open(self.member) as f:
                f.read(h.length)
                raw = f.read(h.size)
                while f.read(_REST):  # its checksum is compared at its end
                    pass
        except (FileNotFoundError, PermissionError):
            raise
        except BROKEN as e:
            raise _broken(e, self.where) from None
        if len(raw) < h.size:
            what = f"truncated: the header announces {h.size} bytes of values, the member has {len(raw)}"
            raise DataError(what, self.where, "write the file again")
        flat: Array = np.frombuffer(raw, h.dtype)
        return flat.reshape(h.shape, order="F" if h.fortran else "C")


class Npz(KeyedArrays):
    """The arrays of an NPZ file."""

    format = "npz"

    def __init__(self, file: InputFile) -> None:
        self._file = file
        try:
            with ZipFile(file.data.stream()) as z:
                infos = [i for i in z.infolist() if i.filename.endswith(_SUFFIX)]
                bare = {i.filename for i in z.infolist()}
                headers = {_key(i): self._read_header(z, i) for i in infos}
        except BROKEN as e:
            raise _broken(e, file.place) from None
        self._members = {_key(i): i for i in infos}
        self.stored = tuple(self._members)
        if not infos:
            raise DataError("contains no arrays", file.place, "write it with numpy.savez(path, name=array, ...)")
        if len(self._members) < len(infos) or self._members.keys() & bare:
            raise DataError("contains two arrays with the same name", file.place, "write it again with numpy.savez")
        super().__init__(file.shown, headers, forks=not file.url, member=file.member, split=numbered)

    def _read_header(self, z: ZipFile, info: ZipInfo) -> Header | DataError:
        """The header of a member, or the error to raise when that member is used."""
        where = Where(self._file.shown, column=_key(info))
        if expands_too_much(info.file_size, info.compress_size):
            return _bomb(info, where)
        try:
            with z.open(info) as f:
                header = read_header(f, where)
            refuse_short(header, info.file_size, where)
        except DataError as e:
            return e
        except BROKEN as e:
            return _broken(e, where)
        return header

    def open_array(self, key: str, header: Header) -> ArrayField:
        """The rows of a stored member; a compressed one is decompressed by the first read."""
        info, where, data = self._members[key], self.where(key), self._file.data
        if info.compress_type != ZIP_STORED:
            return ArrayField(Inflated(data, info.filename, header, where), header, where)
        verify(data, info, where)
        return ArrayField(stored(data, start_of(data, info, where), header, info.file_size, where), header, where)

    def values(self, key: str) -> Array:
        """All values of an array, also of one that has none."""
        info = self._members[key]
        if expands_too_much(info.file_size, info.compress_size):
            raise _bomb(info, self.where(key))
        try:
            with ZipFile(self._file.data.stream()) as z, z.open(info) as f:
                array: Array = np.lib.format.read_array(f, allow_pickle=False)
                return array
        except (ValueError, *BROKEN) as e:
            raise _broken(e, self.where(key)) from None

    def sha256(self, jobs: int = 1) -> str:
        return self._file.sha256(jobs)


def _key(info: ZipInfo) -> str:
    return info.filename[: -len(_SUFFIX)]


def _bomb(info: ZipInfo, where: Where) -> DataError:
    what = f"expands from {info.compress_size} bytes to {info.file_size}, and is not decompressed"
    return DataError(what, where, "if it is meant, write it with numpy.savez")


def _broken(reason: BaseException, where: Where) -> DataError:
    why = "it is encrypted" if isinstance(reason, RuntimeError) and "encrypted" in str(reason) else visible(reason)
    return DataError(f"not a readable NPZ file: {why}", where, "write it again with numpy.savez")


def open_file(file: InputFile, how: SideFormat, jobs: int) -> Source:
    from losscli.sources.annotations import arrays_per_image as per_image  # late: most files have one array per role

    found = Npz(file)
    keys = {} if file.member else per_image.keys_of(found.stored)
    if not keys or "" in keys:  # arrays of one name each are rows that may be pairs
        return found
    listed = list(keys) == [str(i) for i in range(len(keys))]
    table = per_image.of_arrays(file.shown, found.format, file.sha256(), keys, found.values, listed=listed, how=how)
    return found if table is None else table
