"""What the first bytes of a file say of it whatever its format."""

from __future__ import annotations

import re

HEAD = 1 << 16
"""Bytes that are looked at: enough for the header of any NPY without named fields."""
UTF8_MARK = b"\xef\xbb\xbf"
_NOT_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


def is_text(head: bytes) -> bool:
    """Whether these may be the first bytes of a text in UTF-8 or another superset of ASCII."""
    return _NOT_TEXT.search(head) is None
