from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.text_width import cells
from losscli.report.model import Alignment, Report
from losscli.report.render import gate_lines
from losscli.report.render.words import count, facts, number, text
from losscli.report.render.wrap import wrap
from losscli.report.verdicts import Verdict


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (None, "–"),
        (0.0, "0"),
        (-0.0, "0"),
        (12345678, "12345678"),
        (0.5, "0.5"),
        (1 / 3, "0.333333"),
        (-2 / 3, "-0.666667"),
        (100.0, "100"),
        (123456.789, "123457"),
        (1234567.89, "1234568"),
        (1e15, "1000000000000000"),
        (1e16, "1e+16"),
        (1.5e300, "1.5e+300"),
        (0.0001, "0.0001"),
        (0.00009999999, "0.0001"),
        (0.000012345678, "1.23457e-05"),
        (5e-324, "4.94066e-324"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_for_people(x: float | int | None, shown: str) -> None:
    assert number(x, 6) == shown


@given(st.floats(allow_nan=False), st.integers(1, 20))
def test_numbers_keep_their_digits(x: float, digits: int) -> None:
    shown = float(number(x, digits))
    if digits >= 17 or math.isinf(x):
        assert shown == x
    else:
        assert shown == float(f"{x:.{digits - 1}e}") or abs(shown - x) <= 0.5


def test_text_is_one_harmless_line_and_whole() -> None:
    assert text("a\nb\x1b[31m\x9b\u202e\udc80") == "a\\nb\\x1b[31m\\x9b\\u202e\\udc80"
    assert text("x" * 5000) == "x" * 5000


def test_count() -> None:
    assert [count(1, "row"), count(0, "row"), count(2, "pair of boxes")] == ["1 row", "0 rows", "2 pairs of boxes"]
    assert [count(2, "box"), count(1, "box of a cell")] == ["2 boxes", "1 box of a cell"]
    assert count(50_000_000, "row") == "50,000,000 rows"


def facts_of(sample: str = "a row", **given: Any) -> list[str]:
    paired = {"pred_rows": 10, "target_rows": 10, "matched": 10, "pred_only": 0, "target_only": 0, "dropped": 0, "evaluated": 10}
    return facts(Report("regress", sample, {}, Alignment("position", (), **{**paired, **given}), ()))


def test_facts_say_what_was_left_out() -> None:
    assert facts_of() == ["regress", "10 rows", "paired by position"]
    assert facts_of("an image")[1] == "10 images"
    assert facts_of("a pair of boxes")[1] == "10 pairs of boxes"
    assert facts_of("a sample")[1] == "10 samples"
    assert facts_of(target_only=1, dropped=2, evaluated=7)[3] == "coverage 0.7 (1 target without prediction, 2 dropped)"
    assert facts_of(pred_only=2)[3] == "coverage 1 (2 predictions without target)"
    assert facts_of(target_rows=10_000_000, evaluated=9_999_999)[3] == "coverage 0.9999999"


@pytest.mark.parametrize(
    ("expr", "observed", "verdict", "shown"),
    [
        ("x.p95 > 0.8", 0.83, "fail", "FAIL x.p95 = 0.83 (must be at most 0.8)"),
        ("x.p95 > 0.8", 0.83, "warn", "WARN x.p95 = 0.83 (must be at most 0.8)"),
        ("x.p95 > 0.8", 0.79, "pass", "PASS x.p95 = 0.79 (must be at most 0.8)"),
        ("x.p95 >= 0.8", 0.79, "pass", "PASS x.p95 = 0.79 (must be below 0.8)"),
        ("x.p95 < 0.8", 0.79, "fail", "FAIL x.p95 = 0.79 (must be at least 0.8)"),
        ("x.p95 <= 0.8", 0.8, "fail", "FAIL x.p95 = 0.8 (must be above 0.8)"),
        ("x.p95 > 0.8", 0.8000000001, "fail", "FAIL x.p95 = 0.8000000001 (must be at most 0.8)"),
        ("x > 80%", 0.83, "fail", "FAIL x = 83% (must be at most 80%)"),
        ("x > 80%", 0.8000000001, "fail", "FAIL x = 80.00000001% (must be at most 80%)"),
        ("x.p95 > 0.8", math.nan, "fail", "FAIL x.p95 = nan (must be at most 0.8; it is not finite)"),
        ("x.p95 < 0.8", math.inf, "fail", "FAIL x.p95 = inf (must be at least 0.8; it is not finite)"),
        ("x.p95 > 0.8", None, "fail", "FAIL x.p95 is undefined (must be at most 0.8)"),
        ("x.p95 > 0.8", 0.7, "fail", "FAIL x.p95 = 0.7 (must be at most 0.8; there are no samples)"),
        ("x@c=a > b.p95 > 0.8", 0.7, "pass", "PASS x@c=a > b.p95 = 0.7 (must be at most 0.8)"),
    ],
)
def test_a_gate_reads_as_a_sentence(expr: str, observed: float | None, verdict: str, shown: str) -> None:
    assert gate_lines([Verdict(expr, "fail", observed, 0.8, verdict)], 6) == [shown]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [(1.5, 2.5, "FAIL"), (0.5, 2.5, "PASS"), (1.5, 1.5, "PASS"), (0.5, 1.5, "PASS")],
)
def test_a_gate_of_several_parts_is_one_sentence(first: float, second: float, verdict: str) -> None:
    """It passes where any of what must hold does, and that is what it says."""
    level = verdict.lower()
    gates = [Verdict("x > 1", "fail", first, 1.0, level), Verdict("y > 2", "fail", second, 2.0, level, joined=True)]
    found = f"{verdict} x = {first} and y = {second} (x must be at most 1, or y at most 2)"
    assert gate_lines([*gates, *gates], 6) == [found, found]


def test_width_of_letters() -> None:
    assert [cells("abc"), cells("日本"), cells("é"), cells("–·×")] == [3, 4, 1, 3]


LETTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z"])


@given(st.text(LETTERS | st.sampled_from(" ,:=+"), max_size=80), st.integers(4, 40))
def test_wrapping_loses_nothing(words: str, width: int) -> None:
    lines = wrap(words, width)
    assert "".join("".join(lines).split()) == "".join(words.split())


def test_wrapping_keeps_numbers_whole() -> None:
    assert wrap("ce:weights=[1e+16,0.30000000000000004]", 12) == ["ce:weights=", "  [1e+16,", "  0.30000000000000004]"]
    assert wrap("  value: 0.30000000000000004", 12) == ["  value:", "    0.30000000000000004"]
    assert wrap("focal:alpha=0.25,gamma=2", 20) == ["focal:alpha=0.25,", "  gamma=2"]
    assert wrap("abcdefghij", 8) == ["abcdef", "  ghij"]
    assert wrap("abcdefghij", None) == ["abcdefghij"]
