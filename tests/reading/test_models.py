"""Several models in one table: the numbers of each model are those of a run of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import losscli
from tests.support.command import call, refused


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def forecasts(series=2, cutoffs=2, steps=3, seed=0, models=("ARIMA", "NHITS")):
    """A table as cross-validation of forecasts has it: a row per series, cutoff and time."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"s{s}", c + pd.Timedelta(days=h), c)
        for s in range(series)
        for c in pd.date_range("2024-01-10", periods=cutoffs, freq="7D")
        for h in range(1, steps + 1)
    ]
    table = pd.DataFrame(rows, columns=["unique_id", "ds", "cutoff"])
    for name in ("y", *models):
        table[name] = rng.normal(10, 2, len(table))
    for name in models:
        table[f"{name}-lo-90"], table[f"{name}-hi-90"] = table[name] - 3, table[name] + 3
    return table


def by_model(report, loss="mae"):
    return {g.by["model"]: g.line(loss).value for g in report.groups}


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(0, 99), st.booleans())
def test_each_model_has_the_number_of_its_own_run(series, cutoffs, steps, seed, shuffled):
    table = forecasts(series, cutoffs, steps, seed)
    for loss in ("mae", "rmse"):
        alone = {
            m: losscli.evaluate(table, family="regress", losses=loss, col=[f"pred={m}", "target=y"]).losses[0].value
            for m in ("ARIMA", "NHITS")
        }
        assert by_model(losscli.evaluate(table, family="regress", losses=loss, models="*"), loss) == alone
        keys = ["unique_id", "ds", "cutoff"]
        pred = table.drop(columns="y")
        pred = pred.sample(frac=1, random_state=seed) if shuffled else pred
        found = losscli.evaluate(pred, table[[*keys, "y"]], family="regress", losses=loss, models=["A*", "NHITS"], key=keys)
        assert by_model(found, loss) == pytest.approx(alone, rel=1e-15), "sums of another order"
        assert found.losses[0].n == 2 * len(table)


@pytest.mark.usefixtures("here")
def test_the_report_has_a_line_per_model_rows_and_gates():
    forecasts().to_csv("cv.csv", index=False)
    argv = ("regress", "cv.csv", "--models", "NHITS,ARIMA", "--col", "target=y", "-l", "mae", "--by", "horizon")
    done = call(*argv, "--worst", "3", "--per-sample", "s.csv", "-f", "json", "--fail-if", "mae@model=NHITS@horizon=1 day > 99")
    report = done.report
    assert [g["by"] for g in report["groups"]][:2] == [{"model": "ARIMA", "horizon": f"{d}"} for d in ("1 day", "2 days")]
    assert report["gates"][0]["verdict"] == "pass"
    assert report["inputs"]["pred"]["roles"]["pred"] == ["NHITS", "ARIMA"]
    assert {"column": "NHITS-lo-90", "why": "not named after a role"} in report["inputs"]["pred"]["left_out"]
    samples, table = pd.read_csv("s.csv"), forecasts()
    assert list(samples.model) == ["NHITS"] * 12 + ["ARIMA"] * 12
    expected = [abs(table[m][r - 1] - table.y[r - 1]) for m, r in zip(samples.model, samples.pred_row, strict=True)]
    assert list(samples.mae) == expected
    for worst in report["worst"]:
        row = worst["pred_row"] - 1
        assert worst["value"] == abs(table[worst["key"]["model"]][row] - table.y[row])


@pytest.mark.usefixtures("here")
def test_the_bits_do_not_depend_on_the_jobs():
    forecasts(50, 30, 60).to_csv("cv.csv", index=False)
    argv = ("regress", "cv.csv", "--models", "*", "-l", "mae", "-l", "rmse", "-f", "json")
    assert len({call(*argv, "--jobs", jobs).out for jobs in ("1", "2", "3")}) == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("models", "code", "says"),
    [
        ("Foo", 3, ("no column 'Foo'", "its columns")),
        ("Z*", 3, ("no column 'Z*'",)),
        ("NHITS,N*S", 2, ("--models names NHITS twice",)),
    ],
)
def test_faults_of_models_are_named(models, code, says):
    forecasts().to_csv("cv.csv", index=False)
    refused(code, "regress", "cv.csv", "-l", "mae", "--models", models, says=says)
    refused(3, "regress", "cv.csv", "-l", "mae", says=("--models",))


@pytest.mark.usefixtures("here")
def test_a_bare_array_has_no_models_and_a_bad_time_is_named():
    np.save("p.npy", np.zeros(3))
    refused(3, "regress", "p.npy", "p.npy", "-l", "mae", "--models", "a", says=("no columns to name as models",))
    Path("cv.csv").write_text("ds,cutoff,y,A\n2024-01-02,2024-01-01,1,2\nsoon,2024-01-01,1,2\n")
    says = ("cv.csv, row 2", "'soon' is neither a number nor a time")
    refused(3, "regress", "cv.csv", "--models", "A", "-l", "mae", "--by", "horizon", says=says)


