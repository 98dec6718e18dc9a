"""Every row of the table of disagreements: the number that each library gives, by its convention or by the recipe for it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import losscli
from tests.support.disagreements import (
    ACROSS,
    CELLS,
    COIN,
    FOUR,
    KEEP,
    LACKING,
    LOGITS,
    PRIORS,
    PROPOSALS,
    RADIAN,
    REGIONS,
    ROWS,
    UNMATCHED,
    Cell,
)


def line(family, recipe, data, **how):
    return losscli.evaluate(*data, family=family, losses=recipe, **{**(KEEP if family == "detect" else {}), **how}).losses[0]


def reach(printed):
    """Half a unit of the last digit; 1e-9 of it where ten digits or more are given."""
    digits = printed.lstrip("-0.").replace(".", "")
    if len(digits) >= 10:
        return 1e-9 * abs(float(printed))
    return 0.5000001 * 10.0 ** -len(printed.partition(".")[2])


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_it_gives_the_number_that_the_library_prints(cell: Cell):
    found = line(cell.family, cell.recipe, cell.data, convention=cell.convention, **cell.how)
    value = found.sum / found.n if cell.of == "count" else found.value
    printed = float(cell.printed)
    assert value == printed if math.isinf(printed) else value == pytest.approx(printed, abs=reach(cell.printed), rel=0)


def rule(*rows):
    """Marks a test as what the table's rows say without a single number, or with one that takes more than a recipe."""
    RULED.update(rows)
    return lambda test: test


RULED: set[str] = set()


@rule("V1")
@pytest.mark.parametrize("delta", [0.1, 1.0, 3.0])
def test_huber_is_delta_times_smooth_l1(delta):
    data = np.linspace(-4, 4, 9), np.zeros(9)
    smooth = line("regress", f"smooth_l1:beta={delta}", data).value
    assert line("regress", f"huber:delta={delta}", data).value == pytest.approx(delta * smooth, rel=1e-15)


@rule("V20")
def test_labels_of_hinge_are_signs_and_zero_read_as_a_sign_is_none():
    scores, labels = COIN
    hinge = losscli.losses.classify.hinge
    np.testing.assert_array_equal(hinge(scores, [-1, 1]), [1.5, 0.5])
    np.testing.assert_array_equal(hinge(scores, labels), [1.5, 0.5])
    np.testing.assert_array_equal(hinge([0.0, 0.5], [-1, 1]), [1.0, 0.5])  # optax multiplies the score by a label of 0


