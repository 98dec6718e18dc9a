"""DataFrames and Series as tables: text stays text, numbers become float64. Never imports pandas, which the
caller of a frame has already loaded."""

from __future__ import annotations

import hashlib
import math
import numbers
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number
from losscli.numerics.exact_integers import NO_DOUBLE, inexact
from losscli.numerics.stable import Array, Bools
from losscli.sources.cell_numbers import kind_of, spelling
from losscli.sources.columns import missing_column, other_keys, two_ways, unequal
from losscli.sources.missing import is_missing


def as_pandas(data: Any) -> Any:
    """The DataFrame or Series that `data` is, or that it can be converted to (Polars, PyArrow); None for anything else."""
    if hasattr(data, "to_pandas") and any(hasattr(data, f"__{x}__") for x in ("arrow_c_stream", "arrow_c_array", "dataframe")):
        data = data.to_pandas()
    pandas: Any = sys.modules.get("pandas")
    kinds = () if pandas is None else (pandas.DataFrame, pandas.Series)
    return data if isinstance(data, kinds) else None


class Frame:
    """A DataFrame as a table; `path` is its name in messages. Named levels of its index are columns, others are ignored.

    Contains NumPy arrays only, so that it pickles without pandas.
    """

    is_table = True
    format = "dataframe"
    forks = True
    select = "name the numeric columns with col="
    """How other columns are read as numbers, for errors."""

    def __init__(self, path: str, frame: Any) -> None:
        self.path, self.rows = path, len(frame)
        if not self.rows:
            raise DataError("a table without rows", Where(path), "there is nothing to evaluate")
        self._columns: dict[str, Column] = {}
        self.lists: dict[str, tuple[str, ...]] = {}
        for name, series in _named(path, frame):
            self._add(name, columns(path, name, series))
        self.names = tuple(self._columns)

    def _add(self, name: str, found: Sequence[Column]) -> None:
        """Add a column, or the columns of its lists."""
        for column in found:
            if column.name in self._columns:
                raise two_ways(column.name, name, Where(self.path))
            self._columns[column.name] = column
        if all(column.name != name for column in found) and all(column.kind == "f" for column in found):
            self.lists[name] = tuple(column.name for column in found)

    def numeric(self) -> tuple[str, ...]:
        return tuple(name for name, column in self._columns.items() if column.kind == "f")

    def kind(self, name: str) -> str:
        """`f`, `m` or `U`."""
        return self._column(name).kind

    def numbers(self, names: tuple[str, ...]) -> Cells:
        if not names:
            raise missing_column(self.names, self.path)
        found = [self._column(name) for name in names]
        for column in found:
            if column.kind == "U":
                place = Where(self.path, column=column.name)
                raise DataError("contains text where numbers are needed", place, self.select)
        return self._cells(found, "f")

    def text(self, name: str) -> Cells:
        return self._cells([self._column(name)], "U")

    def _cells(self, found: Sequence[Column], kind: str) -> Cells:
        return Cells(self.path, found, kind)

    def sha256(self, jobs: int = 1) -> str:
        """Of the names, kinds and values of the columns."""
        digest = hashlib.sha256()
        for name, column in self._columns.items():
            values = column.values.astype(str) if column.values.dtype.kind == "O" else column.values
            digest.update(f"{name}\0{column.kind}\0{values.dtype.str}\0{values.shape}\0".encode())
            digest.update(np.ascontiguousarray(values).data.cast("B") if values.dtype.kind != "U" else values.tobytes())
            digest.update(column.gone.tobytes() if column.gone is not None else b"")
        return digest.hexdigest()

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            raise missing_column(self.names, self.path, name)
        return self._columns[name]


@dataclass(frozen=True)
class Column:
    """One column. values: an array of numbers or truth values in its own type, else objects with None for a missing one; gone: the
    missing ones of an array, if any are not NaN."""

    name: str
    kind: str
    values: Array
    gone: Bools | None = None


