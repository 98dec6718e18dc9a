"""What precedes the header of a table: a byte order mark, the line by which Excel names the delimiter, and comments."""

from __future__ import annotations

import re
from functools import partial
from itertools import islice
from typing import IO

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.sources.delimited.delimiters import MARKS, split
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat

BOM = b"\xef\xbb\xbf"
_SAMPLE = 20
"""Lines that must agree on a delimiter other than the default of the suffix."""
_LONGEST = 1 << 26
"""Bytes of a line: a million columns have fewer."""
_SEP = re.compile(rb'"?sep=(.)"?[;,\t]*\r?\n', re.IGNORECASE)
COMMENTS = ("#", "%", "//")
"""How a line begins that may be a comment."""


@dataclass(frozen=True)
class Preamble:
    """start, line: the offset and line of the first line that is neither a `sep=` line nor a comment, and `sample`, the lines from
    there on. comments: the lines skipped before it, as text; mark: what they begin with. delimiter: of a `sep=` line."""

    start: int
    line: int
    sample: tuple[str, ...]
    comments: tuple[str, ...] = ()
    mark: str = ""
    delimiter: str | None = None

    def names(self, delimiter: str) -> list[str]:
        """The fields of the last comment line, without its mark."""
        return split(self.comments[-1].strip("\r\n")[len(self.mark) :], delimiter)


def read_preamble(file: InputFile, text: SideFormat) -> Preamble:
    """The preamble of a table. Raises DataError if nothing follows it."""
    with file.data.stream() as f:
        read = partial(_line, f, file)
        start = len(BOM) if f.read(3) == BOM else 0
        f.seek(start)
        raw, line, delimiter = read(), 1, None
        if (found := _SEP.fullmatch(raw)) and found[1].decode("latin-1") in MARKS:
            start, line, delimiter, raw = start + len(raw), 2, found[1].decode(), read()
        given = None if text.comment is None else text.comment.encode()
        mark = given or next((x.encode() for x in COMMENTS if _is_comment(raw, x.encode())), None)
        comments: list[bytes] = []
        while mark is not None and raw.startswith(mark):
            comments.append(raw)
            start, line, raw = start + len(raw), line + 1, read()
        if not raw and (comments or delimiter):
            raise DataError("the file has only comments", file.place, "check the program that wrote the file")
        lines = [raw, *islice(iter(read, b""), _SAMPLE - 1)]
    sample = tuple(x.decode("latin-1") for x in lines if mark is None or not x.startswith(mark))
    return Preamble(start, line, sample, tuple(map(_decoded, comments)), (mark or b"").decode(), delimiter)


def _line(f: IO[bytes], file: InputFile) -> bytes:
    raw = f.readline(_LONGEST + 1)
    if len(raw) > _LONGEST:
        fix = "check that it is a table of text, and that its lines end with \\n"
        raise DataError(f"a line of more than {_LONGEST} bytes", file.place, fix)
    return raw


def comment_error(file: InputFile, text: SideFormat, before: Preamble, names: bool) -> DataError:
    """The error of a first line that is a comment, or possibly the column names."""
    line = before.line - len(before.comments)
    skip = f"use {text.flag('--comment', before.mark.strip())} to skip such lines"
    if names:
        fix = f"{skip}, or {text.flag('--header', 'names')} if it holds the column names"
        return DataError(f"the first line begins with {before.mark.strip()!r}", Where(file.shown, line=line), fix)
    return DataError("the first line is a comment, not column names", Where(file.shown, line=line), skip)


def _is_comment(raw: bytes, mark: bytes) -> bool:
    """Whether a line is taken for a comment where no option says so: not where the mark is a whole field, or begins a word as in
    `%change`."""
    after = raw[len(mark) : len(mark) + 1].decode("latin-1")
    return raw.startswith(mark) and after not in [*MARKS] and (mark == b"#" or not after.isalnum())


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
