"""The horizon of a forecast as a group: the time of a row less the time at which the forecast was made."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number
from losscli.numerics.stable import Array
from losscli.sources.base import Field

HORIZON, TIME, CUTOFF = "horizon", "ds", "cutoff"
_UNITS = (("days", 86_400_000_000_000), ("hours", 3_600_000_000_000), ("minutes", 60_000_000_000), ("seconds", 1_000_000_000))


def seconds(word: str) -> float | None:
    """The length of a horizon such as `9 days`; None for other text."""
    number, _, unit = word.partition(" ")
    size = next((n for name, n in _UNITS if unit in (name, name[:-1])), None)
    count = read_number(number)
    return None if size is None or count is None else count * size / 1e9


@dataclass(frozen=True)
class Horizon:
    """`ds` less `cutoff`: a number where both are numbers, else days, hours, minutes or seconds."""

    time: Field
    cutoff: Field
    names: tuple[str, ...] = (TIME, CUTOFF)
    shape: tuple[int, ...] = ()
    kind: str = "U"

    @property
    def rows(self) -> int:
        return self.time.rows

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as objects of str."""
        pairs = zip(self.time.read(start, stop).tolist(), self.cutoff.read(start, stop).tolist(), strict=True)
        known: dict[tuple[str, str], str] = {}
        out = np.empty(min(stop, self.rows) - start, dtype=object)
        for i, (time, cutoff) in enumerate(pairs):
            key = (str(time), str(cutoff))
            if key not in known:
                known[key] = self._between(*key, start + i)
            out[i] = known[key]
        return out

    def _between(self, time: str, cutoff: str, row: int) -> str:
        numbers = read_number(time), read_number(cutoff)
        if numbers[0] is not None and numbers[1] is not None:
            return f"{numbers[0] - numbers[1]:g}"
        gap = int((self._moment(self.time, time, row) - self._moment(self.cutoff, cutoff, row)).astype(np.int64))
        unit, size = next(((name, n) for name, n in _UNITS if gap % n == 0), ("seconds", 1_000_000_000))
        count = gap / size
        return f"{count:g} {unit[:-1] if count == 1 else unit}"

    def _moment(self, field: Field, text: str, row: int) -> np.datetime64:
        try:
            return np.datetime64(text.strip().replace(" ", "T"), "ns")
        except ValueError:
            fix = "write times as 2020-01-31 or 2020-01-31 12:00:00"
            raise DataError(f"{visible(text, 40)!r} is neither a number nor a time", field.where(row), fix) from None

    def where(self, row: int, item: int = 0) -> Where:
        return self.time.where(row, item)
