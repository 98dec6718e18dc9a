"""COCO's results: the objects that a detector found, in one list."""

from __future__ import annotations

from losscli.sources.coco.entries import Entries
from losscli.sources.coco.objects import columns_of
from losscli.sources.coco.table import CocoTable
from losscli.sources.json.document import Document


def table(document: Document) -> CocoTable:
    """The results in a file. Raises DataError at the first entry that is not as COCO has it."""
    entries = Entries(document.stored.shown, "", document.value).checked()
    return CocoTable(document.stored, entries, *columns_of(entries))
