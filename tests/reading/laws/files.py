"""A table as a file of any format, and a command of the laws run in a folder of its own."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reading.laws.cases import Case, Table, without
from tests.support.command import Done, call

FORMATS = ("csv", "tsv", "jsonl", "parquet", "npz")
WITH_LISTS = ("jsonl", "parquet")


@contextmanager
def folder() -> Iterator[Path]:
    """An empty working folder for one example."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as path:
        os.chdir(path)
        try:
            yield Path(path)
        finally:
            os.chdir(before)


def _cell(x: object) -> str:
    return "" if x is None else x if isinstance(x, str) else str(x) if isinstance(x, bool) else repr(x)


def rows_of(table: Table) -> list[dict]:
    return [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]


def delimited(table: Table, mark: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator="\n")
    writer.writerow(table)
    writer.writerows([_cell(x) for x in row] for row in zip(*table.values(), strict=True))
    return out.getvalue()


def frame(table: Table):
    import pandas

    return pandas.DataFrame(table)


def write(name: str, table: Table) -> str:
    """Write the table in the format of the suffix; returns the name."""
    suffix = name.rpartition(".")[2]
    if suffix in ("csv", "tsv"):
        Path(name).write_text(delimited(table, "," if suffix == "csv" else "\t"), encoding="utf-8")
    elif suffix == "jsonl":
        Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows_of(table)), encoding="utf-8")
    elif suffix == "parquet":
        pytest.importorskip("pyarrow")
        from pyarrow import Table as Arrow
        from pyarrow import parquet

        parquet.write_table(Arrow.from_pydict(table), name)
    else:
        arrays: dict[str, Any] = {n: np.array(cells) for n, cells in table.items()}
        np.savez(name, **arrays)
    return name


def run(case: Case, *more: str, suffix: str = "csv", pred: Table | None = None, target: Table | None = None) -> Done:
    """The case as a command, in the working folder; other tables where given."""
    ours, theirs = f"p.{suffix}", f"t.{suffix}"
    write(ours, case.pred if pred is None else pred)
    write(theirs, case.target if target is None else target)
    return call(*case.command(ours, theirs, *more, "-f", "json"))


def number(done: Done) -> float:
    found: float = done.loss["value"]
    return found


def is_right(done: Done, value: float) -> bool:
    return done.code == 0 and number(done) == pytest.approx(value, rel=1e-9, abs=1e-12)


def stacked(case: Case) -> tuple[Table, Table]:
    """Both sides with the columns of a role as one array of the role's key, as archives have them."""
    pred, target = (
        {**without(table, *names), key: np.array([table[n] for n in names]).T} if len(names) > 1 else table
        for table, (key, names) in ((case.pred, case.role), (case.target, case.answer))
    )
    return pred, target
