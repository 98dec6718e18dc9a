"""The line of a row: looked up where every row is one line, read where cells contain line ends."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from losscli.sources import open_source

ROWS = 20_000
"""Rows of several spans of the index."""


@pytest.mark.parametrize("broken", [(), (9_000,), (3, 4, 9_000, ROWS - 1), tuple(range(0, ROWS, 7))], ids=len)
def test_the_line_of_a_row_is_the_one_that_the_csv_module_counts(tmp_path, broken):
    path = tmp_path / "t.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "x"])
        writer.writerows((f"a\n\n{i}" if i in broken else f"a{i}", i / 3) for i in range(ROWS))
    with open(path, newline="") as file:
        reader = csv.reader(file)
        ends = np.array([reader.line_num for _ in reader])
    field = open_source(str(path)).numbers(("x",))
    rows = [0, 1, 3, 4, 5, 8_999, 9_000, 9_001, ROWS - 2, ROWS - 1, *range(0, ROWS, 997)]
    assert [field.where(row).line for row in rows] == [int(ends[row]) + 1 for row in rows]
    assert {field.where(row).row - 1 for row in rows} == set(rows)
