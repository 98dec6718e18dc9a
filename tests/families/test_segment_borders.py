"""Losses of sorted pixels, distances, borders and skeletons: against plain loops, and where they refuse."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError
from losscli.families.segment._morphology import Dilation, Erosion, Skeleton
from tests.support.evaluate import run

LOGITS = {"from_logits": True}


def evaluate(recipe, scores, mask, **kw):
    return run("segment", recipe, {"scores": np.asarray(scores), "mask": np.asarray(mask)}, **kw)


def binary(seed, n=3, shape=(4, 5)):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (n, *shape)), rng.integers(0, 2, (n, *shape))


def several(seed, n=3, classes=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (n, classes, 4, 5)), rng.integers(0, classes, (n, 4, 5))


# --- sorted pixels


@pytest.mark.parametrize("recipe", ["lovasz_hinge:ignore_index=255", "lovasz_softmax:ignore_index=255", "topk_ce:ignore_index=255"])
def test_a_file_as_one_image(recipe):
    """pool=batch is the loss of all pixels side by side, gradient included."""
    z, mask = binary(1) if "hinge" in recipe else several(1)
    mask[:, 0, :2] = 255
    batch = evaluate(f"{recipe},pool=batch", z, mask, **LOGITS)
    joined = np.concatenate(list(z), -1)[None], np.concatenate(list(mask), -1)[None]
    image = evaluate(recipe, *joined, **LOGITS)
    assert batch.value == pytest.approx(image.value, rel=1e-14)
    wanted = np.stack(np.split(image.gradient["scores"].reshape(joined[0].shape)[0], len(z), -1))
    np.testing.assert_allclose(batch.gradient["scores"].reshape(z.shape), wanted, rtol=1e-13, atol=1e-17)
    assert batch.values is None


def test_lovasz_of_hard_predictions_is_jaccard_of_both_classes():
    pred, mask = binary(2)
    pred = (pred > 0).astype(float)
    found = evaluate("lovasz_softmax", pred, mask).values
    sides = [evaluate("jaccard", a, b).values for a, b in ((pred, mask), (1 - pred, 1 - mask))]
    np.testing.assert_allclose(found, np.mean(sides, 0), rtol=1e-14)


def test_lovasz_without_foreground_is_its_largest_error():
    z, mask = binary(3)
    found = evaluate("lovasz_hinge", z, 0 * mask)
    np.testing.assert_allclose(found.values, np.maximum(0, 1 + z).reshape(3, -1).max(1), rtol=1e-15)


def test_ignored_pixels_leave_the_sort():
    z, mask = binary(4)
    mask[:, 2:] = 255
    for recipe in ("lovasz_hinge", "topk_ce:k=30"):
        found = evaluate(f"{recipe}{',' if ':' in recipe else ':'}ignore_index=255", z, mask, **LOGITS)
        np.testing.assert_allclose(found.values, evaluate(recipe, z[:, :2], mask[:, :2], **LOGITS).values, rtol=1e-14)
        assert not found.gradient["scores"].reshape(z.shape)[:, 2:].any()
    mask[1] = 255
    assert evaluate("lovasz_hinge:ignore_index=255", z, mask).kept.tolist() == [True, False, True]
    assert evaluate("topk_ce:ignore_index=255", z, mask, **LOGITS).kept.tolist() == [True, False, True]


def test_one_pixel_at_least():
    z, mask = binary(5)
    worst = np.logaddexp(0, -(2 * mask - 1) * z).reshape(3, -1).max(1)
    np.testing.assert_allclose(evaluate("topk_ce:k=0.01", z, mask, **LOGITS).values, worst, rtol=1e-14)


@pytest.mark.parametrize(
    ("recipe", "fix"), [("lovasz_hinge", "jml"), ("boundary_dou", "one-hot"), ("distance_weighted_ce", "one-hot")]
)
def test_soft_masks_have_no_order_and_no_border(recipe, fix):
    with pytest.raises(DataError, match=fix):
        evaluate(recipe, np.full((1, 2, 2), 0.5), [[[0.5, 1.0], [0.0, 1.0]]])


# --- distances


def distance(inside, spacing):
    """Of each pixel inside to the nearest one outside, by all pairs."""
    out = np.zeros(inside.shape)
    places = list(np.ndindex(inside.shape))
    for a in places:
        if inside[a]:
            out[a] = min(np.linalg.norm((np.array(a) - b) * spacing) for b in places if not inside[b])
    return out


@pytest.mark.parametrize(("shape", "spacing"), [((4, 5), [1, 1]), ((4, 5), [2, 0.5]), ((3, 4, 2), [1, 2, 3]), ((9,), [0.5])])
def test_maps_of_distance(shape, spacing):
    z, mask = binary(6, shape=shape)
    p = 1 / (1 + np.exp(-z))
    flat = (lambda x: x.reshape(3, -1)) if len(shape) == 1 else (lambda x: x if len(shape) == 2 else x[:, None])
    written = "spacing=[" + ",".join(map(str, spacing)) + "]"
    how = {"multilabel": True} if len(shape) == 3 else {}
    signed, far = [], []
    for image, t in zip(p, mask == 1, strict=True):
        inner, outer = distance(t, spacing), distance(~t, spacing)
        signed.append((np.where(t, 1 - inner, outer) * image).mean())
        ours = distance(image > 0.5, spacing) + distance(image <= 0.5, spacing)
        far.append(((image - t) ** 2 * (ours**2 + (inner + outer) ** 2)).mean())
    np.testing.assert_allclose(evaluate(f"boundary:{written}", flat(p), flat(mask), **how).values, signed, rtol=1e-12)
    np.testing.assert_allclose(evaluate(f"hausdorff_dt:{written}", flat(p), flat(mask), **how).values, far, rtol=1e-12)


def test_a_region_of_nothing_or_everything_has_no_border():
    p = np.full((2, 4, 5), 0.3)
    mask = np.array([np.zeros((4, 5)), np.ones((4, 5))], int)
    for recipe in ("boundary", "hausdorff_dt", "log_hausdorff_dt"):
        found = evaluate(recipe, p, mask)
        assert found.values.tolist() == [0.0, 0.0]
        assert not found.gradient["scores"].any()


def test_spacing_fits_the_image():
    for recipe in ("boundary", "hausdorff_dt", "distance_weighted_ce"):
        with pytest.raises(UsageError, match=r"spacing has 3 numbers but images have 2 axes \(4 × 5\)"):
            evaluate(f"{recipe}:spacing=[1,1,1]", *binary(7), **LOGITS)


@pytest.mark.parametrize("recipe", ["boundary", "hausdorff_dt", "log_hausdorff_dt", "distance_weighted_ce"])
def test_distances_without_scipy(recipe, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[distance\]'"):
        evaluate(recipe, *binary(8), **LOGITS)


@pytest.mark.parametrize("recipe", ["boundary_dou", "cldice", "hausdorff_er:k=2", "nacl"])
def test_borders_and_skeletons_need_no_scipy(recipe, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    assert np.isfinite(evaluate(recipe, *several(8), **LOGITS).value)


def test_weights_between_two_cells():
    mask = np.array([[[1, 0, 1, 0, 0]]])
    p = np.full((1, 1, 5), 0.5)
    gaps = np.exp(-(np.array([2.0, 4.0, 6.0]) ** 2) / 50)
    wanted = np.log(2) * (5 + 10 * gaps.sum()) / 5
    assert evaluate("distance_weighted_ce", p, mask).value == pytest.approx(wanted, rel=1e-14)
    assert evaluate("distance_weighted_ce:norm=weights", p, mask).value == pytest.approx(np.log(2), rel=1e-14)
    assert evaluate("distance_weighted_ce:weights=[1,3]", p, mask).value == pytest.approx(
        np.log(2) * (9 + 10 * gaps.sum()) / 5, rel=1e-14
    )
    diagonal = np.array([[[1, 0], [0, 1]]])
    flat = np.full((1, 2, 2), 0.5)
    assert evaluate("distance_weighted_ce", flat, diagonal).value == pytest.approx(np.log(2)), "one cell, by its corner"
    assert evaluate("distance_weighted_ce:connected=faces", flat, diagonal).value > np.log(2)


def test_the_border_of_a_square():
    mask = np.zeros((1, 6, 6), int)
    mask[:, 1:5, 1:5] = 1
    p = np.full((1, 6, 6), 0.5)
    both, squares, alpha = 8.0, 9.0 + 16.0, 0.0
    assert evaluate("boundary_dou", p, mask).value == pytest.approx((squares - 2 * both) / (squares - (1 + alpha) * both))
    found = evaluate("boundary_dou:low=-1", p, mask).value
    assert found == pytest.approx((squares - 2 * both) / (squares - 0.5 * both)), "α = 1 - 2 · 12/16"


# --- morphology


@pytest.mark.parametrize("shape", [(6,), (5, 6), (3, 4, 5)])
def test_minima_and_maxima_of_neighbours(shape):
    x = np.random.default_rng(9).uniform(size=(2, 1, *shape))
    low, high = Erosion.of(x).value, Dilation.of(x).value
    for place in np.ndindex(shape):
        around = [tuple(np.array(place) + step) for step in itertools.product((-1, 0, 1), repeat=len(shape))]
        inside = [q for q in around if all(0 <= c < n for c, n in zip(q, shape, strict=True))]
        cross = [q for q in inside if np.abs(np.array(q) - place).sum() <= 1]
        assert np.array_equal(low[0, 0][place], min(x[0, 0][q] for q in cross))
        assert np.array_equal(high[0, 0][place], max(x[0, 0][q] for q in inside))


def test_the_skeleton_of_a_thin_line_is_the_line():
    line = np.zeros((1, 1, 7, 7))
    line[0, 0, 3, 1:6] = 1.0
    assert np.array_equal(Skeleton(line, 3).value, line)
    bar = np.zeros((1, 1, 7, 9))
    bar[0, 0, 2:5, 1:8] = 1.0
    thin = Skeleton(bar, 3).value
    assert thin[0, 0, 3, 2:7].tolist() == [1.0] * 5
    assert thin.sum() < bar.sum()


def test_a_broken_line_costs_what_is_missing():
    mask = np.zeros((1, 7, 9), int)
    mask[:, 3, 1:8] = 1
    pred = mask.copy()
    pred[:, 3, 4] = 0
    assert evaluate("cldice", pred, mask, gradient=False).value == pytest.approx(1 - 2 * (6 / 7) / (1 + 6 / 7))
    assert evaluate("cldice", mask, mask, gradient=False).value == 0.0


def test_errors_that_survive_erosion():
    mask = np.zeros((1, 5, 5), int)
    none = evaluate("hausdorff_er", mask.astype(float), mask)
    assert none.value == 0.0
    assert not none.gradient["scores"].any()
    far = evaluate("hausdorff_er:k=1", np.ones((1, 5, 5)), mask)
    inner, edge, corner = 9 * 1.0, 12 * (0.8 - 0.6) / 0.4, 0.0
    assert far.value == pytest.approx((inner + edge + corner) / 25)


def test_logits_of_classes_near_their_neighbours():
    z = np.zeros((1, 2, 1, 3))
    mask = np.array([[[0, 0, 1]]])
    penalty = (2 / 9 + 2 / 9 + 1 / 9 + 0 + 1 / 9 + 1 / 9) / 6
    assert evaluate("nacl", z, mask).value == pytest.approx(np.log(2) + 0.1 * penalty)
    assert evaluate("nacl:alpha=0", z, mask).value == evaluate("ce", z, mask, **LOGITS).value
    with pytest.raises(UsageError, match="kernel=4"):
        evaluate("nacl:kernel=4", z, mask)
    with pytest.raises(UsageError, match="one logit per class"):
        evaluate("nacl", *binary(10))
