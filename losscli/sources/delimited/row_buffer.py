"""Whole rows of a table as bytes in a reused buffer, with cheap tests of their contents."""

from __future__ import annotations

import re

import numpy as np

from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.numerics.stable import Bytes
from losscli.sources.delimited.cells import RawRows
from losscli.sources.delimited.decimal_parser import PAD
from losscli.sources.delimited.dialect import Dialect
from losscli.sources.packed_keys import WIDTH

_LONG = re.compile(rb"(?<![0-9.])[0-9]{16,}(?![0-9.eE])")
_NEWLINE, _RETURN, _ASCII = 10, 13, 127


@dataclass(frozen=True)
class RowBuffer:
    """`size` bytes of rows after PAD bytes of padding, followed by WIDTH more. row, line: as in RawRows. Valid until refilled."""

    dialect: Dialect
    buffer: bytearray
    size: int
    row: int
    line: int
    ascii: bool = False
    """Whether all bytes are known to be ASCII."""

    @classmethod
    def of(cls, span: RawRows) -> RowBuffer:
        """A buffer with a copy of these rows."""
        return cls(span.dialect, bytearray(bytes(PAD) + span.raw + bytes(WIDTH)), len(span.raw), span.row, span.line)

    def span(self) -> RawRows:
        """An independent copy of the rows."""
        return RawRows(self.dialect, bytes(memoryview(self.buffer)[PAD : PAD + self.size]), self.row, self.line)

    @lazy
    def data(self) -> Bytes:
        """The whole buffer."""
        return np.frombuffer(self.buffer, np.uint8)

    @lazy
    def body(self) -> Bytes:
        """The rows up to the last line end, which is appended if missing."""
        end = PAD + self.size
        if self.buffer[end - 1] != _NEWLINE:
            self.buffer[end] = _NEWLINE
            end += 1
        return self.data[PAD:end]

    @lazy
    def quotes(self) -> bool:
        return self.holds(b'"')

    @lazy
    def returns(self) -> bool:
        return self.holds(b"\r")

    @lazy
    def exponents(self) -> bool:
        """Whether any number may have an exponent."""
        return self.holds(b"e") or self.holds(b"E")

    @lazy
    def long_numbers(self) -> bool:
        """Whether any whole number may have too many digits for a double."""
        return _LONG.search(self.buffer, PAD, PAD + self.size) is not None

    def holds(self, text: bytes) -> bool:
        return self.buffer.find(text, PAD, PAD + self.size) >= 0

    def clean(self) -> bool:
        """Whether every \\r precedes a \\n and, in a table of one column, no line is blank. Raises DataError if it is not UTF-8."""
        if not self.ascii and self.body.max() > _ASCII:
            self.span().text()
        if self.returns and not (self.body.take(np.flatnonzero(self.body == _RETURN) + 1) == _NEWLINE).all():
            return False
        alone = len(self.dialect.names) == 1
        return not (alone and (self.buffer.startswith((b"\n", b"\r\n"), PAD) or self.holds(b"\n\n") or self.holds(b"\n\r\n")))
