"""One NPZ file: arrays by key. Uncompressed members are memory-mapped inside the zip, others are decompressed to memory once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array
from losscli.sources.array import ArrayField, Header, TextField, Values, mapped, read_header, refuse_short
from losscli.sources.byte_file import ByteFile
from losscli.sources.compression import expands_too_much
from losscli.sources.files import InputFile
from losscli.sources.side_format import SideFormat

_BROKEN = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, struct.error)
_BLOCK = 1 << 20
_SMALL = 1 << 24
"""Bytes of a member whose checksum is verified when it is opened; that of a larger one is verified with the digest of the file."""
_LOCAL = struct.Struct("<4s22xHH")
"""A zip's local header: signature, 22 skipped bytes, the lengths of the name and of the extra field."""


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
        except (FileNotFoundError, PermissionError):
            raise
        except _BROKEN as e:
            raise _broken(e, self.where) from None
        if len(raw) < h.size:
            what = f"truncated: the header announces {h.size} bytes of values, the member has {len(raw)}"
            raise DataError(what, self.where, "write the file again")
        flat: Array = np.frombuffer(raw, h.dtype)
        return flat.reshape(h.shape, order="F" if h.fortran else "C")


class Npz:
    """Arrays by key. A bad member raises only when it is used, so that the others can still be read."""

    format = "npz"
    is_table = False
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self.path, self.forks = file.shown, not file.url
        try:
            with ZipFile(file.data.stream()) as z:
                infos = [i for i in z.infolist() if i.filename.endswith(".npy")]
                self._headers = {i.filename[: -len(".npy")]: self._header(z, i) for i in infos}
        except _BROKEN as e:
            raise _broken(e, file.place) from None
        self._members = {i.filename[: -len(".npy")]: i for i in infos}
        if not infos:
            raise DataError("contains no arrays", file.place, "write it with numpy.savez(path, name=array, ...)")
        if len(self._members) < len(infos):
            raise DataError("contains two arrays with the same name", file.place, "write it again with numpy.savez")
        self.names = tuple(self._members)
        self._fields: dict[str, ArrayField] = {}
        readable = [h for h in self._headers.values() if isinstance(h, Header)]
        self.rows = readable[0].shape[0] if readable else 0

    def _where(self, name: str) -> Where:
        return Where(self.path, column=name)

    def _header(self, z: ZipFile, info: ZipInfo) -> Header | DataError:
        """The header of a member, or the error to raise when that member is used."""
        where = self._where(info.filename[: -len(".npy")])
        try:
            with z.open(info) as f:
                header = read_header(f, where)
            refuse_short(header, info.file_size, where)
        except DataError as e:
            return e
        except _BROKEN as e:
            return _broken(e, where)
        return header

    def numeric(self) -> tuple[str, ...]:
        return tuple(n for n, h in self._headers.items() if isinstance(h, Header) and h.kind != "U")

    def kind(self, name: str) -> str:
        """`f`, `i` or `U`: the type of the array of that key."""
        return self._field(name).kind

    def _field(self, name: str) -> ArrayField:
        if name not in self._headers:
            what = f"no key {visible(name, 60)!r}{nearest(name, self.names)}"
            raise DataError(what, self._file.place, f"its keys are {visible(', '.join(self.names))}")
        header = self._headers[name]
        if isinstance(header, DataError):
            raise header
        if name not in self._fields:
            self._fields[name] = ArrayField(self._values(name, header), header, self._where(name))
        return self._fields[name]

    def _values(self, name: str, header: Header) -> Values:
        info = self._members[name]
        if info.compress_type != ZIP_STORED:
            if expands_too_much(info.file_size, info.compress_size):
                what = f"expands from {info.compress_size} bytes to {info.file_size}, and is not decompressed"
                raise DataError(what, self._where(name), "if it is meant, write it with numpy.savez")
            return Inflated(self._file.data, info.filename, header, self._where(name))
        if info.file_size <= _SMALL:
            self._verify(name)
        return mapped(self._file.data, self._offset(info), header, info.file_size, self._where(name))

    def _verify(self, name: str) -> None:
        """Raise DataError if the checksum of a stored member is wrong."""
        info = self._members[name]
        offset, left, checksum = self._offset(info), info.file_size, 0
        while left and (block := self._file.data.read(offset, min(_BLOCK, left))):
            checksum = zlib.crc32(block, checksum)
            offset, left = offset + len(block), left - len(block)
        if checksum != info.CRC:
            raise DataError("damaged: its checksum is wrong", self._where(name), "copy or write the file again")

    def _offset(self, info: ZipInfo) -> int:
        """The offset of a stored member's bytes: its local header may be longer than the central directory indicates."""
        _, name, extra = _LOCAL.unpack(self._file.data.read(info.header_offset, _LOCAL.size))
        return info.header_offset + _LOCAL.size + int(name) + int(extra)

    def numbers(self, names: tuple[str, ...]) -> ArrayField:
        if len(names) != 1:
            what = f"{len(names)} keys given for one role" if names else "no key was named"
            raise DataError(what, self._file.place, f"name one of {visible(', '.join(self.names))}")
        field = self._field(names[0])
        if field.kind == "U":
            raise DataError("contains text where numbers are needed", self._where(names[0]), "save a numeric array")
        return field

    def text(self, name: str) -> TextField:
        return TextField(self._field(name))

    def sha256(self) -> str:
        for name, info in self._members.items():
            if info.compress_type == ZIP_STORED and info.file_size > _SMALL and name in self._fields:
                self._verify(name)
        return self._file.sha256()


def _broken(reason: BaseException, where: Where) -> DataError:
    return DataError(f"not a readable NPZ file: {visible(reason)}", where, "write it again with numpy.savez")


def open_file(file: InputFile, text: SideFormat, jobs: int) -> Npz:
    return Npz(file)
