"""The list of extras, as README has it: from pyproject.toml, where each has its remark."""

from __future__ import annotations

import re
import textwrap

from tests.support.paths import ROOT

DECLARED = re.compile(r"^(\w+) = \[(.*)\](?:  # (.*))?$", re.M)
TOOLS = ("docs", "dev")
"""The extras of those who work on the project; that of the tests is declared over several lines."""


def declared() -> dict[str, tuple[str, str]]:
    """By extra its requirements as written, and its remark."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    return {name: (wanted, remark) for name, wanted, remark in DECLARED.findall(section) if name not in TOOLS}


def table() -> str:
    rows = [f"| `{name}` | {remark} |" for name, (_, remark) in declared().items()]
    return "\n".join(["| extra | for |", "|---|---|", *rows])


def paragraph(width: int = 132) -> str:
    told = " · ".join(f"`{name}`: {remark}" for name, (_, remark) in declared().items())
    return textwrap.fill(told, width, break_long_words=False, break_on_hyphens=False)
