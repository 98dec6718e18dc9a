"""The horizon of a forecast as a group: the time of a row less the time at which the forecast was made, in steps of the series."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number
from losscli.numerics.stable import Array, Ints
from losscli.sources.base import Field

HORIZON, TIME, CUTOFF = "horizon", "ds", "cutoff"
_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_UNITS = (("days", _DAY), ("hours", 3600 * _SECOND), ("minutes", 60 * _SECOND), ("seconds", _SECOND))
_STEPS = {"weeks": 7 * _DAY, **dict(_UNITS)}
_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_LENGTHS = {**_STEPS, **{name: n * 30.436875 * _DAY for name, n in _MONTHS.items()}, "steps": _SECOND}
_SPAN = 1 << 16
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def seconds(word: str) -> float | None:
    """The length of a horizon such as `9 days`; None for other text."""
    number, _, unit = word.partition(" ")
    size = next((n for name, n in _LENGTHS.items() if unit in (name, name[:-1])), None)
    count = read_number(number)
    return None if size is None or count is None else count * size / 1e9


@dataclass(frozen=True)
class Steps:
    """How horizons are counted. count: the horizons of times and cutoffs; note: the unit, for people."""

    count: Callable[[Array, Array], list[str]]
    note: str = ""


@dataclass(frozen=True)
class Horizon:
    """`ds` less `cutoff`, as text."""

    time: Field
    cutoff: Field
    known: dict[tuple[str, str], str]
    names: tuple[str, ...] = (TIME, CUTOFF)
    shape: tuple[int, ...] = ()
    kind: str = "U"

    @property
    def rows(self) -> int:
        return self.time.rows

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as objects of str."""
        pairs = zip(self.time.read(start, stop).tolist(), self.cutoff.read(start, stop).tolist(), strict=True)
        out = np.empty(min(stop, self.rows) - start, dtype=object)
        out[:] = [self.known[str(time), str(cutoff)] for time, cutoff in pairs]
        return out

    def where(self, row: int, item: int = 0) -> Where:
        return self.time.where(row, item)


def horizon(time: Field, cutoff: Field) -> tuple[Horizon, str]:
    """The horizon of every row, and a note of its unit. Raises DataError for a cell that is neither a number nor a time."""
    first: dict[tuple[str, str], int] = {}
    for low in range(0, time.rows, _SPAN):
        stop = min(low + _SPAN, time.rows)
        for i, pair in enumerate(zip(time.read(low, stop).tolist(), cutoff.read(low, stop).tolist(), strict=True)):
            first.setdefault((str(pair[0]), str(pair[1])), low + i)
    pairs = list(first)
    numbers = [[read_number(t.strip()) for t in side] for side in zip(*pairs, strict=True)]
    if None not in numbers[0] and None not in numbers[1] and not (calendar := _calendar(pairs)):
        steps = _of_numbers(np.array(numbers[0], float))
        sides = [np.array(x, float) for x in numbers]
    else:
        rows = list(first.values())
        times = [[_calendar_text(t) for t in p] for p in pairs] if None not in numbers[0] and calendar else pairs
        sides = [_moments([p[i] for p in times], field, rows) for i, field in enumerate((time, cutoff))]
        steps = _of_times(np.unique(sides[0]), np.unique(sides[1]))
    return Horizon(time, cutoff, dict(zip(pairs, steps.count(sides[0], sides[1]), strict=True))), steps.note


