"""The overlap losses beyond giou and its kin: how they relate, what their gradients hold constant, how many digits they keep."""

from __future__ import annotations

import warnings

import mpmath
import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError
from losscli.core.values import write_value
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._iou_terms import Aspect, center_distance, one_minus_iou, share
from losscli.spec.registry import load
from tests.support.evaluate import run
from tests.support.hard_boxes import hard_boxes

A = [0.0, 0.0, 10.0, 10.0]
PLAIN = [
    "eiou",
    "focal_eiou",
    "alpha_iou",
    "alpha_iou:base=giou",
    "alpha_iou:base=ciou",
    "alpha_iou:alpha=0.5",
    "extended_iou",
    "siou",
    "siou:paper_sign=false",
    "shape_iou:scale=1",
    "inner_iou:ratio=0.7",
    "inner_iou:base=siou,ratio=1.3",
    "bounded_iou",
    "mpdiou:image=hull",
    "mpdiou:image=[640,480]",
    "nwd",
    "wiou",
    "wiou:form=v3",
]


def evaluate(recipe, pred, target, **kw):
    arrays = {"pred": np.asarray(pred, float), "target": np.asarray(target, float)}
    return run("detect", recipe, arrays, mixed_scale="keep", **kw)


def values(recipe, pred, target, **kw):
    return evaluate(recipe, pred, target, gradient=False, **kw).values


def random_boxes(seed=0, n=40):
    rng = np.random.default_rng(seed)
    low, more = rng.uniform(0, 6, (2, n, 2)), rng.uniform(1, 8, (2, n, 2))
    return np.concatenate([low[0], low[0] + more[0]], 1), np.concatenate([low[1], low[1] + more[1]], 1)


# --- relations


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alpha_iou:alpha=1", "iou"),
        ("alpha_iou:alpha=1,base=giou", "giou"),
        ("alpha_iou:alpha=1,base=diou", "diou"),
        ("alpha_iou:alpha=1,base=ciou", "ciou"),
        ("focal_eiou:gamma=0", "eiou"),
        ("inner_iou", "iou"),
        ("inner_iou:base=eiou", "eiou"),
        ("inner_iou:base=siou", "siou"),
        ("wiou:form=v2,gamma=0", "wiou"),
    ],
)
def test_at_its_neutral_parameter_a_loss_is_its_base(one, other):
    p, t = random_boxes()
    np.testing.assert_allclose(values(one, p, t), values(other, p, t), rtol=1e-14)
    ours, theirs = (evaluate(x, p, t).gradient["pred"] for x in (one, other))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_the_losses_are_ordered():
    p, t = random_boxes()
    diou, eiou, shape = (values(x, p, t) for x in ("diou", "eiou", "shape_iou"))
    assert (eiou >= diou).all()
    assert (shape >= diou).all()
    iou, wiou = values("iou", p, t), values("wiou", p, t)
    assert ((iou <= wiou) & (wiou <= np.e * iou)).all()


def test_extended_iou_is_iou_where_boxes_meet_and_goes_on_where_they_do_not():
    assert values("extended_iou", [A], [[5, 0, 15, 10]])[0] == pytest.approx(2 / 3 - 0.05, rel=1e-15)
    gaps = [values("extended_iou", [A], [[10 + gap, 0, 20 + gap, 10]])[0] for gap in (0, 1, 5, 100)]
    assert gaps == sorted(set(gaps))
    assert gaps[0] == pytest.approx(0.95)


def test_a_shift_along_one_axis_and_one_along_the_diagonal_differ_by_the_angle():
    straight, diagonal = values("siou", [A, A], [[3, 0, 13, 10], [3, 3, 13, 13]])
    # γ is 2 along an axis and 1 along the diagonal
    share = [7 * 10 / 130, 49 / 151]
    assert straight == pytest.approx(1 - share[0] + 0.5 * (1 - np.exp(-2 * (3 / 13) ** 2)), rel=1e-14)
    assert diagonal == pytest.approx(1 - share[1] + (1 - np.exp(-((3 / 13) ** 2))), rel=1e-14)


def test_the_shape_of_the_target_weighs_the_axes():
    wide = [0, 0, 100, 10]
    along, across = values("shape_iou:scale=1", [[2, 0, 102, 10], [0, 2, 100, 12]], [wide, wide])
    assert along < across


def test_nwd_is_the_distance_of_the_corners():
    p, t = random_boxes()
    distance = np.sqrt(0.5 * ((p - t) ** 2).sum(1))
    np.testing.assert_allclose(values("nwd:c=3", p, t), 1 - np.exp(-distance / 3), rtol=1e-13)


def test_the_mean_of_wiou_is_of_the_file():
    p, t = random_boxes()
    mean = float(values("iou", p, t).mean())
    np.testing.assert_allclose(values("wiou:form=v3", p, t), values(f"wiou:form=v3,mean={mean}", p, t), rtol=1e-13)
    assert values("wiou:form=v2", [A, A], [A, A]).tolist() == [0.0, 0.0]


# --- gradients that hold a factor constant


def slopes(loss, p):
    step = 1e-6 * np.eye(4)
    return np.stack([(loss(p + s) - loss(p - s)) / 2e-6 for s in step], axis=1)


