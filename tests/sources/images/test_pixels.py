"""The pixels of masks against PNG files made by hand: equal samples for every mode, and nothing that Pillow would change."""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import FILE_STEM, at_once, declared_of
from losscli.sources.side_format import SideFormat
from tests.support.png import GREY, GREY_ALPHA, PALETTE, RGB, RGB_ALPHA, palette, png, write

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 19))
FILTERS = st.lists(st.integers(0, 4), min_size=1, max_size=4)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def pixels(path: str, **how: Any) -> np.ndarray:
    """The only image of an input."""
    field = open_source(path, SideFormat(**how)).numbers(())
    assert (field.rows, field.read(0, 1).shape[1:]) == (1, field.shape)
    return field.read(0, 1)[0]


def samples(bits: int, *, channels: int = 0):
    extra = (channels,) if channels else ()
    kind = np.uint16 if bits == 16 else np.uint8
    return SHAPES.flatmap(lambda hw: arrays.arrays(kind, (*hw, *extra), elements=st.integers(0, 2**bits - 1)))


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@given(data=st.data(), filters=FILTERS)
def test_grey_levels_are_labels(data, filters, bits):
    image = data.draw(samples(bits))
    found = pixels(write("m.png", image, bits=bits, colour=GREY, filters=filters))
    assert np.array_equal(found, image)
    assert found.dtype == (np.uint16 if bits == 16 else np.uint8)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@given(data=st.data(), filters=FILTERS)
def test_the_indices_of_a_palette_are_labels_whatever_its_colours(data, filters, bits):
    image = data.draw(samples(bits))
    colours = data.draw(arrays.arrays(np.uint8, (2**bits, 3)))
    clear = (b"tRNS", bytes(2**bits))
    found = pixels(write("m.png", image, bits=bits, colour=PALETTE, filters=filters, more=[palette(colours), clear]))
    assert np.array_equal(found, image)


@given(image=samples(8, channels=3), filters=FILTERS)
def test_colours_as_numbers(image, filters):
    write("m.png", image, colour=RGB, filters=filters)
    wide = image.astype(np.int64)
    assert np.array_equal(pixels("m.png", palette="id"), wide[..., 0] + 256 * wide[..., 1] + 65536 * wide[..., 2])


@given(data=st.data(), filters=FILTERS)
def test_colours_of_a_palette_are_classes_in_its_order(data, filters):
    listed = data.draw(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=20, unique=True))
    image = data.draw(SHAPES.flatmap(lambda hw: arrays.arrays(np.int64, hw, elements=st.integers(0, len(listed) - 1))))
    Path("colours.txt").write_text("".join(f"{r} {g} {b} class {i}\n" for i, (r, g, b) in enumerate(listed)))
    rgb = np.array(listed, np.uint8)[image]
    assert np.array_equal(pixels(write("m.png", rgb, colour=RGB, filters=filters), palette="colours.txt"), image)
    opaque = np.concatenate([rgb, np.full((*image.shape, 1), 255, np.uint8)], axis=-1)
    assert np.array_equal(pixels(write("m.png", opaque, colour=RGB_ALPHA, filters=filters), palette="colours.txt"), image)


def test_several_colours_of_one_class_and_several_ways_to_list_them():
    image = np.array([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], np.uint8)
    write("m.png", image, colour=RGB)
    for text in (
        "# colours\n1 2 3 void\n7,8,9,road\n\n4\t5\t6\tvoid\n",
        "name,r,g,b\nvoid,1,2,3\nroad,7,8,9\nvoid,4,5,6\n",
        "﻿1 2 3 void\r\n7 8 9 road\r\n4 5 6 void",
    ):
        Path("c.csv").write_text(text)
        assert pixels("m.png", palette="c.csv").tolist() == [[0, 0, 1]]
        assert declared_of(open_source("m.png", SideFormat(palette="c.csv")))["classes"] == ("void", "road")


