"""`check --update-baseline`: baselines, and nothing else; in CI only by force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call, mine, refused, table

pytestmark = pytest.mark.usefixtures("checks_run_here")

CHECK = """
[[check]]
name = "x"
family = "regress"
pred = "p.csv"
target = "t.csv"
loss = "mae"
baseline = "base/x.json"
max-regression = "2%"
output = "r.json"
per-sample = "s.csv"
gradients = "g.npy"
[[check.gate]]
expr = "mae.rel > 1%"
"""
OTHER = '[[check]]\nname = "other"\nfamily = "regress"\npred = "p.csv"\ntarget = "t.csv"\nloss = "mse"\n'


@pytest.fixture(autouse=True)
def data(folder, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    predictions(0.0)
    table("t.csv", "target", *range(9))
    Path("losscli.toml").write_text(CHECK + OTHER, encoding="utf-8")


def predictions(worse, path="p.csv"):
    table(path, "pred", *(i + 1 + (i % 3) / 10 + worse for i in range(9)))


def test_a_baseline_is_written_and_nothing_else(folder):
    before = mine()
    assert call("check").code == 3, "a missing baseline is never a pass"
    assert mine() == before
    done = call("check", "--update-baseline")
    assert (done.code, done.out) == (0, "x: baseline updated\n1 check: 1 passed\n")
    assert mine() == sorted([*before, "base"])
    assert sorted(x.name for x in Path("base").iterdir()) == ["x.json", "x.samples.csv"]
    report = json.loads(Path("base/x.json").read_text(encoding="utf-8"))
    assert (report["gates"], report["baseline"], report["samples"]["path"]) == ([], None, "x.samples.csv")
    assert call("check", "x").code == 0


def test_what_became_worse_fails_until_it_is_the_baseline(folder):
    call("check", "--update-baseline")
    predictions(0.5)
    assert call("check", "x").code == 1
    assert call("check", "--update-baseline").code == 0
    assert call("check", "x").code == 0


def test_in_ci_it_takes_force(folder, monkeypatch):
    monkeypatch.setenv("CI", "true")
    before = mine()
    refused(2, "check", "--update-baseline", says=("--update-baseline is refused under CI=true", "--force"))
    assert mine() == before
    assert call("check", "--update-baseline", "--force").code == 0
    assert Path("base/x.json").exists()


def test_samples_alone(folder):
    Path("losscli.toml").write_text(CHECK.replace("x.json", "x.tsv"), encoding="utf-8")
    assert call("check", "--update-baseline").code == 0
    assert [x.name for x in Path("base").iterdir()] == ["x.tsv"]
    assert call("check").code == 0


@pytest.mark.parametrize("path", ["old.csv", "old.json", "old-*.csv", "https://example.org/x.json", "new.npy", "@old.txt"])
def test_predictions_are_never_overwritten(folder, path):
    predictions(0.1, "old.csv")
    Path("old.json").write_text('{"pred": [1, 2]}', encoding="utf-8")
    Path("losscli.toml").write_text(CHECK.replace("base/x.json", path), encoding="utf-8")
    before = {name: Path(name).read_bytes() for name in mine()}
    refused(2, "check", "--update-baseline", says=(f"losscli.toml, line 2: x: the baseline {path} is of predictions",))
    assert {name: Path(name).read_bytes() for name in mine()} == before


def test_without_a_baseline_there_is_nothing_to_update(folder):
    refused(2, "check", "other", "--update-baseline", says=("no check has a baseline",))


def test_a_check_that_cannot_be_evaluated_leaves_its_baseline(folder):
    call("check", "--update-baseline")
    before = Path("base/x.json").read_bytes()
    table("p.csv", "pred", "1", "nan")
    assert call("check", "--update-baseline").code == 3
    assert Path("base/x.json").read_bytes() == before
