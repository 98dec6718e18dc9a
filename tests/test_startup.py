"""What is loaded when: lists of modules in a fresh interpreter, so that no clock can make the test flake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from losscli import sources
from tests.support.paths import SAMPLES

HEAVY = ("numpy", "pandas", "rich", "scipy", "pyarrow", "fsspec", "dask", "distributed")
PROBE = """
import sys
sys.argv = ["losscli", *{argv!r}]
from losscli.cli.app import main
try:
    main()
except SystemExit as e:
    code = e.code
print("\\n@@", code, *[m for m in {heavy!r} if m in sys.modules], *[m for m in sys.modules if m.startswith("losscli.sources.")])
"""
READERS = Path(sources.__file__).parent
ROOMS = {path.name for path in READERS.iterdir() if path.is_dir() and not path.name.startswith("__")}


def run(*argv):
    """The exit code of a command, the heavy modules that it loaded, and the rooms of readers."""
    code = PROBE.format(argv=argv, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=SAMPLES, check=True)
    first, *rest = done.stdout.rpartition("@@")[2].split()
    return int(first), {m for m in rest if m in HEAVY}, {m.split(".")[2] for m in rest if m not in HEAVY} & ROOMS


def loaded(*argv):
    """The exit code and the heavy modules that a command loaded."""
    return run(*argv)[:2]


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--version"], ["-V"], ["detect", "--help"], ["losses", "--help"], []])
def test_help_loads_nothing_heavy(argv):
    code, modules = loaded(*argv)
    assert code == (0 if argv else 2)
    assert modules == set()


def test_an_npy_job_loads_no_pandas():
    assert loaded("regress", "diabetes_pred.npy", "diabetes_target.npy", "-l", "mse", "-f", "json") == (0, {"numpy"})


@pytest.mark.parametrize(
    ("argv", "rooms"),
    [
        (("regress", "diabetes_pred.csv", "diabetes_target.csv", "-l", "mse"), {"files", "delimited"}),
        (("classify", "iris_probs.csv", "iris_label.csv", "--key", "flower", "-l", "ce"), {"files", "delimited"}),
        (("regress", "diabetes_pred.npy", "diabetes_target.npy", "-l", "mse"), {"files", "arrays"}),
        (("segment", "coins_probs.npy", "coins_masks.npy", "-l", "dice"), {"files", "arrays"}),
        (("detect", "boxes.npy", "gt.npy", "-l", "giou"), {"files", "arrays"}),
    ],
    ids=lambda x: x[1] if isinstance(x, tuple) else "",
)
def test_a_plain_run_loads_the_rooms_of_its_own_format_alone(argv, rooms):
    assert run(*argv, "-f", "plain") == (0, {"numpy"}, rooms)


def test_a_small_table_loads_no_pandas():
    assert loaded("detect", "boxes.csv", "gt.csv", "--loss", "giou", "-f", "plain", "--key", "id") == (0, {"numpy"})


def test_a_table_for_people_loads_numpy_alone():
    assert loaded("regress", "diabetes_pred.npy", "diabetes_target.npy", "-l", "mse", "-f", "table") == (0, {"numpy"})
