"""XML by events, without document types and entities: what a file says is all that is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from losscli.core.errors import DataError, Where, visible

Start = Callable[[str, dict[str, str]], None]
_BLOCK = 1 << 18


def read_xml(
    stream: IO[bytes],
    where: Where,
    start: Start,
    end: Callable[[str], None],
    text: Callable[[str], None],
    *,
    most: int = 1 << 30,
) -> None:
    """Call start(name, attributes), text and end(name) for each element; names and attributes are without their namespaces.

    Raises DataError for what is not XML, for an element of more than `most` attributes, and for a DOCTYPE, which could name other
    files or expand without end.
    """
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_: object) -> None:
        fix = "a table needs none; write the file again"
        raise DataError("has a DOCTYPE, which is not read", Where(where.path, line=parser.CurrentLineNumber), fix)

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(attributes) > most:
            place = Where(where.path, line=parser.CurrentLineNumber)
            raise DataError(f"an element of {len(attributes)} attributes", place, f"{most} are the most; write the values as CSV")
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, lambda name: end(_local(name))
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    try:
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as e:
        what = f"not valid XML at character {e.offset + 1}: {visible(expat.ErrorString(e.code))}"
        raise DataError(what, Where(where.path, line=e.lineno), "write the file again") from None


def _local(name: str) -> str:
    return name.rpartition("}")[2]
