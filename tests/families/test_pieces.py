"""Losses of logits in pieces: the general forms' numbers, for any length of a piece."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from losscli.families.shared import in_cache
from losscli.families.shared.class_scores import Softmax
from losscli.families.shared.in_cache import bce_with_logits, ce_of_logits, focal_with_logits

RNG = np.random.default_rng(7)
LOGITS = np.concatenate([RNG.normal(0, 4, 300), RNG.normal(0, 200, 60), [0.0, -0.0, 745.0, -745.0, 1e-300, 1e300, -1e300]])
SHARES = np.concatenate([RNG.integers(0, 2, 250), RNG.random(110), [0.0, 1.0, 0.0, 1.0, 0.5, 1.0, 1.0]])
ULP = 2.0**-52


def exact(x, y, gamma=0, alpha=None):
    """By definition, at 60 digits."""
    with mpmath.workdps(400):  # 1 - p of a logit of 745 has its first digit at the 324th place
        x, y = mpmath.mpf(float(x)), mpmath.mpf(float(y))
        if abs(x) > 1000:
            return float(abs(x) * (1 - y if x > 0 else y))
        p = 1 / (1 + mpmath.exp(-x))
        missed = y * (1 - p) + (1 - y) * p
        balance = 1 if alpha is None else alpha * y + (1 - mpmath.mpf(alpha)) * (1 - y)
        return float(-balance * missed**gamma * (y * mpmath.log(p) + (1 - y) * mpmath.log(1 - p)))


def test_surprise_is_exact():
    """Two roundings of the larger term and one of the sum."""
    np.testing.assert_allclose(
        bce_with_logits(LOGITS, SHARES), [exact(*pair) for pair in zip(LOGITS, SHARES, strict=True)], rtol=3 * ULP
    )


@pytest.mark.parametrize("alpha", [None, 0.25])
def test_faded_is_exact(alpha):
    """The factors, their powers and products add half an ulp each to those of the cross-entropy."""
    want = [exact(x, y, 2, alpha) for x, y in zip(LOGITS[:360], SHARES[:360], strict=True)]
    np.testing.assert_allclose(focal_with_logits(LOGITS[:360], SHARES[:360], 2.0, alpha), want, rtol=8 * ULP, atol=5e-324)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_narrow_logits_are_widened(dtype):
    narrow = np.clip(LOGITS, -100, 100).astype(dtype)
    np.testing.assert_array_equal(bce_with_logits(narrow, SHARES), bce_with_logits(narrow.astype(np.float64), SHARES))


@pytest.mark.parametrize("piece", [1, 3, 64, 367, 1 << 20])
def test_the_length_of_a_piece_changes_no_bit(monkeypatch, piece):
    z, label = RNG.normal(0, 5, (40, 7)), np.arange(40) % 7
    whole = bce_with_logits(LOGITS, SHARES), focal_with_logits(LOGITS, SHARES, 1.5, 0.3), ce_of_logits(z, label)
    monkeypatch.setattr(in_cache, "PIECE", piece)
    parts = bce_with_logits(LOGITS, SHARES), focal_with_logits(LOGITS, SHARES, 1.5, 0.3), ce_of_logits(z, label)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("centre", [0.0, 250.0, 1e5])
def test_surprise_of_class_is_exact(dtype, centre):
    """Confident and mistaken rows alike, near zero and far from it; the sum of six exponentials carries three ulp."""
    z = (centre + RNG.normal(0, 1, (60, 6)) * np.logspace(-2, 1.8, 60)[:, None]).astype(dtype)
    label = RNG.integers(0, 6, 60)
    want = []
    with mpmath.workdps(50):
        for row, y in zip(z.tolist(), label.tolist(), strict=True):
            rest = mpmath.fsum(mpmath.exp(mpmath.mpf(a) - mpmath.mpf(row[y])) for k, a in enumerate(row) if k != y)
            want.append(float(mpmath.log1p(rest)))
    np.testing.assert_allclose(ce_of_logits(z, label), want, rtol=4 * ULP)


def test_infinities():
    x, y = np.array([np.inf, -np.inf, np.inf, np.nan, 2.0]), np.array([1.0, 0.0, 0.0, 1.0, 0.5])
    assert bce_with_logits(x[:3], y[:3]).tolist() == [0.0, 0.0, np.inf]
    for alpha, last in ((None, np.inf), (0.25, np.inf), (1.0, 0.0)):
        assert focal_with_logits(x[:3], y[:3], 2.0, alpha).tolist() == [0.0, 0.0, last]
    assert np.isnan(bce_with_logits(x, y)).tolist() == [False, False, False, True, False]
    assert bce_with_logits(x, y)[4] == bce_with_logits(x[4:], y[4:])[0]
    far = np.array([[0.0, 800.0], [800.0, 0.0], [-np.inf, 0.0]])
    assert Softmax(far, True).log_p_at(np.array([0, 0, 0])).tolist() == [-800.0, 0.0, -np.inf]


def test_a_row_does_not_hang_on_its_neighbours():
    z = np.concatenate([RNG.normal(0, 5, (20, 7)), RNG.normal(0, 5, (20, 7)) + 1e3, RNG.normal(0, 1e3, (20, 7))])
    label = np.arange(60) % 7
    alone = [float(Softmax(z[i : i + 1], True).log_p_at(label[i : i + 1])[0]) for i in range(60)]
    assert Softmax(z, True).log_p_at(label).tolist() == alone
