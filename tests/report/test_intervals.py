"""The intervals of a report, against formulas written out here and against SciPy and statsmodels."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

import losscli
from losscli.numerics.statistics.interval import Interval, NoInterval

RNG = np.random.default_rng(7)


def skew_t(value: float, units: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Hall's interval of a mean of units whose mean is 0, about `value`: G(W) = ±t/√n solved numerically."""
    n = len(units)
    s = units.std(ddof=1)
    g = ((units - units.mean()) ** 3).mean() / units.std() ** 3
    ends = []
    for y in (stats.t.ppf((1 + level) / 2, n - 1) / np.sqrt(n), stats.t.ppf((1 - level) / 2, n - 1) / np.sqrt(n)):
        roots = np.roots([g * g / 27, g / 3, 1, g / (6 * n) - y])
        w = roots[np.abs(roots.imag) < 1e-9].real
        ends.append(value - s * w[np.argmin(np.abs(w - y))])
    return ends[0], ends[1]


def line(pred, target, losses, family="regress", **options):
    return losscli.evaluate(pred, target, family=family, losses=losses, **options).losses[0]


def close(ci, expected, rtol=1e-9):
    assert (ci.low, ci.high) == (pytest.approx(expected[0], rel=rtol), pytest.approx(expected[1], rel=rtol))


@pytest.fixture(scope="module")
def table():
    y = RNG.normal(size=200)
    return {"pred": y + RNG.lognormal(size=200), "target": y}, RNG.uniform(0.5, 2.0, 200), np.repeat(np.arange(40), 5)


def test_a_mean_has_the_skew_t_interval_of_its_losses(table):
    sides, _, _ = table
    losses = (sides["pred"] - sides["target"]) ** 2
    found = line(sides["pred"], sides["target"], "mse")
    assert (found.ci.method, found.ci.n) == ("skew-t", 200)
    close(found.ci, skew_t(losses.mean(), losses - losses.mean()))
    assert (found.low, found.high) == (found.ci.low, found.ci.high)


def test_symmetric_losses_have_students_interval():
    error = RNG.normal(size=50)
    error = np.r_[error, -error]
    found = line(10.0 + error, np.zeros(100), "mae")
    expected = stats.t.interval(0.95, 99, loc=found.value, scale=stats.sem(error))
    close(found.ci, expected, 1e-7)


def test_a_scaled_term_and_a_sum_scale_the_interval(table):
    sides, _, _ = table
    plain = line(sides["pred"], sides["target"], "mse")
    twice = line(sides["pred"], sides["target"], "2*mse")
    total = line(sides["pred"], sides["target"], "mse", reduction="sum")
    close(twice.ci, (2 * plain.low, 2 * plain.high))
    close(total.ci, (200 * plain.low, 200 * plain.high))


@pytest.mark.parametrize("more", [{}, {"weights": True}, {"unit": "unit"}])
def test_a_scaled_loss_scales_the_interval_of_a_sum(table, more):
    sides, w, units = table
    data = {**sides, "unit": units}
    more = {"weights": w} if more.get("weights") else more
    plain, twice = (line(data, None, x, reduction="sum", **more) for x in ("mse", "2*mse"))
    assert twice.value == pytest.approx(2 * plain.value)
    close(twice.ci, (2 * plain.low, 2 * plain.high))


def test_a_weighted_mean_is_a_ratio(table):
    sides, w, _ = table
    losses = (sides["pred"] - sides["target"]) ** 2
    value = (w * losses).sum() / w.sum()
    found = line(sides["pred"], sides["target"], "mse", weights=w)
    close(found.ci, skew_t(value, w * (losses - value) / w.mean()))


def test_class_weights_make_a_ratio_too():
    probs = RNG.dirichlet(np.ones(3), 120)
    labels = RNG.integers(0, 3, 120)
    w = np.array([1.0, 2.0, 5.0])[labels]
    losses = -np.log(probs[np.arange(120), labels])
    value = (w * losses).sum() / w.sum()
    found = line(probs, labels, "ce:weights=[1,2,5]", family="classify")
    assert found.value == pytest.approx(value)
    close(found.ci, skew_t(value, w * (losses - value) / w.mean()))


