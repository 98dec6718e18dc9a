"""The command `merge`: reports of parts of the rows become the report of all rows, or say why they cannot."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.spec import registry
from tests.support.command import call

ENDS = [(0, 40), (40, 41), (41, 100)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    r = np.random.default_rng(5)
    target = r.normal(size=100)
    for name, scale in (("pred", 0.3), ("old", 0.35)):
        pred = target + r.normal(size=100) * scale
        for i, (a, b) in enumerate(ENDS):
            np.save(f"{name}-{i}.npy", pred[a:b])
            np.save(f"target-{i}.npy", target[a:b])
    return tmp_path


def evaluated(i: int | str, *options: str, state: bool = True) -> str:
    """The path of the report of a part, or of a pattern."""
    path = f"{'all' if i == '*' else i}.json"
    carried = ["--state"] if state else []
    done = call("regress", f"pred-{i}.npy", f"target-{i}.npy", "-l", "mae", "-l", "rmse", *carried, "-q", "-o", path, *options)
    assert done.code == 0, done.err
    return path


def report(*argv: str, code: int = 0) -> dict[str, Any]:
    done = call("merge", *argv, "-f", "json", "-q")
    assert done.code == code, done.err
    return dict(json.loads(done.out))


def refusal(*argv: str) -> str:
    done = call("merge", *argv, "-q")
    assert done.code == 3, done.out
    assert 1 <= len(done.err.splitlines()) <= 5
    assert not done.out
    return done.err


def test_the_report_of_one_run(folder):
    parts = [evaluated(i, "--worst", "3", "--baseline", f"old-{i}.npy") for i in range(3)]
    whole = json.loads(Path(evaluated("*", "--worst", "3", "--baseline", "old-*.npy")).read_text())
    found = report(*parts)
    for x in (found, whole):
        x.pop("options", None)
        x.pop("state", None)
    shards = found.pop("shards")
    assert [x["report"] for x in shards] == parts
    assert shards[1]["pred"]["path"] == "pred-1.npy"
    assert [w.pop("pred_row") for w in found["worst"]] == [w.pop("pred_row") for w in whole["worst"]]
    for x in (found, whole):
        for side in ("pred", "target"):
            x["inputs"][side].pop("path")
        x["baseline"].pop("path")
    assert found == whole


def test_the_order_and_merging_in_steps(folder):
    parts = [evaluated(i) for i in range(3)]
    call("merge", parts[0], parts[1], "--state", "-o", "two.json", "-q")
    assert report("two.json", parts[2]) == report(*parts)
    kept = ("losses", "alignment", "groups", "warnings", "verdict")
    numbers = [{k: x for k, x in report(*order).items() if k in kept} for order in permutations(parts)]
    assert all(x == numbers[0] for x in numbers)


def test_gates_and_formats(folder):
    parts = [evaluated(i) for i in range(3)]
    failed = call("merge", *parts, "--fail-if", "rmse > 0.1", "-o", "out.md", "-o", "junit=out.xml", "-b")
    assert failed.code == 1
    assert len(failed.out.splitlines()) == 2
    assert "FAIL" in failed.err
    assert "rmse" in Path("out.md").read_text()
    assert call("merge", *parts, "--fail-if", "rmse > 9", "--gate-on", "ci").code == 0
    assert call("merge", *parts, "--fail-if", "rsme > 9").code == 2
    saved = call("merge", *parts, "-o", "whole.json", "-q").out
    assert call("report", "whole.json", "-q").out == saved
    assert "merged" in call("verify", "whole.json").err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--reduction", "sum"), "reduction=sum instead of reduction=mean"),
        (("--ci", "0.9"), "intervals"),
        (("-l", "mse"), "is of mae, rmse, mse"),
        (("--worst", "2"), "worst"),
    ],
)
def test_other_settings(folder, options, words):
    assert words in refusal(evaluated(0), evaluated(1, *options))


def test_what_has_no_sums(folder):
    first = evaluated(0)
    evaluated(1, state=False)
    said = refusal(first, "1.json")
    assert "1.json: the report does not carry its sums" in said
    assert "evaluate again with --state -o 1.json" in said
    call("regress", "pred-1.npy", "target-1.npy", "-l", "mae", "-l", "rmse", "--state", "-o", "1.json")
    assert report(first, "1.json")["alignment"]["evaluated"] == 41


def test_the_same_rows_twice(folder):
    first = evaluated(0)
    assert "pred-0.npy is also in 0.json" in refusal(first, first)
    call("merge", first, evaluated(1), "--state", "-o", "two.json", "-q")
    assert "is also in two.json" in refusal("two.json", "1.json")
    assert report(first, first, "--allow-same")["alignment"]["evaluated"] == 80


def test_losses_that_need_all_rows(folder):
    parts = [evaluated(i, "-l", "ghm_r") for i in (0, 2)]
    assert "ghm_r has parameters that depend on all rows" in refusal(*parts)
    parts = [evaluated(i, "-l", "median_ae") for i in (0, 2)]
    assert "median_ae: compares rows with each other" in refusal(*parts)


def damaged(data: Any, path: str, x: Any) -> Any:
    """The same data with one place changed, or left out for `...`."""
    head, _, rest = path.partition("/")
    key = int(head) if isinstance(data, list) else head
    if rest:
        data[key] = damaged(data[key], rest, x)
    elif x is ...:
        del data[key]
    else:
        data[key] = x
    return data


@pytest.mark.parametrize(
    ("place", "x", "words"),
    [
        ("form", "losscli.state/9", "state.form is 'losscli.state/9' instead of 'losscli.state/1'"),
        ("sides", None, "state.sides: is not an object"),
        ("sides/matched", "1fzz", "state.sides.matched: is not an integer"),
        ("sums/tally/rows", ..., "state.sums.tally.rows: is missing"),
        ("sums/tally/more", 1, "state.sums.tally.more: is not a field"),
        ("sums/tally/means/mae/total/total", "<script>", "state.sums.tally.means[mae].total.total: is not an integer"),
        ("sums/tally/distributions/mae/low", True, "state.sums.tally.distributions[mae].low: is not a number"),
        ("sums/tally/distributions/mae/quantiles/values/0/zlib", "eJwDAAAAAAE=", "zlib has another length than shape says"),
        ("sums/tally/distributions/mae/quantiles/values/0/zlib", "?", "zlib is not compressed data in base64"),
        ("sums/tally/distributions/mae/quantiles/values/0/shape", [1 << 39], "zlib has another length than shape says"),
        ("sums/tally/distributions/mae/quantiles/values/0/dtype", "O", "dtype is not one of"),
        ("sums/plan/recipes/0/full", "no_such_loss", "unknown loss"),
        ("sums/plan/terms/mae/kernel", "system", "is not a kernel of mae"),
        ("sums/tally/estimates/rmse:outputs=pooled/sums/is", "object", "is not one of RatioSums, UnitTotals, GroupedTotals"),
    ],
)
def test_damaged_sums(folder, place, x, words):
    path = Path(evaluated(0))
    data = json.loads(path.read_text())
    data["state"] = damaged(data["state"], place.replace("rmse:outputs=pooled", "rmse"), x)
    path.write_text(json.dumps(data))
    assert words in refusal(str(path))


def test_what_sums_cannot_say(folder):
    Path("own.py").write_text("def mine(pred, target):\n    return (pred - target) ** 2\n")
    done = call("regress", "pred-0.npy", "target-0.npy", "--loss-file", "own.py:mine", "-l", "mine", "--state")
    registry.load("regress").losses.pop("mine")
    assert (done.code, "--state cannot carry mine" in done.err) == (2, True)
    first = evaluated(0)
    assert "the baseline is samples" in refusal(with_samples())
    assert report(first)["alignment"]["evaluated"] == 40


def with_samples() -> str:
    """The path of a report that is compared with a file of samples."""
    call("regress", "old-0.npy", "target-0.npy", "-l", "mae", "--per-sample", "old.csv", "-b")
    done = call(
        "regress", "pred-0.npy", "target-0.npy", "-l", "mae", "--state", "--baseline", "old.csv", "-o", "samples.json", "-q"
    )
    assert done.code == 0, done.err
    return "samples.json"


def test_bins_at_quantiles_are_of_all_rows(folder):
    for i, first in enumerate((0, 5)):
        Path(f"p{i}.csv").write_text("pred,target\n" + "".join(f"1,{first + j}\n" for j in range(4)))
    for bins, said in (("q2", "--bins target:q2: the quantiles of all rows are not those of parts"), ("4", "")):
        for i in range(2):
            run = ("regress", f"p{i}.csv", "-l", "mae", "--state", "-o", f"{i}.json", "-q")
            assert call(*run, "--bins", f"target:{bins}").code == 0
        if said:
            assert said in refusal("0.json", "1.json")
    assert [x["n"] for x in report("0.json", "1.json")["groups"]] == [4, 4]


def test_a_column_that_is_left_out_is_listed_once(folder):
    for i, words in enumerate((("a", "b", "c", "d"), ("e", "e", "f", "f"))):
        Path(f"p{i}.csv").write_text("pred,target,note\n" + "".join(f"1,2,{word}\n" for word in words))
        assert call("regress", f"p{i}.csv", "-l", "mae", "--state", "-o", f"{i}.json", "-q").code == 0
    assert report("0.json", "1.json")["inputs"]["pred"]["left_out"] == [{"column": "note", "why": "text"}]


def test_sums_beyond_the_doubles_are_carried(folder):
    """Of units, and of products with weights: no double is the sum, and the report is that of a run without them."""
    rows = [(1e308, 0, "u", 1), (1e308, 0, "u", 1), (3, 0, "v", 1), (5, 0, "w", 1e308)]
    for name, weights in (("units", ()), ("weights", ("--weights", "w"))):
        Path("x.csv").write_text(
            "pred,target,u,w\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in rows[2 * (name != "units") :])
        )
        run = ("regress", "x.csv", "-l", "mae", "--unit", "u", *weights, "-f", "json", "-q")
        plain, carried = call(*run), call(*run, "--state", "-o", "x.json")
        assert (plain.code, carried.code) == (0, 0), carried.err
        found = [json.loads(x)["losses"] for x in (plain.out, carried.out, call("merge", "x.json", "-f", "json", "-q").out)]
        assert found[1] == found[2]
        assert found[0][0]["value"] == pytest.approx(found[1][0]["value"], rel=1e-15)
