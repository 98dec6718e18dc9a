"""Whatever happens becomes one of the documented exit codes and at most five lines on stderr."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TextIO

from losscli.core.errors import BUG, DATA, INTERRUPTED, OK, USAGE, DataError, LosscliError, Where, visible

state = {"debug": False}


class Earned(SystemExit):
    """An exit code that a command earned, to be told from one that Typer made up."""


class Stdout:
    """stdout as a text stream. A reader that has gone is no reason to stop: the rest is for nobody, the exit code still counts."""

    def write(self, text: str) -> int:
        self._try(lambda out: out.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(lambda out: out.flush())

    def _try(self, act: Callable[[TextIO], object]) -> None:
        if sys.stdout is None:  # closed before the start, as by `>&-`
            return
        try:
            act(sys.stdout)
        except BrokenPipeError:
            _abandon_stdout()
        except OSError as e:
            _abandon_stdout()
            raise DataError(f"cannot be written: {e.strerror or e}", Where("stdout")) from None


def spell_out(machine: bool) -> None:
    """Settle how stdout spells what its encoding lacks: programs get UTF-8 whatever the locale, people see escapes."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is None:
        return
    if machine:
        reconfigure(encoding="utf-8", newline="\n")
    else:
        reconfigure(errors="backslashreplace")


def on_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout is not None and sys.stdout.isatty()


def width() -> int | None:
    """The columns that a person sees; None where nobody said how many."""
    if not on_terminal() and not os.environ.get("COLUMNS"):
        return None
    import shutil  # late: most runs have no terminal, and it is slow to load

    return shutil.get_terminal_size().columns


def takes_signs() -> bool:
    """Whether stdout's encoding has the signs of the tables."""
    try:
        "–·×↑↓─…".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def write(text: str, machine: bool = False) -> None:
    """Text to stdout."""
    if text:
        spell_out(machine)
        out = Stdout()
        out.write(text)
        out.flush()


def say(lines: Iterable[str]) -> None:
    """Lines for people, on stderr; a reader that has gone is no reason to fail."""
    if sys.stderr is None:
        return
    try:
        for i, line in enumerate(lines):
            sys.stderr.write(f"losscli: {line}\n" if i == 0 else f"  {line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def _abandon_stdout() -> None:
    """Point stdout at nothing, so that neither the rest of the text nor closing it at exit complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guarded(command: Callable[[], int]) -> None:
    """Run a command's body and raise its exit code."""
    raise Earned(_code(command))


def _code(command: Callable[[], int]) -> int:
    try:
        return command()
    except LosscliError as e:
        say(e.lines())
        return e.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except MemoryError:
        say(["out of memory", "a loss that needs all rows at once can evaluate only as many as fit"])
        return DATA
    except OSError as e:
        return _failed(e)
    except Exception as e:
        return _bug(e)


def _interrupted() -> int:
    say(["interrupted; no file was written"])
    # An interrupt inside an import leaves a mark by which the interpreter kills itself at exit; running any text wipes it.
    exec("pass")
    return INTERRUPTED


def _failed(error: OSError) -> int:
    """I/O that went wrong where nobody could name the file better."""
    name = f"{visible(error.filename)}: " if error.filename else ""
    say([f"{name}{error.strerror or visible(error)}"])
    return DATA


def _bug(error: Exception) -> int:
    if state["debug"] and sys.stderr is not None:
        import traceback

        traceback.print_exception(error)
    say(
        [
            f"a bug in losscli: {type(error).__name__}: {visible(error, 200)}",
            "please report it with the command and its output under --debug",
        ]
    )
    return BUG


def tidy_when_terminated() -> None:
    """A terminated run tidies up like an interrupted one: no half-written file, no copy of stdin stays behind."""
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def leave(app: Callable[[], object]) -> int:
    """The exit code of the whole program. Typer's own 1 (an interrupt, a closed pipe) never reads as a failed gate."""
    try:
        app()
    except Earned as e:
        return int(e.code or 0)
    except SystemExit as e:
        if e.code in (1, INTERRUPTED):
            return OK if isinstance(e.__context__, BrokenPipeError) else _interrupted()
        return e.code if isinstance(e.code, int) else OK if e.code is None else USAGE
    except KeyboardInterrupt:
        return _interrupted()
    except OSError as e:
        if sys.stdout is not None:
            _abandon_stdout()
        return OK if isinstance(e, BrokenPipeError) else _failed(e)
    except Exception as e:
        return _bug(e)
    return OK
