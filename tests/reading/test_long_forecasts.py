"""Long tables of forecasts: the values of a pandas pivot and a formula of NumPy, and the key of what is missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from tests.support.command import call, refused

LEVELS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99]
KEYS = ["location", "target_end_date"]


def hub(levels=LEVELS, places=3, dates=2, seed=0, samples=0):
    """A table in the format of forecast hubs, shuffled, and its truth, in another order."""
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for place in range(places):
        for day in pd.date_range("2024-01-06", periods=dates, freq="7D").astype(str):
            kinds = [("quantile", f"{x:g}") for x in levels] + [("sample", str(i)) for i in range(samples)]
            key = ("2024-01-06", "wk inc flu hosp", f"{place:02d}", day)
            rows += [(*key, kind, x, round(v, 3)) for (kind, x), v in zip(kinds, rng.gamma(5, 20, len(kinds)), strict=True)]
            truth.append((day, f"{place:02d}", round(float(rng.gamma(5, 20)), 1)))
    table = pd.DataFrame(rows, columns=["reference_date", "target", *KEYS, "output_type", "output_type_id", "value"])
    return table.sample(frac=1, random_state=seed), pd.DataFrame(truth[::-1], columns=["target_end_date", "location", "value"])


def pivoted(table, truth, kind="quantile"):
    own = table[table.output_type == kind]
    own = own.assign(level=own.output_type_id.astype(float)).pivot(index=KEYS, columns="level", values="value")
    seen = truth.set_index(KEYS[::-1])["value"]
    return own, np.array([seen[(day, place)] for place, day in own.index])


def pinball(own, seen):
    r = seen[:, None] - own.to_numpy()
    tau = own.columns.to_numpy(float)
    return float(np.where(r >= 0, tau * r, (tau - 1) * r).mean())


def crps(own, seen):
    x = own.to_numpy()
    return float((np.abs(x - seen[:, None]).mean(1) - np.abs(x[:, :, None] - x[:, None]).mean((1, 2)) / 2).mean())


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@given(st.lists(st.integers(1, 999), min_size=2, max_size=9, unique=True), st.integers(1, 4), st.integers(2, 3), st.integers(0, 99))
def test_the_value_is_that_of_a_pivot(levels, places, dates, seed):
    table, truth = hub(sorted(x / 1000 for x in levels), places, dates, seed, samples=5)
    found = losscli.evaluate(table, truth, family="regress", losses="pinball")
    assert found.losses[0].value == pytest.approx(pinball(*pivoted(table, truth)), rel=1e-12)
    found = losscli.evaluate(table, truth, family="regress", losses="crps")
    assert found.losses[0].value == pytest.approx(crps(*pivoted(table, truth, "sample")), rel=1e-9)


@pytest.mark.usefixtures("here")
def test_quantiles_and_an_interval_are_read_in_one_run():
    table, truth = hub()
    table.to_csv("hub.csv", index=False)
    truth.to_csv("truth.csv", index=False)
    own, seen = pivoted(table, truth)
    low, high = own[0.05].to_numpy(), own[0.95].to_numpy()
    interval = float((high - low + 20 * np.maximum(low - seen, 0) + 20 * np.maximum(seen - high, 0)).mean())
    report = call(
        "regress", "hub.csv", "truth.csv", "-l", "pinball", "-l", "interval_score", "-l", "wis=2*pinball", "-f", "json"
    ).report
    values = [line["value"] for line in report["losses"]]
    assert values == pytest.approx([pinball(own, seen), interval, 2 * pinball(own, seen)], rel=1e-12)
    assert [line["id"] for line in report["losses"]] == ["pinball", "interval_score", "wis"]
    assert report["alignment"]["key"] == ["location", "target_end_date"]
    assert "tau=[0.01,0.025" in report["losses"][0]["signature"]
    halves = [((own.columns[i], own.columns[-1 - i])) for i in range(5)]
    wis = 0.5 * np.abs(own[0.5] - seen)  # the weighted interval score, from its definition
    for a, b in halves:
        alpha = 2 * a
        wis = wis + alpha / 2 * ((own[b] - own[a]) + 2 / alpha * (np.maximum(own[a] - seen, 0) + np.maximum(seen - own[b], 0)))
    assert values[2] == pytest.approx(float((wis / 5.5).mean()), rel=1e-12)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_the_bits_do_not_depend_on_the_jobs(jobs):
    table, truth = hub(places=60, dates=50)
    table.to_parquet("hub.parquet")
    truth.to_csv("truth.csv", index=False)
    argv = ("regress", "hub.parquet", "truth.csv", "-l", "pinball", "-f", "json")
    assert call(*argv, "--jobs", jobs).out == call(*argv, "--jobs", "2").out


FAULTS = {
    "a missing level": (lambda t: t.drop(index=t.index[t.output_type_id == "0.1"][0]), ("no level 0.1", "location=")),
    "a level twice": (lambda t: pd.concat([t, t.iloc[[3]]]), ("is there twice", "rows 4 and 67")),
    "a level outside of 0 and 1": (
        lambda t: t.assign(output_type_id=t.output_type_id.replace("0.99", "99")),
        ("'99' is not a level",),
    ),
    "an empty value": (lambda t: t.assign(value=t.value.where(t.index != 5)), ("an empty cell", "column value")),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_key(fault):
    table, truth = hub()
    change, says = FAULTS[fault]
    change(table).to_csv("hub.csv", index=False)
    truth.to_csv("truth.csv", index=False)
    refused(3, "regress", "hub.csv", "truth.csv", "-l", "pinball", says=("hub.csv", *says))


@pytest.mark.usefixtures("here")
def test_what_a_loss_does_not_read_is_refused_with_a_way_on():
    table, truth = hub()
    table.to_csv("hub.csv", index=False)
    truth.to_csv("truth.csv", index=False)
    truth.rename(columns={"target_end_date": "date"}).to_csv("dated.csv", index=False)
    refused(3, "regress", "hub.csv", "truth.csv", "-l", "crps", says=("reads members", "2*pinball"))
    refused(3, "regress", "hub.csv", "truth.csv", "-l", "mae", says=("several predictions", "--col pred=q0.5"))
    refused(2, "regress", "hub.csv", "truth.csv", "-l", "mae", "-l", "pinball", says=("one at a time",))
    refused(3, "regress", "hub.csv", "truth.csv", "-l", "pinball:tau=0.3", says=("no quantile of level 0.3",))
    refused(3, "regress", "hub.csv", "truth.csv", "-l", "interval_score:alpha=0.3", says=("no quantiles 0.15 and 0.85",))
    keys = ("--key", "location", "--key", "target_end_date=date")
    refused(3, "regress", "hub.csv", "dated.csv", "-l", "pinball", says=(" ".join(keys),))
    for files, more in ((("hub.csv", "truth.csv"), ()), (("hub.csv", "dated.csv"), keys)):
        done = call("regress", *files, "-l", "pinball", "-b", *more)
        assert float(done.out) == pytest.approx(pinball(*pivoted(table, truth)), rel=1e-12)
    own, seen = pivoted(table, truth)
    done = call("regress", "hub.csv", "truth.csv", "-l", "mae", "--col", "pred=q0.5", "-b")
    assert float(done.out) == pytest.approx(float(np.abs(own[0.5] - seen).mean()), rel=1e-12)
    assert "losscli regress hub.csv truth.csv --loss pinball" in call("inspect", "hub.csv", "truth.csv").out
