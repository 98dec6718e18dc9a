"""Settings of the C memory allocator. Never changes a result."""

from __future__ import annotations

import sys

_TRIM, _MAP = -1, -3
_LIMIT = 1 << 28


def keep_pages() -> None:
    """Let the allocator keep freed pages.

    A tile's temporaries are megabytes that are freed at once. glibc returns such memory to the system and requests it
    again, and the page faults cost several times the arithmetic. Without glibc this does nothing.
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
