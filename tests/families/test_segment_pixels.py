"""Losses of pixels: how they relate, which pixels count, where they refuse, and what their gradients are."""

from __future__ import annotations

import gc
import weakref

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from losscli.core.errors import DataError, UsageError
from losscli.spec import registry
from losscli.spec.family import Watch
from tests.support.evaluate import block_of, bound_term, run

SEED = st.integers(0, 2**32 - 1)
LOGITS = {"from_logits": True}
WEIGHTS = "weights=[0.5,1,2]"


def evaluate(recipe, scores, mask, **kw):
    return run("segment", recipe, {"scores": np.asarray(scores), "mask": np.asarray(mask)}, **kw)


def binary(seed, n=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (n, 4, 5)), rng.integers(0, 2, (n, 4, 5))


def several(seed, n=3, classes=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (n, classes, 4, 5)), rng.integers(0, classes, (n, 4, 5))


def same(a, b, rtol=1e-14):
    np.testing.assert_allclose(a.values, b.values, rtol=rtol)
    np.testing.assert_allclose(np.ravel(a.gradient["scores"]), np.ravel(b.gradient["scores"]), rtol=10 * rtol, atol=1e-17)


# --- relations


@given(SEED)
def test_a_binary_image_is_two_exclusive_classes(seed):
    z, mask = binary(seed)
    same(evaluate("ce", z, mask, **LOGITS), evaluate("bce", z, mask, **LOGITS))
    pair = np.stack([np.zeros_like(z), z], 1)
    np.testing.assert_allclose(evaluate("ce", pair, mask, **LOGITS).values, evaluate("bce", z, mask, **LOGITS).values, rtol=1e-13)


@pytest.mark.slow
@given(SEED)
def test_focal_without_focus_is_cross_entropy(seed):
    z, mask = binary(seed)
    same(evaluate("focal:gamma=0", z, mask, **LOGITS), evaluate("bce", z, mask, **LOGITS))
    same(evaluate("focal:gamma=0", *several(seed), **LOGITS), evaluate("ce", *several(seed), **LOGITS))


@pytest.mark.parametrize("form", ["", ",norm=count", ",label_smoothing=0.1", ",ignore_index=2"])
def test_weighted_ce_is_ce_with_weights(form):
    z, mask = several(1)
    same(evaluate(f"weighted_ce:{WEIGHTS}{form}", z, mask, **LOGITS), evaluate(f"ce:{WEIGHTS}{form}", z, mask, **LOGITS), 0)


def test_equal_weights_are_no_weights():
    z, mask = several(2)
    same(evaluate("ce:weights=[3,3,3]", z, mask, **LOGITS), evaluate("ce", z, mask, **LOGITS))
    same(evaluate("focal:alpha=[1,1,1]", z, mask, **LOGITS), evaluate("focal", z, mask, **LOGITS))


def test_the_mean_of_pixels_of_the_file_is_that_of_images_where_all_are_alike():
    z, mask = several(3)
    assert evaluate("ce:pool=batch", z, mask, **LOGITS).value == pytest.approx(evaluate("ce", z, mask, **LOGITS).value, rel=1e-15)


def test_a_list_of_alphas_is_the_scalar_of_two_classes():
    z, mask = binary(4)
    wanted = evaluate("focal:alpha=0.25", z, mask, **LOGITS)
    same(evaluate("focal:alpha=[0.75,0.25]", z, mask, **LOGITS), wanted)
    same(evaluate("focal:alpha=0.25,mode=softmax", z, mask, **LOGITS), wanted)
    pair = np.stack([np.zeros_like(z), z], 1)
    np.testing.assert_allclose(evaluate("focal:alpha=0.25", pair, mask, **LOGITS).values, wanted.values, rtol=1e-13)


def test_one_sigmoid_each_is_the_sum_of_binary_images():
    z, mask = several(5)
    each = [evaluate("focal:alpha=0.25", z[:, c], mask == c, **LOGITS).values for c in range(3)]
    found = evaluate("focal:alpha=0.25,mode=ovr", z, mask, **LOGITS)
    np.testing.assert_allclose(found.values, np.sum(each, 0), rtol=1e-14)
    third = evaluate("focal:alpha=0.25,classes=mean,mode=ovr", z, mask, **LOGITS)
    np.testing.assert_allclose(third.values, found.values / 3, rtol=1e-14)
    np.testing.assert_allclose(third.gradient["scores"], found.gradient["scores"] / 3, rtol=1e-13)
    listed = evaluate("focal:alpha=[0.25,0.25,0.25],mode=ovr", z, mask, **LOGITS)
    np.testing.assert_allclose(listed.values, found.values, rtol=1e-15)
    channels = [evaluate("bce", z[:, c], mask == c, **LOGITS).values for c in range(3)]
    np.testing.assert_allclose(evaluate("bce", z, mask, **LOGITS).values, np.mean(channels, 0), rtol=1e-14)