def aspect(o):
    return Aspect(o, one_minus_iou(o))


def held_constant(recipe, p, t):
    """The loss as a function of the prediction, its frozen factors taken at `p`."""
    o = Overlap(p, t)
    if recipe == "focal_eiou":
        return lambda x: share(o) ** 0.5 * values("eiou", x, t)
    if recipe == "alpha_iou:base=ciou":
        alpha = aspect(o).alpha.value
        return lambda x: values("alpha_iou:base=diou", x, t) + (alpha * aspect(Overlap(x, t)).v.value) ** 3
    if recipe == "inner_iou:base=ciou,ratio=0.8":
        alpha = aspect(o).alpha.value
        return lambda x: values("inner_iou:base=diou,ratio=0.8", x, t) + alpha * aspect(Overlap(x, t)).v.value
    focus = values(recipe, p, t) / (np.exp(center_distance(o).value) * one_minus_iou(o).value)

    def wiou(x):
        moved = Overlap(x, t)
        return focus * np.exp(moved.distance2.value / o.diagonal2.value) * one_minus_iou(moved).value

    return wiou


@pytest.mark.parametrize(
    "recipe",
    [
        "focal_eiou",
        "alpha_iou:base=ciou",
        "inner_iou:base=ciou,ratio=0.8",
        "wiou",
        "wiou:form=v2,mean=0.7",
        "wiou:form=v3,mean=0.7",
    ],
)
def test_a_gradient_with_frozen_factors_is_the_slope_of_the_rest(recipe):
    p, t = random_boxes()
    found = evaluate(recipe, p, t).gradient["pred"]
    np.testing.assert_allclose(found, slopes(held_constant(recipe, p, t), p), rtol=1e-5, atol=1e-7)


# --- edges


