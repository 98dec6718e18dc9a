"""One malformed or ambiguous input: its files, the command that reads them, and the words of the refusal."""

from __future__ import annotations

import io
import shlex
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.samples import Sample, samples

Content = str | bytes | np.ndarray | dict[str, Any]


@dataclass(frozen=True)
class Row:
    """format: of the table of formats; files: by path, text, bytes, an array, or the arrays of an archive.

    says: what stands in the message: what is wrong and where. code: 3, or 2 where the command is at fault.
    """

    format: str
    command: tuple[str, ...]
    files: Mapping[str, Content]
    says: tuple[str, ...]
    code: int = 3

    def write(self) -> None:
        for name, content in self.files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw(content, name))

    @property
    def family(self) -> str:
        return self.command[0]


def raw(content: Content, name: str) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    out = io.BytesIO()
    if isinstance(content, dict):
        np.savez(out, **content)
    else:
        np.save(out, content)
    return out.getvalue()


class Table(dict[str, Row]):
    """Rows by name, of one format after another."""

    format = ""

    def of(self, format: str) -> None:
        self.format = format

    def add(self, name: str, command: str, files: Mapping[str, Content], *says: str, code: int = 3) -> None:
        name = f"{self.format}: {name}"
        assert name not in self, name
        self[name] = Row(self.format, tuple(shlex.split(command)), files, says, code)

    def broken(self, name: str, sample: str, main: bytes, *says: str, code: int = 3, more: str = "") -> None:
        """The files of a sample of tests/support/samples.py, with other bytes in the main one."""
        found = samples()[sample]
        self.add(name, shlex.join(found.command) + " " + more, {**found.files, found.main: main}, *says, code=code)


def main(sample: str) -> bytes:
    return whole(sample).files[whole(sample).main]


def whole(sample: str) -> Sample:
    return samples()[sample]


def replaced(sample: str, *pairs: bytes) -> bytes:
    """The bytes of a sample with words in place of others, all of which occur in it."""
    found = main(sample)
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in found, old
        found = found.replace(old, new)
    return found


def locked(archive: bytes) -> bytes:
    """A zip whose members all claim to have a password."""
    out = bytearray(archive)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = archive.find(signature)
        while at >= 0:
            out[at + flags] |= 1
            at = archive.find(signature, at + 4)
    return bytes(out)


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    """An NPY file with this header, whether it is proper or not."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H", len(text)) + text + data
