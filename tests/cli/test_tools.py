"""`losses`, `explain`, `transform`, `schema`, help and version: what a new user meets first."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from losscli import __version__
from losscli.spec import registry
from losscli.spec.explain import explain
from tests.support.command import array, call, mine, refused, table
from tests.support.paths import SAMPLES

FAMILIES = registry.NAMES


def test_losses_as_json_are_the_catalogue():
    found = json.loads(call("losses", "--format", "json").out)
    assert {x["family"] for x in found} == set(FAMILIES)
    for family in FAMILIES:
        own = json.loads(call("losses", "--family", family, "--format", "json").out)
        assert [x["name"] for x in own] == sorted(registry.load(family).losses)
        for x in own:
            assert {"name", "aliases", "family", "inputs", "parameters", "direction", "summary", "citation"} <= set(x)
            assert x["summary"]
            assert x["citation"]


def test_losses_as_text():
    done = call("losses")
    for family in FAMILIES:
        assert f"{family}: {registry.load(family).summary}" in done.out
    assert call("losses", "--family", "detect").out in done.out
    assert call("losses", "--format", "md").out.startswith("**classify**")
    assert call("losses", "--family", "detekt").code == 2


@pytest.mark.parametrize("width", [40, 80, 120])
def test_losses_and_pages_fit_the_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    for argv in (("losses", "--family", "detect"), ("explain", "giou"), ("explain", "detect/smooth_l1")):
        longest = max(call(*argv).out.splitlines(), key=len)
        assert len(longest) <= width or " " not in longest.strip(), longest


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_loss_has_a_page(family):
    found = registry.load(family)
    titles = ("Recipe", "Value", "Source", "Reads", "Formula", "Gradient", "Use when", "Avoid when", "Related", "Equivalents")
    for name, loss in found.losses.items():
        page = explain(found, loss, 100)
        assert all(f"\n{title}" in page for title in titles), name
        assert all(p.name in page for p in loss.params)
    for name in list(found.losses)[::8]:
        done = call("explain", f"{family}/{name}")
        assert done.code == 0
        assert all(f"\n{title}" in done.out for title in titles), name


def test_explain_by_alias_by_family_and_everywhere():
    assert call("explain", "generalized_iou").out == call("explain", "giou").out == call("explain", "GIoU").out
    assert call("explain", "generalized-iou").out == call("explain", "giou").out
    assert call("explain", "detect/focal").out == call("explain", "focal", "--family", "detect").out
    everywhere = call("explain", "focal").out
    for family in ("classify", "detect", "segment"):
        assert call("explain", f"{family}/focal").out in everywhere
    refused(2, "explain", "gio", says=("unknown loss 'gio', did you mean", "losscli losses"))
    refused(2, "explain", "regress/giou", says=("unknown loss 'giou'",))


def test_the_schema_is_one_and_reports_meet_it():
    schema = json.loads(call("schema", "report").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    run = ("detect", str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv"), "-l", "giou", "-f", "json")
    jsonschema.Draft202012Validator(schema).validate(call(*run).report)
    assert call("schema", "nosuch").code == 2


def test_version_and_help():
    assert call("-V").out == call("--version").out == f"losscli {__version__}\n"
    top = call("-h")
    assert (top.code, top.out) == (0, call("--help").out)
    for command in (*FAMILIES, "losses", "explain", "inspect", "transform", "schema"):
        assert f"  {command}" in top.out
        page = call(command, "-h")
        assert (page.code, page.err) == (0, "")
        assert page.out.startswith("Usage: losscli ")


SCORES = [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]


def softmax(x):
    e = np.exp(np.array(x) - np.max(x, 1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_transform_to_stdout_and_to_files():
    table("z.csv", "id,a,b,c", *([i, *row] for i, row in enumerate(SCORES)))
    done = call("transform", "softmax", "z.csv")
    assert done.out.splitlines()[0] == "a,b,c", "a column of row numbers is no score"
    found = np.array([[float(x) for x in line.split(",")] for line in done.out.splitlines()[1:]])
    assert np.allclose(found, softmax(SCORES), rtol=1e-15)
    assert call("transform", "softmax", "z.csv", "-o", "csv=s.csv").out == ""
    assert Path("s.csv").read_text() == done.out
    array("z.npy", SCORES)
    assert call("transform", "softmax", "z.npy", "-o", "npy=s.npy").code == 0
    assert np.array_equal(np.load("s.npy"), found)
    assert np.allclose(np.exp(np.load(written("log_softmax", "z.npy"))), found)
    assert np.array_equal(np.load(written("hardmax:kind=argmax", "z.npy")), [[0, 0, 1], [1, 0, 0]])
    assert np.allclose(np.load(written("sigmoid", "z.npy")), 1 / (1 + np.exp(-np.array(SCORES))))


def written(recipe, source):
    assert call("transform", recipe, source, "-o", "npy=out.npy").code == 0
    return "out.npy"


def test_transform_feeds_an_evaluation():
    array("z.npy", [[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]])
    array("t.npy", [2, 0])
    text = call("transform", "softmax", "z.npy").out.encode()
    through = float(call("classify", "-", "t.npy", "-l", "ce", "-b", stdin=text).out)
    assert through == pytest.approx(float(call("classify", "z.npy", "t.npy", "-l", "ce", "--from-logits", "-b").out), rel=1e-14)


@pytest.mark.parametrize(
    ("code", "argv", "says"),
    [
        (2, ("sotfmax", "z.npy"), ("sotfmax", "did you mean softmax?")),
        (2, ("hardmax:kind=max", "z.npy"), ("kind must be sum or argmax", "not 'max'")),
        (2, ("softmax", "z.npy", "-o", "json=x"), ("--output 'json=x'", "npy=FILE")),
        (2, ("softmax", "z.npy", "-o", "npy=z.npy"), ("z.npy is an input",)),
        (3, ("softmax", "z.npy", "-o", "npy=no/z.npy"), ("no/z.npy: cannot be written",)),
        (3, ("softmax", "nosuch.npy"), ("nosuch.npy: no such file",)),
        (3, ("softmax", "n.npy"), ("n.npy, row 2, column [1]", "nan", "--nonfinite keep")),
        (3, ("hardmax", "zero.npy"), ("zero.npy, row 2", "sum", "--nonfinite keep")),
        (3, ("softmax", "t.csv"), ("t.csv has no numeric column",)),
    ],
)
def test_transform_refuses(code, argv, says):
    array("z.npy", SCORES)
    array("n.npy", [[1.0, 2.0], [1.0, np.nan]])
    array("zero.npy", [[1.0, 2.0], [0.0, 0.0]])
    table("t.csv", "a", "x")
    before = mine()
    refused(code, "transform", *argv, says=says)
    assert mine() == before
