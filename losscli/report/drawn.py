"""The worst samples as they are drawn on their images, and those that could not be."""

from __future__ import annotations

from losscli.core.records import dataclass


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
