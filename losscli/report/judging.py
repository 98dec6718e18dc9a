"""Judges gates on the finished report: by values, or by confidence intervals. What cannot be decided does not pass."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from losscli.core.errors import nearest, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.statistics.interval import LEVEL, Found, Interval, NoInterval
from losscli.numerics.statistics.paired import n_for
from losscli.report.gates import Comparison, Gate
from losscli.report.model import ENDS, HOLDS, Report, Warned, group_words
from losscli.report.observed import DIFFERENCES, boxes_of, interval_for, line_of, observe, samples_of
from losscli.report.power import MOST, power
from losscli.report.verdicts import Verdict

TRUE, FALSE, OPEN, UNDECIDED = "true", "false", "open", "undecided"
"""Of a comparison: it holds, it does not, its interval is on both sides of the limit, or there is nothing to compare."""

INCONCLUSIVE = "inconclusive"


def judge(gates: Sequence[Gate], report: Report) -> tuple[Verdict, ...]:
    """One verdict per comparison, each carrying the verdict of its whole gate.

    A gate fails if all its comparisons are true, and if one of them cannot be decided: no samples, no such group, an undefined
    statistic, NaN or an infinity. On intervals it passes if one of them is false, and is inconclusive where an interval has the
    limit inside, or there is none, and no comparison is false.
    """
    out: list[Verdict] = []
    for gate in gates:
        seen = [_seen(gate, part, report) for part in gate.parts]
        verdict = _together(gate, [x.truth for x in seen])
        out += [
            Verdict(
                part.expr,
                gate.level,
                x.observed,
                part.limit,
                verdict,
                i > 0,
                gate.asked.id,
                gate.asked.where,
                x.ci,
                gate.asked.inconclusive or _by_default(seen),
                _settled_by(x, part, report) if x.truth == OPEN else None,
                _sees(part, report) if x.truth == OPEN else None,
                power(part, report, on_interval=gate.asked.on == "ci"),
            )
            for i, (part, x) in enumerate(zip(gate.parts, seen, strict=True))
        ]
    return tuple(out)


def _together(gate: Gate, truths: Sequence[str]) -> str:
    """The verdict of comparisons joined by `and`."""
    if UNDECIDED in truths or all(x == TRUE for x in truths):
        return gate.level
    return "pass" if FALSE in truths else INCONCLUSIVE


def _by_default(seen: Sequence[_Seen]) -> str:
    """What an inconclusive gate counts as: a limit inside an interval warns; values without an interval do not pass."""
    return "fail" if any(isinstance(x.ci, NoInterval) for x in seen) else "warn"


@dataclass(frozen=True)
class _Seen:
    """What a comparison reads: the statistic, its interval where it is judged by it, and the number of samples behind it."""

    observed: float | None
    ci: Found | None
    n: int
    truth: str


def _seen(gate: Gate, part: Comparison, report: Report) -> _Seen:
    observed, n = observe(part, report), samples_of(part, report)
    line = line_of(part, report)
    ci = interval_for(part, report) if gate.asked.on == "ci" else None
    if not n:
        return _Seen(observed, None, n, UNDECIDED)
    if (
        part.stat in ENDS
        and line is not None
        and observed is None
        and isinstance(line.ci, NoInterval)
        and math.isfinite(line.value)
    ):
        return _Seen(None, line.ci, n, OPEN)
    if observed is None or not math.isfinite(observed):
        return _Seen(observed, None, n, UNDECIDED)
    if ci is None:
        return _Seen(observed, None, n, TRUE if HOLDS[part.op](observed, part.limit) else FALSE)
    return _Seen(observed, ci, n, _within(ci, part))


def _within(ci: Found, part: Comparison) -> str:
    """Whether the comparison holds for every number of the interval, for none, or for some."""
    if not isinstance(ci, Interval):
        return OPEN
    found = {HOLDS[part.op](end, part.limit) for end in (ci.low, ci.high)}
    return OPEN if len(found) == 2 else TRUE if True in found else FALSE


def _sees(part: Comparison, report: Report) -> float | None:
    """The smallest difference from the baseline that is seen 4 times out of 5, in the unit of the statistic."""
    line = line_of(part, report)
    if line is None or line.against is None or part.stat not in DIFFERENCES:
        return None
    return line.against.mde if part.stat == "delta" else line.against.mde_rel


def _settled_by(seen: _Seen, part: Comparison, report: Report) -> int | None:
    """The number of samples that would decide a comparison, about; None where none would.

    Of a difference from the baseline: those that would see the limit. Else those whose interval, shorter by √n, would have the
    limit outside.
    """
    line = line_of(part, report)
    if part.stat in DIFFERENCES and line is not None and line.against is not None:
        spread = line.against.difference if part.stat == "delta" else line.against.share
        units = (
            None if spread is None else n_for(spread, abs(part.limit), seen.ci.level if isinstance(seen.ci, Interval) else LEVEL)
        )
        return None if units is None or spread is None else _rounded_up(units * seen.n / spread.n)
    if not isinstance(seen.ci, Interval) or seen.observed is None:
        return None
    end = seen.ci.high if seen.observed <= part.limit else seen.ci.low
    reach, distance = abs(end - seen.observed), abs(part.limit - seen.observed)
    if not distance or not math.isfinite(reach):
        return None
    ratio = reach / distance
    samples = seen.n * ratio * ratio
    return None if samples > MOST else _rounded_up(samples)


def _rounded_up(x: float) -> int:
    """Two significant digits, as no more are known."""
    unit = 10 ** max(0, math.floor(math.log10(x)) - 1)
    return math.ceil(x / unit) * unit


def judged(gates: Sequence[Gate], report: Report) -> Report:
    """The report with the verdicts, and with warnings of gates that no sample can decide, or that cannot see their limits."""
    more = (*unknown_groups(gates, report), *_blind(gates, report))
    return replace(report, gates=judge(gates, report), warnings=(*report.warnings, *more))


def _blind(gates: Sequence[Gate], report: Report) -> list[Warned]:
    """A warning for every gate that judges a difference by its value, and would not see one of the size of its limit."""
    out = []
    for part in (part for gate in gates if gate.asked.on != "ci" for part in gate.parts):
        sees = _sees(part, report)
        if sees is not None and sees > abs(part.limit):
            shown = f"{100 * sees:.2g}%" if part.stat == "rel" else f"{sees:.2g}"
            what = f"the gate {visible(part.expr)} cannot see its own limit: it sees {shown} or more, 4 times out of 5"
            out.append(Warned("gate-blind", f"{what}; --gate-on ci says where that leaves it undecided"))
    return out


def unknown_groups(gates: Sequence[Gate], report: Report) -> list[Warned]:
    """A warning for every group that a gate names and no sample belongs to."""
    asked = [part.group for gate in gates for part in gate.parts if part.group is not None and boxes_of(part, report) is None]
    absent = [x for i, x in enumerate(asked) if report.group(x) is None and x not in asked[:i]]
    return [
        Warned("no-group", f"a gate names the group {group_words(x)}, but no sample belongs to it{_near(x, report)}")
        for x in absent
    ]


def _near(group: Mapping[str, str], report: Report) -> str:
    """A suggestion of the nearest existing value, where a single column groups."""
    (name, value), *more = group.items()
    return "" if more else nearest(value, [g.by[name] for g in report.groups])
