"""What a gate can see, against simulated runs."""

import numpy as np
import pytest
from scipy import stats

import losscli


def gate(seed, shift, on, n=200, limit=0.1):
    """The gate of one run of n paired differences of standard deviation 1, whose mean is `shift`; losses are around 1."""
    rng = np.random.default_rng(seed)
    base = 10 + np.abs(rng.normal(size=n))
    new = base + shift + rng.normal(size=n) / 2
    zero = np.zeros(n)
    report = losscli.evaluate(
        new, zero, family="regress", losses="mae", baseline=base, fail_if=f"mae.delta > {limit}", gate_on=on, test="none"
    )
    return report.gates[0]


def failing(shift, on, n=200, limit=0.1, runs=4000):
    """The share of simulated runs whose gate fails."""
    d = shift + np.random.default_rng(1).normal(size=(runs, n)) / 2
    reach = stats.t.ppf(0.975, n - 1) * d.std(1, ddof=1) / np.sqrt(n) if on == "ci" else 0.0
    return np.mean(d.mean(1) - reach > limit)


@pytest.mark.parametrize("on", ["value", "ci"])
def test_the_chances_are_those_of_simulated_runs(on):
    told = gate(0, 0.0, on).power
    assert told.at_none < told.at_limit < told.at_twice
    for times, chance in enumerate((told.at_none, told.at_limit, told.at_twice)):
        assert failing(0.1 * times, on) == pytest.approx(chance, abs=0.05), "one run tells the spread within 10 %"
    assert failing(told.caught, on) == pytest.approx(0.8, abs=0.05)


def test_the_samples_needed_catch_twice_the_limit():
    told = gate(0, 0.0, "ci").power
    assert gate(0, 0.0, "ci", n=told.needed).power.at_twice == pytest.approx(0.8, abs=0.06)


def test_nothing_is_known_without_an_interval():
    report = losscli.evaluate([1.0, 2.0], [0.0, 1.0], family="regress", losses="mae", fail_if=["mae.max > 3", "mae > 0.5"])
    assert [g.power.why for g in report.gates] == ["there is no interval"] * 2


@pytest.mark.parametrize(
    ("losses", "gate", "why"),
    [
        (np.full(40, 1.0) + np.tile([0, 2**-52], 20), "mae > 9", "there is no interval"),
        (np.r_[np.zeros(35), np.ones(5)], "mae.p50 > 0.5", "the interval has no width"),
    ],
)
def test_no_width_is_no_power(losses, gate, why):
    report = losscli.evaluate(losses, np.zeros(40), family="regress", losses="mae", fail_if=gate, gate_on="ci")
    assert report.gates[0].power.why == why
    assert report.gates[0].verdict == ("inconclusive" if "no interval" in why else "pass")


def test_a_limit_next_to_no_change_needs_more_samples_than_there_are():
    told = gate(0, 0.0, "value", limit=1e-200).power
    assert told.needed is None
    assert told.at_none == pytest.approx(0.5)
