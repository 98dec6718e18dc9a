"""`merge` of reports without sums, from the files of --per-sample that they name: the report of one run with --state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command import call

ENDS = [(0, 50), (50, 53), (53, 120)]
OF_FILES = ("options", "state", "shards", "inputs", "samples")
LOSSES = ("-l", "mae", "-l", "huber:delta=0.2", "-l", "x=mse")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    r = np.random.default_rng(5)
    target = r.normal(size=120)
    columns = [target + r.normal(size=120), target, r.choice(["a", "=b", "c d"], 120), r.integers(0, 30, 120)]
    columns += [np.r_[r.choice([1, 2.5, 0.1, 0], 119), 1]]
    columns[4][50] = 1
    rows = [",".join(map(str, row)) for row in zip(*(c.tolist() for c in columns), strict=True)]
    for i, (a, b) in enumerate(ENDS):
        Path(f"p{i}.csv").write_text("\n".join(["pred,target,site,patient,w", *rows[a:b]]) + "\n")
    return tmp_path


def facts(text: str) -> dict[str, Any]:
    return {key: x for key, x in json.loads(text).items() if key not in OF_FILES}


def part(i: int, *options: str, state: bool = False, suffix: str = "csv") -> str:
    """The path of the report of a part, which carries its sums or names its samples."""
    said = ["--state"] if state else ["--per-sample", f"s{i}.{suffix}"]
    done = call("regress", f"p{i}.csv", "-q", "-o", f"r{i}.json", *said, *(options or LOSSES))
    assert done.code == 0, done.err
    return f"r{i}.json"


def refusal(*argv: str) -> str:
    done = call("merge", *argv, "-q")
    assert (done.code, done.out) == (3, "")
    assert 1 <= len(done.err.splitlines()) <= 5
    return done.err


@pytest.mark.parametrize("carried", [(), (1,), (0, 2)], ids=["samples", "mixed", "mostly-sums"])
@pytest.mark.parametrize(
    "way",
    [
        ("--by", "site", "--worst", "3", "--best", "2"),
        ("--weights", "w", "--bins", "target:-1,0,1"),
        ("--unit", "patient", "--weights", "w", "--by", "site"),
        ("--reduction", "sum", "--filter", "target>-0.5"),
        ("--ci-method", "bootstrap-t", "--resamples", "99"),
    ],
    ids=lambda way: way[0],
)
def test_the_report_of_one_run_with_sums(folder, way: Sequence[str], carried: Sequence[int]) -> None:
    whole = call("regress", "p*.csv", *LOSSES, *way, "--state", "-f", "json", "-q")
    parts = [part(i, *LOSSES, *way, state=i in carried, suffix=("jsonl", "parquet", "csv")[i]) for i in range(3)]
    done = call("merge", *parts, "-f", "json", "-q")
    assert done.code == 0, done.err
    assert facts(done.out) == facts(whole.out)


def test_merging_in_steps(folder):
    parts = [part(i) for i in range(3)]
    call("merge", *parts[:2], "--state", "-o", "two.json", "-q")
    steps = call("merge", "two.json", parts[2], "-f", "json", "-q")
    assert facts(steps.out) == facts(call("merge", *parts, "-f", "json", "-q").out)


def test_other_families(folder):
    r = np.random.default_rng(2)
    probs, label = r.dirichlet(np.ones(3), 30), r.integers(0, 3, 30)
    masks, scores = r.integers(0, 2, (30, 6, 5)), r.uniform(0.01, 0.99, (30, 6, 5))
    corner = r.uniform(0, 50, (30, 2))
    boxes = np.c_[corner, corner + r.uniform(5, 30, (30, 2))]
    sides = {
        "classify": (probs, label, ["-l", "zero_one", "-l", "ce"]),
        "regress": (np.r_[np.nan, np.inf, r.normal(size=28)], r.normal(size=30), ["-l", "mae", "--nonfinite", "keep"]),
        "segment": (scores, masks, ["-l", "dice", "-l", "jaccard"]),
        "detect": (boxes + r.normal(size=boxes.shape), boxes, ["-l", "giou", "-l", "nwd", "--pair", "position"]),
    }
    for family, (pred, target, losses) in sides.items():
        for name, array in (("pred", pred), ("target", target)):
            for i, rows in enumerate((slice(0, 11), slice(11, 30))):
                np.save(f"{name}-{i}.npy", array[rows])
        whole = call(family, "pred-*.npy", "target-*.npy", *losses, "--worst", "2", "--state", "-f", "json", "-q")
        assert whole.code == 0, whole.err
        for i in range(2):
            run = (family, f"pred-{i}.npy", f"target-{i}.npy", *losses, "--worst", "2", "--per-sample", f"{i}.csv")
            done = call(*run, "-o", f"{i}.json", "-q")
            assert done.code == 0, done.err
        joined = call("merge", "0.json", "1.json", "-f", "json", "-q")
        assert joined.code == 0, joined.err
        assert facts(joined.out) == facts(whole.out), family


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-l", "0.5*mse+mae"), "its samples do not say the terms of 0.5*mse+mae"),
        (("-l", "2*mse"), "its samples do not say the terms of 2*mse"),
        (("-l", "mae", "--grad-stats"), "its samples do not say what --grad-stats reports"),
        (("-l", "ghm_r"), "its samples do not say the parameters of ghm_r from all rows"),
    ],
)
def test_what_samples_do_not_say(folder, options, said):
    error = refusal(part(0, *options))
    assert said in error
    assert "evaluate again with --state -o r0.json" in error


def test_every_report_that_lacks_something_is_named(folder):
    parts = [part(i) for i in range(3)]
    for i in (0, 1):
        assert call("regress", f"p{i}.csv", *LOSSES, "-o", parts[i], "-q").code == 0
    error = refusal(*parts)
    assert "r0.json, r1.json: the reports do not carry their sums, and averages of averages are not the average" in error
    call("regress", "p1.csv", *LOSSES, "--per-sample", "s.npy", "-o", parts[1], "-q")
    error = refusal(*parts)
    assert "r0.json: the report does not carry its sums, and averages" in error
    assert "r1.json: the report does not carry its sums, and its samples do not say their rows" in error


def test_columns_that_are_missing(folder):
    parts = [part(i, *LOSSES, "--by", "site", "--unit", "patient", "--weights", "w") for i in range(2)]
    for name in ("site", "patient", "weight"):
        lines = [line.split(",") for line in Path("s0.csv").read_text().splitlines()]
        at = lines[0].index(name)
        Path("t0.csv").write_text("".join(",".join(x[:at] + x[at + 1 :]) + "\n" for x in lines))
        named = {"path": "t0.csv", "sha256": digest("t0.csv"), "rows": 50}
        Path("t0.json").write_text(json.dumps({**json.loads(Path(parts[0]).read_text()), "samples": named}))
        said = {"site": "the groups by site", "patient": "the units patient", "weight": "the weights"}[name]
        assert f"its samples do not say {said}" in refusal("t0.json", parts[1])


def test_a_recipe_that_is_not_one_is_a_damaged_report(folder):
    data = json.loads(Path(part(0)).read_text())
    data["losses"][0]["recipe"] = "1e5"
    Path("t0.json").write_text(json.dumps(data))
    assert "t0.json: unknown loss '1e5' in regress" in refusal("t0.json", part(1))


def digest(path: str) -> str:
    from hashlib import sha256

    return sha256(Path(path).read_bytes()).hexdigest()


def test_samples_that_are_not_those_of_the_report(folder):
    report = part(0)
    text = Path("s0.csv").read_text()
    Path("s0.csv").write_text(text + "\n")
    assert "s0.csv: the samples have changed since the report was written" in refusal(report)
    for changed, said in ((text.splitlines()[:-1], "49 samples, and r0.json is of 50"), (swapped(text), "damaged report: ")):
        Path("s0.csv").write_text("\n".join(changed) + "\n")
        data = json.loads(Path(report).read_text())
        data["samples"]["sha256"] = digest("s0.csv")
        Path(report).write_text(json.dumps(data))
        assert said in refusal(report)
    Path("s0.csv").unlink()
    assert "s0.csv: cannot be read" in refusal(report)


def swapped(text: str) -> list[str]:
    """The lines with the largest loss of the last column a little smaller."""
    lines = [line.split(",") for line in text.splitlines()]
    most = max(lines[1:], key=lambda x: float(x[-1]))
    most[-1] = repr(float(most[-1]) * (1 - 1e-13))
    return [",".join(x) for x in lines]
