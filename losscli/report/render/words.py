"""Numbers and sentences that the formats for people share: numbers, text from files, the facts of a run, its gates."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence

from losscli.core.errors import visible
from losscli.core.file_names import FILE_STEM
from losscli.core.json_numbers import Number
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.report.model import COUNTS, HOLDS, Alignment, InputLine, Report
from losscli.report.verdicts import Verdict

UNDEFINED = "–"
EXACT = 17
"""The significant digits that distinguish all doubles."""

MOST_NAMES = 6
"""Names of columns that a line shows in full."""

_LONGEST = 200
"""Letters of a text from a file in a table for people; reports for programs have it whole."""

_SIGN = r"([<>]=?)[^<>]*$"


def number(x: Number, digits: int) -> str:
    """`digits` significant digits; whole numbers in full; an exponent only below 1e-4 and from 1e16 on."""
    if x is None:
        return UNDEFINED
    if isinstance(x, int):
        return str(x)
    if x == 0 or not math.isfinite(x):
        return "0" if x == 0 else str(float(x))
    if digits >= EXACT:
        return repr(float(x)).removesuffix(".0")
    mantissa, _, exponent = f"{x:.{digits - 1}e}".partition("e")
    if -4 <= int(exponent) < 16:
        return _bare(f"{x:.{max(digits - 1 - int(exponent), 0)}f}")
    return f"{_bare(mantissa)}e{exponent}"


def interval(x: Found | None, digits: int) -> str:
    """`[0.108, 0.206]`, to two significant digits of the width; the dash of what is not known where there is no interval."""
    if not isinstance(x, Interval):
        return UNDEFINED
    low, high = interval_words(x.low, x.high, digits)
    return f"[{low}, {high}]"


def interval_words(low: float, high: float, digits: int) -> tuple[str, str]:
    """Both ends to two significant digits of the width, or three where the first is small."""
    width = high - low
    if digits >= EXACT or not math.isfinite(width) or width <= 0:
        return number(low, digits), number(high, digits)
    places = 1 - math.floor(math.log10(width / 3.5))
    top = max(abs(low), abs(high))
    figures = max(2, min(EXACT, places + 1 + math.floor(math.log10(top))))
    return _rounded(low, places, figures), _rounded(high, places, figures)


def _rounded(x: float, places: int, figures: int) -> str:
    """A number to so many decimal places, in the notation that `number` gives one of these figures."""
    if abs(x) >= 1e16 or (0 < abs(x) < 1e-4 and places > 8):
        return number(x, figures)
    return f"{round(x, places) + 0.0:.{max(places, 0)}f}"  # + 0.0: no negative zero


def _bare(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


WHY = {
    "one-unit": "there is one unit",
    "constant": "all values are equal",
    "not-finite": "a value is not finite",
    "zero-base": "the baseline is 0",
    "no-method": "the statistic has none",
}
"""The reasons of missing intervals in words."""

_PAIRED = {
    "greedy": "overlap (greedy)",
    "hungarian": "overlap (hungarian)",
    "coco": "overlap (coco)",
    "list": "the ids of a list:",
    "gallery": "comparing every row with every row",
}
"""How a report describes pairs that are not of keys or positions."""


def text(x: object) -> str:
    """Text from a file or an argument as one harmless line, in full."""
    return visible(x, sys.maxsize)


def cell(x: object) -> str:
    """Text from a file for a cell of a table that people read: a very long one is shortened."""
    return shortened(text(x), _LONGEST)


def shortened(name: str, most: int, sign: str = "…") -> str:
    """A name of at most so many letters; the end of a long one becomes a digest of it, so that different ones stay different."""
    if len(name) <= most:
        return name
    import hashlib  # late: few names are long

    return f"{name[: most - 17]}{sign}{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def exact(x: Number) -> str:
    """A number for programs: all its digits, nothing where there is none."""
    return "" if x is None else str(x) if isinstance(x, int) else repr(float(x))


def count(n: int, noun: str) -> str:
    """`1 row`, `24 pairs of boxes`."""
    head, of, rest = noun.partition(" of ")
    many = "" if n == 1 else "es" if head.endswith(("x", "ss")) else "s"
    return f"{n:,} {head}{many}{of}{rest}"


def statistic(name: str, x: Number, digits: int) -> str:
    """A statistic of a line; counts have thousands separators."""
    return f"{x:,}" if name in COUNTS and x is not None else number(x, digits)


def _by_files(key: Sequence[str]) -> bool:
    """Whether rows are paired by the names of their files."""
    return tuple(key) == (FILE_STEM,)


def facts(report: Report) -> list[str]:
    """The facts above the numbers: family, samples, how they were paired, and what was left out."""
    a = report.alignment
    within = "" if a.pairing in ("key", "list") else " within"
    by_file = a.pairing == "key" and _by_files(a.key)
    by_points = report.boxes is not None and report.boxes.matching.by_keypoints
    how = f"keypoint similarity ({a.pairing})" if by_points else _PAIRED.get(a.pairing, a.pairing)
    paired = f"paired by {how}" + (f"{within} {', '.join(map(text, a.key))}" if a.key else "")
    paired = "paired by file name" if by_file else paired
    paired += f" ({text(a.agrees)} agrees)" if a.agrees else ""
    if a.pairing in ("key", "list"):
        several = f"{a.matched:,} predictions, {a.targets:,} of {a.target_rows:,} targets"
        paired += f" ({several})" if a.matched > a.targets and a.pairing == "key" else f" ({a.matched:,} of {a.target_rows:,})"
    samples = count(a.evaluated, report.sample.partition(" ")[2])
    if report.boxes is not None and report.boxes.penalized:
        samples += f" and {report.boxes.penalized:,} unmatched"
    out = [text(report.family), samples, paired]
    if a.filter:
        out.append(f"filtered by {' and '.join(map(text, a.filter))} ({a.matched - a.filtered:,} of {a.matched:,})")
    missed = _missed(report)
    if missed or a.coverage != 1:
        out.append(f"coverage {_coverage(a)}" + (f" ({', '.join(missed)})" if missed else ""))
    if {x.reduction for x in report.losses} == {"sum"}:
        out.append("value = sum")
    return out


def read_columns(report: Report) -> list[str]:
    """A line per side: the columns that were read and those left out: `pred: scores = cat, dog · left out: id`."""
    return [f"{side}: {' · '.join([_read(x), *_left(x)])}" for side, x in report.inputs.items()]


def _left(x: InputLine) -> list[str]:
    return [f"left out: {_some([column for column, _ in x.left_out])}"] if x.left_out else []


def _read(x: InputLine) -> str:
    what = "images" if x.format == "images" else "an array"
    hot = dict.fromkeys(("label", "mask"), "one-hot of ") if x.one_hot else {}
    words = {role: hot.get(role, "") + (_some(names) if names else what) for role, names in x.roles.items()}
    return ", ".join(f"{role} = {words[role]}" if names or role in hot else f"{role} ({what})" for role, names in x.roles.items())


def _some(names: Sequence[str]) -> str:
    """A few names, a long numbered series by its ends."""
    if len(names) <= MOST_NAMES:
        return ", ".join(text(n) or "(no name)" for n in names)
    return f"{text(names[0])} … {text(names[-1])} ({len(names)})"


def _coverage(a: Alignment) -> str:
    """Rounded, but never up to 1."""
    shown = number(a.coverage, 6)
    return number(a.coverage, EXACT) if shown == "1" else shown


def _missed(report: Report) -> list[str]:
    a, boxes = report.alignment, report.boxes
    alone = (a.target_only, a.pred_only) if boxes is None else (boxes.total.missed, boxes.total.spurious)
    out = []
    if alone[0]:
        out.append(f"{count(alone[0], 'target')} without prediction")
    if alone[1]:
        out.append(f"{count(alone[1], 'prediction')} without target")
    if boxes is not None and (ignored := boxes.total.ignored):
        out.append(f"{ignored:,} ignored")
    if a.dropped:
        out.append(f"{a.dropped:,} dropped")
    return out


def gate_lines(verdicts: Sequence[Verdict], digits: int) -> list[str]:
    """A line per gate: `FAIL giou.p95 = 0.83 (must be at most 0.8)`."""
    return [f"{verdict} {sentence}" for verdict, sentence in gate_sentences(verdicts, digits)]


def gate_sentences(verdicts: Sequence[Verdict], digits: int) -> list[tuple[str, str]]:
    """A verdict and a sentence per gate. The sentence states what must be true: the opposite of the gate's condition."""
    return [(parts[0].verdict.upper(), _sentence(parts, digits)) for parts in gates_of(verdicts)]


