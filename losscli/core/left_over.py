"""Names of temporary files, by which the next run recognises and removes those that a killed run has left behind."""

from __future__ import annotations

import os
import re
from binascii import crc32
from contextlib import suppress

_NAME = re.compile(r"\.?losscli-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{16}(\.part)?")
_swept: set[str] = set()


def name_in(folder: str, *, hidden: bool = False) -> str:
    """A name for a temporary file in a folder, from which the files of processes that have ended are removed first.

    hidden: whether the file stands beside others, as one that becomes an output does. The name is chosen before the file is
    created, so that a signal cannot leave a file behind unnoticed.
    """
    if folder not in _swept:
        _swept.add(folder)
        _sweep(folder)
    name = f"losscli-{_machine()}-{os.getpid()}-{os.urandom(8).hex()}"
    return os.path.join(folder, f".{name}.part" if hidden else name)


def _machine() -> str:
    """What tells the processes of this machine, or of this container, from those of others that share a folder."""
    processes = 0
    with suppress(OSError):
        processes = os.stat("/proc/self/ns/pid").st_ino
    host = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return f"{crc32(f'{host} {processes}'.encode()):08x}"


def _sweep(folder: str) -> None:
    """Remove what processes of this machine have left in a folder, if they no longer run."""
    if os.name != "posix":
        return
    here = _machine()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _NAME.fullmatch(entry.name)
            if found is not None and found[1] == here and not _runs(int(found[2])):
                _remove(entry)


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        import shutil  # late: it loads every decompressor

        shutil.rmtree(entry.path, ignore_errors=True)
        return
    with suppress(OSError):
        os.unlink(entry.path)


def _runs(process: int) -> bool:
    """Whether a process exists, even if another user runs it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
