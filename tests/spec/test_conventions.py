"""--convention: a library's parameters fill what a recipe leaves open, and are spelled out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import UsageError
from losscli.run.declared import slots
from losscli.run.options import LossOptions
from losscli.spec import pages
from losscli.spec.explain import explain
from losscli.spec.loss import CONVENTIONS
from losscli.spec.recipe import own_defaults, parse
from losscli.spec.registry import load
from tests.support.every import every_loss

PRED = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]])
TARGET = np.array([[1.0, 0.0, 3.0, 2.0], [1.0, 1.0, 3.0, 4.0]])


def test_the_option_offers_the_libraries_that_losses_may_name():
    (option,) = [slot for slot in slots(LossOptions) if slot.name == "convention"]
    assert tuple(option.declared.choices) == CONVENTIONS


@pytest.mark.parametrize(
    ("typed", "library"),
    [
        ("PyTorch", "torch"),
        ("tensorflow", "keras"),
        ("tf.keras", "keras"),
        ("scikit-learn", "sklearn"),
        ("MONAI", "monai"),
        ("mmdetection", "mmdet"),
        ("segmentation_models.pytorch", "smp"),
        ("pytorch-metric-learning", "pml"),
    ],
)
def test_libraries_go_by_their_usual_names(typed, library):
    (option,) = [slot for slot in slots(LossOptions) if slot.name == "convention"]
    assert option.read(typed) == library


def test_it_fills_what_the_recipe_leaves_open_and_no_more():
    detect = load("detect")
    assert str(parse("ciou", detect, "mmdet")) == "ciou:aspect_eps=1e-07,eps=1e-07,gate=0.5"
    assert str(parse("ciou:gate=none,eps=1e-6", detect, "mmdet")) == "ciou:aspect_eps=1e-07,eps=1e-06"
    assert str(parse("giou", detect, "monai")) == "giou:eps=1.1920928955078125e-07"
    assert str(parse("0.5*giou+iou", detect, "torchvision")) == "0.5*giou:eps=1e-07+iou"


def test_a_loss_without_the_library_s_convention_keeps_its_own_defaults():
    recipe = parse("giou+2*l1", load("detect"), "keras")
    assert str(recipe) == "giou+2*l1:reduce=mean"
    assert own_defaults([recipe], "keras") == ["giou has no keras convention: it keeps its own defaults"]
    assert own_defaults([recipe], None) == []


def test_an_unknown_library_is_a_usage_error_that_names_the_known():
    with pytest.raises(UsageError, match="unknown library 'torchvison', did you mean torchvision"):
        parse("giou", load("detect"), "torchvison")


def test_monai_dice_ce_is_reachable():
    """MONAI's DiceCELoss is its DiceLoss plus cross entropy, which has no convention of its own."""
    argv = (IMG[0], IMG[1])
    told = losscli.evaluate(*argv, family="segment", losses="dice+ce", convention="monai", from_logits=True)
    dice = losscli.evaluate(*argv, family="segment", losses="dice", convention="monai", from_logits=True)
    ce = losscli.evaluate(*argv, family="segment", losses="ce", from_logits=True)
    assert told.losses[0].value == pytest.approx(dice.losses[0].value + ce.losses[0].value, rel=1e-15)
    assert [w.message for w in told.warnings if w.code != "interval-rough"] == [
        "ce has no monai convention: it keeps its own defaults"
    ]


LOGITS = {"from_logits": True}
MULTI = {"from_logits": True, "multilabel": True}
C4 = ([[2.0, 0.5, -1.0], [-0.5, 1.5, 0.25], [0.0, -2.0, 1.0], [1.0, 1.0, -3.0]], [0, 2, 1, 1])
HOT = (C4[0], [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]])
S1 = ([3.0, -1.0, 0.5, -20.0, 20.0], [1, 0, 0, 1, 0])
D = ([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]], [[0.0, 0.25, 0.75], [0.1, 0.0, 0.9]])
BOX = ([[0.1, 0.1, 0.103, 0.104], [0.5, 0.5, 0.52, 0.51]], [[0.101, 0.1, 0.104, 0.103], [0.505, 0.49, 0.53, 0.512]])
IMG = (
    [
        [[[1.2, 0.3], [-0.5, 0.1]], [[-0.3, 0.8], [0.9, 0.2]], [[0.1, -0.4], [0.2, -1.0]]],
        [[[0.2, -1.3], [2.5, 0.4]], [[0.3, 1.8], [-0.9, 0.0]], [[1.1, 0.4], [0.7, -2.0]]],
    ],
    [[[0, 1], [1, 0]], [[2, 1], [0, 2]]],
)
CHANNELS = (IMG[0], np.moveaxis(np.eye(3)[np.array(IMG[1])], -1, 1))
EMB = (
    [[1.0, 0.5, -0.2], [0.3, -1.2, 0.8], [2.0, 0.1, 0.4], [-0.7, 0.6, 1.5], [0.2, 0.9, -1.1], [-1.4, -0.3, 0.5]],
    [0, 1, 0, 2, 1, 2],
)
TRI = ([[[1.0, 0.5], [0.3, -1.2], [0.2, 0.1]], [[-0.7, 0.6], [0.2, 0.9], [-1.4, -0.3]]], None)
VIEWS = ([[[1.0, 0.5], [0.8, 0.7]], [[0.3, -1.2], [0.1, -1.0]], [[2.0, 0.1], [1.5, 0.4]], [[-0.7, 0.6], [-0.2, 0.9]]], None)

