"""A/A tests of gates: random halves against NumPy, and false alarms as often as the level says."""

import numpy as np
import pytest

from losscli.api.evaluation import request_of
from losscli.core.errors import OK
from losscli.core.records import replace
from losscli.numerics.statistics.halves import half
from losscli.report.comparisons import DRAWS
from losscli.run.run import run

RNG = np.random.default_rng(5)
N = 300
ZERO = np.zeros(N)
BASE = RNG.lognormal(size=N)
NEW = BASE * RNG.lognormal(0.05, 0.3, size=N)
"""The losses of two models."""


def asked(*gates, pred=NEW, losses="mae", **options):
    options = {"baseline": None, "gate_on": "value", **options}
    return replace(
        request_of(pred=pred, target=ZERO[: len(pred)], family="regress", losses=losses, fail_if=gates, **options), self_test=True
    )


def alarms(*gates, **options):
    return [v.alarms for v in run(asked(*gates, **options)).report.gates if v.alarms is not None]


def units(n=N):
    return np.arange(n, dtype=np.uint64)


@pytest.mark.parametrize("n", [1, 2, 7, 300])
def test_a_half_is_a_half_of_any_order_of_the_units(n):
    order = RNG.permutation(n)
    for draw in range(5):
        first = half(units(n), draw)
        assert first.sum() == n // 2
        np.testing.assert_array_equal(half(units(n)[order], draw), first[order])


def test_draws_and_seeds_are_different_halves():
    drawn = {half(units(), draw, seed).tobytes() for draw in range(50) for seed in range(3)}
    assert len(drawn) == 150
    share = np.mean([half(units(), draw) for draw in range(400)], axis=0)
    assert np.abs(share - 0.5).max() < 5 * 0.5 / 400**0.5, "five standard errors: no unit stays in one half"


def test_paired_evaluations_are_exchanged_in_half_of_the_units():
    (found,) = alarms("mae.rel > 1%", baseline=BASE)
    masks = [half(units(), draw) for draw in range(DRAWS)]
    new, base = (np.array([np.where(m, a, b).mean() for m in masks]) for a, b in ((BASE, NEW), (NEW, BASE)))
    assert (found.exchanged, found.draws, found.undecided) == (True, DRAWS, 0)
    assert found.failed == ((new - base) / base > 0.01).sum() > 0


@pytest.mark.parametrize("test", ["signflip", "t"])
def test_a_test_at_a_level_gives_as_many_false_alarms(test):
    (found,) = alarms("mae.p < 0.2", baseline=BASE, test=test)
    assert abs(found.failed / found.draws - 0.2) < 4 * (0.2 * 0.8 / DRAWS) ** 0.5, "four standard errors"


def test_without_a_baseline_one_half_is_judged():
    limit = NEW.mean() + 0.05
    high = limit + 3 * NEW.std() / N**0.5
    value, high, tail = alarms(f"mae > {limit}", f"mae.high > {high}", f"mae.p95 > {np.quantile(NEW, 0.95) + 0.3}")
    halves = [NEW[half(units(), draw)] for draw in range(DRAWS)]
    assert not value.exchanged
    assert value.failed == sum(x.mean() > limit for x in halves) > 0
    assert 0 < high.failed < DRAWS
    assert tail.failed == sum(np.quantile(x, 0.95) > np.quantile(NEW, 0.95) + 0.3 for x in halves) > 0


def test_a_gate_on_intervals_fails_by_chance_as_its_level_says():
    (found,) = alarms(f"mae > {NEW.mean()}", gate_on="ci")
    assert found.failed <= 0.025 * DRAWS + 4 * (0.025 * DRAWS) ** 0.5, "four standard errors above one side of 95 %"
    assert found.failed + found.undecided > 0.95 * DRAWS


def test_functions_of_totals_are_halved_by_groups_of_units():
    few, base = NEW[:30], BASE[:30]
    (found,) = alarms("rmse.rel > 2%", pred=few, baseline=base, losses="rmse")
    masks = [half(units(30), draw) for draw in range(DRAWS)]
    new, old = (np.array([(np.where(m, a, b) ** 2).mean() ** 0.5 for m in masks]) for a, b in ((base, few), (few, base)))
    assert found.exchanged
    assert found.failed == ((new - old) / old > 0.02).sum() > 0
    limit = (few**2).mean() ** 0.5 * 1.05
    (alone,) = alarms(f"rmse > {limit}", pred=few, losses="rmse")
    assert alone.failed == sum((few[m] ** 2).mean() ** 0.5 > limit for m in masks) > 0


@pytest.mark.parametrize(
    ("gate", "options", "why"),
    [
        ("mae.max > 1000", {}, "max of half of the units is not known"),
        ("mae > 1e9", {"reduction": "sum"}, "a sum depends on the number of samples"),
        ("mae > 0", {}, "the run itself fails"),
    ],
)
def test_what_halves_cannot_tell_is_said(gate, options, why):
    (found,) = alarms(gate, **options)
    assert (found.why, found.draws) == (why, 0)


def test_the_verdicts_are_those_without_a_self_test():
    mixed = asked("mae > 0", "mae > 1e3")
    assert run(mixed).report.gates == run(replace(mixed, self_test=False)).report.gates
    assert run(asked("mae > 1e3")).exit_code == OK
