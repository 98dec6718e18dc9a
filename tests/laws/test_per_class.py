"""What --per-class gives for every loss of the two families that have classes, compared with runs that see one class only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from losscli.spec import registry
from losscli.spec.recipe import parse
from tests.support.examples import CLASSES, examples, recipes

FAMILIES = ("classify", "segment")
ALL = [(family, loss) for family in FAMILIES for loss in registry.load(family).losses.values()]
every_loss = pytest.mark.parametrize(("family", "loss"), ALL, ids=[f"{family}/{loss.name}" for family, loss in ALL])

SEGMENT = [loss for loss in registry.load("segment").losses.values() if loss.classless == ""]
REGIONS = [loss for loss in SEGMENT if loss.reads is not None and loss.by_class in ("sums", "given")]
PIXELS = [loss for loss in SEGMENT if loss.by_class == "members"]
MEANS = ("dice", "jaccard", "tversky", "focal_tversky", "asymmetric_similarity", "log_dice", "noise_robust_dice", "jml", "mcc",
         "soft_f1", "sensitivity_specificity", "boundary_dou", "cldice", "dice_cldice", "hausdorff_dt", "hausdorff_er", "boundary",
         "log_hausdorff_dt", "lovasz_softmax", "combo:classes=mean")  # fmt: skip
OTHERWISE = {"lovasz_softmax", "lovasz_hinge", "unified_focal", "distance_weighted_ce", "nacl"}
"""Region losses for which a class alone is not one of the family's own inputs; tested one by one below."""


def per_class(family, recipe, arrays, **options):
    """The line of all samples, and those of the classes in their order, None for a class that the loss does not count."""
    pred, target = _sides(arrays)
    report = losscli.evaluate(pred, target, family=family, losses=[f"x={recipe}"], per_class=True, ci="none", **options)
    found = {int(g.by["class"]): g.line("x") for g in report.groups}
    return report["x"], [found.get(c) for c in range(max(found) + 1)]


def attempted(family, recipe, arrays, **options):
    """The same, or the error as text."""
    try:
        return per_class(family, recipe, arrays, **options)
    except (losscli.UsageError, losscli.DataError) as e:
        return str(e)


def value(family, recipe, pred, target, **options):
    return losscli.evaluate(pred, target, family=family, losses=[f"x={recipe}"], ci="none", **options)["x"].value


def _sides(arrays):
    """PRED and TARGET."""
    target = next((arrays[r] for r in ("label", "mask") if r in arrays), None)
    return {r: arrays[r] for r in ("scores", "pred_label") if r in arrays}, target


def shapes(family, loss):
    """An example of every recipe, of two classes and of several."""
    return {(x.recipe, x.form.takes, x.label.partition("-")[0]): x for x in examples(family, loss)}.values()


@every_loss
def test_every_loss_has_a_value_per_class_or_says_why_not(family, loss):
    for example in shapes(family, loss):
        found = attempted(family, example.recipe, example.arrays, **example.conventions)
        if isinstance(found, str):
            assert "has no value per class: " in found or "--per-class does not apply" in found, str(example)
            continue
        whole, lines = found
        assert len(lines) == (2 if "binary" in example.label else CLASSES), str(example)
        counted = [x for x in lines if x is not None and x.n]
        assert counted, str(example)
        assert all(np.isfinite(x.value) for x in counted), str(example)
        assert whole.value == value(family, example.recipe, *_sides(example.arrays), **example.conventions), str(example)


@pytest.mark.parametrize("loss", registry.load("classify").losses.values(), ids=lambda x: x.name)
def test_losses_of_rows_are_those_of_the_rows_with_that_label(loss):
    for example in examples("classify", loss):
        label = example.arrays.get("label", np.zeros((1, 1)))
        if label.ndim > 1 or not np.array_equal(label, np.rint(label)):
            continue
        found = attempted("classify", example.recipe, example.arrays, **example.conventions)
        if isinstance(found, str):
            continue
        whole, lines = found
        grouped = losscli.evaluate(
            _sides(example.arrays)[0],
            {"label": label},
            family="classify",
            losses=[f"x={example.recipe}"],
            by="label",
            ci="none",
            **example.conventions,
        )
        assert [g.line("x") for g in grouped.groups] == [x for x in lines if x.n], str(example)
        if whole.mean is not None and loss.unit == "row":
            assert np.average([x.mean for x in lines], weights=[x.n for x in lines]) == pytest.approx(whole.mean, rel=1e-12)