def test_positives_as_the_divisor():
    z, mask = binary(6)
    mask[0], mask[1] = 0, np.arange(20).reshape(4, 5) < 3
    plain, positives = (evaluate(f"focal:normalizer={n}", z, mask, **LOGITS) for n in ("samples", "positives"))
    np.testing.assert_allclose(positives.values, plain.values * 20 / np.maximum(1, mask.sum((1, 2))), rtol=1e-14)
    np.testing.assert_allclose(positives.gradient["scores"][1], plain.gradient["scores"][1] * 20 / 3, rtol=1e-14)


@pytest.mark.parametrize("recipe", ["ce", "focal", "bce", f"ce:{WEIGHTS}", "focal:mode=ovr"])
def test_layouts_of_one_mask_give_the_same_bits(recipe):
    z, labels = several(7)
    hot = (labels[:, None] == np.arange(3)[:, None, None]).astype(np.uint8)
    wanted = evaluate(recipe, z, labels, **LOGITS).value
    for mask in (hot, hot.astype(float), labels.astype(float), labels.astype(np.uint8)):
        assert evaluate(recipe, z, mask, **LOGITS).value == wanted
    assert evaluate(recipe, z[:, :, None], labels[:, None], **LOGITS).value == wanted, "a volume of one slice"


def test_every_loss_gives_gradients_of_one_layout():
    """Recipes with a plus add them."""
    for arrays in (binary(8), several(8)):
        several_classes = arrays[0].ndim > 3
        given = {
            "weighted_ce": WEIGHTS if several_classes else "weights=[1,2]",
            "wasserstein_dice": "distance=[0,1,2,1,0,1,2,1,0]" if several_classes else "distance=[0,1,1,0]",
        }
        names = [name for name in registry.load("segment").losses if several_classes or name != "nacl"]
        recipes = [f"{name}:{given[name]}" if name in given else name for name in names]
        shapes = {evaluate(r, *arrays, **LOGITS).gradient["scores"].shape for r in recipes}
        assert len(shapes) == 1


def test_names_of_classes_make_labels_of_prediction():
    labels = np.array([[[0, 1], [2, 2]]])
    names = {"classes": ("sky", "road", "car")}
    assert evaluate("ce", labels, labels, **names).value == 0.0
    assert evaluate("ce:eps=0.1", labels, [[[0, 1], [1, 2]]], **names).value == pytest.approx(
        (-3 * np.log(0.9) - np.log(0.1)) / 4, rel=1e-15
    )


@pytest.mark.parametrize("recipe", ["ce", "bce", "focal", "weighted_bce:alpha=2"])
@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool])
def test_a_mask_in_place_of_probabilities_is_doubtful(recipe, kind):
    masks = np.zeros((2, 3, 3), kind)
    masks[1, 1:] = 1
    for loss, pred, doubtful in ((recipe, masks, True), ("dice", masks, False), (recipe, masks * 1.0, False)):
        codes = {w.code for w in losscli.evaluate(pred, masks, family="segment", losses=loss).warnings}
        assert ("classes-as-probabilities" in codes) == doubtful


# --- which pixels count


@pytest.mark.parametrize("recipe", ["ce", "bce", "focal", "weighted_bce:alpha=2"])
def test_an_ignored_pixel_is_no_pixel(recipe):
    z, mask = binary(9)
    mask[:, 0] = 255
    found = evaluate(f"{recipe}{',' if ':' in recipe else ':'}ignore_index=255", z, mask, **LOGITS)
    kept = evaluate(recipe, z[:, 1:], mask[:, 1:], **LOGITS)
    np.testing.assert_allclose(found.values, kept.values, rtol=1e-14)
    g = found.gradient["scores"].reshape(z.shape)
    assert not g[:, 0].any()
    np.testing.assert_allclose(g[:, 1:], kept.gradient["scores"].reshape(3, 3, 5), rtol=1e-14)
    table = evaluate(
        f"{recipe}{',' if ':' in recipe else ':'}ignore_index=255", z.reshape(3, 20), mask.reshape(3, 20) * 1.0, **LOGITS
    )
    assert np.array_equal(table.values, found.values), "a table holds floats"


