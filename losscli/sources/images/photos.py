"""The images that samples are of, found in a folder by any of their names and opened as they are shown. Never reads a mask."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.file_names import without_suffix
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted
from losscli.sources.folders.natural_order import natural
from losscli.sources.images.header import decoding

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
MOST_PIXELS = 1 << 28


@dataclass(frozen=True)
class Photos:
    """The images below a folder: by path from there, by name, by name without suffix, and by number."""

    folder: str
    known: tuple[Mapping[str, tuple[str, ...]], ...]

    @classmethod
    def below(cls, folder: str) -> Photos:
        """The images of a folder. Raises UsageError where it is not there."""
        if not os.path.isdir(folder):
            raise UsageError(f"--images {visible(folder)}: no such folder", fix="name the folder that holds the image files")
        by: tuple[dict[str, tuple[str, ...]], ...] = ({}, {}, {}, {})
        inside = (os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
        for path in sorted((p for p in inside if p.lower().endswith(SUFFIXES)), key=natural):
            name = os.path.basename(path)
            for known, word in zip(
                by, (_way(os.path.relpath(path, folder)), name, without_suffix(name), _number(name)), strict=True
            ):
                if word:
                    known[word] = (*known.get(word, ()), path)
        return cls(folder, by)

    def find(self, words: Iterable[str]) -> str:
        """The one image that the first of these names is of. Raises DataError for none, and for several."""
        asked = list(dict.fromkeys(words))
        for word in asked:
            name = os.path.basename(_way(word))
            for known, spelled in zip(self.known, (_way(word), name, without_suffix(name), _number(name)), strict=True):
                found = known.get(spelled, ()) if spelled else ()
                if len(found) > 1:
                    raise DataError(f"several images are named {visible(word, 60)}", Where(self.folder))
                if found:
                    return found[0]
        named = f"named {visible(asked[0], 60)}" if asked else "of this sample, which names none"
        raise DataError(f"no image {named}", Where(self.folder))


def _way(path: str) -> str:
    return os.path.normpath(path).replace("\\", "/")


def _number(name: str) -> str:
    """The number that a name is, without zeros in front; empty of another."""
    stem = without_suffix(name)
    return str(int(stem)) if stem.isascii() and stem.isdigit() and len(stem) < 19 else ""


def photo(path: str) -> Any:
    """Pillow's image in colours, turned as its EXIF says. Raises DataError where it cannot be read."""
    place = Where(path)
    try:
        with open_noted(path) as file:
            raw = file.read()
    except OSError as e:
        raise DataError(f"cannot be read: {e.strerror or e}", place) from None
    with decoding(place):
        from io import BytesIO

        from PIL import Image, ImageOps

        with Image.open(BytesIO(raw)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(f"{image.width} × {image.height} pixels are too many", place)
            return ImageOps.exif_transpose(image).convert("RGB")