@pytest.mark.parametrize("weighted", [False, True])
def test_units_stand_or_fall_together(table, tmp_path, weighted):
    sides, w, units = table
    w = w if weighted else np.ones(200)
    losses = (sides["pred"] - sides["target"]) ** 2
    value = (w * losses).sum() / w.sum()
    residual = np.bincount(units, w * (losses - value)) / (w.sum() / 40)
    found = line({**sides, "unit": units}, None, "mse", unit="unit", **({"weights": w} if weighted else {}))
    assert found.ci.n == 40
    close(found.ci, skew_t(value, residual))


def test_rmse_has_the_interval_of_a_delete_one_jackknife(table):
    sides, _, _ = table
    squares = (sides["pred"] - sides["target"]) ** 2
    value = np.sqrt(squares.mean())
    without = np.sqrt((squares.sum() - squares) / 199)
    found = line(sides["pred"], sides["target"], "rmse")
    assert (found.ci.method, found.ci.n) == ("skew-t", 200)
    close(found.ci, skew_t(value, 199 * (value - without)), 1e-7)


def test_many_rows_are_deleted_in_251_groups():
    error = RNG.normal(size=5000)
    found = line(error, np.zeros(5000), "rmse")
    assert found.ci.n == 251
    half = (found.high - found.low) / 2
    assert half == pytest.approx(1.96 * np.sqrt(0.5 / 5000), rel=0.2), "the width of rmse of normal errors is that of s/√(2n)"


def test_several_terms_are_jackknifed_together(table):
    sides, _, _ = table
    d = sides["pred"] - sides["target"]
    losses = d**2 + 0.5 * np.abs(d)
    found = line(sides["pred"], sides["target"], "mse+0.5*mae")
    close(found.ci, skew_t(losses.mean(), losses - losses.mean()), 1e-7)
    again = line(sides["pred"], sides["target"], "mse+mse+0.5*mae")
    assert again.value == pytest.approx((d**2).mean() + losses.mean())
    assert again.low < again.value < again.high


def test_shares_of_zeros_and_ones_have_wilsons_interval():
    probs = RNG.dirichlet(np.ones(3), 150)
    labels = RNG.integers(0, 3, 150)
    found = line(probs, labels, "zero_one", family="classify", ci=0.9)
    wrong = int((probs.argmax(1) != labels).sum())
    assert (found.ci.method, found.ci.level) == ("wilson", 0.9)
    close(found.ci, proportion_confint(wrong, 150, 0.1, "wilson"))
    right = line(probs, probs.argmax(1), "zero_one", family="classify")
    assert right.low == 0
    assert 0 < right.high < 0.03, "no errors of 150 do not show that there are none"


def test_quantiles_have_the_intervals_of_ranks(table):
    sides, _, units = table
    losses = np.sort(np.abs(sides["pred"] - sides["target"]))
    found = line(sides["pred"], sides["target"], "mae")
    low = int(stats.binom.ppf(0.025, 200, 0.5))
    assert (found.p50_ci.method, found.p50_ci.low) == ("order", losses[low - 1])
    assert stats.binom.cdf(low - 1, 200, 0.5) <= 0.025 < stats.binom.cdf(low, 200, 0.5)
    assert found.p95_ci.low < found.p95 < found.p95_ci.high
    grouped = line({**sides, "unit": units}, None, "mae", unit="unit")
    assert grouped.p50_ci.reason == "no-method", "ranks take rows as independent"


@pytest.mark.parametrize(
    ("pred", "target", "loss", "reason"),
    [
        ([1.0], [0.0], "mse", "one-unit"),
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], "mse", "constant"),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], "mse", "constant"),
        ([1.0, 2.0, 4.0], [0.0, 0.0, 0.0], "max_error", "no-method"),
    ],
)
def test_nothing_is_said_where_nothing_is_known(pred, target, loss, reason):
    report = losscli.evaluate(pred, target, family="regress", losses=loss)
    found = report.losses[0]
    assert (found.ci, found.low, found.high) == (NoInterval(reason), None, None)
    told = report.as_dict()["losses"][0]
    assert (told["ci"], told["ci_is"]) == (None, reason)


