"""NIfTI volumes against nibabel: equal voxels, whole labels that stay whole, and files that are broken anywhere."""

from __future__ import annotations

import gzip
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import FILE_STEM, declared_of, notes_of
from losscli.sources.side_format import SideFormat

AFFINE = np.array([[-1.5, 0, 0, 90], [0, 0.1, 2, -126], [0, 2, 0.1, -72], [0, 0, 0, 1]])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def saved(path: str, values: np.ndarray, affine: np.ndarray = AFFINE, kind=nib.Nifti1Image) -> np.ndarray:
    """Write a volume; returns what nibabel reads from it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    nib.save(kind(values, affine), path)
    return np.asarray(nib.load(path).dataobj)


def voxels(path: str, **how: Any) -> np.ndarray:
    field = open_source(path, SideFormat(**how)).numbers(())
    return field.read(0, 1)[0]


KINDS = [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.float32, np.float64]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
def test_the_voxels_of_nibabel(kind, suffix, version):
    values = np.random.default_rng(1).integers(0, 100, (4, 5, 6)).astype(kind)
    known = saved(f"v.{suffix}", values, kind=version)
    found = voxels(f"v.{suffix}")
    assert np.array_equal(found, known)
    assert found.dtype == known.dtype.newbyteorder("=") == kind
    assert found.shape == (4, 5, 6)


@settings(max_examples=30)
@given(
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    slope=st.sampled_from([1.0, 0.5, 1 / 255]),
    inter=st.sampled_from([0.0, -1.0]),
)
def test_scaling_as_nibabel_scales(shape, slope, inter):
    image = nib.Nifti1Image(np.random.default_rng(2).integers(0, 99, shape).astype(np.int16), AFFINE)
    image.header.set_slope_inter(slope, inter)
    raw = image.to_bytes()
    Path("v.nii").write_bytes(raw)
    known = np.asarray(nib.load("v.nii").dataobj)
    found = voxels("v.nii")
    assert np.array_equal(found.reshape(known.shape), known)
    assert found.dtype.kind == known.dtype.kind


def test_big_endian_files():
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image = nib.Nifti1Image(values, AFFINE, header=nib.Nifti1Header(endianness=">"))
    nib.save(image, "v.nii")
    assert np.array_equal(voxels("v.nii"), values)


def test_spacing_affine_and_names():
    for i in (10, 9):
        saved(f"f/case{i}.nii.gz", np.zeros((2, 3, 4 + i), np.uint8))
    Path("f/readme.md").write_text("text")
    source = open_source("f")
    assert source.text(FILE_STEM).read(0, 2).tolist() == ["case9", "case10"]
    facts = declared_of(source)
    assert facts["spacing"] == pytest.approx(np.tile(np.sqrt((AFFINE[:3, :3] ** 2).sum(0)), (2, 1)))
    assert facts["affine"] == pytest.approx(np.tile(AFFINE, (2, 1, 1)), rel=1e-6)
    assert "1 other file is not read: readme.md" in notes_of(source)
    field = pickle.loads(pickle.dumps(source.numbers(())))
    assert field.read(1, 2).shape == (1, 2, 3, 14)
    assert np.array_equal(field.take(np.array([1])), field.read(1, 2))


def test_trailing_axes_of_length_1_are_dropped():
    assert voxels(("v.nii", saved("v.nii", np.zeros((3, 4, 5, 1), np.uint8)))[0]).shape == (3, 4, 5)


def changed(path: str, offset: int, raw: bytes) -> Any:
    held = bytearray(Path(path).read_bytes())
    held[offset : offset + len(raw)] = raw
    Path(path).write_bytes(held)


ZEROS = np.zeros((3, 4, 5), np.uint8)


def broken(values: np.ndarray = ZEROS) -> Any:
    saved("v.nii", values)


def cut(length: int) -> Any:
    """A volume that ends early."""
    broken()
    Path("v.nii").write_bytes(Path("v.nii").read_bytes()[:length])


WRONG = {
    "text": (lambda: Path("v.nii").write_text("text"), "not a NIfTI volume"),
    "a pair": (lambda: (broken(), changed("v.nii", 344, b"ni1\0")), "a pair of files"),
    "truncated": (
        lambda: (broken(), Path("v.nii").write_bytes(Path("v.nii").read_bytes()[:-9])),
        "truncated: the header announces 412",
    ),
    "no values": (lambda: cut(352), "truncated"),
    "half a header": (lambda: cut(99), "not a NIfTI volume"),
    "complex": (lambda: broken(np.zeros((2, 2, 2), np.complex64)), "contains values of type complex64"),
    "colours": (lambda: (broken(), changed("v.nii", 70, b"\x80\0\x18\0")), "contains values of type"),
    "an unknown type": (lambda: (broken(), changed("v.nii", 70, b"\x63\0")), "broken NIfTI header"),
    "five axes": (lambda: broken(np.zeros((2, 2, 2, 2, 2), np.uint8)), "2 × 2 × 2 × 2 × 2"),
    "one axis": (lambda: broken(np.zeros(5, np.uint8)), "two or three axes"),
    "huge": (lambda: (broken(), changed("v.nii", 42, b"\xff\x7f" * 3)), "--max-pixels 35181150961663"),
    "no size": (lambda: (broken(), changed("v.nii", 42, b"\0\0")), "two or three axes"),
    "spacing of NaN": (lambda: (broken(), changed("v.nii", 80, b"\0\0\xc0\x7f")), "not finite"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name):
    make, says = WRONG[name]
    make()
    with pytest.raises(DataError, match=r"v\.nii") as e:
        voxels("v.nii")
    assert says in str(e.value)


def test_compressed_files_that_end_early():
    saved("f/v.nii.gz", np.random.default_rng(3).integers(0, 200, (9, 9, 9)).astype(np.uint8))
    raw = Path("f/v.nii.gz").read_bytes()
    for n in (5, 20, 200, len(raw) - 20):
        Path("f/v.nii.gz").write_bytes(raw[:n])
        with pytest.raises(DataError, match=r"v\.nii\.gz"):
            voxels("f")
    Path("f/v.nii.gz").write_bytes(gzip.compress(b"text"))
    with pytest.raises(DataError, match="not a NIfTI volume"):
        voxels("f")


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 351), st.integers(0, 255)), min_size=1, max_size=3), st.integers(1, 412))
def test_a_changed_file_is_read_or_refused(changes, length):
    broken()
    for offset, byte in changes:
        changed("v.nii", offset, bytes([byte]))
    Path("v.nii").write_bytes(Path("v.nii").read_bytes()[:length])
    with suppress(DataError):
        voxels("v.nii", max_pixels=10**6)
