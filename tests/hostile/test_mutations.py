"""Damaged files of every reader through the command. The examples are the same every time: `benchmarks.fuzz` looks further."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.judged import judged, judged_sample
from tests.support.mutations import KINDS, Change, changed
from tests.support.samples import samples

CHANGES = st.lists(
    st.builds(Change, st.sampled_from(KINDS), st.integers(0, 1 << 20), st.integers(1, 128), st.integers(0, 1 << 16)),
    min_size=1,
    max_size=4,
)
MOST_SECONDS = 10


@pytest.mark.parametrize("name", samples())
def test_a_whole_file_is_read(name):
    samples()[name].write()
    done, wrong = judged(samples()[name].command)
    assert (done.code, wrong) == (0, []), done.err


@pytest.mark.slow
@pytest.mark.parametrize("name", samples())
@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES, inside=st.booleans())
def test_a_damaged_file_is_read_or_refused(name, changes, inside):
    sample = samples()[name]
    sample.write()
    began = time.monotonic()
    done, wrong = judged_sample(sample, changed(sample.files[sample.main], changes, inside=inside))
    assert not wrong, (wrong, done.err)
    assert time.monotonic() - began < MOST_SECONDS


@pytest.mark.parametrize("name", samples())
def test_a_file_cut_in_half_is_read_or_refused(name):
    sample = samples()[name]
    sample.write()
    raw = sample.files[sample.main]
    for size in (1, 3, len(raw) // 2, len(raw) - 1):
        done, wrong = judged_sample(sample, raw[:size])
        assert not wrong, (size, wrong, done.err)
    done, wrong = judged_sample(sample, b"")
    assert not wrong, (wrong, done.err)
