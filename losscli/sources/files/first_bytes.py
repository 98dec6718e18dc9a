"""What the first bytes of a file say of it whatever its format."""

from __future__ import annotations

HEAD = 1 << 16
"""Bytes that are looked at: enough for the header of any NPY without named fields."""
UTF8_MARK = b"\xef\xbb\xbf"
_NOT_TEXT = bytes([*range(9), *range(14, 27), *range(28, 32)])
"""Control characters, except blanks, line ends and escape."""


def is_text(head: bytes) -> bool:
    """Whether these may be the first bytes of a text in UTF-8 or another superset of ASCII."""
    return len(head.translate(None, _NOT_TEXT)) == len(head)
