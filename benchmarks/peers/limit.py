"""The physical limit: a minimal program that reads and sums the bytes of files on two threads. `limit.py WAY FILE…`."""

from __future__ import annotations

import mmap
import os
import sys
from threading import Thread

import numpy as np

STEP = 1 << 20


def read(fd: int, start: int, stop: int) -> int:
    """Sum a span through one buffer that stays in the cache."""
    buffer = np.empty(STEP // 8, np.uint64)
    total = 0
    for at in range(start, stop, STEP):
        got = os.preadv(fd, [buffer.data], at)
        total += int(np.add.reduce(buffer[: got // 8]))
    return total


def mapped(fd: int, start: int, stop: int) -> int:
    """Sum a span in the system's page cache, releasing the pages behind."""
    with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as view:
        total = 0
        for at in range(start, stop, 4 * STEP):
            size = min(4 * STEP, stop - at)
            total += int(np.add.reduce(np.frombuffer(view, np.uint64, size // 8, at)))
            view.madvise(mmap.MADV_DONTNEED, at, size)
    return total


def main() -> None:
    way, *files = sys.argv[1:]
    work = {"read": read, "mapped": mapped}[way]
    for file in files:
        fd = os.open(file, os.O_RDONLY)
        size = os.fstat(fd).st_size
        middle = size // 2 // (4 * STEP) * 4 * STEP
        other = Thread(target=work, args=(fd, 0, middle))
        other.start()
        work(fd, middle, size)
        other.join()
        os.close(fd)


if __name__ == "__main__":
    main()
