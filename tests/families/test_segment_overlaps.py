"""Overlap losses beyond dice: how they relate to each other and to simpler ones, and what their policies do."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.values import write_value
from losscli.spec import registry
from tests.support.evaluate import run

LOGITS = {"from_logits": True}


def evaluate(recipe, scores, mask, **kw):
    return run("segment", recipe, {"scores": np.asarray(scores), "mask": np.asarray(mask)}, **kw)


def binary(seed, n=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (n, 4, 5)), rng.integers(0, 2, (n, 4, 5))


def several(seed, n=3, classes=3):
    rng = np.random.default_rng(seed)
    mask = rng.integers(0, classes, (n, 4, 5))
    mask[:, 0, :classes] = np.arange(classes)
    return rng.normal(0, 2, (n, classes, 4, 5)), mask


def same(a, b, rtol=1e-13):
    np.testing.assert_allclose(a.value, b.value, rtol=rtol)
    if a.values is not None and b.values is not None:
        np.testing.assert_allclose(a.values, b.values, rtol=rtol)
    np.testing.assert_allclose(np.ravel(a.gradient["scores"]), np.ravel(b.gradient["scores"]), rtol=100 * rtol, atol=1e-16)


@pytest.mark.parametrize("arrays", [binary(1), several(1)], ids=["binary", "classes"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tversky", "dice"),
        ("tversky:alpha=1,beta=1", "jaccard"),
        ("tversky:pool=batch,absent=zero", "dice:pool=batch,absent=zero"),
        ("focal_tversky:kappa=1", "tversky"),
        ("focal_tversky:kappa=1,pool=batch,power=mean", "dice:pool=batch"),
        ("asymmetric_similarity:beta=1", "dice"),
        ("jml", "jaccard"),
        ("jml:form=jml2", "jaccard"),
        ("jml:ratio=dice", "dice"),
        ("noise_robust_dice:gamma=2", "dice:squared=true"),
        ("noise_robust_dice:gamma=1,squared=false", "dice"),
        ("penalty_gdl:k=0", "gdl"),
        ("dice_cldice:alpha=0", "dice"),
        ("dice_cldice:alpha=1", "cldice"),
        ("dice_topk:w_ce=0", "dice"),
        ("exp_log:w_ce=0,w_dice=1,gamma_dice=1", "log_dice"),
        ("exp_log:w_dice=0,w_ce=1,gamma_ce=1", "topk_ce:k=100"),
        ("dice_topk:w_dice=0,w_ce=1,k=30", "topk_ce:k=30"),
        ("topk_ce:k=100", "ce"),
        ("topk_ce:k=100,pool=batch", "ce:pool=batch"),
        ("unified_focal:weight=1,gamma=0,delta=0.5", "0.5 ce"),
        ("distance_weighted_ce:w0=0", "ce"),
        ("boundary_dou:low=0,high=0", "jaccard:squared=true"),
        ("boundary_dou:low=-1,high=-1", "dice:squared=true"),
    ],
)
def test_a_loss_becomes_a_simpler_one(one, other, arrays):
    half = other.startswith("0.5 ")
    wanted, found = evaluate(other.removeprefix("0.5 "), *arrays, **LOGITS), evaluate(one, *arrays, **LOGITS)
    if half:
        assert found.value == pytest.approx(0.5 * wanted.value, rel=1e-13)
        np.testing.assert_allclose(
            found.gradient["scores"].ravel(), 0.5 * wanted.gradient["scores"].ravel(), rtol=1e-11, atol=1e-16
        )
    else:
        same(found, wanted)


@pytest.mark.parametrize("recipe", ["focal_tversky:kappa=1", "log_hausdorff_dt", "exp_log:smooth=1"])
def test_powers_of_the_mean_over_images(recipe):
    """One value for the file, of which the gradient is; of one image alone it may be its own."""
    z, mask = binary(11)
    found = evaluate(f"{recipe}{',' if ':' in recipe else ':'}power=mean", z, mask, **LOGITS)
    assert found.values is None
    if recipe.startswith("focal"):
        rows = evaluate("dice", z, mask, **LOGITS)
        assert found.value == pytest.approx(rows.value, rel=1e-14)
        np.testing.assert_allclose(found.gradient["scores"], rows.gradient["scores"] / 3, rtol=1e-12, atol=1e-17)
    if recipe.startswith("log"):
        assert found.value == pytest.approx(np.log1p(evaluate("hausdorff_dt", z, mask, **LOGITS).value), rel=1e-14)


@pytest.mark.parametrize("name", ["cldice", "dice_cldice", "mcc", "soft_f1", "log_dice", "noise_robust_dice", "boundary_dou"])
def test_one_image_alone_is_its_own_batch(name):
    z, mask = several(2, n=1)
    same(evaluate(name, z, mask, **LOGITS), evaluate(f"{name}:pool=batch", z, mask, **LOGITS))


def test_the_mean_of_two_sides():
    z, mask = binary(3)
    inner, outer = evaluate("dice", z, mask, **LOGITS), evaluate("dice", -z, 1 - mask, **LOGITS)
    found = evaluate("soft_f1", z, mask, **LOGITS)
    np.testing.assert_allclose(found.values, (inner.values + outer.values) / 2, rtol=1e-14)


def test_matthews_correlation_of_hard_masks():
    pred, mask = np.array([[[1, 1, 0, 0, 1, 0]]]), np.array([[[1, 0, 0, 0, 1, 1]]])
    assert evaluate("mcc", pred, mask, gradient=False).value == pytest.approx(1 - np.corrcoef(pred.ravel(), mask.ravel())[0, 1])
    assert evaluate("mcc", mask, mask, gradient=False).value == 0.0
    assert evaluate("mcc", 1 - mask, mask, gradient=False).value == 2.0


def test_matthews_correlation_keeps_the_digits_of_a_nearly_perfect_mask():
    z = np.array([[[30.0, -30.0, 30.0, -30.0]]])
    q = np.exp(-30.0) / (1 + np.exp(-30.0))
    assert evaluate("mcc", z, [[[1, 0, 1, 0]]], **LOGITS).value == pytest.approx(2 * q, rel=1e-12)


NOTHING = np.zeros((1, 2, 2))


@pytest.mark.parametrize(
    "name", ["tversky", "focal_tversky", "asymmetric_similarity", "noise_robust_dice", "jml", "mcc", "boundary_dou", "cldice"]
)
@pytest.mark.parametrize(("policy", "wanted"), [("perfect", 0.0), ("one", 1.0), ("nan", np.nan)])
def test_an_empty_mask_and_an_empty_prediction(name, policy, wanted):
    found = evaluate(f"{name}:empty={policy}", NOTHING, NOTHING.astype(int))
    np.testing.assert_equal(found.value, wanted)
    assert not found.gradient["scores"].any()
    assert evaluate(f"{name}:empty=skip", NOTHING, NOTHING.astype(int)).kept.tolist() == [False]


def test_a_side_that_is_not_there_at_all():
    assert evaluate("soft_f1", NOTHING, NOTHING.astype(int)).value == 0.0
    assert evaluate("soft_f1:empty=one", NOTHING, NOTHING.astype(int)).value == 0.5
    assert evaluate("log_dice:empty=one", NOTHING, NOTHING.astype(int)).value == 0.0, "an absent class costs 0 before that"
    assert evaluate("log_dice:absent=count,empty=one", NOTHING, NOTHING.astype(int)).value == np.inf
    assert evaluate("mcc", NOTHING + 0.5, NOTHING.astype(int)).value == 1.0, "errors, and no correlation"
    assert evaluate("sensitivity_specificity", NOTHING + 0.5, NOTHING.astype(int)).value == pytest.approx(0.95 * 0.25)
    assert evaluate("wasserstein_dice:distance=[0,1,1,0],smooth=0", NOTHING, NOTHING.astype(int)).value == 0.0


@pytest.mark.parametrize("absent", ["count", "zero", "skip"])
def test_an_absent_class(absent):
    z, mask = several(4)
    mask[mask == 2] = 0
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    own = np.stack([1 - (p[:, c] * (mask == c)).sum((1, 2)) / (p[:, c] + (mask == c)).sum((1, 2)) * 2 for c in range(3)], 1)
    wanted = {"count": own.mean(1), "zero": own[:, :2].sum(1) / 3, "skip": own[:, :2].mean(1)}[absent]
    np.testing.assert_allclose(evaluate(f"tversky:absent={absent}", z, mask, **LOGITS).values, wanted, rtol=1e-13)


@pytest.mark.parametrize("name", ["focal_tversky", "exp_log", "unified_focal"])
def test_a_slope_without_bound_is_none_where_logits_are_saturated(name):
    _, mask = binary(5)
    found = evaluate(name, np.where(mask == 1, 1e4, -1e4), mask, **LOGITS)
    assert found.value == 0.0
    assert not found.gradient["scores"].any()
    assert np.isinf(evaluate(name, mask.astype(float), mask).gradient["scores"]).any()


def test_soft_masks_are_met_exactly_by_the_metric_loss_alone():
    p = np.random.default_rng(6).uniform(0.1, 0.9, (2, 4, 5))
    assert evaluate("jml", p, p).value == evaluate("jml:ratio=dice,form=jml2", p, p).value == 0.0
    assert evaluate("jaccard", p, p).value > 0.2


def test_distances_between_classes():
    one_hot = np.eye(3)[np.array([[[0, 1, 2, 1]]])].transpose(0, 3, 1, 2)
    truth = np.array([[[0, 1, 1, 2]]])
    found = evaluate("wasserstein_dice:distance=[0,1,1,1,0,0.5,1,0.5,0],smooth=0", one_hot, truth)
    assert found.value == pytest.approx(1.0 / (2 * (1 + 0.5 + 0.5) + 1.0)), "two pixels off by a half, one right"


# --- other libraries' numbers, under the conventions that the losses declare


def under(library, name, scores, mask, **kw):
    """The value of a loss under the parameters that make it a library's."""
    params = registry.load("segment").losses[name].conventions[library]
    inside = ",".join(f"{key}={write_value(x)}" for key, x in params.items())
    return evaluate(f"{name}:{inside}" if inside else name, scores, mask, **kw).value


