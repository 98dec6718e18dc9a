"""A loss is found under every usual spelling of its name; a name that could mean two is not guessed."""

from __future__ import annotations

import re

import pytest

from losscli.core.errors import UsageError
from losscli.spec import other_names, pages, registry
from losscli.spec.names import same_name, squeezed
from losscli.spec.recipe import parse


@pytest.mark.parametrize("family", registry.NAMES)
def test_every_name_is_found_in_every_spelling(family):
    found = registry.load(family)
    for word in found.words:
        loss = found.find(word)
        camel = "".join(part.capitalize() for part in word.split("_"))
        for spelled in (word.upper(), word.replace("_", "-"), word.replace("_", " "), camel, f"{camel}Loss", f"{word} loss"):
            assert found.find(spelled) is loss, spelled


@pytest.mark.parametrize("family", registry.NAMES)
def test_no_two_losses_share_a_squeezed_name(family):
    found = registry.load(family)
    owners: dict[str, set[str]] = {}
    for word in found.words:
        owners.setdefault(squeezed(word), set()).add(found.find(word).name)
    assert all(len(names) == 1 for names in owners.values())


@pytest.mark.parametrize(
    ("family", "typed", "name"),
    [
        ("classify", "CrossEntropyLoss", "ce"),
        ("classify", "cross entropy", "ce"),
        ("classify", "KLDivLoss", "kl"),
        ("classify", "FocalLoss", "focal"),
        ("classify", "log_loss", "ce"),
        ("regress", "mean squared error", "mse"),
        ("regress", "MSELoss", "mse"),
        ("regress", "L1Loss", "mae"),
        ("regress", "mean_squared_error", "mse"),
        ("regress", "mean_absolute_error", "mae"),
        ("regress", "l1_loss", "mae"),
        ("regress", "absolute error", "mae"),
        ("classify", "softmax loss", "ce"),
        ("classify", "SparseCategoricalCrossentropy", "ce"),
        ("classify", "BCEWithLogitsLoss", "bce"),
        ("classify", "balanced cross entropy", "balanced_bce"),
        ("classify", "0-1 loss", "zero_one"),
        ("classify", "hinge_loss", "hinge"),
        ("classify", "weighted cross entropy", "weighted_bce"),
        ("regress", "l2 loss", "mse"),
        ("regress", "SmoothL1Loss", "smooth_l1"),
        ("detect", "iou loss", "iou"),
        ("detect", "GIoULoss", "giou"),
        ("segment", "DiceLoss", "dice"),
        ("segment", "dice loss", "dice"),
        ("segment", "dice_loss", "dice"),
        ("segment", "generalised dice loss", "gdl"),
        ("embed", "triplet loss", "triplet"),
        ("embed", "TripletMarginLoss", "triplet"),
        ("embed", "NTXentLoss", "nt_xent"),
    ],
)
def test_the_libraries_spellings(family, typed, name):
    found = registry.load(family)
    assert found.find(typed).name == name
    assert str(parse(f"0.5*{typed}", found)) == f"0.5*{name}"


def test_what_is_close_but_another_name_is_not_taken():
    assert registry.load("classify").find("log") is None, "log_loss is not the log of anything"
    assert registry.load("regress").find("loss") is None
    assert registry.load("regress").find("") is None


def test_an_ambiguous_spelling_gives_every_name():
    assert same_name("Ab", ["a_b", "ab", "c"]) == ["a_b", "ab"]


@pytest.mark.parametrize(
    ("family", "typed", "says"),
    [
        ("classify", "mae", ["it is a loss of regress and detect", "losscli regress … --loss mae"]),
        ("detect", "dice", ["it is a loss of segment", "losscli segment … --loss dice"]),
        ("regress", "mae,mse", ["'mae,mse' names 2 losses", "-l mae -l mse"]),
        ("segment", "DSC", ["dice is 1 - dsc", "--loss dice"]),
        ("segment", "Dice coefficient", ["dice is 1 - dsc"]),
        ("classify", "softmax", ["softmax is a map of scores", "losscli transform softmax PRED"]),
        ("classify", "hardmax", ["losscli transform hardmax PRED"]),
        ("embed", "FaceNet", ["losscli embed … --loss triplet:distance=squared,reduce=sum"]),
        ("embed", "hard example mining", ["losscli embed … --loss triplet:mining=hard"]),
    ],
)
def test_what_was_probably_meant(family, typed, says):
    with pytest.raises(UsageError) as e:
        parse(typed, registry.load(family))
    for words in says:
        assert re.search(re.escape(words), str(e.value))


def test_explain_says_what_is_not_one_loss():
    for typed, says in (
        ("sigmoid", "losscli transform sigmoid PRED"),
        ("dice+ce", "losscli explain dice; losscli explain ce"),
        ("facenet", "losscli embed … --loss triplet:distance=squared,reduce=sum"),
        ("dsc", "losscli explain segment/dice"),
    ):
        with pytest.raises(UsageError, match=re.escape(says)):
            pages.find(typed)


def test_every_recipe_of_another_name_is_one():
    for recipe in other_names.RECIPES.values():
        family, _, text = recipe.partition("/")
        assert parse(text, registry.load(family)).terms
