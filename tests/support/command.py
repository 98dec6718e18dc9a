"""How the tests run the command line: as a process of its own, or, quicker, through the same door in this one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from losscli.cli import exits
from losscli.cli.app import command_of


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        assert self.code in (0, 1), self.err
        return json.loads(self.out)

    @property
    def loss(self) -> Any:
        """The first line of the JSON report."""
        return self.report["losses"][0]


def cli(*argv: str, stdin: bytes = b"", cwd: Path | None = None, **env: str) -> Done:
    """A real process. Use it where the process is the point: signals, pipes, encodings, start-up."""
    done = subprocess.run(
        [sys.executable, "-m", "losscli", *argv], input=stdin, capture_output=True, cwd=cwd, env={**os.environ, **env}, timeout=60
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def call(*argv: str, stdin: bytes = b"") -> Done:
    """The same command in this process: argv in, exit code and both streams out."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in range(2))
    source = mock.Mock(buffer=io.BytesIO(stdin))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "stdin", source):
        code = exits.leave(command_of(argv))
        out.flush()
        err.flush()
    streams = [x.buffer.getvalue().decode() for x in (out, err)]
    return Done(code, *streams)


def refused(code: int, *argv: str, says: tuple[str, ...] = (), stdin: bytes = b"") -> Done:
    """A command that must fail: with that code, in one to five lines that hold these words, and nothing on stdout."""
    done = call(*argv, stdin=stdin)
    assert done.code == code, done
    assert done.out == ""
    assert 1 <= len(done.err.splitlines()) <= 5, done.err
    for words in says:
        assert words in done.err, done.err
    assert all(c.isprintable() or c == "\n" for c in done.err)
    return done


def table(path: str, *rows: object) -> str:
    """Write a CSV whose rows are lines, numbers or sequences; returns the path."""
    lines = [",".join(map(str, row)) if isinstance(row, (list, tuple)) else row for row in rows]
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def array(path: str, values: object, dtype: Any = None) -> str:
    """Write an NPY, or an NPZ of a mapping; returns the path."""
    if isinstance(values, dict):
        np.savez(path, **values)
    else:
        np.save(path, np.asarray(values, dtype))
    return path


def mine() -> list[str]:
    """Everything in the folder, half-written files too."""
    return sorted(os.listdir())
