"""Tables of files that are held in memory. Reads no file."""

from __future__ import annotations

from losscli.sources.files.input_file import InputFile
from losscli.sources.frames.frame import Cells, Frame


class FileTable(Frame):
    """A file as a table. Contains NumPy arrays only, so that it pickles."""

    notes: tuple[str, ...] = ()
    _file: InputFile

    def numbers(self, names: tuple[str, ...]) -> Cells:
        """Columns as numbers. Text is refused as it is read, with the place of the cell."""
        return self._cells([self._column(name) for name in names], "f") if names else super().numbers(names)

    def sha256(self, jobs: int = 1) -> str:
        """The digest of the stored bytes."""
        return self._file.sha256(jobs)
