"""Finds the configuration file: the nearest one upward. Reads no TOML unless a `pyproject.toml` may contain the table."""

from __future__ import annotations

import os
import re

NAME, PROJECT = "losscli.toml", "pyproject.toml"
PREFIX = "LOSSCLI_"
"""What the variables of options begin with."""
TABLE = ("tool", "losscli")
"""The table of `pyproject.toml` that is the configuration."""

_HEADER = re.compile(r"^[ \t]*\[+[ \t]*[\"']?tool[\"']?[ \t]*\.[ \t]*[\"']?losscli\b", re.M)
_WITHIN = re.compile(r"^[ \t]*(\[[ \t]*[\"']?tool[\"']?[ \t]*\]|[\"']?tool[\"']?[ \t]*[.=])", re.M)
"""A table of tools in which the table may be without a header of its own."""


def nearest_file(folder: str | None = None) -> str | None:
    """`losscli.toml`, or `pyproject.toml` with a table for this tool, in the folder or the nearest folder above it."""
    folder = os.path.abspath(folder or os.getcwd())
    while True:
        for name in (NAME, PROJECT):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and (name == NAME or has_table(path)):
                return path
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def has_table(path: str) -> bool:
    """Whether a `pyproject.toml` has the table; one that is not TOML has it where a header names it."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return False
    if "losscli" not in text or not (_HEADER.search(text) or _WITHIN.search(text)):
        return False
    from losscli.core.errors import LosscliError
    from losscli.run.config.toml_file import read_toml

    try:
        return "losscli" in read_toml(path, path).table.get("tool", {})
    except LosscliError:
        return bool(_HEADER.search(text))


def shown(path: str) -> str:
    """A path as messages show it: relative to the working directory where that is possible."""
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return path
