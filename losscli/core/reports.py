"""What the files of reports begin with, by which they are known wherever files are read."""

from __future__ import annotations

import codecs
import re

from losscli.core.errors import DataError, Where, visible

SCHEMA = "losscli.report/1"
"""The first key of a JSON report."""
GENERATOR = "losscli"
"""What a page of HTML says that it is written by."""
_PAGE = re.compile(rb"\s*<!doctype html", re.IGNORECASE)
_HEAD = 1 << 12


def is_html(head: bytes) -> bool:
    """Whether a file begins as a page of HTML."""
    return _PAGE.match(head.removeprefix(codecs.BOM_UTF8)) is not None


def is_page(head: bytes) -> bool:
    """Whether the beginning of a file is that of a page of losscli, rather than of one with tables to read."""
    return is_html(head) and f'name="generator" content="{GENERATOR} '.encode() in head


def is_document(head: bytes) -> bool:
    """Whether the beginning of a file is that of a JSON report, of any version."""
    head = head[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    return head[:1] == b"{" and f'"{SCHEMA.rpartition("/")[0]}/'.encode() in head


def refused(place: Where) -> DataError:
    """The error of a report where rows are read."""
    fix = f"give the files that it is of; to print it: losscli report {visible(place.path)}"
    return DataError("is a report of losscli, not a file of rows", place, fix)