FAR = ([-200.0, 1.0], [1, 0])
FAR3 = ([[-200.0, 0.0, 1.0], [2.0, 1.0, 0.0]], [0, 1])
LOCATED = [[1.0, -2.0], [-1.5, 0.5], [-3.0, -2.0], [0.25, -0.5]]
TRUE = {"label": [0, 1, -1, 0], "deltas": [[2.0, 1.0, 3.0, 1.5], [0.5, 2.0, 1.5, 1.0], [0.0] * 4, [1.0, 1.0, 2.0, 2.5]]}
SIDES = [[1.5, 1.25, 2.5, 2.0], [1.0, 1.5, 1.0, 1.5], [1.0] * 4, [0.5, 1.5, 2.5, 2.0]]
FIRST = [[2.5, 1.5, 2.0, 1.0], [0.75, 2.5, 1.0, 0.5], [1.0] * 4, [1.5, 0.5, 1.5, 3.0]]
BINS = [
    [[0.5, 1.0, 0.2, -0.4, 0.1]] * 4,
    [[1.0, 0.3, 0.6, -0.2, 0.0], [0.0, 0.4, 1.2, 0.3, -1.0], [0.2, 0.9, 0.1, 0.0, 0.4], [0.6, 0.1, 0.0, 0.5, -0.3]],
    [[0.0] * 5] * 4,
    [[0.1, 0.7, 0.4, 0.2, -0.6]] * 4,
]
FCOS = ({"scores": LOCATED, "deltas": SIDES, "centerness": [0.5, -0.25, 2.0, 1.0]}, TRUE)
GFL = ({"scores": LOCATED, "dist": BINS}, TRUE)
VFNET = ({"scores": LOCATED, "deltas": SIDES, "initial": FIRST}, TRUE)

COMPUTED = [
    ("mmdet", "detect", "fcos", FCOS, LOGITS, 1.3405979513238928),
    ("mmdet", "detect", "gfl", GFL, LOGITS, 1.5089411316144263),
    ("mmdet", "detect", "vfnet", VFNET, LOGITS, 2.1499597834727213),
    ("torch", "classify", "bce", FAR, LOGITS, 100.65663084375912),
    ("keras", "classify", "bce", FAR, LOGITS, 100.65663084375912),
    ("keras", "classify", "ce", FAR3, LOGITS, 101.3604338259813),
    ("keras", "classify", "focal", C4, LOGITS, 0.2705734339667804),
    ("keras", "classify", "focal", S1, LOGITS, 6.527273948132643),
    ("keras", "classify", "kl", D, {}, 6.07960681759435),
    ("kornia", "classify", "focal:alpha=0.25", C4, LOGITS, 0.09065334257606765),
    ("kornia", "classify", "focal:alpha=0.25", S1, LOGITS, 4.060015896844408),
    ("monai", "classify", "focal:alpha=0.25,mode=softmax", C4, LOGITS, 0.09065335243940353),
    ("timm", "classify", "bce", C4, LOGITS, 0.8395119975428612),
    ("ultralytics", "classify", "focal", HOT, LOGITS, 0.27719451724278804),
    ("ultralytics", "detect", "focal", HOT, LOGITS, 0.27719451724278804),
    ("ultralytics", "detect", "iou", BOX, {}, 0.6763541644304242),
    ("ultralytics", "detect", "giou", BOX, {}, 0.75283568238225),
    ("ultralytics", "detect", "diou", BOX, {}, 0.721924562189937),
    ("ultralytics", "detect", "ciou", BOX, {}, 0.7224474165108232),
    ("ultralytics", "segment", "dice", CHANNELS, MULTI, 0.5391568943006992),
    ("keras", "segment", "focal", IMG, LOGITS, 0.10723410110562853),
    ("kornia", "segment", "focal:alpha=0.25", IMG, LOGITS, 0.04348387559341784),
    ("smp", "segment", "focal", IMG, LOGITS, 0.20921788267767735),
    ("keras", "segment", "tversky:alpha=0.3,beta=0.7", IMG, LOGITS, 0.4563143769141089),
    ("optax", "segment", "tversky:alpha=0.3,beta=0.7", IMG, LOGITS, 0.2480436264845043),
    ("optax", "segment", "gdl", IMG, LOGITS, 0.2779605890541515),
    ("optax", "embed", "triplet", TRI, {}, 1.3762790572504975),
    ("mmdet", "embed", "triplet", EMB, {}, 0.5526376642054358),
    ("pml", "embed", "angular", EMB, {}, 1.968905736768008),
    ("pml", "embed", "npairs", VIEWS, {}, 0.7805529941491578),
    ("monai", "embed", "barlow_twins", VIEWS, {}, 0.13380381250860943),
]
"""What the libraries of `disagreements.LIBRARIES` compute, beside the table of their disagreements.

Nine digits agree, save where Keras rounds the complement of a clipped probability and MONAI casts logits to singles.
"""


