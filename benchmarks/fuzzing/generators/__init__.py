"""Generators of malformed inputs: each module declares kinds, and a kind makes one case from a number."""

from benchmarks.fuzzing.generators import (  # noqa: F401
    annotations,
    arrays,
    documents,
    gates,
    options,
    pairs,
    recipes,
    tables,
    texts,
)
from benchmarks.fuzzing.generators.kinds import KINDS, case

__all__ = ["KINDS", "case"]
