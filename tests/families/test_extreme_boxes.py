"""Boxes at the edges of the doubles: sides of 1e-170 and 1e200, one beside the other, and shapes of 1e-170 to 1e170."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.spec.registry import load
from tests.support.evaluate import run
from tests.support.every import every
from tests.support.examples import examples

PRED = np.array([[0, 0, 3, 4], [1, 1, 4, 6], [0, 0, 3, 4], [10, 10, 11, 12], [1, 1, 2, 2], [-3, -3, -1, -2], [3, 0, 6, 4]], float)
TARGET = np.array([[1, 1, 4, 6], [0, 0, 3, 4], [0, 0, 3, 4], [0, 0, 3, 4], [0, 0, 8, 8], [4, 5, 6, 8], [0, 0, 3, 4]], float)
AXES_APART = np.array([1e-170, 1e170, 1e-170, 1e170])
BOXES = [
    *((PRED * s, TARGET * s) for s in (1e-300, 1e-200, 1e-170, 1e160, 1e200, 1e307)),
    (PRED * 1e200, TARGET),
    (PRED, TARGET * 1e200),
    (PRED * 1e-170, TARGET),
    (PRED * AXES_APART, TARGET * AXES_APART),
    (PRED * AXES_APART, TARGET),
    (PRED, TARGET * AXES_APART[::-1]),
    (PRED * 1e300, TARGET * -1e300 @ np.eye(4)[[2, 3, 0, 1]]),
    (PRED * 1e-170, np.repeat(TARGET[:, :2], 2, 1)[:, [0, 2, 0, 2]]),  # targets that are points
]
KEPT = {"mixed_scale": "keep", "degenerate": "keep"}
PAIRS = [loss for loss in load("detect").sorted_losses if loss.takes == ("pred", "target")]


def evaluate(recipe, pred, target, **how):
    with np.errstate(all="ignore"):  # as the engine calls kernels
        found = run("detect", recipe, {"pred": pred, "target": target}, **{**how, **KEPT})
    return found.values, found.gradient["pred"]


@every((example.recipe, (example,)) for loss in PAIRS for example in examples("detect", loss))
def test_no_finite_boxes_give_nan(example):
    for pred, target in BOXES:
        points = (target[:, 2:] == target[:, :2]).all()
        if points and any("eps" in name for name in load("detect").find(example.recipe.partition(":")[0]).defaults()):
            continue  # a point has no aspect ratio
        values, slopes = evaluate(example.recipe, pred, target, **example.conventions)
        assert not np.isnan(values).any(), (pred, target, values)
        assert not np.isnan(slopes).any(), (pred, target, slopes)


SCALED = (
    *("iou", "iou:form=log", "iou:form=square", "giou", "diou", "ciou", "ciou:alpha_grad=true", "ciou:gate=0.2", "eiou"),
    *("focal_eiou:weight_grad=true", "alpha_iou:base=giou", "alpha_iou:base=ciou", "extended_iou", "siou", "shape_iou:scale=1"),
    *("inner_iou:ratio=0.7,base=siou", "bounded_iou", "mpdiou:image=hull", "wiou"),
)


@pytest.mark.parametrize("recipe", SCALED)
def test_the_unit_changes_no_bit(recipe):
    """A power of two for both axes."""
    values, slopes = evaluate(recipe, PRED, TARGET)
    for exponent in (-900, -600, 600, 900):
        unit = 2.0**exponent
        scaled_values, scaled_slopes = evaluate(recipe, PRED * unit, TARGET * unit)
        assert np.array_equal(scaled_values, values), exponent
        assert np.array_equal(scaled_slopes * unit, slopes), exponent


@pytest.mark.parametrize("recipe", ["iou", "iou:form=log", "giou", "extended_iou", "bounded_iou", "inner_iou:ratio=0.7"])
def test_the_units_of_the_axes_change_no_bit(recipe):
    units = 2.0 ** np.array([-570, 560, -570, 560])
    (values, slopes), (own, of_own) = evaluate(recipe, PRED, TARGET), evaluate(recipe, PRED * units, TARGET * units)
    assert np.array_equal(own, values)
    assert np.array_equal(of_own * units, slopes)


@pytest.mark.parametrize(
    "recipe", ["giou:eps=1e-7", "giou:eps=1e-7,eps_form=floor", "diou:eps=1e-7", "ciou:eps=1e-7,aspect_eps=1e-7"]
)
def test_a_constant_outweighs_boxes_of_no_size_and_is_nothing_beside_large_ones(recipe):
    values, _ = evaluate(recipe, PRED * 1e-170, TARGET * 1e-170)
    np.testing.assert_allclose(values, 1.0, rtol=1e-12)
    values, _ = evaluate(recipe, PRED * 2.0**600, TARGET * 2.0**600)
    plain, _ = evaluate(recipe.partition(":")[0], PRED, TARGET)
    np.testing.assert_allclose(values, plain, rtol=1e-14 if "ciou" not in recipe else 1e-8)  # eps is in alpha too
