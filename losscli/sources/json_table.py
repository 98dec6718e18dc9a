"""Tables and arrays in a JSON document: an array of records, or an object that has records."""

from __future__ import annotations

from collections.abc import Iterator

from losscli.sources.base import Source
from losscli.sources.json_document import Document
from losscli.sources.json_records import Copied, JsonTable, records
from losscli.sources.side_format import SideFormat

_ONE = "one object is read as one row"


def open_document(document: Document, how: SideFormat) -> Source | None:
    """The document as a source; None if it is neither records nor columns."""
    if document.is_array and isinstance(document.first, dict):
        return records(document, how.encoding, None)
    if not document.is_array and document.members:
        return JsonTable(Copied(document.stored, how.encoding, one_record), document, (1,), (_ONE,))
    return None


def one_record(document: Document) -> Iterator[str]:
    """The whole document as one row."""
    yield document.text.strip().replace("\n", " ").replace("\r", " ")
