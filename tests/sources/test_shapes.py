"""Whatever text a table is made of: both ways of reading agree with the csv module on the whole file, or refuse alike."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.delimited import line_scan, row_index
from losscli.sources.delimited import table as tables

cells = st.sampled_from(
    ["", "1", "-2.5", ".", "a", "é", "1.e", " 3", '"4.5"', '"a,b"', '"x\ny"', '"p\r\nq"', '"say ""hi"""', '""', '5"', '"a"b']
)
rows = st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=12)
ends = st.sampled_from(["\n", "\r\n"])
noise = st.one_of(st.none(), st.tuples(st.integers(0, 60), st.sampled_from(["\n", "\r", ",", '"', "\n\n", "\0"])))


def expected(text):
    """The records, or None where some record is not of two cells."""
    try:
        records = list(csv.reader(io.StringIO(text.rstrip("\r\n"), newline="\n"), strict=True))
    except csv.Error:
        return None
    return records if records and all(len(record) == 2 for record in records) else None


def found(path, bulk):
    tables.BULK = 0 if bulk else 1 << 60
    source = open_source(str(path))
    columns = [source.text(name).read(0, source.rows).tolist() for name in ("k", "x")]
    return [list(record) for record in zip(*columns, strict=True)]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(tables, "BULK", 0)
    monkeypatch.setattr(tables, "PAGE", 64)
    for module in (row_index, line_scan):
        monkeypatch.setattr(module, "SPAN", 8)
    monkeypatch.setattr(line_scan, "_CHUNK", 24)
    monkeypatch.setattr(row_index, "_CHUNK", 16)


@pytest.mark.slow
@given(rows, ends, st.booleans(), noise)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text(tmp_path, small, rows, end, last, noise):
    body = end.join(",".join(row) for row in rows) + (end if last else "")
    if noise:
        body = body[: noise[0]] + noise[1] + body[noise[0] :]
    path = tmp_path / "t.csv"
    path.write_bytes(("k,x\n" + body).encode())
    records = None if "\0" in body else expected(body)
    for bulk in (False, True):
        if records is None:
            with pytest.raises(DataError):
                found(path, bulk)
        else:
            assert found(path, bulk) == records