def _calendar(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether whole numbers are dates as 20240131, or months as 202401."""
    cells = {t.strip() for p in pairs for t in p}
    return all(re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", c) for c in cells) or all(
        re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])", c) for c in cells
    )


def _calendar_text(cell: str) -> str:
    cell = cell.strip()
    return "-".join(filter(None, (cell[:4], cell[4:6], cell[6:])))


def _moments(cells: Sequence[str], field: Field, rows: Sequence[int]) -> Ints:
    """Times as nanoseconds."""
    out = np.empty(len(cells), np.int64)
    zones = {zone[0] if (zone := _ZONE.search(c.strip())) and ":" in c else "" for c in cells}
    for i, cell in enumerate(cells):
        text = cell.strip()
        if len(zones) == 1 and ":" in text:
            text = _ZONE.sub("", text)
        try:
            out[i] = np.datetime64(text.replace(" ", "T"), "ns").astype(np.int64)
        except (ValueError, DeprecationWarning, UserWarning):
            fix = "write times as 2020-01-31 or 2020-01-31 12:00:00"
            raise DataError(f"{visible(cell, 40)!r} is neither a number nor a time", field.where(rows[i]), fix) from None
        if text and out[i] == np.iinfo(np.int64).min:
            raise DataError(f"{visible(cell, 40)!r} where a time is needed", field.where(rows[i]), "fill it, or leave the row out")
    return out


def _regular(values: Array) -> float | None:
    """The step of distinct values in ascending order: every gap is a multiple of it, and most gaps are it."""
    gaps = np.diff(values)
    if not len(gaps):
        return None
    step = gaps.min()
    return step if bool((np.mod(gaps, step) == 0).all()) and int((gaps == step).sum()) * 2 >= len(gaps) else None


def _of_numbers(times: Array) -> Steps:
    """Numbers: their difference, or steps where they are several units apart."""
    step = _regular(np.unique(times))
    if step is None or step <= 1 or step != int(step):
        return Steps(lambda time, cutoff: [f"{x:g}" for x in (time - cutoff).tolist()])
    return Steps(_steps_after(times.min(), step, "steps"), f"horizon: steps of {step:g} from cutoff")


def _of_times(times: Ints, cutoffs: Ints) -> Steps:
    """Times: calendar months, quarters or years, business days, another regular step, or what the gap is."""
    days = times.astype("datetime64[ns]").astype("datetime64[D]")
    whole = len(times) > 1 and bool((times % _DAY == times[0] % _DAY).all())
    if whole:
        months = days.astype("datetime64[M]").astype(np.int64)
        starts, ends = days - days.astype("datetime64[M]"), days + 1 == (days + 1).astype("datetime64[M]")
        if len(np.unique(starts)) == 1 or bool(ends.all()):
            step = _regular(np.unique(months))
            unit = next((name for name, n in _MONTHS.items() if step == n), None)
            if unit is not None and step is not None:
                return Steps(_months_after(months, int(step), bool(ends.all()), days, unit), f"horizon: {unit} from cutoff")
    if whole and _business(days, cutoffs.astype("datetime64[ns]").astype("datetime64[D]")):
        return Steps(_business_after, "horizon: business days from cutoff")
    step = _regular(times)
    if step is None:
        note = "horizon: the times are not evenly spaced, so it is the time from cutoff, not steps" if len(times) > 2 else ""
        return Steps(_gaps, note)
    unit = next((name for name, n in _STEPS.items() if step == n), "steps")
    count = _steps_after(int(times[0]), step, unit)
    return Steps(count, f"horizon: {unit if unit != 'steps' else f'steps of {_gap(int(step))}'} from cutoff")


def _worded(counts: Sequence[float], unit: str) -> list[str]:
    return [f"{n:g} {unit[:-1] if n == 1 else unit}" for n in counts]


def _steps_after(origin: float, step: float, unit: str) -> Callable[[Array, Array], list[str]]:
    """The number of times of the series after the cutoff."""
    return lambda time, cutoff: _worded(((time - origin) // step - (cutoff - origin) // step).tolist(), unit)


def _months_after(months: Ints, step: int, ends: bool, days: Array, unit: str) -> Callable[[Array, Array], list[str]]:
    first = int(months[0])
    day = int((days[0] - days[0].astype("datetime64[M]")).astype(int))

    def place(moments: Ints) -> Ints:
        at = moments.astype("datetime64[ns]").astype("datetime64[D]")
        month = at.astype("datetime64[M]")
        last = at + 1 == (month + 1).astype("datetime64[D]")
        before = ~last if ends else (at - month).astype(int) < day
        return np.asarray((month.astype(np.int64) - before - first) // step)

    return lambda time, cutoff: _worded((place(time) - place(cutoff)).tolist(), unit)


def _business(days: Array, cutoffs: Array) -> bool:
    """Whether the times are all days from Monday to Friday, some of them neighbours across a weekend."""
    gaps = np.diff(days).astype(int)
    if len(days) < 5 or gaps.min() != 1 or not np.is_busday(days).all() or not np.is_busday(cutoffs).all():
        return False
    return bool(((gaps == 3) & (np.busday_count(days[:-1], days[1:]) == 1)).any())


def _business_after(time: Ints, cutoff: Ints) -> list[str]:
    sides = [x.astype("datetime64[ns]").astype("datetime64[D]") for x in (cutoff, time)]
    return _worded(np.busday_count(sides[0] + 1, sides[1] + 1).tolist(), "days")


def _gaps(time: Ints, cutoff: Ints) -> list[str]:
    return [_gap(int(x)) for x in (time - cutoff).tolist()]


def _gap(gap: int) -> str:
    """A time span in the largest unit of which it is a whole number."""
    unit, size = next(((name, n) for name, n in _UNITS if gap % n == 0), ("seconds", _SECOND))
    return _worded([gap / size], unit)[0]
