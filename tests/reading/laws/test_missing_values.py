"""A missing value is one thing, however it is spelled: its row is refused by name, or left out and counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading.laws.cases import (
    WORDS,
    Case,
    Table,
    cases,
    hard,
    logits,
    made,
    multilabel,
    named,
    numbered,
    placed,
    prefixed,
    regress,
)
from tests.reading.laws.files import folder, is_right, run
from tests.reading.laws.remedies import remedies

SUFFIXES = st.sampled_from(("csv", "tsv", "jsonl", "parquet"))
BLANKS = ("", "NA", "N/A", "NaN", "nan", "null", "None", "#N/A", "n/a", " NA ")
WORDED = (named, prefixed, logits, hard)
"""Those whose labels are names."""


def blanked(cells: list, row: int, blank: str | None) -> list:
    """A column with one missing cell; numbers stay numbers where the format has a null for them."""
    texts = blank is not None and not isinstance(cells[0], str)
    return [blank if i == row else repr(x) if texts else x for i, x in enumerate(cells)]


def spelled(suffix: str, blank: str, text: bool) -> str | None:
    """How a format has a missing cell: a null, or the text."""
    return None if suffix in ("jsonl", "parquet") and (not text or not blank.strip()) else blank


@given(cases(*WORDED, regress, numbered), st.integers(0, 8), st.sampled_from(BLANKS), SUFFIXES, st.sampled_from(("pred", "target")))
@settings(max_examples=25, derandomize=True)
def test_a_missing_weight_is_refused_by_name_and_dropped_with_its_row(case, row, blank, suffix, side):
    row %= case.rows
    weights = [1 + i % 3 for i in range(case.rows)]
    cells = blanked(weights, row, spelled(suffix, blank, False))
    with folder():
        whole = run(case.having(side, {**case.table(side), "w": weights}), "--weights", "w", suffix=suffix)
        each = np.array([case.value([i]) for i in range(case.rows)])
        assert is_right(whole, float(np.average(each, weights=weights))), whole
        weighted = case.having(side, {**case.table(side), "w": cells})
        done = run(weighted, "--weights", "w", suffix=suffix)
        assert done.code == 3, done
        assert f"row {row + 1}" in done.err, done.err
        assert "column w" in done.err, done.err
        assert ("--nonfinite", "drop") in [r.words for r in remedies(done.err)], done.err
        rest = [i for i in range(case.rows) if i != row]
        dropped = run(weighted, "--weights", "w", "--nonfinite", "drop", suffix=suffix)
        assert is_right(dropped, float(np.average(each[rest], weights=[weights[i] for i in rest]))), dropped
        assert dropped.report["alignment"]["dropped"] == 1


@given(cases(*WORDED), st.integers(0, 8), st.integers(0, 8), st.sampled_from(BLANKS), SUFFIXES)
@settings(max_examples=25, derandomize=True)
def test_several_missing_cells_in_one_row_or_two_are_counted_by_row(case, row, other, blank, suffix):
    row, other = row % case.rows, other % case.rows
    name = case.role[1][0]
    text = isinstance(case.pred[name][0], str)
    pred = {**case.pred, name: blanked(case.pred[name], other, spelled(suffix, blank, text))}
    target = {**case.target, "label": blanked(case.target["label"], row, spelled(suffix, blank, True))}
    case = case.having("pred", pred).having("target", target)
    rest = [i for i in range(case.rows) if i not in (row, other)]
    with folder():
        assert run(case, suffix=suffix).code == 3
        done = run(case, "--nonfinite", "drop", suffix=suffix)
        assert is_right(done, case.value(rest)), (done, rest)
        assert done.report["alignment"]["dropped"] == len({row, other})


def respelled(case: Case, name: str) -> tuple[Case, tuple[str, ...]]:
    """The case with another name for its first class, wherever it occurs."""

    def word(x: object) -> object:
        return name if x == WORDS[0] else x

    pred = {n.replace(WORDS[0], name): [word(x) for x in cells] for n, cells in case.pred.items()}
    target: Table = {n: [word(x) for x in cells] for n, cells in case.target.items()}
    return case.having("pred", pred).having("target", target), (name, *WORDS[1:])


@given(cases(named, prefixed, logits), st.sampled_from(("NA", "None", "null", "nan")), SUFFIXES)
@settings(max_examples=30, derandomize=True)
def test_a_class_of_that_name_stays_a_class(case, name, suffix):
    found, classes = respelled(case, name)
    with folder():
        assert is_right(run(found, suffix=suffix), case.right), found
        assert is_right(run(found, "--classes", ",".join(classes), suffix=suffix), case.right), found


@given(cases(hard), st.sampled_from(("NA", "None", "null")), SUFFIXES)
@settings(max_examples=20, derandomize=True)
def test_a_predicted_class_of_that_name_stays_one_where_the_classes_are_named(case, name, suffix):
    found, classes = respelled(case, name)
    with folder():
        assert is_right(run(found, "--classes", ",".join(classes), suffix=suffix), case.right), found


@given(cases(multilabel), st.integers(0, 8), st.sampled_from(BLANKS), SUFFIXES)
@settings(max_examples=20, derandomize=True)
def test_a_missing_label_among_several_drops_its_row(case, row, blank, suffix):
    row %= case.rows
    cells = blanked(case.target["dog"], row, spelled(suffix, blank, False))
    case = case.having("target", {**case.target, "dog": cells})
    rest = [i for i in range(case.rows) if i != row]
    with folder():
        done = run(case, suffix=suffix)
        assert done.code == 3, done
        assert f"t.{suffix}, row {row + 1}" in done.err, done
        assert "column dog" in done.err, done
        assert is_right(run(case, "--nonfinite", "drop", suffix=suffix), case.value(rest))


@pytest.mark.parametrize("at", [10, 1500], ids=["among the first rows", "beyond them"])
@pytest.mark.parametrize("maker", [named, numbered, regress, hard])
@pytest.mark.parametrize("side", ["pred", "target"])
def test_a_missing_cell_beyond_the_first_rows_is_missing_too(maker, at, side):
    case = made(maker, 3, 2000)
    name = (case.role if side == "pred" else case.answer)[1][0]
    table = case.table(side)
    case = case.having(side, placed(table, name, blanked(table[name], at, "NA"), 1))
    with folder():
        done = run(case)
        assert done.code == 3, done
        assert f"row {at + 1}, line {at + 2}, column {name}" in done.err, done
        dropped = run(case, "--nonfinite", "drop")
        assert is_right(dropped, case.value([i for i in range(2000) if i != at])), dropped
