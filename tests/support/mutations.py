"""Changes of bytes for fuzzing: flips, cuts, doubled pieces, runs of zeros and telling words, also inside zips and PNG chunks."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

WORDS = (
    b"",
    b"\0",
    b"\n",
    b"\r",
    b'"',
    b",",
    b";",
    b"{",
    b"[",
    b"}",
    b"]",
    b"<",
    b"&",
    b"=1+1",
    b"-1",
    b"1e999",
    b"nan",
    b"null",
    b"true",
    b"0x1p-1074",
    b"9" * 40,
    b"1_000",
    b"\x1b[31m",
    b"\xe2\x80\xae",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"../x",
    b"\xff" * 8,
    b"\x7f" + b"\xff" * 7,
    b"\x80" + b"\0" * 7,
    b"\xff\xff\xff\x7f",
)
"""What is written over or into a file: signs of its grammar, numbers at the edge, text that a terminal would obey."""
KINDS = ("flip", "cut", "insert", "over", "double", "zero", "swap", "number")


@dataclass(frozen=True)
class Change:
    """kind: one of KINDS; at: where, modulo the size; size: of the piece; value: the byte, word or number."""

    kind: str
    at: int
    size: int
    value: int

    def apply(self, raw: bytes) -> bytes:
        at = self.at % (len(raw) + 1)
        piece, after = raw[at : at + self.size], raw[at + self.size :]
        word = WORDS[self.value % len(WORDS)]
        made = {
            "flip": bytes(b ^ (1 << self.value % 8) for b in piece[:1]) + piece[1:],
            "cut": b"",
            "insert": word + piece,
            "over": word,
            "double": piece * 2,
            "zero": bytes(len(piece)),
            "swap": piece[::-1],
            "number": _counted(piece, self.value),
        }
        return raw[:at] + made[self.kind] + after


def _counted(piece: bytes, value: int) -> bytes:
    """A little-endian number, a digit of text, a little higher or lower."""
    if piece[:1].isdigit():
        return bytes([48 + value % 10]) + piece[1:]
    low = piece[:4]
    number = (int.from_bytes(low, "little") + (1, -1, 256, -256, 1 << 16, 1 << 31)[value % 6]) % (1 << 8 * max(1, len(low)))
    return number.to_bytes(max(1, len(low)), "little")[: len(low)] + piece[4:]


def drawn(rng: random.Random) -> list[Change]:
    """One to four changes."""
    spot = rng.randrange(1 << 30)

    def one() -> Change:
        at = spot if rng.random() < 0.3 else rng.randrange(1 << 30)
        return Change(rng.choice(KINDS), at, 1 << rng.randrange(8), rng.randrange(1 << 16))

    return [one() for _ in range(rng.choice((1, 1, 1, 2, 3, 4)))]


def changed(raw: bytes, changes: Sequence[Change], *, inside: bool) -> bytes:
    """The bytes with these changes. inside: of a zip, to one member; of a PNG, with the checksums of its chunks made right."""
    if inside and raw[:2] == b"PK":
        return _in_zip(raw, changes)
    for change in changes:
        raw = change.apply(raw)
    return _png(raw) if inside and raw[:4] == b"\x89PNG" else raw


def _in_zip(raw: bytes, changes: Sequence[Change]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        infos = old.infolist()
        chosen = infos[changes[0].value % len(infos)] if infos and changes else None
        for info in infos:
            data = old.read(info)
            new.writestr(info, changed(data, changes, inside=False) if info is chosen else data)
    return out.getvalue()


def _png(raw: bytes) -> bytes:
    out, at = raw[:8], 8
    while at + 12 <= len(raw):
        (size,) = struct.unpack_from(">I", raw, at)
        end = min(len(raw) - 4, at + 8 + size)
        out += raw[at:end] + struct.pack(">I", zlib.crc32(raw[at + 4 : end]))
        at = end + 4
    return out + raw[at:]
