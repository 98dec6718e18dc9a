"""What systems of CI would do with a file: parse its expressions, run its scripts where nothing is installed."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""How the runner of GitHub Actions starts `shell: bash` (docs.github.com, workflow syntax, `jobs.<job_id>.steps[*].shell`)."""

# A Python that makes environments of itself and notes what pip would install; in everything else it is the one of the tests.
PYTHON = """#!/usr/bin/env bash
for last; do :; done
case " $* " in
  *' -m venv '*) mkdir -p "$last/bin" && cp "$STUBS/python" "$STUBS/losscli" "$last/bin" ;;
  *' -m pip '*) echo "$last" >> "$STUBS/installed" ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
"""
LOSSCLI = '#!/usr/bin/env bash\nexec "$REAL_PYTHON" -m losscli "$@"\n'


@dataclass(frozen=True)
class Stubs:
    """A folder of programs that take the place of an installation."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Stubs:
        folder.mkdir()
        for name, text in (("python", PYTHON), ("losscli", LOSSCLI)):
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(stat.S_IRWXU)
        return cls(folder)

    @property
    def python(self) -> str:
        return str(self.folder / "python")

    @property
    def installed(self) -> list[str]:
        note = self.folder / "installed"
        return note.read_text(encoding="utf-8").splitlines() if note.exists() else []

    def run(self, script: str, cwd: Path, env: dict[str, str], shell: tuple[str, ...] = BASH) -> subprocess.CompletedProcess[str]:
        """Run a script as a file, with these programs first."""
        file = self.folder / "script.sh"
        file.write_text(script, encoding="utf-8")
        found = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, "PATH": found, "STUBS": str(self.folder), "REAL_PYTHON": sys.executable} | env
        return subprocess.run([*shell, str(file)], cwd=cwd, env=variables, capture_output=True, text=True, timeout=60)


@dataclass
class Job:
    """A run of the composite action as the runner does it: each step has outputs and a summary, and a failure ends the run."""

    stubs: Stubs
    workspace: Path
    inputs: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    failed: bool = False

    def run(self) -> Job:
        given = {name: x["default"] for name, x in ACTION["inputs"].items()} | self.inputs
        self.values = {f"inputs.{name}": text for name, text in given.items()}
        self.values |= {"github.action_path": str(ROOT), "steps.python.outputs.python-path": self.stubs.python}
        for number, step in enumerate(STEPS):
            if "run" in step and (not self.failed or step.get("if") == "always()"):
                self._step(step, self.stubs.folder / f"step{number}")
        return self

    @property
    def exit_code(self) -> str:
        return self.filled(ACTION["outputs"]["exit-code"]["value"])

    def filled(self, text: str) -> str:
        """The text with its expressions evaluated; the output of a step that did not run is empty."""

        def value(found: re.Match[str]) -> str:
            assert found[1] in self.values or re.fullmatch(r"steps\.\w+\.outputs\.[\w-]+", found[1]), found[1]
            return self.values.get(found[1], "")

        filled = EXPRESSION.sub(value, text)
        assert "${{" not in filled or "${{" in "".join(self.inputs.values())
        return filled

    def _step(self, step: dict[str, Any], files: Path) -> None:
        files.mkdir()
        output, summary = files / "output", files / "summary"
        for file in (output, summary):
            file.touch()
        env = {name: self.filled(text) for name, text in step["env"].items()}
        around = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        around |= {"GITHUB_WORKSPACE": str(self.workspace), "RUNNER_TEMP": str(self.stubs.folder)}
        cwd = self.workspace / self.filled(step.get("working-directory", "."))
        done = self.stubs.run(step["run"], cwd, self.env | around | env)
        self.log += done.stdout + done.stderr
        self.summary += summary.read_text(encoding="utf-8")
        self.failed = self.failed or done.returncode != 0
        for line in output.read_text(encoding="utf-8").splitlines():
            name, _, text = line.partition("=")
            self.values[f"steps.{step['id']}.outputs.{name}"] = text
