"""--convention: a library's parameters fill what a recipe leaves open, and are spelled out."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from laws.examples import catalogue

import losscli
from losscli import catalogue as pages
from losscli.cli.options import Library
from losscli.errors import UsageError
from losscli.families import load
from losscli.loss import CONVENTIONS
from losscli.recipe import parse

PRED = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]])
TARGET = np.array([[1.0, 0.0, 3.0, 2.0], [1.0, 1.0, 3.0, 4.0]])


def test_the_option_offers_the_libraries_that_losses_may_name():
    assert get_args(Library) == CONVENTIONS


def test_it_fills_what_the_recipe_leaves_open_and_no_more():
    detect = load("detect")
    assert str(parse("ciou", detect, "mmdet")) == "ciou:aspect_eps=1e-07,eps=1e-07,gate=0.5"
    assert str(parse("ciou:gate=none,eps=1e-6", detect, "mmdet")) == "ciou:aspect_eps=1e-07,eps=1e-06"
    assert str(parse("giou", detect, "monai")) == "giou"
    assert str(parse("0.5*giou+iou", detect, "torchvision")) == "0.5*giou:eps=1e-07+iou"


def test_a_library_without_the_loss_is_a_usage_error_that_names_those_it_has():
    with pytest.raises(UsageError, match="giou has no convention of keras\nit has those of: torchvision, monai, mmdet"):
        parse("giou", load("detect"), "keras")
    with pytest.raises(UsageError, match="which is no known library"):
        parse("giou", load("detect"), "tensorfow")


LOGITS = {"from_logits": True}
APART = ([[0.0, 0, 4, 2]], [[3.0, 0, 4, 6]])
THIRDS = ([[0.0, 0, 2, 3]], [[0.0, 0, 3, 3]])
TINY = ([[0.0, 0, 1e-4, 1e-4]], [[0.0, 0, 1e-4, 1e-4]])
MASKS = ([[[0.9, 0.2], [0.4, 0.7]]], [[[1, 0], [1, 1]]])
NOTHING = [[[0, 0], [0, 0]]]
LACKING = ([[[[1.2, 0.3], [-0.5, 0.1]], [[-0.3, 0.8], [0.9, 0.2]], [[0.1, -0.4], [0.2, -1.0]]]], [[[0, 1], [1, 0]]])


def filled(p):
    return ([[[p, p], [p, p]]], NOTHING)


PRINTED = [
    ("torch", "regress", "huber:delta=0.5", ([2.0], [0.0]), {}, "0.875"),
    ("torch", "regress", "smooth_l1:beta=0.5", ([2.0], [0.0]), {}, "1.75"),
    ("torchvision", "detect", "smooth_l1", ([[0.05, 0, 1, 1]], [[0.0, 0, 1, 1]]), {}, "0.01125"),
    ("keras", "regress", "mse", ([3.0], [0.0]), {}, "9"),
    ("optax", "regress", "half_mse", ([3.0], [0.0]), {}, "4.5"),
    ("torch", "regress", "poisson_nll", ([2.0], [3.0]), {}, "1.389056"),
    ("keras", "regress", "poisson_nll", ([2.0], [3.0]), {}, "-0.079442"),
    ("torch", "regress", "gaussian_nll", ({"pred": [1.0], "var": [0.5]}, [2.0]), {}, "0.653426"),
    ("torch", "regress", "gaussian_nll:full=true", ({"pred": [1.0], "var": [0.5]}, [2.0]), {}, "1.572365"),
    ("keras", "regress", "mape", ([1.5], [1.0]), {}, "50.000"),
    ("sklearn", "regress", "mape", ([1.5], [1.0]), {}, "0.5"),
    ("keras", "regress", "cosine", ([[1.0, 2]], [[2.0, 4]]), {}, "-1.000000"),
    ("optax", "regress", "cosine", ([[1.0, 2]], [[2.0, 4]]), {}, "0.000000"),
    ("kornia", "regress", "charbonnier", ([0.0], [0.0]), {}, "0"),
    ("mmdet", "detect", "iou", THIRDS, {}, "0.405465"),
    ("torchvision", "detect", "iou", THIRDS, {}, "0.333333"),
    ("mmdet", "detect", "iou", ([[0.0, 0, 1, 1]], [[2.0, 2, 3, 3]]), {}, "13.8155"),
    ("torchvision", "detect", "ciou", APART, {}, "1.061942"),
    ("ultralytics", "detect", "ciou", APART, {}, "1.061942"),
    ("mmdet", "detect", "ciou", APART, {}, "0.953526"),
    ("torchvision", "detect", "giou", TINY, {}, "0.9091"),
    ("monai", "segment", "dice", MASKS, {}, "0.23077"),
    ("smp", "segment", "dice", MASKS, {}, "0.230769"),
    ("keras", "segment", "dice", MASKS, {}, "0.230769"),
    ("kornia", "segment", "dice", MASKS, {}, "0.230769"),
    ("mmdet", "segment", "dice", MASKS, {}, "0.111506"),
    ("optax", "segment", "dice", MASKS, {}, "0.166667"),
    ("monai", "segment", "dice", filled(0.0), {}, "0"),
    ("smp", "segment", "dice", filled(0.0), {}, "0"),
    ("keras", "segment", "dice", filled(0.0), {}, "1"),
    ("monai", "segment", "dice", filled(0.5), {}, "0.999995"),
    ("smp", "segment", "dice", filled(0.5), {}, "0"),
    ("keras", "segment", "dice", filled(0.5), {}, "1"),
    ("monai", "segment", "dice", filled(1e-3), {}, "0.9975"),
    ("monai", "segment", "gdl", LACKING, LOGITS, "0.462326"),
    ("torch", "embed", "triplet:margin=1", ([[[1.0, 0], [0.6, 0.8], [0, 1]]], None), {}, "0.480213"),
]
"""What the libraries print for one input each, where they disagree."""


@pytest.mark.parametrize(("library", "family", "recipe", "data", "how", "printed"), PRINTED)
def test_it_gives_the_number_that_the_library_prints(library, family, recipe, data, how, printed):
    found = losscli.evaluate(*data, family=family, losses=recipe, convention=library, degenerate="keep", **how).losses[0].value
    assert found == pytest.approx(float(printed), abs=0.5000001 * 10.0 ** -len(printed.partition(".")[2]))


def test_the_signature_spells_it():
    report = losscli.evaluate(PRED, TARGET, family="detect", losses="giou", convention="torchvision")
    same = losscli.evaluate(PRED, TARGET, family="detect", losses="giou:eps=1e-7")
    assert report.losses == same.losses
    gated = losscli.evaluate(PRED, TARGET, family="detect", losses="giou", convention="torchvision", fail_if="giou > 1")
    assert gated.verdict == "pass"
    assert report.losses[0].signature.startswith("giou:eps=1e-07|")


@pytest.mark.parametrize(("family", "loss"), catalogue(), ids=lambda x: getattr(x, "name", x))
def test_explain_lists_every_convention_as_a_recipe_that_parses(family, loss):
    found = load(family)
    page = pages.explain(found, loss, 500)
    for library in loss.conventions:
        recipe = pages.spelled(loss, library)
        assert recipe in page
        assert library in page
        if not any(p.required for p in loss.params):
            assert parse(recipe, found) == parse(loss.name, found, library)
