"""The kinds of plots by name, and which families have them. Loads nothing: --help reads it."""

from __future__ import annotations

from losscli.spec.names import FAMILIES

PLOTS: dict[str, tuple[str, ...]] = {
    "hist": FAMILIES,
    "ecdf": FAMILIES,
    "groups": FAMILIES,
}
"""By kind, the families that have it."""


def plots_of(family: str) -> list[str]:
    """The kinds that a family has."""
    return [kind for kind, families in PLOTS.items() if family in families]


def listed() -> str:
    """All kinds, in words: `hist, ecdf, residuals (regress)`."""
    return ", ".join(kind if families == FAMILIES else f"{kind} ({', '.join(families)})" for kind, families in PLOTS.items())
