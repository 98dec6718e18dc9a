"""A loss is found under every usual spelling of its name; a name that could mean two is not guessed."""

from __future__ import annotations

import re

import pytest

from losscli.core.errors import UsageError
from losscli.spec import registry
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
        ("regress", "l2 loss", "mse"),
        ("regress", "SmoothL1Loss", "smooth_l1"),
        ("detect", "iou loss", "iou"),
        ("detect", "GIoULoss", "giou"),
        ("segment", "DiceLoss", "dice"),
        ("segment", "dice loss", "dice"),
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
    ],
)
def test_what_was_probably_meant(family, typed, says):
    with pytest.raises(UsageError) as e:
        parse(typed, registry.load(family))
    for words in says:
        assert re.search(re.escape(words), str(e.value))
