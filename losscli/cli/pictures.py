"""Pictures as text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.cli import exits

if TYPE_CHECKING:
    from losscli.pictures.model import Picture


def text(picture: Picture, rows: int | None = None) -> str:
    """The picture in the width of stdout, with the characters and colours that it has; rows: of a panel."""
    from losscli.pictures.terminal import ROWS, draw

    return draw(picture, exits.width() or 80, rows=rows or ROWS, signs=exits.takes_braille(), color=exits.colored())
