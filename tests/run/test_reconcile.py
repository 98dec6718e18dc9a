"""One loss under every convention, and the search for the one that gave a reported number."""

from __future__ import annotations

import json

import numpy as np
import pytest

import losscli
from losscli.core.errors import UsageError
from losscli.report.render.reconcile import render
from losscli.report.render.style import Style
from losscli.run.reconcile import reconcile, tolerance
from losscli.run.request import Request
from losscli.sources.in_memory import Memory
from losscli.spec.family import Conventions
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


def test_a_convention_with_one_more_parameter_and_with_switches_is_searched():
    """The numbers of kornia's focal_loss(alpha=0.25) and of MONAI's DiceLoss(include_background=False, squared_pred=True,
    batch=True), written out as the libraries have them."""
    rng = np.random.default_rng(0)
    logits, label = rng.normal(size=(20, 3)), rng.integers(0, 3, 20)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    value = -(np.array([0.75, 0.25, 0.25]) * (1 - np.exp(log_p)) ** 2 * log_p * np.eye(3)[label]).mean()
    read = {"conventions": Conventions(from_logits=True)}
    found = reconcile(request("focal", logits, label, "classify", **read), f"{value:.7f}")
    assert [(r.recipe, r.libraries) for r in found.rows] == [("focal:alpha=0.25,alpha_on=rest,classes=mean", ("kornia",))]
    p, mask = rng.dirichlet(np.ones(3), (4, 5, 6)).transpose(0, 3, 1, 2), rng.integers(0, 3, (4, 5, 6))
    hot, own = np.moveaxis(np.eye(3)[mask], -1, 1)[:, 1:], p[:, 1:]
    sums = [x.sum((0, 2, 3)) for x in (own * hot, own * own + hot * hot)]
    value = (1 - (2 * sums[0] + 1e-5) / (sums[1] + 1e-5)).mean()
    best = reconcile(request("dice", p, mask, "segment"), f"{value:.8f}").rows[0]
    assert (best.recipe, best.libraries) == ("dice:background=false,pool=batch,smooth=1e-05,squared=true", ("monai",))


def test_what_only_single_precision_allows_is_said():
    for value, single in (("0.5108254", True), ("0.5108256", False), ("0.51083", False)):
        found = reconcile(request("bce", np.array([0.6]), np.array([1]), "classify"), value)
        assert found.rows[0].recipe == "bce"
        assert found.single is single
        assert found.as_dict()["single_precision"] is single
        assert (" to single precision" in render(found, "plain", Style())) is single


def test_what_nothing_gives_names_the_nearest():
    found = reconcile(request("giou"), "77.123456")
    assert found.rows == ()
    assert found.nearest is not None
    assert found.tried > 10


def test_the_digits_given_are_the_tolerance():
    assert tolerance("0.43") == pytest.approx(0.005)
    assert tolerance("4.3e-5") == pytest.approx(0.05e-5)
    assert tolerance("0.431234567890") == pytest.approx(0.5e-12)


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
