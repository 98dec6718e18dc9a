"""Folders, patterns and files of masks through the command: the numbers of the same arrays, and what is refused and how."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.command import array, call, cli, refused
from tests.support.png import GREY_ALPHA, PALETTE, RGB, RGB_ALPHA, palette, png, write

N, SIZE = 11, (12, 14)
DICE = ("-l", "dice", "-b")


@pytest.fixture
def masks():
    """Binary masks as folders `p` and `t`, and the same as arrays."""
    rng = np.random.default_rng(7)
    sides = rng.integers(0, 2, (2, N, *SIZE), np.uint8)
    for folder, images in zip("pt", sides, strict=True):
        for i, image in enumerate(images):
            write(f"{folder}/img{i}.png", image)
        array(f"{folder}.npy", images)
    return sides


def value(*argv: str) -> str:
    done = call("segment", *argv)
    assert done.code == 0, done.err
    return done.out


LOSSES = ("dice", "bce", "dice+bce", "jaccard", "boundary", "hausdorff_dt", "focal:gamma=2")


@pytest.mark.parametrize("loss", LOSSES)
def test_a_folder_is_the_array_of_its_images(masks, loss):
    rows = [value(p, t, "-l", loss, "-f", "csv") for p, t in (("p.npy", "t.npy"), ("p", "t"), ("p/*.png", "t/img*.png"))]
    assert rows[0] == rows[1] == rows[2]


def test_the_order_of_a_listing_and_the_number_of_jobs_change_nothing(masks):
    plain = value("p", "t", *DICE)
    os.mkdir("q")
    assert all(value("p", "t", *DICE, "-j", str(jobs)) == plain for jobs in (1, 2, 3, 4))
    for i in reversed(range(N)):  # written in another order
        os.rename(f"p/img{i}.png", f"q/img{i}.png")
        os.rename(f"t/img{i}.png", f"t/img{i}_gt.png")
    done = call("segment", "q", "t", "-l", "dice", "--stem", "s/_gt$//", "--worst", "2")
    assert done.code == 0, done.err
    assert f"paired by file name ({N} of {N})" in done.out
    assert value("q", "t", *DICE, "--stem", "target.s/_gt$//") == plain
    real = cli("segment", "q", "t", *DICE, "--stem", "s/_gt$//", "-j", "3")
    assert (real.code, real.out) == (0, plain)


def test_names_decide_the_pairs_not_their_order(masks):
    os.rename("t/img0.png", "t/zzz.png")
    os.rename("t/img1.png", "t/img0.png")
    os.rename("t/zzz.png", "t/img1.png")
    swapped = masks[1].copy()
    swapped[[0, 1]] = masks[1][[1, 0]]
    array("swapped.npy", swapped)
    assert value("p", "t", *DICE) == value("p.npy", "swapped.npy", *DICE)


def test_the_suggested_stem_works(masks):
    for name in os.listdir("p"):
        os.rename(f"p/{name}", f"p/pred_{name}")
    for name in os.listdir("t"):
        os.rename(f"t/{name}", f"t/{name.removesuffix('.png')}.v2+mask.png")
    done = refused(3, "segment", "p", "t", *DICE, says=("no name of an image in common", "pred_img0"))
    options = shlex.split(re.search(r"use (.*)", done.err)[1])
    assert value("p", "t", *DICE, *options) == value("p.npy", "t.npy", *DICE)


def test_images_of_one_side_only(masks):
    os.remove("p/img3.png")
    os.remove("t/img5.png")
    says = ("1 of 10 targets have no prediction: img3", "1 of 10 predictions have no target: img5", "--missing drop --extra drop")
    refused(3, "segment", "p", "t", *DICE, says=says)
    pred, target = (np.delete(side, (3, 5), axis=0) for side in masks)
    array("p9.npy", pred)
    array("t9.npy", target)
    assert value("p", "t", *DICE, "--missing", "drop", "--extra", "drop") == value("p9.npy", "t9.npy", *DICE)


def test_reports_name_the_images(masks):
    done = call("segment", "p", "t", "-l", "dice", "--worst", "1", "-f", "json")
    (worst,) = done.report["worst"]
    assert worst["key"] == {"(file)": f"img{worst['target_row'] - 1}"}
    assert done.report["inputs"]["pred"]["format"] == "images"
    assert done.report["alignment"]["pairing"] == "key"
    assert "by file name: 11 pairs" in call("inspect", "p", "t").out


def test_a_folder_beside_an_array(masks):
    refused(3, "segment", "p", "t.npy", *DICE, says=("nothing says which belong together", "--pair position"))
    refused(3, "segment", "p.npy", "t", *DICE, says=("--pair position",))
    assert value("p.npy", "t", *DICE, "--pair", "position") == value("p.npy", "t.npy", *DICE)
    names = [f"img{i}" for i in range(N)]
    array("p.npz", {"scores": masks[0][::-1], "id": np.array(names[::-1])})
    done = refused(3, "segment", "p.npz", "t", *DICE, says=("use --key 'id=(file)'",))
    assert done
    assert value("p.npz", "t", *DICE, "--key", "id=(file)", "-j", "2") == value("p.npz", "t", *DICE, "--key", "id=(file)")


def test_one_image_a_side(masks):
    write("one/only.png", masks[0][0])
    array("one.npy", masks[1][0])
    expected = value("p.npy", "t.npy", "-l", "dice", "--per-sample", "-").splitlines()[1].split(",")[-1]
    for pred, target in (("p/img0.png", "t/img0.png"), ("one", "t/img0.png"), ("one", "one.npy"), ("p/img0.png", "one.npy")):
        assert float(value(pred, target, *DICE)) == pytest.approx(float(expected), rel=1e-5), (pred, target)


def test_labels_of_several_classes():
    rng = np.random.default_rng(3)
    pred, target = rng.integers(0, 5, (2, 4, 9, 9), np.uint8)
    for i in range(4):
        write(f"p/{i}.png", pred[i], bits=4)
        write(f"t/{i}.png", target[i], colour=PALETTE, more=[palette(rng.integers(0, 256, (5, 3)))])
    array("p.npy", pred)
    array("t.npy", target)
    refused(3, "segment", "p", "t", *DICE, says=("--num-classes 5",))
    for loss in ("dice", "ce", "generalized_dice"):
        options = ("-l", loss, "-b", "--num-classes", "5")
        assert value("p", "t", *options) == value("p.npy", "t.npy", *options)


def test_the_classes_of_a_palette():
    rng = np.random.default_rng(4)
    colours = np.array([[0, 0, 0], [200, 0, 0], [0, 255, 0]], np.uint8)
    pred, target = rng.integers(0, 3, (2, 3, 8, 8))
    for i in range(3):
        write(f"p/{i}.png", colours[pred[i]], colour=RGB)
        write(f"t/{i}.png", colours[target[i]], colour=RGB)
    Path("c.txt").write_text("0 0 0 background\n200 0 0 road\n0 255 0 tree\n")
    array("p.npy", pred)
    array("t.npy", target)
    own = call("segment", "p", "t", "-l", "dice", "--palette", "c.txt", "--per-class", "-f", "json").report
    same = call("segment", "p.npy", "t.npy", "-l", "dice", "--classes", "background,road,tree", "--per-class", "-f", "json").report
    for one, other in zip([own, *own["groups"]], [same, *same["groups"]], strict=True):
        assert [x["value"] for x in one["losses"]] == [x["value"] for x in other["losses"]]
    assert [group["by"]["class"] for group in own["groups"]] == ["background", "road", "tree"]
    refused(3, "segment", "p", "t", *DICE, says=("p/0.png: an RGB image", "--palette FILE"))
    refused(2, "segment", "p", "t", *DICE, "--palette", "c.txt", "--classes", "a,b,c", says=("omit --classes",))
    Path("d.txt").write_text("0 0 0 background\n0 255 0 tree\n200 0 0 road\n")
    refused(3, "segment", "p", "t", *DICE, "--palette", "pred.c.txt", "--palette", "target.d.txt", says=("in the same order",))
    image = colours[target[0]].copy()
    image[2, 5] = (201, 0, 3)
    write("t/0.png", image, colour=RGB)
    says = ("t/0.png", "pixel [2, 5] has the colour 201 0 3", "not in c.txt", "the nearest there is 200 0 0 road")
    refused(3, "segment", "p", "t", *DICE, "--palette", "c.txt", says=says)


def test_sizes_that_differ_from_image_to_image_and_from_side_to_side():
    rng = np.random.default_rng(5)
    sizes = [(5, 7), (8, 3), (6, 6)]
    single = []
    for i, size in enumerate(sizes):
        pred, target = rng.integers(0, 2, (2, *size), np.uint8)
        write(f"p/{i}.png", pred)
        write(f"t/{i}.png", target)
        single.append(float(value(f"p/{i}.png", f"t/{i}.png", "-l", "dice", "-b")))
    assert float(value("p", "t", *DICE)) == pytest.approx(np.mean(single), rel=1e-5)
    assert len({value("p", "t", *DICE, "-j", str(jobs)) for jobs in (1, 2, 3)}) == 1
    write("t/1.png", np.zeros((8, 4)))
    refused(3, "segment", "p", "t", *DICE, says=("t/1.png", "p/1.png", "8 × 4", "8 × 3"))


def test_both_readings_of_a_mask_drawn_in_white():
    image = np.array([[0, 255], [255, 0]], np.uint8)
    write("p/a.png", image // 255)
    write("t/a.png", image)
    refused(3, "segment", "p", "t", *DICE, says=("--mask-values 0,255",))
    assert float(value("p", "t", *DICE, "--mask-values", "0,255")) == 0
    scores = np.full((1, 2, 2, 2), 0.5)
    array("s.npy", scores)
    says = ("--mask-values 0,255", "--ignore-index 255")
    refused(3, "segment", "s.npy", "t", "--pair", "position", "-l", "ce", "-b", says=says)


def small(path: str, **how: Any) -> Any:
    write(path, np.zeros((2, 2)), **how)


def saved(path: str, mode: str, size: tuple[int, int] = (2, 2), **how: object) -> Any:
    Path(path).parent.mkdir(exist_ok=True)
    Image.new(mode, size).save(path, **how)


def frames(path: str) -> Any:
    Path(path).parent.mkdir(exist_ok=True)
    Image.new("L", (2, 2)).save(path, save_all=True, append_images=[Image.new("L", (2, 2), 5)])


def turned(path: str, how: str) -> Any:
    Path(path).parent.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[274] = 6
    Image.new("L", (2, 3)).save(path, how, exif=exif)


def put(path: str, raw: bytes) -> Any:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_bytes(raw)


WHOLE = png(np.zeros((2, 2)))
WRONG: dict[str, tuple[Any, ...]] = {
    "16-bit RGB": (lambda: write("t/a.png", np.zeros((2, 2, 3)), bits=16, colour=RGB), "t/a.png: an RGB image of 16 bits"),
    "16-bit grey and alpha": (lambda: write("t/a.png", np.zeros((2, 2, 2)), bits=16, colour=GREY_ALPHA), "of 16 bits"),
    "RGB": (lambda: write("t/a.png", np.zeros((2, 2, 3)), colour=RGB), "--palette FILE"),
    "RGB, not opaque": (
        lambda: write("t/a.png", np.zeros((2, 2, 4)), colour=RGB_ALPHA),
        "pixel [0, 0] is transparent",
        "--palette",
        "id",
    ),
    "grey, not opaque": (lambda: write("t/a.png", np.zeros((2, 2, 2)), colour=GREY_ALPHA), "pixel [0, 0] is transparent"),
    "JPEG in a folder": (lambda: saved("t/a.jpg", "L"), "JPEG"),
    "JPEG by another name": (lambda: saved("t/a.png", "L", format="jpeg"), "a JPEG image"),
    "TIFF with JPEG": (lambda: saved("t/a.tif", "L", (16, 16), compression="jpeg"), "compression, which changes pixels"),
    "WebP by another name": (lambda: put("t/a.png", b"RIFF\x10\0\0\0WEBPVP8 "), "a WebP image"),
    "text by another name": (lambda: put("t/a.png", b"no image"), "not an image of a known kind"),
    "empty file": (lambda: put("t/a.png", b""), "t/a.png: the file is empty"),
    "only a signature": (lambda: put("t/a.png", WHOLE[:8]), "ends within its header"),
    "no pixels": (lambda: put("t/a.png", WHOLE[:33]), "t/a.png: cannot be decoded"),
    "half the pixels": (lambda: put("t/a.png", WHOLE[:45]), "t/a.png: cannot be decoded"),
    "wrong checksum": (lambda: put("t/a.png", WHOLE.replace(b"IDAT", b"IDAX")), "t/a.png: cannot be decoded"),
    "size 0": (lambda: put("t/a.png", WHOLE[:16] + bytes(4) + WHOLE[20:]), "an image without pixels"),
    "a bomb": (lambda: put("t/a.png", WHOLE[:16] + b"\0\x01\0\0" * 2 + WHOLE[24:]), "--max-pixels 4294967296"),
    "above --max-pixels": (lambda: small("t/a.png"), "use --max-pixels 4", "--max-pixels", "3"),
    "animated GIF": (lambda: frames("t/a.gif"), "has 2 frames"),
    "TIFF of pages": (lambda: frames("t/a.tif"), "has 2 frames"),
    "animated PNG": (lambda: frames("t/a.png"), "has 2 frames"),
    "turned TIFF": (lambda: turned("t/a.tif", "tiff"), "orientation tag 6"),
    "turned PNG": (lambda: turned("t/a.png", "png"), "orientation tag 6"),
    "CMYK": (lambda: saved("t/a.tif", "CMYK"), "mode CMYK"),
    "two files of one name": (lambda: (small("t/a.png"), saved("t/a.bmp", "L")), "two images are named a: t/a.bmp and t/a.png"),
    "names made equal": (lambda: (small("t/a.png"), small("t/a1.png")), "two images are named a", "--stem", "s/1//"),
    "no name left": (lambda: small("t/mask.png"), "a missing key", "--stem", "s/mask//"),
    "an empty folder": (lambda: os.mkdir("t"), "t: is a folder without files"),
    "labels and colours": (
        lambda: (small("t/a.png"), write("t/b.png", np.zeros((2, 2, 3)), colour=RGB)),
        "t/b.png: stores colours, but t/a.png labels",
        "--palette",
        "id",
    ),
    "labels and floats": (lambda: (small("t/a.png"), saved("t/b.tif", "F")), "t/b.tif: stores floats, but t/a.png labels"),
    "no palette file": (lambda: small("t/a.png"), "c.txt: --palette cannot be read", "--palette", "c.txt"),
    "broken palette": (
        lambda: (small("t/a.png"), put("c.txt", b"0 0 0 a\n1 2 road\n")),
        "c.txt, line 2: '1 2 road' is not a colour with a name",
        "--palette",
        "c.txt",
    ),
    "colour above 255": (lambda: (small("t/a.png"), put("c.txt", b"0 0 256 a\n")), "line 1", "--palette", "c.txt"),
    "colour twice": (lambda: (small("t/a.png"), put("c.txt", b"0 0 0 a\n0 0 0 b\n")), "listed twice", "--palette", "c.txt"),
    "empty palette": (lambda: (small("t/a.png"), put("c.txt", b"# none\n")), "lists no colours", "--palette", "c.txt"),
    "palette of bytes": (lambda: (small("t/a.png"), put("c.txt", b"\xff\xfe\0")), "not UTF-8 text", "--palette", "c.txt"),
    "coloured, with grey": (
        lambda: write("t/a.png", np.array([[[1, 2, 1]]]), colour=RGB),
        "the colour 1 2 1, which is not grey",
        "--palette",
        "grey",
    ),
    "a link out of the folder": (lambda: linked(), "only links out of the folder"),
    "signed bytes": (lambda: put("t/a.tif", signed()), "signed 8-bit"),
}


def linked() -> None:
    """A folder whose only image is a link to one outside it."""
    small("x.png")
    os.mkdir("t")
    os.symlink("../x.png", "t/a.png")


def signed() -> bytes:
    """A TIFF of signed bytes."""
    saved("s.tif", "L", tiffinfo={339: 2})
    return Path("s.tif").read_bytes()


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name):
    make, says, *options = WRONG[name]
    small("p/a.png")
    make()
    done = refused(3, "segment", "p", "t", *DICE, *options, says=(says,))
    assert any(file in done.err for file in ("t/", "c.txt", "t:", "p/a.png")), done.err


USAGE = {
    "not a substitution": ("--stem", "_mask"),
    "a broken pattern": ("--stem", "s/(/x/"),
    "two substitutions": ("--stem", "s/a/b/", "--stem", "s/c/d/"),
    "pixels that are not a number": ("--max-pixels", "many"),
    "no pixels": ("--max-pixels", "0"),
    "two palettes": ("--palette", "id", "--palette", "grey"),
}


@pytest.mark.parametrize("name", USAGE)
def test_options_that_are_refused(name):
    small("p/a.png")
    small("t/a.png")
    refused(2, "segment", "p", "t", *DICE, *USAGE[name], says=(USAGE[name][0],))


def test_a_missing_pillow_is_named_with_its_install_line(masks, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL.PngImagePlugin", None)
    refused(2, "segment", "p", "t", *DICE, says=("Pillow", "pip install '.[images]'"))
