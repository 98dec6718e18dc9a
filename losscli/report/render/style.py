"""What a person may choose about how a report looks. Formats for programs read none of it."""

from __future__ import annotations

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Style:
    """digits: significant digits; width: the terminal's columns, None for no limit; unicode: whether the stream takes – · × ↑ ─."""

    digits: int = 6
    width: int | None = None
    color: bool = False
    verbose: int = 0
    quiet: bool = False
    unicode: bool = True

    def spell(self, text: str) -> str:
        """The text, in ASCII signs of the same width where the stream takes no others."""
        return text if self.unicode else text.translate(_ASCII)


_ASCII = str.maketrans({"–": "-", "·": "|", "×": "x", "↑": "^", "↓": "v", "─": "-"})
