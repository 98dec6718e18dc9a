"""--loss-map: images whose grey levels are the losses of pixels, for losses that are a mean over pixels and no others."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from losscli.output.loss_maps import TOP
from tests.support.command import call

RNG = np.random.default_rng(3)


@pytest.fixture
def images(tmp_path, monkeypatch):
    """Three images of two classes and three of four, in a folder to stand in."""
    monkeypatch.chdir(tmp_path)
    np.save("one.npy", RNG.uniform(0.01, 0.99, (3, 5, 7)))
    np.save("mask.npy", RNG.integers(0, 2, (3, 5, 7)))
    np.save("four.npy", RNG.dirichlet(np.ones(4), (3, 5, 7)).transpose(0, 3, 1, 2))
    np.save("labels.npy", RNG.integers(0, 4, (3, 5, 7)))
    return tmp_path


def index():
    with open("maps/index.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def recovered(row):
    """The numbers of a map, NaN where a pixel has none, and how far they may be off."""
    levels = np.asarray(Image.open(f"maps/{row['image']}.png"))
    assert levels.dtype == np.uint16
    low, high = float(row["low"]), float(row["high"])
    return np.where(levels > TOP, np.nan, low + (high - low) * levels / TOP), (high - low) / TOP / 2 * 1.001


@pytest.mark.parametrize(
    ("scores", "mask", "loss"),
    [
        ("one", "mask", "bce"),
        ("one", "mask", "ce"),
        ("one", "mask", "focal:gamma=1,alpha=0.3"),
        ("four", "labels", "ce"),
        ("four", "labels", "focal"),
        ("four", "labels", "focal:classes=mean,mode=ovr"),
        ("four", "labels", "bce"),
        ("four", "labels", "weighted_ce:weights=[0.5,1,2,3],norm=count"),
        ("four", "labels", "ce+0.5*focal"),
        ("four", "labels", "ce:ignore_index=2"),
    ],
)
def test_the_mean_of_a_map_is_the_loss_of_its_image(images, scores, mask, loss):
    done = call("segment", f"{scores}.npy", f"{mask}.npy", "-l", loss, "--loss-map", "maps", "--per-sample", "s.npy", "-q")
    assert done.code == 0, done.err
    rows = index()
    assert [float(row["mean"]) for row in rows] == pytest.approx(np.load("s.npy"), rel=1e-12)
    for row in rows:
        found, off = recovered(row)
        assert np.nanmean(found) == pytest.approx(float(row["mean"]), abs=off)
        assert int(row["without"]) == np.isnan(found).sum()


def test_grey_levels_are_the_losses(images):
    assert call("segment", "four.npy", "labels.npy", "-l", "ce:ignore_index=1", "--loss-map", "maps", "-q").code == 0
    scores, labels = np.load("four.npy"), np.load("labels.npy")
    for i, row in enumerate(index()):
        found, off = recovered(row)
        own = -np.log(np.take_along_axis(scores[i], labels[i][None], 0)[0])
        np.testing.assert_array_equal(np.isnan(found), labels[i] == 1)
        assert np.nanmax(abs(found - own)) <= off
        text = Image.open(f"maps/{row['image']}.png").text
        assert (text["losscli low"], text["losscli high"]) == (row["low"], row["high"])
        colours = np.asarray(Image.open(f"maps/{row['image']}.overlay.png"))
        worst = np.unravel_index(np.nanargmax(found), found.shape)
        assert (colours.shape, colours[worst].tolist()) == ((5, 7, 3), [213, 94, 0])


def test_infinite_losses_have_the_level_of_the_largest_and_are_counted(images):
    scores = np.load("one.npy")
    scores[0, 0, 0], mask = 0.0, np.load("mask.npy")
    mask[0, 0, 0] = 1
    np.save("one.npy", scores)
    np.save("mask.npy", mask)
    assert call("segment", "one.npy", "mask.npy", "-l", "bce", "--loss-map", "maps", "-q").code == 0
    assert index()[0]["without"] == "1"
    assert np.asarray(Image.open("maps/000001.png"))[0, 0] == TOP


def test_files_are_named_as_the_images_are(images):
    for folder, name in (("p", "one"), ("t", "mask")):
        (images / folder).mkdir()
        for i, image in enumerate(np.load(f"{name}.npy")):
            np.save(images / folder / f"img {i}.npy", image)
    done = call("segment", "p", "t", "-l", "bce", "--loss-map", "maps", "-q")
    assert done.code == 0, done.err
    assert [row["image"] for row in index()] == ["img_0", "img_1", "img_2"]
    assert (images / "maps" / "img_2.overlay.png").exists()


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("-l", "dice"), 2, "dice has no value per pixel, only one per image\n  losses with one: bce, ce, focal, weighted_ce"),
        (("-l", "ce+dice"), 2, "dice has no value per pixel"),
        (("-l", "ce", "-l", "bce"), 2, "--loss-map takes one loss\n  combine terms in one recipe"),
    ],
)
def test_what_has_no_map_is_refused(images, argv, code, said):
    before = sorted(images.iterdir())
    done = call("segment", "four.npy", "labels.npy", *argv, "--loss-map", "maps")
    assert (done.code, said in done.err) == (code, True), done.err
    assert sorted(images.iterdir()) == before


def test_volumes_and_unwritable_folders_are_errors(images):
    np.save("v.npy", RNG.random((2, 1, 3, 4, 5)))
    np.save("w.npy", RNG.integers(0, 2, (2, 3, 4, 5)))
    before = sorted(images.iterdir())
    done = call("segment", "v.npy", "w.npy", "-l", "bce", "--loss-map", "maps")
    assert (done.code, "draws images of two axes" in done.err) == (3, True), done.err
    done = call("segment", "one.npy", "mask.npy", "-l", "bce", "--loss-map", "nowhere/maps")
    assert (done.code, "nowhere/maps: cannot be written" in done.err) == (3, True)
    assert sorted(images.iterdir()) == before


def test_maps_replace_no_other_output(images):
    argv = ("segment", "one.npy", "mask.npy", "-l", "bce", "--loss-map", "maps")
    assert call(*argv, "-q").code == 0
    before = {x: x.read_bytes() for x in (images / "maps").iterdir()}
    done = call(*argv, "--plot", "hist=maps/000001.overlay.png")
    assert (done.code, "000001.overlay.png is written twice" in done.err) == (2, True), done.err
    assert {x: x.read_bytes() for x in (images / "maps").iterdir()} == before


def test_a_missing_extra_is_said_before_anything_is_read(images, monkeypatch):
    monkeypatch.setattr("losscli.run.loss_maps.installed", lambda extra: False)
    done = call("segment", "no-such.npy", "mask.npy", "-l", "bce", "--loss-map", "maps")
    assert (done.code, "[images]" in done.err, "no-such" in done.err) == (2, True, False)
