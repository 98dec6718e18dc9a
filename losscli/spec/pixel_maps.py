"""Which losses of a family have a value per pixel, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from losscli.core.records import dataclass


@dataclass(frozen=True)
class PixelMaps:
    """losses: those with a value per pixel. alone(args): the arguments of such a loss for one image as those for an image per
    pixel."""

    losses: tuple[str, ...]
    alone: Callable[[tuple[Any, ...]], tuple[Any, ...]]
