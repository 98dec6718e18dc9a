"""The kinds of malformed input: each a function of a random generator that makes one case."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from benchmarks.fuzzing.case import Case

Make = Callable[[random.Random], Case]
KINDS: dict[str, Make] = {}


def kind(make: Make) -> Make:
    """Declare a kind, named as its function."""
    name = make.__name__.replace("_", " ")
    assert name not in KINDS, name
    KINDS[name] = make
    return make


def case(kind: str, number: int, seed: int = 0) -> Case:
    """One case, the same for the same kind, number and seed."""
    return KINDS[kind](random.Random(f"{seed} {kind} {number}"))


def files(**text: str | bytes) -> Mapping[str, bytes]:
    """Files by name, a double underscore for the point: `a__csv`."""
    return {name.replace("__", "."): raw.encode() if isinstance(raw, str) else raw for name, raw in text.items()}
