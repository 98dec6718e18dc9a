"""The formats that pandas reads: one table is the same in each, and what is damaged or ambiguous is refused."""

from __future__ import annotations

import contextlib
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from losscli.sources.side_format import SideFormat
from tests.support.command import call, cli, refused

WRITE = {
    "orc": lambda frame, path: frame.to_orc(path),
    "dta": lambda frame, path: frame.to_stata(path, write_index=False, version=118),
    "sav": pyreadstat.write_sav,
    "zsav": lambda frame, path: pyreadstat.write_sav(frame, path, compress=True),
    "xpt": lambda frame, path: pyreadstat.write_xport(frame, path, file_format_version=5),
    "v8.xpt": pyreadstat.write_xport,
    "xml": lambda frame, path: frame.to_xml(path, index=False, parser="etree"),
    "html": lambda frame, path: frame.to_html(path, index=False, float_format=lambda x: str(float(x))),
    "csv": lambda frame, path: frame.to_csv(path, index=False),
}
ROWS = st.integers(1, 6)
QUARTERS = st.integers(-(2**20), 2**20).map(lambda n: n / 4)
"""Doubles that every format has exactly: SAS writes base 16."""
WORDS = st.text("abxyé07", min_size=1, max_size=5)


@st.composite
def frames(draw):
    rows = draw(ROWS)
    floats, words = (draw(st.lists(kind, min_size=rows, max_size=rows)) for kind in (QUARTERS, WORDS))
    return pd.DataFrame({"id": words, "pred": np.array(floats), "target": np.arange(rows) / 2})


@given(frames(), st.sampled_from(sorted(WRITE)))
def test_every_format_has_the_numbers_and_texts_of_the_frame(tmp_path_factory, frame, kind):
    path = tmp_path_factory.mktemp("frame") / f"a.{kind}"
    WRITE[kind](frame, str(path))
    opened = open_source(str(path))
    for source in (opened, pickle.loads(pickle.dumps(opened))):
        assert (source.rows, source.names) == (len(frame), ("id", "pred", "target"))
        assert source.text("id").read(0, source.rows).tolist() == list(frame["id"])
        numbers = source.numbers(("pred", "target")).read(0, source.rows)
        np.testing.assert_array_equal(numbers, frame[["pred", "target"]].to_numpy())
    assert str(source.numbers(("pred",)).where(0)).startswith(f"{path}, row 1")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"id": ["007", "008", "x"], "pred": [1.5, 2.25, 3.0], "target": [2.0, 2.0, 5.0]})
    for kind, write in WRITE.items():
        write(frame, f"a.{kind}")
    frame.to_stata("old.dta", write_index=False)
    return tmp_path


def test_the_same_report_from_files_and_pipes(folder):
    expected = call("regress", "a.csv", "-l", "mae").out
    for path in (*(f"a.{kind}" for kind in WRITE), "old.dta"):
        assert call("regress", path, "-l", "mae").out == expected
        assert call("regress", "-", "-l", "mae", stdin=Path(path).read_bytes()).out == expected
    assert cli("regress", "a.dta", "-l", "mae").out == expected


def test_missing_values_are_missing(folder):
    frame = pd.DataFrame({"pred": [1.5, np.nan, 3.0], "target": [2.0, 2.0, 5.0]})
    for kind, write in WRITE.items():
        if kind != "html":  # pandas writes NaN, which is a spelling of a missing value
            write(frame, f"a.{kind}")
            done = refused(3, "regress", f"a.{kind}", "-l", "mae", says=("row 2", "column pred"))
            assert "use --nonfinite drop" in done.err
        assert call("regress", f"a.{kind}", "-l", "mae", "-b", "--nonfinite", "drop").code == 0


