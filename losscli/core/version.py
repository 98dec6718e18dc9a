"""The version of the package, which reports, help and the build read from here."""

from __future__ import annotations

__version__ = "0.1.0"