@pytest.mark.parametrize(
    ("library", "printed"),
    [("monai", 0.230769), ("smp", 0.230769), ("keras", 0.230769), ("kornia", 0.230769), ("mmdet", 0.111506), ("optax", 0.166667)],
)
def test_denominators_of_dice(library, printed):
    assert under(library, "dice", [[[0.9, 0.2, 0.4, 0.7]]], [[[1, 0, 1, 1]]]) == pytest.approx(printed, abs=2e-6)


@pytest.mark.parametrize(
    ("library", "predicted", "printed"),
    [
        ("monai", 0.0, 0.0),
        ("smp", 0.0, 0.0),
        ("keras", 0.0, 1.0),
        ("mmdet", 0.0, 1.0),
        ("monai", 0.5, 0.999995),
        ("smp", 0.5, 0.0),
        ("keras", 0.5, 1.0),
        ("monai", 1e-3, 0.9975),
        ("smp", 1e-3, 0.0),
    ],
)
def test_dice_of_an_empty_mask(library, predicted, printed):
    found = under(library, "dice", np.full((1, 1, 4), predicted), np.zeros((1, 1, 4), int))
    assert found == pytest.approx(printed, abs=1e-5)


def test_generalized_dice_of_an_absent_class():
    z = np.array([[1.2, 0.3, -0.5, 0.1], [-0.3, 0.8, 0.9, 0.2], [0.1, -0.4, 0.2, -1.0]])[None, :, None]
    mask = [[[0, 1, 1, 0]]]
    assert under("monai", "gdl", z, mask, **LOGITS) == pytest.approx(0.462326, abs=1e-5)
    assert evaluate("gdl", z, mask, **LOGITS).value == pytest.approx(0.403150, abs=1e-6)


def test_exponents_of_focal_tversky():
    scores, mask = [[[0.5, 0.5]]], [[[1, 0]]]
    for kappa, printed in ((0.75, 0.594604), (4 / 3, 0.396850)):
        assert evaluate(f"focal_tversky:kappa={kappa!r}", scores, mask).value == pytest.approx(printed, abs=1e-6)
    assert under("smp", "focal_tversky", scores, mask) == pytest.approx(0.5)


def test_keras_swaps_the_weights_of_tversky():
    p, mask = 1 / (1 + np.exp(-binary(12)[0])), binary(12)[1]
    keras = 1 - (p * mask).sum() / ((p * mask).sum() + 0.2 * ((1 - p) * mask).sum() + 0.8 * (p * (1 - mask)).sum() + 1e-7)
    found = evaluate("tversky:alpha=0.8,beta=0.2,classes=pooled,pool=batch,eps=1e-7", p, mask).value
    assert found == pytest.approx(keras, rel=1e-7), "its alpha = 0.2 weighs false negatives"
    assert under("keras", "tversky", p, mask) == pytest.approx(evaluate("dice:pool=batch,eps=2e-7", p, mask).value, rel=1e-14)