@pytest.mark.parametrize("loss", registry.load("classify").losses.values(), ids=lambda x: x.name)
def test_losses_of_columns_add_up_to_those_of_rows(loss):
    for example in examples("classify", loss):
        label = example.arrays.get("label", np.zeros(1))
        if label.ndim < 2 or "normalizer" in example.recipe:
            continue
        found = attempted("classify", example.recipe, example.arrays, **example.conventions)
        if isinstance(found, str):
            continue
        whole, lines = found
        values = [x.value for x in lines]
        total = sum(values) if _adds(example.recipe) else np.mean(values)
        assert total == pytest.approx(whole.value, rel=1e-12), str(example)


def _adds(recipe):
    _, term = parse(recipe, registry.load("classify")).terms[0]
    return term.params.get("classes") == "sum"


def images(seed=0, absent=True):
    """Probabilities, and masks in which some images have no pixel of the last class."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(CLASSES), (4, 5, 6)).transpose(0, 3, 1, 2)
    p = np.ascontiguousarray(p / p.sum(1, keepdims=True))
    mask = rng.integers(0, CLASSES, (4, 5, 6))
    mask.reshape(4, -1)[:, :CLASSES] = np.arange(CLASSES)
    if absent:
        mask[0][mask[0] == CLASSES - 1] = 1
    return p, mask


def _weighs(recipe):
    """Whether classes have weights, which a run of one class cannot have."""
    return "weights=" in recipe or "form=mean" in recipe


def cases(losses):
    return [(x, recipe) for x in losses for recipe in recipes(x)]


@pytest.mark.parametrize("recipe", [r for x, r in cases(REGIONS) if x.name not in OTHERWISE and not _weighs(r)])
def test_losses_of_regions_are_those_of_the_class_alone(recipe):
    p, mask = images()
    found = attempted("segment", recipe, {"scores": p, "mask": mask})
    if isinstance(found, str):
        assert "power=mean" in found
        return
    _, lines = found
    for c, line in enumerate(lines):
        if c == 0 and "background=false" in recipe:
            assert line is None
            continue
        alone = value("segment", recipe, p[:, c : c + 1], (mask == c)[:, None] * 1.0, multilabel=True)
        assert line.value == pytest.approx(alone, rel=1e-12, nan_ok=True), c


@pytest.mark.parametrize("recipe", MEANS)
@pytest.mark.parametrize("logits", [False, True])
def test_the_mean_of_the_classes_is_the_whole(recipe, logits):
    p, mask = images(1, absent=False)
    whole, lines = per_class("segment", recipe, {"scores": np.log(p) if logits else p, "mask": mask}, from_logits=logits)
    assert np.mean([x.value for x in lines]) == pytest.approx(whole.value, rel=1e-12)


@pytest.mark.parametrize("recipe", [r for x, r in cases(PIXELS) if "norm=all" not in r])
@pytest.mark.parametrize("binary", [False, True])
def test_losses_of_pixels_are_those_that_ignore_the_others(recipe, binary):
    p, mask = images()
    if binary:
        p, mask = p[:, 0], (mask == 0) * 1
    classes = 2 if binary else CLASSES
    if "ignore_index" in recipe or (binary and ("weights=" in recipe or "weighted_ce" in recipe)) or "weighted_bce" in recipe:
        return
    found = attempted("segment", recipe, {"scores": p, "mask": mask})
    if isinstance(found, str):
        assert "alpha" in found
        return
    _, lines = found
    ignoring = f"{recipe},ignore_index=255" if ":" in recipe else f"{recipe}:ignore_index=255"
    for c in range(classes):
        alone = value("segment", ignoring, p, np.where(mask == c, c, 255))
        assert lines[c].value == pytest.approx(alone, rel=1e-12), c


def test_divisors_that_count_ignored_pixels_count_those_of_the_class():
    p, mask = images()
    expected = [x.value for x in per_class("segment", "ce", {"scores": p, "mask": mask})[1]]
    found = [x.value for x in per_class("segment", "ce:norm=all", {"scores": p, "mask": mask})[1]]
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("recipe", ["nacl", "nacl:distance=l2", "distance_weighted_ce"])
def test_pixels_of_all_classes_make_up_the_image(recipe):
    p, mask = images()
    for i in range(len(p)):
        whole, lines = per_class("segment", recipe, {"scores": p[i : i + 1], "mask": mask[i : i + 1]})
        share = [np.mean(mask[i] == c) for c in range(CLASSES)]
        total = sum(s * x.value for s, x in zip(share, lines, strict=True) if s)
        assert total == pytest.approx(whole.value, rel=1e-12)


@given(
    seed=st.integers(0, 2**32 - 1),
    empty=st.sampled_from(["perfect", "one", "skip"]),
    absent=st.sampled_from(["count", "zero", "skip"]),
    background=st.booleans(),
    name=st.sampled_from(["dice", "jaccard", "tversky", "log_dice"]),
)
def test_the_classes_that_count_make_up_an_image(seed, empty, absent, background, name):
    """Whatever classes are missing and whatever the policies, the value of one image is the mean of its classes that count."""
    rng = np.random.default_rng(seed)
    hot = np.eye(CLASSES)[rng.integers(0, CLASSES - 1, (1, 3, 4))].transpose(0, 3, 1, 2)
    p = np.ascontiguousarray(hot if rng.random() < 0.5 else 0.5 * hot + 0.5 / CLASSES)
    mask = rng.integers(0, rng.integers(1, CLASSES + 1), (1, 3, 4))
    recipe = f"{name}:empty={empty},absent={absent},background={'true' if background else 'false'}"
    found = attempted("segment", recipe, {"scores": p, "mask": mask})
    if isinstance(found, str):
        assert "nothing to evaluate" in found
        return
    whole, lines = found
    values = [x.value for x in lines if x is not None and x.n]
    assert len(lines) == CLASSES
    assert (lines[0] is None) == (not background)
    assert np.mean(values) == pytest.approx(whole.value, rel=1e-12)


@pytest.mark.parametrize("pool", ["image", "batch"])
@pytest.mark.parametrize("absent", ["skip", "count"])
def test_lovasz_softmax_of_a_class(pool, absent):
    """The Lovász extension of the Jaccard loss, as Berman et al. write it: J(k worst pixels wrong), differences, sorted errors."""
    p, mask = images()
    _, lines = per_class("segment", f"lovasz_softmax:pool={pool},absent={absent}", {"scores": p, "mask": mask})

    def extension(errors, inside):
        order = np.argsort(-errors, kind="stable")
        t = inside[order]
        jaccard = 1 - (t.sum() - np.cumsum(t)) / (t.sum() + np.cumsum(1 - t))
        return float(errors[order] @ np.diff(jaccard, prepend=0.0))

    for c in range(CLASSES):
        groups = [slice(None)] if pool == "batch" else [slice(i, i + 1) for i in range(len(p))]
        pairs = [(np.abs((mask[g] == c) - p[g, c]).ravel(), (mask[g] == c).ravel().astype(float)) for g in groups]
        found = [extension(*pair) for pair in pairs if pair[1].any() or absent == "count"]
        assert lines[c].value == pytest.approx(np.mean(found), rel=1e-12)


def test_weights_of_classes():
    """With norm=weights a class's own weight cancels; with norm=count it stays, as in MONAI's DiceLoss(reduction='none')."""
    p, mask = images()
    arrays = {"scores": p, "mask": mask}
    plain = [x.value for x in per_class("segment", "dice", arrays)[1]]
    weighted = per_class("segment", "dice:weights=[1,2,3,0.5]", arrays)[1]
    counted = per_class("segment", "dice:weights=[1,2,3,0.5],norm=count", arrays)
    assert [x.value for x in weighted] == pytest.approx(plain, rel=1e-15)
    assert [x.value for x in counted[1]] == pytest.approx(np.multiply(plain, [1, 2, 3, 0.5]), rel=1e-15)
    assert np.mean([x.value for x in counted[1]]) == pytest.approx(counted[0].value, rel=1e-12)
    left_out = per_class("segment", "dice:weights=[0,1,1,1]", arrays)[1]
    assert left_out[0].n == 0
    assert [x.value for x in left_out[1:]] == plain[1:]


def test_weights_by_size_cancel():
    p, mask = images()
    arrays = {"scores": p, "mask": mask}
    for pool in ("image", "batch"):
        weighted = per_class("segment", f"gdl:form=mean,pool={pool}", arrays)[1]
        assert [x.value for x in weighted] == [x.value for x in per_class("segment", f"dice:pool={pool}", arrays)[1]]


def test_the_recipe_that_weighs_one_class_alone_gives_the_same():
    p, mask = images()
    for name in ("dice", "jaccard", "log_dice"):
        lines = per_class("segment", name, {"scores": p, "mask": mask})[1]
        for c, line in enumerate(lines):
            weights = ",".join("1" if i == c else "0" for i in range(CLASSES))
            assert line.value == value("segment", f"{name}:weights=[{weights}]", p, mask)


def test_channels_of_overlapping_masks():
    """With one mask per channel a loss of pixels is that of the channel, as of a binary image."""
    p, _ = images()
    mask = np.random.default_rng(3).integers(0, 2, p.shape)
    for recipe in ("bce", "focal:mode=ovr", "dice", "bce:pos_weight=3", "lovasz_hinge", "lovasz_hinge:pool=batch"):
        lines = per_class("segment", recipe, {"scores": p, "mask": mask}, multilabel=True)[1]
        alone = [value("segment", recipe, p[:, c], mask[:, c]) for c in range(CLASSES)]
        assert [x.value for x in lines] == pytest.approx(alone, rel=1e-12), recipe


def test_numbers_per_column():
    """A parameter with a number per class gives a column its own."""
    rng = np.random.default_rng(4)
    p, label = rng.uniform(0.05, 0.95, (9, 3)), rng.integers(0, 2, (9, 3))
    lines = per_class("classify", "bce:pos_weight=[1,2,3]", {"scores": p, "label": label})[1]
    for c, line in enumerate(lines):
        assert line.value == value("classify", f"bce:pos_weight={c + 1}", p[:, c], label[:, c])
    whole, lines = per_class("classify", "focal:mode=ovr,alpha=[0.2,0.5,0.9]", {"scores": p, "label": label})
    assert sum(x.value for x in lines) == pytest.approx(whole.value, rel=1e-12)


@pytest.mark.parametrize("recipe", ["dice", "dice:pool=batch", "ce", "ce:pool=batch", "gdl:form=mean,pool=batch", "lovasz_softmax",
                                    "lovasz_softmax:pool=batch", "dice+ce"])  # fmt: skip
def test_classes_within_groups_are_those_of_the_group_alone(recipe):
    p, mask = images()
    group = np.array(["x", "y", "x", "x"])
    arrays = {"scores": p, "mask": mask, "site": group}
    report = losscli.evaluate(arrays, None, family="segment", losses=[f"a={recipe}"], by="site", per_class=True)
    assert [tuple(g.by.items()) for g in report.groups] == [
        (("site", s), ("class", str(c))) for s in ("x", "y") for c in range(CLASSES)
    ]
    for i, s in enumerate(("x", "y")):
        own = losscli.evaluate(p[group == s], mask[group == s], family="segment", losses=[f"a={recipe}"], per_class=True)
        mine = [g.line("a").value for g in report.groups[i * CLASSES : (i + 1) * CLASSES]]
        assert mine == pytest.approx([g.line("a").value for g in own.groups], rel=1e-15)


@every_loss
def test_a_kept_nan_is_never_a_number_of_a_class(family, loss):
    """The sample that holds NaN has no number in any class that it belongs to."""
    for example in shapes(family, loss):
        arrays = {**example.arrays}
        if "scores" not in arrays or arrays["scores"].dtype.kind != "f":
            continue
        arrays["scores"] = arrays["scores"].copy()
        arrays["scores"][0] = np.nan
        found = attempted(family, example.recipe, arrays, nonfinite="keep", **example.conventions)
        if isinstance(found, str):
            continue
        label = arrays["label"][0] if family == "classify" and arrays["label"].ndim == 1 else None
        for c, line in enumerate(found[1]):
            if line is not None and label in (None, c):
                assert np.isnan(line.value), f"{example} {c}"