@pytest.mark.parametrize("recipe", [*PLAIN, "iou", "giou", "diou", "ciou"])
def test_extremes_are_finite(recipe):
    pairs = [
        (A, [1e9, 0, 1e9 + 10, 10]),
        (A, [1e9, -1e9, 1e9 + 1, 1 - 1e9]),
        (A, [10, 0, 20, 10]),
        (A, [10, 10, 20, 20]),
        (A, [2, 2, 6, 8]),
        ([3, 3, 4, 4], A),
        (A, A),
        ([1e9, 1e9, 1e9 + 1, 1e9 + 1], [1e9, 1e9, 1e9 + 1, 1e9 + 1]),
    ]
    narrow = [([0, 0, 0, 10], A), (A, [3, 0, 3, 10]), ([5, 5, 5, 5], A), (A, [20, 20, 20, 20])]
    if recipe != "ciou":
        pairs += narrow
    p, t = (np.array(x, float) for x in zip(*pairs, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(recipe, p, t, degenerate="keep")
    assert np.isfinite(found.values).all()
    assert np.isfinite(found.gradient["pred"]).all()
    assert found.values[6] == found.values[7] == 0.0
    if not recipe.startswith("siou:"):
        assert (found.values >= 0).all()
    assert not found.gradient["pred"][6:8].any()


@pytest.mark.parametrize(
    "recipe", ["eiou", "siou", "shape_iou", "inner_iou", "alpha_iou", "focal_eiou", "wiou", "mpdiou:image=hull"]
)
def test_two_boxes_without_area_are_refused(recipe):
    flat = [3, 0, 3, 10]
    with pytest.raises(DataError) as e:
        evaluate(recipe, [A, flat], [A, flat], degenerate="keep")
    assert "no area: 0/0" in str(e.value)
    assert "row 2" in str(e.value)


def test_the_image_of_mpdiou_has_two_sides_and_must_be_said():
    with pytest.raises(UsageError) as e:
        evaluate("mpdiou:image=[640]", [A], [A])
    assert "image=[640,480]" in str(e.value)
    with pytest.raises(UsageError):
        evaluate("mpdiou", [A], [A])


# --- conventions of libraries: values that they give


def by(library, name, p, t):
    params = load("detect").find(name).conventions[library]
    inside = ",".join(f"{key}={write_value(value)}" for key, value in params.items())
    return values(f"{name}:{inside}" if inside else name, p, t)[0]


TWO_THIRDS = ([[0, 0, 3, 3]], [[1, 0, 3, 3]])
ASPECT = ([[0, 0, 4, 2]], [[3, 0, 4, 6]])
SMALL = ([[0, 0, 1e-4, 1e-4]], [[0, 0, 1e-4, 1e-4]])


@pytest.mark.parametrize(
    ("library", "name", "boxes", "value"),
    [
        ("torchvision", "iou", TWO_THIRDS, 0.333333),
        ("mmdet", "iou", TWO_THIRDS, 0.405465),
        ("mmdet", "iou", ([A], [[20, 0, 30, 10]]), 13.815511),
        ("torchvision", "ciou", ASPECT, 1.061942),
        ("ultralytics", "ciou", ASPECT, 1.061942),
        ("mmdet", "ciou", ASPECT, 0.953526),
        ("torchvision", "giou", SMALL, 0.909091),
        ("mmdet", "extended_iou", TWO_THIRDS, 0.283333),
        ("mmdet", "siou", ASPECT, 0.760123),
        ("torchvision", "smooth_l1", ([[0.05, 0, 1, 1]], [[0, 0, 1, 1]]), 0.01125),
        ("mmdet", "smooth_l1", ([[0.05, 0, 1, 1]], [[0, 0, 1, 1]]), 0.00125 / 4),
    ],
)
def test_conventions_give_the_values_of_the_libraries(library, name, boxes, value):
    assert by(library, name, *boxes) == pytest.approx(value, abs=1e-6)


def test_the_paper_s_siou_is_ours():
    assert values("siou", *ASPECT)[0] == pytest.approx(1.022708, abs=1e-6)


# --- precision


class Exact:
    """What two boxes have in fifty digits."""

    def __init__(self, p, t):
        p, t = [mpmath.mpf(x) for x in p], [mpmath.mpf(x) for x in t]
        self.sides = [(p[2] - p[0], t[2] - t[0]), (p[3] - p[1], t[3] - t[1])]
        inter = max(0, min(p[2], t[2]) - max(p[0], t[0])) * max(0, min(p[3], t[3]) - max(p[1], t[1]))
        union = self.sides[0][0] * self.sides[1][0] + self.sides[0][1] * self.sides[1][1] - inter
        self.one_minus_iou = 1 - inter / union
        self.hull = [max(p[i + 2], t[i + 2]) - min(p[i], t[i]) for i in (0, 1)]
        self.shift = [(p[i] + p[i + 2] - t[i] - t[i + 2]) / 2 for i in (0, 1)]
        self.center_distance = sum(s * s for s in self.shift) / sum(c * c for c in self.hull)
        self.corners = sum((a - b) ** 2 for a, b in zip(p, t, strict=True))
        self.shape = sum((1 - mpmath.exp(-abs(w - g) / max(w, g))) ** 4 for w, g in self.sides)

    def eiou(self):
        return (
            self.one_minus_iou
            + self.center_distance
            + sum(((w - g) / c) ** 2 for (w, g), c in zip(self.sides, self.hull, strict=True))
        )

    def alpha_iou(self):
        return 1 - (1 - self.one_minus_iou) ** 3

    def siou(self):
        length = mpmath.sqrt(sum(s * s for s in self.shift))
        angle = mpmath.sin(2 * mpmath.asin(abs(self.shift[0]) / length)) if length else 1
        distance = sum(1 - mpmath.exp(-(2 - angle) * (s / c) ** 2) for s, c in zip(self.shift, self.hull, strict=True))
        return self.one_minus_iou + (distance + self.shape) / 2

    def shape_iou(self):
        return self.one_minus_iou + self.center_distance + self.shape / 2

    def bounded_iou(self):
        bounds = [1 - max(0, (g - 2 * abs(s)) / (g + 2 * abs(s))) for (_, g), s in zip(self.sides, self.shift, strict=True)]
        bounds += [1 - min(g / w, w / g) for w, g in self.sides]
        beta = mpmath.mpf(0.2)
        return sum(u * u / (2 * beta) if u < beta else u - beta / 2 for u in bounds)

    def mpdiou(self):
        return self.one_minus_iou + self.corners / sum(c * c for c in self.hull)

    def nwd(self):
        return 1 - mpmath.exp(-mpmath.sqrt(self.corners / 2) / mpmath.mpf(12.8))

    def wiou(self):
        return self.one_minus_iou * mpmath.exp(self.center_distance)


@pytest.mark.parametrize("recipe", ["eiou", "alpha_iou", "siou", "shape_iou", "bounded_iou", "mpdiou:image=hull", "nwd", "wiou"])
def test_four_ulp_of_the_fifty_digit_value(recipe):
    name = recipe.partition(":")[0]
    with mpmath.workdps(50):
        for label, p, t in hard_boxes():
            ok = ((p[:, 2:] > p[:, :2]) & (t[:, 2:] > t[:, :2])).all(1)
            for a, b, got in zip(p[ok][::3], t[ok][::3], values(recipe, p[ok], t[ok])[::3], strict=True):
                want = getattr(Exact(a.tolist(), b.tolist()), name)()
                assert abs(mpmath.mpf(got) - want) <= 4 * np.spacing(float(want)), (label, a, b, got, want)


def test_the_slope_of_giou_keeps_its_digits_for_boxes_far_apart():
    """d/dx1 of 1 - U/C at x1 = y1 = 0: (dU·C - U·dC)/C² with dC = -(hull's height), worked at fifty digits."""
    with mpmath.workdps(50):
        size, far_off = mpmath.mpf(2) ** -17, mpmath.mpf(10) ** 9
        union, side = size * size + 1, far_off + 1
        exact = float((size * side - union) / side**3)
    boxes = {"pred": [[0.0, 0.0, 2.0**-17, 2.0**-17]], "target": [[1e9, 1e9, 1e9 + 1, 1e9 + 1]]}
    np.testing.assert_allclose(run("detect", "giou", boxes, mixed_scale="keep").gradient["pred"][0, :2], exact, rtol=1e-14)
