"""Values known from elsewhere: worked by hand, by mpmath at fifty digits, or printed by a paper or another library."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support import golden
from tests.support.evaluate import run

CASES = [(path.stem, case) for path in golden.FILES for case in golden.entries(path.stem)]


def number(x):
    return float(x)


@pytest.mark.parametrize("path", golden.FILES, ids=lambda path: path.stem)
def test_one_entry_a_line(path):
    assert path.read_text(encoding="utf-8") == golden.written(golden.entries(path.stem)), "run: python -m tests.support.golden"


@pytest.mark.parametrize(("family", "case"), CASES, ids=[f"{f}-{c['loss']}-{i}" for i, (f, c) in enumerate(CASES)])
def test_golden_value(family, case):
    arrays = {k: np.array(v) for k, v in case["inputs"].items()}
    found = run(family, case["loss"], arrays, gradient=False, **case.get("reading", {}))
    rtol = case.get("rtol", 1e-13)
    if "value" in case:
        value = number(case["value"])
        assert (
            found.value == value if math.isinf(value) else found.value == pytest.approx(value, rel=rtol, abs=case.get("atol", 0.0))
        )
    if "per_sample" in case:
        np.testing.assert_allclose(found.values, [number(x) for x in case["per_sample"]], rtol=rtol, atol=case.get("atol", 0.0))
