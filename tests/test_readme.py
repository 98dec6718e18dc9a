"""README and docs say what the tool does now: catalogue, examples, commands, links, and the number of the version."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from losscli.spec import column_names, registry
from tests.support import readme, your_files
from tests.support.command import call
from tests.support.paths import ROOT, SAMPLES

TEXT = readme.README.read_text(encoding="utf-8")
TABLE = TEXT.partition("<!-- your files -->")[2].partition("<!-- /your files -->")[0]
COMMANDS = re.findall(r"\| `(losscli [^`]+)` \|$", TABLE, re.M)
PAGES = pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@PAGES
def test_a_page_is_what_the_tool_prints(page):
    text = page.read_text(encoding="utf-8")
    assert readme.expected(text) == text, "run: python -m tests.support.readme"


def test_the_table_of_column_names_is_in_the_docs():
    page = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in (*column_names.LABEL, *column_names.SCORE, *column_names.IMAGE_ID))


def test_the_picture_is_what_a_terminal_shows():
    assert readme.PICTURE.read_text(encoding="utf-8") == readme.picture(), "run: python -m tests.support.readme"


PYTHON = {page: re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S) for page in readme.PAGES}


@pytest.mark.parametrize("page", [page for page, blocks in PYTHON.items() if blocks], ids=lambda page: page.name)
def test_python_examples_run(page, tmp_path):
    """All of a page as one program, in a copy of the samples."""
    shutil.copytree(SAMPLES, tmp_path / "samples")
    program = "\n".join(PYTHON[page])
    done = subprocess.run([sys.executable, "-"], input=program, cwd=tmp_path / "samples", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@PAGES
def test_links_lead_to_files(page):
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


GOLDEN = """
import json, sys
import losscli
code, line = sys.stdin.read().split("<golden>")
exec(code)
entry = json.loads(line.strip().rstrip(","))
inputs = entry["inputs"]
report = losscli.evaluate(inputs["pred"], inputs["target"], family="regress", losses=entry["loss"])
assert report[entry["loss"]].value == entry["value"]
slope = losscli.gradient(entry["loss"], inputs["pred"], inputs["target"], family="regress")
print(slope.tolist())
"""


def test_the_example_of_a_new_loss_gives_its_golden_value():
    """In a process of its own: the loss joins the catalogue."""
    text = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    code, line = (re.search(rf"<!-- new {what} -->\n```\w+\n(.*?)```", text, re.S)[1] for what in ("loss", "golden"))
    done = subprocess.run([sys.executable, "-c", GOLDEN], input=f"{code}<golden>{line}", capture_output=True, text=True)
    assert done.stdout == "[0.5, 0.25]\n", done.stderr


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    your_files.make(folder)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_table_runs(command, theirs, monkeypatch):
    monkeypatch.chdir(theirs)
    done = call(*shlex.split(command)[1:], "--format", "json")
    assert done.code == 0, done.err
    assert done.loss["value"] > 0


def test_the_table_names_every_family_and_format():
    assert len(COMMANDS) == TABLE.count("\n|") - 2
    words = " ".join(COMMANDS)
    for word in (
        *registry.NAMES,
        ".csv",
        ".npy",
        ".jsonl",
        ".json",
        ".xlsx",
        ".pt",
        ".safetensors",
        "yolo/",
        "png/",
        "--key",
        "--match",
        "--from-logits",
    ):
        assert word in words


def test_every_family_has_an_example():
    for name in registry.NAMES:
        assert re.search(rf"^\$ (.*\| )?losscli {name} ", TEXT, re.M), name


def test_readme_is_short():
    assert len(TEXT.splitlines()) <= 240


def test_every_page_is_in_the_navigation():
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert f" {page.relative_to(ROOT / 'docs').as_posix()}\n" in site, page


SAMPLE_COMMANDS = re.findall(r"^    (losscli .+)$", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("command", SAMPLE_COMMANDS)
def test_the_samples_own_commands_run(command, monkeypatch):
    monkeypatch.chdir(SAMPLES)
    assert call(*shlex.split(command)[1:]).code == 0


@pytest.mark.parametrize("command", ["losses", "explain", "curve", "inspect", "schema", "transform", "reconcile"])
def test_every_other_command_is_shown(command):
    pages = (Path(page).read_text(encoding="utf-8") for page in readme.PAGES)
    assert any(f"$ losscli {command} " in page for page in pages)
