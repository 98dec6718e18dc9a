"""Paths: missing, unreadable, unknown, streamed."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources import open_source


class Stdin:
    def __init__(self, content):
        self.buffer = io.BytesIO(content)


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "form", "names"),
    [
        (npy(np.array([1.0, 2.0])), "npy", ()),
        (npz(x=np.array([1.0, 2.0])), "npz", ("x",)),
        (b"x\n1\n2\n", "csv", ("x",)),
        (b"x\ty\n1\t2\n2\t3\n", "tsv", ("x",)),
        (gzip.compress(b"x\n1\n2\n", mtime=0), "csv", ("x",)),
    ],
)
def test_stdin(monkeypatch, content, form, names):
    monkeypatch.setattr(sys, "stdin", Stdin(content))
    source = open_source("-")
    assert (source.path, source.format) == ("-", form)
    assert source.numbers(names).read(0, 2).tolist() == [1, 2]
    assert source.sha256() == hashlib.sha256(content).hexdigest()


def test_empty_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stdin(b""))
    with pytest.raises(DataError, match="the stream is empty"):
        open_source("-")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(npy(np.array([1, 2])),))
    writer.start()
    assert open_source(str(path)).numbers(()).read(0, 2).tolist() == [1, 2]
    writer.join()


def test_temporary_files_go_at_exit(tmp_path):
    code = "from losscli.sources import open_source; print(open_source('-').rows)"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], input=b"x\n1\n", capture_output=True, env=env, check=True)
    assert run.stdout == b"1\n"
    assert list(tmp_path.iterdir()) == []


def test_an_array_or_a_small_table_needs_no_pandas(tmp_path):
    (tmp_path / "x.csv").write_text("x\n1\n")
    np.save(tmp_path / "x.npy", np.ones(3))
    code = """
import sys
from losscli.sources import open_source
for path, names in (("x.npy", ()), ("x.csv", ("x",))):
    open_source(path).numbers(names).read(0, 1)
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}, check=True)


@pytest.mark.parametrize(
    ("make", "fact"),
    [
        (lambda p: None, "no such file, did you mean xx.csv?"),
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: p.write_bytes(b""), "the file is empty"),
    ],
)
def test_refused(tmp_path, make, fact):
    (tmp_path / "xx.csv").write_text("x\n1\n")
    make(tmp_path / "x.csv")
    with pytest.raises(DataError) as e:
        open_source(str(tmp_path / "x.csv"))
    assert fact in str(e.value)
    assert e.value.fix or "did you mean" in fact


def test_a_missing_file_names_the_folder_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=f"a.csv: no such file\nrelative paths start in {re.escape(str(tmp_path))}"):
        open_source("a.csv")
    with pytest.raises(DataError, match="no such file\nthere is no folder x"):
        open_source("x/a.csv")


def test_unknown_suffix(tmp_path):
    (tmp_path / "x.parq").write_text("x\n1\n")
    with pytest.raises(DataError, match=r"\.csv .*\.npz"):
        open_source(str(tmp_path / "x.parq"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_no_permission(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x\n1\n")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        open_source(str(path))


@pytest.mark.parametrize(
    "content", [b"x,y", b"\0\1\n\n\2", gzip.compress(b"x\n1\n2\n", mtime=0)[:-9], gzip.compress(b"x\n" * 9000, mtime=0)[:40]]
)
def test_broken_gzip(tmp_path, content):
    (tmp_path / "x.csv.gz").write_bytes(content)
    with pytest.raises(DataError, match="not a complete gzip file"):
        open_source(str(tmp_path / "x.csv.gz"))


def test_a_path_with_control_characters_is_one_harmless_line():
    with pytest.raises(DataError) as e:
        open_source("no\x1b[31m\nsuch.csv")
    assert "\x1b" not in str(e.value)
    assert len(e.value.lines()) == 2
