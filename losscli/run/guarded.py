"""What --strict and --allow make of likely mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from losscli.core.errors import DataError
from losscli.reading.asked import Reading
from losscli.report.model import Warned
from losscli.spec.guards import GUARDS, silenced

W = TypeVar("W", Warned, tuple[str, str])


def guarded(warnings: Sequence[W], reading: Reading) -> tuple[W, ...]:
    """The warnings without those that --allow names. Raises DataError for a likely mistake with --strict."""
    kept = tuple(w for w in warnings if _of(w)[0] not in reading.allowed)
    likely = next((w for w in kept if _of(w)[0] in GUARDS), None)
    if likely is not None and reading.strict:
        code, message = _of(likely)
        raise DataError(message, fix=f"--strict refuses likely mistakes; {silenced(code)}")
    return kept


def _of(warning: Warned | tuple[str, str]) -> tuple[str, str]:
    return (warning.code, warning.message) if isinstance(warning, Warned) else warning
