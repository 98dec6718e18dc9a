"""One check in a process of its own: the command of its family with the check's options, its output returned as text."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from losscli.cli import evaluate, exits, messages
from losscli.cli.check_folder import here
from losscli.core import interrupts
from losscli.core.errors import BUG, DATA, INTERRUPTED, DataError, LosscliError, UsageError
from losscli.core.records import dataclass, replace
from losscli.report.asked_gates import AskedGate
from losscli.run.config.read import Check

if TYPE_CHECKING:
    from losscli.report.drawn import DrawnSamples
    from losscli.report.model import Report

_START = "import sys; sys.path[:] = {path!r}; from losscli.cli.check_process import serve; serve()"


@dataclass(frozen=True)
class Look:
    """What output is written for: whether each stream is a terminal, its columns, stdout's encoding, and --color."""

    terminals: tuple[bool, bool]
    width: int | None
    encoding: str
    color: str

    @classmethod
    def here(cls) -> Look:
        """Of this process."""
        terminals = exits.on_terminal(), messages.on_terminal(sys.stderr)
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return cls(terminals, exits.width(), encoding, messages.choice["color"])


@dataclass(frozen=True)
class Job:
    """A check to be run in a folder. raw: its options, with those of the command line of `check`; self_test: whether its gates are
    also judged on random halves; shown: the formats of reports of all checks."""

    check: Check
    folder: str
    raw: Mapping[str, Any]
    look: Look
    self_test: bool = False
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finished:
    """What a check left: its exit code, both streams, its report with the samples that were drawn, or the error in place of one."""

    check: Check
    code: int
    out: str
    err: str
    report: Report | None = None
    error: LosscliError | None = None
    drawn: DrawnSamples | None = None


class Processes:
    """The processes that run now; `end` ends them."""

    def __init__(self) -> None:
        self.running: set[subprocess.Popen[bytes]] = set()
        self.ended = False

    def run(self, job: Job) -> Finished:
        """Run a job and wait for it."""
        argv = [sys.executable, "-c", _START.format(path=sys.path)]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.running.add(process)
            if self.ended:
                process.terminate()
            out, err = process.communicate(pickle.dumps(job))
            self.running.discard(process)
        try:
            finished: Finished = pickle.loads(out)
        except (EOFError, pickle.UnpicklingError):
            return _lost(job, process.returncode, err.decode(errors="replace"))
        return finished

    def end(self) -> None:
        """Ask every process to end; each removes its unfinished files."""
        self.ended = True
        for process in list(self.running):
            process.terminate()


def _lost(job: Job, code: int, err: str) -> Finished:
    """The end of a process that returned nothing."""
    if code in (INTERRUPTED, -2, -15, 143):
        return Finished(job.check, INTERRUPTED, "", "")
    if code < 0:
        what = "the process was killed, possibly because memory ran out"
        return Finished(job.check, DATA, "", _error(job, what), error=DataError(what))
    return Finished(job.check, BUG, "", err + _error(job, f"a bug in losscli: the process ended with {code}"))


def _error(job: Job, what: str) -> str:
    return f"error: {job.check.name}: {what}\n"


class _Stream(io.StringIO):
    """A stream in memory that is taken for the terminal, or the pipe, that the text will go to."""

    def __init__(self, terminal: bool, encoding: str) -> None:
        super().__init__(newline="")
        self.terminal, self.coding = terminal, encoding

    def isatty(self) -> bool:
        return self.terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.coding


def serve() -> None:
    """Run the job on stdin and write what it left to stdout, pickled."""
    interrupts.listen()
    job: Job = pickle.load(sys.stdin.buffer)
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may write where results go
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    finished = work(job)
    with results:
        results.write(pickle.dumps(finished))


def work(job: Job) -> Finished:
    """Run a job in this process, which is in its folder afterwards."""
    look = job.look
    out, err = (_Stream(terminal, look.encoding) for terminal in look.terminals)
    sys.stdout, sys.stderr = out, err
    messages.choice.update(color=look.color, about=f"{job.check.name}: ")
    if look.width:
        os.environ["COLUMNS"] = str(look.width)
    os.chdir(job.folder)
    kept: dict[str, Any] = {}
    code = exits.code_of(lambda: _evaluate(job, kept))
    return Finished(job.check, code, out.getvalue(), err.getvalue(), **kept)


def _evaluate(job: Job, kept: dict[str, Any]) -> int:
    """The exit code; keeps the report, or the error."""
    check = replace(job.check, gates=tuple(_here(x) for x in job.check.gates))
    try:
        raw = {**job.raw, "progress": True, "github": True}  # switches of what `check` does itself, or not
        asked = asked_of(check, raw, job.shown)
        exits.state["debug"] = asked.running.debug
        asked = replace(asked, self_test=job.self_test)
        result = evaluate.evaluated(asked)
    except LosscliError as e:
        kept["error"] = type(e)(e.what, e.where, e.fix) if type(e) in (UsageError, DataError) else e
        raise
    kept |= {"report": result.report, "drawn": result.drawn}
    return result.exit_code


def _here(gate: AskedGate) -> AskedGate:
    """A gate with a place that is relative to the folder of its file, where the check runs."""
    return gate if gate.where is None else replace(gate, where=here(gate.where))


def asked_of(check: Check, raw: Mapping[str, Any], shown: tuple[str, ...]) -> evaluate.Asked:
    """The evaluation of a check. shown: the formats of reports of all checks."""
    given = evaluate.COMMANDS[check.family].values(raw, frozenset(raw))
    return evaluate.Asked(check.family, **{"target": None, **given}, gates=check.gates, name=check.name, shown=shown)