def test_no_interval_is_asked_for(table):
    sides, _, _ = table
    report = losscli.evaluate(sides["pred"], sides["target"], family="regress", losses="mse", ci="none")
    told = report.as_dict()["losses"][0]
    assert (report.losses[0].ci, told["ci"], "ci_is" in told) == (None, None, False)


def test_batches_are_the_units_of_losses_that_compare_rows():
    vectors, labels = RNG.normal(size=(120, 4)), RNG.integers(0, 4, 120)
    each = [
        losscli.evaluate(vectors[i : i + 12], labels[i : i + 12], family="embed", losses="nt_xent").losses[0]
        for i in range(0, 120, 12)
    ]
    totals, counts = np.array([x.sum for x in each]), np.array([x.n for x in each])
    found = line(vectors, labels, "nt_xent:batch=12", family="embed")
    value = totals.sum() / counts.sum()
    assert found.value == pytest.approx(value)
    close(found.ci, skew_t(value, (totals - value * counts) / counts.mean()), 1e-7)
    assert line(vectors, labels, "nt_xent", family="embed").ci == NoInterval("no-method")


@pytest.mark.parametrize("method", ["percentile", "bootstrap-t"])
def test_resampled_intervals_are_those_of_a_bootstrap(table, method):
    sides, w, units = table
    plain = line(sides["pred"], sides["target"], "mse", ci_method=method, resamples=2000)
    assert (plain.ci.method, plain.ci.resamples, plain.ci.seed) == (method, 2000, 0)
    losses = (sides["pred"] - sides["target"]) ** 2
    means = np.random.default_rng(0).choice(losses, (20000, 200)).mean(1)
    if method == "percentile":
        close(plain.ci, np.quantile(means, [0.025, 0.975]), 0.05)
    assert plain.low < losses.mean() < plain.high
    again = line(sides["pred"], sides["target"], "mse", ci_method=method, resamples=2000, jobs=2)
    assert (again.low, again.high) == (plain.low, plain.high)
    assert line(sides["pred"], sides["target"], "mse", ci_method=method, resamples=2000, seed=1).low != plain.low
    total = line(sides["pred"], sides["target"], "mse", ci_method=method, resamples=2000, reduction="sum")
    close(total.ci, (200 * plain.low, 200 * plain.high))
    grouped = line({**sides, "unit": units}, None, "2*mse", unit="unit", ci_method=method, resamples=200, weights=w)
    assert grouped.ci.n == 40
    assert grouped.low < grouped.value < grouped.high
    told = losscli.evaluate(sides["pred"], sides["target"], family="regress", losses="rmse", ci_method=method).losses[0]
    assert isinstance(told.ci, Interval)
    assert told.ci.method == "skew-t", "a function of totals is not resampled"


@pytest.mark.parametrize("level", ["0", "1", "0.3", "95", "x", "nan", "-90%"])
def test_a_level_is_a_share(level):
    with pytest.raises(losscli.UsageError, match="is not a level"):
        losscli.evaluate([1.0, 2.0], [0.0, 1.0], family="regress", losses="mse", ci=level)


def test_groups_have_intervals_of_their_own(table):
    sides, _, _ = table
    site = np.repeat(["a", "b"], 100)
    report = losscli.evaluate({**sides, "site": site}, family="regress", losses=["mse", "rmse"], by="site")
    alone = losscli.evaluate(sides["pred"][:100], sides["target"][:100], family="regress", losses=["mse", "rmse"])
    for mine, other in zip(report.groups[0].losses, alone.losses, strict=True):
        close(mine.ci, (other.low, other.high), 1e-12)


def test_losses_whose_squares_are_beyond_the_doubles_are_not_resampled():
    report = losscli.evaluate([1e200, 0.0, 1.0], [0.0] * 3, family="regress", losses="mae", ci_method="bootstrap-t")
    assert report.losses[0].ci == NoInterval("not-finite")
