"""--worst and --best, overall and per group, with the places of samples; --per-sample with groups, in every format."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import losscli
from losscli.core import errors
from losscli.output import parquet_rows
from tests.support.command import call, cli, refused, table


@st.composite
def tables(draw):
    n = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    tied = rng.integers(0, 5, n).astype(float)
    return pd.DataFrame(
        {"pred": tied, "target": rng.integers(0, 3, n).astype(float), "site": np.array(list("abc"))[rng.integers(0, 3, n)]}
    )


def entries(found, group=None):
    return [(w.loss, w.rank, w.value, w.pred_row) for w in found if dict(w.by) == (group or {})]


@given(tables(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_the_worst_of_a_group_are_those_of_its_own_run(data, worst, best, jobs):
    options = {"worst": worst, "best": best}
    found = losscli.evaluate(data, family="regress", losses=["mae", "mse"], by="site", jobs=jobs, **options)
    for g in found.groups:
        alone = losscli.evaluate(data, family="regress", losses=["mae", "mse"], filter=f"site={g.by['site']}", **options)
        assert entries(found.worst, g.by) == entries(alone.worst)
        assert entries(found.best, g.by) == entries(alone.best)
    loss = (data["pred"] - data["target"]).abs().to_numpy()
    order = np.argsort(-loss, kind="stable")[:worst] + 1, np.argsort(loss, kind="stable")[:best] + 1
    assert [row for name, _, _, row in entries(found.worst) if name == "mae"] == order[0].tolist()
    assert [row for name, _, _, row in entries(found.best) if name == "mae"] == order[1].tolist()


def test_best_of_a_score_is_the_highest_and_nan_is_last():
    from losscli.engine.distribution import Distribution, DistributionAccumulator

    def kept(values, sign, few):
        found = DistributionAccumulator(0, sign, few=few)
        for i in range(0, len(values), 2):
            found.add(np.array(values[i : i + 2]), None, range(i, min(i + 2, len(values))))
        split = [DistributionAccumulator(0, sign, few=few) for _ in values]
        for i, (part, x) in enumerate(zip(split, values, strict=True)):
            part.add(np.array([x]), None, [i])
        joined = sum((part.distribution() for part in split), Distribution())
        assert [s for _, s in found.distribution().best] == [s for _, s in joined.best]
        return [s for _, s in joined.best]

    assert kept([3.0, np.nan, 1.0, -np.inf, 1.0], 1, 4) == [3, 2, 4, 0]
    assert kept([3.0, np.nan, 1.0, np.inf, 3.0], -1, 5) == [3, 0, 4, 2, 1]


def test_entries_name_files_lines_and_annotations():
    table("a-1.csv", "id,pred", "x,1", "y,2")
    table("a-2.csv", "id,pred", "z,9")
    table("t.csv", "id,target", "z,1", "y,2", "x,3")
    argv = ("regress", "a-*.csv", "t.csv", "--key", "id", "-l", "mae", "--worst", "1", "--best", "1")
    report = call(*argv, "-f", "json").report
    (worst,), (best,) = report["worst"], report["best"]
    assert worst == {
        "loss": "mae", "rank": 1, "value": 8.0, "key": {"id": "z"}, "pred_row": 3, "target_row": 1,
        "pred_file": "a-2.csv", "pred_line": 2, "target_file": "t.csv", "target_line": 2,
    }  # fmt: skip
    assert (best["key"], best["pred_file"], best["pred_line"]) == ({"id": "y"}, "a-1.csv", 3)
    table("q.csv", "id,pred,note", 'x,1,"two', 'lines"', "y,2,", "z,9,")
    (worst,) = call("regress", "q.csv", *argv[2:], "-f", "json").report["worst"]
    assert (worst["pred_row"], worst["pred_line"], worst["target_line"]) == (3, 5, 2)
    text = call("regress", "q.csv", *argv[2:]).out
    assert "pred_line" in text
    assert "target_line" not in text
    assert "_file" not in text
    for fmt in ("plain", "table", "md"):
        assert "a-2.csv" in call(*argv, "-f", fmt).out.replace("\\", "")
    images, categories = [{"id": 1, "file_name": "a.png", "width": 99, "height": 99}], [{"id": 1, "name": "cat"}]
    one = {"id": 17, "image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40], "area": 900, "iscrowd": 0}
    with open("t.json", "w") as f:
        json.dump({"images": images, "categories": categories, "annotations": [one]}, f)
    with open("p.json", "w") as f:
        json.dump([{"image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40], "score": 0.5}], f)
    (worst,) = call("detect", "p.json", "t.json", "-l", "giou", "--worst", "1", "-f", "json").report["worst"]
    assert worst["target_entry"] == "annotations[0] (id 17)"


def test_lists_of_groups_in_every_report():
    table("p.csv", "pred,target,site,size", "1,2,a,1", "1,4,b,5", "1,8,b,7")
    argv = ("regress", "p.csv", "-l", "mae", "--by", "site", "--bins", "size:6", "--worst", "1", "--best", "2")
    found = call(*argv, "-f", "json").report
    assert [(w.get("by"), w["pred_row"]) for w in found["worst"]] == [
        (None, 3),
        ({"site": "a", "size": "(-inf,6)"}, 1),
        ({"site": "b", "size": "(-inf,6)"}, 2),
        ({"site": "b", "size": "[6,inf)"}, 3),
    ]
    assert "worst within site, size" in call(*argv).out
    assert "Best by mae within site, size" in call(*argv, "-f", "table").out
    assert "#### Worst by mae within site, size" in call(*argv, "-f", "md").out
    assert "best" not in call("regress", "p.csv", "-l", "mae", "-f", "json").report


def test_worst_of_classes_and_of_losses_that_compare_rows():
    rng = np.random.default_rng(0)
    np.savez("p.npz", embedding=rng.normal(size=(12, 3)), label=np.arange(12) % 3, site=np.arange(12) % 2)
    argv = ("embed", "p.npz", "-l", "multi_similarity", "--worst", "2", "--best", "1", "-f", "json")
    done = call(*argv, "--by", "site")
    assert [w["rank"] for w in done.report["worst"]] == [1, 2] * 3
    for site in "01":
        alone = call(*argv, "--filter", f"site={site}").report
        for kind in ("worst", "best"):
            mine = [(w["value"], w["pred_row"]) for w in done.report[kind] if w.get("by") == {"site": site}]
            assert mine == [(w["value"], w["pred_row"]) for w in alone[kind]]
    table("c.csv", "p_a,p_b,label", "0.9,0.1,a", "0.4,0.6,a", "0.2,0.8,b")
    found = call("classify", "c.csv", "-l", "ce", "--per-class", "--worst", "1", "-f", "json").report["worst"]
    assert [(w.get("by"), w["pred_row"]) for w in found] == [(None, 2), ({"class": "a"}, 2), ({"class": "b"}, 3)]


@given(tables(), st.booleans())
def test_samples_are_equal_in_every_format(tmp_path_factory, data, bins):
    folder = tmp_path_factory.mktemp("s")
    data.assign(id=[f"r{i}" for i in range(len(data))]).to_csv(folder / "d.csv", index=False)
    options = ("--key", "id", "--by", "site", *(("--bins", "target:1,2") if bins else ()))
    for suffix in ("csv", "tsv", "jsonl", "parquet"):
        done = call(
            "regress", str(folder / "d.csv"), "-l", "mae", "-l", "mse", *options, "--per-sample", str(folder / f"s.{suffix}")
        )
        assert done.code == 0, done.err
    text = pd.read_csv(folder / "s.csv", dtype={"site": str})
    assert list(text) == ["id", "site", *(["target"] if bins else []), "pred_row", "target_row", "mae", "mse"]
    pd.testing.assert_frame_equal(text, pd.read_csv(folder / "s.tsv", sep="\t"))
    binary = pd.read_parquet(folder / "s.parquet")
    pd.testing.assert_frame_equal(text, binary, check_dtype=False)
    lines = [json.loads(line) for line in (folder / "s.jsonl").read_text().splitlines()]
    assert [x["by"]["site"] for x in lines] == text["site"].tolist() == data["site"].tolist()
    assert [x["losses"]["mse"] for x in lines] == text["mse"].tolist()


def test_parquet_is_written_in_groups_of_rows_and_has_nulls(folder):
    from pyarrow import parquet

    n = 70_000
    pd.DataFrame({"pred": np.arange(n) % 7, "target": 0.0, "w": np.where(np.arange(n) == 3, 0, 1)}).to_csv("d.csv", index=False)
    done = cli("regress", "d.csv", "-l", "mae", "--weights", "w", "--per-sample", "s.parquet", cwd=folder)
    assert done.code == 0, done.err
    found = parquet.ParquetFile("s.parquet")
    assert found.metadata.num_rows == n
    assert found.read()["mae"].to_pylist()[:3] == [0.0, 1.0, 2.0]
    assert [str(t) for t in found.schema_arrow.types] == ["int64", "int64", "double", "double"]
    names = losscli.per_sample("d.csv", family="regress", losses="mae", bins="pred:3")
    assert list(names) == ["pred", "pred_row", "mae"]


def test_parquet_needs_its_library(monkeypatch):
    def missing():
        raise errors.UsageError("writing Parquet needs pyarrow", fix=errors.install("arrow"))

    table("p.csv", "pred,target", "1,2")
    monkeypatch.setattr(parquet_rows, "library", missing)
    refused(2, "regress", "p.csv", "-l", "mae", "--per-sample", "s.parquet", says=("pip install '.[arrow]'",))


def test_the_terms_of_the_worst_samples_are_those_of_their_losses(folder):
    rng = np.random.default_rng(3)
    table("m.csv", "id,g,pred,target", *(f"k{i},{i % 3},{a!r},{b!r}" for i, (a, b) in enumerate(rng.normal(size=(30, 2)).tolist())))
    words = ("regress", "m.csv", "-l", "2*mae+0.5*mse", "-l", "mae", "--by", "g", "--worst", "4", "--best", "1", "--terms")
    report = call(*words, "-f", "json", "-o", "r.json").report
    rows = pd.read_csv("m.csv")
    error = (rows["pred"] - rows["target"]).abs()
    entries = report["worst"] + report["best"]
    assert len(entries) == 2 * 4 * (4 + 1)
    for x in entries:
        row = error[x["pred_row"] - 1]
        terms = [(t["name"], t["weight"], t["value"]) for t in x.get("terms", [])]
        assert terms == ([("mae", 2.0, row), ("mse", 0.5, row**2)] if "+" in x["loss"] else [])
        assert sum(w * v for _, w, v in terms) == (x["value"] if terms else 0)
    assert call("report", "r.json", "-f", "json").out == Path("r.json").read_text()
    shown = [line.split() for line in call(*words, "-f", "plain").out.splitlines()]
    assert ["loss", "rank", "value", "mae", "mse", "pred_row"] in shown
    refused(2, "regress", "m.csv", "-l", "mae", "--terms", says=("--terms applies only with --worst or --best",))
