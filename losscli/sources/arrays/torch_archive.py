"""The zip that torch.save writes: its pickle, and the members that hold the storages. Interprets neither."""

from __future__ import annotations

from typing import Literal
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from losscli.core.errors import DataError, Where, visible
from losscli.sources.arrays.torch_pickle import ALONE
from losscli.sources.files.input_file import InputFile
from losscli.sources.files.zip_members import BROKEN, start_of, verify

_PICKLE = "data.pkl"
_LONGEST = 1 << 26
"""Bytes of the longest data.pkl that is interpreted: about a million tensors."""


class TorchArchive:
    """The members of the zip by name."""

    def __init__(self, file: InputFile) -> None:
        self.place, self._data = file.place, file.data
        try:
            with ZipFile(file.data.stream()) as z:
                infos = z.infolist()
        except BROKEN as e:
            raise _not_torch(file, e) from None
        self._infos = {info.filename: info for info in infos}
        if len(self._infos) < len(infos):
            raise DataError("contains two members with the same name", self.place, "write it again with torch.save")
        roots = [name[: -len(_PICKLE)] for name in self._infos if name.endswith("/" + _PICKLE) and name.count("/") == 1]
        if len(roots) != 1:
            raise DataError(f"not a torch file: the archive has {len(roots) or 'no'} member {_PICKLE}", self.place, ALONE)
        self._root = roots[0]
        if self._root + "constants.pkl" in self._infos or any(name.startswith(self._root + "code/") for name in self._infos):
            raise DataError("a TorchScript module, not tensors", self.place, "save what it returns: " + ALONE.partition(": ")[2])
        order = self._infos.get(self._root + "byteorder")
        self.byte_order: Literal["<", ">"] = ">" if order and self._read(order, 16) == b"big" else "<"

    def pickle(self) -> bytes:
        """The bytes of data.pkl."""
        return self._read(self._infos[self._root + _PICKLE], _LONGEST)

    def storage(self, key: str, where: Where) -> ZipInfo:
        """The member of a storage."""
        name = f"{self._root}data/{key}"
        if name not in self._infos:
            raise DataError(f"broken: the archive has no member {visible(name, 60)}", where, "copy or write the file again")
        return self._infos[name]

    def start(self, info: ZipInfo, where: Where) -> int:
        """The offset of the bytes of a member."""
        if info.compress_type != ZIP_STORED:
            what = f"the member {visible(info.filename, 60)} is compressed, which torch.save never does"
            raise DataError(what, where, "write it again with torch.save, or zip it without compression (zip -0)")
        return start_of(self._data, info, where)

    def verify(self, info: ZipInfo, where: Where) -> None:
        """Raise DataError if a checksum is wrong. Torch can be told to leave the checksums out; they are 0 then."""
        if info.CRC:
            verify(self._data, info, where)

    def _read(self, info: ZipInfo, most: int) -> bytes:
        if info.file_size > most:
            what = f"the member {visible(info.filename, 60)} has {info.file_size} bytes; {most} are the most"
            raise DataError(what, self.place, ALONE)
        start = self.start(info, self.place)
        self.verify(info, self.place)
        return self._data.read(start, info.file_size)


def _not_torch(file: InputFile, reason: BaseException) -> DataError:
    fix = "copy or write the file again" if file.data.read(0, 2) == b"PK" else ALONE
    return DataError(f"not a readable torch file: {visible(reason)}", file.place, fix)