@pytest.mark.parametrize("recipe", ["ce", f"weighted_ce:{WEIGHTS}", "bce", "focal", "focal:mode=ovr"])
def test_an_image_of_ignored_pixels_leaves_the_count(recipe):
    z, mask = several(10)
    mask[1] = -1
    found = evaluate(f"{recipe}{',' if ':' in recipe else ':'}ignore_index=-1", z, mask, **LOGITS)
    others = evaluate(recipe, z[[0, 2]], mask[[0, 2]], **LOGITS)
    assert found.kept.tolist() == [True, False, True]
    assert found.value == pytest.approx(others.value, rel=1e-15)
    assert not found.gradient["scores"][1].any()


def test_soft_masks_may_hold_ignored_pixels():
    z, _ = binary(11)
    soft = np.random.default_rng(11).uniform(0, 1, z.shape)
    soft[:, 2] = 7.0
    for recipe in ("ce", "bce", "focal"):
        found = evaluate(f"{recipe}:ignore_index=7", z, soft, **LOGITS).values
        rest = np.delete(z, 2, 1), np.delete(soft, 2, 1)
        np.testing.assert_allclose(found, evaluate(recipe, *rest, **LOGITS).values, rtol=1e-14)


def test_a_pool_of_the_file_counts_pixels_not_images():
    z, mask = several(12, n=2)
    mask[0, 1:] = 255
    w = np.array([0.5, 1, 2])
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    kept = mask != 255
    own = w[np.where(kept, mask, 0)] * kept
    loss = -own * np.take_along_axis(log_p, np.where(kept, mask, 0)[:, None], 1)[:, 0]
    found = evaluate(f"ce:{WEIGHTS},ignore_index=255,pool=batch", z, mask, **LOGITS)
    assert found.value == pytest.approx(loss.sum() / own.sum(), rel=1e-14)
    count = evaluate(f"ce:{WEIGHTS},ignore_index=255,norm=count,pool=batch", z, mask, **LOGITS)
    assert count.value == pytest.approx(loss.sum() / kept.sum(), rel=1e-14)


def test_a_class_that_weighs_nothing_may_be_impossible():
    p = np.zeros((1, 2, 1, 2))
    p[:, 0] = 1.0
    assert evaluate("ce:weights=[1,0]", p, [[[0, 1]]]).value == 0.0
    assert evaluate("ce", p, [[[0, 1]]]).value == np.inf
    assert evaluate("ce:weights=[0,1]", p, [[[0, 0]]]).kept.tolist() == [False]


# --- the file's own balance


def test_the_balance_of_the_file():
    z, mask = binary(13)
    alpha = float((mask == 0).sum() / (mask == 1).sum())
    same(evaluate("weighted_bce", z, mask, **LOGITS), evaluate(f"bce:pos_weight={alpha!r}", z, mask, **LOGITS))
    mask[:, 1] = 255
    kept = mask[mask != 255]
    alpha = float((kept == 0).sum() / (kept == 1).sum())
    found = evaluate("weighted_bce:ignore_index=255", z, mask, **LOGITS)
    same(found, evaluate(f"bce:ignore_index=255,pos_weight={alpha!r}", z, mask, **LOGITS))


def test_no_foreground_has_no_balance():
    z, mask = binary(14)
    with pytest.raises(DataError, match="no mask has foreground pixels"):
        evaluate("weighted_bce", z, 0 * mask, **LOGITS)
    assert np.isfinite(evaluate("weighted_bce:alpha=2", z, 0 * mask, **LOGITS).value)


# --- guards


def test_a_scalar_alpha_of_several_classes_is_refused_without_a_mode():
    z, mask = several(15)
    for recipe in ("focal:alpha=0.25", "focal:alpha=0.25,mode=softmax"):
        with pytest.raises(UsageError, match="mode=ovr"):
            evaluate(recipe, z, mask, **LOGITS)
    assert np.isfinite(evaluate("focal:alpha=0.25,mode=ovr", z, mask, **LOGITS).value)


@pytest.mark.parametrize("recipe", ["ce:weights=[1,2]", "focal:alpha=[0.1,0.2]", "weighted_ce:weights=[1,2,3,4]"])
def test_lists_that_do_not_fit(recipe):
    with pytest.raises(UsageError, match="for 3 classes"):
        evaluate(recipe, *several(15), **LOGITS)