class Cells:
    """One or several columns of a frame as a field."""

    def __init__(self, path: str, found: Sequence[Column], kind: str) -> None:
        self._path, self._columns, self.kind = path, found, kind
        self.names = tuple(column.name for column in found)
        self.rows = len(found[0].values)
        self.shape: tuple[int, ...] = () if len(found) == 1 else (len(found),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object holding str."""
        if self.kind == "U":
            return self._words(self._columns[0], start, stop)
        parts = [self._floats(i, start, stop) for i in range(len(self._columns))]
        return np.stack(parts).T if self.shape else parts[0]

    def compared(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as the frame has them."""
        return self._columns[0].values[start:stop]

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self._path, row + 1, self.names[item])

    def spelled(self, row: int, item: int = 0) -> str:
        """A cell that is not a finite number, for messages."""
        column = self._columns[item]
        if column.values.dtype.kind != "O":
            return "a missing value" if column.gone is not None and column.gone[row] else str(column.values[row])
        value = column.values[row]
        return "a missing value" if value is None else spelling(str(value))

    def _not_a_number(self, value: object, where: Where) -> DataError:
        shown = f"{visible(value, 40)!r}"
        if isinstance(value, str) and read_number(value) is not None:
            return DataError(f"the text {shown} where a number is needed", where, "store the column as numbers")
        return DataError(f"{shown} is not a number", where, "correct the cell")

    def _floats(self, item: int, start: int, stop: int) -> Array:
        column = self._columns[item]
        values = column.values[start:stop]
        if values.dtype.kind != "O":
            bad = inexact(values)
            if bad.any():
                self._refuse_inexact(values[np.argmax(bad)], start + int(np.argmax(bad)), item)
            found = values.astype(np.float64, copy=False)
            return found if column.gone is None else np.where(column.gone[start:stop], math.nan, found)
        out = np.full(len(values), math.nan)
        for i, value in enumerate(values):
            if _gone(value):
                continue
            if not _numeric(type(value)):
                raise self._not_a_number(value, self.where(start + i, item))
            try:
                out[i] = float(value)
            except OverflowError:
                self._refuse_inexact(value, start + i, item)
            if isinstance(value, numbers.Integral) and int(value) != float(out[i]):
                self._refuse_inexact(value, start + i, item)
        return out

    def _refuse_inexact(self, value: Any, row: int, item: int) -> NoReturn:
        raise DataError(NO_DOUBLE[0](visible(value, 40)), self.where(row, item), NO_DOUBLE[1])

    def _words(self, column: Column, start: int, stop: int) -> Array:
        values = column.values[start:stop]
        out = np.empty(len(values), dtype=object)
        out[:] = values.astype(str) if values.dtype.kind == "f" else ["" if x is None else str(x) for x in values.tolist()]
        if values.dtype.kind == "f":
            out[np.isnan(values)] = ""
        if column.gone is not None:
            out[column.gone[start:stop]] = ""
        return out


def columns(path: str, name: str, series: Any) -> list[Column]:
    """A column of a frame, or a column per entry where it contains lists."""
    types: Any = sys.modules["pandas"].api.types
    lost = series.isna().to_numpy()
    if types.is_bool_dtype(series.dtype) or types.is_integer_dtype(series.dtype) or types.is_float_dtype(series.dtype):
        return [_numbers(name, series, lost)]
    if types.is_object_dtype(series.dtype) or isinstance(series.dtype, sys.modules["pandas"].CategoricalDtype):
        values = series.astype(object).to_numpy(dtype=object, copy=True)
    else:  # dates and whatever else has a spelling
        values = series.astype(str).to_numpy(dtype=object, copy=True)
    values[lost] = None
    kinds = set(map(type, values)) - {type(None)}
    if kinds and all(issubclass(k, (list, tuple, np.ndarray)) for k in kinds):
        return _entries(path, name, values)
    if kinds and all(issubclass(k, Mapping) for k in kinds):
        inside = [v for x in values if x for v in x.values()]
        if inside and all(_numeric(type(v)) or _gone(v) for v in inside):
            return _parts(path, name, values)
    return [mixed_column(name, values)]


def _numbers(name: str, series: Any, lost: Bools) -> Column:
    """A column with a numeric type, in that type, whether pandas or Arrow has the values."""
    own = getattr(series.dtype, "numpy_dtype", getattr(series.dtype, "subtype", series.dtype))
    if not lost.any():
        return Column(name, "f", series.to_numpy(dtype=own))
    if own.kind == "f":
        return Column(name, "f", series.to_numpy(dtype=own, na_value=math.nan))
    return Column(name, "f", series.to_numpy(dtype=own, na_value=0), lost)


