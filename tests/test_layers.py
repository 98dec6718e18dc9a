"""The floors of the house: packages import lower floors or themselves, never in a circle; third parties stay in their rooms."""

from __future__ import annotations

import ast
import functools
import re
import sys
from pathlib import Path

import pytest

import losscli
from tests.support.every import every

ROOT = Path(losscli.__file__).parent

FLOORS = (
    ("core",),
    ("numerics",),
    ("pictures",),
    ("sources", "spec"),
    ("families", "reading"),
    ("engine",),
    ("output", "cluster"),
    ("report",),
    ("run",),
    ("cli", "api"),
    ("losses",),
    ("", "__main__"),
)
FLOOR = {name: i for i, names in enumerate(FLOORS) for name in names}
THIRD = {
    "numpy": {""},
    "typer": {"cli"},
    "pandas": {"sources/delimited", "sources/frames", "api"},
    "rich": {"cli/progress"},
    "threadpoolctl": {"numerics/in_order"},
    "fsspec": {"sources/files/remote"},
    "lxml": {"sources/frames/pandas_file"},
    "pyreadstat": {"sources/frames/pandas_file"},
    "python_calamine": {"sources/spreadsheets/workbook"},
    "pyarrow": {"sources/frames/pandas_file", "sources/arrow", "output/parquet_rows"},
    "h5py": {"sources/arrays/hdf5", "sources/arrays/hdf5_datasets"},
    "nibabel": {"sources/images/nifti"},
    "scipy": {"families"},
    "typing_extensions": {"api"},  # of type checkers alone, like the next
    "_typeshed": {"sources/files"},
    "distributed": {"cluster"},
    "dask": {"cluster"},
    "PIL": {"sources/images", "sources/annotations", "pictures/overlay", "output/loss_maps"},
    "yaml": {"sources/annotations"},
    "tomllib": {"run/config/toml_file"},  # in the standard library from Python 3.11 on
    "tomli": {"run/config/toml_file"},
    "matplotlib": {"pictures/raster"},
    "pycocotools": {"sources/coco"},
}
"""The rooms, or files, that may import a third party; "" is all of them."""


def modules():
    return sorted(ROOT.rglob("*.py"))


every_module = every((str(path.relative_to(ROOT)), (path,)) for path in modules())


def dotted(path):
    """The parts of a module's name below the package."""
    return path.relative_to(ROOT).with_suffix("").parts if path.name != "__init__.py" else path.parent.relative_to(ROOT).parts


@functools.cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imports(path):
    """Every module that a file names in an import, at any depth of its code: all of them are arrows of the house."""
    return tuple(_imports(path))


def _imports(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            found = re.match(r"f?['\"](\w+)", ast.unparse(node.args[0]))
            if found and found[1] != "losscli":
                yield found[1]
        elif isinstance(node, ast.ImportFrom) and node.module:
            place = ROOT.joinpath(*node.module.split(".")[1:])
            for a in node.names:
                inner = node.module.startswith("losscli") and ((place / a.name).is_dir() or (place / f"{a.name}.py").exists())
                yield f"{node.module}.{a.name}" if inner else node.module


@every_module
def test_imports_go_down(path):
    own = (*dotted(path), "")[0]
    for name in imports(path):
        head, *rest = name.split(".")
        if head == "losscli":
            other = rest[0] if rest else ""
            assert other == own or FLOOR[other] < FLOOR[own], f"{path.relative_to(ROOT)} imports {name}"
        elif head not in sys.stdlib_module_names:
            place = "/".join((*dotted(path), ""))
            allowed = any(place.startswith(f"{room}/" if room else "") for room in THIRD.get(head, ()))
            assert allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_every_package_has_a_floor():
    assert {(*dotted(path), "")[0] for path in modules()} == set(FLOOR)


def test_no_circles():
    """Depth first through the files: an arrow to a file that is still open closes a circle."""
    arrows = {".".join(("losscli", *dotted(path))): set(imports(path)) for path in modules()}
    done: set[str] = set()
    way: list[str] = []

    def visit(name):
        if name in way:
            pytest.fail(" -> ".join([*way[way.index(name) :], name]))
        if name in done or name not in arrows:
            return
        way.append(name)
        for other in sorted(arrows[name]):
            visit(other)
        done.add(way.pop())

    for name in sorted(arrows):
        visit(name)
    assert len(done) == len(arrows)


@every_module
def test_files_are_small_and_say_what_they_are(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    assert ast.get_docstring(tree(path))
