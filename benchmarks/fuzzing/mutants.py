"""Valid files of every reader with some bytes changed: read, or refused as the contract says."""

from __future__ import annotations

import random
from functools import partial

from benchmarks.fuzzing.case import REPORT, Case
from tests.support.mutations import changed, drawn
from tests.support.samples import samples

WORDS = ((), ("-f", "json"), ("-o", REPORT), ("--jobs", "2", "-f", "json"), ("-b",))


def mutant(name: str, number: int, seed: int = 0) -> Case:
    """One mutant of a reader's sample, the same for the same reader, number and seed."""
    sample = samples()[name]
    rng = random.Random(f"{seed} {name} {number}")
    raw = changed(sample.files[sample.main], drawn(rng), inside=rng.random() < 0.5)
    return Case((*sample.command, *rng.choice(WORDS)), {**sample.files, sample.main: raw}, codes=(0, 2, 3))


def readers() -> dict[str, partial[Case]]:
    """By reader, what makes its mutants by their numbers."""
    return {name: partial(mutant, name) for name in samples()}
