"""Normal, Student and binomial: within 1e-12 of mpmath at forty digits, of SciPy, and monotone."""

from __future__ import annotations

from math import inf, isnan

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from losscli.numerics.statistics import beta, binomial, normal, student

DF = [1, 1.5, 2, 3, 4.7, 10, 29, 30, 100, 199, 1000, 1e4, 1e5, 1e6, 1e7]
SHARES = [
    1e-12,
    1e-9,
    1e-6,
    5e-4,
    0.005,
    0.025,
    0.05,
    0.1,
    0.2,
    0.2499,
    0.25,
    0.2501,
    0.4,
    0.49,
    0.4999999,
    0.5,
    0.6,
    0.975,
    0.9999,
]
PLACES = [0, 1e-8, 0.1, 0.5, 1, 1.4999, 1.5, 2, 3, 5, 7, 10, 30]

shares = st.floats(1e-12, 1 - 1e-12)
degrees = st.floats(1, 1e7)


def far(found: float, exact: mpmath.mpf) -> float:
    """The relative difference."""
    return abs(float((found - exact) / exact)) if exact else abs(found)


def student_tail(t: float, df: float) -> mpmath.mpf:
    square = mpmath.mpf(t) ** 2
    half = mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, df / (df + square), regularized=True) / 2
    return half if t >= 0 else 1 - half


def student_density(t: float, df: float) -> mpmath.mpf:
    nu = mpmath.mpf(df)
    front = mpmath.gamma((nu + 1) / 2) / (mpmath.sqrt(nu * mpmath.pi) * mpmath.gamma(nu / 2))
    return front * (1 + mpmath.mpf(t) ** 2 / nu) ** (-(nu + 1) / 2)


@pytest.mark.parametrize("df", DF)
def test_student_tails_are_those_of_mpmath(df):
    with mpmath.workdps(40):
        for t in PLACES:
            exact = student_tail(t, df)
            if exact > 1e-290:
                assert far(student.tail(t, df), exact) < 1e-12
                assert far(student.tail(-t, df), 1 - exact) < 1e-12
                assert far(student.density(t, df), student_density(t, df)) < 1e-12


@pytest.mark.parametrize("df", DF)
def test_student_quantiles_are_those_of_mpmath(df):
    """A quantile's error is that of its tail, over the density."""
    with mpmath.workdps(40):
        for q in SHARES:
            t = student.upper(q, df)
            if q == 0.5:
                assert t == 0
            else:
                assert abs(float((student_tail(t, df) - mpmath.mpf(q)) / (t * student_density(t, df)))) < 1e-12


def test_normal_tails_and_quantiles_are_those_of_mpmath():
    with mpmath.workdps(40):
        for x in (*PLACES, -3):
            assert far(normal.tail(x), mpmath.ncdf(-mpmath.mpf(x))) < 1e-12
            assert far(normal.tail(-x), mpmath.ncdf(mpmath.mpf(x))) < 1e-12
        for q in SHARES:
            assert far(normal.upper(q), mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * mpmath.mpf(q))) < 1e-12


