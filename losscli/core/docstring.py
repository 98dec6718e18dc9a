"""The docstring of a function, also where the interpreter leaves docstrings out (`python -OO`)."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from textwrap import dedent
from typing import Any


def docstring(function: Callable[..., Any]) -> str:
    """The function's docstring without its indentation; empty where it has none."""
    return inspect.getdoc(function) or (_in_source(function) if not __debug__ else "")


def _in_source(function: Callable[..., Any]) -> str:
    try:
        node = ast.parse(dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return ""
    return ast.get_docstring(node) or "" if isinstance(node, ast.FunctionDef) else ""