def test_horizons_are_in_the_order_of_time():
    times = ["2024-01-01 12:00", "2024-01-02", "2024-01-03", "2024-01-11", "2024-04-10"]
    table = pd.DataFrame({"ds": times, "cutoff": "2024-01-01", "y": 1.0, "A": 2.0})
    report = losscli.evaluate(table, family="regress", losses="mae", col=["pred=A", "target=y"], by="horizon")
    assert [g.by["horizon"] for g in report.groups] == ["12 hours", "1 day", "2 days", "10 days", "100 days"]


@pytest.mark.parametrize(
    ("ds", "cutoff", "horizon"),
    [("7", "4", "3"), ("2024-01-02 06:00:00", "2024-01-01", "30 hours"), ("2024-01-02T00:00:01", "2024-01-02", "1 second")],
)
def test_a_horizon_is_the_time_less_the_cutoff(ds, cutoff, horizon):
    table = pd.DataFrame({"ds": [ds], "cutoff": [cutoff], "y": [1.0], "A": [2.0]})
    report = losscli.evaluate(table, family="regress", losses="mae", col=["pred=A", "target=y"], by="horizon")
    assert [g.by["horizon"] for g in report.groups] == [horizon]


def horizons(ds, cutoff):
    """The groups and the notes of times and their cutoffs."""
    table = pd.DataFrame({"ds": ds, "cutoff": cutoff, "y": 1.0, "A": 2.0})
    report = losscli.evaluate(table, family="regress", losses="mae", col=["pred=A", "target=y"], by="horizon")
    return [g.by["horizon"] for g in report.groups], [w.message for w in report.warnings]


UNITS = {
    "D": "day", "W": "week", "MS": "month", "ME": "month", "QS": "quarter", "QE": "quarter", "YS": "year", "YE": "year",
    "h": "hour", "B": "day", "15min": "step", "12h": "step", "2D": "step", "4W": "step",
}  # fmt: skip


@pytest.mark.parametrize("freq", UNITS)
@pytest.mark.parametrize("windows", [1, 3])
def test_horizons_are_steps_of_the_series(freq, windows):
    times = pd.date_range("2024-01-31", periods=6 + 8 * (windows - 1), freq=freq).astype(str)
    pairs = [(times[8 * w + h], times[8 * w]) for w in range(windows) for h in range(1, 6)]
    found, notes = horizons(*zip(*pairs, strict=True))
    unit = UNITS[freq]
    assert found == [f"{h} {unit}{'' if h == 1 else 's'}" for h in range(1, 6)]
    assert len(notes) == 1
    assert notes[0].startswith("horizon: ")


def test_horizons_of_whole_numbers_and_of_times_between_steps():
    assert horizons([10, 20, 30], [0, 0, 0]) == (["1 step", "2 steps", "3 steps"], ["horizon: steps of 10 from cutoff"])
    assert horizons([202401, 202402, 202403], [202312] * 3)[0] == ["1 month", "2 months", "3 months"]
    assert horizons([20240101, 20240102], [20231231] * 2)[0] == ["1 day", "2 days"]
    assert horizons(["2024-02-01", "2024-03-01", "2024-04-01"], ["2024-01-15"] * 3)[0] == ["1 month", "2 months", "3 months"]
    assert horizons(["2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"], ["2024-01-01T00:00:00Z"] * 2)[0] == ["1 day", "2 days"]
    found, notes = horizons(["2024-01-02", "2024-01-05", "2024-01-09"], ["2024-01-01"] * 3)
    assert found == ["1 day", "4 days", "8 days"]
    assert "not evenly spaced" in notes[0]


SHAPES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "statsmodels": ({"mean": "A", "mean_se": 0.5, "mean_ci_lower": -1, "mean_ci_upper": 1}, ["mean"]),
    "Prophet": ({"trend": 1, "yhat_lower": -1, "yhat_upper": 1, "additive_terms": 0.1, "weekly": 0.1, "yhat": "A"}, ["yhat"]),
    "NeuralProphet": ({"yhat1": "A", "yhat1 10.0%": -1, "yhat1 90.0%": 1, "trend": 1, "season_weekly": 0.2}, ["yhat1"]),
    "steps of NeuralProphet": ({"yhat1": "A", "yhat2": "B", "ar1": 0.1}, ["yhat1", "yhat2", "ar1"]),
    "NeuralForecast": ({"NHITS": "A", "NHITS-median": "B", "NHITS-ql0.1": -1, "NHITS-lo-90": -1}, ["NHITS", "NHITS-median"]),
    "AutoGluon": ({"mean": "A", "0.1": -1, "0.5": 0, "0.9": 1}, ["mean"]),
    "Darts": ({"value_q0.10": -1, "value_q0.90": 1, "median": "B"}, ["median"]),
}


@pytest.mark.parametrize("library", SHAPES)
def test_every_model_of_a_library_is_found(library):
    columns, models = SHAPES[library]
    rng = np.random.default_rng(5)
    y = rng.normal(10, 2, 8)
    own = {"A": y + rng.normal(0, 1, 8), "B": y + rng.normal(0, 2, 8)}
    table = pd.DataFrame({"unique_id": "s", "ds": pd.date_range("2024-01-01", periods=8).astype(str), "y": y})
    for name, what in columns.items():
        table[name] = own[what] if what in own else own["A"] + what
    report = losscli.evaluate(table, family="regress", losses="mae", models="*")
    assert by_model(report) == pytest.approx({m: float(np.abs(table[m] - y).mean()) for m in models}, rel=1e-12)
