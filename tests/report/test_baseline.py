"""An evaluation against a baseline: pairs by target, differences and tests as SciPy has them, gates on them."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import losscli
from losscli.numerics.statistics.interval import NoInterval
from tests.support.command import call, refused

RNG = np.random.default_rng(11)
Y = RNG.normal(size=60)
NEW, BASE = Y + RNG.lognormal(size=60), Y + RNG.lognormal(size=60)


def losses(pred):
    return (pred - Y) ** 2


def evaluate(pred=NEW, baseline=BASE, loss="mse", **options):
    return losscli.evaluate(pred, Y, family="regress", losses=loss, baseline=baseline, **options)


def test_a_difference_is_that_of_a_paired_t_test():
    found = evaluate(test="t").losses[0].against
    expected = stats.ttest_rel(losses(NEW), losses(BASE))
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)
    assert (found.base, found.new) == (pytest.approx(losses(BASE).mean()), pytest.approx(losses(NEW).mean()))
    ends = expected.confidence_interval(0.95)
    assert (found.delta_ci.low, found.delta_ci.high) == (pytest.approx(ends.low), pytest.approx(ends.high))
    d = losses(NEW) - losses(BASE)
    assert (found.wins, found.ties, found.losses) == ((d < 0).sum(), 0, (d > 0).sum())
    assert found.rel == pytest.approx(d.mean() / losses(BASE).mean())


def test_few_samples_are_tested_with_every_flip_of_signs():
    few = slice(0, 10)
    found = losscli.evaluate(NEW[few], Y[few], family="regress", losses="mse", baseline=BASE[few]).losses[0].against
    d = losses(NEW)[few] - losses(BASE)[few]
    expected = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-12)


def test_weights_make_a_ratio():
    w = RNG.uniform(0.5, 2.0, 60)
    found = evaluate(weights=w, test="t").losses[0].against
    d = losses(NEW) - losses(BASE)
    delta = (w * d).sum() / w.sum()
    z = w * (d - delta) / w.mean()
    assert found.delta == pytest.approx(delta)
    assert found.delta_ci.high - delta == pytest.approx(stats.t.ppf(0.975, 59) * z.std(ddof=1) / np.sqrt(60))


def test_units_are_compared_by_their_totals():
    unit = np.repeat(np.arange(12), 5)
    found = losscli.evaluate(
        {"pred": NEW}, {"target": Y, "unit": unit}, family="regress", losses="mse", baseline={"pred": BASE}, unit="unit", test="t"
    )
    d = np.bincount(unit, losses(NEW) - losses(BASE)) / 5
    against = found.losses[0].against
    assert against.units == 12
    assert against.p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)


def test_rmse_is_compared_by_a_jackknife():
    found = evaluate(loss="rmse", test="t").losses[0].against
    value = [np.sqrt(losses(x).mean()) for x in (NEW, BASE)]
    parts = [59 * (v - np.sqrt((losses(x).sum() - losses(x)) / 59)) for x, v in zip((NEW, BASE), value, strict=True)]
    z = parts[0] - parts[1]
    reach = stats.t.ppf(0.975, 59) * z.std(ddof=1) / np.sqrt(60)
    assert found.delta == pytest.approx(value[0] - value[1])
    assert found.delta_ci.high - found.delta == pytest.approx(reach)


def test_identical_predictions_differ_by_nothing_and_pass():
    report = evaluate(baseline=NEW, max_regression="1%", gate_on="ci")
    found = report.losses[0].against
    assert (found.identical, found.p, found.delta_ci) == (True, 1.0, NoInterval("constant"))
    assert report.verdict == "pass"


def test_p_is_adjusted_for_every_comparison():
    report = losscli.evaluate(
        {"pred": NEW}, {"target": Y, "site": np.repeat(["a", "b"], 30)}, family="regress", losses=["mse", "mae"], by="site",
        baseline={"pred": BASE},
    )  # fmt: skip
    lines = [*report.losses, *(x for g in report.groups for x in g.losses)]
    found = [x.against for x in lines if x.against is not None]
    assert len(found) == 6
    smallest = min(found, key=lambda x: x.p)
    assert smallest.p_holm == pytest.approx(min(1.0, 6 * smallest.p))


def test_a_higher_value_that_is_better_turns_the_limit():
    worse = evaluate(pred=Y + 3 * (NEW - Y), baseline=NEW, loss="r2", max_regression="5%")
    assert worse.gates[0].expr == "r2.rel < -5%"
    assert worse.verdict == "fail"
    assert evaluate(pred=NEW, baseline=Y + 3 * (NEW - Y), loss="r2", max_regression="5%").verdict == "pass"


@pytest.mark.parametrize(("noise", "shift", "verdict"), [(0.0, 0.2, "fail"), (0.001, 0.0, "pass"), (0.5, 0.02, "inconclusive")])
def test_a_gate_on_the_interval_says_what_it_can(noise, shift, verdict):
    base = Y + np.abs(RNG.normal(1, 0.1, 60))
    pred = base + shift + noise * RNG.normal(size=60)
    report = evaluate(pred=pred, baseline=base, loss="mae", max_regression="2%", gate_on="ci")
    (gate,) = report.gates
    assert gate.verdict == verdict
    if verdict == "inconclusive":
        assert gate.sees > 0.02
        assert gate.settles > 60
        assert report.verdict == "warn"


def test_other_targets_are_refused():
    with pytest.raises(losscli.DataError):
        evaluate(baseline=BASE[:50])


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, pred in (("new", NEW), ("base", BASE)):
        Path(f"{name}.csv").write_text("id,pred\n" + "".join(f"{i},{x!r}\n" for i, x in enumerate(pred.tolist())))
    Path("truth.csv").write_text("id,target\n" + "".join(f"{i},{x!r}\n" for i, x in enumerate(Y.tolist())))
    rows = list(enumerate(BASE.tolist()))
    RNG.shuffle(rows)
    Path("shuffled.csv").write_text("id,pred\n" + "".join(f"{i},{x!r}\n" for i, x in rows))


def test_a_baseline_in_another_order_pairs_by_key(files):
    argv = ("regress", "new.csv", "truth.csv", "-l", "mse", "--key", "id", "-f", "json", "--baseline")
    plain, shuffled = (call(*argv, name).report["baseline"]["comparisons"] for name in ("base.csv", "shuffled.csv"))
    assert plain == shuffled
    by_position = call("regress", "new.csv", "truth.csv", "-l", "mse", "--baseline", "shuffled.csv")
    assert by_position.code == 3, "ids in another order are never paired by position"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--max-regression", "2%"), 2),
        (("--fail-if", "mse.rel > 2%"), 2),
        (("--baseline", "nosuch.csv"), 3),
        (("--baseline", "base.csv", "--max-regression", "x"), 2),
        (("--baseline", "-"), 2),
        (("--baseline", "base.csv", "--fail-if", "mse.rel > 2%"), 1),
        (("--baseline", "new.csv", "--fail-if", "mse.rel > 2%"), 0),
    ],
)
def test_exit_codes(files, words, code):
    worse = Path("worse.csv")
    worse.write_text("id,pred\n" + "".join(f"{i},{x!r}\n" for i, x in enumerate((Y + 2 * (BASE - Y)).tolist())))
    pred = "worse.csv" if code == 1 else "new.csv"
    assert call("regress", pred, "truth.csv", "-l", "mse", *words).code == code


@pytest.mark.parametrize("format", ["table", "plain", "md"])
def test_a_report_shows_both_values(files, format):
    out = call("regress", "new.csv", "truth.csv", "-l", "mse", "--baseline", "base.csv", "-f", format).out
    assert "base" in out
    assert f"{losses(BASE).mean():.6g}" in out.replace("\\", "")
    assert "4 times out of 5" in out


RUN = ("regress", "new.csv", "truth.csv", "-l", "mse", "-l", "mse+mae", "--key", "id", "-f", "json")
OLD = ("regress", "base.csv", "truth.csv", "-l", "mse", "-l", "mse+mae", "--key", "id", "-q")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_losses_of_samples_are_a_baseline(files, suffix):
    assert call(*OLD, "--per-sample", f"s.{suffix}", "-b").code == 0
    mine = call(*RUN, "--baseline", f"s.{suffix}").report["baseline"]
    theirs = call(*RUN, "--baseline", "base.csv").report["baseline"]
    assert (mine["kind"], mine["rows"]) == ("samples", 60)
    if suffix != "parquet":
        Path(f"s.{suffix}.gz").write_bytes(gzip.compress(Path(f"s.{suffix}").read_bytes()))
        assert call(*RUN, "--baseline", f"s.{suffix}.gz").report["baseline"]["comparisons"] == mine["comparisons"]
    assert mine["comparisons"][0] == theirs["comparisons"][0]
    assert mine["comparisons"][1]["delta"] == pytest.approx(theirs["comparisons"][1]["delta"])


def test_a_report_names_its_samples(files):
    Path("old").mkdir()
    assert call(*OLD, "--per-sample", "old/s.csv", "-o", "old/r.json", "-b").code == 0
    assert json.loads(Path("old/r.json").read_text())["samples"]["path"] == "s.csv"
    found = call(*RUN, "--baseline", "old/r.json").report["baseline"]
    assert found["kind"] == "report"
    assert found["comparisons"][0] == call(*RUN, "--baseline", "base.csv").report["baseline"]["comparisons"][0]
    with Path("old/s.csv").open("a") as file:
        file.write("99,99,99,1.0,1.0\n")
    refused(3, *RUN, "--baseline", "old/r.json", says=("the samples have changed since the report was written",))


def test_a_report_of_other_targets_is_refused(files):
    assert call(*OLD, "--per-sample", "s.csv", "-o", "r.json", "-b").code == 0
    rows = Path("truth.csv").read_text().splitlines()
    Path("truth.csv").write_text("\n".join([*rows[:-1], "59,0.5"]) + "\n")
    refused(3, *RUN, "--baseline", "r.json", says=("the report is of other targets: sha256", "--unpaired"))
    assert call(*RUN, "--baseline", "r.json", "--unpaired").code == 0


def test_a_report_of_another_way_is_refused(files):
    assert call(*OLD, "--per-sample", "s.csv", "-o", "r.json", "-b", "--reduction", "sum").code == 0
    refused(3, *RUN, "--baseline", "r.json", says=("reduction=sum instead of reduction=mean",))
    refused(3, *RUN, "-l", "mae", "--baseline", "r.json", says=("no loss mae",))


def test_a_loss_without_values_per_sample_is_not_compared_with_losses_of_samples(files):
    assert call(*RUN, "--per-sample", "s.csv").code == 0
    refused(2, *RUN, "--loss", "rmse", "--baseline", "s.csv", says=("rmse has no value per sample", "the other predictions"))


def test_mistakes_of_comparisons_are_told_at_once(files):
    says = ("--max-regression 'x' is not", "--max-change '-1%' is not", "nope > 1")
    refused(2, *RUN, "--baseline", "b.csv", "--max-regression", "x", "--max-change=-1%", "--fail-if", "nope > 1", says=says)
    refused(2, *RUN, "--baseline", "base.csv", "--unpaired", says=("--unpaired compares with a report",))


def test_a_report_without_samples_is_compared_unpaired(files):
    assert call(*OLD, "-o", "r.json", "-b").code == 0
    refused(3, *RUN, "--baseline", "r.json", says=("names no samples", "--per-sample FILE", "--unpaired"))
    found = call(*RUN, "--baseline", "r.json", "--unpaired").report["baseline"]["comparisons"][0]
    expected = stats.ttest_ind(losses(NEW), losses(BASE), equal_var=False)
    assert (found["test"], found["p_value"]) == ("welch", pytest.approx(expected.pvalue))
    ends = expected.confidence_interval(0.95)
    assert (found["ci"]["low"], found["ci"]["high"]) == (pytest.approx(ends.low), pytest.approx(ends.high))


def test_resampled_intervals_are_the_same_whatever_the_baseline(files):
    run = ("regress", "new.csv", "truth.csv", "-l", "2*mse", "--key", "id", "-f", "json", "--ci-method", "percentile")
    assert call("regress", "base.csv", "truth.csv", "-l", "2*mse", "--key", "id", "--per-sample", "s.csv", "-q", "-b").code == 0
    alone, predictions, samples = (
        call(*run, *more).loss["ci"] for more in ((), ("--baseline", "base.csv"), ("--baseline", "s.csv"))
    )
    assert alone == predictions == samples


def test_units_and_weights_with_losses_of_samples(files):
    rng = np.random.default_rng(3)
    extra = [f"{i},{x!r},{i // 5},{w!r}" for i, (x, w) in enumerate(zip(Y.tolist(), rng.uniform(1, 2, 60).tolist(), strict=True))]
    Path("truth.csv").write_text("id,target,patient,w\n" + "\n".join(extra) + "\n")
    more = ("--weights", "w", "--unit", "patient")
    assert call(*OLD, *more, "--per-sample", "s.csv", "-b").code == 0
    mine, theirs = (
        call(*RUN, *more, "--test", "t", "--baseline", b).report["baseline"]["comparisons"][0] for b in ("s.csv", "base.csv")
    )
    for key in ("base", "delta", "rel", "p_value", "mde"):
        assert mine[key] == pytest.approx(theirs[key], rel=1e-9)
    assert (mine["units"], theirs["units"]) == (12, 12)


@pytest.mark.parametrize("limit", [1e-300, 5e-324])
def test_a_limit_that_no_number_of_samples_sees_is_inconclusive(limit):
    report = evaluate(pred=1e9 * NEW, baseline=1e9 * NEW[::-1], fail_if=f"mse.delta > {limit}", gate_on="ci")
    assert report.gates[0].settles is None
    assert report.gates[0].verdict == "inconclusive"