def test_grey_levels_in_three_channels():
    image = np.repeat(np.arange(6, dtype=np.uint8).reshape(2, 3, 1), 3, axis=2)
    write("m.png", image, colour=RGB)
    assert pixels("m.png", palette="grey").tolist() == [[0, 1, 2], [3, 4, 5]]
    image[1, 2, 0] = 9
    write("m.png", image, colour=RGB)
    with pytest.raises(DataError, match=r"pixel \[1, 2\] has the colour 9 5 5, which is not grey"):
        pixels("m.png", palette="grey")


def test_alpha_is_dropped_where_it_is_opaque():
    image = np.full((2, 3, 2), 255, np.uint8)
    image[..., 0] = [[0, 1, 2], [3, 4, 5]]
    assert pixels(write("m.png", image, colour=GREY_ALPHA)).tolist() == [[0, 1, 2], [3, 4, 5]]
    image[1, 1, 1] = 254
    with pytest.raises(DataError, match=r"pixel \[1, 1\] is transparent"):
        pixels(write("m.png", image, colour=GREY_ALPHA))


def test_a_transparent_grey_level():
    image = np.array([[0, 1, 2]], np.uint8)
    clear = [(b"tRNS", b"\0\x03")]
    assert pixels(write("m.png", image, more=clear)).tolist() == [[0, 1, 2]]
    with pytest.raises(DataError, match=r"pixel \[0, 1\] is transparent"):
        pixels(write("m.png", image, more=[(b"tRNS", b"\0\x01")]))


SAVED = [
    ("tif", {}),
    ("tif", {"compression": "tiff_lzw"}),
    ("tif", {"compression": "tiff_adobe_deflate"}),
    ("tif", {"compression": "packbits"}),
    ("bmp", {}),
    ("png", {}),
]


@pytest.mark.parametrize(("suffix", "how"), SAVED)
def test_other_kinds_of_files(suffix, how):
    image = np.random.default_rng(1).integers(0, 256, (7, 11), np.uint8)
    Image.fromarray(image).save(f"m.{suffix}", **how)
    assert np.array_equal(pixels(f"m.{suffix}"), image)
    Path(f"m.{suffix}").rename(f"M.{suffix.upper()}")
    assert np.array_equal(pixels(f"M.{suffix.upper()}"), image)


def test_a_gif_has_a_palette_whose_indices_may_not_be_the_labels():
    image = np.array([[0, 3], [7, 3]], np.uint8)
    coloured = Image.fromarray(image).convert("P")
    coloured.putpalette(np.random.default_rng(1).integers(0, 256, 768).tolist())
    coloured.save("m.gif", optimize=False)
    assert np.array_equal(pixels("m.gif"), image)
    Image.fromarray(image * 20).save("m.gif")
    with pytest.raises(DataError, match="level 140 has the index 2 in its palette"):
        pixels("m.gif")
    assert np.array_equal(pixels("m.gif", palette="grey"), image * 20)
    Image.fromarray((image > 0) * np.uint8(255)).save("m.gif")
    assert np.array_equal(pixels("m.gif"), image > 0)


def test_the_colours_of_a_palette_image_where_a_palette_says_what_they_mean():
    Path("c.txt").write_text("9 9 9 road\n1 2 3 void\n")
    write("f/1.png", np.array([[0, 1]]), colour=PALETTE, more=[palette(np.array([[1, 2, 3], [9, 9, 9]]))])
    write("f/2.png", np.array([[[9, 9, 9], [1, 2, 3]]]), colour=RGB)
    assert open_source("f", SideFormat(palette="c.txt")).numbers(()).read(0, 2).tolist() == [[[1, 0]], [[0, 1]]]
    assert pixels("f/1.png").tolist() == [[0, 1]]


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_tiff_of_wide_numbers(kind):
    image = np.random.default_rng(2).integers(0, 60000, (5, 6)).astype(kind)
    Image.fromarray(image).save("m.tif")
    assert np.array_equal(pixels("m.tif"), image)


