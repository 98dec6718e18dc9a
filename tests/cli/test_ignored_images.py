"""--ignore-mask as a folder of images: paired by name, the same as an array, and blind to what the ignored pixels hold."""

from __future__ import annotations

import os

import numpy as np
import pytest

from losscli.spec import registry
from tests.support.command import array, call, refused
from tests.support.png import RGB, write

N, SIZE = 5, (9, 11)
DICE = ("-l", "dice", "-b")


@pytest.fixture
def masks():
    """Folders `p`, `t` and `void`, and the last as an array."""
    rng = np.random.default_rng(11)
    pred, target = rng.integers(0, 2, (2, N, *SIZE), np.uint8)
    void = (rng.random((N, *SIZE)) < 0.3).astype(np.uint8) * 255
    for i in range(N):
        write(f"p/{i}.png", pred[i])
        write(f"t/{i}_mask.png", target[i])
        write(f"void/{i}_void.png", void[i])
    array("void.npy", void)
    return pred, target, void


STEM = ("--stem", "s/_(mask|void)$//")


def value(*argv: str) -> str:
    done = call("segment", *argv, *STEM)
    assert done.code == 0, done.err
    return done.out


def test_a_folder_is_the_array_of_its_images_by_name(masks):
    for loss in ("dice", "bce", "hausdorff_dt", "dice+bce"):
        argv = ("p", "t", "-l", loss, "-f", "csv")
        plain, folder = (value(*argv, "--ignore-mask", given) for given in ("void.npy", "void"))
        assert plain == folder
    assert value("p", "t", *DICE) != value("p", "t", *DICE, "--ignore-mask", "void")
    done = call("segment", "p", "t", *STEM, *DICE, "--ignore-mask", "void")
    assert f"of {N * 99} pixels ignored (--ignore-mask)" in done.err


def test_names_decide_not_the_order(masks):
    before = value("p", "t", *DICE, "--ignore-mask", "void")
    for folder in ("p", "t", "void"):
        for name in os.listdir(folder):
            os.rename(f"{folder}/{name}", f"{folder}/{'zabcd'[int(name[0])]}{name[1:]}")
    os.rename("void", "other")
    write("other/extra.png", np.ones((3, 3)))
    assert float(value("p", "t", *DICE, "--ignore-mask", "other")) == pytest.approx(float(before), rel=1e-14)


def _losses() -> list[str]:
    """Every segmentation loss that has a value without further parameters or scores of several classes."""
    family = registry.load("segment")
    return sorted(name for name, loss in family.losses.items() if "mask" in loss.takes)


def test_filling_ignored_pixels_with_anything_changes_no_bit(masks):
    pred, target, void = masks
    losses = [name for name in _losses() if call("segment", "p", "t", *STEM, "-l", name, "--ignore-mask", "void", "-b").code == 0]
    assert len(losses) > 15
    recipes = [word for name in losses for word in ("-l", name)]
    before = value("p", "t", *recipes, "--ignore-mask", "void", "-f", "csv")
    rng = np.random.default_rng(12)
    for i in range(N):
        write(f"p/{i}.png", np.where(void[i] > 0, rng.integers(0, 256, SIZE), pred[i]))
        write(f"t/{i}_mask.png", np.where(void[i] > 0, rng.integers(0, 256, SIZE), target[i]))
    assert value("p", "t", *recipes, "--ignore-mask", "void", "-f", "csv") == before


def test_an_image_that_is_wholly_ignored(masks):
    write("void/2_void.png", np.ones(SIZE))
    done = call("segment", "p", "t", *STEM, "-l", "bce", "--ignore-mask", "void", "-f", "json")
    assert done.loss["n"] == N - 1
    assert call("segment", "p", "t", *STEM, "-l", "dice", "--ignore-mask", "void", "-f", "json").loss["n"] == N
    skipped = call("segment", "p", "t", *STEM, "-l", "dice:empty=skip", "--ignore-mask", "void", "-f", "json")
    assert skipped.loss["n"] == N - 1


def test_a_folder_that_does_not_fit(masks):
    argv = ("segment", "p", "t", *STEM, *DICE, "--ignore-mask")
    os.remove("void/3_void.png")
    refused(3, *argv, "void", says=("void: has no image for 1 of 5 masks: 3",))
    write("void/3_void.png", np.ones((9, 10)))
    refused(3, *argv, "void", says=("void/3_void.png", "9 × 10 pixels", "9 × 11"))
    write("void/3_void.png", np.ones((*SIZE, 3)), colour=RGB)
    refused(3, *argv, "void", says=("3_void.png: an RGB image",))
    write("one.png", np.ones(SIZE))
    refused(3, *argv, "one.png", says=("--ignore-mask",))
    refused(3, "segment", "p", "t", *DICE, "--stem", "s/_mask$//", "--ignore-mask", "void", says=("void",))


def test_a_folder_beside_an_array_has_no_names_to_pair_by(masks):
    array("t.npy", masks[1])
    array("p.npy", masks[0])
    argv = ("segment", "p.npy", "t.npy", *STEM, *DICE, "--ignore-mask", "void")
    refused(3, *argv, says=("the images of --ignore-mask have names", "--pair position"))
    assert value("p", "t", *DICE, "--ignore-mask", "void") == call(*argv, "--pair", "position").out
