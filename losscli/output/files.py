"""Output files that are complete or absent: written to a temporary file beside the target, which is renamed at the end."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

from losscli.core import together
from losscli.core.errors import DataError, UsageError, Where, open_files, visible
from losscli.core.interrupts import held_back, refuse_received
from losscli.core.left_over import name_in
from losscli.core.seen_files import refuse_changed

if TYPE_CHECKING:
    from pathlib import Path

STDOUT = ("-", "/dev/stdout")
_DEVICES = ("/dev/", "/proc/")
_SPAN = 1 << 20


class Stream(Protocol):
    """The methods of a text stream that are used."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


@contextlib.contextmanager
def writing(path: str, fix: str | None = None) -> Iterator[None]:
    """Raise an I/O error while `path` is written as a DataError; a closed pipe is passed on."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as e:
        raise DataError(f"cannot be written: {e.strerror or e}", Where(path), open_files(e) or fix) from None


def close_quietly(stream: IO[Any]) -> None:
    """Close a file that is complete or discarded, ignoring errors: a failed write was reported before."""
    with contextlib.suppress(OSError):
        stream.close()


class Output:
    """A file being written. Opening it early reports early that it cannot be written; an error leaves nothing behind.

    Links are followed, and an existing file keeps its permissions. Streams (stdout, a pipe, a terminal) receive their
    bytes at the end, because they cannot be replaced by renaming a file; so does a file to which they are appended. raw: whether
    a stdout that alters text for the log of a runner shall take this text as it is.
    """

    def __init__(self, path: str, stdout: Stream, *, append: bool = False, raw: bool = False) -> None:
        self.path, self.stdout, self.binary, self.appended, self.raw = path, stdout, False, append, raw
        from pathlib import Path  # late: a run that writes no file needs none

        self.target = Path(os.path.realpath(path))
        with writing(path, "choose a writable file in an existing folder"):
            if self.target.is_dir() or path.endswith(os.sep):
                raise IsADirectoryError("it is a folder")
            there = self.target.exists()
            self.device = append or path in STDOUT or path.startswith(_DEVICES) or (there and not self.target.is_file())
            if there and not self.device and not os.access(self.target, os.W_OK):
                raise PermissionError("the file is read-only")
            folder = None if self.device else self.target.parent
            if folder is None:
                import tempfile

                folder = Path(tempfile.gettempdir())
            self.part = Path(name_in(str(folder), hidden=True))
            os.close(os.open(self.part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def write(self, content: str | bytes) -> None:
        """Set the complete content."""
        self.binary = isinstance(content, bytes)
        data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        with writing(self.path):
            self.part.write_bytes(data)

    def writes(self, real: str) -> bool:
        """Whether the file has this path, and is replaced as a whole."""
        return str(self.target) == real and (self.appended or not self.device)

    def commit(self) -> None:
        """Move the finished file into place."""
        with writing(self.path):
            if self.device:
                self._copy()
                return
            os.chmod(self.part, _mode(self.target))
            os.replace(self.part, self.target)

    def _copy(self) -> None:
        if self.path in STDOUT:
            self._print()
            return
        with self.part.open("rb") as source, contextlib.suppress(BrokenPipeError), open(self.path, "ab") as device:
            import shutil

            if self.appended and device.tell():
                device.write(b"\n")
            shutil.copyfileobj(source, device)

    def _print(self) -> None:
        """Print to stdout: text through the text stream, bytes to the buffer below it."""
        if sys.stdout is None:  # closed before the start, as by `>&-`
            return
        if self.binary:
            import shutil

            self.stdout.flush()
            with self.part.open("rb") as source, contextlib.suppress(BrokenPipeError):
                shutil.copyfileobj(source, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            return
        write = getattr(self.stdout, "write_raw", self.stdout.write) if self.raw else self.stdout.write
        with self.part.open(encoding="utf-8", newline="") as text:
            while span := text.read(_SPAN):
                write(span)
        self.stdout.flush()

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self.part.unlink()


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reads(named: str, path: str) -> bool:
    """Whether an input is this file, or is a folder of images of which this is one."""
    if not os.path.isdir(named):
        return os.path.samefile(named, path)
    from losscli.sources.annotations.image_sizes import SUFFIXES  # late: most inputs are files

    return path.lower().endswith(SUFFIXES) and os.path.realpath(path).startswith(os.path.join(named, ""))


class Writable(Protocol):
    """What is moved into place at the end: a file, or a folder of files."""

    path: str
    part: Path
    device: bool

    def writes(self, real: str) -> bool: ...

    def commit(self) -> None: ...

    def discard(self) -> None: ...


W = TypeVar("W", bound=Writable)


class Outputs:
    """Several files, moved into place together: `with Outputs(inputs) as files: files.open(path)`, then `commit()`.

    Refuses to open a file twice, or one that is an input: either would destroy data.
    """

    def __init__(self, inputs: Sequence[str] = (), stdout: Stream | None = None) -> None:
        self.files: list[Writable] = []
        self.inputs, self.stdout = tuple(map(os.path.realpath, inputs)), stdout or sys.stdout

    def open(self, path: str, *, append: bool = False, raw: bool = False) -> Output:
        self.refuse(path)
        with held_back():
            return self.add(Output(path, self.stdout, append=append, raw=raw))

    def add(self, file: W) -> W:
        """Move this too at the end."""
        self.files.append(file)
        return file

    def refuse(self, path: str) -> None:
        """Raise UsageError where the file is another output, or an input."""
        self.refuse_twice(path)
        self.refuse_input(path)

    def refuse_twice(self, path: str) -> None:
        """Raise UsageError where another output has this path."""
        real = os.path.realpath(path)
        if any(f.writes(real) for f in self.files):
            raise UsageError(f"{visible(path)} is written twice", fix="give each output its own file")

    def refuse_input(self, path: str) -> None:
        """Raise UsageError where the file is an input."""
        with contextlib.suppress(OSError):
            if os.path.isfile(path) and any(os.path.exists(i) and _reads(i, path) for i in self.inputs):
                raise UsageError(
                    f"{visible(path)} is an input: writing it would destroy it", fix="choose another name for the output"
                )

    def commit(self) -> None:
        """Streams and devices first: they can still fail, a file that is complete is only moved, at the end of the command.

        Raises Unreadable where an input has changed.
        """
        refuse_changed()
        refuse_received()
        for file in self.files:
            if file.device:
                file.commit()
        together.place([file for file in self.files if not file.device])
        self.files = [file for file in self.files if file.device]

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        together.discard(self.files)
