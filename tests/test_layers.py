"""The floors of the house: a file imports from lower floors or its own folder, third parties only where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import losscli

ROOT = Path(losscli.__file__).parent

FLOORS = (
    ("core", "lazy", "records"),
    ("errors", "exact", "memory", "numeric", "values", ""),
    ("double", "forks", "quantiles", "scheduler"),
    ("sources", "param", "block"),
    ("loss",),
    ("family",),
    ("spec",),
    ("families", "maps", "spread"),
    ("slopes",),
    ("custom",),
    ("recipe", "inputs", "output", "columns", "sheet"),
    ("losses",),
    ("labels", "rowsfile", "matching", "grouping"),
    ("bound", "bind"),
    ("tally",),
    ("groups",),
    ("plan",),
    ("engine", "laws", "contents", "digests"),
    ("report", "cluster"),
    ("gate", "render", "samples", "gradients", "summary", "schema", "catalogue"),
    ("request", "gradient_file"),
    ("run", "inspection", "transform"),
    ("api", "reconcile", "decompose"),
    ("cli",),
    ("__main__",),
)
FLOOR = {name: i for i, names in enumerate(FLOORS) for name in names}
THIRD = {
    "typer": {"cli"},
    "rich": {"render/table.py"},
    "pandas": {"sources"},
    "fsspec": {"sources/remote.py"},
    "distributed": {"scheduler"},
    "dask": {"scheduler"},
}
FACE = ("api", "losses", "report", "custom", "loss")
LAZY = {("losses", "api"), *(("", part) for part in FACE)}
"""Ways up, taken at run time: the Python face is loaded when touched."""


def modules():
    return sorted(ROOT.rglob("*.py"))


def part(path):
    """The top-level file or folder a module belongs to."""
    first = path.relative_to(ROOT).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "losscli":
                yield from (
                    f"losscli.{a.name}" if (ROOT / a.name).exists() or (ROOT / f"{a.name}.py").exists() else "losscli"
                    for a in node.names
                )
            else:
                yield node.module


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    own = part(path)
    assert own in FLOOR, f"{own} has no floor"
    for name in imports(path):
        words = name.split(".")
        if words[0] == "losscli":
            other = words[1] if len(words) > 1 else ""
            assert other in ("", own) or FLOOR[other] < FLOOR[own] or (own, other) in LAZY, f"{path.name} imports {name}"
        elif words[0] in THIRD:
            places = THIRD[words[0]]
            assert own in places or str(path.relative_to(ROOT)) in places, f"{path.name} imports {words[0]}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_small_and_say_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    assert ast.get_docstring(ast.parse(text))