@rule("V22")
def test_the_sum_of_the_asymmetric_loss_is_its_mean_times_the_rows():
    data = [[2.0, -1.0], [0.5, 1.0], [-3.0, 0.2]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    mean = line("classify", "asl", data, convention="timm", **LOGITS).value
    total = line("classify", "asl", data, convention="timm", reduction="sum", **LOGITS).value
    assert total == pytest.approx(3 * mean, rel=1e-15)


@rule("V28")
def test_the_sign_of_siou():
    apart = [[0.0, 0, 4, 2]], [[3.0, 0, 4, 6]]
    assert line("detect", "siou", apart, convention="mmdet").value == pytest.approx(0.760123, abs=5e-7)
    assert line("detect", "siou", apart).value == pytest.approx(1.022708, abs=5e-7)


@rule("V31")
def test_pools_of_dice():
    """Two images of 2 and 1 pixels of foreground, half found and wholly found."""
    scores, mask = [[[1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]]], [[[1, 1, 0]], [[1, 0, 0]]]
    image, batch = 1 - (2 / 3 + 1) / 2, 1 - 4 / 5
    assert line("segment", "dice:smooth=0", (scores, mask), convention="monai").value == pytest.approx(image, rel=1e-14)
    assert line("segment", "dice", (scores, mask), convention="smp").value == pytest.approx(batch, rel=1e-14)
    assert line("segment", "dice:pool=batch", (scores, mask)).value == pytest.approx(batch, rel=1e-14)
    one_hot = np.stack([1 - np.array(scores), np.array(scores)], 1)
    micro = line("segment", "dice", (one_hot, mask), convention="kornia").value  # of both classes: 2 of 3 and 3 of 3 pixels
    assert micro == pytest.approx(1 - (2 / 3 + 1) / 2, abs=1e-8)


@rule("V32")
def test_dice_less_one_is_what_nnunet_gives():
    """77 pixels agree and 46 do not: D = .77 = 2·77/(2·77 + 46)."""
    scores, mask = np.zeros((1, 3, 41)), np.zeros((1, 3, 41), int)
    scores.flat[:123], mask.flat[:77] = 1.0, 1
    assert line("segment", "dice", (scores, mask)).value == pytest.approx(0.23, rel=1e-12)
    negative = line("segment", "dice", (scores, mask)).value - 1
    assert negative == pytest.approx(-0.77, rel=1e-12)


@rule("V36")
@pytest.mark.parametrize("library", ["smp", "kornia"])
def test_names_of_classes_do_not_move_lovasz(library):
    """kornia 0.8.1 took the number of a class for the value of its pixels: .352435, and .286424 once classes were renamed."""
    scores, mask = (np.array(x) for x in LACKING)
    order = [2, 0, 1]
    renamed = np.argsort(order)[mask]
    own = line("segment", "lovasz_softmax", (scores, mask), convention=library, **LOGITS).value
    other = line("segment", "lovasz_softmax", (scores[:, order], renamed), convention=library, **LOGITS).value
    assert other == pytest.approx(own, rel=1e-14)
    assert abs(own - 0.352435) > 0.05


@rule("V48")
@pytest.mark.parametrize(
    ("recipe", "convention", "box"),
    [
        ("faster_rcnn", "torchvision", 0.52986111111),
        ("faster_rcnn", None, 0.21708333333),
        ("faster_rcnn", "mmdet", 0.61666666667),
        ("faster_rcnn:stage=rpn", "torchvision", 0.11128472222),
        ("faster_rcnn:stage=rpn", None, 0.01781250000),
    ],
)
def test_normalisers_of_faster_rcnn(recipe, convention, box):
    rpn = "rpn" in recipe
    terms = line("detect", recipe, PROPOSALS if rpn else REGIONS, convention=convention, **LOGITS).terms
    assert terms[0].value == pytest.approx(0.26029867345 if rpn else 0.46718680138, rel=1e-9)
    assert terms[1].value == pytest.approx(box, rel=1e-9)


@rule("V48")
def test_the_papers_normalisers_of_proposals():
    """1/256 of the class terms and 10/2400 of the box terms, of which four were summed above."""
    paper = line("detect", "faster_rcnn:stage=rpn,lambda=10,normalizer=paper,n_cls=256,n_reg=2400", PROPOSALS, **LOGITS)
    assert paper.value == pytest.approx(4 * 0.26029867345 / 256 + 10 * 4 * 0.0178125 / 2400, rel=1e-9)


@rule("V49")
@pytest.mark.parametrize("library", ["torchvision", "mmdet"])
def test_the_budget_of_ssd(library):
    found = line("detect", "ssd", PRIORS, convention=library, **LOGITS)
    assert found.value == pytest.approx(3.98260315201, rel=1e-9)
    assert [t.value for t in found.terms] == [pytest.approx(3.44760315201, rel=1e-9), pytest.approx(0.535, rel=1e-9)]
    assert line("detect", "ssd:neg_pos=100", PRIORS, **LOGITS).value > found.value  # all eight negatives
    assert line("detect", "ssd", UNMATCHED, **LOGITS).value == 0  # where ssd.pytorch divides 0 by 0


@rule("V52")
@pytest.mark.parametrize(("recipe", "value"), [("combined_margin:s=4", 0.067499), ("combined_margin:m2=0,s=4", 0.340302)])
def test_the_combined_margin_and_what_insightface_keeps_of_it(recipe, value):
    """The other class is across, so that the loss is log(1 + e^-4x), x the true class's cosine after its margins."""
    loss = line("embed", recipe, RADIAN, **ACROSS).value
    assert -np.log(np.expm1(loss)) / 4 == pytest.approx(value, abs=5e-7)


def test_every_row_is_there():
    assert {c.row for c in CELLS} | RULED == set(ROWS)


def test_alphas_of_focal_are_told_apart_by_class():
    """kornia and MONAI give class 0 the rest of alpha, Keras gives every class alpha."""
    focal: Any = losscli.losses.classify.focal
    rows = ([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0, 1])
    plain = focal(*rows, **LOGITS)
    for words, factors in (("rest", [0.75, 0.25]), ("all", [0.25, 0.25])):
        np.testing.assert_allclose(focal(*rows, alpha=0.25, alpha_on=words, **LOGITS), plain * factors, rtol=1e-15)
    np.testing.assert_array_equal(focal(*FOUR, alpha=0.25, alpha_on="all", **LOGITS), focal(*FOUR, **LOGITS))
