"""Remainders of e^x and log(1 + x), held to mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from losscli.numerics.remainders import exp_remainder, log_remainder

RNG = np.random.default_rng(2)
SIZES = 10.0 ** RNG.uniform(-12, 2, 400)
NUMBERS = np.concatenate([SIZES, -SIZES[SIZES < 0.99], [0.0, 0.25, -0.25, 0.2500001, -0.2500001, -0.9999]])
EXACT = {exp_remainder: lambda x: mpmath.exp(x) - 1 - x, log_remainder: lambda x: x - mpmath.log1p(x)}


@pytest.mark.parametrize("found", EXACT, ids=lambda f: f.__name__)
def test_remainders_keep_their_digits(found):
    with mpmath.workdps(60):
        exact = [float(EXACT[found](mpmath.mpf(x))) for x in NUMBERS.tolist()]
    np.testing.assert_allclose(found(NUMBERS), exact, rtol=3e-15, atol=0)
