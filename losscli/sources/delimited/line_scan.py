"""One scan over the bytes of a text: counts lines, notes offsets of some, and detects quotes and NULs.

Chunks are scanned independently, on threads or while streaming. Works on lines and bytes, not on records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Ints
from losscli.sources.files.byte_file import ByteFile

if TYPE_CHECKING:
    from concurrent.futures import Future

_CHUNK = 1 << 20
"""Bytes scanned at a time."""
SPAN = 1 << 15
"""Bytes between noted lines."""
_WAITING = 4
"""Blocks that may be queued for scanning."""
_NEWLINE = 10


@dataclass(frozen=True)
class ChunkScan:
    """The scan of a chunk: its number of line ends, the offsets after some of them, the lines ended by each, the offset of the
    last quote or -1, and whether it contains NULs or only ASCII."""

    lines: int
    offsets: Ints
    ended: Ints
    quote: int
    nul: bool
    ascii: bool


def look(chunk: bytes | bytearray, size: int, offset: int) -> ChunkScan:
    """Scan the first `size` bytes of `chunk`, which begins at `offset` in the file."""
    data = np.frombuffer(chunk, np.uint8, size)
    found = data == _NEWLINE
    behind, ended, lines = [0], [0], 0
    while (i := chunk.find(b"\n", behind[-1] + SPAN if len(behind) > 1 or offset == 0 else 0, size)) >= 0:
        lines += int(np.count_nonzero(found[behind[-1] : i + 1]))
        behind.append(i + 1)
        ended.append(lines)
    lines += int(np.count_nonzero(found[behind[-1] :]))
    quote = offset + chunk.rfind(b'"', 0, size) if chunk.find(b'"', 0, size) >= 0 else -1  # rfind alone is slow
    plain = int(data.view(np.int8).min()) > 0  # neither NUL nor non-ASCII, by one comparison
    nul, ascii = (False, True) if plain else (int(data.min()) == 0, int(data.max()) < 128)
    return ChunkScan(lines, np.array(behind[1:], np.int64) + offset, np.array(ended[1:], np.int64), quote, nul, ascii)


def look_at_file(data: ByteFile, jobs: int) -> list[ChunkScan]:
    """Scan a whole file, on threads."""
    size = data.size
    count = -(-size // _CHUNK)
    jobs = max(1, min(jobs, count // 4))

    def work(first: int) -> list[ChunkScan]:
        buffer = bytearray(min(_CHUNK, size))
        return [_part(buffer, i * _CHUNK) for i in range(first, count, jobs)]

    def _part(buffer: bytearray, offset: int) -> ChunkScan:
        return look(buffer, data.read_into(memoryview(buffer), offset), offset)

    if jobs == 1:
        return work(0)
    from losscli.core.threads import Threads

    with Threads(jobs) as pool:
        shares = list(pool.map(work, range(jobs)))
    return [shares[i % jobs][i // jobs] for i in range(count)]


def watched(blocks: Iterable[bytes], parts: list[ChunkScan]) -> Iterator[bytes]:
    """Yields the blocks unchanged while a thread scans them; `parts` is complete at the end."""
    from losscli.core.threads import Threads

    waiting: deque[Future[ChunkScan]] = deque()
    offset = 0
    with Threads(1) as pool:
        for block in blocks:
            waiting.append(pool.submit(look, block, len(block), offset))
            offset += len(block)
            if len(waiting) > _WAITING:
                parts.append(waiting.popleft().result())
            yield block
        parts.extend(future.result() for future in waiting)
