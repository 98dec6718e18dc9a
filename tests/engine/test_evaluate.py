"""The engine: the same bits for any number of threads, in every statistic; weights, drops and pools add up."""

from __future__ import annotations

import json

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.engine import evaluate
from losscli.reading.asked import Reading
from losscli.run.request import Request
from losscli.run.run import run
from losscli.spec import tile
from losscli.spec.family import Conventions


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Many tiles from few rows."""
    monkeypatch.setattr(tile, "TILE_VALUES", 64)


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(11)
    np.save(tmp_path / "pred.npy", rng.normal(size=1000).astype(np.float32) + 1e5)
    np.save(tmp_path / "target.npy", rng.normal(size=1000) + 1e5)
    np.save(tmp_path / "weight.npy", rng.integers(0, 3, 1000).astype(float))
    return tmp_path


def request(files, **more):
    return Request(
        "regress",
        str(files / "pred.npy"),
        str(files / "target.npy"),
        **{"losses": ("mse", "rmse", "0.5*mae+2*huber"), "worst": 7, **more},
    )


@pytest.mark.parametrize("held", [100, 1 << 20])
@pytest.mark.parametrize("weights", [None, "weight.npy"])
def test_jobs_never_change_a_byte(files, weights, held, monkeypatch):
    """Whether quantiles hold the values or count them."""
    monkeypatch.setattr(evaluate, "EXACT_QUANTILES", held)
    reading = Reading(weights=None if weights is None else str(files / weights))
    outputs = {}
    for jobs in (1, 2, 5):
        sample, slope = files / "s.npy", files / f"g{jobs}.npy"
        text = run(
            request(
                files,
                reading=reading,
                format="json",
                jobs=jobs,
                losses=("mse", "0.5*mae+2*huber"),
                per_sample=str(sample),
                ci=0.95,
            )
        ).text
        run(request(files, reading=reading, jobs=jobs, losses=("0.5*mae+rmse",), gradients=str(slope)))
        outputs[jobs] = (text, sample.read_bytes(), slope.read_bytes())
    assert outputs[1] == outputs[2] == outputs[5]


@pytest.mark.parametrize("held", [100, 1 << 20])
def test_histograms_are_numpys_of_the_samples(files, held, monkeypatch):
    monkeypatch.setattr(evaluate, "EXACT_QUANTILES", held)
    sample = files / "s.npy"
    reading = Reading(weights=str(files / "weight.npy"))
    report = run(request(files, reading=reading, losses=("mse",), per_sample=str(sample))).report
    values = np.load(sample)[np.load(files / "weight.npy") > 0]
    found = report.losses[0].histogram
    assert list(np.histogram(values, found.edges)[0]) == list(found.counts)
    assert sum(found.counts) == report.losses[0].n


def test_statistics_are_numpys(files):
    found = json.loads(run(request(files, format="json")).text)["losses"][0]
    pred, target = (np.load(files / f"{n}.npy").astype(float) for n in ("pred", "target"))
    losses = (pred - target) ** 2
    for name, value in {
        "mean": losses.mean(),
        "sum": losses.sum(),
        "std": losses.std(),
        "min": losses.min(),
        "max": losses.max(),
        "p50": np.quantile(losses, 0.5),
        "p95": np.quantile(losses, 0.95),
    }.items():
        assert found[name] == pytest.approx(value, rel=1e-12), name
    assert found["value"] == found["mean"]
    assert found["n"] == 1000


def test_worst_rows_are_the_highest(files):
    found = json.loads(run(request(files, format="json", losses=("mse",))).text)["worst"]
    pred, target = (np.load(files / f"{n}.npy").astype(float) for n in ("pred", "target"))
    order = np.argsort(-((pred - target) ** 2), kind="stable")[:7] + 1
    assert [w["pred_row"] for w in found] == order.tolist()
    assert [w["rank"] for w in found] == list(range(1, 8))


def test_a_recipes_value_is_the_weighted_sum_of_its_terms(files):
    found = json.loads(run(request(files, format="json", losses=("0.5*mae+2*rmse",))).text)["losses"][0]
    assert found["value"] == pytest.approx(sum(t["weight"] * t["value"] for t in found["terms"]), rel=1e-15)
    assert found["std"] is None
    assert found["std_is"] == "undefined"


def test_dropped_rows_leave_every_number(files):
    pred = np.load(files / "pred.npy").astype(float)
    target = np.load(files / "target.npy")
    broken = pred.copy()
    broken[::3] = np.nan
    np.save(files / "broken.npy", broken)
    kept = np.arange(1000) % 3 != 0
    np.save(files / "p.npy", pred[kept])
    np.save(files / "t.npy", target[kept])
    with pytest.raises(DataError, match="row 1"):
        run(Request("regress", str(files / "broken.npy"), str(files / "target.npy"), losses=("mse",)))
    drop = Conventions(nonfinite="drop")
    sample = files / "s.npy"
    some = run(
        Request(
            "regress",
            str(files / "broken.npy"),
            str(files / "target.npy"),
            losses=("mse",),
            conventions=drop,
            per_sample=str(sample),
        )
    )
    rest = run(Request("regress", str(files / "p.npy"), str(files / "t.npy"), losses=("mse",)))
    assert some.report.losses[0].value == pytest.approx(rest.report.losses[0].value, rel=1e-14)
    assert some.report.losses[0].n == rest.report.losses[0].n
    assert (some.report.alignment.dropped, some.report.alignment.evaluated) == (334, 666)
    assert some.report.alignment.coverage == 0.666
    assert np.isnan(np.load(sample)).sum() == 334


def test_nothing_left_is_an_error(files):
    np.save(files / "nan.npy", np.full(1000, np.nan))
    with pytest.raises(DataError, match="nothing to evaluate"):
        run(
            Request(
                "regress",
                str(files / "nan.npy"),
                str(files / "target.npy"),
                losses=("mse",),
                conventions=Conventions(nonfinite="drop"),
            )
        )


def test_gradient_of_a_mixed_recipe_is_of_the_value(files):
    slope = files / "g.npy"
    run(request(files, losses=("mae+rmse",), gradients=str(slope), gradients_dtype="float64"))
    pred, target = (np.load(files / f"{n}.npy").astype(float) for n in ("pred", "target"))
    u = pred - target
    expected = np.sign(u) / 1000 + u / (1000 * np.sqrt((u**2).mean()))
    np.testing.assert_allclose(np.load(slope), expected, rtol=1e-12)


def test_sum_reduction(files):
    line = run(request(files, losses=("mse",), reduction="sum")).report.losses[0]
    assert line.value == line.sum
    assert line.mean == pytest.approx(line.sum / 1000, rel=1e-15)


def test_counted_quantiles_are_marked_and_near(files, monkeypatch):
    exact = run(request(files, losses=("mse",))).report
    monkeypatch.setattr(evaluate, "EXACT_QUANTILES", 100)
    counted = run(request(files, losses=("mse",))).report
    assert [w.code for w in counted.warnings] == ["quantiles-approximate"]
    assert not exact.warnings
    for name in ("p50", "p95"):
        # the bound of a bucket, and the distance between two neighbours of a thousand values
        assert getattr(counted.losses[0], name) == pytest.approx(getattr(exact.losses[0], name), rel=2**-11 + 0.02)
    for name in ("value", "std", "min", "max", "n"):
        assert getattr(counted.losses[0], name) == getattr(exact.losses[0], name)
