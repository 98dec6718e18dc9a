"""`--nonfinite drop` excludes the rows of missing values, whatever the format and the column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call, refused

ROWS = [(1.5, 1.2, 1.0), (None, 2.0, 2.0), (2.5, 2.0, 3.0), (1.0, 7.0, None)]


def written(name, word="", column=None):
    """The rows in a file of that suffix; column: the only one whose missing values stay."""
    pandas = pytest.importorskip("pandas")
    names = ("pred", "target", "w")
    rows = [[9.0 if x is None and column not in (None, n) else x for x, n in zip(row, names, strict=True)] for row in ROWS]
    frame = pandas.DataFrame(rows, columns=names)
    path = Path(name)
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows))
    else:
        frame.to_csv(path, index=False, na_rep=word)
    return name


@pytest.mark.parametrize(
    ("name", "word", "shown"),
    [
        ("x.csv", "", "an empty cell where a number is needed"),
        ("x.csv", "NA", "'NA' where a number is needed"),
        ("x.csv", "nan", "nan is not a finite number"),
        ("x.tsv.csv", "null", "'null' where a number is needed"),
        ("x.jsonl", "", "null where a number is needed"),
        ("x.parquet", "", "null where a number is needed"),
    ],
)
def test_every_format(name, word, shown):
    weighted = ("--weights", "w")
    found = call("regress", written(name, word), "-l", "mae", *weighted, "--nonfinite", "drop", "-f", "json").loss
    assert found["value"] == pytest.approx((0.3 * 1 + 0.5 * 3) / 4)
    assert found["n"] == 2
    refused(3, "regress", written(name, word, "w"), "-l", "mae", *weighted, says=(shown, "row 4", "column w", "--nonfinite drop"))
    run = ("regress", written(name, word, "pred"), "-l", "mae")
    refused(3, *run, says=(shown, "row 2", "column pred", "--nonfinite drop"))
    assert "coverage 0.75 (1 dropped)" in call(*run, "--nonfinite", "drop").out
