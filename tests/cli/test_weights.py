"""--weights through the command: quantiles by weight, in groups, in merged reports, in gates, and beyond a million samples."""

import json

import numpy as np
import pytest

from tests.support.command import call

ROWS = ["0,0,1,a", "10,0,1,a", "20,0,98,a", "3,0,1,b", "4,0,1,b"]


def table(path, rows):
    path.write_text("\n".join(["pred,target,w,g", *rows]) + "\n")
    return str(path)


def quantiles(x):
    return x["p50"], x["p95"]


def test_quantiles_are_weighted_in_groups_and_gates(tmp_path):
    every = table(tmp_path / "x.csv", ROWS)
    found = call("regress", every, "-l", "mae", "--weights", "w", "--by", "g", "-f", "json", "--fail-if", "mae.p50@g=a > 19")
    assert found.code == 1
    assert quantiles(found.loss) == (20.0, 20.0)
    assert [quantiles(g["losses"][0]) for g in found.report["groups"]] == [(20.0, 20.0), (3.5, pytest.approx(3.95))]
    assert [w["code"] for w in found.report["warnings"]] == ["quantiles-weighted", "interval-rough"]
    assert found.loss["n"] == 5


def test_reports_of_parts_join_to_the_weighted_quantiles_of_all(tmp_path):
    read = ["-l", "mae", "--weights", "w", "--by", "g", "-f", "json"]
    parts = [table(tmp_path / f"{i}.csv", ROWS[i::2]) for i in range(2)]
    for part in parts:
        (tmp_path / f"{part}.json").write_text(call("regress", part, *read, "--state").out)
    merged = call("merge", *(f"{part}.json" for part in parts), "-f", "json").loss
    assert quantiles(merged) == quantiles(call("regress", table(tmp_path / "x.csv", ROWS), *read).loss)


def test_a_median_by_weight_has_no_interval(tmp_path):
    gate = ["--fail-if", "mae.p50 > 30", "--gate-on", "ci"]
    found = call("regress", table(tmp_path / "x.csv", ROWS), "-l", "mae", "--weights", "w", *gate)
    assert found.code == 1
    assert "INCONCLUSIVE mae.p50 = 20 (must be at most 30; there is no interval" in found.out


def test_quantiles_of_more_than_a_million_samples(tmp_path):
    n = 550_000
    np.save(tmp_path / "score.npy", np.repeat([1.0, 0.0], n))
    np.save(tmp_path / "label.npy", np.zeros(2 * n, np.int64))
    np.save(tmp_path / "w.npy", np.repeat([1.0, 9.0], n))
    files = [str(tmp_path / "score.npy"), str(tmp_path / "label.npy"), "-l", "zero_one", "--no-progress", "-f", "json"]
    plain = call("classify", *files, "--fail-if", "zero_one.p95 > 1")
    assert plain.code == 0
    assert quantiles(plain.loss) == (0.5, 1.0)
    assert quantiles(json.loads(call("classify", *files, "--weights", str(tmp_path / "w.npy")).out)["losses"][0]) == (0.0, 1.0)
