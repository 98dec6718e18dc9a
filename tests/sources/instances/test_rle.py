"""Run-length encoded masks: those of pycocotools on random masks, there and back, and whatever is malformed."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from losscli.core.errors import DataError
from losscli.sources.instances import rle
from losscli.sources.instances.rle import of_compressed, of_counts, of_starts, painted
from tests.support.run_lengths import compressed, counts, starts


def masks(seed):
    """A random mask: noise of any density, stripes and rectangles, of any shape."""
    rng = np.random.default_rng(seed)
    h, w = (int(n) for n in rng.integers(1, 50, 2))
    if seed % 3:
        return rng.random((h, w)) < rng.choice([0.0, 0.02, 0.3, 0.5, 0.97, 1.0])
    out = np.zeros((h, w), bool)
    for _ in range(rng.integers(0, 4)):
        y, x = rng.integers(0, h), rng.integers(0, w)
        out[y : y + rng.integers(1, h + 1), x : x + rng.integers(1, w + 1)] = True
    return out


def test_masks_that_pycocotools_encodes():
    for seed in range(500):
        mask = masks(seed)
        stored = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
        found = painted([of_compressed(stored["counts"].decode(), mask.size)], mask.shape)
        np.testing.assert_array_equal(found, mask)
        assert compressed(mask) == stored["counts"].decode()
        np.testing.assert_array_equal(painted([of_counts(counts(mask), mask.size)], mask.shape), mask)


def test_long_runs_that_pycocotools_encodes():
    mask = np.zeros((3000, 2000), bool)
    mask[1:, 7:1500] = True
    stored = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    np.testing.assert_array_equal(painted([of_compressed(stored["counts"].decode(), mask.size)], mask.shape), mask)


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.booleans())
def test_starts_and_lengths_there_and_back(seed, by_rows):
    mask = masks(seed)
    runs = of_starts(starts(mask, by_rows=by_rows), mask.size)
    np.testing.assert_array_equal(painted([runs], mask.shape, by_rows=by_rows), mask)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10**6), min_size=0, max_size=4))
def test_objects_are_united(seeds):
    size = 9, 7
    every = [np.resize(masks(seed), size) for seed in seeds]
    united = np.any(every, axis=0) if every else np.zeros(size, bool)
    np.testing.assert_array_equal(painted([of_counts(counts(m), 63) for m in every], size), united)


@pytest.mark.parametrize("pixels_per_run", [0, 10**9])
def test_few_runs_and_many_are_painted_alike(monkeypatch, pixels_per_run):
    monkeypatch.setattr(rle, "_PIXELS_PER_RUN", pixels_per_run)
    for seed in range(200):
        whole = masks(seed)
        touching = [of_counts(counts(part), whole.size) for part in (whole & (np.indices(whole.shape)[0] % 2 == i) for i in (0, 1))]
        np.testing.assert_array_equal(painted(touching, whole.shape), whole)


@settings(max_examples=120)
@given(st.text(max_size=12), st.integers(1, 40))
def test_any_text_is_runs_or_refused(text, pixels):
    for read in (of_compressed, of_starts):
        with contextlib.suppress(DataError):
            runs = read(text, pixels)
            assert (runs[:, 0] < runs[:, 1]).all()
            assert ((runs >= 0) & (runs <= pixels)).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "counts end within a number"),
        ("P", "counts end within a number"),
        ("0 1", "the character ' ' at place 2"),
        ("4\x07", "at place 2"),
        ("PPPPPPPPPPP0", "a number of 12 characters"),
        ("01", "add up to 1 pixels, the image has 4"),
        ("0O", "a run of -1 pixels, the 2nd of the counts"),
    ],
)
def test_malformed_counts(text, says):
    with pytest.raises(DataError, match=says):
        of_compressed(text, 4)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3", "3 numbers, where runs are pairs"),
        ("-1", "'-1', the 1st word of the runs, is not a whole number"),
        ("1 x", "'x', the 2nd word"),
        ("1.0 2", "'1.0', the 1st word"),
        ("٣ 1", "the 1st word"),
        ("0 2", "the 1st run has start 0, length 2"),
        ("3 0", "start 3, length 0"),
        ("1 1 4 2", "the 2nd run has pixels 4 to 5 of an image of 4"),
        ("3 2 1 3", "the runs 1 3 and 3 2 overlap"),
        ("99999999999999999999 1", "is not a whole number"),
    ],
)
def test_malformed_starts(text, says):
    with pytest.raises(DataError, match=says):
        of_starts(text, 4)


def test_no_object():
    assert not painted([of_starts("", 6)], (2, 3)).any()
    assert not painted([], (2, 3)).any()
