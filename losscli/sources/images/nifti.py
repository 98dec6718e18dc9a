"""NIfTI volumes, with the extra `medical`: a file, or those of a folder or pattern; a volume is a row, decoded when it is read.

Orientations are never changed: axes and voxels are those of the file.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import BytesIO
from math import prod
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats
from losscli.sources.base import size
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.images.image_field import ImageField
from losscli.sources.images.image_files import ImageFiles, openers
from losscli.sources.side_format import SideFormat

_GZIP = b"\x1f\x8b"
_LENGTHS = {348: "Nifti1Header", 540: "Nifti2Header"}
_PAIRS = (b"ni1\0", b"ni2\0")
_MAGIC = {348: (344, 348), 540: (4, 12)}
_SILENT = logging.Logger("losscli.nifti", logging.CRITICAL + 1)
_AGAIN = "copy or write the file again"
_BLOCK = 1 << 20
_LATEST = 1 << 28
"""The last byte at which the values may begin, after the header and its extensions."""


@dataclass(frozen=True)
class Volume:
    """What a header says: its own object, the shape, the spatial axes among it, the type of the values, and where they lie."""

    header: Any
    shape: tuple[int, ...]
    axes: int
    dtype: np.dtype[Any]
    zooms: tuple[float, ...]
    affine: Floats


@dataclass(frozen=True)
class Decoder:
    """Reads one volume after another."""

    files: tuple[ByteFile, ...]
    paths: tuple[str, ...]
    volumes: tuple[Volume, ...]
    dtype: np.dtype[Any]

    def load(self, row: int) -> Array:
        volume, place = self.volumes[row], self.place(row)
        raw = _bytes(self.files[row], _end(volume), place)
        self.files[row].check(place.path)
        proxy = import_module("nibabel.arrayproxy").ArrayProxy(BytesIO(raw), volume.header)
        try:
            values = np.asarray(proxy)
        except (OSError, ValueError) as e:
            raise DataError(f"cannot be decoded: {visible(e)}", place, _AGAIN) from None
        return np.ascontiguousarray(values.reshape(volume.shape), self.dtype)

    def place(self, row: int) -> Where:
        return Where(self.paths[row])


def _source(path: str, files: tuple[ByteFile, ...], paths: Sequence[str], how: SideFormat, *, named: bool) -> ImageFiles:
    volumes = tuple(_volume(file, Where(at), how.max_pixels) for file, at in zip(files, paths, strict=True))
    _refuse_mixed(volumes, paths)
    dtype = np.result_type(*(v.dtype for v in volumes))
    decoder = Decoder(files, tuple(paths), volumes, dtype)
    kind = "f" if dtype.kind == "f" else "i"
    field = ImageField.of((), [v.shape for v in volumes], kind, decoder.load, decoder.place)
    zooms, affines = np.array([v.zooms for v in volumes]), np.array([v.affine for v in volumes])
    return ImageFiles(path, "nifti", files, field, how, named=named, spacing=zooms, affine=affines, axes=volumes[0].axes)


open_file, open_folder = openers(_source)


def _refuse_mixed(volumes: Sequence[Volume], paths: Sequence[str]) -> None:
    """Raise DataError where some volumes have other axes than the first."""
    for volume, path in zip(volumes, paths, strict=True):
        if len(volume.shape) != len(volumes[0].shape):
            what = f"has {len(volume.shape)} axes ({size(volume.shape)}), but {visible(paths[0])} has {len(volumes[0].shape)}"
            raise DataError(what, Where(path), "give volumes of equally many axes")


def _volume(file: ByteFile, place: Where, most: int) -> Volume:
    """The checked header of a file."""
    first = _bytes(file, max(_LENGTHS), place, whole=False)
    length = next((n for n in _LENGTHS for order in ("little", "big") if int.from_bytes(first[:4], order) == n), 0)
    if not length or len(first) < length:
        raise DataError("not a NIfTI volume", place, "give files of NIfTI-1 or NIfTI-2, .nii or .nii.gz")
    if first[slice(*_MAGIC[length])][:4] in _PAIRS:
        raise DataError("the header of a pair of files, .hdr and .img", place, "save header and values as one file, .nii")
    header = _header(_LENGTHS[length], first[:length], place)
    return _checked(header, place, most)


def _header(name: str, raw: bytes, place: Where) -> Any:
    try:
        kind = getattr(import_module("nibabel"), name)
    except ImportError:
        raise UsageError("NIfTI volumes need nibabel, which is not installed", fix=install("medical")) from None
    try:
        header = kind.from_fileobj(BytesIO(raw), check=False)
        header.check_fix(logger=_SILENT, error_level=40)
        header.get_data_dtype(), header.get_slope_inter(), header.get_best_affine(), header.get_data_offset()
    except Exception as e:  # nibabel's own errors, and those of NumPy for numbers that no header has
        raise DataError(f"broken NIfTI header: {visible(e)}", place, _AGAIN) from None
    return header


def _checked(header: Any, place: Where, most: int) -> Volume:
    shape = tuple(int(n) for n in header.get_data_shape())
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    dtype = header.get_data_dtype()
    if not 2 <= len(shape) <= 4 or min(shape) < 1:
        what = f"has the shape {size(shape) or '()'}; a volume has two or three axes, and perhaps one of classes"
        raise DataError(what, place, "save a volume of 3 axes, or of 4 with the classes on the last")
    if (begin := int(header.get_data_offset())) > _LATEST:
        raise DataError(f"broken NIfTI header: its values begin at byte {begin}", place, _AGAIN)
    if prod(shape) > most:
        raise DataError(
            f"{size(shape)} voxels are more than --max-pixels {most}", place, f"use --max-pixels {prod(shape)} if it is that large"
        )
    if dtype.kind not in "iuf":
        raise DataError(f"contains values of type {dtype}, not numbers", place, "save integers or floats")
    axes, zooms = min(len(shape), 3), header.get_zooms()
    affine = np.asarray(header.get_best_affine(), np.float64)
    if not (np.isfinite(zooms).all() and np.isfinite(affine).all() and min(zooms[:axes]) > 0):
        raise DataError("broken NIfTI header: its spacing or affine is not finite, or not above 0", place, _AGAIN)
    scaled = header.get_slope_inter() not in ((None, None), (1.0, 0.0))
    stored = np.dtype(np.float64) if scaled else dtype.newbyteorder("=")
    return Volume(header, shape, axes, stored, tuple(float(x) for x in zooms[:axes]), affine)


def _end(volume: Volume) -> int:
    """Where the values end in the file."""
    return int(volume.header.get_data_offset()) + prod(volume.header.get_data_shape()) * volume.header.get_data_dtype().itemsize


def _blocks(stream: gzip.GzipFile, size: int) -> Iterator[bytes]:
    """The first `size` bytes, if there are as many: memory is taken for those that there are."""
    while size and (block := stream.read(min(size, _BLOCK))):
        size -= len(block)
        yield block


def _bytes(file: ByteFile, size: int, place: Where, *, whole: bool = True) -> bytes:
    """The first `size` bytes, decompressed; no more are. Raises DataError where there are fewer, if `whole` are needed."""
    try:
        if file.read(0, 2) == _GZIP:
            with gzip.GzipFile(fileobj=file.stream()) as stream:
                raw = b"".join(_blocks(stream, size))
        else:
            raw = file.read(0, min(size, file.size))
    except (OSError, EOFError, zlib.error) as e:
        raise DataError(f"cannot be decompressed: {visible(e)}", place, _AGAIN) from None
    if whole and len(raw) < size:
        raise DataError(f"truncated: the header announces {size} bytes, the file has {len(raw)}", place, _AGAIN)
    return raw
