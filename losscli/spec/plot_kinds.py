"""The kinds of plots by name, and which families have them. Loads nothing: --help reads it."""

from __future__ import annotations

from losscli.spec.names import FAMILIES

BINS = 15
"""The usual number of bins of a calibration."""
PLOTS: dict[str, tuple[str, ...]] = {
    "hist": FAMILIES,
    "ecdf": FAMILIES,
    "groups": FAMILIES,
    "terms": FAMILIES,
    "residuals": ("regress",),
    "confidence": ("classify",),
    "reliability": ("classify",),
    "scores": ("detect",),
    "distances": ("embed",),
    "budget": FAMILIES,
}
"""By kind, the families that have it."""
TERMS = "terms"
COUNTED = (TERMS, "residuals", "confidence", "scores", "distances")
"""The kinds that need counts of their own."""


def plots_of(family: str) -> list[str]:
    """The kinds that a family has."""
    return [kind for kind, families in PLOTS.items() if family in families]


def kind_of(text: str) -> str:
    """The kind of `KIND=FILE`."""
    return text.partition("=")[0]


def listed() -> str:
    """All kinds, in words: `hist, ecdf, residuals (regress)`."""
    return ", ".join(kind if families == FAMILIES else f"{kind} ({', '.join(families)})" for kind, families in PLOTS.items())
