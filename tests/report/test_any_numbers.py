"""Whatever numbers the losses are made from, statistics, gates and every format are right or refused: nothing crashes."""

import random
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.report.render import FORMATS, render

LOSSES = ("mae", "mse", "rmse", "r2", "huber", "mape", "log_cosh", "msle")
ALONE = ("{} > 0.5", "{}.p50 < 0.1", "{}.p95 > 1", "{}.low > 0", "{}.high < 3", "{} > 1e308", "{}.std > 1", "{}.sum > 1")
AGAINST = ("{}.delta > 0", "{}.rel > 2%", "{}.p < 0.05", "{}.p_holm < 0.05", "{}.mde > 1", "{}.wins < 3", "{}.delta > 1e-300")
CHOICES = {
    "gate_on": ("ci", "value"),
    "nonfinite": ("keep", "drop"),
    "ci_method": ("skew-t", "bootstrap-t", "percentile"),
    "reduction": ("mean", "sum"),
}
TESTS = {"test": ("signflip", "t", "none"), "adjust": ("holm", "bh", "none")}
"""Of comparisons with a baseline."""


def numbers(draw, rng, n):
    """Numbers at an edge of the doubles, of the statistics, or of neither."""
    kinds = (
        lambda: np.ones(n),
        lambda: np.zeros(n),
        lambda: rng.normal(size=n),
        lambda: rng.lognormal(0, 3, size=n),
        lambda: np.full(n, 1e308),
        lambda: np.full(n, 5e-324),
        lambda: rng.integers(0, 2, n).astype(float),
        lambda: np.r_[np.zeros(n - 1), 1e300],
        lambda: 1 + rng.integers(0, 2, n) * 2**-52,
        lambda: np.where(rng.random(n) < 0.2, np.inf, 1.0),
        lambda: np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
    )
    return draw.choice(kinds)()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(4))
def test_any_numbers_make_a_report_or_a_refusal(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    reports = 0
    for _ in range(50):
        n, loss, compared = draw.choice((1, 2, 3, 5, 30, 80)), draw.choice(LOSSES), draw.random() < 0.6
        gates = [x.format(loss) for x in draw.sample(ALONE + AGAINST if compared else ALONE, 3)]
        options: dict[str, Any] = {name: draw.choice(values) for name, values in CHOICES.items()}
        if compared:
            options |= {"baseline": numbers(draw, rng, n), **{name: draw.choice(values) for name, values in TESTS.items()}}
            options |= {"resamples": 99} if options["test"] == "signflip" else {}
        options |= {"weights": np.abs(numbers(draw, rng, n))} if draw.random() < 0.3 else {}
        pred, target = numbers(draw, rng, n), numbers(draw, rng, n)
        try:
            report = losscli.evaluate(pred, target, family="regress", losses=loss, fail_if=gates, **options)
        except losscli.DataError:
            continue
        reports += 1
        for name in FORMATS:
            shown = render(report, name)
            assert shown.endswith("\n") or (name == "github" and report.verdict == "pass"), (name, loss, gates, options)
    assert reports > 20
