"""JSON as text that neither a terminal nor the runner of GitHub Actions acts on, and that reads back to the same data."""

from __future__ import annotations

import json
import re
from typing import Any

_BEYOND_ASCII = re.compile(r"[^\n -~]|(?<=#)#(?=\[)")


def dumps(document: Any) -> str:
    """The document, indented, ending with a newline."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return _BEYOND_ASCII.sub(_safe, text) + "\n"


def _safe(found: re.Match[str]) -> str:
    """Letters stay; C1 controls, bidirectional marks, lone surrogates and the second sign of `##[` become \\u escapes."""
    if found[0] == "#":
        return "\\u0023"
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]
