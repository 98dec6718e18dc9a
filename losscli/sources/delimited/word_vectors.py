"""The text format of word2vec: a line with the numbers of words and dimensions, then a word and its vector per line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.records import dataclass
from losscli.sources.cell_numbers import all_numbers

_SIZES = r"([1-9][0-9]*) ([1-9][0-9]*)\s*"
WORD = "word"


@dataclass(frozen=True)
class WordVectors:
    """What the first line announces."""

    words: int
    dimensions: int

    @property
    def names(self) -> tuple[str, ...]:
        return (WORD, *(f"e{i}" for i in range(self.dimensions)))

    @property
    def note(self) -> str:
        return f"word vectors: columns {WORD} and {f'e0 … e{self.dimensions - 1}' if self.dimensions > 1 else 'e0'}"


def announced(lines: Sequence[str]) -> WordVectors | None:
    """What the first line of a table announces, if the second one is a word and as many numbers."""
    found = re.fullmatch(_SIZES, lines[0]) if len(lines) > 1 and lines[0][:1].isdigit() else None
    if found is None:
        return None
    fields = lines[1].split()
    fits = len(fields) == int(found[2]) + 1 and all_numbers(fields[1:])
    return WordVectors(int(found[1]), int(found[2])) if fits else None
