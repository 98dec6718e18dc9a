"""Losses of whole detectors, of keypoints and of rotated boxes: published values, what they hold constant, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError
from losscli.families.detect import _hungarian
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._formats import oriented_columns
from losscli.families.detect._iou_terms import share
from losscli.families.detect._ltrb import around, centredness
from tests.support.evaluate import run


def evaluate(recipe, arrays, **kw):
    return run("detect", recipe, arrays, **kw)


def terms(recipe, arrays, **kw):
    return {name: value for name, (_, value) in evaluate(recipe, arrays, **kw).outcome.parts.items()}


# --- published values


def one_image():
    """Two matched anchors whose true boxes are the anchors themselves, so that deltas are differences."""
    anchors = np.array([[0, 0, 10, 10], [5, 5, 20, 15], [30, 30, 50, 60], [2, 2, 4, 8]], float)
    deltas = np.zeros((1, 4, 4))
    deltas[0, :2] = [[0.1, -0.2, 0, 0.05], [1.2, 0, 0, 0]]
    return {
        "scores": np.array([[[2, -1], [-3, 0.5], [-2, -2], [0, 0]]], float),
        "deltas": deltas,
        "anchors": anchors,
        "target_box": anchors[None, :2],
        "label": np.array([[0, 1]]),
        "match": np.array([[0, 1, -1, -1]]),
    }


@pytest.mark.parametrize(("beta", "box"), [("0.1111111111111111", 0.67256944444), ("1", 0.363125), ("0", 0.775)])
def test_the_terms_of_retinanet(beta, box):
    found = terms(f"retinanet:beta={beta}", one_image(), from_logits=True)
    assert found["class"] == pytest.approx(0.14852765296, rel=1e-10)
    assert found["box"] == pytest.approx(box, rel=1e-10)


def queries(match=True):
    arrays = {
        "scores": np.array([[[2, 0, 0], [0, 1, 0], [0, 0, 1.5]]], float),
        "pred_boxes": np.array([[[0.5, 0.5, 0.4, 0.4], [0.2, 0.2, 0.2, 0.2], [0.8, 0.8, 0.1, 0.1]]]),
        "target_box": np.array([[[0.5, 0.45, 0.4, 0.5], [0.25, 0.2, 0.2, 0.3]]]),
        "label": np.array([[0, 1]]),
        "match": np.array([[0, 1, -1]]),
    }
    return arrays if match else {k: v for k, v in arrays.items() if k != "match"}


CXCYWH = {"from_logits": True, "pred_format": "cxcywh", "target_format": "cxcywh"}


def test_the_terms_of_detr():
    found = terms("detr", queries(), **CXCYWH)
    assert list(found) == ["class", "box", "giou"]
    assert list(found.values()) == pytest.approx([0.39423219, 0.15, 0.41904762], abs=1e-8)


def test_the_centredness_of_a_location():
    assert centredness(np.array([[2.0, 3.0, 4.0, 5.0]]))[0] == pytest.approx(0.54772255751, rel=1e-10)


# --- detr's assignment


def test_detr_finds_the_assignment_that_a_file_may_give():
    pytest.importorskip("scipy")
    given, found = evaluate("detr", queries(), **CXCYWH), evaluate("detr", queries(match=False), **CXCYWH)
    assert given.value == found.value
    assert np.array_equal(given.gradient["scores"], found.gradient["scores"])


def test_detr_without_scipy_names_the_extra(monkeypatch):
    def missing(name, *args):
        raise ImportError(name)

    monkeypatch.setattr(_hungarian, "import_module", missing)
    with pytest.raises(UsageError) as e:
        evaluate("detr", queries(match=False), **CXCYWH)
    assert "pip install '.[match]'" in str(e.value)
    assert evaluate("detr", queries(), **CXCYWH).value > 0


def test_an_image_without_boxes_costs_its_classes_only():
    arrays = queries()
    arrays["label"][:], arrays["match"][:] = -1, -1
    found = terms("detr", arrays, **CXCYWH)
    assert found["box"] == found["giou"] == 0.0
    assert found["class"] > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"match": np.array([[0, 0, -1]])}, "matched to two queries"),
        ({"match": np.array([[0, 2, -1]])}, "not an integer in -1 … 1"),
        ({"label": np.array([[0, -1]])}, "has the label -1"),
        ({"label": np.array([[0, 2]])}, "not an integer in -1 … 1"),
        ({"target_box": np.array([[[0.5, 0.45, 0.4, 0.0], [0.25, 0.2, 0.2, 0.3]]])}, "no area"),
        ({"pred_boxes": np.zeros((1, 2, 4))}, "box has rows of shape"),
    ],
)
def test_detr_refuses_what_does_not_fit(change, says):
    with pytest.raises(DataError) as e:
        evaluate("detr", {**queries(), **change}, **CXCYWH)
    assert says in str(e.value)


# --- locations


def locations(seed=0, n=12, classes=3):
    rng = np.random.default_rng(seed)
    label = np.where(np.arange(n) % 3 == 0, -1, rng.integers(0, classes, n))
    return {
        "scores": rng.normal(size=(n, classes)),
        "deltas": rng.uniform(0.5, 5, (n, 4)),
        "initial": rng.uniform(0.5, 5, (n, 4)),
        "central": rng.normal(size=n),
        "dist": rng.normal(size=(n, 4, 7)),
        "label": label,
        "target_deltas": rng.uniform(0.5, 5, (n, 4)),
    }


def taken(name, arrays):
    roles = {
        "fcos": ("scores", "deltas", "central", "label", "target_deltas"),
        "vfnet": ("scores", "deltas", "initial", "label", "target_deltas"),
        "gfl": ("scores", "dist", "label", "target_deltas"),
    }
    return {role: arrays[role] for role in roles[name]}


def difference(f, x, places=8):
    """Slopes of f(x).sum() at some entries."""
    spots = np.random.default_rng(1).permutation(x.size)[:places]
    out = []
    for spot in spots:
        sides = []
        for sign in (1, -1):
            moved = x.copy()
            moved.ravel()[spot] += sign * 1e-6
            sides.append(f(moved))
        out.append((sides[0] - sides[1]) / 2e-6)
    return spots, np.array(out)


def test_vfnet_holds_the_quality_constant():
    arrays = taken("vfnet", locations())
    found = evaluate("vfnet", arrays, from_logits=True).gradient
    at = arrays["label"] >= 0
    true = around(arrays["target_deltas"][at])

    def giou(sides):
        return run("detect", "giou", {"pred": around(sides[at]), "target": true}, gradient=False).values

    q = share(Overlap(around(arrays["deltas"][at]), true))
    for role, weight in (("deltas", 2.0), ("initial", 1.5)):
        spots, slope = difference(lambda x, w=weight: float((w * q * giou(x)).sum()), arrays[role])
        np.testing.assert_allclose(found[role].ravel()[spots], slope, rtol=1e-6, atol=1e-8)
    spots, slope = difference(
        lambda x: float(evaluate("vfnet", {**arrays, "scores": x}, gradient=False, from_logits=True).values.sum()), arrays["scores"]
    )
    np.testing.assert_allclose(found["scores"].ravel()[spots], slope, rtol=1e-6, atol=1e-8)


def test_gfl_holds_the_quality_constant():
    arrays = taken("gfl", locations())
    found = evaluate("gfl", arrays, from_logits=True).gradient

    def of(role):
        def total(x):
            got = evaluate("gfl", {**arrays, role: x}, gradient=False, from_logits=True)
            parts = {k: w * v for k, (w, v) in got.outcome.parts.items()}
            objects = (arrays["label"] >= 0).sum()
            return objects * (parts["box"] + parts["dfl"] + (parts["class"] if role == "scores" else 0.0))

        return total

    for role in ("scores", "dist"):
        spots, slope = difference(of(role), arrays[role])
        np.testing.assert_allclose(found[role].ravel()[spots], slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["fcos", "vfnet", "gfl"])
def test_without_objects_a_sum_is_divided_by_one(name):
    arrays = taken(name, locations())
    arrays["label"] = np.full_like(arrays["label"], -1)
    found = evaluate(name, arrays, from_logits=True)
    assert found.value == pytest.approx(found.values.sum(), rel=1e-14)
    assert not any(g.any() for role, g in found.gradient.items() if role != "scores")


@pytest.mark.parametrize("name", ["fcos", "vfnet", "gfl"])
def test_boxes_are_read_where_an_object_is(name):
    arrays = taken(name, locations())
    nowhere = arrays["label"] < 0
    spoilt = {**arrays, "target_deltas": np.where(nowhere[:, None], -1.0, arrays["target_deltas"])}
    assert evaluate(name, spoilt, from_logits=True).value == evaluate(name, arrays, from_logits=True).value
    spoilt["target_deltas"] = np.where(nowhere[:, None], 1.0, -arrays["target_deltas"])
    with pytest.raises(DataError, match="do not form a box around the location"):
        evaluate(name, spoilt, from_logits=True)


def test_a_distance_beyond_the_last_bin_is_refused_or_cut():
    arrays = taken("gfl", locations())
    arrays["target_deltas"][1, 2] = 9.0
    with pytest.raises(DataError, match=r"beyond the last of 7 bins[^;]*\n.*gfl:cut=0.01"):
        evaluate("gfl", arrays, from_logits=True)
    cut = {**arrays, "target_deltas": np.minimum(arrays["target_deltas"], 5.5)}
    ours, theirs = (terms("gfl:cut=0.5", x, from_logits=True)["dfl"] for x in (arrays, cut))
    assert ours == theirs


def test_a_certain_distribution_is_its_box():
    true = np.array([[2.0, 3.0, 1.0, 4.0]])
    dist = np.where(np.arange(7) == true[..., None], 200.0, 0.0)
    arrays = {"scores": np.array([[3.0]]), "dist": dist, "quality": np.array([[0.75]]), "target_deltas": true}
    found = terms("yolo_v8", arrays, from_logits=True)
    assert found["box"] == pytest.approx(0.0, abs=1e-15)
    assert found["dfl"] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", ["fcos", "vfnet", "gfl"])
def test_one_score_per_row_is_one_class(name):
    wide = taken(name, locations(classes=1))
    narrow = {**wide, "scores": wide["scores"][:, 0]}
    one, two = (evaluate(name, x, from_logits=True) for x in (wide, narrow))
    assert one.value == two.value
    assert np.array_equal(one.gradient["scores"].ravel(), two.gradient["scores"].ravel())


def test_flat_rows_of_bins_are_four_runs():
    arrays = taken("gfl", locations())
    flat = {**arrays, "dist": arrays["dist"].reshape(len(arrays["dist"]), -1)}
    assert evaluate("gfl", flat, from_logits=True).value == evaluate("gfl", arrays, from_logits=True).value


# --- masks and maps


def test_the_mask_term_reads_the_channel_of_the_class():
    rng = np.random.default_rng(0)
    arrays = {
        "scores": rng.normal(size=(4, 3)),
        "deltas": rng.normal(size=(4, 12)),
        "mask": rng.normal(size=(4, 3, 5, 5)),
        "label": np.array([0, 1, 2, 0]),
        "target_deltas": rng.normal(size=(4, 4)),
        "target_mask": rng.integers(0, 2, (4, 5, 5)),
    }
    before = terms("mask_rcnn", arrays, from_logits=True)
    head = terms("faster_rcnn", {k: v for k, v in arrays.items() if "mask" not in k}, from_logits=True)
    assert (before["class"], before["box"]) == pytest.approx((head["class"], head["box"]), rel=1e-15)
    other = arrays["mask"].copy()
    other[[0, 3]], other[1, [0, 2]], other[2, :2] = 9.0, 9.0, 9.0
    assert terms("mask_rcnn", {**arrays, "mask": other}, from_logits=True) == before
    alone = {**arrays, "label": np.zeros(4, int)}
    found = evaluate("mask_rcnn", alone, from_logits=True)
    assert found.outcome.parts["mask"][1] == 0.0
    assert not found.gradient["mask"].any()


# --- keypoints and rotated boxes


def test_keypoints_that_are_not_labelled_do_not_count():
    true = np.array([[[0.0, 0.0, 2.0], [5.0, 5.0, 0.0]]])
    arrays = {"keypoints": np.array([[[1.0, 0.0], [90.0, 90.0]]]), "target_keypoints": true, "area": np.array([4.0])}
    found = evaluate("oks:sigmas=[0.5,0.5]", arrays)
    assert found.value == pytest.approx(1 - np.exp(-1 / 8), rel=1e-14)
    assert not found.gradient["keypoints"][0, 1].any()
    flat = {"keypoints": arrays["keypoints"].reshape(1, -1), "target_keypoints": true.reshape(1, -1), "area": np.array([[4.0]])}
    assert evaluate("oks:sigmas=[0.5,0.5]", flat).value == found.value


def test_oks_refuses_what_it_cannot_read():
    true = np.array([[[0.0, 0.0, 2.0], [5.0, 5.0, 0.0]]])
    arrays = {"keypoints": true[..., :2], "target_keypoints": true, "area": np.array([4.0])}
    with pytest.raises(UsageError, match="17 sigmas for 2 keypoints"):
        evaluate("oks", arrays)
    with pytest.raises(DataError, match="not positive"):
        evaluate("oks:sigmas=[1,1]", {**arrays, "area": np.array([0.0])})
    with pytest.raises(DataError, match="no keypoint is labelled"):
        evaluate("oks:empty=error,sigmas=[1,1]", {**arrays, "target_keypoints": true * [1, 1, 0]})


def test_a_rotated_box_is_the_same_after_a_half_turn_and_as_its_sides_swapped():
    box = np.array([[5.0, 4.0, 6.0, 2.0, 0.3]])
    again = np.array([[5.0, 4.0, 6.0, 2.0, 0.3 + np.pi], [5.0, 4.0, 2.0, 6.0, 0.3 - np.pi / 2]])
    found = evaluate("probiou", {"pred_obb": np.repeat(box, 2, 0), "target_obb": again})
    np.testing.assert_allclose(found.values, 0.0, atol=1e-15)
    degrees = box * [1, 1, 1, 1, 180 / np.pi]
    there = np.array([[4.0, 4.0, 5.0, 3.0, 0.0]])
    value = evaluate("probiou", {"pred_obb": box, "target_obb": there}).value
    assert evaluate("probiou:angle=deg", {"pred_obb": degrees, "target_obb": there}).value == pytest.approx(value, rel=1e-14)


def test_angles_in_degrees_are_not_taken_for_radians():
    box = np.array([[5.0, 4.0, 6.0, 2.0, 30.0]])
    with pytest.raises(DataError, match="probiou:angle=deg"):
        evaluate("probiou", {"pred_obb": box, "target_obb": box})


def test_columns_of_rotated_boxes_are_found():
    assert oriented_columns(("id", "cx", "cy", "w", "h", "angle")) == ("cx", "cy", "w", "h", "angle")
    assert oriented_columns(("gt_x", "gt_y", "gt_w", "gt_h", "gt_r"), ("target_", "gt_", "")) == (
        "gt_x",
        "gt_y",
        "gt_w",
        "gt_h",
        "gt_r",
    )
    assert oriented_columns(("cx", "cy", "w", "h")) is None
