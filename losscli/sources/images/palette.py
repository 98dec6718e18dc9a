"""Colours as class numbers, by --palette: a file of colours, `id` for numbers spread over the channels, `grey` for grey levels,
`indices` for the indices of palettes whatever their colours."""

from __future__ import annotations

import re

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted
from losscli.numerics.stable import Array, Ints

ID, GREY, INDICES = "id", "grey", "indices"
_SEPARATOR = re.compile(r"[,;\s]+")


@dataclass(frozen=True)
class Palette:
    """The colours of a file, as numbers R·65536 + G·256 + B in rising order, the class of each, and the names of the classes."""

    path: str
    colours: tuple[int, ...]
    classes: tuple[int, ...]
    names: tuple[str, ...]

    def labels(self, image: Array, place: Where) -> Array:
        """The class of every pixel of an (H,W,3) image. Raises DataError at the first colour that is not listed."""
        code = codes(image)
        known, classes = self._arrays
        at = np.minimum(np.searchsorted(known, code), len(known) - 1)
        strange = known[at] != code
        if strange.any():
            raise self._unknown(code, int(np.argmax(strange)), place)
        return np.asarray(classes[at])

    @lazy
    def _arrays(self) -> tuple[Ints, Array]:
        most = np.uint8 if len(self.names) <= 256 else np.int64
        return np.asarray(self.colours, np.int64), np.asarray(self.classes, most)

    def _unknown(self, code: Ints, item: int, place: Where) -> DataError:
        row, column = np.unravel_index(item, code.shape)
        colour = _rgb(int(code[row, column]))
        near = min(range(len(self.colours)), key=lambda i: _distance(_rgb(self.colours[i]), colour))
        what = f"pixel [{row}, {column}] has the colour {_shown(colour)}, which is not in {visible(self.path)}"
        nearest = f"the nearest there is {_shown(_rgb(self.colours[near]))} {visible(self.names[self.classes[near]], 40)}"
        return DataError(
            f"{what}; {nearest}", place, "list the colour in the palette, or save the mask without smoothing or scaling"
        )


def _rgb(code: int) -> tuple[int, int, int]:
    return code >> 16, code >> 8 & 255, code & 255


def _distance(a: tuple[int, int, int], b: tuple[int, int, int]) -> int:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def _shown(colour: tuple[int, int, int]) -> str:
    return " ".join(map(str, colour))


def codes(image: Array) -> Ints:
    """The colours of an (H,W,3) image as numbers."""
    wide = image.astype(np.int64)
    return np.asarray((wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2])


def numbers(image: Array) -> Array:
    """R + 256·G + 65536·B of every pixel, as COCO's panoptic format numbers its segments."""
    wide = image.astype(np.int64)
    return np.asarray(wide[..., 0] | (wide[..., 1] << 8) | (wide[..., 2] << 16))


def levels(image: Array, place: Where) -> Array:
    """The grey level of every pixel. Raises DataError at the first pixel that is not grey."""
    coloured = (image[..., 0] != image[..., 1]) | (image[..., 0] != image[..., 2])
    if coloured.any():
        row, column = np.unravel_index(int(np.argmax(coloured)), coloured.shape)
        what = f"pixel [{row}, {column}] has the colour {_shown(tuple(image[row, column].tolist()))}, which is not grey"
        raise DataError(what, place, "list the colours of the classes in a file for --palette FILE, as lines `r g b name`")
    return image[..., 0]


def read_palette(path: str) -> Palette:
    """The colours of a file, `r g b name` or `name,r,g,b` a line. Raises DataError for a line that is neither."""
    try:
        with open_noted(path, "r", encoding="utf-8-sig") as file:
            lines = file.read(1 << 20).splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else "not UTF-8 text"
        raise DataError(
            f"--palette cannot be read: {reason}", Where(path), "give a file with lines `r g b name`, id, grey or indices"
        ) from None
    found: dict[int, int] = {}
    names: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#") or (number == 1 and _is_header(line)):
            continue
        colour, name = _entry(line, Where(path, line=number))
        if colour in found:
            raise DataError(
                f"the colour {_shown(_rgb(colour))} is listed twice", Where(path, line=number), "list every colour once"
            )
        found[colour] = names.setdefault(name, len(names))
    if not found:
        raise DataError("lists no colours", Where(path), "write one colour a line: `r g b name`")
    colours = tuple(sorted(found))
    return Palette(path, colours, tuple(found[c] for c in colours), tuple(names))


def _is_header(line: str) -> bool:
    words = {word.lower() for word in _SEPARATOR.split(line.strip())}
    return {"r", "g", "b"} <= words or {"red", "green", "blue"} <= words


def _entry(line: str, where: Where) -> tuple[int, str]:
    """The colour and the name of one line."""
    parts = _SEPARATOR.split(line.strip())
    first = all(map(str.isdecimal, parts[:3]))
    levels, name = (parts[:3], " ".join(parts[3:])) if first else (parts[-3:], " ".join(parts[:-3]))
    if len(levels) < 3 or not all(x.isascii() and x.isdecimal() and len(x) < 4 and int(x) < 256 for x in levels) or not name:
        raise DataError(f"{visible(line, 60)!r} is not a colour with a name", where, "write `r g b name`, r, g and b from 0 to 255")
    red, green, blue = map(int, levels)
    return red << 16 | green << 8 | blue, name