def test_files_of_one_input_have_one_type():
    write("f/a.png", np.array([[1, 2]]))
    write("f/b.png", np.array([[1, 60000]]), bits=16)
    field = open_source("f").numbers(())
    assert field.read(0, 2).dtype == np.uint16
    assert field.read(0, 1).dtype == np.uint16
    assert field.read(0, 2).tolist() == [[[1, 2]], [[1, 60000]]]


def test_images_are_in_natural_order_with_their_names_and_can_be_sent_elsewhere():
    for i in (10, 9, 1):
        write(f"f/img{i}_mask.png", np.full((2, 2), i))
    source = pickle.loads(pickle.dumps(open_source("f", SideFormat(stem="s/_mask$//"))))
    assert source.text(FILE_STEM).read(0, 3).tolist() == ["img1", "img9", "img10"]
    field = pickle.loads(pickle.dumps(source.numbers(())))
    assert field.read(0, 3)[:, 0, 0].tolist() == [1, 9, 10]
    assert field.take(np.array([2, 0]))[:, 0, 0].tolist() == [10, 1]
    assert field.where(2, 3).path == "f/img10_mask.png"
    assert open_source("f/*.png").text(FILE_STEM).read(0, 1).tolist() == ["img1_mask"]


def test_where_names_repeat_below_a_folder_paths_are_the_names():
    write("f/a/mask.png", np.zeros((2, 2)))
    write("f/b/mask.png", np.zeros((2, 2)))
    assert open_source("f").text(FILE_STEM).read(0, 2).tolist() == ["a/mask", "b/mask"]
    assert open_source("f/*/mask.png", SideFormat(stem="s|/mask$||")).text(FILE_STEM).read(0, 2).tolist() == ["a", "b"]


def test_every_cut_of_a_file_is_refused_or_whole():
    image = np.random.default_rng(3).integers(0, 9, (12, 17), np.uint8)
    raw = png(image, filters=(0, 1, 2, 3, 4))
    wrong = 0
    for n in range(1, len(raw)):
        Path("m.png").write_bytes(raw[:n])
        try:
            assert np.array_equal(pixels("m.png"), image)
        except DataError:
            wrong += 1
    end = 12 + 4 + 5  # the last chunk, a checksum, and that of the last block of zlib's: the pixels are whole without them
    assert wrong >= len(raw) - 1 - end


@settings(max_examples=120)
@given(data=st.data(), suffix=st.sampled_from(["png", "tif", "bmp", "gif"]))
def test_a_changed_file_is_read_or_refused(data, suffix):
    """No other exception whatever bytes are changed, cut or added."""
    stream = io.BytesIO()
    Image.fromarray(np.arange(60, dtype=np.uint8).reshape(6, 10)).save(stream, "tiff" if suffix == "tif" else suffix)
    raw = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    Path(f"m.{suffix}").write_bytes(raw[: data.draw(st.integers(1, len(raw)))])
    with suppress(DataError):
        assert pixels(f"m.{suffix}", max_pixels=10**6).ndim == 2


def test_the_number_of_pixels_is_limited_before_they_are_decoded():
    raw = bytearray(png(np.zeros((1, 1))))
    raw[16:24] = b"\0\0\xff\xff" * 2
    Path("m.png").write_bytes(raw)
    with pytest.raises(DataError, match="--max-pixels 268435456"):
        open_source("m.png")
    with pytest.raises(DataError, match="--max-pixels 5"):
        pixels(write("m.png", np.zeros((2, 3))), max_pixels=5)
    assert pixels("m.png", max_pixels=6).shape == (2, 3)


def test_few_images_are_decoded_together_where_values_are_looked_at():
    for i in range(3):
        write(f"f/{i}.png", np.full((8, 8), i))
    field = open_source("f").numbers(())
    assert at_once(field, 3) == 3
    write("g/1.png", np.zeros((2000, 1500), np.uint8))
    assert at_once(open_source("g").numbers(()), 10**6) == 1