def gates_of(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """The comparisons of each gate."""
    gates: list[list[Verdict]] = []
    for v in verdicts:
        if v.joined and gates:
            gates[-1].append(v)
        else:
            gates.append([v])
    return gates


def _sentence(parts: Sequence[Verdict], digits: int) -> str:
    found = " and ".join(f"{_subject(v)} {_observed(v, digits)}" for v in parts)
    first, *more = parts
    must = f"{_subject(first)} must be {_bound(first)}" if more else f"must be {_bound(first)}"
    return f"{found} ({', or '.join([must, *(f'{_subject(v)} {_bound(v)}' for v in more)])}{_undecided(parts)}{_open(parts)})"


def _open(parts: Sequence[Verdict]) -> str:
    """What would decide a gate that is inconclusive."""
    if parts[0].verdict != "inconclusive":
        return ""
    unknown = next((v.ci.reason for v in parts if isinstance(v.ci, NoInterval)), "")
    if unknown:
        failed = ", which counts as fail (--inconclusive)" if parts[0].counts == "fail" else ""
        return f"; there is no interval: {WHY[unknown]}{failed}"
    settles = [v.settles for v in parts if v.settles is not None]
    seen = next((v for v in parts if v.sees is not None), None)
    if seen is None or seen.sees is None:
        return f"; about {min(settles):,} samples would settle it" if settles else "; no number of samples would settle it"
    percent = "%" if _percent(seen) else ""
    sees, limit = (number(100 * x if percent else x, 2) for x in (seen.sees, abs(seen.limit)))
    more = f", about {min(settles):,} samples would see {limit}{percent}" if settles else ""
    return f"; it sees {sees}{percent}{more}"


def _undecided(parts: Sequence[Verdict]) -> str:
    """Why a gate fails although its comparisons are not true: one of them cannot be decided."""
    if parts[0].verdict in ("pass", "inconclusive"):
        return ""
    strange = next((v for v in parts if v.observed is not None and not math.isfinite(v.observed)), None)
    if strange is not None:
        return f"; {_subject(strange)} is not finite" if len(parts) > 1 else "; it is not finite"
    known = [v for v in parts if v.observed is not None]
    held = all(HOLDS[_sign(v)](v.observed, v.limit) for v in known if v.observed is not None and _sign(v) in HOLDS)
    return "" if len(known) < len(parts) or held else "; there are no samples"


def _subject(v: Verdict) -> str:
    """The expression without its comparison: `giou.p95`."""
    return text(re.sub(_SIGN, "", v.expr).strip())


_BOUNDS = {">": "at most", ">=": "below", "<": "at least", "<=": "above"}
"""What must be true, by the operator of a gate."""


def _bound(v: Verdict) -> str:
    limit = v.expr[re.search(_SIGN, v.expr).end(1) :].strip() if _percent(v) else number(v.limit, EXACT)  # type: ignore[union-attr]
    return f"{_BOUNDS.get(_sign(v), 'within')} {limit}"


def _percent(v: Verdict) -> bool:
    return v.expr.endswith("%") and _sign(v) in HOLDS


def _observed(v: Verdict, digits: int) -> str:
    """What was observed, rounded only where that does not change the outcome of the comparison."""
    if v.observed is None:
        return "is undefined"
    percent = _percent(v)
    observed, limit = (_hundredfold(x) if percent else x for x in (v.observed, v.limit))
    shown = number(observed, digits)
    compare = HOLDS.get(_sign(v))
    if compare and compare(float(shown), limit) != compare(v.observed, v.limit):
        shown = number(observed, EXACT)
    return f"= {shown}{'%' * percent}{_judged(v, digits)}"


def _judged(v: Verdict, digits: int) -> str:
    """The interval behind a verdict, rounded only where that does not change the outcome of the comparison."""
    if not isinstance(v.ci, Interval):
        return ""
    percent, compare = _percent(v), HOLDS.get(_sign(v))
    low, high = (_hundredfold(x) if percent and math.isfinite(x) else x for x in (v.ci.low, v.ci.high))
    limit = _hundredfold(v.limit) if percent else v.limit
    shown = interval_words(low, high, digits)
    if compare and [compare(float(x), limit) for x in shown] != [compare(x, limit) for x in (low, high)]:
        shown = (number(low, EXACT), number(high, EXACT))
    return f" [{shown[0]}, {shown[1]}]"


def _hundredfold(x: float) -> float:
    """The double whose decimal digits are those of `x`, the point two places on."""
    from decimal import Decimal  # late: only a limit in percent needs it

    return float(Decimal(repr(float(x))) * 100)


def _sign(v: Verdict) -> str:
    found = re.search(_SIGN, v.expr)
    return found[1] if found else ""
