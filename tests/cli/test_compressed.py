"""Compressed and misnamed files through the real command: equal reports, pipes, and errors of a few lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli.sources import open_source
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


def stored() -> dict[str, tuple[bytes, str]]:
    """Files that are not lines of text, with what `FILE::NAME` names in them."""
    import h5py
    import pyarrow as pa
    from openpyxl import Workbook
    from PIL import Image
    from pyarrow import feather

    book = Workbook()
    for name, rows in (("one", ([1.0, 2.0], [1.5, 3.0])), ("two", ([5.0, 5.0],))):
        sheet = book.create_sheet(name)
        for row in (["pred", "target"], *rows):
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save("b.xlsx")
    with h5py.File("a.h5", "w") as file:
        file["in/x"] = np.arange(4.0)
    feather.write_feather(pa.table({"pred": [1.0, 2.0], "target": [1.0, 4.0]}), "f.feather")
    Image.fromarray(np.eye(4, dtype=np.uint8)).save("m.png")
    array("x.npy", np.arange(4.0))
    parts = {"b.xlsx": "::one", "a.h5": "::in/x", "f.feather": "", "m.png": "", "x.npy": ""}
    return {name: (Path(name).read_bytes(), part) for name, part in parts.items()}


@pytest.mark.parametrize("packed", COMPRESS)
def test_files_that_are_not_text(packed):
    for name, (raw, part) in stored().items():
        Path(f"{name}{packed}").write_bytes(COMPRESS[packed](raw, name))
        Path("without").write_bytes(COMPRESS[packed](raw, name))
        plain, found = (open_source(f"{path}{part}") for path in (name, f"{name}{packed}"))
        names = plain.numeric() if plain.is_table else ()
        assert found.rows == plain.rows
        expected = plain.numbers(names).read(0, plain.rows).tolist()
        assert found.numbers(names).read(0, plain.rows).tolist() == expected
        if packed == ".zip" and name != "x.npy":  # the name of the member says what it is; one array alone is an archive of one
            assert open_source(f"without{part}").numbers(names).read(0, plain.rows).tolist() == expected


def test_an_array_in_a_zip_of_any_name():
    array("x.npy", [1.0, 2.0])
    raw = zipped(x__npy=Path("x.npy").read_bytes())
    for name in ("x", "x.bin", "x.npy.zip", "x.zip"):
        Path(name).write_bytes(raw)
        assert float(call("regress", name, "x.npy", "-l", "mse", "-b").out) == 0
    assert float(call("regress", "-", "x.npy", "-l", "mse", "-b", stdin=raw).out) == 0


def test_a_sheet_of_each_of_several_workbooks():
    stored()
    os.rename("b.xlsx", "w1.xlsx")
    Path("w2.xlsx").write_bytes(Path("w1.xlsx").read_bytes())
    assert float(call("regress", "w*.xlsx::one", "-l", "mse", "-b").out) == (1 + 1.5**2) / 2
    assert call("regress", "w*.xlsx::two", "-l", "mse", "-f", "json").report["alignment"]["evaluated"] == 2
    refused(3, "regress", "w*.xlsx::three", "-l", "mse", says=("w1.xlsx::three: no sheet 'three'", "one, two"))
    os.mkdir("d")
    os.rename("w1.xlsx", "d/w1.xlsx")
    refused(3, "regress", "d::one", "-l", "mse", says=("d: is a folder", "'d/*::one'"))
    assert float(call("regress", "d/*::one", "-l", "mse", "-b").out) == (1 + 1.5**2) / 2


def test_several_compressed_images_never_pair_by_position():
    raw = stored()["m.png"][0]
    os.mkdir("i")
    for name in ("i/a.png.gz", "i/b.png.gz"):
        Path(name).write_bytes(COMPRESS[".gz"](raw, ""))
    refused(3, "segment", "i/*.gz", "i/*.gz", "-l", "dice", says=("i/a.png.gz: is compressed by gzip", "gzip -dk i/a.png.gz"))
    refused(3, "segment", "i", "i", "-l", "dice", says=("i/a.png.gz: is compressed by gzip", "gzip -dk i/a.png.gz"))
