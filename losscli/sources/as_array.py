"""Data in memory as one array of numbers or text: masked and missing values are NaN or empty text, and no number is rounded."""

from __future__ import annotations

import numbers
from decimal import Decimal
from typing import Any

import numpy as np

from losscli.core.errors import DataError, LosscliError, Where, visible
from losscli.core.records import replace
from losscli.numerics.exact_integers import NO_DOUBLE, inexact
from losscli.numerics.stable import Array, Bools


def as_array(values: Any, where: Where) -> Array:
    """What numpy.asarray makes of the values. Raises DataError for whatever is not rows of numbers or of text."""
    values = _joined(values)
    array = _plain(values, where)
    if array.ndim == 0:
        raise DataError("one value where rows are needed", where, "give a list or an array with an entry per row")
    if array.dtype.kind == "T":
        array = array.astype(object)
    gone = np.zeros(array.shape, bool)
    if isinstance(values, np.ma.MaskedArray) and array.dtype.names is None:
        gone |= np.ma.getmaskarray(values)
    if array.dtype.kind == "O":
        text = any(isinstance(x, str) for x in array.flat)
        gone |= np.reshape([_missing(x, text) for x in array.flat], array.shape)
        array = _of_objects(array, gone, where)
    if not gone.any() or array.dtype.kind not in "fiubU":
        return array
    if array.dtype.kind == "U":
        return np.where(gone, "", array)
    if array.dtype.kind != "f":
        _refuse(array, inexact(array) & ~gone, where)
        array = array.astype(np.float64)
    return np.where(gone, array.dtype.type(np.nan), array)


def _joined(values: Any) -> Any:
    """A list with masked arrays or masked values among its entries as one masked array: NumPy drops their masks."""
    if not isinstance(values, (list, tuple)):
        return values
    if values and isinstance(values[0], (list, tuple)):
        values = [_joined(x) for x in values]
    if any(isinstance(x, np.ma.MaskedArray) for x in values) and len({np.shape(x) for x in values}) == 1:
        return np.ma.stack([np.ma.asanyarray(x) for x in values])
    return values


def _plain(values: Any, where: Where) -> Array:
    try:
        return np.asarray(values)
    except ValueError as e:
        if "inhomogeneous" in str(e):
            what, fix = "not an array: its rows differ in length", "give every row the same number of values"
            raise DataError(what, where, fix) from None
        raise _unread(e, where) from None
    except LosscliError:
        raise
    except Exception as e:  # the objects' own conversion: a tensor on another device, or of a type that NumPy lacks
        raise _unread(e, where) from None


def _unread(reason: Exception, where: Where) -> DataError:
    what = f"cannot be read as an array: {visible(reason) or type(reason).__name__}"
    return DataError(what, where, "give a NumPy array: of a tensor, x.detach().cpu().float().numpy()")


def _missing(value: Any, text: bool) -> bool:
    """Whether an object stands for a missing value; among text also a NaN."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # pandas', which may not be loaded
        return True
    return text and isinstance(value, float) and value != value


def _of_objects(array: Array, gone: Bools, where: Where) -> Array:
    """An array of objects as one of text or numbers, with a value in place of those that are gone."""
    there = [x for x, lost in zip(array.flat, gone.flat, strict=True) if not lost]
    if there and all(isinstance(x, str) for x in there):
        return np.where(gone, "", array).astype(str)
    if all(isinstance(x, (numbers.Real, np.number, np.bool_, Decimal)) for x in there):
        return _numbers(np.where(gone, 0, array), where, whole=all(isinstance(x, numbers.Integral) for x in there))
    kinds = sorted({type(x).__name__ for x in there})
    what = f"values of several types: {', '.join(kinds[:4])}" if len(kinds) > 1 else f"values of the type {kinds[0]}"
    raise DataError(f"contains {visible(what)}", where, "give an array of numbers, or one of text")


def _numbers(array: Array, where: Where, whole: bool) -> Array:
    if whole:
        try:
            return array.astype(np.int64)
        except OverflowError:
            whole = False
    bad = np.reshape([isinstance(x, numbers.Integral) and not _exact(int(x)) for x in array.flat], array.shape)
    _refuse(array, bad, where)
    return array.astype(np.float64)


def _exact(number: int) -> bool:
    try:
        return float(number) == number
    except OverflowError:
        return False


def _refuse(array: Array, bad: Bools, where: Where) -> None:
    """Raise DataError at the first True of `bad`: a number that no double is."""
    if bad.any():
        at = int(np.argmax(bad))
        row = at // max(1, bad.size // len(bad))
        raise DataError(NO_DOUBLE[0](visible(array.flat[at], 40)), replace(where, row=row + 1), NO_DOUBLE[1])
