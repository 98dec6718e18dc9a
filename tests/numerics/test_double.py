"""Sums, products, logarithms and exponentials at twice the precision, held to mpmath."""

from __future__ import annotations

import mpmath
import numpy as np

from losscli.numerics.double import Double, exp, log

RNG = np.random.default_rng(3)
NEAR_ONE = 1.0 + RNG.normal(size=200) * 10.0 ** RNG.uniform(-16, -1, 200)


def off(found, wanted):
    """The largest relative error."""
    with mpmath.workdps(60):
        pairs = zip(found.hi.tolist(), found.lo.tolist(), wanted, strict=True)
        return max(float(abs((mpmath.mpf(h) + mpmath.mpf(o)) / w - 1)) for h, o, w in pairs if w != 0)


def exact(fn, *arrays):
    with mpmath.workdps(60):
        return [fn(*map(mpmath.mpf, row)) for row in zip(*(a.tolist() for a in arrays), strict=True)]


def test_logarithms_have_ninety_bits():
    x = np.concatenate([10.0 ** RNG.uniform(-300, 300, 200), [5e-324, 1e-310, 1.7e308, 2.0, 0.5]])
    assert off(log(Double.of(x)), exact(mpmath.log, x)) < 1e-26
    near = log(Double.of(NEAR_ONE)) + 1.0  # beside 1, for their own size may be any
    assert off(near, exact(lambda a: mpmath.log(a) + 1, NEAR_ONE)) < 1e-28


def test_exponentials_have_ninety_bits_and_vanish_quietly():
    x = Double.sum(RNG.uniform(-600, 700, 200), RNG.normal(size=200) * 1e-17)
    assert off(exp(x), exact(lambda a, b: mpmath.exp(a + b), x.hi, x.lo)) < 1e-26
    assert exp(Double.of(np.array([-1e4, -1e300]))).rounded.tolist() == [0.0, 0.0]


def test_sums_and_products_are_exact_and_quotients_nearly_so():
    a, b = RNG.normal(size=200) * 10.0 ** RNG.uniform(-50, 50, 200), RNG.normal(size=200)
    assert off(Double.sum(a, b), exact(lambda x, y: x + y, a, b)) == 0
    assert off(Double.of(a) * b, exact(lambda x, y: x * y, a, b)) == 0
    assert off(Double.of(a) / b, exact(lambda x, y: x / y, a, b)) < 1e-31
    cancelled = (Double.sum(a, b) - a) - b
    assert not cancelled.hi.any()


def test_a_total_does_not_depend_on_the_rows_beside_it():
    x = RNG.normal(size=(7, 5)) * 10.0 ** RNG.uniform(-20, 20, (7, 5))
    whole = Double.of(x).total()
    for i in range(7):
        alone = Double.of(x[i : i + 1]).total()
        assert (alone.hi[0], alone.lo[0]) == (whole.hi[i], whole.lo[i])
    with mpmath.workdps(60):
        wanted = [mpmath.fsum(map(mpmath.mpf, row)) for row in x.tolist()]
    assert off(whole, wanted) < 1e-25


def test_infinities_stay_infinities():
    with np.errstate(over="ignore", invalid="ignore"):
        huge = Double.of(np.array([1e300]))
        assert (huge * huge).rounded.tolist() == [np.inf]
        assert (huge * huge + 1.0).rounded.tolist() == [np.inf]
