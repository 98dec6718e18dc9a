"""What is in an HDF5 file: its datasets by path, how each is read as rows, or why it cannot be. Reads no values."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.sources.arrays.array import Header, check
from losscli.sources.files.compression import expands_too_much

_MOST = 100_000
"""Objects in a file, and links of a path."""
_LARGEST = 1 << 30
"""Bytes of the largest chunk, which is decompressed whole."""
_TEXT = np.dtype("U1")
"""Stands for text of any length."""
_CONVERT = "python -c \"import pandas; pandas.read_hdf('{file}', '{key}').to_csv('{key}.csv')\""


@dataclass(frozen=True)
class Rows:
    """How a dataset is read as rows. field: of a compound type. reversed: whether its axes are in MATLAB's order, which is the
    reverse of the file's; vector: whether it is MATLAB's column of numbers. fill: the value that marks missing ones."""

    path: str
    header: Header | DataError
    field: str = ""
    reversed: bool = False
    vector: bool = False
    fill: Any = None


class Walk:
    """All datasets of a file. Links to other files are never followed."""

    def __init__(self, file: Any, shown: str, *, matlab: bool) -> None:
        import h5py

        self._h5py, self._file, self._shown, self._matlab = h5py, file, shown, matlab

    def datasets(self) -> list[Rows]:
        """The datasets in the order of the file. What cannot be read says why."""
        found: list[Rows] = []
        groups: list[tuple[Any, str]] = [(self._file, "")]
        seen = {_address(self._h5py, self._file)}
        for group, path in groups:
            for name in group:
                if path == "" and self._matlab and name.startswith("#"):
                    continue  # what MATLAB's cells and objects refer to
                if len(found) + len(groups) > _MOST:
                    raise DataError(f"contains more than {_MOST} objects", Where(self._shown), "name one dataset: FILE::/path")
                inner = f"{path}/{name}"
                item = self._item(group, name, inner)
                if isinstance(item, self._h5py.Group):
                    if (address := _address(self._h5py, item)) not in seen:
                        seen.add(address)
                        groups.append((item, inner))
                elif isinstance(item, DataError):
                    found.append(Rows(inner, item))
                elif item is not None:
                    found.extend(self._rows(item, inner))
        return sorted(found, key=lambda rows: rows.path)

    def _item(self, group: Any, name: str, path: str) -> Any:
        """A group to look into, a dataset, why an object cannot be read, or None for what is not data."""
        link = group.get(name, getlink=True)
        if isinstance(link, self._h5py.ExternalLink):
            what = f"is a link to the file {visible(link.filename, 60)}, which is not followed"
            return DataError(what, self._where(path), "name that file, or copy the dataset into this one")
        if not isinstance(link, self._h5py.HardLink):
            return None
        item = group[name]
        if not isinstance(item, self._h5py.Group):
            return item if isinstance(item, self._h5py.Dataset) else None
        if "pandas_type" in item.attrs:
            names = {"file": os.path.basename(self._shown.partition("::")[0]), "key": path.strip("/")}
            what = "is a data frame in the layout of pandas' to_hdf, which only pandas reads"
            return DataError(what, self._where(path), _CONVERT.format(**names))
        if "OCTAVE_NEW_FORMAT" in item.attrs:
            return DataError("is a variable of Octave", self._where(path), "in Octave: csvwrite('x.csv', x)")
        if "MATLAB_sparse" in item.attrs:
            return DataError("is a sparse matrix", self._where(path), "in MATLAB: x = full(x), then save with -v7.3")
        return item

    def target(self, path: str) -> str:
        """The path that soft links lead to. Raises DataError for a link out of the file."""
        left, done = [part for part in path.split("/") if part], ""
        for _ in range(_MOST):
            if not left:
                break
            name = left.pop(0)
            group = self._file[done or "/"]
            link = group.get(name, getlink=True) if isinstance(group, self._h5py.Group) and name in group else None
            if isinstance(link, self._h5py.ExternalLink):
                raise self._item(group, name, f"{done}/{name}")
            if isinstance(link, self._h5py.SoftLink):
                done = "" if link.path.startswith("/") else done
                left = [part for part in link.path.split("/") if part] + left
            else:
                done = f"{done}/{name}"
        return done

    def _where(self, path: str) -> Where:
        return Where(self._shown, column=path)

    def _rows(self, dataset: Any, path: str) -> Iterator[Rows]:
        where = self._where(path)
        try:
            dtype = dataset.dtype
            refused = self._refused(dataset, where)
        except (TypeError, ValueError, OSError, RuntimeError) as e:
            yield Rows(path, DataError(f"cannot be read: {visible(e)}", where, "save it as plain numbers or text"))
            return
        if refused is not None:
            yield Rows(path, refused)
        elif dtype.names and not self._matlab:
            for name in dtype.names:
                header = self._header(dtype[name], dataset.shape, where)
                yield Rows(path, header, field=name)
        else:
            shape = dataset.shape[::-1] if self._matlab else dataset.shape
            vector = self._matlab and len(shape) == 2 and shape[1] == 1
            header = self._header(dtype, shape[:1] if vector else shape, where)
            fill = _number(dataset.attrs.get("_FillValue"))
            yield Rows(path, header, reversed=self._matlab, vector=vector, fill=fill)

    def _refused(self, dataset: Any, where: Where) -> DataError | None:
        """Why a dataset is not rows of values in this file."""
        if dataset.shape is None or "MATLAB_empty" in dataset.attrs:
            return DataError("contains no values", where, "nothing to evaluate; check the program that wrote the file")
        if dataset.external or (dataset.is_virtual and any(s.file_name != "." for s in dataset.virtual_sources())):
            return DataError("has its values in other files, which are not read", where, "copy them into this one")
        if dataset.chunks and prod(dataset.chunks) * dataset.dtype.itemsize > _LARGEST:
            return DataError(f"has chunks of more than {_LARGEST} bytes", where, "write it with smaller chunks")
        size = prod(dataset.shape) * dataset.dtype.itemsize
        if expands_too_much(size, dataset.file.id.get_filesize()):
            what = f"announces {size} bytes of values, more than a thousand times those of the file"
            return DataError(what, where, "copy or write the file again; values that were never written have to be")
        scale, offset = (_number(dataset.attrs.get(name)) for name in ("scale_factor", "add_offset"))
        if scale not in (None, 1) or offset not in (None, 0):
            return DataError(f"is packed: scale_factor {scale}, add_offset {offset}", where, "save the unpacked values")
        kind = dataset.attrs.get("MATLAB_class", b"")
        if self._matlab and (kind in (b"char", b"cell", "char", "cell") or dataset.dtype.names or dataset.dtype.hasobject):
            shown = "complex numbers" if dataset.dtype.names else f"MATLAB's class {visible(bytes(kind).decode('latin1'), 20)}"
            return DataError(f"contains {shown}, not numbers", where, "save a numeric array; text as a table with writetable")
        return None

    def _header(self, dtype: Any, shape: tuple[int, ...], where: Where) -> Header | DataError:
        if self._h5py.check_string_dtype(dtype) is not None or dtype.kind == "S":
            header = Header(shape, False, _TEXT, 0)
        elif dtype.hasobject:
            shown = "references" if self._h5py.check_ref_dtype(dtype) else "lists of different lengths"
            return DataError(f"contains {shown}, not numbers", where, "save plain numbers or text")
        elif dtype.subdtype is not None:
            header = Header((*shape, *dtype.subdtype[1]), False, dtype.subdtype[0], 0)
        else:
            header = Header(shape, False, dtype, 0)
        try:
            check(header, where)
        except DataError as e:
            return e
        return header


def _address(h5py: Any, item: Any) -> int:
    return int(h5py.h5o.get_info(item.id).addr)


def _number(value: Any) -> Any:
    """An attribute that is one number; None for whatever else."""
    array = np.asarray(value) if value is not None else None
    return array.reshape(())[()].item() if array is not None and array.size == 1 and array.dtype.kind in "fiu" else None


def key_of(rows: Rows) -> str:
    """The whole name: the path without the first slash, and the field of a compound type."""
    return re.sub(r"^/", "", rows.path) + (f".{rows.field}" if rows.field else "")


def last_of(rows: Rows) -> str:
    """The short name: the last part."""
    return rows.field or rows.path.rpartition("/")[2]
