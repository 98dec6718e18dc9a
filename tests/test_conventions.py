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
