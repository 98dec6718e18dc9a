"""How a report looks to people, and what findings for programs include."""

from __future__ import annotations

from losscli.core.records import dataclass

HEIGHTS = "▁▂▃▄▅▆▇█"
"""The heights of the bars of a histogram in one line: of an empty bin, then sevenths of the fullest."""

ROOM = 900 << 10
"""The most bytes of a step summary: GitHub discards one above 1 MiB as a whole."""


@dataclass(frozen=True)
class Style:
    """digits: significant digits; width: columns of the terminal, None for no limit; unicode: whether – · × ↑ ─ can be encoded.

    findings: `worst` adds the worst samples to the gates that need attention. room: the bytes that a step summary may take.
    """

    digits: int = 6
    width: int | None = None
    color: bool = False
    quiet: bool = False
    unicode: bool = True
    findings: str = "gates"
    room: int = ROOM

    def spell(self, text: str) -> str:
        """The text, with ASCII signs of the same width where the stream cannot encode the others."""
        return text if self.unicode else text.translate(_ASCII)


_ASCII = str.maketrans({"–": "-", "·": "|", "×": "x", "↑": "^", "↓": "v", "─": "-", **dict(zip(HEIGHTS, ".:-=+*#@", strict=True))})
