"""Images that both files name twice, by an id and by a file: both names of an image have to be the same on both sides."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from itertools import product

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.reading.chosen import col
from losscli.reading.key_words import plain, stem
from losscli.sources.base import Source, declared_of
from losscli.sources.missing import is_missing
from losscli.spec.column_names import IMAGE_ID, fold

_SIDES = ("pred", "target")
_FILES = frozenset(map(fold, ("image", "img", "filename", "image_name", "image_path")))
"""Columns that may hold the name of a file, however they are called."""
_Pair = tuple[str, str]


@dataclass(frozen=True)
class Side:
    """A file and the column that its images are known by."""

    source: Source
    column: str

    @property
    def others(self) -> list[str]:
        """The further columns that may name its images."""
        known = {fold(name) for name in IMAGE_ID}
        declared = declared_of(self.source).get("image_id", ())
        return [n for n in self.source.names if n and n != self.column and (n in declared or fold(n) in known)]

    def names(self, other: str, spell: Callable[[str], str]) -> Mapping[str, tuple[str, int]] | None:
        """What another column has for each image, and in which row first; None where it has several values for one image."""
        found: dict[str, tuple[str, int]] = {}
        cells = (self.source.text(name).read(0, self.source.rows).tolist() for name in (self.column, other))
        for row, (image, name) in enumerate((str(a), plain(str(b))) for a, b in zip(*cells, strict=True)):
            if is_missing(image) or is_missing(name):
                continue
            if found.setdefault(spell(image), (name, row))[0] != name:
                return None
        catalogue = declared_of(self.source).get("catalogue")
        listed = {} if catalogue is None or self.column != "image_id" else catalogue.images
        for image, known in listed.items():
            if known.get(other):
                found.setdefault(spell(image), (str(known[other]), 0))
        return found


def refuse_two_names(pred: Side, target: Side, spell: Callable[[str], str], how: Callable[[_Pair], str]) -> None:
    """Raise DataError at the first image of both sides to which another column gives different names.

    spell: how ids are spelled to be compared; how: the option that takes a pair of columns for the images.
    """
    for pair in product(pred.others, target.others):
        alike = fold(pair[0]) == fold(pair[1]) or set(map(fold, pair)) <= _FILES
        here, there = (pred.names(pair[0], spell), target.names(pair[1], spell)) if alike else (None, None)
        if here is None or there is None:
            continue
        for image, (ours, row) in here.items():
            theirs = there.get(image, (ours, 0))[0]
            if stem(ours) != stem(theirs):
                told = visible(target.source.path)
                what = f"{visible(pred.column)} {visible(image, 60)} has {visible(pair[0])} {visible(ours, 60)}"
                choices = " or ".join(map(how, ((pred.column, target.column), pair)))
                where = pred.source.text(pair[0]).where(row)
                raise DataError(f"{what}, but {visible(theirs, 60)} in {told}", where, f"choose what names the images: {choices}")


def by_col(pair: _Pair) -> str:
    """The --col that takes these columns for the images."""
    if pair[0] == pair[1]:
        return col("image_id", pair[:1])
    return " ".join(col(f"{side}.image_id", [name]) for side, name in zip(_SIDES, pair, strict=True))


def by_key(pair: _Pair) -> str:
    """The --key that pairs images by these columns."""
    return f"--key {shlex.quote(visible('='.join(dict.fromkeys(pair))))}"
