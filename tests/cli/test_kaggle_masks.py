"""Tables of run-length encoded masks through the real command: images united from their rows, classes, sizes, malformed cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import losscli
from tests.support.command import call, cli, refused, table
from tests.support.run_lengths import starts

SIZE = (6, 8)
SEGMENT = ("segment", "p.csv", "t.csv", "-l", "dice")
SIZED = (*SEGMENT, "--image-size", "8x6")


def drawn(seed, count=5):
    """Masks of one size, one of them without an object."""
    rng = np.random.default_rng(seed)
    masks = rng.random((count, *SIZE)) < 0.3
    masks[2] = False
    return masks


def rows(masks, **how):
    """The rows of a table: two objects per image, and an empty cell where there is none."""
    for k, mask in enumerate(masks):
        left = np.arange(SIZE[1]) < 4
        parts = [mask & left, mask & ~left] if mask.any() else [mask]
        yield from ((f"im{k}.jpg", starts(part, **how)) for part in parts)


@pytest.fixture
def two(folder):
    """Two tables, and the same masks as arrays."""
    masks = [drawn(seed) for seed in (0, 1)]
    for name, of_side in zip("pt", masks, strict=True):
        table(f"{name}.csv", ("ImageId", "EncodedPixels"), *rows(of_side))
        np.save(f"{name}.npy", of_side.astype(np.uint8))
    return masks


def test_tables_are_read_as_their_masks(two):
    arrays = call("segment", "p.npy", "t.npy", "-l", "dice+bce", "-f", "json").report["losses"][0]
    found = cli("segment", "p.csv", "t.csv", "-l", "dice+bce", "--image-size", "8x6", "-f", "json").report
    assert (found["losses"][0]["value"], found["losses"][0]["n"]) == (arrays["value"], 5)
    assert found["inputs"]["pred"]["roles"] == {"scores": ["EncodedPixels"]}


def test_pixels_may_go_along_the_rows(two):
    for name, masks in zip("pt", two, strict=True):
        table(f"{name}.csv", ("ImageId", "EncodedPixels"), *rows(masks, by_rows=True))
    by_rows = call(*SIZED, "--rle-order", "rows", "-f", "json")
    assert by_rows.report["losses"][0]["value"] == call("segment", "p.npy", "t.npy", "-l", "dice", "-f", "json").loss["value"]
    assert "rle_order=rows" in by_rows.loss["signature"]
    table("t.csv", ("ImageId", "EncodedPixels"), *rows(two[1]))
    mixed = call(*SIZED, "--rle-order", "pred.rows", "-f", "json")
    assert mixed.loss["value"] == by_rows.loss["value"]


def test_images_pair_by_their_ids(two):
    table("t.csv", ("ImageId", "EncodedPixels"), *reversed(list(rows(two[1]))))
    found = call(*SIZED, "--key", "ImageId", "-f", "json")
    assert found.loss["value"] == call("segment", "p.npy", "t.npy", "-l", "dice", "-f", "json").loss["value"]


def test_a_table_beside_an_array(two):
    found = call("segment", "p.npy", "t.csv", "-l", "dice", "--image-size", "8x6", "--pair", "position", "-b")
    assert found.out == call("segment", "p.npy", "t.npy", "-l", "dice", "-b").out


def test_a_table_beside_a_folder_pairs_by_file_name(two, folder):
    Path("masks").mkdir()
    for k, mask in enumerate(two[1]):
        Image.fromarray(mask.astype(np.uint8)).save(f"masks/im{k}.png")
    arrays = call("segment", "p.npy", "t.npy", "-l", "dice", "-b").out
    beside = ("segment", "p.csv", "masks", "-l", "dice", "-b")
    assert call(*beside, "--image-size", "8x6").out == arrays
    assert call(*beside, "--images", "masks").out == arrays


def test_frames_of_python(two):
    frames = [pd.read_csv(f"{name}.csv") for name in "pt"]
    found = losscli.evaluate(*frames, family="segment", losses="dice", image_size="8x6")
    assert found["dice"].value == call("segment", "p.npy", "t.npy", "-l", "dice", "-f", "json").loss["value"]


def test_any_number_of_workers_gives_the_same_bits(folder):
    for name, seed in zip("pt", (3, 4), strict=True):
        table(f"{name}.csv", ("ImageId", "EncodedPixels"), *rows(drawn(seed, 200)))
    assert len({call(*SIZED, "-f", "json", "--jobs", jobs).report["losses"][0]["mean"] for jobs in ("1", "2", "7")}) == 1


def test_columns_of_sizes(folder):
    for name in "pt":
        table(f"{name}.csv", "id,rle,width,height", "a,1 4,4,3", "b,,2,5", "a,6 1,4,3")
    found = call(*SEGMENT, "-f", "json")
    assert found.report["alignment"]["evaluated"] == 2
    assert found.loss["value"] == 0.0


def test_a_column_of_another_name(folder):
    for name in "pt":
        table(f"{name}.csv", "id,annotation,width,height", "a,1 4,4,3")
    assert call(*SEGMENT, "--col", "scores=annotation", "--col", "mask=annotation", "-b").out.strip() == "0"


def test_classes_are_a_label_map(folder):
    table("p.csv", "ImageId,ClassId,EncodedPixels", "a,1,1 4", "a,3,9 2", "b,2,", "b,1,1 1")
    table("t.csv", "ImageId,ClassId,EncodedPixels", "a,1,1 4", "a,3,7 2", "b,2,5 5", "b,1,1 1")
    sized = (*SEGMENT, "--image-size", "4x3")
    found = call(*sized, "--per-class", "-f", "json").report
    assert [g["by"]["class"] for g in found["groups"]] == ["background", "1", "2", "3"]
    masks = {"p": np.zeros((2, 12), int), "t": np.zeros((2, 12), int)}
    masks["p"][0, :4], masks["p"][0, 8:10], masks["p"][1, 0] = 1, 3, 1
    masks["t"][0, :4], masks["t"][0, 6:8], masks["t"][1, 0], masks["t"][1, 4:9] = 1, 3, 1, 2
    for name, flat in masks.items():
        np.save(f"{name}.npy", flat.reshape(2, 4, 3).swapaxes(1, 2))
    arrays = call("segment", "p.npy", "t.npy", "-l", "dice", "--num-classes", "4", "-f", "json").loss
    assert found["losses"][0]["value"] == arrays["value"]
    assert call(*sized, "--num-classes", "4", "-f", "json").loss["value"] == arrays["value"]
    refused(2, *sized, "--classes", "a,b,c,d", says=("but not 1, 2, 3", "--classes background,1,2,3"))
    refused(2, *sized, "--classes", "1,2,3,4", says=("begins with 1, a class of objects",))
    refused(2, "segment", "p.npy", "t.csv", "-l", "dice", "--image-size", "4x3", says=("not known", "--classes background,"))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a,1 2 3"], ("row 1", "line 2", "column EncodedPixels", "3 numbers, where runs are pairs")),
        (["a,1 1", "a,1 x"], ("row 2", "'x', the 2nd word")),
        (["a,-1"], ("'-1', the 1st word", "leave the cell empty for no object")),
        (["a,0 1"], ("start 0, length 1", "count from 1")),
        (["a,47 3"], ("pixels 47 to 49 of an image of 48", "size of the images")),
        (["a,1 3 2 2"], ("the runs 1 3 and 2 2 overlap",)),
        ([",1 3"], ("row 1", "column ImageId", "an object without its image")),
    ],
)
def test_malformed_cells_name_their_place(lines, says, folder):
    table("p.csv", "ImageId,EncodedPixels", *lines)
    table("t.csv", "ImageId,EncodedPixels", "a,1 2")
    refused(3, *SIZED, says=("p.csv", *says))


def test_what_is_missing_is_named(two):
    refused(3, *SEGMENT, says=("image im0.jpg: the size of the image is not known", "--image-size WxH"))
    refused(2, *SEGMENT, "--image-size", "6", says=("'6' is not a size",))
    refused(2, *SIZED, "--rle-order", "down", says=("--rle-order: unknown value 'down'",))
    table("p.csv", "EncodedPixels", "1 2")
    refused(3, *SIZED, says=("masks in `EncodedPixels`, but no column of their images",))
    table("p.csv", "ImageId,ClassId,EncodedPixels", "a,1,1 4", "a,,9 2")
    refused(3, *SIZED, says=("row 2", "column ClassId", "an object without its class"))
    table("p.csv", "ImageId,ClassId,EncodedPixels", "a,1,1 4", "a,2,3 2")
    refused(3, "segment", "p.csv", "p.csv", "-l", "dice", "--image-size", "8x6", says=("belongs to 1 and 2", "--multilabel"))
    table("p.csv", "id,rle,width,height", "a,1 4,4,3", "a,7 1,4,4")
    refused(3, *SEGMENT, says=("an image of two sizes",))
    table("p.csv", "id,rle,width,height", "a,1 4,4,", "a,7 1,4,4")
    refused(3, *SEGMENT, says=("row 1", "not a number of pixels"))


def test_inspect_proposes_a_command_that_runs(two):
    found = call("inspect", "p.csv", "t.csv", "--image-size", "8x6")
    assert found.code == 0
    assert "losscli segment p.csv t.csv --image-size 8x6 --loss dice" in found.out
    refused_ = call("inspect", "p.csv", "t.csv")
    assert refused_.code == 3
    assert "--image-size WxH" in refused_.err


def test_names_of_files_meet_without_their_suffixes(folder):
    table("p.csv", "ImageId,EncodedPixels", "x/a.jpg,1 4", "x/b.jpg,1 2")
    table("t.csv", "ImageId,EncodedPixels", "b.png,1 2", "a.png,1 3")
    sized = ("segment", "p.csv", "t.csv", "-l", "dice", "--image-size", "4x3")
    refused(3, *sized, says=("--key-stem compares keys without folder and file suffix",))
    found = call(*sized, "--key-stem", "-f", "json")
    assert found.code == 0, found.err
    assert found.report["alignment"]["evaluated"] == 2
    assert found.loss["value"] == pytest.approx((1 - 6 / 7) / 2)
    assert call(*sized, "--key-stem", "--key", "ImageId", "-f", "json").loss["value"] == found.loss["value"]
    assert "--key-stem" in refused(2, *sized, "--key-stem", "--pair", "position").err


def test_the_option_on_stems_needs_keys(folder):
    table("p.csv", "pred", "1", "2")
    table("t.csv", "target", "1", "2")
    refused(2, "regress", "p.csv", "t.csv", "-l", "mse", "--key-stem", says=("--key-stem applies only with --key or --match",))
