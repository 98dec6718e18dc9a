"""Turns what was measured into Markdown or JSON. Measures nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from measure import Medians
from tasks import GROUPS, Task


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

    def difference(self) -> float | None:
        """The largest relative difference between our first value and any other, slower ways included."""
        values = [m.value for m in self.medians if m.runs and m.value is not None]
        if len(values) < 2:
            return None
        return max(abs(v - values[0]) / max(abs(values[0]), 1e-300) for v in values)

    def agrees(self) -> bool:
        return (self.difference() or 0) <= self.task.tolerance


def problems(measured: Iterable[Measured]) -> list[str]:
    """What makes a table untrue: programs that failed, values that differ by more than the task allows."""
    found = []
    for m in measured:
        found += [f"{m.task.name}: {x.failure}" for x in m.medians if x.failure]
        if not m.agrees():
            values = ", ".join(f"{x.contender.column} {x.contender.way}: {x.value!r}" for x in m.medians if x.runs)
            found.append(f"{m.task.name}: values differ by {m.difference():.1e}: {values}")
    return found


def markdown(measured: Sequence[Measured], machine: Mapping[str, str], size: str, rounds: int) -> str:
    """One table for each group under a line that says where and how."""
    head = (
        f"{machine['date']}, `--size {size}`, medians of {rounds} interleaved runs of whole processes, in seconds; {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['memory']}, {machine['system']}, load {machine['load']} at the start; "
        f"losscli {machine['losscli']}, Python {machine['python']}, {machine['libraries']}."
    )
    groups = groupby(measured, key=lambda m: m.task.group)
    return "\n\n".join([head, *(f"**{name}**\n\n{_grid(list(some), GROUPS[name])}" for name, some in groups)])


def _grid(measured: Sequence[Measured], against: str) -> str:
    """The table of one group: the times, the ratios, what they cost, and whether all found the same number."""
    columns = list(dict.fromkeys(name for role in ("ours", "peer", "limit") for m in measured for name in m.role(role)))
    ours = list(dict.fromkeys(name for m in measured for name in m.role("ours")))
    trio = " / ".join([*ours, against])
    with_limit = any(m.role("limit") for m in measured)
    heads = ["task", "rows", "MB", *columns, *(f"{name} ÷ {against}" for name in ours)]
    heads += [f"{ours[0]} ÷ limit"] * with_limit + [f"CPU s: {trio}", f"peak MiB: {trio}", "differ"]
    rows = [_row(m, columns, ours, with_limit) for m in measured]
    return "\n".join(_line(cells) for cells in (heads, ["---"] + ["---:"] * (len(heads) - 1), *rows))


def _row(m: Measured, columns: Sequence[str], ours: Sequence[str], with_limit: bool) -> list[str]:
    best, peer, limit = m.columns(), m.best("peer"), m.best("limit")
    own = [best.get(name) for name in ours]
    shown = [_time(best.get(name), best.get(name) is peer) for name in columns]
    ratios = [_ratio(x, peer) for x in own] + [_ratio(own[0], limit)] * with_limit
    costs = [" / ".join("–" if x is None else _short(x.of(what)) for x in (*own, peer)) for what in ("cpu", "peak")]
    difference = m.difference()
    differ = "–" if difference is None else f"{difference:.0e}" if difference else "0"
    return [m.task.name, f"{m.task.rows:,}", f"{m.size / 1e6:,.1f}", *shown, *ratios, *costs, differ if m.agrees() else f"**{differ}**"]


def _time(m: Medians | None, is_best_peer: bool) -> str:
    if m is None:
        return "–"
    seconds = f"**{_short(m.of('seconds'))}**" if is_best_peer else _short(m.of("seconds"))
    return f"{seconds} {m.contender.way}".strip()


def _ratio(a: Medians | None, b: Medians | None) -> str:
    return "–" if a is None or b is None else f"{a.of('seconds') / b.of('seconds'):.2f}"


def _short(number: float) -> str:
    return f"{number:.3f}" if number < 1 else f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


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
