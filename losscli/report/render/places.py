"""Paths as CI finds them: relative to the checkout of the project, with forward slashes."""

from __future__ import annotations

import os
import re

ROOTS = ("CI_PROJECT_DIR", "GITHUB_WORKSPACE")
"""The variables that name the checkout, of GitLab and of GitHub."""


def is_url(path: str) -> bool:
    """Whether a path is a URL."""
    return re.match(r"[A-Za-z][\w+.-]+://", path) is not None


def in_project(path: str) -> str:
    """The path relative to the checkout if it is inside; the path as it was given otherwise, and URLs."""
    if is_url(path):
        return path
    root = next((found for name in ROOTS if (found := os.environ.get(name))), None)
    if root is not None:
        full, top = os.path.realpath(path), os.path.realpath(root)
        if full.startswith(os.path.join(top, "")):
            path = os.path.relpath(full, top)
    path = path.replace(os.sep, "/")
    return path.removeprefix("./") or "."
