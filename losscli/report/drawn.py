"""The worst samples as they are drawn on their images, and those that could not be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from losscli.core.records import dataclass, replace
from losscli.report.model import Report

FAMILIES = ("detect", "segment")
"""The families whose samples are drawn."""


@dataclass(frozen=True)
class Drawn:
    """An image as JPEG. caption: which sample it is, and how bad; alt: what is to be seen."""

    caption: str
    alt: str
    jpeg: bytes


@dataclass(frozen=True)
class DrawnSamples:
    """Images of samples, the worst first. notes: why samples have none; key: what lines and patterns mean."""

    images: tuple[Drawn, ...] = ()
    notes: tuple[str, ...] = ()
    key: str = ""


def has_images(report: Report) -> bool:
    """Whether the page of the run that made this report shows samples on images."""
    return report.family in FAMILIES and bool(report.worst) and bool((report.options or {}).get("images"))


def within(found: Sequence[DrawnSamples], room: int) -> list[DrawnSamples]:
    """As many images as take so many bytes together, the first of each before the second of any; notes say how many do not."""
    longest = max((len(x.images) for x in found), default=0)
    kept = [0] * len(found)
    for rank, (i, x) in product(range(longest), enumerate(found)):
        if kept[i] == rank < len(x.images) and len(x.images[rank].jpeg) <= room:
            kept[i], room = rank + 1, room - len(x.images[rank].jpeg)
    return [replace(x, images=x.images[:n], notes=(*x.notes, *_left(len(x.images) - n))) for x, n in zip(found, kept, strict=True)]


def not_drawn(n: int, why: str) -> str:
    """That so many more samples are not drawn."""
    return f"1 more sample is not drawn, {why}" if n == 1 else f"{n:,} more samples are not drawn, {why}"


def _left(n: int) -> list[str]:
    return [not_drawn(n, "as the page would be too large")] if n else []
