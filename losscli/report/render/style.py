"""How a report looks to people. Formats for programs ignore it."""

from __future__ import annotations

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Style:
    """digits: significant digits; width: columns of the terminal, None for no limit; unicode: whether – · × ↑ ─ can be encoded."""

    digits: int = 6
    width: int | None = None
    color: bool = False
    quiet: bool = False
    unicode: bool = True

    def spell(self, text: str) -> str:
        """The text, with ASCII signs of the same width where the stream cannot encode the others."""
        return text if self.unicode else text.translate(_ASCII)


_ASCII = str.maketrans({"–": "-", "·": "|", "×": "x", "↑": "^", "↓": "v", "─": "-"})
