"""The images that annotations belong to: which there are, and their sizes, read from the headers of their files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, some, visible
from losscli.core.records import dataclass, field
from losscli.core.seen_files import open_noted
from losscli.numerics.stable import Ints
from losscli.sources.folders.natural_order import natural
from losscli.sources.folders.stems import stem_of

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations under which an image is shown with its sides exchanged."""


@dataclass(frozen=True)
class Images:
    """What is known of the images. files: by stem, where a folder lists them. size: of every image, where an option states it."""

    folder: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None

    @property
    def sized(self) -> bool:
        return self.size is not None or bool(self.folder)

    def sizes(self, stems: Sequence[str]) -> Ints:
        """(n,2): width and height of the images of these stems. Raises DataError where one is not there or cannot be read."""
        if self.size is not None:
            return np.tile(np.array(self.size, np.int64), (len(stems), 1))
        gone = [stem for stem in stems if stem not in self.files]
        if gone:
            what = f"no image for {len(gone)} of {len(stems)} annotated images: {some(gone[:3])}"
            fix = "name the folder of their images with --images DIR, or one size for all with --image-size WxH"
            raise DataError(what, Where(self.folder), fix)
        return np.array([_size(self.files[stem]) for stem in stems], np.int64).reshape(-1, 2)


def images_of(folder: str | None, size: str | None, stem: str = "") -> Images:
    """The images in a folder and below it, by stem. Raises UsageError or DataError where there are none."""
    stated = None if size is None else size_of(size)
    if folder is None:
        return Images(size=stated)
    if not os.path.isdir(folder):
        raise UsageError(f"--images {visible(folder)}: no such folder", fix="name the folder that holds the image files")
    files: dict[str, str] = {}
    paths = [os.path.join(inside, name) for inside, _, names in os.walk(folder) for name in names if name[0] != "."]
    for path in sorted((p for p in paths if p.lower().endswith(SUFFIXES)), key=natural):
        other = files.setdefault(stem_of(path, stem), path)
        if other != path:
            what = f"two images of the name {visible(stem_of(path, stem))!r}: {visible(other)}"
            raise DataError(what, Where(path), "name a folder in which the names of images are distinct")
    if not files:
        raise DataError("has no images", Where(folder), f"--images needs a folder of files ending in {' '.join(SUFFIXES)}")
    return Images(folder, files, stated)


def size_of(text: str) -> tuple[int, int]:
    """`640x480` as width and height. Raises UsageError for anything else."""
    width, mark, height = text.lower().partition("x")
    found = [int(n) if n.isascii() and n.isdigit() and len(n) < 7 else 0 for n in (width, height)]
    if not mark or not all(found):
        raise UsageError(f"--image-size: {visible(text)!r} is not a size", fix="give width and height in pixels: 640x480")
    return found[0], found[1]


def _size(path: str) -> tuple[int, int]:
    """The width and height of an image as it is shown."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        fix = f"{install('images')}, or state one size for all with --image-size WxH"
        raise UsageError("--images needs Pillow, which is not installed, to read the sizes of images", fix=fix) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with open_noted(path) as file, Image.open(file) as image:  # reads the header only
                width, height = image.size
                turned = image.format == "JPEG" and image.getexif().get(_ORIENTATION) in _SIDEWAYS
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else "not an image that Pillow reads"
        raise DataError(f"cannot be read: {reason}", Where(path), "check the file, or give --image-size WxH") from None
    return (height, width) if turned else (width, height)
