"""A histogram as plain data."""

from __future__ import annotations

from losscli.core.records import dataclass

LINEAR, LOG = "linear", "log"
"""The scales of edges."""


@dataclass(frozen=True)
class Histogram:
    """Counts of finite values between ascending edges: counts[i] of those from edges[i] up to but not including edges[i + 1], which
    the last bin includes. One value alone has two equal edges."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    scale: str = LINEAR
