"""Box losses and composites: how they relate, where they refuse, and how many digits they keep."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError, Where
from losscli.engine.row_values import row_values
from losscli.engine.term import BoundTerm
from losscli.families.detect._formats import as_written, box_columns, corners, implied_format
from losscli.run.request import Request
from losscli.run.run import run as run_losscli
from losscli.spec.family import Conventions, Watch
from losscli.spec.recipe import parse
from losscli.spec.registry import load
from losscli.spec.tile import Block
from tests.support.evaluate import run
from tests.support.hard_boxes import hard_boxes

A, B = [0.0, 0.0, 10.0, 10.0], [5.0, 0.0, 15.0, 10.0]
EDGE = st.integers(0, 12)
BOXES = st.lists(
    st.tuples(EDGE, EDGE, st.integers(1, 9), st.integers(1, 9), EDGE, EDGE, st.integers(1, 9), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)


def evaluate(recipe, pred, target, **kw):
    return run("detect", recipe, {"pred": np.asarray(pred, float), "target": np.asarray(target, float)}, **kw)


def cut(rows):
    """Two (n,4) arrays of corners from corners and sizes."""
    a = np.array(rows, float)
    return np.hstack([a[:, :2], a[:, :2] + a[:, 2:4]]), np.hstack([a[:, 4:6], a[:, 4:6] + a[:, 6:]])


def values(recipe, pred, target):
    return evaluate(recipe, pred, target, gradient=False).values


# --- relations


@given(BOXES)
def test_the_family_of_overlaps_is_ordered(rows):
    p, t = cut(rows)
    iou, giou, diou, ciou = (values(x, p, t) for x in ("iou", "giou", "diou", "ciou"))
    assert (giou >= iou - 1e-15).all()
    assert (giou <= iou + 1.0).all()
    assert (diou >= iou - 1e-15).all()
    assert (ciou >= diou).all()
    assert np.array_equal(values("ciou:gate=1", p, t), diou)
    assert np.array_equal(iou, values("iou", t, p))
    np.testing.assert_allclose(giou, values("giou", t, p), rtol=1e-15)


@given(BOXES)
def test_the_forms_of_iou_are_one_number(rows):
    p, t = cut(rows)
    share = 1.0 - values("iou", p, t)
    np.testing.assert_allclose(values("iou:form=square", p, t), 1.0 - share**2, atol=1e-15)
    np.testing.assert_allclose(values("iou:form=log,clip=1e-6", p, t), -np.log(np.maximum(share, 1e-6)), rtol=1e-9, atol=1e-15)


@given(BOXES)
def test_coordinate_losses_meet_at_their_limits(rows):
    p, t = cut(rows)
    assert np.array_equal(values("smooth_l1:beta=0", p, t), values("l1", p, t))
    np.testing.assert_allclose(values("huber:delta=3", p, t), 3 * values("smooth_l1:beta=3", p, t), rtol=1e-15)
    np.testing.assert_allclose(values("huber:delta=1e6", p, t), values("l2", p, t) / 2, rtol=1e-15)
    for name in ("l1", "l2", "smooth_l1", "huber"):
        assert np.array_equal(values(f"{name}:reduce=mean", p, t), values(name, p, t) / 4)


def test_giou_of_a_nested_box_is_iou():
    inside = [[2.0, 2.0, 6.0, 8.0]]
    assert values("giou", inside, [A]) == values("iou", inside, [A]) == pytest.approx(0.76)


# --- gradients


@pytest.mark.parametrize("recipe", ["iou", "giou", "diou", "ciou", "ciou:alpha_grad=true", "iou:form=log", "iou:form=square"])
def test_identical_boxes_pull_nowhere(recipe):
    found = evaluate(recipe, [A, [3.0, 1.0, 4.0, 8.0]], [A, [3.0, 1.0, 4.0, 8.0]])
    assert found.values.tolist() == [0.0, 0.0]
    assert np.abs(found.gradient["pred"]).max() == 0.0


def test_disjoint_boxes_have_no_iou_gradient_but_a_giou_gradient():
    far = [100.0, 0.0, 110.0, 10.0]
    assert not evaluate("iou", [A], [far]).gradient["pred"].any()
    assert not evaluate("iou:form=log,clip=1e-6", [A], [far]).gradient["pred"].any()
    assert values("iou:form=log", [A], [far]).tolist() == [np.inf]
    pull = evaluate("giou", [A], [far]).gradient["pred"][0]
    assert pull[2] < 0, "moving the near edge towards the target lowers the loss"


def test_touching_boxes_take_the_side_of_the_library_each_form_is_known_from():
    beside = [10.0, 0.0, 20.0, 10.0]
    np.testing.assert_allclose(evaluate("iou", [A], [beside]).gradient["pred"], [[0, 0, -0.05, 0]])
    np.testing.assert_allclose(evaluate("diou", [A], [beside]).gradient["pred"], [[-0.004, 0.004, -0.02, -0.004]])
    np.testing.assert_allclose(evaluate("ciou:gate=0.5", [A], [beside]).gradient["pred"], [[-0.004, 0.004, -0.07, -0.004]])


@pytest.mark.parametrize("recipe", ["l1", "smooth_l1:beta=0"])
def test_equal_coordinates_do_not_pull(recipe):
    assert evaluate(recipe, [A], [B]).gradient["pred"].tolist() == [[-1.0, 0.0, -1.0, 0.0]]


@pytest.mark.parametrize("form", ["xywh", "cxcywh"])
def test_gradients_come_back_in_the_format_of_the_file(form):
    rng = np.random.default_rng(3)
    written = np.hstack([rng.uniform(4, 6, (6, 2)), rng.uniform(2, 5, (6, 2))])
    target = np.hstack([rng.uniform(3, 5, (6, 2)), rng.uniform(7, 9, (6, 2))])

    def loss(x):
        return values("giou", corners(x, form), target)

    by_corners = evaluate("giou", corners(written, form), target).gradient["pred"]
    step = 1e-6 * np.eye(4)
    slopes = np.stack([(loss(written + s) - loss(written - s)) / 2e-6 for s in step], axis=1)
    np.testing.assert_allclose(as_written(by_corners, form), slopes, rtol=1e-6, atol=1e-9)
    assert evaluate("giou", written, target, pred_format=form).values == pytest.approx(loss(written), rel=1e-15)


# --- precision


def exact(name, p, t, eps=0, form="linear"):
    p, t, eps = [mpmath.mpf(x) for x in p], [mpmath.mpf(x) for x in t], mpmath.mpf(eps)
    (pw, ph), (tw, th) = ((b[2] - b[0], b[3] - b[1]) for b in (p, t))
    inter = max(0, min(p[2], t[2]) - max(p[0], t[0])) * max(0, min(p[3], t[3]) - max(p[1], t[1]))
    union = pw * ph + tw * th - inter
    wide, high = max(p[2], t[2]) - min(p[0], t[0]), max(p[3], t[3]) - min(p[1], t[1])
    share = inter / (union + eps)
    if name == "iou":
        forms = {
            "linear": lambda: 1 - share,
            "square": lambda: 1 - share**2,
            "log": lambda: -mpmath.log(share) if share else mpmath.inf,
        }
        return forms[form]()
    if name == "giou":
        return 1 - share + (wide * high - union) / (wide * high + eps)
    distance = ((p[0] + p[2] - t[0] - t[2]) ** 2 + (p[1] + p[3] - t[1] - t[3]) ** 2) / 4
    diou = 1 - share + distance / (wide**2 + high**2 + eps)
    if name == "diou":
        return diou
    v = 4 / mpmath.pi**2 * (mpmath.atan(tw / th) - mpmath.atan(pw / ph)) ** 2
    return diou + (v * v / (1 - share + eps + v) if v else 0)


@pytest.mark.parametrize("recipe", ["iou", "iou:form=square", "iou:form=log", "giou", "giou:eps=1e-7", "diou", "ciou"])
def test_four_ulp_of_the_fifty_digit_value(recipe):
    name, _, rest = recipe.partition(":")
    params = dict(pair.split("=") for pair in rest.split(",")) if rest else {}
    with mpmath.workdps(50):
        for label, p, t in hard_boxes():
            ok = ((p[:, 2:] > p[:, :2]) & (t[:, 2:] > t[:, :2])).all(1)
            for a, b, got in zip(
                p[ok], t[ok], evaluate(recipe, p[ok], t[ok], gradient=False, mixed_scale="keep").values, strict=True
            ):
                want = exact(name, a.tolist(), b.tolist(), **params)
                near = got == want if mpmath.isinf(want) else abs(mpmath.mpf(got) - want) <= 4 * np.spacing(float(want))
                assert near, (label, a, b, got, want)


# --- guards


@pytest.mark.parametrize(
    ("pred", "how", "says"),
    [
        ([9, 9, 5, 12], {}, ["inverted box (9, 9, 5, 12)", "--pred-box-format xywh", "row 2"]),
        ([9, 9, 5, -2], {"pred_format": "xywh"}, ["inverted box", "negative", "--pred-box-format xyxy"]),
        ([9, 9, 9, 12], {}, ["degenerate box (9, 9, 9, 12)", "--degenerate keep", "row 2"]),
        ([9, 9, 0, 12], {"pred_format": "cxcywh"}, ["degenerate box", "--degenerate keep"]),
    ],
)
def test_boxes_that_are_none_are_refused(pred, how, says):
    first = [0, 0, 10, 10]
    with pytest.raises(DataError) as e:
        evaluate("giou", [first, pred], [A, A], **how)
    assert all(word in str(e.value) for word in says), str(e.value)


def test_boxes_need_four_numbers():
    with pytest.raises(DataError, match="four numbers per row"):
        evaluate("iou", np.zeros((2, 3)), np.zeros((2, 3)))


def test_pixels_against_normalised_coordinates_are_refused():
    with pytest.raises(DataError) as e:
        evaluate("iou", [[0.1, 0.2, 0.5, 0.6]], [[64.0, 96.0, 320.0, 288.0]])
    assert "TARGET has boxes in pixels (up to 320)" in str(e.value)
    assert "--mixed-scale keep" in str(e.value)
    assert evaluate("iou", [[0.1, 0.2, 0.5, 0.6]], [[64.0, 96.0, 320.0, 288.0]], mixed_scale="keep").value == 1.0
    assert evaluate("iou", [[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 20.0, 20.0]]).value == pytest.approx(1 - 1 / 400)


POINT = [5.0, 5.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("empty", "value", "kept"),
    [("perfect", [0.0], None), ("one", [1.0], None), ("nan", [np.nan], None), ("skip", [np.nan], [False])],
)
def test_two_boxes_without_area_follow_the_policy(empty, value, kept):
    for form in ("linear", "log", "square"):
        found = evaluate(f"iou:form={form},empty={empty}", [POINT], [POINT], degenerate="keep")
        np.testing.assert_array_equal(found.values, value)
        assert (None if found.kept is None else found.kept.tolist()) == kept
        assert not found.gradient["pred"].any()


@pytest.mark.parametrize(
    ("recipe", "target", "fix"),
    [("iou", POINT, "iou:empty=perfect"), ("giou", POINT, "giou:eps=1e-7"), ("ciou", A, "ciou:aspect_eps=1e-7")],
)
def test_what_no_parameter_settles_is_refused(recipe, target, fix):
    with pytest.raises(DataError, match=fix):
        evaluate(recipe, [POINT], [target], degenerate="keep")


def test_a_parameter_settles_boxes_without_area():
    assert evaluate("iou:offset=1", [POINT], [POINT], degenerate="keep").value == 0.0
    assert evaluate("giou:eps=1e-7", [POINT], [POINT], degenerate="keep").value == 1.0
    assert evaluate("diou", [POINT], [A], degenerate="keep").value == 1.0


# --- formats


@pytest.mark.parametrize(
    ("names", "columns", "form"),
    [
        (["id", "x1", "y1", "x2", "y2"], ("x1", "y1", "x2", "y2"), "xyxy"),
        (["XMin", "YMin", "XMax", "YMax"], ("XMin", "YMin", "XMax", "YMax"), "xyxy"),
        (["h", "w", "y", "x"], ("x", "y", "w", "h"), "xywh"),
        (["cx", "cy", "w", "h", "score"], ("cx", "cy", "w", "h"), "cxcywh"),
        (["gt_x1", "gt_y1", "gt_x2", "gt_y2", "x1", "y1", "x2", "y2"], ("gt_x1", "gt_y1", "gt_x2", "gt_y2"), "xyxy"),
    ],
)
def test_columns_imply_the_format(names, columns, form):
    assert box_columns(names, ("gt_", "")) == (columns, form)
    assert implied_format(columns) == form


def test_columns_that_spell_boxes_twice_are_refused():
    with pytest.raises(DataError, match="several sets of columns") as e:
        box_columns(["x1", "y1", "x2", "y2", "cx", "cy", "w", "h"])
    assert "--col box=x1,y1,x2,y2" in str(e.value)
    assert box_columns(["id", "score"]) is None
    assert implied_format(("a", "b", "c", "d")) is None


# --- encoded boxes


def test_a_box_encoded_is_at_no_distance_and_its_anchor_is_at_zero():
    anchors = np.array([[8.0, 16.0, 44.0, 48.0], [0.0, 0.0, 1.0, 3.0]])
    truth = np.array([[10.0, 12.0, 40.0, 52.0], [0.0, 0.0, 1.0, 3.0]])
    deltas = np.array([[-1 / 36, 0.0, np.log(30 / 36), np.log(40 / 32)], [0.0] * 4])
    found = run("detect", "fast_rcnn_loc:beta=0", {"deltas": deltas, "target": truth, "anchor": anchors})
    np.testing.assert_allclose(found.values, [0.0, 0.0], atol=1e-15)
    with pytest.raises(DataError, match="degenerate box"):
        run("detect", "fast_rcnn_loc", {"deltas": deltas, "target": truth, "anchor": [[0, 0, 0, 1]] * 2}, degenerate="keep")
    with pytest.raises(UsageError, match="weights needs four numbers"):
        run("detect", "fast_rcnn_loc:weights=[1,2]", {"deltas": deltas, "target": truth, "anchor": anchors})


# --- faster_rcnn


def regions(**more):
    rng = np.random.default_rng(0)
    label = np.array([0, 2, 1, 0, 2])
    return {
        "scores": rng.normal(size=(5, 3)),
        "deltas": rng.normal(size=(5, 12)),
        "label": label,
        "target_deltas": rng.normal(size=(5, 4)),
        **more,
    }


def test_the_terms_of_faster_rcnn_add_up():
    found = run("detect", "faster_rcnn:lambda=3", regions(), from_logits=True)
    weights, sizes = zip(*found.outcome.parts.values(), strict=True)
    assert list(found.outcome.parts) == ["class", "box"]
    assert weights == (1.0, 3.0)
    assert found.value == pytest.approx(sizes[0] + 3 * sizes[1], rel=1e-14)


def test_deltas_of_other_classes_and_of_the_background_do_not_count():
    data = regions()
    slope = run("detect", "faster_rcnn", data, from_logits=True).gradient["deltas"]
    assert [np.flatnonzero(row).tolist() for row in slope] == [[], [8, 9, 10, 11], [4, 5, 6, 7], [], [8, 9, 10, 11]]
    own = np.stack([row[4 * k : 4 * k + 4] for row, k in zip(data["deltas"], data["label"], strict=True)])
    shared = run("detect", "faster_rcnn", {**data, "deltas": own}, from_logits=True)
    assert shared.value == run("detect", "faster_rcnn", data, from_logits=True).value


def test_ignored_anchors_leave_the_count():
    data = {"scores": [2.0, -1.0, 0.5], "deltas": np.ones((3, 4)), "label": [1, -1, 0], "target_deltas": np.zeros((3, 4))}
    found = run("detect", "faster_rcnn:stage=rpn", data, from_logits=True)
    assert found.kept.tolist() == [True, False, True]
    assert not found.gradient["scores"][1]
    assert not found.gradient["deltas"][1:].any()
    paper = run("detect", "faster_rcnn:stage=rpn,normalizer=paper,n_cls=2,n_reg=2", data, from_logits=True)
    assert paper.value == pytest.approx(found.value, rel=1e-15)
    every = run("detect", "faster_rcnn:stage=rpn,normalizer=paper", data, from_logits=True)
    assert every.value == pytest.approx(found.outcome.parts["class"][1] + 2.0 / 3.0, rel=1e-15)


@pytest.mark.parametrize(
    ("recipe", "change", "says"),
    [
        ("faster_rcnn:n_cls=256", {}, "normalizer=paper"),
        ("faster_rcnn", {"label": np.array([0, 3, 1, 0, 2])}, "label 3 is outside 0…2"),
        ("faster_rcnn", {"deltas": np.zeros((5, 8))}, "3 classes need 12"),
        ("faster_rcnn", {"scores": np.zeros(5)}, "a column per class"),
        ("faster_rcnn:stage=rpn", {"deltas": np.zeros((5, 4))}, "one objectness score per row"),
    ],
)
def test_faster_rcnn_refuses_what_it_cannot_read(recipe, change, says):
    with pytest.raises((DataError, UsageError), match=says):
        run("detect", recipe, regions(**change), from_logits=True)


def test_logits_are_not_taken_for_probabilities():
    with pytest.raises(DataError, match="--from-logits"):
        run("detect", "faster_rcnn", regions())
    with pytest.raises(DataError, match=r"sum to 1\.5, not to 1"):
        run("detect", "faster_rcnn", regions(scores=np.full((5, 3), 0.5)))


# --- focal


@pytest.mark.parametrize("recipe", ["focal", "focal:alpha=0.25,mode=ovr", "focal:alpha=0.25,mode=ovr,normalizer=positives"])
def test_focal_is_the_loss_of_classify_on_the_scores_of_boxes(recipe):
    rng = np.random.default_rng(2)
    data = {"scores": rng.normal(size=(6, 3)), "label": rng.integers(0, 3, 6)}
    boxes, rows = (run(family, recipe, data, from_logits=True) for family in ("detect", "classify"))
    assert boxes.value == rows.value
    assert np.array_equal(boxes.gradient["scores"], rows.gradient["scores"])


# --- ssd


def image(scores, match):
    scores = np.array([scores], float)
    anchors = np.array([[20.0 * i, 0.0, 20.0 * i + 10.0, 10.0] for i in range(scores.shape[1])])
    return {
        "scores": scores,
        "deltas": np.zeros((1, scores.shape[1], 4)),
        "anchors": anchors,
        "target_box": anchors[None, :1],
        "label": np.array([[1]]),
        "match": np.array([match]),
    }


def test_ssd_mines_the_hardest_negatives_and_the_first_of_equals():
    data = image([[0, 0], [0, 2], [0, 1], [0, 1], [0, -5]], [0, -1, -1, -1, -1])
    found = run("detect", "ssd:neg_pos=2", data, from_logits=True)
    touched = np.flatnonzero(np.abs(found.gradient["scores"][0]).sum(-1))
    assert touched.tolist() == [0, 1, 2]
    assert found.value == pytest.approx(np.log(2) + np.log1p(np.exp(2)) + np.log1p(np.exp(1)))


def test_ssd_without_matches_is_zero_and_pulls_nowhere():
    found = run("detect", "ssd", image([[0, 0], [0, 2]], [-1, -1]), from_logits=True)
    assert found.value == 0.0
    assert not found.gradient["scores"].any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"match": np.array([[1, -1]])}, "match 1 is not an integer in -1 … 0"),
        ({"match": np.array([[0, -1, -1]])}, "match has shape"),
        ({"label": np.array([[2]])}, "label 2 is not an integer in"),
        ({"label": np.array([[-1]])}, "has the label -1"),
        ({"target_box": np.zeros((1, 1, 4))}, "inverted or has no area"),
        ({"anchors": np.zeros((2, 4))}, "an anchor is inverted"),
    ],
)
def test_ssd_refuses_what_does_not_fit(change, says):
    with pytest.raises(DataError, match=says):
        run("detect", "ssd", {**image([[0, 0], [0, 2]], [0, -1]), **change}, from_logits=True)


# --- yolo_v1


def cell(boxes, obj=1, target=(0.5, 0.5, 0.25, 0.25)):
    grid = np.array([*np.ravel(boxes), 1.0, 0.0])[None, None, None]
    return {
        "grid": grid,
        "obj": np.array([[[obj]]]),
        "target_box": np.array(target)[None, None, None],
        "target_class": np.array([[[[1.0, 0.0]]]]),
    }


def test_the_first_of_equal_boxes_is_responsible():
    twin = [0.5, 0.5, 0.25, 0.25, 0.5]
    found = run("detect", "yolo_v1", cell([twin, twin]))
    assert found.value == pytest.approx(0.25 + 0.5 * 0.25)
    assert found.gradient["grid"].ravel().tolist() == [0, 0, 0, 0, -1.0, 0, 0, 0, 0, 0.5, 0, 0]


def test_an_empty_cell_costs_its_confidences_only():
    found = run("detect", "yolo_v1", cell([[9.0, 9.0, -1.0, 3.0, 0.4]], obj=0))
    assert found.value == pytest.approx(0.5 * 0.16)
    assert np.flatnonzero(found.gradient["grid"]).tolist() == [4]


def test_a_width_of_zero_has_an_infinite_slope_and_a_negative_one_is_refused():
    found = run("detect", "yolo_v1", cell([[0.5, 0.5, 0.0, 0.25, 0.0]]))
    assert found.gradient["grid"].ravel()[2] == -np.inf
    with pytest.raises(DataError, match="no square root"):
        run("detect", "yolo_v1", cell([[0.5, 0.5, -0.1, 0.25, 0.0]]))
    with pytest.raises(DataError, match="five numbers per box"):
        run("detect", "yolo_v1", {**cell([[0.5] * 5]), "grid": np.zeros((1, 1, 1, 6))})
    with pytest.raises(DataError, match="obj 2 is not an integer in 0 … 1"):
        run("detect", "yolo_v1", cell([[0.5] * 5], obj=2))


def test_terms_come_class_and_box_first():
    assert list(run("detect", "yolo_v1", cell([[0.5] * 5])).outcome.parts) == ["class", "box", "object", "noobject"]


def test_losses_of_one_run_share_the_overlap_and_change_nothing_in_it():
    """Every box loss beside every other, each gradient included, gives the bits that it gives alone."""
    from losscli.families.detect._box_pair import Overlap, overlap_of

    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 9, (40, 2))
    pred, target = (np.concatenate([corner + rng.normal(0, 1, (40, 2)), corner + rng.uniform(2, 5, (40, 2))], 1) for _ in range(2))
    losses = [x for x in load("detect").losses.values() if x.takes == ("pred", "target") and not any(p.required for p in x.params)]
    alone = {x.name: run("detect", x.name, {"pred": pred, "target": target}) for x in losses}
    pred.setflags(write=False)
    target.setflags(write=False)
    assert overlap_of(pred, target) is overlap_of(pred, target)
    assert overlap_of(pred.copy(), target) is not overlap_of(pred.copy(), target)
    before = Overlap(pred, target).union.copy()
    for loss in (*losses, *reversed(losses)):
        if loss.unit != "row" or loss.fitter is not None:
            continue
        held = {k: v for k, v in loss.defaults().items() if k != "lambda"}
        found = loss(pred, target, **held)
        assert np.array_equal(found, alone[loss.name].values), loss.name
        loss.slope(pred, target, loss.with_defaults())
    assert np.array_equal(overlap_of(pred, target).union, before)


def test_a_tile_of_boxes_gives_the_same_bits_in_pieces_of_any_size(monkeypatch):
    family = load("detect")
    rng = np.random.default_rng(6)
    corner = rng.uniform(0, 9, (300, 2))
    pred, target = (
        np.concatenate([corner + rng.normal(0, 0.3, (300, 2)), corner + rng.uniform(2, 5, (300, 2))], 1) for _ in range(2)
    )
    arrays = {"pred": pred, "target": target}
    rows = np.arange(300)
    block = Block(arrays, rows, rows, lambda role, i, item: Where(role, i + 1, str(item)), weight=rng.uniform(0, 1, 300))
    how = Conventions()
    terms = {
        name: BoundTerm.of(parse(name, family).terms[0][1], family, frozenset(arrays), how)
        for name in ("iou:empty=skip", "giou", "diou", "ciou", "l1", "nwd")
    }
    found = []
    for size in (0, 1, 7, 64, 299, 300):
        monkeypatch.setattr(family, "piece", lambda loss, size=size: size)
        found.append(row_values(terms, block, Watch()))
    for name, bound in terms.items():
        for other in found[1:]:
            assert np.array_equal(found[0][name].values, other[name].values), name
        slopes = []
        for size in (0, 7, 299):
            monkeypatch.setattr(family, "piece", lambda loss, size=size: size)
            slopes.append(bound.gradient(block, Watch())["pred"])
        assert all(np.array_equal(slopes[0], other) for other in slopes[1:]), name


def test_a_bad_box_in_a_later_piece_is_named_by_its_own_row(tmp_path):
    pred = np.tile(np.array([0.0, 0.0, 2.0, 2.0]), (40000, 1))
    target = pred.copy()
    target[33333, 2] = -1.0
    np.save(tmp_path / "a.npy", pred)
    np.save(tmp_path / "b.npy", target)
    with pytest.raises(DataError, match=r"inverted box \(0, 0, -1, 2\)") as refused:
        run_losscli(Request("detect", str(tmp_path / "a.npy"), str(tmp_path / "b.npy"), ("giou",)))
    assert "33334" in str(refused.value)
