"""Losses of masks: how they relate, what they make of empty masks, where they refuse, and how many digits they keep."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError, Where
from losscli.families.segment import _region_sums as regions
from losscli.families.segment.family import FAMILY
from losscli.spec.family import Conventions, Watch
from losscli.spec.tile import Block
from tests.support.evaluate import bound_term, run

NOTHING = np.zeros((1, 2, 2))
SEED = st.integers(0, 2**32 - 1)


def evaluate(recipe, scores, mask, **kw):
    return run("segment", recipe, {"scores": np.asarray(scores), "mask": np.asarray(mask)}, **kw)


def value(recipe, scores, mask, **kw):
    return evaluate(recipe, scores, mask, gradient=False, **kw).value


def binary(seed, n=3):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (n, 4, 5)), rng.integers(0, 2, (n, 4, 5))


def several(seed, n=3, classes=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (n, classes, 4, 5)), rng.integers(0, classes, (n, 4, 5))


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


# --- relations


@given(SEED)
def test_jaccard_is_a_function_of_dice(seed):
    d, j = (evaluate(name, *binary(seed)).values for name in ("dice", "jaccard"))
    np.testing.assert_allclose(j, 2 * d / (1 + d), rtol=1e-14)


@given(SEED)
def test_gdl_with_equal_weights_is_dice_of_pooled_classes(seed):
    z, mask = several(seed)
    pooled = value("dice:classes=pooled,smooth=0.5", z, mask, from_logits=True)
    assert value("gdl:weight=uniform,absent=max,smooth=0.5", z, mask, from_logits=True) == pytest.approx(pooled, rel=1e-14)


@pytest.mark.slow
@given(SEED)
def test_gdl_of_one_class_is_dice(seed):
    p, mask = binary(seed)
    mask[:, 0, 0] = 1
    for weight in ("square", "simple", "uniform"):
        found = evaluate(f"gdl:weight={weight},background=false", p, mask).values
        np.testing.assert_allclose(found, evaluate("dice", p, mask).values, rtol=1e-14)


@pytest.mark.parametrize("name", ["dice", "jaccard", "gdl"])
def test_one_image_alone_is_its_own_batch(name):
    z, mask = several(5, n=1)
    image = evaluate(name, z, mask, from_logits=True)
    batch = evaluate(f"{name}:pool=batch", z, mask, from_logits=True)
    assert image.value == batch.value
    assert np.array_equal(image.gradient["scores"], batch.gradient["scores"])


@pytest.mark.parametrize("name", ["dice", "jaccard", "gdl"])
def test_layouts_of_one_mask_give_the_same_bits(name):
    z, labels = several(6)
    hot = (labels[:, None] == np.arange(3)[:, None, None]).astype(np.int64)
    wanted = value(name, z, labels, from_logits=True)
    assert value(name, z, hot, from_logits=True) == wanted
    assert value(name, z, hot.astype(float), from_logits=True) == wanted
    assert value(name, z, labels.astype(np.uint8), from_logits=True) == wanted
    assert value(name, z, labels.astype(float), from_logits=True) == wanted
    assert value(name, z[:, :, None], labels[:, None], from_logits=True) == wanted, "a volume of one slice"
    assert value(name, z.reshape(3, 3, 4, 5), labels, from_logits=True, classes=("a", "b", "c")) == wanted


@pytest.mark.parametrize("name", ["dice", "jaccard", "gdl", "dice:squared=true"])
def test_a_binary_mask_may_be_integers_booleans_or_shares(name):
    p, mask = binary(7)
    wanted = value(name, p, mask)
    for same in (mask.astype(bool), mask.astype(np.uint8), mask.astype(np.float32), mask.astype(float)):
        assert value(name, p, same) == wanted
    assert value(name, p.reshape(3, 20), mask.reshape(3, 20)) == wanted, "a table: a row is an image"
    assert value(name, p[:, None], mask[:, None], multilabel=True) == wanted or name == "gdl"


def test_multilabel_is_the_mean_of_binary_channels():
    z, _ = several(8)
    hot = np.random.default_rng(8).integers(0, 2, z.shape)
    channels = [evaluate("dice", z[:, c], hot[:, c], from_logits=True).values for c in range(3)]
    found = evaluate("dice", z, hot, from_logits=True, multilabel=True).values
    np.testing.assert_allclose(found, np.mean(channels, 0), rtol=1e-15)


def test_hard_labels_count_pixels():
    pred, mask = np.array([[[0, 1, 1, 1]]]), np.array([[[0, 0, 1, 1]]])
    assert value("dice", pred, mask) == pytest.approx(1 - 4 / 5, rel=1e-15)
    assert value("jaccard", pred.astype(bool), mask.astype(bool)) == pytest.approx(1 - 2 / 3, rel=1e-15)
    names = ("sky", "road", "car")
    labels = np.array([[[0, 1, 2, 2]]])
    hot = np.eye(3)[[[[0, 1, 1, 2]]]].transpose(0, 3, 1, 2)
    assert value("dice", labels, [[[0, 1, 1, 2]]], classes=names) == pytest.approx((0 + 1 / 3 + 1 / 3) / 3, rel=1e-15)
    assert value("dice", labels, hot, classes=names) == value("dice", labels, [[[0, 1, 1, 2]]], classes=names)
    table = labels.reshape(1, 4).astype(float)
    assert value("dice", table, np.array([[0.0, 1.0, 1.0, 2.0]]), classes=names) == value("dice", labels, hot, classes=names)


def test_background_leaves_the_mean():
    z, mask = several(9)
    p = softmax(z)
    own = [1 - 2 * (p[:, c] * (mask == c)).sum((1, 2)) / (p[:, c].sum((1, 2)) + (mask == c).sum((1, 2))) for c in (1, 2)]
    found = evaluate("dice:background=false", z, mask, from_logits=True)
    np.testing.assert_allclose(found.values, np.mean(own, 0), rtol=1e-13)
    b, m = binary(9)
    assert value("dice:background=false", b, m) == value("dice", b, m), "a binary image has no background class"


# --- empty masks


@pytest.mark.parametrize("name", ["dice", "jaccard"])
@pytest.mark.parametrize(("policy", "wanted"), [("perfect", 0.0), ("one", 1.0), ("nan", np.nan)])
def test_an_empty_mask_and_an_empty_prediction(name, policy, wanted):
    found = evaluate(f"{name}:empty={policy}", NOTHING, NOTHING.astype(int))
    np.testing.assert_equal(found.value, wanted)
    assert not found.gradient["scores"].any()


@pytest.mark.parametrize("name", ["dice", "jaccard"])
def test_empty_skip_leaves_the_count(name):
    p = np.concatenate([NOTHING, NOTHING + 0.5])
    found = evaluate(f"{name}:empty=skip", p, np.array([NOTHING[0], [[1, 0], [0, 0]]], int))
    assert found.kept.tolist() == [False, True]
    assert found.value == found.values[1]
    assert value(f"{name}:empty=skip,smooth=1", p, np.zeros((2, 2, 2), int)) > 0, "with smooth nothing is 0/0"


@pytest.mark.parametrize("name", ["dice", "jaccard"])
def test_empty_error_names_the_image(name):
    p = np.concatenate([NOTHING + 0.5, NOTHING])
    with pytest.raises(DataError, match=r"mask\.npy, row 2.*0/0") as error:
        evaluate(f"{name}:empty=error", p, np.zeros((2, 2, 2), int))
    assert "empty=perfect" in str(error.value)
    assert value(f"{name}:empty=error,pool=batch", p, np.zeros((2, 2, 2), int)) == 1.0
    with pytest.raises(DataError, match="0/0: class 0"):
        evaluate(f"{name}:empty=error,pool=batch", NOTHING, NOTHING.astype(int))
    assert value(f"{name}:empty=error,smooth=1", NOTHING, NOTHING.astype(int)) == 0.0
    assert value(f"{name}:empty=error,absent=zero", NOTHING, NOTHING.astype(int)) == 0.0


@pytest.mark.parametrize("name", ["dice", "jaccard"])
def test_classes_without_target_pixels(name):
    z, _ = several(10)
    mask = np.zeros((3, 4, 5), int)
    mask[1, :2] = 1
    p = softmax(z)
    hot = (mask[:, None] == np.arange(3)[:, None, None]).astype(float)
    both, either = (p * hot).sum((2, 3)), (p + hot).sum((2, 3))
    own = 1 - 2 * both / either if name == "dice" else 1 - both / (either - both)
    there = hot.any((2, 3))
    found = {a: evaluate(f"{name}:absent={a}", z, mask, from_logits=True) for a in ("count", "zero", "skip")}
    np.testing.assert_allclose(found["count"].values, own.mean(1), rtol=1e-13)
    np.testing.assert_allclose(found["zero"].values, (own * there).sum(1) / 3, rtol=1e-13)
    np.testing.assert_allclose(found["skip"].values, (own * there).sum(1) / there.sum(1), rtol=1e-13)
    only = evaluate(f"{name}:absent=skip,background=false", z, mask, from_logits=True)
    assert only.kept.tolist() == [False, True, False]
    assert not only.gradient["scores"][[0, 2]].any()


def test_absent_is_asked_before_empty():
    nothing = NOTHING.astype(int)
    assert value("dice:absent=zero,empty=one", NOTHING, nothing) == 0.0
    assert evaluate("dice:absent=skip,empty=one", NOTHING, nothing).kept.tolist() == [False]


def test_gdl_of_classes_that_are_absent():
    z, _ = several(11)
    mask = np.zeros((3, 4, 5), int)
    mask[0, :2] = 1
    skip = evaluate("gdl:background=false", z, mask, from_logits=True)
    assert skip.kept.tolist() == [True, False, False]
    assert evaluate("gdl:background=false,smooth=1", z, mask, from_logits=True).values[1] == 0.0
    assert evaluate("gdl:background=false,smooth=1,absent=max", z, mask, from_logits=True).values[1] == 0.0
    assert evaluate("gdl:background=false,absent=max,weight=uniform", z, mask, from_logits=True).values[1] == 1.0
    alone = value("gdl:background=false", z[:1, :2], mask[:1], from_logits=True, multilabel=True)
    assert value("gdl:background=false", z[:1], mask[:1], from_logits=True, multilabel=True) == pytest.approx(alone, rel=1e-15)


@pytest.mark.parametrize("share", [1e-300, 1e-160, 1e-3, 1.0])
def test_gdl_weighs_the_tiniest_region_without_overflow(share):
    p, mask = np.full((1, 2, 2), 0.5), np.array([[[share, 0.0], [0.0, 0.0]]])
    for weight in ("square", "simple"):
        found = evaluate(f"gdl:weight={weight}", p, mask)
        assert 0.0 <= found.value <= 1.0
        assert np.isfinite(found.gradient["scores"]).all()


def test_weights_of_classes():
    z, mask = several(12)
    each = [evaluate(f"dice:weights=[{w}]", z, mask, from_logits=True).values for w in ("1,0,0", "0,1,0", "0,0,1")]
    found = evaluate("dice:weights=[1,2,5]", z, mask, from_logits=True).values
    np.testing.assert_allclose(found, (each[0] + 2 * each[1] + 5 * each[2]) / 8, rtol=1e-14)
    count = evaluate("dice:weights=[1,2,5],norm=count", z, mask, from_logits=True).values
    np.testing.assert_allclose(count, found * 8 / 3, rtol=1e-14)
    behind = evaluate("dice:weights=[1,2,5],background=false", z, mask, from_logits=True).values
    np.testing.assert_allclose(behind, (2 * each[1] + 5 * each[2]) / 7, rtol=1e-14)


# --- guards


@pytest.mark.parametrize(
    ("scores", "mask", "how", "words"),
    [
        (NOTHING + 1.5, NOTHING.astype(int), {}, ["1.5 is not a probability", "scores.npy, row 1", "--from-logits"]),
        (NOTHING - 1e-9, NOTHING.astype(int), {}, ["is not a probability"]),
        (NOTHING.astype(int) + 2, NOTHING.astype(int), {}, ["2 is not a probability", "--classes a,b,c"]),
        (NOTHING, NOTHING.astype(int) + 2, {}, ["label 2 is outside 0…1", "mask.npy, row 1", "(N,C,H,W)"]),
        (NOTHING, NOTHING.astype(int) - 1, {}, ["label -1 is outside"]),
        (NOTHING, NOTHING + 1.25, {}, ["1.25 is not a class probability"]),
        (NOTHING, np.zeros((1, 2, 3), int), {}, ["shapes differ", "(1, 2, 3)", "(N,2,2)"]),
        (NOTHING, np.zeros((1, 3, 2, 2)), {}, ["shapes differ"]),
        (np.zeros((1, 0, 2)), np.zeros((1, 0, 2), int), {}, ["without pixels"]),
        (NOTHING.astype(int), NOTHING + 0.5, {}, ["look swapped", "PRED first"]),
        (NOTHING.astype(int), np.full((1, 2, 2, 2), 0.5), {}, ["look swapped"]),
        (NOTHING.astype(int), NOTHING.astype(int), {"from_logits": True}, ["whole numbers, which are not read as logits"]),
        (np.full((1, 3, 2, 2), 0.5), NOTHING.astype(int), {}, ["sum to 1.5, not to 1", "--multilabel", "--from-logits"]),
        (np.full((1, 2, 2, 2), 0.5), np.zeros((1, 2, 2, 2)), {}, ["mask.npy", "sum to 0, not to 1", "--multilabel"]),
        (np.full((1, 2, 2, 2), 0.5), NOTHING.astype(int) + 255, {}, ["label 255 is outside 0…1", "--mask-values"]),
        (np.full((1, 2, 2, 2), 0.5), NOTHING + 0.5, {}, ["0.5 is not a class number"]),
        (np.ones((1, 1, 2, 2)), np.zeros((1, 3, 3), int), {}, ["shapes differ"]),
        (NOTHING.astype(int) + 3, NOTHING.astype(int), {"classes": ("a", "b", "c")}, ["label 3 is outside 0…2", "--classes"]),
    ],
)
def test_what_is_refused_and_what_the_message_says(scores, mask, how, words):
    with pytest.raises(DataError) as error:
        evaluate("dice", scores, mask, **how)
    assert all(w in str(error.value) for w in words), str(error.value)


def test_the_place_of_a_bad_number_is_its_pixel():
    p, mask = binary(13)
    p[2, 1, 3] = 7.0
    with pytest.raises(DataError, match=r"scores\.npy, row 3, column 8: 7 is not a probability"):
        evaluate("dice", p, mask)


@pytest.mark.parametrize("recipe", ["dice:weights=[1,2]", "jaccard:weights=[1,2,3,4]", "dice:weights=[1,2,3],classes=pooled"])
def test_weights_that_do_not_fit(recipe):
    with pytest.raises(UsageError):
        evaluate(recipe, *several(14), from_logits=True)


def test_class_names_that_do_not_fit():
    with pytest.raises(UsageError, match="2 classes, but PRED has scores for 3"):
        evaluate("dice", *several(14), from_logits=True, classes=("a", "b"))


def test_shares_may_be_as_rough_as_their_dtype():
    z, mask = several(15, classes=7)
    for dtype in (np.float16, np.float32):
        assert np.isfinite(value("dice", softmax(z).astype(dtype), mask))


def test_logits_that_look_like_probabilities_are_remarked_upon():
    watch = Watch()
    watch.span("logits", 0.0, 1.0)
    (code, said), *more = FAMILY.conclude(watch, Conventions(from_logits=True))
    assert code == "probabilities-as-logits"
    assert "--from-logits" in said
    assert not more
    watch.span("logits", -0.5, 0.0)
    assert FAMILY.conclude(watch, Conventions(from_logits=True)) == []


def test_a_gradient_has_the_shape_of_its_images():
    z, mask = several(16)
    g = evaluate("dice", z, mask, from_logits=True).gradient
    found = FAMILY.restore(g, {"scores": z, "mask": mask}, Conventions())
    assert found["scores"].shape == z.shape
    labels = np.zeros((1, 2, 2), int)
    g = evaluate("dice", labels, labels, classes=("a", "b", "c")).gradient
    with pytest.raises(UsageError, match="class labels"):
        FAMILY.restore(g, {"scores": labels, "mask": labels}, Conventions())


# --- digits


@pytest.mark.parametrize("name", ["dice", "jaccard", "dice:squared=true", "jaccard:squared=true", "gdl"])
def test_a_nearly_perfect_overlap_keeps_its_digits(name):
    rng = np.random.default_rng(17)
    mask = rng.integers(0, 2, (2, 3, 4))
    z = np.where(mask == 1, 1.0, -1.0) * rng.uniform(25, 40, mask.shape)
    mpmath.mp.dps = 50
    found = evaluate(name, z, mask, from_logits=True).values
    for own, logits, t in zip(found, z, mask, strict=True):
        p = [1 / (1 + mpmath.exp(-mpmath.mpf(float(x)))) for x in logits.ravel()]
        assert own == pytest.approx(float(exact(name, p, [int(x) for x in t.ravel()])), rel=4e-15)


def exact(name, p, t):
    """The definition, in the arithmetic of its arguments."""
    if name == "gdl":
        pair = [([1 - x for x in p], [1 - y for y in t]), (p, t)]
        weight = [1 / mpmath.mpf(sum(r)) ** 2 for _, r in pair]
        inside = sum(w * sum(x * y for x, y in zip(a, r, strict=True)) for w, (a, r) in zip(weight, pair, strict=True))
        return 1 - 2 * inside / sum(w * (sum(a) + sum(r)) for w, (a, r) in zip(weight, pair, strict=True))
    both = sum(x * y for x, y in zip(p, t, strict=True))
    power = 2 if "squared" in name else 1
    sizes = sum(x**power for x in p) + sum(y**power for y in t)
    return 1 - 2 * both / sizes if name.startswith("dice") else 1 - both / (sizes - both)


@pytest.mark.slow
@given(SEED)
def test_overlap_is_exact_to_a_few_ulps(seed):
    p, t = binary(seed, n=1)
    rational, label = [Fraction(float(x)) for x in p.ravel()], [int(x) for x in t.ravel()]
    for name in ("dice", "jaccard", "dice:squared=true"):
        if sum(rational) + sum(label):
            assert value(name, p, t) == pytest.approx(float(exact(name, rational, label)), rel=2e-15)


def test_images_beyond_a_span_are_summed_alike(monkeypatch):
    z, mask = several(18, n=2)
    whole = {r: evaluate(r, z, mask, from_logits=True) for r in ("dice", "jaccard:squared=true", "gdl:weight=simple")}
    monkeypatch.setattr(regions, "SPAN", 21)
    for recipe, wanted in whole.items():
        np.testing.assert_allclose(evaluate(recipe, z, mask, from_logits=True).values, wanted.values, rtol=1e-14)


# --- gradients


@pytest.mark.parametrize("name", ["dice", "jaccard", "gdl"])
@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_of_a_pooled_value(name, soft):
    p, mask = binary(19, n=2)
    if soft:
        mask = np.random.default_rng(19).uniform(0, 1, mask.shape)
    found = evaluate(f"{name}:pool=batch", p, mask).gradient["scores"].reshape(p.shape)
    step = 1e-6
    for at in [(0, 0, 0), (1, 3, 4), (1, 2, 0)]:
        up, down = p.copy(), p.copy()
        up[at] += step
        down[at] -= step
        slope = (value(f"{name}:pool=batch", up, mask) - value(f"{name}:pool=batch", down, mask)) / (2 * step)
        assert found[at] == pytest.approx(slope, rel=1e-6)


def test_the_arrays_of_a_file_are_not_copied_at_once():
    p, mask = np.zeros((1, 300, 300), np.float32), np.ones((1, 300, 300), np.uint8)
    bound = bound_term("segment", "dice", {"scores": p, "mask": mask})
    index = np.arange(1)
    block = Block({"scores": p, "mask": mask}, index, index, lambda role, i, item: Where(role))
    scores, target = bound.args(block, Watch())
    assert np.shares_memory(scores.array, p)
    assert np.shares_memory(target.array, mask)
