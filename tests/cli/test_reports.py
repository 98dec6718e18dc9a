"""Reports: the JSON's shape and its bytes, recipes and their ids, what people and programs get in each format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tests.support.command import array, call, mine, table
from tests.support.paths import SAMPLES

KEYS = (
    "schema",
    "tool",
    "family",
    "options",
    "sample",
    "inputs",
    "alignment",
    "losses",
    "groups",
    "worst",
    "baseline",
    "gates",
    "verdict",
    "warnings",
)
LINE = ("id", "recipe", "signature", "direction", "reduction")
NUMBERS = ("value", "n", "mean", "sum", "std", "min", "p50", "p95", "max", "nonfinite")
DETECT = ("detect", str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv"), "--key", "id")


@pytest.fixture(scope="module")
def schema():
    return json.loads(call("schema", "report").out)


def valid(done, schema):
    jsonschema.Draft202012Validator(schema).validate(done.report)
    return done.report


def test_keys_and_their_order(schema):
    done = call(*DETECT, "-l", "giou", "-l", "0.5*iou+l1", "--worst", "2", "--fail-if", "giou > 1", "-f", "json")
    report = valid(done, schema)
    assert tuple(report) == KEYS
    assert tuple(report["losses"][0]) == (*LINE, *NUMBERS, "terms", "ci", "p50_ci", "p95_ci", "histogram")
    assert tuple(report["inputs"]["pred"]) == ("path", "format", "rows", "sha256", "roles", "left_out")
    place = ("pred_file", "pred_line", "target_file", "target_line")
    assert tuple(report["worst"][0]) == ("loss", "rank", "value", "key", "pred_row", "target_row", *place)
    assert report["inputs"]["pred"]["roles"] == {"box": ["x1", "y1", "x2", "y2"]}
    assert report["inputs"]["target"]["left_out"] == [
        {"column": "id", "why": "the key"},
        {"column": "image_id", "why": "`image_id`, which is not read here"},
        {"column": "label", "why": "`label`, which is not read here"},
    ]
    assert (report["groups"], report["baseline"]) == ([], None)
    assert done.out.endswith("}\n")


def test_every_role_names_its_columns():
    table("p.csv", "cat,dog", "0.2,0.8", "0.9,0.1")
    table("t.csv", "label", "dog", "cat")
    report = call("classify", "p.csv", "t.csv", "-l", "ce", "-f", "json").report
    assert report["inputs"]["pred"]["roles"] == {"scores": ["cat", "dog"]}
    assert report["inputs"]["target"]["roles"] == {"label": ["label"]}


def test_one_loss_has_the_shape_of_many(schema):
    one, two = (valid(call(*DETECT, *losses, "-f", "json"), schema) for losses in (("-l", "iou"), ("-l", "iou", "-l", "giou")))
    assert one["losses"] == two["losses"][:1]
    assert tuple(one) == tuple(two) == KEYS


def test_ids_and_recipes():
    argv = ("-l", "x=iou", "-l", "generalized_iou", "-l", "s=smooth_l1:beta=2", "-l", "iou:form=log")
    report = call(*DETECT, *argv, "-f", "json").report
    assert [x["id"] for x in report["losses"]] == ["x", "giou", "s", "iou:form=log"]
    assert report["losses"][2]["recipe"] == "smooth_l1:beta=2,reduce=sum"
    assert report["losses"][3]["recipe"].startswith("iou:")
    assert all("losscli=" in x["signature"] and x["recipe"] in x["signature"] for x in report["losses"])


def test_sums_of_losses_show_their_terms(schema):
    report = valid(call(*DETECT, "-l", "0.5*iou+2*l1", "-l", "iou", "-l", "l1", "-f", "json"), schema)
    total, *single = report["losses"]
    assert [(t["name"], t["weight"], t["value"]) for t in total["terms"]] == [
        ("iou", 0.5, single[0]["value"]),
        ("l1", 2.0, single[1]["value"]),
    ]
    assert total["value"] == pytest.approx(0.5 * single[0]["value"] + 2 * single[1]["value"], rel=1e-15)
    assert single[0]["terms"] == [{"name": "iou", "weight": 1.0, "recipe": single[0]["recipe"], "value": single[0]["value"]}]


def test_terms_add_up_to_the_value_under_either_reduction(schema):
    for reduction in ("mean", "sum"):
        argv = ("-l", "0.5*iou+2*l1", "-l", "iou", "-f", "json", "--reduction", reduction)
        for x in valid(call(*DETECT, *argv), schema)["losses"]:
            assert x["value"] == pytest.approx(sum(t["weight"] * t["value"] for t in x["terms"]), rel=1e-14)
    yolo = ("detect", str(SAMPLES / "yolo_pred.npz"), str(SAMPLES / "yolo_target.npz"), "-l", "yolo_v1", "-f", "json")
    line = valid(call(*yolo, "--reduction", "sum"), schema)["losses"][0]
    assert line["value"] == pytest.approx(sum(t["weight"] * t["value"] for t in line["terms"]), rel=1e-14)


@pytest.fixture
def large(folder):
    """Several tiles, so that workers have something to get wrong."""
    rng = np.random.default_rng(3)
    array("p.npy", rng.normal(size=(150_000, 2)), np.float32)
    array("t.npy", rng.normal(size=(150_000, 2)), np.float32)
    return ("regress", "p.npy", "t.npy", "-l", "huber:delta=0.1", "-l", "mse+mae", "--worst", "3", "-f", "json")


@pytest.mark.slow
def test_equal_runs_give_equal_bytes_for_any_number_of_workers(large):
    def everything(jobs):
        files = [Path(f"r.{suffix}") for suffix in ("csv", "json", "md")]
        done = call(*large, "--jobs", jobs, "--per-sample", "r.csv", "-o", "json=r.json", "-o", "md=r.md")
        assert done.code == 0
        assert Path("r.json").read_text() == done.out
        return done.out, [file.read_bytes() for file in files]

    first = everything("1")
    for jobs in ("1", "2", "3"):
        assert everything(jobs) == first
    pooled = ("regress", "p.npy", "t.npy", "-l", "rmse", "-b")
    for jobs, name in (("1", "a.npz"), ("3", "b.npz")):
        assert call(*pooled, "--gradients", name, "--jobs", jobs).code == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes(), "archives hold no clock"


def test_infinity_is_null_with_the_reason(schema):
    table("p.csv", "x1,y1,x2,y2", "0,0,1,1", "5,5,6,6", "0,0,2,2")
    table("t.csv", "x1,y1,x2,y2", "0,0,1,1", "0,0,1,1", "0,0,2,2")
    done = call("detect", "p.csv", "t.csv", "-l", "iou:form=log", "--worst", "1", "-f", "json")
    report = valid(done, schema)
    line = report["losses"][0]
    assert (line["value"], line["value_is"], line["max"], line["max_is"], line["nonfinite"]) == (None, "inf", None, "inf", 1)
    assert list(line)[5:7] == ["value", "value_is"]
    assert (report["worst"][0]["value"], report["worst"][0]["value_is"], report["worst"][0]["pred_row"]) == (None, "inf", 2)
    assert [w["code"] for w in report["warnings"]] == ["nonfinite-loss"]
    assert report["warnings"][0]["rows"] == [2]
    assert "not finite for 1 of 3 samples" in done.err
    assert call("detect", "p.csv", "t.csv", "-l", "iou:form=log", "-b").out == "inf\n"


def test_rows_without_a_finite_loss_are_named_whatever_is_shown():
    rows = 300_000
    pred = np.full(rows, 0.5)
    pred[[250_000, 3, 77, 120_000, 8, 299_999]] = 0.0
    array("p.npy", pred)
    array("t.npy", np.ones(rows, int))
    for more in (("--jobs", "1"), ("--jobs", "3"), ("--worst", "1"), ("-b", "-o", "json=r.json")):
        done = call("classify", "p.npy", "t.npy", "-l", "bce", "-f", "json", *more)
        report = json.loads(Path("r.json").read_text()) if "-b" in more else done.report
        assert report["warnings"][0]["rows"] == [4, 9, 78, 120_001, 250_001]
        assert "bce is not finite for 6 of 300,000 samples: PRED rows 4, 9, 78, 120001, 250001 …" in done.err


def test_worst_breaks_ties_by_row():
    table("p.csv", "id,pred", *(f"k{i},{i % 3}" for i in range(30)))
    table("t.csv", "id,target", *(f"k{i},0" for i in reversed(range(30))))
    for jobs in ("1", "3"):
        done = call("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae", "--worst", "4", "-f", "json", "--jobs", jobs)
        assert [(w["rank"], w["value"], w["key"]["id"], w["pred_row"], w["target_row"]) for w in done.report["worst"]] == [
            (1, 2.0, "k2", 3, 28),
            (2, 2.0, "k5", 6, 25),
            (3, 2.0, "k8", 9, 22),
            (4, 2.0, "k11", 12, 19),
        ]
    assert len(call("regress", "p.csv", "t.csv", "--key", "id", "-l", "mae", "--worst", "99", "-f", "json").report["worst"]) == 30


def test_worst_of_a_loss_without_samples_is_told():
    table("p.csv", "pred", 1, 2)
    table("t.csv", "target", 1, 1)
    done = call("regress", "p.csv", "t.csv", "-l", "rmse", "-l", "mse", "--worst", "1", "-f", "json")
    assert [w["loss"] for w in done.report["worst"]] == ["mse"]
    assert [w["code"] for w in done.report["warnings"]] == ["no-samples", "interval-rough"]
    assert "--worst cannot show rmse: no value per sample" in done.err


def test_sum_is_the_headline_when_asked_for():
    table("p.csv", "pred", 1, 2)
    table("t.csv", "target", 0, 0)
    done = call("regress", "p.csv", "t.csv", "-l", "mae", "--reduction", "sum", "-f", "json", "--fail-if", "mae > 2.9")
    assert done.code == 1
    assert (done.loss["value"], done.loss["mean"], done.loss["sum"], done.loss["reduction"]) == (3.0, 1.5, 3.0, "sum")
    assert "reduction=sum" in done.loss["signature"]


def test_bare_numbers():
    assert call(*DETECT, "-l", "giou", "-l", "iou", "-b").out.count("\n") == 2
    exact = call(*DETECT, "-l", "giou", "-b").out
    assert float(exact) == call(*DETECT, "-l", "giou", "-f", "json").loss["value"]
    assert call(*DETECT, "-l", "giou", "-b", "--digits", "3").out == "0.157\n"
    assert call(*DETECT, "-l", "giou", "-b", "--fail-if", "giou > 0").code == 1


def test_digits_are_for_people():
    assert "0.16 " in call(*DETECT, "-l", "giou", "--digits", "2").out
    for shape in ("json", "csv"):
        assert call(*DETECT, "-l", "giou", "--digits", "2", "-f", shape).out == call(*DETECT, "-l", "giou", "-f", shape).out
    assert call(*DETECT, "-l", "giou", "--digits", "0").code == 2


def test_csv_reads_back():
    done = call(*DETECT, "-l", "giou", "-l", "0.5*iou+l1", "-f", "csv")
    rows = list(csv.DictReader(done.out.splitlines()))
    report = call(*DETECT, "-l", "giou", "-l", "0.5*iou+l1", "-f", "json").report
    for line in report["losses"]:
        row = next(r for r in rows if line["id"] in r.values())
        assert float(row["value"]) == line["value"]
        assert float(row["p95"]) == line["p95"]


def samples(*argv: str) -> str:
    """What the fact line of a report counts."""
    paths = (str(SAMPLES / x) if (SAMPLES / x).is_file() else x for x in argv)
    facts = next(line for line in call(*paths, "-f", "plain").out.splitlines() if line.startswith(f"{argv[0]} · "))
    return facts.split(" · ")[1]


def test_the_fact_line_names_the_samples_where_the_losses_agree():
    assert samples(*DETECT, "-l", "giou", "-l", "ciou") == "24 pairs of boxes"
    assert samples("detect", "ssd_pred.npz", "ssd_target.npz", "--from-logits", "-l", "ssd") == "2 images"
    assert samples("embed", "digits_triplets.npy", "-l", "triplet") == "80 triplets"
    labelled = ("embed", "digits_embedding.npy", "digits_embedding_label.npy")
    assert samples(*labelled, "-l", "nca") == "200 vectors"
    assert samples(*labelled, "-l", "triplet") == "200 samples", "it counts triplets, which the facts do not"
    assert samples(*labelled, "-l", "triplet", "-l", "nca") == "200 samples"


def test_quiet_and_verbose():
    table("p.csv", "pred,age", "1,0", "4,0")
    run = ("regress", "p.csv", "-l", "mae")
    assert "note: " in call(*run).err
    assert call(*run, "-q").err == ""
    assert "paired by position" not in call(*run, "-q").out
    assert "note: mae: mae | reduction=mean" in call(*run, "-v").err


def test_reports_in_files_are_what_stdout_would_show():
    done = call(*DETECT, "-l", "giou", *(x for f in ("json", "csv", "md", "plain", "table") for x in ("-o", f"{f}=r.{f}")))
    assert done.code == 0
    for form in ("json", "csv", "md", "plain", "table"):
        assert Path(f"r.{form}").read_text(encoding="utf-8") == call(*DETECT, "-l", "giou", "-f", form).out
    assert mine() == ["r.csv", "r.json", "r.md", "r.plain", "r.table"]


def test_outputs_follow_links_and_keep_permissions():
    Path("real.json").write_text("old")
    Path("real.json").chmod(0o600)
    Path("link.json").symlink_to("real.json")
    assert call(*DETECT, "-l", "giou", "-o", "json=link.json", "-b").code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["family"] == "detect"
    assert Path("real.json").stat().st_mode & 0o777 == 0o600
    call(*DETECT, "-l", "giou", "-o", "json=new.json", "-b")
    Path("probe").write_text("")
    assert Path("new.json").stat().st_mode == Path("probe").stat().st_mode


def test_a_name_as_long_as_the_system_takes():
    name = "r" * 250 + ".json"
    assert call(*DETECT, "-l", "giou", "-o", f"json={name}", "-b").code == 0
    assert mine() == [name]
