"""--by: the same statistics per group, of the bits that the group's rows alone would give."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import losscli
from losscli.engine import groups
from losscli.report.schema import report_schema
from losscli.spec import tile as blocks
from tests.support.command import array, call, cli, refused, table
from tests.support.paths import SAMPLES


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty one to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


RNG = np.random.default_rng(5)
N = 600
SITE = RNG.choice(["b", "a", "é", ""], N)
NUMBER = RNG.integers(9, 12, N)
PROBS = RNG.dirichlet(np.ones(4), N)
LABELS = RNG.integers(0, 4, N)
BOXES = np.sort(RNG.uniform(0, 9, (N, 2, 2)), axis=1).reshape(N, 4)
TRUE_BOXES = np.sort(RNG.uniform(0, 9, (N, 2, 2)), axis=1).reshape(N, 4)
IMAGES, MASKS = RNG.uniform(0.01, 0.99, (N, 5, 5)), RNG.integers(0, 2, (N, 5, 5))
POSITIVE = RNG.lognormal(size=(N, 6))
VECTORS = RNG.normal(size=(N, 6))
FAMILIES = {
    "classify": ({"scores": PROBS}, {"label": LABELS}, ["ce", "focal:gamma=2", "0.5*ce+brier", "x=ce:ignore_index=2", "zero_one"]),
    "regress": (
        {"pred": POSITIVE},
        {"target": POSITIVE[::-1]},
        ["mae", "rmse", "r2", "d2", "silog:pool=batch", "mae+2*mse", "huber:delta=0.5"],
    ),
    "detect": ({"box": BOXES}, {"box": TRUE_BOXES}, ["giou", "ciou", "smooth_l1", "giou+l1"]),
    "segment": ({"scores": IMAGES}, {"mask": MASKS}, ["dice+ce", "dice:pool=batch", "dice:pool=batch+ce", "mcc"]),
    "embed": ({"embedding": VECTORS}, {"label": LABELS}, ["triplet:margin=0.2", "contrastive", "supcon:batch=20"]),
}


def evaluate(family, by=("site",), rows=None, **more):
    pred: Any
    target: Any
    pred, target, losses = FAMILIES[family]
    cut = slice(None) if rows is None else rows
    pred = {k: v[cut] for k, v in {**pred, "number": NUMBER}.items()}
    target = {k: v[cut] for k, v in {**target, "site": SITE}.items()}
    return losscli.evaluate(pred, target, family=family, losses=more.pop("losses", losses), by=by, grad_stats=True, **more)


def bare(line, **changed):
    """A line without its signature, NaN as text, so that == compares."""
    return str(replace(line, signature="", **changed))


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_group_is_what_its_rows_alone_give(family):
    report = evaluate(family)
    assert [g.by["site"] for g in report.groups] == ["", "a", "b", "é"]
    for g in report.groups:
        alone = evaluate(family, rows=g.by["site"] == SITE)
        assert g.n == alone.alignment.evaluated == np.count_nonzero(g.by["site"] == SITE)
        for mine, theirs in zip(g.losses, alone.losses, strict=True):
            assert bare(mine, histogram=None) == bare(theirs, histogram=None)  # whose edges are those of the whole
            assert (mine.histogram is None) == (theirs.histogram is None)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_groups_change_nothing_of_the_whole(family):
    rows = np.arange(N) < N // 2
    report = evaluate(family, by=("site", "number"), rows=rows)
    assert list(map(bare, report.losses)) == list(map(bare, evaluate(family, by=(), rows=rows).losses))
    assert sum(g.n for g in report.groups) == N // 2
    cells = set(zip(SITE[rows], NUMBER[rows], strict=True))
    assert len(report.groups) == len({tuple(g.by.items()) for g in report.groups}) == len(cells) == 12


@pytest.mark.parametrize("family", ["classify", "regress", "detect"])
def test_groups_add_up_to_the_whole(family):
    report = evaluate(family)
    for i, line in enumerate(report.losses):
        parts = [g.losses[i] for g in report.groups]
        assert sum(p.n for p in parts) == line.n
        assert sum(p.nonfinite for p in parts) == line.nonfinite
        if line.sum is not None:
            assert sum(p.sum for p in parts) == pytest.approx(line.sum, rel=1e-13)
            assert (min(p.min for p in parts), max(p.max for p in parts)) == (line.min, line.max)
        if line.gradient is not None:
            assert sum(p.gradient.n for p in parts) == line.gradient.n
            assert sum(p.gradient.zero for p in parts) == line.gradient.zero


@pytest.mark.slow
@pytest.mark.parametrize("family", ["classify", "regress", "detect", "segment"])
def test_the_bits_do_not_depend_on_the_workers(family, monkeypatch):
    monkeypatch.setattr(blocks, "TILE_VALUES", 64)
    rows = np.arange(N) < N // 3
    one, four = (evaluate(family, ("number", "site"), rows, jobs=n, reduction="sum").as_dict() for n in (1, 4))
    assert json.dumps(one) == json.dumps(four)
    monkeypatch.undo()
    coarse = evaluate(family, ("number", "site"), rows, reduction="sum", ci="none").as_dict()
    for a, b in zip(one["groups"], coarse["groups"], strict=True):
        for x, y in zip(a["losses"], b["losses"], strict=True):
            assert (x["n"], x["min"], x["p95"]) == (y["n"], y["min"], y["p95"])
            assert x["value"] == pytest.approx(y["value"], rel=1e-12)


def test_shards_are_one_input(folder):
    array("p.npz", {"pred": VECTORS, "site": SITE})
    array("t.npy", VECTORS[::-1])
    for i, rows in enumerate((slice(0, 7), slice(7, 300), slice(300, N))):
        array(f"p-{i}.npz", {"pred": VECTORS[rows], "site": SITE[rows]})
    run = ("t.npy", "-l", "mae", "-l", "rmse", "--by", "site", "--grad-stats", "-f", "json")
    whole, parts = call("regress", "p.npz", *run).report, call("regress", "p-*.npz", *run).report
    assert whole["groups"] == parts["groups"] != []


@pytest.mark.cluster
def test_a_cluster_gives_the_same(folder):
    pytest.importorskip("distributed")
    from losscli.run.request import Request
    from losscli.run.run import run

    array("p.npz", {"pred": VECTORS, "site": SITE})
    array("t.npy", VECTORS[::-1])
    from losscli.reading.asked import Reading

    asked = Request("regress", "p.npz", "t.npy", ("mae", "rmse"), reading=Reading(by=("site",)), grad_stats=True, format="json")
    assert run(asked).text == run(replace(asked, cluster="local:2")).text


def test_counted_quantiles(monkeypatch):
    monkeypatch.setattr("losscli.engine.evaluate.EXACT_QUANTILES", 100)
    monkeypatch.setattr("losscli.engine.gradients.EXACT_QUANTILES", 100)
    monkeypatch.setattr(blocks, "TILE_VALUES", 64)
    counted, exact = evaluate("classify"), {}
    monkeypatch.undo()
    exact = evaluate("classify")
    for a, b in zip(counted.groups, exact.groups, strict=True):
        assert a.losses[0].p50 == pytest.approx(b.losses[0].p50, rel=0.05)
        assert (a.losses[0].min, a.losses[0].max) == (b.losses[0].min, b.losses[0].max)


def test_order_and_text_of_values(folder):
    words = ["10", "9", "-1", "x", "007", "NA", "7", "1e1", "X"]
    table("p.csv", "pred,g", *[(i, w) for i, w in enumerate(words)])
    table("t.csv", "target", *[0] * len(words))
    report = call("regress", "p.csv", "t.csv", "-l", "mae", "--by", "g", "-f", "json").report
    assert [g["by"]["g"] for g in report["groups"]] == ["-1", "7", "007", "9", "10", "1e1", "NA", "X", "x"]
    jsonschema.validate(report, report_schema())
    array("p.npz", {"pred": [1.0, 2, 3], "g": [True, False, True]})
    array("t.npy", [0.0, 0, 0])
    report = call("regress", "p.npz", "t.npy", "-l", "mae", "--by", "g", "-f", "json").report
    assert [(g["by"], g["n"]) for g in report["groups"]] == [({"g": "false"}, 1), ({"g": "true"}, 2)]


@pytest.mark.parametrize("dtype", ["i1", "u8", "i8", ">i4", "u1"])
def test_whole_numbers(dtype):
    far = np.iinfo(dtype).max
    values = np.array([far, 0, np.iinfo(dtype).min, 3, 3, far], dtype)
    for site in (values, values[3:5]):
        report = losscli.evaluate(
            {"pred": np.ones(len(site)), "g": site}, np.zeros(len(site)), family="regress", losses="mae", by="g"
        )
        found = {int(g.by["g"]): g.n for g in report.groups}
        assert list(found) == sorted(found)
        assert found == {int(x): int((site == x).sum()) for x in site}


def test_weights_and_dropped_rows():
    pred, target = np.array([1.0, np.nan, 3, 4, 5]), np.zeros(5)
    site = np.array(["a", "b", "a", "c", "c"])
    report = losscli.evaluate(
        {"pred": pred, "site": site},
        {"target": target, "w": [2.0, 1, 1, 0, 0]},
        family="regress",
        losses=["mae", "rmse"],
        by="site",
        weights="w",
        nonfinite="drop",
        grad_stats=True,
    )
    (a, c) = report.groups
    assert (a.by, a.n, a.losses[0].n, a.losses[0].value) == ({"site": "a"}, 2, 2, 5 / 3)
    assert (c.by, c.n, c.losses[0].n) == ({"site": "c"}, 2, 0)
    assert np.isnan(c.losses[0].value)
    assert np.isnan(c.losses[1].value)
    jsonschema.validate(report.as_dict(), report_schema())


@pytest.mark.parametrize("family", ["regress", "embed"])
def test_nothing_left_is_said(family):
    lost = np.full((4, 2), np.nan)
    sides = {
        "regress": ({"pred": lost}, {"target": lost}, "mae"),
        "embed": ({"embedding": lost}, {"label": [0, 0, 1, 1]}, "triplet"),
    }
    pred, target, loss = sides[family]
    with pytest.raises(losscli.core.errors.DataError, match="nothing to evaluate"):
        losscli.evaluate({**pred, "g": [1, 2, 1, 2]}, target, family=family, losses=loss, by="g", nonfinite="drop")


def test_a_loss_that_leaves_out_a_whole_group():
    report = losscli.evaluate(
        {"scores": PROBS[:4]},
        {"label": [0, 0, 1, 1], "g": [1, 1, 2, 2]},
        family="classify",
        losses=["ce:ignore_index=1", "ce"],
        by="g",
        grad_stats=True,
        fail_if="ce:ignore_index=1@g=2 > 100",
    )
    assert [(x.losses[0].n, x.losses[1].n) for x in report.groups] == [(2, 2), (0, 2)]
    assert report.verdict == "fail"
    assert report.as_dict()["groups"][1]["losses"][0]["value_is"] == "nan"


def test_pairs_by_key_and_by_match(folder):
    table("p.csv", "id,image_id,x1,y1,x2,y2,score", "a,i,0,0,2,2,0.9", "b,i,5,5,7,7,0.8", "c,j,0,0,4,4,0.7")
    table("t.csv", "id,image_id,x1,y1,x2,y2", "c,j,0,0,4,4", "b,i,5,5,7,7", "a,i,0,0,2,1")
    wanted = [({"image_id": "i"}, 2, 0.25), ({"image_id": "j"}, 1, 0.0)]
    for pairs in (("--key", "id", "--key", "image_id"), ("--match", "greedy")):
        report = call("detect", "p.csv", "t.csv", "-l", "iou", *pairs, "--by", "image_id", "-f", "json").report
        assert [(g["by"], g["n"], g["losses"][0]["value"]) for g in report["groups"]] == wanted
    report = call("detect", "p.csv", "t.csv", "-l", "iou", "--key", "id", "--by", "target.image_id", "-f", "json").report
    assert [(g["by"], g["n"]) for g in report["groups"]] == [({"target.image_id": "i"}, 2), ({"target.image_id": "j"}, 1)]


def test_a_column_that_groups_is_no_guess_for_a_role(folder):
    table("p.csv", "cat,dog,fold", "0.2,0.8,1", "0.9,0.1,2")
    table("t.csv", "label", "dog", "cat")
    report = call("classify", "p.csv", "t.csv", "-l", "ce", "--by", "fold", "--by", "label", "-f", "json").report
    assert report["inputs"]["pred"]["roles"] == {"scores": ["cat", "dog"]}
    assert [g["by"] for g in report["groups"]] == [{"fold": "1", "label": "dog"}, {"fold": "2", "label": "cat"}]


def test_images_of_bare_arrays(folder):
    array("p.npy", IMAGES[:12])
    array("m.npy", MASKS[:12])
    done = call("segment", "p.npy", "m.npy", "-l", "dice+ce", "--by", "image_id", "--worst", "10", "-f", "json")
    assert [g["by"]["image_id"] for g in done.report["groups"]] == [str(i) for i in range(1, 13)]
    assert "every image is a group" in done.err
    refused(2, "segment", "p.npy", "m.npy", "-l", "dice", "--by", "image_id", "--strict", says=("--strict",))


GATES = {
    "mae@site=a > 0.1": "fail",
    "mae@site=a > 100": "pass",
    "mae.p95@site=c > 100": "fail",
    "mae.n@site=b < 2 and mae@site=b > 1": "pass",
    "generalized_mae@site=a > 1": None,
    "mae@sites=a > 1": None,
    "mae@a > 1": None,
    "mae@site=a@site=b > 1": None,
    "coverage@site=a < 1": None,
}


@pytest.mark.parametrize(("text", "verdict"), GATES.items())
def test_gates(folder, text, verdict):
    table("p.csv", "pred,site", "1,a", "2,b", "3,b")
    table("t.csv", "target", 0, 0, 0)
    run = ("regress", "p.csv", "t.csv", "-l", "mae", "--by", "site", "--fail-if", text, "-f", "json")
    if verdict is None:
        refused(2, *run)
        return
    done = call(*run)
    assert (done.report["verdict"], done.code) == (verdict, int(verdict == "fail"))
    assert ("no sample belongs to it" in done.err) == ("site=c" in text)


def test_gates_on_several_columns(folder):
    table("p.csv", "pred,site,day", "1,a,1", "2,a,2", "3,b,2")
    table("t.csv", "target", 0, 0, 0)
    run = ("regress", "p.csv", "t.csv", "-l", "mae", "--by", "site", "--by", "day", "-f", "json", "--fail-if")
    assert call(*run, "mae@day=2@site=a >= 2").report["gates"][0]["observed"] == 2
    assert "each column" in refused(2, *run, "mae@day=2 > 1").err


def test_errors(folder):
    table("p.csv", "id,pred,site", "1,1,a", "2,2,b")
    table("t.csv", "id,target,site", "1,0,a", "2,0,a")
    run = ("regress", "p.csv", "t.csv", "-l", "mae", "--by")
    refused(3, *run, "sit", says=("--by sit: no column of that name, did you mean site?", "the columns are id, pred, site, target"))
    refused(3, *run, "site", says=("both p.csv and t.csv have this column", "--by target.site or --by pred.site"))
    refused(2, *run, "pred.site", "--by", "pred.site", says=("given twice",))
    array("p.npy", [1.0, 2])
    array("t.npy", [1.0, 2])
    refused(3, "regress", "p.npy", "t.npy", "-l", "mae", "--by", "site", says=("an .npy file has no columns",))
    array("p.npz", {"pred": [1.0, 2], "short": ["a"]})
    refused(3, "regress", "p.npz", "t.npy", "-l", "mae", "--col", "pred=pred", "--by", "short", says=("1 values of 'short' for 2",))
    array("e.npz", {"embedding": VECTORS, "g": SITE})
    array("l.npy", LABELS)
    refused(2, "embed", "e.npz", "l.npy", "-l", "smooth_ap", "--by", "g", says=("position of rows", "runs=none"))
    array("e.npz", {"embedding": VECTORS, "g": [0, 0, *[1] * (N - 2)]})
    array("l.npy", [0, 1, *LABELS[2:]])
    refused(3, "embed", "e.npz", "l.npy", "-l", "triplet", "--by", "g", says=("group g=0:",))


def test_too_many_groups(monkeypatch):
    monkeypatch.setattr(groups, "LIMIT", 5)
    with pytest.raises(losscli.core.errors.DataError, match="more than 5 groups"):
        evaluate("regress", by=("site", "number"))
    monkeypatch.setattr(blocks, "TILE_VALUES", 2)
    for jobs in (1, 4):
        with pytest.raises(losscli.core.errors.DataError, match="more than 5 groups"):
            evaluate("segment", by=("site", "number"), jobs=jobs)
    with pytest.raises(losscli.core.errors.DataError, match="more than 5 groups"):
        evaluate("embed", by=("site", "number"))


@pytest.mark.parametrize("look", ["table", "plain", "md", "csv"])
def test_every_format_shows_the_groups(look):
    argv = ("regress", str(SAMPLES / "diabetes.csv"), "-l", "mae", "-l", "rmse", "--by", "sex", "--grad-stats", "-f", look)
    done = call(*argv)
    assert done.code == 0, done.err
    assert done.out.count("code1") >= (2 if look == "csv" else 4)
    assert done.out.count("‖g‖") == (0 if look == "csv" else 21)
    assert cli(*argv, COLUMNS="40").out.count("code2") >= (2 if look == "csv" else 4)


def test_csv_tells_groups_from_the_whole():
    out = call("regress", str(SAMPLES / "diabetes.csv"), "-l", "mae", "--by", "sex", "-f", "csv").out
    head, whole, *rest = [line.split(",") for line in out.splitlines()]
    assert head[-2:] == ["scope", "by.sex"]
    assert whole[-2:] == ["all", ""]
    assert [row[-2:] for row in rest] == [["group", "code1"], ["group", "code2"]]


def test_scores_alone_and_samples(folder):
    argv = ("regress", str(SAMPLES / "diabetes.csv"), "-l", "mae", "--by", "sex")
    assert len(call(*argv, "-b").out.splitlines()) == 1
    with_samples = call(*argv, "--per-sample", "s.csv", "-f", "json").report
    assert with_samples["groups"] == call(*argv, "-f", "json").report["groups"]
    assert len(Path("s.csv").read_text().splitlines()) == 443


def test_in_a_process_of_its_own():
    files = [str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv")]
    done = cli(
        "detect", *files, "--key", "id", "-l", "giou", "--by", "target.label", "-f", "json", "--fail-if", "giou@target.label=a > 9"
    )
    assert (done.code, [g["by"]["target.label"] for g in done.report["groups"]]) == (0, ["a", "b", "c", "d"])
    assert "--by" in cli("detect", "--help").out
