"""A frame is read alike whatever file it is in: the same report but for path, format and hash."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import losscli
from tests.reading.laws.cases import (
    BY_POSITION,
    Case,
    binary,
    cases,
    hard,
    one_pixel,
    paired_names,
    pairs,
    placed,
    regress,
)
from tests.reading.laws.files import folder, frame, is_right, run, stacked, write
from tests.support.command import call

FILE = ("path", "format", "sha256")
"""What differs between files that contain the same."""
SINGLE = (binary, hard, regress, paired_names, one_pixel)
"""Cases without a role of several columns, which archives have as one array."""


def plain(report: dict) -> str:
    """The report as text, without what is of the file."""
    for side in report["inputs"].values():
        for key in FILE:
            side.pop(key, None)
    return json.dumps(report, indent=1).replace("p.csv", "PRED").replace("t.csv", "TARGET")


def with_more(case: Case, more: tuple[str, ...], seed: int) -> Case:
    """The case with what frames have beside the data: an index, an id, a fold, a note."""
    rng, n = np.random.default_rng(seed), case.rows
    cells = {
        "Unnamed: 0": list(range(n)),
        "fold": rng.integers(0, 3, n).tolist(),
        "epoch": [3] * n,
        "notes": [f"n{i}" for i in rng.permutation(n)],
    }
    for name in more:
        case = replace(case, pred=placed(case.pred, name, cells[name], int(rng.integers(0, 3))))
    return case


MORE = st.lists(st.sampled_from(("Unnamed: 0", "fold", "epoch", "notes")), unique=True).map(tuple)


@given(cases(), MORE, st.integers(0, 99))
@settings(max_examples=30, derandomize=True)
def test_tables_of_every_format_give_the_same_report(case, more, seed):
    case = with_more(case, more, seed)
    with folder():
        first = run(case, suffix="csv")
        assert is_right(first, case.right), first
        want = plain(first.report)
        for suffix in ("tsv", "jsonl", "parquet", *(("npz",) if case.kind in {m.__name__ for m in SINGLE} else ())):
            found = run(case, suffix=suffix)
            assert plain(found.report).replace(f"p.{suffix}", "PRED").replace(f"t.{suffix}", "TARGET") == want, suffix
            assert found.err.replace(suffix, "csv") == first.err, suffix


@given(cases(), MORE, st.integers(0, 99))
@settings(max_examples=20, derandomize=True)
def test_a_data_frame_gives_the_same_report(case, more, seed):
    pytest.importorskip("pandas")
    case = with_more(case, more, seed)
    options = python(case.options)
    with folder():
        want = json.loads(plain(run(case).report))
    found = json.loads(plain(report(case, options)))
    want.pop("options")  # which a report of data in memory does not have
    for there in (want, found):
        there.pop("warnings")
    assert found == want


def python(options: tuple[str, ...]) -> dict:
    """The options of a command as keywords of losscli.evaluate."""
    found: dict = {}
    for word in options:
        if word.startswith("--"):
            found[word[2:].replace("-", "_")] = True
            last = word[2:].replace("-", "_")
        else:
            found[last] = float(word) if word[0].isdigit() else word
    return found


def report(case: Case, options: dict) -> dict:
    done = losscli.evaluate(frame(case.pred), frame(case.target), family=case.family, losses=case.loss, **options)
    return json.loads(json.dumps(done.as_dict()))


@given(cases(*(m for m in BY_POSITION if m is not pairs)))
@settings(max_examples=30, derandomize=True)
def test_an_archive_with_one_array_per_role_gives_the_same_number(case):
    pred, target = stacked(case)
    with folder():
        done = call(*case.command(write("p.npz", pred), write("t.npz", target), *case.unnamed, "-f", "json"))
        assert is_right(done, case.right), (done, list(pred))
