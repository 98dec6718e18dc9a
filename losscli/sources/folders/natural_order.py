"""The order of file names in which part-2 precedes part-10. Reads no file."""

from __future__ import annotations

import os
import re


def natural(path: str) -> tuple[list[bytes | int], bytes]:
    """A key that sorts paths with their numbers as numbers."""
    parts = re.split(r"(\d+)", path, flags=re.ASCII)
    return [int(x) if i % 2 else os.fsencode(x) for i, x in enumerate(parts)], os.fsencode(path)