@given(st.sampled_from(sorted(set(WRITE) - {"csv"})), st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, kind, at, byte, cut):
    path = tmp_path_factory.mktemp("damaged") / f"a.{kind}"
    WRITE[kind](pd.DataFrame({"id": ["a", "b"], "pred": [1.5, 2.5]}), str(path))
    raw = path.read_bytes()
    at %= len(raw)
    path.write_bytes(raw[:at] + (b"" if cut else bytes([byte]) + raw[at + 1 :]) or b"x")
    with contextlib.suppress(DataError):
        source = open_source(str(path))
        for name in source.names:
            source.text(name).read(0, source.rows)


def test_what_an_engine_guesses_is_a_note(folder):
    pd.DataFrame({"id": ["a", "café"], "pred": [1.5, 2.0], "target": [2.0, 2.0]}).to_stata("b.dta", write_index=False, version=118)
    Path("b.dta").write_bytes(Path("b.dta").read_bytes().replace("café".encode(), b"caf\xe9\0"))
    done = call("regress", "b.dta", "-l", "mae", "-b")
    assert (done.out, len(done.err.splitlines())) == ("0.25\n", 1)
    assert done.err.startswith("note: b.dta: One or more strings in the dta file could not be decoded")


@pytest.mark.parametrize("kind", ["orc", "dta", "sav", "xpt", "xml", "html", "sas7bdat"])
def test_half_a_file_is_refused(folder, kind):
    raw = Path(f"a.{kind}").read_bytes() if kind in WRITE else bytes(12) + b"\xc2\xea\x81\x60" + bytes(100)
    Path(f"b.{kind}").write_bytes(raw[: len(raw) // 2])
    refused(3, "regress", f"b.{kind}", "-l", "mae", says=(f"b.{kind}",))


def test_tables_of_a_page_by_number(folder):
    one = pd.DataFrame({"pred": [1, 2], "target": [1, 4]})
    two = pd.DataFrame({"pred": [1], "target": [5], "note": ["007"]})
    Path("a.html").write_text(f"<html><body>{one.to_html()}<p>and</p>{two.to_html()}</body></html>")
    refused(
        3, "regress", "a.html", "-l", "mae", says=("has 2 tables", "a.html::1 has 2 rows, 3 columns; a.html::2 has 1 row, 4 col")
    )
    assert call("regress", "a.html::1", "-l", "mae", "-b").out == "1\n"
    assert call("regress", "a.html::2", "-l", "mae", "-b").out == "4\n"
    assert list(open_source("a.html::2").text("note").read(0, 1)) == ["007"]
    refused(3, "regress", "a.html::3", "-l", "mae", says=("no table '3'", "a.html::1"))
    Path("a.html").write_text("<html><body>Not found</body></html>")
    refused(3, "regress", "a.html", "-l", "mae", says=("contains no table",))
    Path("a.html").write_text("<html><body><table></table></body></html>")
    refused(3, "regress", "a.html", "-l", "mae", says=("contains no table",))


def test_a_table_without_header(folder):
    Path("a.html").write_text("<table><tr><td>pred</td><td>id</td></tr><tr><td>1.50</td><td>007</td></tr></table>")
    assert open_source("a.html").names == ("0", "1")
    assert notes_of(open_source("a.html")) == ("the table has no header; --header names takes the names from its first row",)
    named = open_source("a.html", SideFormat(header="names"))
    assert (named.names, named.text("id").read(0, 1).tolist(), named.text("pred").read(0, 1).tolist()) == (
        ("pred", "id"),
        ["007"],
        ["1.50"],
    )


def test_a_document_type_is_refused(folder):
    Path("a.xml").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d><r><a>&x;</a></r></d>'
    )
    refused(3, "regress", "a.xml", "-l", "mae", says=("a.xml, line 2: has a DOCTYPE",))


@pytest.mark.parametrize(
    ("kind", "library", "extra"), [("sav", "pyreadstat", "stats"), ("html", "lxml", "html"), ("orc", "pyarrow", "arrow")]
)
def test_a_missing_engine_is_named(folder, monkeypatch, kind, library, extra):
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    refused(2, "regress", f"a.{kind}", "-l", "mae", says=(f"needs the extra {extra}", f"pip install '.[{extra}]'"))
