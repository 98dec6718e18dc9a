"""README as the tool writes it: the catalogue, and the output of every console example. Run it to write README anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

README = ROOT / "README.md"
CATALOGUE = re.compile(r"(<!-- catalogue -->\n).*?(<!-- /catalogue -->)", re.S)
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)


def expected(text: str) -> str:
    """README with the catalogue and every example's output as they are now."""
    from losscli.spec import pages

    text = CATALOGUE.sub(lambda m: f"{m[1]}\n{pages.markdown()}\n{m[2]}", text)
    return CONSOLE.sub(lambda m: f"```console\n{_session(m[1])}```", text)


def _session(block: str) -> str:
    return "".join(f"{line}\n{_output(line[2:])}" for line in block.splitlines() if line.startswith("$ "))


def _output(command: str) -> str:
    """stdout of a shell command run among the samples, as on a pipe."""
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT / "sample_data", capture_output=True, text=True, encoding="utf-8", env=env
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    README.write_text(expected(README.read_text(encoding="utf-8")), encoding="utf-8")
