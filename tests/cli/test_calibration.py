"""--calibration: against NumPy on the sample data, as a gate, in every format, and where scores are not forecasts."""

from __future__ import annotations

import json
import math

import jsonschema
import numpy as np
import pytest

import losscli
from losscli.cli.fast_parser import valued
from losscli.report.dicts import report_dict
from losscli.report.read_report import read_report
from losscli.report.schema import report_schema
from losscli.run.config.environment import from_environment
from losscli.run.config.keys import options, raw_of
from losscli.spec.names import FAMILIES
from tests.support.command import array, call, refused
from tests.support.paths import SAMPLES

DIGITS = [str(SAMPLES / "digits_logits.npy"), str(SAMPLES / "digits_label.npy"), "--from-logits", "-l", "ce"]
CANCER = [str(SAMPLES / "cancer_pred.npy"), str(SAMPLES / "cancer_label.npy"), "-l", "bce"]


def binned(p, occurred, bins):
    """ece, mce and the counts, by the definition."""
    place = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
    filled = [place == b for b in range(bins) if (place == b).any()]
    gaps = [abs(p[k].mean() - occurred[k].mean()) for k in filled]
    return sum(k.mean() * gap for k, gap in zip(filled, gaps, strict=True)), max(gaps), np.bincount(place, minlength=bins)


def forecasts(name):
    if name == "cancer":
        return np.load(CANCER[0]).astype(float), np.load(CANCER[1])
    logits, label = np.load(DIGITS[0]).astype(float), np.load(DIGITS[1])
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return p.max(1), p.argmax(1) == label


@pytest.mark.parametrize(("name", "words"), [("digits", DIGITS), ("cancer", CANCER)])
@pytest.mark.parametrize("bins", [1, 15, 40])
def test_errors_and_bins_are_those_of_their_definition(name, words, bins):
    found = call("classify", *words, "--calibration", str(bins), "-f", "json").report["calibration"]
    p, occurred = forecasts(name)
    ece, mce, counts = binned(p, occurred, bins)
    assert [found["ece"], found["mce"]] == pytest.approx([ece, mce], rel=1e-12)
    assert [b["n"] for b in found["bins"]] == counts.tolist()
    mass = 0.0
    for b in found["equal_mass"]:
        mine = (p > b["low"]) & (p <= b["high"]) | ((p == 0) & (b["low"] == 0))
        assert mine.sum() == b["n"]
        assert [b["predicted"], b["observed"]] == pytest.approx([p[mine].mean(), occurred[mine].mean()], rel=1e-12)
        mass += mine.mean() * abs(b["predicted"] - b["observed"])
    assert found["ace"] == pytest.approx(mass, rel=1e-12)
    assert len(found["equal_mass"]) <= bins
    parts = found["brier"]
    assert parts["score"] == pytest.approx(((p - occurred) ** 2).mean(), rel=1e-12)
    within = parts["within_variance"] - parts["within_covariance"]
    assert parts["reliability"] - parts["resolution"] + parts["uncertainty"] + within == pytest.approx(parts["score"], abs=1e-15)


@pytest.mark.parametrize(
    ("words", "bins", "ece", "mce"),
    [
        (DIGITS, 10, 0.11118534101358941, 0.4431235114288964),
        (DIGITS, 15, 0.1062878501915715, 0.6338678305993757),
        (CANCER, 10, 0.03537329177153488, 0.327645099108147),
        (CANCER, 15, 0.03598612998394822, 0.4358460995958372),
    ],
)
def test_errors_are_those_of_netcal(words, bins, ece, mce):
    """netcal 1.4.0: ECE(bins).measure and MCE(bins).measure; torchmetrics 1.9.0 has the same numbers to float32's digits."""
    found = call("classify", *words, "--calibration", str(bins), "-f", "json").report["calibration"]
    assert [found["ece"], found["mce"]] == pytest.approx([ece, mce], rel=1e-13)


def test_on_an_edge_a_score_is_in_the_bin_that_ends_there():
    p = np.array([0.0, 0.1, 0.3, 0.30000000000000004, 0.7, 1.0])
    found = losscli.evaluate(p, np.array([0, 1, 1, 1, 1, 1]), family="classify", losses="bce", calibration=10).calibration
    assert [i for i, b in enumerate(found.bins) for _ in range(b.n)] == [0, 0, 2, 3, 6, 9]


def test_without_a_number_there_are_15_bins_wherever_the_option_stands():
    reports = [
        call("classify", *words, "-f", "json").report["calibration"]
        for words in (
            [*CANCER, "--calibration"],
            ["--calibration", *CANCER],
            [*CANCER, "--calibration", "15"],
            [*CANCER[:2], "-lbce", "--calibration"],  # joined short options are read by Typer
        )
    ]
    assert reports == [reports[0]] * 4
    slots = list(options("classify").values())
    assert valued(slots, ["--calibration", "20", "a"]) == ["--calibration", "20", "a"]
    assert valued(slots, ["--calibration", "a"]) == ["--calibration=15", "a"]


def test_true_in_a_configuration_a_variable_or_python_is_the_option_alone():
    slot = options("classify")["calibration"]
    assert [raw_of(slot, x, "calibration") for x in (True, False, 20)] == ["15", None, "20"]
    found = [from_environment([slot], {"LOSSCLI_CALIBRATION": x}).get("calibration") for x in ("true", "off", "20")]
    assert found == ["15", None, "20"]
    p, label = np.array([0.2, 0.7]), np.array([0, 1])
    assert losscli.evaluate(p, label, family="classify", losses="bce", calibration=False).calibration is None
    assert len(losscli.evaluate(p, label, family="classify", losses="bce", calibration=True).calibration.bins) == 15


