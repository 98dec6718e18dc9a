"""HDF5, with the extra `hdf5`: datasets by name, read span by span. MATLAB's files of version 7.3 are HDF5."""

from __future__ import annotations

import os
import threading
from collections import Counter
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, nearest, some, visible
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayRows, Header
from losscli.sources.arrays.hdf5_datasets import Rows, Walk, key_of, last_of
from losscli.sources.arrays.keyed import BARE, KeyedArrays
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat

_CACHE = 1 << 26
"""Bytes of decompressed chunks that are kept per dataset."""
_MATLAB = b"MATLAB 7.3 MAT-file"
_ERRORS = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)


class Hdf5(KeyedArrays):
    """The datasets of a file by the last part of their path, or by the whole path where that occurs twice."""

    format = "hdf5"

    def __init__(self, file: InputFile) -> None:
        self._file = file
        matlab = file.data.read(0, len(_MATLAB)) == _MATLAB
        self._handle = _Handle(file.data, file.shown)
        try:
            self._rows = _named(*self._walked(matlab), file)
            headers = {name: rows.header for name, rows in self._rows.items()}
            errors = [header for header in headers.values() if isinstance(header, DataError)]
            if len(errors) == len(headers):
                raise (
                    errors[0] if errors else DataError("contains no datasets", file.place, "check the program that wrote the file")
                )
        except BaseException:
            self._handle.close()
            raise
        super().__init__(file.shown, headers, forks=False)
        self.notes = ("MATLAB's arrays are read as MATLAB shows them: rows first",) if matlab else ()

    def _walked(self, matlab: bool) -> tuple[list[Rows], str]:
        """The datasets, and the path that the user named."""
        try:
            walk = Walk(self._handle.file(), self._file.shown, matlab=matlab)
            return walk.datasets(), walk.target(self._file.member) if self._file.member else ""
        except _ERRORS as e:
            raise _broken(e, self._file) from None

    def open_array(self, key: str, header: Header) -> Hdf5Field:
        """The rows, read span by span."""
        return Hdf5Field(self._handle, self._rows[key], header, self.where(key))

    def sha256(self, jobs: int = 1) -> str:
        return self._file.sha256(jobs)


class Hdf5Field(ArrayRows):
    """The rows of a dataset. HDF5 reads one span at a time, whichever thread asks."""

    def __init__(self, handle: _Handle, rows: Rows, header: Header, place: Where) -> None:
        super().__init__(header, place)
        self._handle, self._how = handle, rows
        self._dataset: Any = None

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: numbers in the dataset's own type, or objects of str."""
        stop = min(stop, self.rows)
        with self._handle.lock:
            try:
                raw = self._raw(start, stop)
            except _ERRORS as e:
                fix = "copy or write the file again; a compression that h5py lacks is installed by pip install hdf5plugin"
                raise DataError(f"cannot be read: {visible(e)}", self.where(start), fix) from None
        return self._texts(raw, start) if self.kind == "U" else self._known(raw, start)

    def _raw(self, start: int, stop: int) -> Array:
        how = self._how
        if self._dataset is None:
            self._dataset = self._handle.file()[how.path]
        if how.reversed:
            raw = np.asarray(self._dataset[..., start:stop]).T
            return raw[:, 0] if how.vector else raw
        return np.asarray((self._dataset.fields(how.field) if how.field else self._dataset)[start:stop])

    def _texts(self, raw: Array, start: int) -> Array:
        out = np.empty(raw.shape, dtype=object)
        for i, cell in enumerate(raw.ravel().tolist()):
            try:
                out.flat[i] = cell.decode() if isinstance(cell, bytes) else str(cell)
            except UnicodeDecodeError:
                row = start + i // max(1, raw.size // len(raw))
                raise DataError("not UTF-8 text", self.where(row), "save it as UTF-8") from None
        return out

    def _known(self, raw: Array, start: int) -> Array:
        """The values; those that the dataset declares to be missing are NaN."""
        missing = raw == self._how.fill if self._how.fill is not None else None
        if missing is None or not missing.any():
            return raw
        if raw.dtype.kind != "f":
            row = start + int(np.argmax(missing.reshape(len(raw), -1).any(1)))
            what = f"{self._how.fill} is the _FillValue of the dataset, which marks a missing value"
            raise DataError(what, self.where(row), "leave the rows out, or save floats")
        return np.where(missing, np.array(np.nan, raw.dtype), raw)

    def forget(self) -> None:
        self._dataset = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_dataset": None}


class _Handle:
    """A file, opened by the first read; a pickled copy opens it itself."""

    def __init__(self, data: ByteFile, shown: str) -> None:
        self._data, self._shown = data, shown
        self._file: Any = None
        self.lock = threading.RLock()

    def file(self) -> Any:
        with self.lock:
            if self._file is None:
                self._file = _library().File(os.fspath(self._data.same_path(self._shown)), "r", rdcc_nbytes=_CACHE)
            return self._file

    def close(self) -> None:
        """Close the file: HDF5 refuses to write a file that is open, and an error may hold this for long."""
        with self.lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_data": self._data, "_shown": self._shown}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_data"], state["_shown"])  # type: ignore[misc]


def _library() -> Any:
    try:
        import h5py
    except ImportError:
        raise UsageError("HDF5 files need h5py, which is not installed", fix=install("hdf5")) from None
    return h5py


def _named(found: list[Rows], wanted: str, file: InputFile) -> dict[str, Rows]:
    """The datasets by name: all of them, or the one that `FILE::NAME` names, or those of the group or compound dataset."""
    if wanted:
        one = [rows for rows in found if wanted == rows.path] or [rows for rows in found if wanted[1:] == last_of(rows)]
        if len(one) == 1 and not one[0].field:
            return {BARE: one[0]}
        chosen = one or [rows for rows in found if rows.path.startswith(wanted + "/")]
        if not chosen:
            paths = tuple(dict.fromkeys(rows.path for rows in found))
            what = f"no dataset {visible(wanted, 60)}{nearest(wanted, paths)}"
            raise DataError(what, Where(file.shown), f"its datasets are {some(paths)}")
        found = chosen
    times = Counter(map(last_of, found))
    return {last_of(rows) if times[last_of(rows)] == 1 else key_of(rows): rows for rows in found}


def _broken(reason: BaseException, file: InputFile) -> DataError:
    fix = "in MATLAB: save('new.mat', '-v7.3')" if file.suffix == ".mat" else "copy or write the file again"
    return DataError(f"not a readable HDF5 file: {visible(reason)}", file.place, fix)


def open_file(file: InputFile, how: SideFormat, jobs: int) -> Hdf5:
    return Hdf5(file)
