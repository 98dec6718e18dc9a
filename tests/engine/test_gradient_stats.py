"""--grad-stats: which samples a loss teaches nothing, and how strong its gradients are."""

from __future__ import annotations

import jsonschema
import numpy as np
import pytest

import losscli
from losscli.report.schema import report_schema
from losscli.spec import tile as blocks
from tests.support.command import call

APART = np.array([[0.0, 0, 1, 1], [0, 0, 2, 2], [5, 5, 6, 6]])
TARGET = np.array([[3.0, 3, 4, 4], [1, 0, 3, 2], [8, 8, 9, 9]])


def health(pred, target, family, losses, **more):
    return [x.gradient for x in losscli.evaluate(pred, target, family=family, losses=losses, grad_stats=True, **more).losses]


def test_iou_is_dead_on_disjoint_boxes_and_giou_is_not():
    iou, giou = health(APART, TARGET, "detect", ["iou", "giou"])
    assert (iou.n, iou.zero, iou.nonfinite) == (3, 2, 0)
    assert iou.zero_share == pytest.approx(2 / 3)
    assert giou.zero == 0


@pytest.mark.parametrize(("family", "loss"), [("detect", "giou"), ("detect", "0.5*giou+l1"), ("detect", "smooth_l1")])
def test_norms_are_those_of_the_gradients(family, loss):
    (found,) = health(APART, TARGET, family, loss)
    norms = np.linalg.norm(np.asarray(losscli.gradient(loss, APART, TARGET, family=family)), axis=1)
    assert found.min == pytest.approx(norms.min(), rel=1e-14)
    assert found.max == pytest.approx(norms.max(), rel=1e-14)
    assert found.p50 == pytest.approx(np.median(norms), rel=1e-14)


def test_losses_without_a_value_per_sample_have_the_gradient_of_the_value():
    pred, target = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 3.0])
    (found,) = health(pred, target, "regress", "rmse")
    assert (found.n, found.zero) == (3, 2)
    assert found.max == pytest.approx(np.abs(np.asarray(losscli.gradient("rmse", pred, target))).max())


def test_infinite_gradients_are_counted_apart_and_left_out_of_the_norms():
    (found,) = health(np.array([0.0, 0.5, 0.5]), np.array([1, 1, 0]), "classify", "bce")
    assert (found.nonfinite, found.max) == (1, 2.0)


def test_a_weight_of_zero_leaves_the_count():
    (found,) = health(APART, TARGET, "detect", "iou", weights=[0.0, 1.0, 1.0])
    assert (found.n, found.zero) == (2, 1)


def test_the_bits_do_not_depend_on_the_workers(monkeypatch):
    monkeypatch.setattr(blocks, "TILE_VALUES", 256)
    rng = np.random.default_rng(0)
    pred, target = rng.normal(size=(3000, 2)), rng.normal(size=(3000, 2))
    one, four = (health(pred, target, "regress", ["huber", "rmse"], jobs=n) for n in (1, 4))
    assert one == four


def test_the_report_has_the_key_only_when_asked(tmp_path):
    np.save(tmp_path / "p.npy", APART)
    np.save(tmp_path / "t.npy", TARGET)
    files = ("detect", str(tmp_path / "p.npy"), str(tmp_path / "t.npy"), "-l", "iou", "-l", "ciou")
    asked, plain = call(*files, "--grad-stats", "-f", "json").report, call(*files, "-f", "json").report
    jsonschema.validate(asked, report_schema())
    assert asked["losses"][0]["gradient"]["zero"] == 2
    assert list(asked["losses"][0]["gradient"]) == ["n", "zero", "zero_share", "nonfinite", "nonfinite_share", "norm"]
    assert all("gradient" not in x for x in plain["losses"])
    for x in asked["losses"]:
        del x["gradient"]
    assert asked.pop("options") == {**plain.pop("options"), "grad-stats": True}
    assert asked == plain
    for format in ("table", "plain", "md"):
        assert "66.67 %" in call(*files, "--grad-stats", "-f", format).out


def test_a_loss_without_gradient_is_named():
    report = losscli.evaluate([0, 1], [1, 1], family="classify", losses=["zero_one"], grad_stats=True)
    assert report.losses[0].gradient is None
    assert "no-gradient" in [w.code for w in report.warnings]