def test_gates_read_errors_and_the_temperature():
    gates = ["ece > 5%", "mce@a=x > 0.99", "ace < 0.01 and temperature < 1"]
    words = [w for gate in gates for w in ("--fail-if", gate)]
    done = call("classify", *CANCER, "--calibration", "10", *words, "-f", "json")
    assert done.code == 2
    assert "--by" in done.err
    done = call("classify", *DIGITS, "--calibration", "--fail-if", "ece > 5%", "--warn-if", "temperature < 0.5", "--gate-on", "ci")
    assert done.code == 1
    assert "FAIL ece = 10.6288% (must be at most 5%)" in done.out
    assert "INCONCLUSIVE temperature = 0.437447 [0.345, 0.555]" in done.out


def test_groups_have_gates_and_tables_of_their_own():
    p, label = np.array([0.1, 0.9, 0.8, 0.4]), np.array([0, 1, 0, 1])
    import pandas as pd

    pred = pd.DataFrame({"score": p, "label": label, "site": ["a", "a", "b", "b"]})
    report = losscli.evaluate(pred, family="classify", losses="bce", by="site", calibration=2, fail_if="ece@site=b > 0.6")
    assert report.gates[0].observed == pytest.approx(0.7, rel=1e-15)
    assert report.verdict == "fail"
    assert "Calibration by site" in str(report)
    data = json.loads(json.dumps(report_dict(report)))
    jsonschema.validate(data, report_schema())
    assert read_report(data, "x").groups[1].calibration == report.groups[1].calibration


def test_a_report_is_read_back_as_it_was_and_verified(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("classify", *CANCER, "--calibration", "-o", "r.json", "-o", "flat=flat.json", "-o", "r.md").code == 0
    data = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(data, report_schema())
    assert report_dict(read_report(data, "r.json"))["calibration"] == data["calibration"]
    assert data["options"]["calibration"] == 15
    assert call("verify", "r.json").code == 0
    assert json.loads((tmp_path / "flat.json").read_text())["calibration/ece"] == data["calibration"]["ece"]
    assert "#### Calibration of the probability of class 1" in (tmp_path / "r.md").read_text()


def test_what_is_not_known_is_null_with_its_reason():
    report = losscli.evaluate(np.array([0.2, 0.7]), np.array([0, 1]), family="classify", losses="bce", calibration=2)
    data = report_dict(report)
    jsonschema.validate(data, report_schema())
    found = data["calibration"]
    assert (found["temperature"], found["temperature_why"], found["temperature_ci_is"]) == (0.0, "no-mistakes", "no-method")
    assert math.isinf(losscli.evaluate([0.2, 0.7], [1, 0], family="classify", losses="bce", calibration=2).calibration.temperature)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["p.npy", "y.npy", "-l", "ce", "--multilabel"], "--multilabel says that they are independent"),
        (["p.npy", "y.npy", "-l", "ce", "--per-class"], "use --per-class and --calibration in separate runs"),
        (["p.npy", "hot.npy", "-l", "bce"], "bce reads each class on its own"),
        (["p.npy", "y.npy", "-l", "ce:ignore_index=1", "-l", "ce:ignore_index=2"], "those of 1 and 2"),
        (["p.npy", "y.npy", "-l", "ce", "--calibration", "1001"], "is not a whole number from 1 to 1000"),
    ],
)
def test_scores_that_are_not_forecasts_are_refused(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array("p.npy", np.full((3, 4), 0.25))
    array("y.npy", np.array([0, 1, 2]))
    array("hot.npy", np.eye(4)[:3])
    more = [] if "--calibration" in words else ["--calibration"]
    refused(2, "classify", *words, *more, says=(says,))


def test_rows_without_one_class_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array("p.npy", np.full((3, 4), 0.25))
    array("soft.npy", np.full((3, 4), 0.25))
    refused(3, "classify", "p.npy", "soft.npy", "-l", "ce", "--calibration", says=("soft.npy", "one class per row", "omit"))
    array("c.npy", np.array([0, 1, 2]))
    refused(3, "classify", "c.npy", "c.npy", "-l", "zero_one", "--calibration", says=("c.npy",))


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "classify"])
def test_other_families_have_no_such_option(family):
    refused(2, family, "a.npy", "b.npy", "-l", "x", "--calibration", says=("an option of classify",))


def test_a_gate_without_the_option_says_how_to_add_it():
    refused(2, "classify", *CANCER, "--fail-if", "ece > 0.1", says=("add --calibration",))
    refused(2, "regress", "a.npy", "b.npy", "-l", "mae", "--fail-if", "ece > 0.1", says=("which classify has",))


def test_merged_reports_have_the_counts_and_the_budget_of_one_run_and_no_temperature(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    logits, label = np.load(DIGITS[0]), np.load(DIGITS[1])
    asked = ["--from-logits", "-l", "ce", "--calibration", "7", "--budget", "--state", "-b"]
    for name, rows in (("all", slice(None)), ("a", slice(110)), ("b", slice(110, None))):
        files = array(f"{name}.npy", logits[rows]), array(f"{name}-label.npy", label[rows])
        assert call("classify", *files, *asked, "-o", f"{name}.json").code == 0
    whole = json.loads((tmp_path / "all.json").read_text())
    merged = call("merge", "a.json", "b.json", "-f", "json", "--fail-if", "ece > 0.05")
    assert merged.code == 1
    found = merged.report
    jsonschema.validate(found, report_schema())
    assert found["budget"] == whole["budget"]
    assert {k for k in whole["calibration"] if found["calibration"][k] != whole["calibration"][k]} == {
        "temperature",
        "temperature_ci",
    }
    assert found["calibration"]["temperature_why"] == "rows-needed"
