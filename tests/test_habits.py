"""What people and machines are told about the project is well formed and says the same everywhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from losscli import __version__
from tests.support.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WRITTEN = [ROOT / ".pre-commit-config.yaml", ROOT / "CITATION.cff", *sorted((ROOT / ".github").rglob("*.yml"))]


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_yaml_is_read(path):
    assert isinstance(loaded(path), dict)


def test_the_workflow_runs_the_check_script_on_every_python_of_the_project():
    jobs = loaded(ROOT / ".github" / "workflows" / "check.yml")["jobs"]
    versions = [x.rpartition(" ")[2] for x in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", x)]
    assert jobs["linux"]["strategy"]["matrix"]["python"] == versions
    for name in ("linux", "macos"):
        assert {"run": "bash .ci/run"} in jobs[name]["steps"]


def test_windows_runs_the_same_tests_as_the_readme():
    steps = loaded(ROOT / ".github" / "workflows" / "check.yml")["jobs"]["windows"]["steps"]
    commands = " && ".join(step["run"] for step in steps if "run" in step)
    assert commands in (ROOT / "README.md").read_text(encoding="utf-8")


def test_issue_forms_have_what_github_asks_for():
    forms = [x for x in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")) if x.stem != "config"]
    assert forms
    for path in forms:
        form = loaded(path)
        assert {"name", "description", "body"} <= set(form)
        for part in form["body"]:
            assert part["type"] in ("textarea", "input", "dropdown", "checkboxes", "markdown")
            assert part["attributes"]["label"]


def test_versions_agree():
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert first is not None
    assert first[1] == loaded(ROOT / "CITATION.cff")["version"] == __version__


def test_every_marker_is_described_for_contributors():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]:
        assert f"`{marker.partition(':')[0]}`" in text


def test_no_path_is_inserted():
    """Tests, benchmarks and scripts import what is installed or lies beside them."""
    for folder in ("tests", "benchmarks", "sample_data", "losscli"):
        for path in (ROOT / folder).rglob("*.py"):
            assert path == Path(__file__) or "sys.path.insert" not in path.read_text(encoding="utf-8"), path
