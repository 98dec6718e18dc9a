"""README and docs say what the tool does now: catalogue, examples, commands, links, and the number of the version."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from losscli.spec import registry
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


def test_the_picture_is_what_a_terminal_shows():
    assert readme.PICTURE.read_text(encoding="utf-8") == readme.picture(), "run: python -m tests.support.readme"


@PAGES
def test_python_examples_run(page, tmp_path, monkeypatch):
    """All of a page in one namespace, in a copy of the samples."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    shutil.copytree(SAMPLES, tmp_path / "samples")
    monkeypatch.chdir(tmp_path / "samples")
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)


@PAGES
def test_links_lead_to_files(page):
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


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
    for word in (*registry.NAMES, ".csv", ".npy", ".jsonl", ".parquet", "--key", "--match", "--from-logits"):
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


@pytest.mark.parametrize("command", ["losses", "explain", "inspect", "schema", "transform", "reconcile"])
def test_every_other_command_is_shown(command):
    pages = (Path(page).read_text(encoding="utf-8") for page in readme.PAGES)
    assert any(f"$ losscli {command} " in page for page in pages)
