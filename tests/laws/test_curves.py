"""Over all losses: a curve or a reason for having none; values are those of `losscli.losses`, derivatives those of the curve."""

from __future__ import annotations

import numpy as np
import pytest

from losscli import losses
from losscli.run.curves.curve import Asked, drawn, understood
from losscli.run.curves.points import at_places
from losscli.spec import registry
from losscli.spec.axes import axes_of
from losscli.spec.recipe import parse

NEEDED = {
    "svm": "svm:coef=[1]",
    "regress/zero_one": "zero_one:tolerance=1",
    "mpdiou": "mpdiou:image=[2000,2000]",
    "weighted_ce": "weighted_ce:weights=[1,2]",
    "wasserstein_dice": "wasserstein_dice:distance=[0,1,1,0]",
}
"""Recipes of losses that need a parameter."""
LOSSES = [(family, name) for family in registry.NAMES for name in registry.load(family).losses]
STEP = 1e-6


def term(family, name):
    needed = any(p.required for p in registry.load(family).losses[name].params)
    text = (NEEDED.get(f"{family}/{name}") or NEEDED[name]) if needed else name
    return parse(text, registry.load(family)).terms[0][1]


def places(axis):
    """Places inside the axis that are not those of a jump or a kink."""
    low, high = axis.low, axis.high
    return low + (high - low) * np.array([0.0171, 0.1373, 0.3119, 0.4337, 0.5713, 0.7231, 0.8717, 0.9829])


@pytest.mark.parametrize(("family", "name"), LOSSES, ids=lambda x: x)
def test_a_loss_has_a_curve_or_a_reason(family, name):
    found = term(family, name)
    axes = axes_of(found.loss, found.params)
    if isinstance(axes, str):
        assert axes[0].islower()
        assert "\n" not in axes
        assert len(axes) < 100
        return
    assert len({a.name for a in axes}) == len(axes) >= 1
    for axis in axes:
        x = places(axis)
        points = at_places([(1.0, found, axis)], np.concatenate([x, x - STEP, x + STEP]), True)
        frozen = found.loss.frozen is not None and found.loss.frozen(found.params)
        for case, y in points.values.items():
            at, below, above = np.split(y, 3)
            assert not np.isnan(at).any(), (axis.name, case)
            if found.loss.differentiable and not frozen:
                slope = points.slopes[case][: len(x)]
                assert (above - below) / (2 * STEP) == pytest.approx(slope, rel=1e-4, abs=1e-4), (axis.name, case)


def arrays(family, name, axis, x, case):
    """The posed samples as a user gives them to `losscli.losses`, and its options."""
    posed = axis.pose(x, case)
    return {**posed.arrays, **posed.constants, **({"from_logits": True} if posed.from_logits else {})}


@pytest.mark.parametrize("family", registry.NAMES)
def test_values_are_those_of_the_functions(family):
    """Of every fourth loss with a curve, at some places of its usual axis."""
    curved = [
        (t, a[0]) for n in registry.load(family).losses if not isinstance(a := axes_of((t := term(family, n)).loss, t.params), str)
    ]
    for found, axis in curved[::4]:
        x = places(axis)
        points = at_places([(1.0, found, axis)], x, False)
        for case in axis.cases:
            # several cases are evaluated together, so that weights by class are those of equal classes
            if found.loss.fitter is None:
                given = arrays(family, found.loss.name, axis, x, case)
                params = {name: value for name, value in found.values if name in found.stated}
                own = getattr(getattr(losses, family), found.loss.name)(**given, **params)
                assert np.array_equal(own, points.values[case]), (found.loss.name, case)


def curves(*texts, **facts):
    asked = Asked(texts, **facts)
    return drawn(asked, *understood(asked))


def test_jumps_are_gaps_on_both_lines():
    found = curves("classify/zero_one", against="margin").curves[0].line
    gap = np.flatnonzero(np.isnan(found.y))
    assert len(gap) >= 1
    assert found.x[gap] == pytest.approx(0, abs=1e-6)
    assert (found.y[gap[0] - 1], found.y[gap[-1] + 1]) == (1, 0)
    slope = curves("mae", gradient=True).curves[0].slope_line
    gaps = np.flatnonzero(np.isnan(slope.y))
    assert slope.x[gaps] == pytest.approx([0, 0], abs=1e-6)
    assert [slope.y[gaps[0] - 1], slope.y[gaps[0] + 1], slope.y[gaps[1] + 1]] == [-1, 0, 1]
    iou = curves("iou", "diou", against="shift", gradient=True).curves
    assert [np.isnan(c.line.y).any() for c in iou] == [False, False]
    assert [np.isnan(c.slope_line.y).any() for c in iou] == [True, True]


def test_smooth_and_infinite_curves_have_no_gap():
    for found in (
        curves("classify/bce", gradient=True),
        curves("mse", "log_cosh", gradient=True),
        curves("segment/dice", "segment/jaccard"),
    ):
        for c in found.curves:
            assert not np.isnan(c.line.y).any()
            assert not np.isnan(c.slope_line.y[1:-1]).any() or not found.gradient


def test_lists_cases_and_composites():
    assert [c.label for c in curves("classify/focal:gamma={0,2}", "ce").curves] == ["focal:gamma=0", "focal:gamma=2", "ce"]
    assert [c.label for c in curves("classify/bce").curves] == ["bce (y = 1)", "bce (y = 0)"]
    assert [c.label for c in curves("classify/bce", against="confidence").curves] == ["bce"], "equal cases are one curve"
    assert [c.label for c in curves("classify/asl", against="confidence").curves] == ["asl (y = 1)", "asl (y = 0)"]
    both, dice, bce = curves("0.5*dice+0.25*bce", "dice", "bce", family="segment", gradient=True, against="probability").curves
    assert np.array_equal(both.values, 0.5 * dice.values + 0.25 * bce.values)
    assert both.slopes[1:-1] == pytest.approx(0.5 * dice.slopes[1:-1] + 0.25 * bce.slopes[1:-1], rel=1e-12)