@pytest.mark.parametrize(
    ("recipe", "scores", "mask", "words"),
    [
        ("ce", np.full((1, 2, 1, 2), 0.5), [[[0, 255]]], ["label 255 is outside 0…1", "--ignore-index 255", "column 1"]),
        ("ce:ignore_index=255", np.full((1, 2, 1, 2), 0.5), [[[255, 254]]], ["label 254"]),
        ("bce", np.full((1, 1, 2), 0.5), [[[0, 2]]], ["label 2 is outside 0…1"]),
        ("bce", np.full((1, 1, 2), 0.5), [[[0, 1.5]]], ["1.5 is not a class probability"]),
        ("focal", np.full((1, 2, 1, 2), 0.5), np.full((1, 2, 1, 2), 0.5), ["not one-hot", "mode=ovr"]),
        ("focal:mode=softmax", np.full((1, 1, 2), 0.5), [[[0.0, 0.5]]], ["0.5 is not a class number", "column 1"]),
        ("ce", np.full((1, 2, 1, 2), 0.4), [[[0, 1]]], ["sum to 0.8"]),
    ],
)
def test_what_is_refused(recipe, scores, mask, words):
    with pytest.raises(DataError) as error:
        evaluate(recipe, scores, np.asarray(mask))
    assert all(w in str(error.value) for w in words), str(error.value)


def test_probabilities_need_not_sum_where_nothing_calls_for_it():
    p, mask = np.full((1, 2, 1, 2), 0.4), np.array([[[0, 1]]])
    half = evaluate("ce", p + 0.1, mask).value
    assert evaluate("ce:renormalize=true", p, mask).value == pytest.approx(half, rel=1e-15)
    assert evaluate("ce", p, mask, multilabel=True).value == pytest.approx(-np.log(0.4), rel=1e-15)
    assert np.isfinite(evaluate("bce", p, mask).value)
    assert np.isfinite(evaluate("focal:mode=ovr", p, mask).value)


# --- digits and gradients


@pytest.mark.parametrize("recipe", ["ce", "bce", "focal", "focal:gamma=0.5", "weighted_bce:alpha=3"])
def test_pixels_keep_their_digits(recipe):
    rng = np.random.default_rng(16)
    z = rng.choice([-1e4, -745.0, -40.0, -1e-9, 0.0, 1e-9, 3.7, 40.0, 700.0, 1e4], 40).reshape(40, 1, 1)
    mask = rng.integers(0, 2, z.shape)
    mpmath.mp.dps = 50
    gamma = mpmath.mpf(recipe.partition("gamma=")[2] or 2) if "focal" in recipe else 0
    pos = 3 if "alpha=3" in recipe else 1
    found = evaluate(recipe, z, mask, **LOGITS).values
    for own, x, y in zip(found, z.ravel(), mask.ravel(), strict=True):
        towards = mpmath.mpf(float(x if y else -x))
        wanted = mpmath.log1p(mpmath.exp(-towards)) * (1 / (1 + mpmath.exp(towards))) ** gamma * (pos if y else 1)
        wanted = float(wanted)
        assert abs(own - wanted) <= 4 * np.spacing(wanted) + 1e-320, (recipe, x, y)


@pytest.mark.parametrize(
    "recipe", ["ce", "ce:pool=batch", f"ce:{WEIGHTS},pool=batch", f"weighted_ce:{WEIGHTS}", "focal", "bce", "focal:mode=ovr"]
)
def test_the_gradient_with_ignored_pixels(recipe):
    z, mask = several(17, n=2)
    mask[0, :2, :3] = 255
    text = f"{recipe}{',' if ':' in recipe else ':'}ignore_index=255"
    found = evaluate(text, z, mask, **LOGITS)
    of_value = found.gradient["scores"].reshape(z.shape) / (1 if found.values is None else 2)
    step = 1e-5
    for at in [(0, 0, 0, 0), (0, 1, 3, 4), (1, 2, 0, 0), (1, 0, 2, 2)]:
        sides = []
        for sign in (step, -step):
            moved = z.copy()
            moved[at] += sign
            sides.append(evaluate(text, moved, mask, gradient=False, **LOGITS).value)
        assert of_value[at] == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-6, abs=1e-10)


# --- memory


@pytest.mark.parametrize("recipe", ["ce", "ce:ignore_index=1", "dice", "lovasz_softmax"])
@pytest.mark.parametrize("more", [{}, {"channels": "last"}, {"ignore_index": (1,)}])
def test_images_are_freed_with_their_last_reference(recipe, more):
    """A tile that referred to itself would stay in memory until Python looks for cycles."""
    scores, mask = several(1)
    last = "channels" in more
    arrays = {"scores": np.moveaxis(scores, 1, -1) if last else scores, "mask": mask}
    term, block = bound_term("segment", recipe, arrays, from_logits=True, **more), block_of(arrays)
    gc.collect()
    gc.disable()
    try:
        term.rows(block, Watch())
        held = weakref.ref(block)
        del block
        assert held() is None
    finally:
        gc.enable()
