"""Digests of files. That of up to `PIECE` bytes is their SHA-256; that of a larger file is the SHA-256 of the list of its pieces'
digests, so that several pieces can be digested at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

PIECE = 1 << 22
"""Bytes of every piece but the last. It is part of every digest of a larger file, and so of reports."""
_BUFFER = 1 << 18
"""Bytes read at a time, which stay in a core's cache until they are digested."""

ReadInto = Callable[[memoryview, int], int]
"""Fills a buffer from an offset on; the number of bytes read."""


def digest_of(digests: Iterable[str]) -> str:
    """The digest of a list of digests: the SHA-256 of their hexadecimal digits, in order, one per line."""
    import hashlib  # late: it loads OpenSSL, and most reports show no digest

    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def of_pieces(digests: Sequence[str]) -> str:
    """The digest of a file from those of its pieces."""
    return digests[0] if len(digests) == 1 else digest_of(digests)


def of_bytes(data: bytes) -> str:
    """The digest of a file with these bytes."""
    return of_blocks([data])


def of_blocks(blocks: Iterable[bytes | memoryview]) -> str:
    """The digest of a file whose bytes come in blocks of any size."""
    return of_pieces(list(_piece_digests(blocks)))


def _piece_digests(blocks: Iterable[bytes | memoryview]) -> Iterator[str]:
    import hashlib

    piece, left = hashlib.sha256(), PIECE
    for block in blocks:
        view = memoryview(block)
        while len(view):
            if not left:
                yield piece.hexdigest()
                piece, left = hashlib.sha256(), PIECE
            piece.update(view[:left])
            view, left = view[left:], left - min(left, len(view))
    yield piece.hexdigest()


def of_file(read_into: ReadInto, size: int, jobs: int) -> str:
    """The digest of a file of `size` bytes, whose pieces are digested on `jobs` threads."""
    offsets = range(0, max(1, size), PIECE)
    if jobs <= 1 or len(offsets) == 1:
        return of_pieces([_digest_at(read_into, offset) for offset in offsets])
    from losscli.core.threads import Threads  # late: small files need no threads

    with Threads(min(jobs, len(offsets))) as pool:
        return of_pieces(list(pool.map(lambda offset: _digest_at(read_into, offset), offsets)))


def _digest_at(read_into: ReadInto, offset: int) -> str:
    """The digest of the piece at an offset."""
    import hashlib

    found, buffer, end = hashlib.sha256(), memoryview(bytearray(_BUFFER)), offset + PIECE
    while offset < end and (n := read_into(buffer, offset)):
        found.update(buffer[:n])
        offset += n
    return found.hexdigest()
