"""JSON as text that neither a terminal nor the runner of GitHub Actions acts on, and that reads back to the same data."""

from __future__ import annotations

import json
import re
from typing import Any

_BEYOND_ASCII = re.compile(r"[^\n -~]|(?<=#)#(?=\[)")
_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def dumps(document: Any) -> str:
    """The document, indented, lists of numbers on one line each, ending with a newline."""
    return _BEYOND_ASCII.sub(_safe, _indented(document, "\n")) + "\n"


def one_line(document: Any) -> str:
    """The document on one line, which ends with a newline."""
    return _BEYOND_ASCII.sub(_safe, _encoded(document)) + "\n"


def _indented(x: Any, line: str) -> str:
    """line: the line feed and the indentation of what `x` is part of."""
    below = f"{line}  "
    if isinstance(x, dict) and x:
        pairs = (f"{_encoded(key)}: {_indented(value, below)}" for key, value in x.items())
        return f"{{{below}{f',{below}'.join(pairs)}{line}}}"
    if isinstance(x, (list, tuple)) and any(isinstance(y, (dict, list, tuple, str)) for y in x):
        return f"[{below}{f',{below}'.join(_indented(y, below) for y in x)}{line}]"
    return _encoded(x)


def _safe(found: re.Match[str]) -> str:
    """Letters stay; C1 controls, bidirectional marks, lone surrogates and the second sign of `##[` become \\u escapes."""
    if found[0] == "#":
        return "\\u0023"
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]
