"""The loss of each class on the command line: names, formats, gates, workers, and the errors of losses that have none."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import losscli
from losscli.report.schema import report_schema
from tests.support.command import array, call, cli, refused, table

P = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.25, 0.5], [0.5, 0.25, 0.25]])
CE = [-np.log([0.5, 0.25]).mean(), -np.log(0.75), -np.log(0.5)]
"""Of the labels 0, 1, 2, 0 with -log 0.25 for the last: see `probs`."""


@pytest.fixture
def probs(folder):
    """Scores of three classes by name, and labels cat, dog, cow, cat."""
    scores = P.copy()
    scores[3] = [0.25, 0.5, 0.25]
    table("p.csv", "cat,dog,cow", *scores.tolist())
    array("p.npy", scores)
    array("y.npy", np.array([0, 1, 2, 0]))
    return table("t.csv", "label", "cat", "dog", "cow", "cat")


@pytest.fixture
def masks(folder):
    rng = np.random.default_rng(1)
    array("z.npy", rng.normal(size=(40, 3, 64, 64)), np.float32)
    array("m.npy", rng.integers(0, 3, (40, 64, 64)), np.uint8)
    return ("segment", "z.npy", "m.npy", "--from-logits", "--per-class")


def by_class(report):
    return {g["by"]["class"]: g["losses"][0]["value"] for g in report["groups"]}


def test_names_of_classes(probs):
    run = ("-l", "ce", "--per-class", "-f", "json")
    named = call("classify", "p.csv", "t.csv", *run).report
    assert by_class(named) == pytest.approx(dict(zip(("cat", "dog", "cow"), CE, strict=True)), rel=1e-15)
    assert [g["n"] for g in named["groups"]] == [2, 1, 1]
    assert list(by_class(call("classify", "p.npy", "y.npy", *run).report)) == ["0", "1", "2"]
    assert list(by_class(call("classify", "p.npy", "y.npy", *run, "--classes", "a,b,c").report)) == ["a", "b", "c"]


def test_columns_that_are_numbered_name_numbers(probs):
    for first, label in ((0, "0,1,1,0"), (1, "1,2,2,1")):
        table("p.csv", ",".join(f"prob_{first + i}" for i in range(3)), *P.tolist())
        table("t.csv", "label", *label.split(","))
        report = call("classify", "p.csv", "t.csv", "-l", "ce", "--per-class", "-f", "json").report
        assert list(by_class(report)) == [str(first + i) for i in range(3)]


def test_names_under_a_prefix(probs):
    table("p.csv", "prob_dog,prob_cow,prob_cat", *P.tolist())
    report = call("classify", "p.csv", "t.csv", "-l", "ce", "--per-class", "-f", "json").report
    assert sorted(by_class(report)) == ["cat", "cow", "dog"]


def test_a_class_without_rows_has_a_line_without_value(probs):
    table("t.csv", "label", "cat", "dog", "dog", "cat")
    report = call("classify", "p.csv", "t.csv", "-l", "ce", "--per-class", "-f", "json").report
    Draft202012Validator(report_schema()).validate(report)
    *_, cow = report["groups"]
    assert (cow["n"], cow["losses"][0]["n"], cow["losses"][0]["value"], cow["losses"][0]["value_is"]) == (0, 0, None, "nan")


def test_every_format_lists_the_classes(probs):
    run = ("classify", "p.csv", "t.csv", "-l", "ce", "--per-class")
    done = cli(*run, "-f", "json", "-o", "r.md", "-o", "r.csv", "-o", "plain=r.txt", "-o", "table=t.txt", cwd=Path.cwd())
    Draft202012Validator(report_schema()).validate(json.loads(done.out))
    for name in ("r.md", "r.txt", "t.txt"):
        text = Path(name).read_text()
        assert "ce by class" in text
        assert all(word in text for word in ("cat", "dog", "cow"))
    rows = list(csv.DictReader(io.StringIO(Path("r.csv").read_text())))
    assert [(x["scope"], x["by.class"]) for x in rows] == [("all", ""), ("group", "cat"), ("group", "dog"), ("group", "cow")]
    assert [float(x["value"]) for x in rows[1:]] == pytest.approx(CE, rel=1e-15)
    assert call(*run, "-b").out == f"{json.loads(done.out)['losses'][0]['value']!r}\n"


def test_gates_on_a_class(probs):
    run = ("classify", "p.csv", "t.csv", "-l", "ce", "--per-class")
    failed = call(*run, "--fail-if", "ce@class=cat > 0.5")
    assert (failed.code, "FAIL ce@class=cat = 1.03972" in failed.out) == (1, True)
    assert call(*run, "--fail-if", "ce@class=dog > 0.5").code == 0
    unknown = call(*run, "--fail-if", "ce@class=dgo > 0.5")
    assert unknown.code == 1
    assert "did you mean dog" in unknown.err
    refused(2, *run[:-1], "--fail-if", "ce@class=dog > 0.5", says=("add --per-class or --by COLUMN",))


def test_workers_change_nothing(masks):
    run = (*masks, "-l", "dice", "-l", "ce:pool=batch", "-l", "dice:pool=batch", "-l", "focal+jaccard", "-f", "json")
    first = call(*run, "--jobs", "1")
    assert first.code == 0, first.err
    for jobs in ("2", "3"):
        assert call(*run, "--jobs", jobs).out == first.out
    assert cli(*run, "--jobs", "2", cwd=Path.cwd()).out == first.out, "in forked processes"


def test_the_whole_is_the_same_without_classes(masks):
    run = (*masks, "-l", "dice", "-l", "ce", "--per-sample", "a.csv", "-f", "json")
    with_classes = call(*run).report
    before = Path("a.csv").read_bytes()
    without = call(*(x for x in run if x != "--per-class")).report
    assert with_classes["losses"] == without["losses"]
    assert without["groups"] == []
    assert Path("a.csv").read_bytes() == before


def test_weights_of_samples_weigh_the_classes(probs):
    array("w.npy", np.array([3.0, 1.0, 1.0, 1.0]))
    found = by_class(call("classify", "p.npy", "y.npy", "-l", "ce", "--per-class", "--weights", "w.npy", "-f", "json").report)
    assert found["0"] == pytest.approx(-(3 * np.log(0.5) + np.log(0.25)) / 4, rel=1e-15)


def test_classes_within_groups(probs):
    table("t.csv", "label,site", "cat,x", "dog,y", "cow,x", "cat,y")
    run = ("classify", "p.csv", "t.csv", "-l", "ce", "--by", "site", "--per-class")
    report = call(*run, "-f", "json", "--fail-if", "ce@site=y@class=cat > 1").report
    assert [(g["by"], g["n"]) for g in report["groups"]] == [
        ({"site": s, "class": c}, 1) for s, c in (("x", "cat"), ("x", "cow"), ("y", "cat"), ("y", "dog"))
    ]
    assert report["gates"][0]["observed"] == -np.log(0.25)
    assert "ce by site, class" in call(*run).out


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (("-l", "listnet"), "listnet has no value per class: TARGET contains numbers instead of classes"),
        (("-l", "weighted_kappa", "-l", "d2_brier"), "weighted_kappa has no value per class: its value is one of all rows"),
        (("-l", "ce", "--by", "class"), "--by class and --per-class both make groups named `class`"),
        (("-l", "ce", "--grad-stats"), "--grad-stats has no statistics per class"),
    ],
)
def test_what_has_no_classes_is_a_usage_error(probs, argv, what):
    refused(2, "classify", "p.npy", "y.npy", *argv, "--per-class", says=(what,))


def test_labels_without_a_single_class(probs):
    array("soft.npy", P)
    refused(3, "classify", "p.npy", "soft.npy", "-l", "ce", "--per-class", says=("soft.npy, row 1", "the row has no single class"))


def test_only_families_with_classes_have_the_option(folder):
    assert "--per-class" not in call("regress", "--help").out
    assert "--per-class" in call("segment", "--help").out
    with pytest.raises(losscli.UsageError, match="per_class is read by classify, segment, not by regress"):
        losscli.evaluate([1.0], [2.0], family="regress", losses=["mae"], per_class=True)


def test_in_python(probs):
    report = losscli.evaluate(P, [0, 1, 2, 0], family="classify", losses=["ce"], per_class=True, classes="cat,dog,cow")
    assert {g.by["class"]: g.line("ce").n for g in report.groups} == {"cat": 2, "dog": 1, "cow": 1}
    assert report.to_frame().index.names == ["class", "loss"]
