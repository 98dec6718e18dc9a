"""The snippets of docs/ci.md are read by their parsers, and their commands by losscli."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from tests.support.command import call
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)
YAML = [yaml.safe_load(text) for language, text in BLOCKS if language == "yaml"]
GROOVY = [text for language, text in BLOCKS if language == "groovy"]
SHELL = [text for language, text in BLOCKS if language == "sh"]


def scripts(found: Any) -> list[str]:
    """Every command of a workflow: what `run` and `script` have."""
    if isinstance(found, list):
        return [x for part in found for x in scripts(part)]
    if not isinstance(found, dict):
        return []
    own = [x for key in ("run", "script") for x in (found[key] if isinstance(found.get(key), list) else [found.get(key)]) if x]
    return own + [x for key, part in found.items() if key not in ("run", "script") for x in scripts(part)]


COMMANDS = [
    line.strip()
    for text in (*scripts(YAML), *(block for part in GROOVY for block in re.findall(r"'''(.*?)'''", part, re.S)), *SHELL)
    for line in text.splitlines()
    if line.strip().startswith("losscli")
]


def test_every_system_has_a_command() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_lacks_nothing_but_its_files(folder, command: str) -> None:
    argv = shlex.split(command.partition(" || ")[0])[1:]
    done = call(*argv)
    assert done.code == 3, done.err
    assert "no such file" in done.err


def test_gitlab_takes_the_reports_that_are_written() -> None:
    (job,) = [found for part in YAML if isinstance(part, dict) for found in part.values()]
    reports = job["artifacts"]["reports"]
    assert set(reports) == {"junit", "codequality", "metrics"}
    (command,) = [x for x in COMMANDS if "junit=junit.xml" in x and "gitlab=" in x]
    assert {f"junit={reports['junit']}", f"gitlab={reports['codequality']}", f"openmetrics={reports['metrics']}"} <= set(
        command.split()
    )


def test_jenkins_has_balanced_brackets_and_reads_the_report_that_is_written() -> None:
    for block in GROOVY:
        bare = re.sub(r"'''.*?'''|'[^']*'", "''", block, flags=re.S)
        assert all(bare.count(a) == bare.count(b) for a, b in ("()", "{}"))
        for file in re.findall(r"junit '(.*?)'", block):
            assert any(f"-o {file}" in x for x in COMMANDS)
