"""The version of the package, imported by reports, help and the build."""

from __future__ import annotations

__version__ = "0.1.0"