def as_objects(values: Sequence[Any]) -> Array:
    """Values as an array of Python objects, each as it is."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def text_column(name: str, values: Sequence[str | None]) -> Column:
    """A column of text."""
    return Column(name, "U", as_objects(values))


def mixed_column(name: str, values: Sequence[Any] | Array) -> Column:
    """A column of Python objects: numbers of one type as an array."""
    kinds = set(map(type, values)) - {type(None)}
    lost = np.array([x is None for x in values], dtype=bool)
    for types, dtype in (((bool, np.bool_), np.bool_), (numbers.Integral, np.int64), (numbers.Real, np.float64)):
        if kinds and all(issubclass(k, types) for k in kinds):
            try:
                held = np.array([0 if x is None else x for x in values], dtype=dtype)
            except OverflowError:
                break
            return Column(name, "f", held, lost if lost.any() else None)
    held = values if isinstance(values, np.ndarray) else as_objects(values)
    return Column(name, kind_of(_numeric(type(x)) for x in values if not _gone(x)), held)


def array_of(path: str, key: str, data: Any) -> Array:
    """A Series, or the numbers of a DataFrame, as one array: integers stay integers where none is missing."""
    if data.ndim == 2:
        frame = Frame(path, data.reset_index(drop=True))
        return frame.numbers(frame.names).read(0, frame.rows)
    if isinstance(data.dtype, np.dtype) and data.dtype.kind in "fiub":
        return np.asarray(data)
    found = columns(path, key, data)
    if len(found) > 1 or found[0].kind == "f":
        whole = len(found) == 1 and found[0].values.dtype.kind in "iub" and found[0].gone is None
        return found[0].values if whole else Cells(path, found, "f").read(0, len(data))
    return Cells(path, found, "U").read(0, len(data)).astype(str)


def _named(path: str, frame: Any) -> list[tuple[str, Any]]:
    """The columns by name, named index levels first."""
    if frame.ndim == 1:
        frame = frame.to_frame()
    if frame.columns.nlevels > 1:
        fix = "join the levels: df.columns = ['_'.join(map(str, c)) for c in df.columns]"
        raise DataError("its columns have names of several levels", Where(path), fix)
    names = [str(c) for c in frame.columns]
    if twice := next((n for i, n in enumerate(names) if n in names[:i]), None):
        raise DataError(f"two columns are named {visible(twice)!r}", Where(path), "rename one of them")
    levels = [
        (str(n), frame.index.get_level_values(i).to_series(index=range(len(frame))))
        for i, n in enumerate(frame.index.names)
        if n is not None and str(n) not in names
    ]
    return [*levels, *((n, frame.iloc[:, i]) for i, n in enumerate(names))]


def _entries(path: str, name: str, values: Array) -> list[Column]:
    """A column of lists as name_0, name_1, …; a missing list is missing in each."""
    width = len(next(x for x in values if x is not None))
    if not width:
        raise DataError("its lists are empty", Where(path, column=name), "drop the column")
    for row, x in enumerate(values):
        if x is not None and len(x) != width:
            raise unequal(len(x), width, Where(path, row + 1, name))
    cells = np.empty((len(values), width), dtype=object)
    for row, x in enumerate(values):
        cells[row] = [None] * width if x is None else [None if _gone(v) else v for v in x]
    return [mixed_column(f"{name}_{i}", cells[:, i]) for i in range(width)]


def _parts(path: str, name: str, values: Array) -> list[Column]:
    """A column of mappings as name.key, …; a missing mapping is missing in each."""
    keys = list(next(x for x in values if x is not None))
    for row, x in enumerate(values):
        if x is not None and x.keys() != set(keys):
            raise other_keys(map(str, x), Where(path, row + 1, name))
    cells = np.empty((len(values), len(keys)), dtype=object)
    for row, x in enumerate(values):
        cells[row] = [None if x is None or _gone(x[key]) else x[key] for key in keys]
    return [mixed_column(f"{name}.{key}", cells[:, i]) for i, key in enumerate(keys)]


def _gone(value: Any) -> bool:
    """Whether a cell is missing."""
    if isinstance(value, str):
        return is_missing(value)
    return value is None or (isinstance(value, float) and math.isnan(value))


def _numeric(kind: type) -> bool:
    return issubclass(kind, (numbers.Real, np.number, np.bool_, Decimal))
