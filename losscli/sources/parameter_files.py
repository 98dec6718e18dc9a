"""Small arrays read from files named by options and recipes: class weights, centres, cost matrices. Always finite doubles."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.numerics.stable import Floats
from losscli.sources.base import Field, Source, not_finite
from losscli.sources.files.input_file import locate
from losscli.sources.formats import FILES
from losscli.sources.side_format import SideFormat

_PLAIN = "write it as plain CSV in UTF-8: commas between numbers, and points in them"
"""The remedy where another file would have an option: options of tables do not apply to these files."""


def read_array(path: str) -> Floats:
    """Read a vector (n,) or matrix (n,k) from NPY, or from CSV with an optional header line.

    One row or one column of a CSV is a vector; an NPY keeps its shape.
    """
    try:
        return _array(path)
    except DataError as e:
        if e.fix is None or "--" not in e.fix:
            raise
        raise type(e)(e.what, e.where, _PLAIN) from None


def _array(path: str) -> Floats:
    from losscli.sources.arrays.npy import Npy
    from losscli.sources.delimited.table import Table

    file = locate(path, [suffix for suffix, known in FILES.items() if known.name in ("csv", "npy")])
    source: Source = Npy(file) if file.suffix == ".npy" else Table(file, SideFormat(header="auto", comment="#"))
    array = finite(source.numbers(source.names), file.place)
    return array.ravel() if source.is_table and 1 in array.shape else array


def finite(field: Field, place: Where) -> Floats:
    """The numbers of a vector or matrix. Raises DataError where one is not finite."""
    array = np.array(field.read(0, field.rows), dtype=np.float64)
    if array.ndim > 2:
        raise DataError(f"shape {array.shape}: not a vector or matrix", place, "save an array of one or two dimensions")
    bad = np.argwhere(~np.isfinite(array.reshape(len(array), -1)))
    if len(bad):
        row, item = bad[0].tolist()
        fix = "weights, centres and costs must be finite numbers"
        raise not_finite(field, row, item, fix)
    return array
