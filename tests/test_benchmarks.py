"""The benchmarks run and tell the truth: same data every time, the columns that are promised, values that agree."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

KINDS = (
    "pairs",
    "binary",
    "classes",
    "boxes",
    "masks",
    "triplets",
    "table_gz",
    "box_table_gz",
    "tensors",
    "parquet",
    "feather",
    "coco",
    "archive",
    "objects",
)

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the benchmarks measure processes by os.wait4")


def python(script, *arguments):
    module = f"benchmarks.{script.removesuffix('.py').replace('/', '.')}"
    done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_data_are_the_same_every_time(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    making = (
        "import sys, pathlib; from benchmarks.speed import data; [data.make(k, 3, pathlib.Path(sys.argv[1])) for k in sys.argv[2:]]"
    )
    for folder in (first, second):
        folder.mkdir()
        subprocess.run([sys.executable, "-c", making, folder, *KINDS], check=True, cwd=ROOT)
    assert digests(first) == digests(second)
    assert len(digests(first)) == 22
    assert python("speed/data.py", "table", 3, first) == f"{first / 'table_3.csv'}\n"


def test_a_profile_is_of_the_whole_time():
    head, _, *rows = python("profile.py", "--size", "tiny", "--only", "mse", "dice").splitlines()
    names = [cell.strip() for cell in head.strip("|").split("|")]
    assert names[:3] == ["task", "CPU s", "digest"]
    assert [row.split("|")[1].strip() for row in rows] == ["mse", "dice"]
    for row in rows:
        shares = [int(cell.strip(" %")) for cell in row.strip("|").split("|")[2:]]
        assert len(shares) == len(names) - 2
        assert abs(sum(shares) - 100) <= len(shares) / 2  # each is rounded to a whole number
        assert shares[-1] > 0


def test_simulated_intervals_and_tests_have_a_row_for_each_case():
    found = json.loads(python("run.py", "--size", "tiny", "--only", "statistics", "--format", "json"))
    assert {c["table"] for c in found["cases"]} == {"coverage", "type I error", "equal models called worse"}
    assert all(c["below"] + c["inside"] + c["above"] == pytest.approx(100) for c in found["cases"])
    assert {c["resamples"] for c in found["costs"]} == {0, 999, 1000, 9999}
    shown = python("run.py", "--size", "tiny", "--only", "statistics")
    assert sum(line.startswith("| ") for line in shown.splitlines()) == len(found["cases"]) + len(found["costs"]) + 8


def test_a_table_has_a_row_for_each_task_and_a_column_for_each_program(tmp_path):
    shown = python("run.py", "--size", "tiny", "--runs", 1, "--only", "triplet", "start-npy-json", "--folder", tmp_path)
    head, arrays, start = (part for part in shown.split("\n\n") if not part.startswith("**"))
    assert "`--size tiny`, medians of 1 interleaved runs" in head
    columns = [cell.strip() for cell in arrays.splitlines()[0].strip("|").split("|")]
    assert columns[:5] == ["task", "rows", "MB", "value", "report"]
    assert {"NumPy", "limit", "value ÷ best peer", "report ÷ best peer", "value ÷ limit", "differ"} <= set(columns)
    for table, task in ((arrays, "triplet"), (start, "start-npy-json")):
        names, rule, row = (line.strip("|").split("|") for line in table.splitlines())
        assert len(names) == len(rule) == len(row)
        assert row[0].strip() == task


def test_the_library_of_a_format_finds_the_same_value(tmp_path):
    said = json.loads(
        python("run.py", "--size", "tiny", "--runs", 1, "--only", "formats", "--format", "json", "--folder", tmp_path)
    )
    assert [task["name"] for task in said["tasks"]] == [
        f"format-{x}" for x in ("safetensors", "parquet", "feather", "hdf5", "coco")
    ]
    assert all(task["difference"] <= task["tolerance"] for task in said["tasks"])
    assert all(contender["runs"] for task in said["tasks"] for contender in task["contenders"])


def test_every_run_is_in_the_json(tmp_path):
    said = json.loads(python("run.py", "--size", "tiny", "--runs", 2, "--only", "gz-mse", "--format", "json", "--folder", tmp_path))
    (task,) = said["tasks"]
    assert [c["column"] for c in task["contenders"]] == ["value", "report", "zcat into value", "zcat alone"]
    assert all(len(c["runs"]) == 2 and not c["failure"] for c in task["contenders"])
    assert len({run["value"] for c in task["contenders"][:3] for run in c["runs"]}) == 1
    assert task["difference"] == 0


def test_memory_of_every_format_is_measured():
    head, _, *rows = python("memory.py", "--rows", 10, 20, "--only", "npz", "jsonl").splitlines()
    assert head == "| peak MiB | 10 rows | 20 rows | last ÷ first |"
    assert [row.split("|")[1].strip() for row in rows] == ["npz", "jsonl"]


def test_the_fuzzer_runs():
    found = python("fuzz.py", "--part", "inputs", "mutants", "growth", "--cases", 1, "--only", "tsv", "--jobs", 1)
    assert found.splitlines()[-1].startswith("in all: 1 of 1 met")
