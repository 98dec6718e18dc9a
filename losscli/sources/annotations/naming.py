"""Names for the classes of a side that numbers them, where the other side of the same numbering has names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from losscli.core.errors import DataError, Where, visible
from losscli.sources.base import Source


@runtime_checkable
class Numbered(Protocol):
    """Boxes whose classes are numbers; `classes` has the names, where they are known, and `numbered` says that they are not."""

    numbered: bool
    classes: Mapping[int, str]

    def named(self, classes: Mapping[int, str], told: str) -> None: ...


def name_alike(pred: Source, target: Source) -> None:
    """Give a side whose classes have no names those of the other. Raises DataError where the other numbers them in its own way."""
    for one, other in ((pred, target), (target, pred)):
        if not isinstance(one, Numbered) or not one.numbered:
            continue
        if isinstance(other, Numbered):
            if other.classes:
                one.named(other.classes, visible(other.path))
            elif other.format == "voc":
                what = f"its classes are numbers, those of {visible(other.path)} names"
                raise DataError(what, Where(one.path), "name the classes with --names FILE or --names a,b,c")
        elif other.format == "coco":
            raise _unlike(one, other)


def _unlike(one: Source, other: Source) -> DataError:
    """The error of classes that are numbers beside COCO's categories, which may be other numbers."""
    same = "use --names none if the numbers are COCO's category ids"
    if "category" in other.names:
        what = f"its classes are numbers; {visible(other.path)} names its categories and numbers them in its own way"
        return DataError(what, Where(one.path), f"name the classes with --names FILE or --names a,b,c, or {same}")
    what = f"its classes are numbers that count from 0; {visible(other.path)} has category ids, which often count from 1"
    return DataError(what, Where(one.path), f"{same}, or --class-agnostic to ignore the classes")
