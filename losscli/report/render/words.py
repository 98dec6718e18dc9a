"""The words and numbers that every format for people shares: numbers, text from files, the line of facts, the lines of gates."""

from __future__ import annotations

import math
import re
import sys

from losscli.core.errors import visible
from losscli.core.json_numbers import Number
from losscli.report.model import HOLDS, Alignment, Report, Verdict

UNDEFINED = "–"
EXACT = 17
"""As many digits as tell every double apart."""

_SAMPLE = re.compile(r"(?:an? )?([a-z]+(?: [a-z]+)?)")
_SIGN = re.compile(r"([<>]=?)[^<>]*$")


def number(x: Number, digits: int) -> str:
    """`digits` significant digits, whole numbers whole, an exponent only below 1e-4 and from 1e16 on."""
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


def _bare(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_PAIRED = {"greedy": "overlap, greedily,", "hungarian": "the assignment of most overlap"}
"""What a report says of rows that were matched."""


def text(x: object) -> str:
    """Text from a file or an argument as one harmless line, whole."""
    return visible(x, sys.maxsize)


def count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def facts(report: Report) -> list[str]:
    """What stands above the numbers: family, samples, how they were paired, and what was left out."""
    a = report.alignment
    named = _SAMPLE.fullmatch(report.sample)
    within = "" if a.pairing == "key" else " within"
    paired = f"paired by {_PAIRED.get(a.pairing, a.pairing)}" + (f"{within} {', '.join(map(text, a.key))}" if a.key else "")
    out = [text(report.family), count(a.evaluated, named[1] if named else "sample"), paired]
    missed = _missed(a)
    if missed or a.coverage != 1:
        out.append(f"coverage {_coverage(a)}" + (f" ({', '.join(missed)})" if missed else ""))
    if {x.reduction for x in report.losses} == {"sum"}:
        out.append("value = sum")
    return out


def _coverage(a: Alignment) -> str:
    """Rounded, but never up to the 1 that it is not."""
    shown = number(a.coverage, 6)
    return number(a.coverage, EXACT) if shown == "1" else shown


def _missed(a: Alignment) -> list[str]:
    out = []
    if a.target_only:
        out.append(f"{count(a.target_only, 'target')} without prediction")
    if a.pred_only:
        out.append(f"{count(a.pred_only, 'prediction')} without target")
    if a.dropped:
        out.append(f"{a.dropped} dropped")
    return out


def gate_line(v: Verdict, digits: int) -> str:
    """`giou.p95 > 0.8: 0.83 > 0.8 -> FAIL`."""
    observed, limit, verdict = gate_cells(v, digits)
    sign = _sign(v)
    aside = ""
    if v.observed is not None and math.isfinite(v.observed) and sign in HOLDS:
        holds = HOLDS[sign](v.observed, v.limit)
        if holds and v.verdict == "pass":
            aside = " (the rest of its gate does not hold)"
        elif not holds and v.verdict != "pass":
            aside = " (its gate cannot be told)"
    return f"{text(v.expr)}: {observed} {sign} {limit} -> {verdict}{aside}"


def gate_cells(v: Verdict, digits: int) -> tuple[str, str, str]:
    """Observed, limit and verdict; the observed number is rounded only where that does not turn the comparison."""
    if v.observed is None:
        return "undefined", number(v.limit, EXACT), v.verdict.upper()
    compare = HOLDS.get(_sign(v))
    observed = number(v.observed, digits)
    if compare and compare(float(observed), v.limit) != compare(v.observed, v.limit):
        observed = number(v.observed, EXACT)
    return observed, number(v.limit, EXACT), v.verdict.upper()


def _sign(v: Verdict) -> str:
    found = _SIGN.search(v.expr)
    return found[1] if found else "against"
