"""Whether the palettes of images whose indices are labels mean the same by an index. Decodes pixels only where they may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array

Places = dict[bytes, frozenset[int]]
"""By colour, its indices in a palette."""
_LEVELS = bytes(i for i in range(256) for _ in range(3))


@runtime_checkable
class Indexed(Protocol):
    """Images whose indices of palettes are read as labels."""

    def palettes(self) -> Sequence[bytes]:
        """The palette of each image, red, green and blue in turn; empty for an image without one."""
        ...

    def load(self, row: int) -> Array: ...

    def place(self, row: int) -> Where: ...


@dataclass(frozen=True)
class _Seen:
    """A colour of a pixel: its index, all indices of it in the palette, and the image."""

    index: int
    indices: frozenset[int]
    place: Where


def refuse_apart(sides: Sequence[Indexed]) -> None:
    """Raise DataError where pixels of one colour have one index in an image, and another one in another image."""
    named = {raw: _places(raw) for x in sides for raw in x.palettes() if raw != _LEVELS[: len(raw)]}
    if not _may_differ(named.values()):
        return
    seen: dict[bytes, list[_Seen]] = {}
    for images in sides:
        for row, raw in enumerate(images.palettes()):
            if raw in named:
                for index in np.unique(images.load(row)).tolist():
                    colour = raw[3 * index : 3 * index + 3]
                    found = _Seen(index, named[raw].get(colour, frozenset()), images.place(row))
                    _compare(colour, found, seen.setdefault(colour, []))


def _places(raw: bytes) -> Places:
    found: dict[bytes, set[int]] = {}
    for i in range(len(raw) // 3):
        found.setdefault(raw[3 * i : 3 * i + 3], set()).add(i)
    return {colour: frozenset(indices) for colour, indices in found.items()}


def _may_differ(palettes: Iterable[Places]) -> bool:
    """Whether a colour has an index in one palette that it has not in another, and the reverse."""
    known: dict[bytes, set[frozenset[int]]] = {}
    for places in palettes:
        for colour, indices in places.items():
            others = known.setdefault(colour, set())
            if any(indices - other and other - indices for other in others):
                return True
            others.add(indices)
    return False


def _compare(colour: bytes, found: _Seen, others: list[_Seen]) -> None:
    """Raise DataError where a colour has been seen at another index; else remember it."""
    for other in others:
        if found.index not in other.indices and other.index not in found.indices:
            shown = f"the colour {' '.join(map(str, colour))} has the index {found.index} in its palette"
            fix = (
                "read the colours with --palette FILE (lines `r g b name`), or the indices whatever their colours with "
                "--palette indices"
            )
            raise DataError(f"{shown}, but {other.index} in that of {visible(other.place.path)}", found.place, fix)
    if all((found.index, found.indices) != (other.index, other.indices) for other in others):
        others.append(found)
