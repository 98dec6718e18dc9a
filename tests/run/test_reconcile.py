"""One loss under every convention, and the search for the one that gave a reported number."""

from __future__ import annotations

import json

import numpy as np
import pytest

import losscli
from losscli.core.errors import UsageError
from losscli.run.reconcile import reconcile, tolerance
from losscli.run.request import Request
from losscli.sources.in_memory import Memory
from tests.support.command import call

PRED = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.5]])
TARGET = np.array([[1.0, 0.0, 3.0, 2.0], [1.0, 1.0, 3.0, 4.0]])


def request(loss, pred=PRED, target=TARGET, family="detect", **more):
    return Request(family, Memory("pred", pred), Memory("target", target), losses=(loss,), **more)


def test_a_row_per_distinct_convention_with_its_cause():
    found = reconcile(request("iou"))
    assert [(r.recipe, r.libraries) for r in found.rows] == [
        ("iou", ("torchvision",)),
        ("iou:eps=1.1920928955078125e-07", ("monai",)),
        ("iou:clip=1e-06,eps=1e-06,eps_form=floor,form=log", ("mmdet",)),
        ("iou:eps=1e-07,height_eps=1e-07", ("ultralytics",)),
    ]
    ours, _, log, _ = found.rows
    assert ours.difference == 0
    assert ours.cause == ()
    assert log.value == pytest.approx(-np.log([1 / 3, 5 / 6]).mean())
    assert log.difference == log.value - found.value
    assert log.cause == ("form=log",)  # no box is so far off that the clip decides


@pytest.mark.parametrize(
    ("value", "recipe", "cause"),
    [
        ("0.640467", "iou:clip=1e-06,eps=1e-06,eps_form=floor,form=log", ("form=log",)),
        ("0.5833", "iou", ("1 - value",)),
        ("0.8333", "iou", ("× 2",)),
        ("0.597222", "iou:form=square", ("form=square",)),
        ("1.194444", "iou:form=square", ("form=square", "× 2")),
    ],
)
def test_it_names_what_gives_a_reported_value(value, recipe, cause):
    best = reconcile(request("iou"), value).rows[0]
    assert (best.recipe, best.cause) == (recipe, cause)


def test_pairs_of_parameters_are_searched_where_no_single_one_will_do():
    rng = np.random.default_rng(1)
    scores, mask = rng.random((3, 4, 5)), rng.integers(0, 2, (3, 4, 5))
    line = losscli.evaluate(scores, mask, family="segment", losses="dice:smooth=1,squared=true").losses[0]
    found = reconcile(request("dice", scores, mask, "segment"), f"{line.value:.6f}")
    assert found.rows[0].cause == ("smooth=1", "squared=true")


def test_what_nothing_gives_names_the_nearest():
    found = reconcile(request("giou"), "77.123456")
    assert found.rows == ()
    assert found.nearest is not None
    assert found.tried > 10


def test_the_digits_given_are_the_tolerance():
    assert tolerance("0.43") == pytest.approx(0.005)
    assert tolerance("4.3e-5") == pytest.approx(0.05e-5)
    assert tolerance("0.431234567890") == pytest.approx(0.431234567890e-6)


def test_mistakes_are_usage_errors():
    for loss, value in (("iou+giou", None), ("iou", "many")):
        with pytest.raises(UsageError):
            reconcile(request(loss), value)


@pytest.mark.parametrize("format", ["table", "plain", "csv", "md", "json"])
def test_the_command_prints_every_format(tmp_path, format):
    np.save(tmp_path / "p.npy", PRED)
    np.save(tmp_path / "t.npy", TARGET)
    files = ("reconcile", "detect", str(tmp_path / "p.npy"), str(tmp_path / "t.npy"), "--loss", "ciou", "-f", format)
    out = call(*files).out
    assert "ultralytics" in out
    assert call(*files, "--value", "123").code == 0
    if format == "json":
        assert json.loads(out)["rows"][0]["recipe"] == "ciou"
