"""A folder of output files that are complete or absent: written to a folder of their own, from which they are moved at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from losscli.core.left_over import name_in
from losscli.output.files import writing

if TYPE_CHECKING:
    from pathlib import Path


class OutputFolder:
    """A folder being written. Opening it early reports early that it cannot be written; an error leaves nothing behind.

    Files that are there and have other names stay. refuse: called with each file; raises where it is an input or another output.
    """

    device = False

    def __init__(self, path: str, refuse: Callable[[str], None]) -> None:
        self.path, self.refuse = path, refuse
        self.names: dict[str, None] = {}
        from pathlib import Path  # late: a run that writes no file needs none

        self.target = Path(os.path.realpath(path))
        with writing(path, "choose a folder in an existing, writable one"):
            if self.target.exists() and not self.target.is_dir():
                raise NotADirectoryError("it is not a folder")
            self.part = Path(name_in(str(self._disk()), hidden=True))
            self.part.mkdir(0o700)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Set the content of each file, by its path in the folder."""
        self.names.clear()
        for name, content in files.items():
            self.add(name, content)

    def add(self, name: str, content: bytes) -> None:
        """Set the content of one more file."""
        self.refuse(str(self.target / name))
        self.names[name] = None
        with writing(self.path):
            (self.part / name).parent.mkdir(parents=True, exist_ok=True)
            (self.part / name).write_bytes(content)

    def writes(self, real: str) -> bool:
        """Whether the folder, or a file in it, has this path."""
        return str(self.target) == real or real.removeprefix(f"{self.target}{os.sep}") in self.names

    def commit(self) -> None:
        """Move the finished files into place, in the order in which they were given."""
        with writing(self.path):
            for name in self.names:
                target = self.target / name
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(self.part / name, target)
        self.discard()

    def discard(self) -> None:
        import shutil

        shutil.rmtree(self.part, ignore_errors=True)

    def _disk(self) -> Path:
        """Where unfinished files are on the same disk: in the folder itself if it is there already, else beside it."""
        return self.target if self.target.exists() else self.target.parent


def is_folder(path: str) -> bool:
    """Whether a path is meant as a folder: it ends as one, or is one."""
    return path.endswith(("/", os.sep)) or os.path.isdir(path)
