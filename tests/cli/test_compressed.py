"""Compressed and misnamed files through the real command: equal reports, pipes, and errors of a few lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Done, array, call, cli, mine, refused, table
from tests.support.compressed import COMPRESS, zipped

ROWS = [(f"r{i}", i + i % 3 / 4) for i in range(40)]


@pytest.fixture(autouse=True)
def files(folder):
    table("p.csv", "id,pred", *ROWS)
    table("t.csv", "id,target", *((name, i) for i, (name, _) in enumerate(ROWS)))


def report(done: Done) -> dict:
    """The report without what tells one stored file from another."""
    found = done.report
    for side in found["inputs"].values():
        del side["path"], side["sha256"]
    return {key: found[key] for key in ("losses", "inputs", "alignment", "rows") if key in found}


@pytest.mark.parametrize("packed", COMPRESS)
def test_equal_reports(packed):
    plain = report(call("regress", "p.csv", "t.csv", "-l", "mse", "--key", "id", "--worst", "2", "-f", "json"))
    raw = COMPRESS[packed](Path("p.csv").read_bytes(), "p.csv")
    Path(f"p.csv{packed}").write_bytes(raw)
    argv = ("t.csv", "-l", "mse", "--key", "id", "--worst", "2", "-f", "json")
    assert report(call("regress", f"p.csv{packed}", *argv)) == plain
    assert report(call("regress", "-", *argv, stdin=raw)) == plain
    inspected = call("inspect", f"p.csv{packed}", "t.csv").out
    assert inspected.replace(f"p.csv{packed}", "p.csv") == call("inspect", "p.csv", "t.csv").out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a shell with pipes")
@pytest.mark.parametrize(
    "line", ["gzip -c p.csv | {} - t.csv", "{} <(bzip2 -c p.csv) t.csv", "xz -c p.csv > p; {} p <(xz -c t.csv)"]
)
def test_pipes(line):
    run = f'"{sys.executable}" -m losscli regress'
    more = "-l mse --key id -b"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(Path.cwd())}
    done = subprocess.run(["bash", "-c", f"{line.format(run)} {more}"], capture_output=True, text=True, env=env)
    assert (done.returncode, done.stdout) == (0, call("regress", "p.csv", "t.csv", "-l", "mse", "--key", "id", "-b").out), (
        done.stderr
    )
    assert not [name for name in mine() if name.startswith("losscli-")]


def test_a_cut_download():
    raw = COMPRESS[".gz"](Path("p.csv").read_bytes() * 50, "")
    Path("p.csv.gz").write_bytes(raw[: len(raw) // 2])
    before = mine()
    done = cli("regress", "p.csv.gz", "t.csv", "-l", "mse", "--per-sample", "s.csv", TMPDIR=str(Path.cwd()))
    assert (done.code, done.out) == (3, "")
    assert f"the data end at byte {len(raw) // 2}; line " in done.err
    assert len(done.err.splitlines()) == 2
    assert mine() == before


def test_notes_reach_the_report():
    array("a.npy", [1.0, 2.0])
    Path("a.csv").write_bytes(Path("a.npy").read_bytes())
    done = call("regress", "a.csv", "a.npy", "-l", "mse", "-f", "json")
    assert "a.csv: read as npy, by its contents, although its name ends in .csv" in done.err + done.out
    assert done.report["inputs"]["pred"]["format"] == "npy"


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("p.zip", zipped(a__csv=b"x\n1\n", b__csv=b"x\n1\n"), ("is a zip of 2 files: a.csv, b.csv", "unzip p.zip")),
        ("p.pkl", b"\x80\x04K\x01.", ("is a pickle, which is not read", "python -c", "pickle.load(open('p.pkl', 'rb'))")),
        ("p.csv", b"version https://git-lfs.github.com/spec/v1\n", ("is a Git LFS pointer", "git lfs pull --include p.csv")),
        ("p.mat", b"MATLAB 5.0 MAT-file" + bytes(110), ("is a MATLAB file", "scipy.io.loadmat('p.mat')")),
        ("p.what", b"\0\1", ("unknown file type", ".csv")),
        ("p.csv.gz", b"\x1f\x8b\x08\0", ("not a complete gzip file",)),
        ("p.npy.zip", b"PK\3\4" + bytes(40), ("not a complete zip file",)),
    ],
)
def test_refused(name, raw, says):
    Path(name).write_bytes(raw)
    refused(3, "regress", name, "t.csv", "-l", "mse", says=(f"{name}: ", *says))
    refused(3, "inspect", name)
    refused(3, "regress", "-", "t.csv", "-l", "mse", stdin=raw)
