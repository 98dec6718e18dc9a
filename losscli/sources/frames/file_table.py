"""Tables of files that are held in memory. Reads no file."""

from __future__ import annotations

from losscli.sources.files.input_file import InputFile
from losscli.sources.frames.frame import Frame


class FileTable(Frame):
    """A file as a table. Contains NumPy arrays only, so that it pickles."""

    select = "name the numeric columns with --col"
    notes: tuple[str, ...] = ()
    _file: InputFile

    def sha256(self) -> str:
        """The digest of the stored bytes."""
        return self._file.sha256()
