"""Every outcome becomes one of the documented exit codes, errors with at most five lines on stderr."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from losscli.cli import messages
from losscli.core import interrupts, seen_files, workflow
from losscli.core.errors import BUG, DATA, INTERRUPTED, OK, USAGE, DataError, LosscliError, Where, described, visible
from losscli.core.together import together

state = {"debug": False}


class Earned(SystemExit):
    """The exit code of a command, as opposed to one of Typer's."""


class Stdout:
    """stdout as a text stream. Output after the reader has closed the pipe is dropped; the run goes on for its exit code.

    In a log that the runner of GitHub Actions reads, text is made inert.
    """

    def __init__(self) -> None:
        self._guard = workflow.Guard(self.write_raw) if workflow.on_github() and not _to_file() else None

    def write(self, text: str) -> int:
        if self._guard is None:
            return self.write_raw(text)
        self._guard.write(text)
        return len(text)

    def write_raw(self, text: str) -> int:
        """Write text that is meant for the runner."""
        self._try(lambda out: out.write(text))
        return len(text)

    def flush(self) -> None:
        if self._guard is not None:
            self._guard.flush()
        self._try(lambda out: out.flush())

    def _try(self, act: Callable[[TextIO], object]) -> None:
        if sys.stdout is None:  # closed before the start, as by `>&-`
            return
        try:
            act(sys.stdout)
        except BrokenPipeError:
            _abandon_stdout()
        except ValueError:
            if not sys.stdout.closed:
                raise
            raise DataError("cannot be written: it has been closed", Where("stdout")) from None
        except OSError as e:
            _abandon_stdout()
            raise DataError(f"cannot be written: {e.strerror or e}", Where("stdout")) from None


def _to_file() -> bool:
    """Whether stdout is a file rather than a log."""
    try:
        return sys.stdout is not None and stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def spell_out(machine: bool) -> None:
    """Set how stdout encodes: UTF-8 for programs whatever the locale; for people, escapes of characters that the locale lacks."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is None or sys.stdout.closed:
        return
    if machine:
        reconfigure(encoding="utf-8", newline="\n")
    else:
        reconfigure(errors="backslashreplace")


def on_terminal() -> bool:
    """Whether a person reads stdout."""
    return messages.on_terminal(sys.stdout)


def colored() -> bool:
    """Whether stdout gets ANSI codes."""
    return messages.colored(sys.stdout)


def heading(text: str) -> str:
    """A heading on stdout: bold where colour is wanted."""
    return f"{messages.BOLD}{text}{messages.RESET}" if colored() else text


def width() -> int | None:
    """The columns of stdout's terminal or of the variable COLUMNS; None in a pipe without it."""
    if not on_terminal() and not os.environ.get("COLUMNS"):
        return None
    return messages.columns(sys.stdout)


def takes_signs() -> bool:
    """Whether stdout's encoding has the signs of the tables."""
    from losscli.report.render.style import HEIGHTS  # late: not needed to report errors

    try:
        f"–·×↑↓─…{HEIGHTS}".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def takes_braille() -> bool:
    """Whether stdout's encoding has the characters of pictures."""
    from losscli.pictures.terminal import SIGNS

    try:
        SIGNS.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def write(text: str, machine: bool = False, raw: bool = False) -> None:
    """Text to stdout; raw: text that is meant for the runner of GitHub Actions. Raises Unreadable where an input has changed."""
    if text:
        seen_files.refuse_changed()
        spell_out(machine)
        out = Stdout()
        (out.write_raw if raw else out.write)(text)
        out.flush()


def _abandon_stdout() -> None:
    """Redirect stdout to the null device, so that neither the rest of the text nor closing it at exit fails."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guarded(command: Callable[[], int]) -> None:
    """Run a command's body and raise its exit code."""
    raise Earned(code_of(command))


def code_of(command: Callable[[], int]) -> int:
    """The exit code of a command's body, whose errors are printed."""
    try:
        with seen_files.watching(), together():
            return command()
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as e:
        return _ended(e)


def _ended(error: Exception) -> int:
    """The exit code of an error, which is printed; of the signal that became this error inside a library."""
    if code := interrupts.received():
        return _interrupted() if code == INTERRUPTED else code
    if isinstance(error, LosscliError):
        messages.errors(error)
        return error.exit_code
    return _failed(error) if isinstance(error, (MemoryError, OSError)) else _bug(error)


def _interrupted() -> int:
    interrupts.leave_alone()
    messages.error(["interrupted after the files were written" if interrupts.moved else "interrupted; no file was written"])
    # An interrupt inside an import sets a flag that makes the interpreter kill itself at exit; running any text clears it.
    exec("pass")
    return INTERRUPTED


def _failed(error: MemoryError | OSError) -> int:
    """Memory that ran out, or an I/O error that no reader or writer has described."""
    messages.errors(described(error))
    return DATA


def _bug(error: Exception) -> int:
    if state["debug"] and sys.stderr is not None:
        import traceback

        messages.block("".join(traceback.format_exception(error)))
    messages.error(
        [
            f"a bug in losscli: {type(error).__name__}: {visible(error, 200)}",
            "please report it with the command and its output under --debug",
        ]
    )
    return BUG


def by_typer(app: Callable[..., Any], argv: Sequence[str]) -> None:
    """Run a command line by Typer, with its errors worded and formatted like all others."""
    from losscli.cli.complaints import Complaint, complain

    try:
        code = app([*argv], prog_name="losscli", standalone_mode=False)
    except Complaint as e:
        complain(e)
        raise Earned(USAGE) from None
    if isinstance(code, int) and code:
        raise SystemExit(code)


def leave(app: Callable[[], object]) -> int:
    """The exit code of the whole program. Typer's own 1 (an interrupt, a closed pipe) is replaced, as 1 means a failed gate."""
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
        return OK if isinstance(e, BrokenPipeError) else _ended(e)
    except Exception as e:
        return _ended(e)
    return OK
