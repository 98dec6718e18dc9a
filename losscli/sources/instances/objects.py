"""The objects of a file, each with its image, its class and its runs of pixels, whatever the format. Paints nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from losscli.core.errors import Where
from losscli.core.records import dataclass, field
from losscli.numerics.stable import Ints
from losscli.sources.base import Source
from losscli.sources.side_format import MAX_PIXELS

Size = tuple[int, int]
"""Height and width."""


class Runs(Protocol):
    """How the masks of the objects are stored; picklable."""

    def size(self, i: int) -> Size | None:
        """The size of the image as object i says it."""
        ...

    def read(self, i: int, size: Size) -> Ints:
        """The runs of object i in an image of that size. Raises DataError where they are malformed."""
        ...

    def where(self, i: int) -> Where:
        """The place of object i."""
        ...


@dataclass(frozen=True)
class Instances:
    """The objects of one file.

    images: the ids of all images, in order; owners: by object, the place of its image among them. labels: by object, its class,
    empty where objects have none. classes: all classes in order; None where only objects show them. sizes: of the images that say
    it. files: by image, the name of its file, where that is known. scores: by object; crowds: the objects that are groups.
    """

    source: Source
    images: tuple[str, ...]
    owners: Sequence[int]
    labels: Sequence[str]
    runs: Runs
    classes: tuple[str, ...] | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The ids of the classes, where these are numbers."""
    sizes: Mapping[int, Size] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    scores: Sequence[float] | None = None
    crowds: frozenset[int] = frozenset()
    most: int = MAX_PIXELS
    """The most pixels of an image."""
    by_rows: bool = False
    """Whether runs go along the rows."""
    names: tuple[str, str] = ("image_id", "segmentation")
    """What the images and the masks are called."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """What the signature says of how masks are made."""
    notes: tuple[str, ...] = ()
    by_file: bool = False
    """Whether images have no ids but the names of their files."""

    @property
    def named(self) -> tuple[str, ...]:
        """The classes in order, or those that objects have, in the order of numbers and names."""
        from losscli.sources.folders.natural_order import natural

        return self.classes if self.classes is not None else tuple(sorted(set(self.labels) - {""}, key=natural))
