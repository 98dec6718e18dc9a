"""Floats that NumPy does not have (bfloat16, the 8-bit floats), widened to float32 as they are read, exactly."""

from __future__ import annotations

from functools import cache

import numpy as np

from losscli.core.errors import Where
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Ints
from losscli.sources.arrays.array import ArrayField, Header, Stored, Whole


def _bfloat16(bits: Array) -> Array:
    """The upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def _float8_e5m2(bits: Array) -> Array:
    """The upper half of a float16."""
    return (bits.astype(np.uint16) << 8).view(np.float16).astype(np.float32)


def _float8_e4m3fn(bits: Array) -> Array:
    """Four bits of exponent with bias 7 and no infinity; all ones is NaN."""
    return _table()[bits]


@cache
def _table() -> Array:
    codes = np.arange(256)
    exponent, fraction = (codes >> 3) & 15, codes & 7
    sizes = np.where(exponent == 0, fraction / 8 * 2.0**-6, (1 + fraction / 8) * 2.0 ** (exponent - 7))
    sizes[codes & 127 == 127] = np.nan
    table: Array = np.where(codes < 128, sizes, -sizes).astype(np.float32)
    return table


@dataclass(frozen=True)
class SmallFloat:
    """stored: the dtype of its bits."""

    name: str
    stored: np.dtype[np.unsignedinteger]

    def widen(self, bits: Array) -> Array:
        return _WIDEN[self.name](bits)


_WIDEN = {"bfloat16": _bfloat16, "float8_e5m2": _float8_e5m2, "float8_e4m3fn": _float8_e4m3fn}
BFLOAT16 = SmallFloat("bfloat16", np.dtype("<u2"))
FLOAT8_E5M2 = SmallFloat("float8_e5m2", np.dtype("u1"))
FLOAT8_E4M3FN = SmallFloat("float8_e4m3fn", np.dtype("u1"))


class WidenedField(ArrayField):
    """The rows of an array of small floats, as float32. Only the rows that are read are widened."""

    def __init__(self, values: Stored | Whole, header: Header, place: Where, small: SmallFloat) -> None:
        super().__init__(values, header, place)
        self._small = small

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as float32."""
        return self._small.widen(super().read(start, stop))

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order, as float32."""
        return self._small.widen(super().take(rows))
