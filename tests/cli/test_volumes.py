"""NIfTI volumes through the command: the numbers of the same arrays, spacing from the files, and volumes in unlike places."""

from __future__ import annotations

import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tests.support.command import array, call, refused

SIZE = (5, 6, 7)
ZOOMS = (1.0, 1.5, 2.0)


def volume(path: str, values: np.ndarray, zooms: tuple[float, ...] = ZOOMS, shift: float = 0.0) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([*zooms, 1.0])
    affine[0, 3] = shift
    nib.save(nib.Nifti1Image(values, affine), path)


@pytest.fixture
def sides():
    """Binary volumes as folders `p` and `t`, and the same as arrays (N,1,D,H,W) and (N,D,H,W)."""
    rng = np.random.default_rng(5)
    pred, target = rng.integers(0, 2, (2, 3, *SIZE), np.uint8)
    for i in range(3):
        volume(f"p/{i}.nii.gz", pred[i])
        volume(f"t/{i}.nii.gz", target[i])
    array("p.npy", pred[:, None])
    array("t.npy", target)
    return pred, target


def value(*argv: str) -> str:
    done = call("segment", *argv, "-b")
    assert done.code == 0, done.err
    return done.out


@pytest.mark.parametrize("loss", ["dice", "bce", "dice+bce", "jaccard", "cldice", "mcc", "tversky", "lovasz"])
def test_volumes_are_the_array_of_their_voxels(sides, loss):
    if call("segment", "p.npy", "t.npy", "-l", loss, "-b").code == 0:
        assert value("p", "t", "-l", loss) == value("p.npy", "t.npy", "-l", loss)
        assert value("p/*.nii.gz", "t", "-l", loss, "-j", "2") == value("p", "t", "-l", loss)


DISTANCES = ("boundary", "hausdorff_dt", "log_hausdorff_dt")


@pytest.mark.parametrize("loss", DISTANCES)
def test_spacing_comes_from_the_files(sides, loss):
    given = value("p.npy", "t.npy", "-l", f"{loss}:spacing=[1,1.5,2]")
    assert value("p", "t", "-l", loss) == given != value("p.npy", "t.npy", "-l", loss)
    assert value("p", "t", "-l", f"{loss}:spacing=[1,1,1]") == value("p.npy", "t.npy", "-l", loss)
    done = call("segment", "p", "t", "-l", loss, "-f", "json")
    assert f"{loss}: spacing is 1 × 1.5 × 2, from the files of TARGET" in done.err
    assert "|spacing=file|" in done.loss["signature"]
    assert "spacing=file" not in call("segment", "p", "t", "-l", "dice", "-f", "json").loss["signature"]


@pytest.mark.parametrize("loss", DISTANCES)
def test_each_volume_has_its_own_spacing_and_size(loss):
    rng = np.random.default_rng(6)
    parts = []
    for i, (size, zooms) in enumerate([((4, 5, 6), (1.0, 1.0, 3.0)), ((6, 3, 5), (0.5, 1.0, 1.0))]):
        pred, target = rng.integers(0, 2, (2, *size), np.uint8)
        volume(f"p/{i}.nii", pred, zooms)
        volume(f"t/{i}.nii", target, zooms)
        array("one.npy", pred[None, None])
        array("other.npy", target[None])
        parts.append(float(value("one.npy", "other.npy", "-l", f"{loss}:spacing=[{','.join(map(str, zooms))}]")))
    done = call("segment", "p", "t", "-l", loss, "-f", "json")
    assert done.loss["value"] == pytest.approx(np.mean(parts), rel=1e-14)
    assert "that of each file" in done.err


def test_labels_of_volumes():
    rng = np.random.default_rng(7)
    pred, target = rng.integers(0, 4, (2, 2, *SIZE))
    probs = np.eye(4)[pred]
    for i in range(2):
        volume(f"p/{i}.nii", pred[i].astype(np.int16))
        volume(f"f/{i}.nii", pred[i].astype(np.float32))
        volume(f"t/{i}.nii", target[i].astype(np.float64))
        volume(f"probs/{i}.nii", probs[i].astype(np.float32))
    array("probs.npy", np.moveaxis(probs, -1, 1))
    array("t.npy", target)
    known = value("probs.npy", "t.npy", "-l", "dice", "-l", "ce")
    classes = ("-l", "dice", "-l", "ce", "--num-classes", "4")
    assert value("p", "t", *classes) == value("f", "t", *classes) == known
    assert value("probs", "t", "-l", "dice", "-l", "ce", "--channels", "last") == known
    refused(3, "segment", "probs", "t", "-l", "dice", says=("--channels last",))
    refused(3, "segment", "p", "t", "-l", "dice", says=("--num-classes 4",))
    assert value("p", "t", *classes, "--ignore-index", "2") != known
    assert call("segment", "p", "t", "-l", "dice", "--num-classes", "4", "--per-class", "-f", "json").code == 0


def test_one_volume_a_side(sides):
    first = value("p/0.nii.gz", "t/0.nii.gz", "-l", "dice")
    array("one.npy", sides[1][0])
    array("mine.npy", sides[0][0].astype(float))
    assert value("p/0.nii.gz", "one.npy", "-l", "dice") == first
    assert value("mine.npy", "t/0.nii.gz", "-l", "dice") == first
    assert "Fits\n  segment" in call("inspect", "p", "t").out


def test_volumes_in_unlike_places(sides):
    volume("t/1.nii.gz", sides[1][1], shift=0.0005)
    assert value("p", "t", "-l", "dice")
    volume("t/1.nii.gz", sides[1][1], shift=2)
    says = ("p/1.nii.gz and t/1.nii.gz lie in different places", "[1 0 0 0] [0 1.5 0 0] [0 0 2 0] and [1 0 0 2]")
    refused(3, "segment", "p", "t", "-l", "dice", says=says)
    volume("t/1.nii.gz", sides[1][1], zooms=(-1.0, 1.5, 2.0))
    refused(3, "segment", "p", "t", "-l", "dice", says=("lie in different places",))


def test_volumes_that_do_not_fit(sides):
    volume("t/1.nii.gz", np.zeros((5, 6, 8), np.uint8))
    refused(3, "segment", "p", "t", "-l", "dice", says=("t/1.nii.gz", "p/1.nii.gz", "5 × 6 × 8", "5 × 6 × 7"))
    os.remove("t/1.nii.gz")
    refused(3, "segment", "p", "t", "-l", "dice", says=("1 of 3 predictions have no target: 1",))
    volume("t/1.nii.gz", np.zeros((5, 6), np.uint8))
    refused(3, "segment", "p", "t", "-l", "dice", says=("t/1.nii.gz: has 2 axes", "t/0.nii.gz has 3"))


def test_a_missing_nibabel_is_named_with_its_install_line(sides, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "nibabel", None)
    refused(2, "segment", "p", "t", "-l", "dice", says=("nibabel", "pip install '.[medical]'"))


def test_void_voxels_by_a_folder(sides):
    rng = np.random.default_rng(8)
    void = rng.integers(0, 2, (3, *SIZE), np.uint8)
    for i in range(3):
        volume(f"void/{i}.nii.gz", void[i])
    array("void.npy", void)
    same = [value(p, t, "-l", "dice", "--ignore-mask", v) for p, t, v in (("p", "t", "void"), ("p.npy", "t.npy", "void.npy"))]
    assert same[0] == same[1] != value("p", "t", "-l", "dice")
