"""The loss of each class against the numbers that other libraries give, and with options that rearrange or ignore pixels."""

from __future__ import annotations

import numpy as np
import pytest

import losscli

LOGITS = [
    [
        [-2.0775, 1.101731, 0.803408, 0.505983, 4.603436, 1.604753],
        [0.715537, 0.032558, 0.002308, -0.444551, 1.442463, -3.107791],
        [2.844969, -2.409429, -2.68495, -0.898828, 0.902782, 0.280463],
        [0.78406, -0.887652, -1.018354, 0.85951, -0.57599, -1.447206],
        [-0.551853, -1.342047, 0.60856, 0.102308, -1.686315, -1.591728],
    ],
    [
        [-1.266026, 3.465429, -0.926259, -0.741262, -1.741712, -3.314656],
        [2.037687, 0.154635, 1.339628, -0.544942, -1.945402, 1.739429],
        [-0.6315, -0.384073, -0.811071, -0.469942, -1.808069, 2.381112],
        [-0.513326, -0.632041, -1.249602, -1.844938, -0.189782, -2.860074],
        [0.784524, 1.078777, 0.485728, 0.805163, 0.225594, -1.972398],
    ],
    [
        [1.063494, -0.915989, -0.233355, -4.998322, -2.215199, -0.341122],
        [0.502082, -0.660232, 1.330416, 0.067677, 1.532719, -1.227475],
        [0.210261, -1.434648, -0.443407, -1.358448, 0.491272, 1.655628],
        [-2.904451, -4.123327, 0.952214, -2.785409, -0.973974, -1.530807],
        [0.150471, -1.598452, 2.221779, 1.658383, -0.184261, -0.330662],
    ],
]
MASK = [[0, 1, 2, 1, 1, 2], [2, 1, 2, 0, 1, 1], [2, 2, 2, 1, 1, 2], [1, 2, 0, 0, 0, 1], [2, 2, 0, 0, 1, 2]]


def classes(family, recipe, pred, target, **options):
    report = losscli.evaluate(pred, target, family=family, losses=[f"x={recipe}"], per_class=True, **options)
    return [g.line("x").value for g in report.groups]


def test_dice_as_monai_without_reduction():
    """MONAI 1.6.1, DiceLoss(softmax=True, to_onehot_y=True, reduction="none") of this image."""
    found = classes("segment", "dice", np.array([LOGITS]), np.array([MASK]), from_logits=True, convention="monai")
    assert found == pytest.approx([0.7806483874277363, 0.6326399750991917, 0.700590240021719], rel=1e-12)


def test_jaccard_of_label_maps_is_one_minus_the_intersection_over_union():
    """torchmetrics JaccardIndex(average=None) and scikit-learn jaccard_score(average=None): TP / (TP + FP + FN) over all pixels."""
    rng = np.random.default_rng(0)
    pred, target = rng.integers(0, 3, (2, 5, 7, 8))
    found = classes("segment", "jaccard:pool=batch", pred, target, classes="a,b,c")
    iou = [np.sum((pred == c) & (target == c)) / np.sum((pred == c) | (target == c)) for c in range(3)]
    assert found == pytest.approx([1 - x for x in iou], rel=1e-14)


def test_dice_as_segmentation_models_pytorch_with_classes():
    """smp DiceLoss("multiclass", classes=[c]): over the batch, and 0 where the class has no pixels."""
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(4), (3, 5, 6)).transpose(0, 3, 1, 2)
    p = np.ascontiguousarray(p / p.sum(1, keepdims=True))
    target = rng.integers(0, 3, (3, 5, 6))
    found = classes("segment", "dice", p, target, convention="smp")
    t = [target == c for c in range(4)]
    scores = [2 * (p[:, c] * t[c]).sum() / (p[:, c].sum() + t[c].sum()) for c in range(4)]
    assert found == pytest.approx([*(1 - x for x in scores[:3]), 0.0], rel=1e-13)


def test_ce_is_the_mean_of_the_unreduced_losses_of_a_class():
    """torch CrossEntropyLoss(reduction="none"), averaged over the pixels, or the rows, with the label."""
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(6, 3, 4, 5)), rng.integers(0, 3, (6, 4, 5))
    y[:3, 0, 0] = 0, 1, 2
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    loss = -np.take_along_axis(log_p, y[:, None], 1)[:, 0]
    found = classes("segment", "ce", z, y, from_logits=True, convention="torch")
    assert found == pytest.approx([loss[y == c].mean() for c in range(3)], rel=1e-13)
    rows = classes("classify", "ce", z[:, :, 0, 0], y[:, 0, 0], from_logits=True)
    first = y[:, 0, 0]
    assert rows == pytest.approx([loss[:, 0, 0][first == c].mean() for c in range(3)], rel=1e-13)


def test_columns_as_torch_binary_cross_entropy():
    """torch binary_cross_entropy_with_logits(reduction="none").mean(0)."""
    rng = np.random.default_rng(3)
    z, y = rng.normal(size=(9, 4)), rng.integers(0, 2, (9, 4))
    loss = np.log1p(np.exp(-z)) * y + np.log1p(np.exp(z)) * (1 - y)
    assert classes("classify", "bce", z, y, from_logits=True) == pytest.approx(loss.mean(0), rel=1e-13)


@pytest.mark.parametrize(
    "recipe", ["dice", "ce", "bce", "focal", "lovasz_softmax", "hausdorff_er", "boundary", "unified_focal", "nacl", "combo", "gdl"]
)
def test_ignored_pixels_are_of_no_class(recipe):
    """Whatever stands where a pixel is ignored, no class changes; without a pixel ignored, every number is as before."""
    rng = np.random.default_rng(4)
    z, y = rng.normal(size=(3, 3, 6, 7)), rng.integers(0, 3, (3, 6, 7))
    marked = np.where(rng.random(y.shape) < 0.3, 255, y)
    other = np.where((marked == 255)[:, None], rng.normal(size=z.shape), z)
    one, two = (classes("segment", recipe, s, marked, from_logits=True, ignore_index=[255]) for s in (z, other))
    assert one == two
    assert one != pytest.approx(classes("segment", recipe, z, y, from_logits=True), rel=1e-6)
    if recipe in ("ce", "bce", "focal"):
        mask = [np.where(marked == c, marked, 255) for c in range(3)]
        alone = [
            losscli.evaluate(z, m, family="segment", losses=[f"x={recipe}"], from_logits=True, ignore_index=[255]) for m in mask
        ]
        assert one == pytest.approx([r["x"].value for r in alone], rel=1e-13)


def test_channels_and_single_images():
    rng = np.random.default_rng(5)
    z, y = rng.normal(size=(2, 3, 6, 7)), rng.integers(0, 3, (2, 6, 7))
    for recipe in ("dice", "ce", "lovasz_softmax"):
        expected = classes("segment", recipe, z, y, from_logits=True)
        assert classes("segment", recipe, np.moveaxis(z, 1, -1), y, from_logits=True, channels="last") == expected
