"""Slices of Arrow columns as float64 or text. Reads no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from losscli.core.errors import Where, visible
from losscli.core.records import dataclass
from losscli.numerics.exact_integers import inexact
from losscli.numerics.stable import Array
from losscli.sources.columns import unequal

_DAY = 24 * 60 * 60
_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


class Inexact(Exception):
    """Raised with the index of a whole number that float64 would change."""


@dataclass(frozen=True)
class Stamps:
    """How pandas writes the timestamps of a column: the decimals of the seconds, and whether all are dates."""

    decimals: int
    dates: bool

    @classmethod
    def of(cls, column: Any) -> Stamps:
        """The spelling of a whole column: as short as its values allow."""
        from pyarrow import int64

        digits = _DIGITS[column.type.unit]
        values = np.asarray(column.drop_null().cast(int64()))
        decimals = next(d for d in (0, 3, 6, 9) if d >= digits or not (values % 10 ** (digits - d)).any())
        return cls(min(decimals, digits), column.type.tz is None and not (values % (_DAY * 10**digits)).any())

    @classmethod
    def shared(cls, parts: Iterable[Stamps]) -> Stamps:
        """The spelling of a column from those of its parts."""
        found = list(parts)
        return cls(max(part.decimals for part in found), all(part.dates for part in found))

    def words(self, column: Any) -> list[str]:
        from pyarrow import compute, string

        cut = _DIGITS[column.type.unit] - self.decimals + (self.decimals == 0 and column.type.unit != "s")
        found = []
        for word in compute.cast(column, string()).to_pylist():
            if word is None:
                found.append("")
                continue
            base, zone = (word[:-1], "+00:00") if word.endswith("Z") else (word, "")
            if column.type.tz is not None and not zone:
                base, zone = word[:-5], f"{word[-5:-2]}:{word[-2:]}"
            base = base[: len(base) - cut]
            found.append((base[:10] if self.dates else base) + zone)
        return found


def is_number(kind: Any) -> bool:
    """Whether values of an Arrow type are numbers, truth values or nulls only."""
    from pyarrow import types

    known = types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null
    return any(is_one(kind) for is_one in known)


def is_list(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def is_object(kind: Any) -> bool:
    """Whether values of an Arrow type are objects of numbers."""
    from pyarrow import types

    return bool(types.is_struct(kind)) and kind.num_fields > 0 and all(is_number(field.type) for field in kind)


def unreadable(kind: Any) -> str:
    """Why columns of a type are left out; "" for those that are numbers or have a spelling as text."""
    from pyarrow import types

    if types.is_nested(kind):
        return f"its type is {kind}"
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind) or types.is_binary_view(kind):
        return "it contains bytes, not text or numbers"
    if types.is_timestamp(kind) and kind.tz is not None and not _is_known(kind):
        return f"its time zone {visible(kind.tz, 40)!r} is not known here"
    return ""


def _is_known(kind: Any) -> bool:
    """Whether times of a zone can be written."""
    from pyarrow import ArrowException, array, compute, string

    try:
        compute.cast(array([0], kind), string())
    except ArrowException:
        return False
    return True


def entries(column: Any, entry: int | str, size: int, place: Callable[[int], Where]) -> Any:
    """One entry of every list or object of a slice, null where that is; all lists must have the length `size`."""
    from pyarrow import chunked_array, compute, float64, nulls

    if column.null_count == len(column):
        return chunked_array([nulls(len(column), float64())])
    if isinstance(entry, str):
        return compute.struct_field(column, [entry])
    lengths = np.asarray(compute.fill_null(compute.list_value_length(column), size))
    if (lengths != size).any():
        row = int(np.argmax(lengths != size))
        raise unequal(int(lengths[row]), size, place(row))
    return compute.list_element(column, entry)


def floats(column: Any) -> Array:
    """A slice of a column of numbers, NaN where it is null; a whole number that float64 would change is an Inexact."""
    from pyarrow import compute, float64, string, types

    column = _plain(column)
    if types.is_integer(column.type) and column.type.bit_width == 64:
        bad = inexact(np.asarray(compute.fill_null(column, 0)))
        if bad.any():
            raise Inexact(int(np.argmax(bad)))
    if types.is_decimal(column.type):  # Arrow's own cast is not always to the nearest double
        column = column.cast(string())
    return np.asarray(column.cast(float64(), safe=False).to_numpy(), dtype=np.float64)


def texts(column: Any, stamps: Stamps | None = None) -> Array:
    """A slice of a column as pandas would write it into a CSV."""
    from pyarrow import types

    column = _plain(column)
    out = np.empty(len(column), dtype=object)
    if stamps is not None:
        out[:] = stamps.words(column)
    elif types.is_floating(column.type):
        held = np.asarray(column.to_numpy())
        out[:] = held.astype(str)
        out[np.isnan(held)] = ""
    else:
        out[:] = ["" if v is None else str(v) for v in column.to_pylist()]
    return out


def _plain(column: Any) -> Any:
    """A column without a dictionary."""
    from pyarrow import types

    return column.cast(column.type.value_type) if types.is_dictionary(column.type) else column
