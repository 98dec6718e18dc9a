"""What is loaded when: lists of modules in a fresh interpreter, so that no clock can make the test flake."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
print("\\n@@", code, *[m for m in {heavy!r} if m in sys.modules])
"""


def loaded(*argv):
    """The exit code and the heavy modules that a command loaded."""
    code = PROBE.format(argv=argv, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=SAMPLES, check=True)
    first, *rest = done.stdout.rpartition("@@")[2].split()
    return int(first), set(rest)


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--version"], ["-V"], ["detect", "--help"], ["losses", "--help"], []])
def test_help_loads_nothing_heavy(argv):
    code, modules = loaded(*argv)
    assert code == (0 if argv else 2)
    assert modules == set()


def test_an_npy_job_loads_no_pandas_and_json_no_rich():
    assert loaded("regress", "diabetes_pred.npy", "diabetes_target.npy", "-l", "mse", "-f", "json") == (0, {"numpy"})


def test_a_small_table_loads_no_pandas():
    assert loaded("detect", "boxes.csv", "gt.csv", "--loss", "giou", "-f", "plain", "--key", "id") == (0, {"numpy"})


def test_a_table_for_people_loads_rich():
    assert loaded("regress", "diabetes_pred.npy", "diabetes_target.npy", "-l", "mse", "-f", "table") == (0, {"numpy", "rich"})
