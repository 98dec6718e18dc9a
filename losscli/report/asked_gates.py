"""Gates as they are asked for: a text, and what a configuration file says of it. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from losscli.core.errors import Where, visible
from losscli.core.records import dataclass

LEVELS = ("off", "warn", "error")
"""What a gate of a configuration file does where it is true; `error` is what --fail-if does."""
ON = ("value", "ci")
"""What a gate judges: the value itself, or its confidence interval."""
INCONCLUSIVE = ("fail", "warn", "pass")
"""What becomes of a gate whose interval is on both sides of its limit."""

_OPTION = {"fail": "--fail-if", "warn": "--warn-if"}


@dataclass(frozen=True)
class AskedGate:
    """One gate, unread. level: `fail` or `warn`. on, inconclusive: what overrides the options of the run; empty where nothing does.
    id: its name in reports. where: its place in a configuration file."""

    expr: str
    level: str = "fail"
    on: str = ""
    inconclusive: str = ""
    id: str = ""
    where: Where | None = None

    @property
    def spelled(self) -> str:
        """What messages call it."""
        return f"{'gate' if self.where is not None else _OPTION[self.level]} {visible(self.expr.strip())!r}"


def asked(texts: Iterable[str], level: str = "fail") -> tuple[AskedGate, ...]:
    """The gates of --fail-if or --warn-if."""
    return tuple(AskedGate(text, level) for text in texts)
