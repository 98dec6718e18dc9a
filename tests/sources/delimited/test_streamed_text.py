"""Text that is looked at on threads, while it streams by or while it is inflated is indexed as the file it makes."""

from __future__ import annotations

import gzip
import io
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.delimited import line_scan
from losscli.sources.files import compression
from losscli.sources.files import input_file as files


@given(st.text('ab,\n\r"é\0', max_size=80).map(str.encode), st.integers(1, 9), st.integers(1, 30))
def test_what_a_look_tells(raw, span, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_scan, "SPAN", span)
        parts = [line_scan.look(raw[at : at + size], len(raw[at : at + size]), at) for at in range(0, len(raw), size)]
    assert sum(part.lines for part in parts) == raw.count(b"\n")
    assert max((part.quote for part in parts), default=-1) == raw.rfind(b'"')
    assert any(part.nul for part in parts) == (b"\0" in raw)
    assert all(part.ascii for part in parts) == raw.isascii()
    done = 0
    for part in parts:
        for offset, ended in zip(part.offsets.tolist(), part.ended.tolist(), strict=True):
            assert raw[offset - 1] == ord("\n")
            assert done + ended == raw.count(b"\n", 0, offset)
        done += part.lines


def table(rows=5000):
    return "x,y\n" + "".join(f"{i}.5,{i / 7!r}\n" for i in range(rows))


def index(source):
    lines = source._lines
    return source.rows, [*map(int, lines.firsts)], [*map(int, lines.offsets)], [*map(int, lines.lines)], lines.ascii


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(line_scan, "SPAN", 512)
    monkeypatch.setattr(line_scan, "_CHUNK", 4096)


@pytest.mark.parametrize("tail", ["", "\n", "\n\n\r\n"])
def test_any_number_of_threads(tmp_path, small, tail):
    (tmp_path / "x.csv").write_text(table().rstrip() + tail, newline="")
    found = [index(open_source(str(tmp_path / "x.csv"), jobs=jobs)) for jobs in (1, 2, 3, 7)]
    assert all(one == found[0] for one in found)
    assert found[0][0] == 5000


def test_streamed_and_inflated(tmp_path, small, monkeypatch):
    text = table().encode()
    (tmp_path / "x.csv").write_bytes(text)
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(text))
    expected = open_source(str(tmp_path / "x.csv")).numbers(("y",)).read(0, 5000)
    monkeypatch.setattr(files, "BLOCK", 3000)
    monkeypatch.setattr(compression, "_GIVEN", 2000)
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(text)}))
    for path in ("-", str(tmp_path / "x.csv.gz")):
        source: Any = open_source(path)
        assert source.numbers(("y",)).read(0, 5000).tobytes() == expected.tobytes()
        assert len(source._lines.firsts) > 20


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(b"x\n1\n", mtime=0) + gzip.compress(b"2\n3\n", mtime=0),
        gzip.compress(b"x\n1\n2\n3\n", mtime=0) + bytes(512),
        gzip.compress(b"x\n1\n2\n3\n", mtime=0) + bytes(3) + gzip.compress(b"", mtime=0) + bytes(2),
        gzip.compress(b"x\n1\n2\n3\n" + b"\n" * 5_000_000, mtime=0),
    ],
    ids=["members", "padding", "both", "dense"],
)
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_members(tmp_path, monkeypatch, raw, block):
    monkeypatch.setattr(compression, "_TAKEN", block)
    (tmp_path / "x.csv.gz").write_bytes(raw)
    assert open_source(str(tmp_path / "x.csv.gz")).numbers(("x",)).read(0, 9).tolist() == [1, 2, 3]


@pytest.mark.parametrize("raw", [b"x\n", gzip.compress(b"x\n1\n", mtime=0)[:-3], gzip.compress(b"x\n1\n", mtime=0) + b"junk"])
def test_no_gzip(tmp_path, raw):
    (tmp_path / "x.csv.gz").write_bytes(raw)
    with pytest.raises(DataError, match="not a complete gzip file"):
        open_source(str(tmp_path / "x.csv.gz"))


def test_every_value_of_a_dense_file(tmp_path):
    """More than the bound comes out of little."""
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"x\n" + b"1\n" * 3_000_000))
    found = open_source(str(tmp_path / "x.csv.gz")).numbers(("x",)).read(0, 4_000_000)
    assert found.tobytes() == np.ones(3_000_000).tobytes()
