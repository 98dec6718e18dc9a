"""Where a measurement is made: the interpreters with their libraries, the tool under test, the kind of machine."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

MODULES = {
    "numpy": "numpy",
    "pandas": "pandas",
    "typer": "typer",
    "torch": "torch",
    "sklearn": "scikit-learn",
    "optax": "optax",
    "jax": "jax",
    "polars": "polars",
    "duckdb": "duckdb",
    "pyarrow": "pyarrow",
    "safetensors": "safetensors",
    "h5py": "h5py",
    "pycocotools": "pycocotools",
}
"""Modules that contenders may need, with the names of their distributions."""

PROBE = f"""
import importlib.metadata as m, importlib.util as u, json, platform
print(json.dumps({{"python": platform.python_version()}} | {{k: m.version(v) for k, v in {MODULES!r}.items() if u.find_spec(k)}}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python and the versions of what it can import."""

    path: str
    versions: Mapping[str, str]


def interpreters(paths: Iterable[str]) -> list[Interpreter]:
    """The running interpreter first, then those that were given."""
    return [Interpreter(p, json.loads(_output([p, "-c", PROBE]))) for p in (sys.executable, *paths)]


def having(found: Iterable[Interpreter], needs: Iterable[str]) -> Interpreter | None:
    """The first interpreter that has all of `needs`."""
    return next((i for i in found if set(needs) <= set(i.versions)), None)


def tool(given: str | None) -> str:
    """The command line of the tool: as given, as installed beside the interpreter, or as its module."""
    if given:
        return given
    installed = Path(sys.executable).with_name("losscli")
    return shlex.quote(str(installed)) if installed.exists() else f"{shlex.quote(sys.executable)} -m losscli"


def describe(losscli: str, found: Iterable[Interpreter]) -> dict[str, str]:
    """Date, machine and versions, in words."""
    versions = {k: v for i in reversed(list(found)) for k, v in i.versions.items()}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "losscli": _output([*shlex.split(losscli), "--version"]).split()[-1],
        "python": versions.pop("python"),
        "libraries": ", ".join(f"{MODULES[k]} {v}" for k, v in sorted(versions.items(), key=lambda kv: list(MODULES).index(kv[0]))),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown CPU"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
