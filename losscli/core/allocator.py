"""How this process asks the system for memory. Never changes a result."""

from __future__ import annotations

import sys

_TRIM, _MAP = -1, -3
_LIMIT = 1 << 28


def keep_pages() -> None:
    """Let the allocator keep freed pages.

    A tile's temporaries are megabytes that are freed at once. glibc hands such memory back to the system and takes it
    anew, and the page faults cost several times the arithmetic. Elsewhere than on glibc this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MAP, _LIMIT)
    mallopt(_TRIM, _LIMIT)
