"""A field made of another one, whose names, rows and places are its own."""

from __future__ import annotations

from losscli.core.errors import Where
from losscli.core.records import dataclass
from losscli.sources.base import Field


@dataclass(frozen=True)
class Derived:
    """What a subclass does not define is that of the other field."""

    field: Field

    @property
    def names(self) -> tuple[str, ...]:
        return self.field.names

    @property
    def rows(self) -> int:
        return self.field.rows

    @property
    def shape(self) -> tuple[int, ...]:
        return self.field.shape

    def where(self, row: int, item: int = 0) -> Where:
        return self.field.where(row, item)
