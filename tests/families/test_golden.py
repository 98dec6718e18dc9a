"""Values known from elsewhere: worked by hand, by mpmath at fifty digits, or printed by a paper or another library."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tests.support.evaluate import run
from tests.support.paths import GOLDEN

CASES = [(path.stem, case) for path in sorted(GOLDEN.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]


def number(x):
    return float(x)


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