@given(shares, degrees)
def test_quantiles_are_those_of_scipy(q, df):
    np.testing.assert_allclose(student.upper(q, df), stats.t.isf(q, df), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(normal.upper(q), stats.norm.isf(q), rtol=1e-11, atol=1e-15)


@given(shares, shares, degrees)
def test_quantiles_are_monotone_and_symmetric(p, q, df):
    low, high = sorted((p, q))
    assert student.quantile(low, df) <= student.quantile(high, df) + 1e-15 * abs(student.quantile(high, df))
    assert student.quantile(p, df) == -student.upper(p, df)
    assert normal.quantile(low) <= normal.quantile(high)


@given(shares, degrees)
def test_student_is_wider_than_normal(q, df):
    if q < 0.5:
        assert student.upper(q, df) >= normal.upper(q) * (1 - 1e-14)


@given(st.floats(0, 1e3), st.floats(0, 1e3), degrees)
def test_tails_are_monotone(s, t, df):
    low, high = sorted((s, t))
    assert student.tail(low, df) >= student.tail(high, df) * (1 - 1e-13)
    assert student.tail(-low, df) == 1 - student.tail(low, df) or low < 1.5


def test_the_ends_of_the_scale():
    assert student.upper(0, 5) == normal.upper(0) == inf
    assert student.upper(1, 5) == normal.upper(1) == -inf
    assert isnan(normal.upper(1.5))
    assert student.tail(inf, 3) == 0
    assert student.tail(2.0, inf) == normal.tail(2.0)
    assert student.upper(0.025, inf) == normal.upper(0.025)
    assert student.upper(0.025, 10) == pytest.approx(2.228138851986273, rel=1e-14)  # mpmath; printed tables: 2.228


@given(st.floats(0.5, 1e8))
def test_gamma_step_is_a_quotient_of_gammas(a):
    with mpmath.workdps(40):
        assert far(beta.gamma_step(a), mpmath.gammaprod([mpmath.mpf(a) + 0.5], [mpmath.mpf(a)])) < 1e-14


@pytest.mark.parametrize("n", [1, 2, 5, 10, 50, 200, 1000])
@pytest.mark.parametrize("p", [0.01, 0.05, 0.5, 0.95, 0.999])
def test_binomial_tails_are_sums_of_exact_terms(n, p):
    with mpmath.workdps(40):
        terms = [mpmath.binomial(n, i) * mpmath.mpf(p) ** i * (1 - mpmath.mpf(p)) ** (n - i) for i in range(n + 1)]
        for k in {0, 1, n // 4, n // 2, int(n * p), min(n, int(n * p) + 1), n - 1, n}:
            for found, exact in (
                (binomial.probability(k, n, p), terms[k]),
                (binomial.at_least(k, n, p), mpmath.fsum(terms[k:])),
                (binomial.at_most(k, n, p), mpmath.fsum(terms[: k + 1])),
            ):
                assert exact < 1e-290 or far(found, exact) < 1e-11


@given(st.integers(1, 10**9), st.floats(1e-3, 0.999), st.floats(-6, 6))
def test_binomial_tails_are_those_of_scipy(n, p, z):
    k = min(max(round(n * p + z * (n * p * (1 - p)) ** 0.5), 0), n)
    np.testing.assert_allclose(binomial.at_least(k, n, p), stats.binom.sf(k - 1, n, p), rtol=1e-9)
    np.testing.assert_allclose(binomial.at_most(k, n, p), stats.binom.cdf(k, n, p), rtol=1e-9)


@pytest.mark.parametrize("n", [10**6, 10**9])
def test_binomial_tails_of_many_trials_are_those_of_mpmath(n):
    """P(B ≥ k) = I_p(k, n - k + 1), integrated from its density at the integrand's scale."""
    p, k = 0.95, int(n * 0.95 + 2 * (n * 0.95 * 0.05) ** 0.5)
    with mpmath.workdps(30):
        a, b = mpmath.mpf(k), mpmath.mpf(n - k + 1)
        constant = mpmath.loggamma(a + b) - mpmath.loggamma(a) - mpmath.loggamma(b)
        density = lambda x: mpmath.exp(constant + (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log1p(-x))  # noqa: E731
        width = mpmath.sqrt(mpmath.mpf(p) * (1 - p) / n)
        exact = mpmath.quad(density, [p - 12 * width, p - 6 * width, p - 3 * width, p - width, mpmath.mpf(p)])
        assert far(binomial.at_least(k, n, p), exact) < 1e-10


def test_binomial_ends():
    assert binomial.probability(-1, 5, 0.5) == binomial.probability(6, 5, 0.5) == 0
    assert binomial.probability(0, 5, 0.0) == binomial.probability(5, 5, 1.0) == 1
    assert binomial.probability(1, 5, 0.0) == 0
    assert binomial.at_least(0, 5, 0.3) == binomial.at_most(5, 5, 0.3) == 1
    assert binomial.at_least(6, 5, 0.3) == binomial.at_most(-1, 5, 0.3) == 0
