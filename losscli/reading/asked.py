"""How to read and pair the files, as the user asked. Plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.core.records import dataclass

if TYPE_CHECKING:
    from losscli.sources.base import Source
    from losscli.spec.matching import Matching


@dataclass(frozen=True)
class Reading:
    """How to read and pair the files, as the user requested."""

    keys: tuple[str, ...] = ()
    missing: str = "error"
    extra: str = "error"
    cols: tuple[str, ...] = ()
    weights: str | Source | None = None
    strict: bool = False
    matching: Matching | None = None
    by: tuple[str, ...] = ()
    many: bool = False
    """Whether several predictions may have the key of one target."""
    key_stem: bool = False
    """Whether keys compare without folder and file suffix."""
    by_position: bool = False
    """Whether the user insists on pairing by position, whatever ids the files have."""
