"""Kinds of fault that were found in one format or option, in every other that could have them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import ipc, orc, parquet
from safetensors.numpy import save_file

from losscli.run.config.toml_text import toml
from losscli.sources.arrow import table as arrow_table
from tests.support import torch_files
from tests.support.command import array, call, refused, table
from tests.support.judged import faults

# --- both sides in one file, of unequal lengths


def _hdf5(path: str, arrays: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values


ARCHIVES: dict[str, Callable[[str, dict[str, Any]], object]] = {
    "a.npz": array,
    "deflated.npz": lambda path, arrays: np.savez_compressed(path, **arrays),
    "a.safetensors": lambda path, arrays: save_file(arrays, path),
    "a.pt": torch_files.save,
    "a.h5": _hdf5,
    "group.h5": lambda path, arrays: _hdf5(path, {f"run/{k}": v for k, v in arrays.items()}),
    "a.json": lambda path, arrays: Path(path).write_text(json.dumps({k: v.tolist() for k, v in arrays.items()})),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_sides_of_unequal_lengths_in_one_file(name):
    for ours, theirs in ((2, 3), (3, 2)):
        ARCHIVES[name](name, {"pred": np.arange(ours) + 1.0, "target": np.zeros(theirs)})
        for more in ((), ("--fail-if", "mae > 100"), ("--worst", "1")):
            says = (name, f"`pred` has {ours} rows, `target` has {theirs}")
            refused(3, "regress", name, "-l", "mae", *more, says=says)


@pytest.mark.parametrize("option", ["--weights", "--by", "--unit", "--key"])
def test_arrays_beside_them_of_another_length(option):
    for rows in (2, 4):
        array("a.npz", {"pred": np.ones(3), "target": np.zeros(3), "w": np.arange(rows)})
        refused(3, "regress", "a.npz", "-l", "mae", option, "w", says=("a.npz", f"{rows} ", "3 rows"))


# --- one bit that is another, in formats that carry checksums


def _checked_parquet(path: str, arrays: dict[str, Any]) -> None:
    parquet.write_table(pa.table(arrays), path, write_page_checksum=True, use_dictionary=False, compression="none")


CHECKED = {name: ARCHIVES[name] for name in ("a.npz", "deflated.npz", "a.pt")} | {"a.parquet": _checked_parquet}


@pytest.mark.parametrize("name", CHECKED)
def test_a_flipped_bit(name):
    CHECKED[name](name, {"pred": np.arange(5000) / 7, "target": np.zeros(5000)})
    whole = Path(name).read_bytes()
    for part in (0.2, 0.4):
        at = int(len(whole) * part)
        Path(name).write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        refused(3, "regress", name, "-l", "mae", "-o", "r.json", "--fail-if", "mae > 1e9", says=(name,))
        assert not Path("r.json").exists()
    Path(name).write_bytes(whole)
    assert call("regress", name, "-l", "mae").code == 0


@pytest.mark.parametrize("scheme", ["reference", "dask", "zip", "tar", "nothing"])
def test_schemes_that_need_more_than_a_path(scheme):
    done = call("regress", f"{scheme}://a/b.csv", "-l", "mae")
    assert (done.code in (2, 3), faults(done, ("regress", f"{scheme}://a/b.csv"))) == (True, [])
    assert f"{scheme}://a/b.csv" in done.err


# --- lists of unequal lengths, after as many rows as a reader looks at first

ROWS = 1100


def _lines(path: str, records: list[dict[str, Any]]) -> None:
    Path(path).write_text("".join(json.dumps(x) + "\n" for x in records))


def _arrow(path: str, records: list[dict[str, Any]]) -> None:
    data = pa.Table.from_pylist(records)
    suffix = path.rpartition(".")[2]
    if suffix == "parquet":
        parquet.write_table(data, path, row_group_size=400)
    elif suffix == "orc":
        orc.write_table(data, path)
    else:
        with (ipc.new_stream if suffix == "arrow" else ipc.new_file)(path, data.schema) as writer:
            writer.write_table(data, max_chunksize=400)


LISTS: dict[str, Callable[[str, list[dict[str, Any]]], object]] = {
    "a.jsonl": _lines,
    "a.json": lambda path, records: Path(path).write_text(json.dumps(records)),
    "columns.json": lambda path, records: Path(path).write_text(json.dumps({k: [x[k] for x in records] for k in records[0]})),
    "a.csv": lambda path, records: pd.DataFrame([{**x, "scores": json.dumps(x["scores"])} for x in records]).to_csv(
        path, index=False
    ),
    "a.parquet": _arrow,
    "a.feather": _arrow,
    "a.arrow": _arrow,
    "a.orc": _arrow,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_late_list_of_another_length(name, monkeypatch):
    monkeypatch.setattr(arrow_table, "_HELD", 1)
    for late in ([0.5, 0.5, 0.7], [0.5], [], [0.5, None], None):
        records = [{"scores": [0.5, 0.5], "label": i % 2} for i in range(ROWS)]
        records[-5]["scores"] = late
        LISTS[name](name, records)
        done = refused(3, "classify", name, "-l", "ce", says=(f"{name}, row {ROWS - 4}", "scores"))
        if late and None not in late:
            assert f"a list of {len(late)} value" in done.err


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.arrow"])
def test_a_time_zone_that_is_not_known(name):
    times = pa.array([0, 1], pa.timestamp("ns", "Europe/Nowhere"))
    data = pa.table({"pred": [1.0, 2.0], "target": [0.0, 0.0], "at": times})
    if name.endswith("parquet"):
        parquet.write_table(data, name)
    else:
        with (ipc.new_stream if name.endswith("arrow") else ipc.new_file)(name, data.schema) as writer:
            writer.write_table(data)
    assert call("regress", name, "-l", "mae", "-b").out == "1.5\n"
    for option, value in (("--col", "pred=at"), ("--by", "at"), ("--unit", "at"), ("--filter", "at>1")):
        says = (f"{name}, column at: cannot be read: its time zone 'Europe/Nowhere' is not known here",)
        refused(3, "regress", name, "-l", "mae", option, value, says=says)
    assert call("inspect", name).code == 0


# --- headers of NPY, wherever an array is read

HEADS = {
    "unclosed": "{'descr': '<f8', 'shape': (2,",
    "parentheses": "(" * 3000,
    "nested": "{'descr': " + "[" * 500 + "]" * 500 + ", 'fortran_order': False, 'shape': (2,)}",
    "true": "{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}",
    "negative": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
    "axes": f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'1, ' * 65})}}",
    "digits": f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'9' * 5000},)}}",
    "no type": "{'descr': None, 'fortran_order': False, 'shape': (2,)}",
    "names": "{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': (2,)}",
    "empty": "",
}


def _npy(head: str) -> bytes:
    raw = head.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + bytes(16)


@pytest.mark.parametrize("head", HEADS)
def test_broken_headers_of_arrays(head):
    good = array("t.npy", np.zeros(2))
    Path("w.npy").write_bytes(_npy(HEADS[head]))
    for kind in (ZIP_STORED, ZIP_DEFLATED):
        with ZipFile(f"{kind}.npz", "w", kind) as out:
            out.writestr("pred.npy", _npy(HEADS[head]))
            out.writestr("target.npy", Path(good).read_bytes())
    Path("d").mkdir()
    Path("d/a.npy").write_bytes(_npy(HEADS[head]))
    for command in (
        ("regress", "w.npy", good, "-l", "mae"),
        ("regress", good, "w.npy", "-l", "mae"),
        ("regress", "0.npz", "-l", "mae"),
        ("regress", "8.npz", "-l", "mae"),
        ("regress", good, good, "-l", "mae", "--weights", "w.npy"),
        ("regress", good, good, "-l", "mae", "--baseline", "w.npy"),
        ("classify", good, good, "-l", "bce:pos_weight=@w.npy"),
        ("segment", "d", "d", "-l", "dice"),
        ("transform", "softmax", "w.npy"),
    ):
        refused(3, *command)
    assert call("inspect", "w.npy").code == 3


# --- half of a pair of surrogates, which no encoding has

HALF = "a\ud800b"


def _texts(path: str) -> None:
    if path.endswith(".npz"):
        words = np.array(["a_b", "c"]).view(np.uint32)
        words[1] = 0xD800
        np.savez(path, id=words.view("U3"), pred=np.arange(2.0), target=np.zeros(2))
    else:
        records = [{"id": HALF, "pred": 0, "target": 0}, {"id": "c", "pred": 1, "target": 0}]
        Path(path).write_text("".join(json.dumps(x) + "\n" for x in records))


@pytest.mark.parametrize("name", ["a.npz", "a.jsonl"])
def test_half_of_a_pair_of_surrogates(name):
    _texts(name)
    command = ("regress", name, "-l", "mae", "--by", "id", "--worst", "2")
    for look in ("table", "plain", "md", "csv", "json", "jsonl", "html"):
        done = call(*command, "-f", look)
        assert (done.code, "\\ud800" in done.out) == (0, True), (look, done)
    for look in ("junit", "sarif", "openmetrics", "flat", "summary", "github", "gitlab"):
        assert call(*command, "-f", look).code == 0, look
    for out in ("s.csv", "s.jsonl", "s.parquet"):
        assert call(*command, "--per-sample", out).code == 0
    assert pd.read_parquet("s.parquet")["id"].tolist() == ["a\\ud800b", "c"]
    assert pd.read_csv("s.csv")["id"].tolist() == ["a\\ud800b", "c"]


# --- control characters in the names of files, in every command

NAME = "d\x1b[31m\r\n'q\u202e"
CSV, JSON, NPY, TOML = (f"{NAME}.{suffix}" for suffix in ("csv", "json", "npy", "toml"))


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (0, ("inspect", CSV)),
        (3, ("inspect", CSV, "--key", "nope")),
        (0, ("report", JSON)),
        (0, ("verify", JSON)),
        (0, ("merge", JSON)),
        (3, ("compare", JSON, "other.json")),
        (0, ("check", "--config", TOML)),
        (0, ("init", CSV, "-o", "-")),
        (2, ("init", CSV, "-o", f"no/{TOML}")),
        (0, ("reconcile", "regress", CSV, "-l", "mae", "--value", "0.5")),
        (0, ("transform", "softmax", NPY)),
        (0, ("curve", "regress/huber", "--data", CSV, CSV)),
        (2, ("curve", "regress/huber", "-o", NAME)),
        (0, ("explain", "regress/huber", CSV, "--row", "1")),
        (2, ("explain", "regress/huber", CSV, "--row", "9")),
        (2, ("formats", NAME)),
        (2, ("losses", "--test", f"{NAME}.py:x", "--family", "regress")),
        (3, ("regress", f"@{CSV}", "-l", "mae")),
        (3, ("regress", f"{NAME}*.csv", f"no{CSV}", "-l", "mae")),
        (2, ("regress", CSV, "-l", "mae", "-o", f"json={CSV}")),
        (3, ("regress", CSV, "-l", "mae", "--weights", NPY)),
        (3, ("regress", CSV, "-l", "mae", "--baseline", JSON)),
        (2, ("regress", CSV, "-l", "mae", "--loss-file", f"{NAME}.py:x")),
        (3, ("regress", CSV, "-l", "mae", "--config", NAME)),
    ],
)
def test_control_characters_in_the_name_of_a_file(code, command):
    table(CSV, "pred,target", (1, 0), (2, 0), (3, 1))
    array(NPY, np.ones((3, 2)))
    for name in (JSON, "other.json"):
        Path(name).write_text(call("regress", CSV, "-l", "mae", "-f", "json", "--state").out)
    Path(TOML).write_text("[[check]]\nname = 'a'\nfamily = 'regress'\nloss = ['mae']\npred = " + toml(CSV))
    done = call(*command)
    assert (done.code, faults(done, command, (code,))) == (code, []), done
