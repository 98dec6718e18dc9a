"""The name of a file without its suffix, and the column of such names. Reads no file."""

from __future__ import annotations

import re

FILE_STEM = "(file)"
"""The text column of a source of several files that holds the name of each row's file, without folder and suffix."""
_SUFFIX = r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,4}(?:\.(?:gz|bz2|xz|zst))?$"


def without_suffix(name: str) -> str:
    """The name of a file without its suffix: `b.png` is `b`, `b.nii.gz` too; `v1.5` stays."""
    return re.sub(_SUFFIX, "", name)
