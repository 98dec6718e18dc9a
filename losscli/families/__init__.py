"""The five families by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from losscli.family import Family

NAMES = ("classify", "regress", "detect", "segment", "embed")


def load(name: str) -> Family:
    """The family of that name with its losses declared."""
    family: Family = import_module(f"losscli.families.{name}").FAMILY
    return family