@pytest.mark.parametrize(
    ("library", "family", "recipe", "data", "how", "value"), COMPUTED, ids=[f"{a}-{b}-{c}-{e:.4g}" for a, b, c, *_, e in COMPUTED]
)
def test_it_gives_the_number_that_the_library_computes(library, family, recipe, data, how, value):
    found = losscli.evaluate(*data, family=family, losses=recipe, convention=library, **how).losses[0].value
    exact = not (library == "monai" and family == "classify") and data is not S1
    assert found == pytest.approx(value, rel=1e-9 if exact else 3e-7)


def test_the_signature_spells_it():
    report = losscli.evaluate(PRED, TARGET, family="detect", losses="giou", convention="torchvision")
    same = losscli.evaluate(PRED, TARGET, family="detect", losses="giou:eps=1e-7")
    assert report.losses == same.losses
    gated = losscli.evaluate(PRED, TARGET, family="detect", losses="giou", convention="torchvision", fail_if="giou > 1")
    assert gated.verdict == "pass"
    assert report.losses[0].signature.startswith("giou:eps=1e-07,eps_form=add,height_eps=0|")


@every_loss
def test_explain_lists_every_convention_as_a_recipe_that_parses(family, loss):
    found = load(family)
    page = explain(found, loss, 500)
    for library in loss.conventions:
        recipe = pages.spelled(loss, library)
        assert recipe in page
        assert library in page
        if not any(p.required for p in loss.params):
            assert parse(recipe, found) == parse(loss.name, found, library)


def test_gradients_of_losses_as_the_libraries_compute_them():
    """Those of float64 arrays by torch's autograd, of Keras's formula (rows divided by their sums, then clipped) and of torch's."""
    probabilities, hot = np.array([[0.5, 0.3, 0.2], [0.1, 0.7, 0.2]]), np.array([0, 2])
    found = losscli.gradient("focal", probabilities, hot, family="classify", convention="keras")
    want = [
        [-0.14914339756999317, 0.14914339756999317, 0.14914339756999317],
        [0.2887550329947281, 0.2887550329947281, -1.1550201319789122],
    ]
    assert isinstance(found, np.ndarray)
    assert np.allclose(found, want, rtol=1e-12, atol=0)
    scores = np.array([[0.2, 0.9, 0.4], [1.5, 0.1, 0.3], [0.3, -0.7, 2.0]])
    options: dict[str, Any] = {"family": "classify", "convention": "torch"}
    found = losscli.gradient("multi_margin:p=2,weights=[2,3,0.5]", scores, np.array([0, 1, 1]), **options)
    want = [[-3.8666666666666667, 2.2666666666666666, 1.6], [4.8, -7.2, 2.4], [4.0, -11.4, 7.4]]
    assert isinstance(found, np.ndarray)
    assert np.allclose(found, want, rtol=1e-12, atol=0)


def test_every_door_of_python_takes_a_convention():
    scores, label = np.array([[0.5, 0.3, 0.2], [0.1, 0.7, 0.2]]), np.array([0, 2])
    rows = losscli.per_sample(scores, label, family="classify", losses="focal", convention="keras").iloc[:, -1]
    assert rows.tolist() == pytest.approx([0.04332169878499658, 0.2575100659894561], rel=1e-12)  # Keras's formula in float64
    for library in ("keras", "TensorFlow"):
        assert losscli.losses.classify.focal(scores, label, convention=library).tolist() == rows.tolist()
    own = losscli.losses.classify.focal(scores, label, convention="keras", alpha=None)
    assert own == pytest.approx(rows * 4, rel=1e-12)
    with pytest.raises(UsageError, match="did you mean keras"):
        losscli.losses.classify.focal(scores, label, convention="kears")


def test_functions_of_losses_take_weights():
    pred, target = np.array([1.0, 2.0, 4.0]), np.zeros(3)
    assert losscli.losses.regress.rmse(pred, target, weights=[1, 0, 1]) == np.sqrt(8.5)
    assert losscli.losses.regress.mae(pred, target, weights=[1, 0, 1]).tolist()[::2] == [1.0, 4.0]
