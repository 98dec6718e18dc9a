"""A few of the malformed inputs that `benchmarks.fuzz` makes, of every kind; each says how it must end."""

from __future__ import annotations

import tempfile

import pytest

from benchmarks.fuzzing.case import checked
from benchmarks.fuzzing.generators import KINDS, case
from benchmarks.fuzzing.mutants import mutant
from benchmarks.fuzzing.running import bench
from tests.support.samples import samples

SHARE = 2
SEED = 16


@pytest.mark.parametrize("kind", KINDS)
def test_a_malformed_input_ends_as_it_must(kind):
    for number in range(SHARE):
        found = case(kind, number, SEED)
        again = case(kind, number, SEED)
        assert (found.command, list(found.files)) == (again.command, list(again.files)), "a number makes one case"
        with tempfile.TemporaryDirectory() as folder, bench(folder):
            found.write()
            done, wrong = checked(found)
        assert not wrong, (number, found.command, wrong, done)


def test_mutants_are_read_or_refused():
    for name in samples():
        found = mutant(name, 0, SEED)
        with tempfile.TemporaryDirectory() as folder, bench(folder):
            found.write()
            done, wrong = checked(found)
        assert not wrong, (name, found.command, wrong, done)
