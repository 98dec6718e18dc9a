"""Formats measurements as Markdown or JSON. Measures nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from benchmarks.speed.measure import Medians
from benchmarks.speed.tasks import BEST, GROUPS, Task


@dataclass(frozen=True)
class Measured:
    """A task with its contenders' runs and the bytes of its files."""

    task: Task
    size: int
    medians: tuple[Medians, ...]

    def columns(self) -> dict[str, Medians]:
        """The fastest way of each column that ran."""
        best: dict[str, Medians] = {}
        for m in self.medians:
            name = m.contender.column
            if m.runs and (name not in best or m.of("seconds") < best[name].of("seconds")):
                best[name] = m
        return best

    def role(self, role: str) -> dict[str, Medians]:
        return {name: m for name, m in self.columns().items() if m.contender.role == role}

    def best(self, role: str) -> Medians | None:
        """The fastest of a role."""
        return min(self.role(role).values(), key=lambda m: m.of("seconds"), default=None)

    def reference(self, name: str) -> Medians | None:
        """The time that ours is divided by: of a column, or of the fastest peer."""
        return self.best("peer") if name == BEST else self.columns().get(name)

    def difference(self) -> float | None:
        """The largest relative difference between our first value and any other, slower ways included."""
        values = [m.value for m in self.medians if m.runs and m.value is not None]
        if len(values) < 2:
            return None
        return max(abs(v - values[0]) / max(abs(values[0]), 1e-300) for v in values)

    def agrees(self) -> bool:
        return (self.difference() or 0) <= self.task.tolerance


def problems(measured: Iterable[Measured]) -> list[str]:
    """What invalidates a table: programs that failed, values that differ by more than the task allows."""
    found = []
    for m in measured:
        found += [f"{m.task.name}: {x.failure}" for x in m.medians if x.failure]
        if not m.agrees():
            values = ", ".join(f"{x.contender.column} {x.contender.way}: {x.value!r}" for x in m.medians if x.runs)
            found.append(f"{m.task.name}: values differ by {m.difference():.1e}: {values}")
    return found


def markdown(measured: Sequence[Measured], machine: Mapping[str, str], size: str, rounds: int) -> str:
    """One table for each group, under a line about machine and method."""
    head = (
        f"{machine['date']}, `--size {size}`, medians of {rounds} interleaved runs of whole processes, in seconds; "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}, {machine['system']}, "
        f"load {machine['load']} at the start; "
        f"losscli {machine['losscli']}, Python {machine['python']}, {machine['libraries']}."
    )
    groups = groupby(measured, key=lambda m: m.task.group)
    return "\n\n".join([head, *(f"**{name}**\n\n{_grid(list(some), GROUPS[name])}" for name, some in groups)])


def _grid(measured: Sequence[Measured], against: Sequence[str]) -> str:
    """The table of one group: times, ratios, CPU and memory, and the largest difference between values."""
    columns = _names(measured, "ours", "peer", "limit")
    ours, limit = _names(measured, "ours"), ["limit"] if _names(measured, "limit") else []
    divisors = [d for d in against if d == BEST or d in columns] or [BEST]
    ratios = [(name, d) for d in divisors for name in ours] + [(ours[0], d) for d in limit]
    costs = " / ".join([*ours, divisors[0]])
    heads = ["task", "rows", "MB", *columns, *(f"{name} ÷ {d}" for name, d in ratios)]
    heads += [f"CPU s: {costs}", f"peak MiB: {costs}", "differ"]
    rows = [_row(m, columns, ours, divisors[0], ratios) for m in measured]
    return "\n".join(_line(cells) for cells in (heads, ["---"] + ["---:"] * (len(heads) - 1), *rows))


def _names(measured: Sequence[Measured], *roles: str) -> list[str]:
    """The columns of some roles, in the order in which tasks name them."""
    return list(dict.fromkeys(name for role in roles for m in measured for name in m.role(role)))


def _row(m: Measured, columns: Sequence[str], ours: Sequence[str], divisor: str, ratios: Sequence[tuple[str, str]]) -> list[str]:
    best, fastest = m.columns(), m.best("peer")
    shown = [_time(best.get(name), best.get(name) is fastest) for name in columns]
    divided = [_ratio(best.get(name), m.best("limit") if d == "limit" else m.reference(d)) for name, d in ratios]
    own = [*(best.get(name) for name in ours), m.reference(divisor)]
    costs = [" / ".join("–" if x is None else _short(x.of(what)) for x in own) for what in ("cpu", "peak")]
    difference = m.difference()
    differ = "–" if difference is None else f"{difference:.0e}" if difference else "0"
    sizes = [f"{m.task.rows:,}", _megabytes(m.size)] if m.task.kind else ["–", "–"]
    return [m.task.name, *sizes, *shown, *divided, *costs, differ if m.agrees() else f"**{differ}**"]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}" if size >= 1e7 else f"{size / 1e6:.2g}"


def _time(m: Medians | None, is_fastest_peer: bool) -> str:
    if m is None:
        return "–"
    seconds = f"**{_short(m.of('seconds'))}**" if is_fastest_peer else _short(m.of("seconds"))
    return f"{seconds} {m.contender.way}".strip()


def _ratio(a: Medians | None, b: Medians | None) -> str:
    return "–" if a is None or b is None else f"{a.of('seconds') / b.of('seconds'):.2f}"


def _short(number: float) -> str:
    places = next(p for p, bound in ((3, 1), (2, 10), (1, 100), (0, float("inf"))) if number < bound)
    return f"{number:.{places}f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(measured: Sequence[Measured], machine: Mapping[str, str], size: str, rounds: int) -> str:
    """Every run of every contender."""
    tasks = [
        {
            "name": m.task.name,
            "group": m.task.group,
            "rows": m.task.rows,
            "bytes": m.size,
            "difference": m.difference(),
            "tolerance": m.task.tolerance,
            "contenders": [
                {
                    "column": x.contender.column,
                    "way": x.contender.way,
                    "role": x.contender.role,
                    "failure": x.failure,
                    "runs": [asdict(r) for r in x.runs],
                }
                for x in m.medians
            ],
        }
        for m in measured
    ]
    return json.dumps({"machine": machine, "size": size, "rounds": rounds, "tasks": tasks}, indent=2)
