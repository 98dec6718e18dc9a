"""Text keys packed into five 64-bit words each, equal if and only if the texts are: exactly for keys of up to 39 bytes, by a
312-bit digest for longer ones. Independent of files."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from losscli.numerics.stable import Array, Ints, Words
from losscli.sources.base import Field

WIDTH = 40
"""Bytes of a packed key: the text, zeros, and in the last byte of the last used word the number of its bytes that do not
belong to the text (1…8), so that trailing zeros are unambiguous."""
LONGEST = WIDTH - 1
_DIGEST = 255
_FIRST = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
"""The first n of eight bytes."""
_MIX = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], dtype=np.uint64
)
"""Odd factors that keep equal words in different places of a text apart."""


@runtime_checkable
class Packs(Protocol):
    """A text field that can pack its cells without creating strings."""

    def packed(self, start: int, stop: int) -> Words: ...


def read_packed(field: Field, start: int, stop: int) -> Words:
    """Rows start…stop-1 of a text field as (rows, 5) words."""
    return field.packed(start, stop) if isinstance(field, Packs) else pack(field.read(start, stop))


def pack(texts: Array) -> Words:
    """Texts as (n, 5) words."""
    words, size = _padded(texts)
    _seal(words, np.minimum(size, LONGEST))
    words.view(np.uint8)[np.flatnonzero(size > LONGEST), LONGEST] = _DIGEST
    return words


def _padded(texts: Array) -> tuple[Words, Ints]:
    """The bytes of texts as (n, 5) words, zeros behind them, and their lengths; of long ones a digest."""
    raw = [text.encode("utf-8", "surrogatepass") for text in texts.tolist()]
    size = np.fromiter(map(len, raw), np.int64, len(raw))
    if long := np.flatnonzero(size > LONGEST).tolist():
        from hashlib import blake2b  # late: it loads OpenSSL, and most keys are short

        for i in long:
            raw[i] = blake2b(raw[i], digest_size=LONGEST).digest()
    return np.array(raw, dtype=f"S{WIDTH}").view("<u8").reshape(len(raw), -1), size


def pack_cells(buffer: bytearray, start: Ints, end: Ints) -> Words | None:
    """The cells buffer[start:end] as (n, 5) words, or None if one is too long. WIDTH bytes must follow the last start."""
    size = end - start
    longest = int(size.max())
    if longest > LONGEST:
        return None
    items = np.ndarray(len(buffer) - WIDTH + 1, f"V{WIDTH}", buffer, strides=(1,))
    words: Words = items[start].view("<u8").reshape(len(start), -1)
    used = longest // 8 + 1
    words[:, used:] = 0
    for i in range(used):
        words[:, i] &= _FIRST.take(size - 8 * i, mode="clip")
    _seal(words, size)
    return words


def fingerprint_cells(buffer: bytearray, start: Ints, end: Ints) -> Words | None:
    """One word per cell buffer[start:end], as `fingerprints` of their texts; None if one is too long."""
    size = end - start
    longest, shortest = int(size.max()), int(size.min())
    if longest > LONGEST:
        return None
    used = max(1, (longest + 7) // 8)
    items = np.ndarray(len(buffer) - 8 * used + 1, f"V{8 * used}", buffer, strides=(1,))
    words = items[start].view("<u8").reshape(len(start), used)
    lengths = size[:1] if shortest == longest else size  # one for all, as ids often have
    out: Words = lengths.astype(np.uint64) * _MIX[0]
    for i in range(used):
        part = words[:, i] if shortest >= 8 * i + 8 else words[:, i] & _FIRST.take(lengths - 8 * i, mode="clip")
        out = out ^ (part * _MIX[i] if i else part)
    return out


def fingerprints(texts: Array) -> Words:
    """One word per text, different for different texts but for a chance of 1 in 2^64."""
    words, size = _padded(texts)
    out: Words = words[:, 0].copy()
    for i in range(1, words.shape[1]):
        out ^= words[:, i] * _MIX[i]
    out ^= size.astype(np.uint64) * _MIX[0]
    return out


def _seal(words: Words, size: Ints) -> None:
    words.view(np.uint8)[np.arange(len(words)), size | 7] = 8 - size % 8


class KeyIndex:
    """An index from keys to rows: the words by row, and the rows sorted by hash. Built once, then queried."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._words: list[Words] = []
        self._hashes: Words = np.zeros(0, np.uint64)
        self._order: Array = np.zeros(0, np.int64)
        self._seed = 0
        self._next = 0

    def put(self, start: int, packed: Words) -> None:
        """Add the keys of the rows from `start` on."""
        for i in range(packed.shape[1]):
            column = packed[:, i]
            if i >= len(self._words):
                if not packed[:, i:].any():
                    break
                self._words.append(np.zeros(self.rows, np.uint64))
            self._words[i][start : start + len(packed)] = column

    def close(self) -> tuple[int, int] | None:
        """Sort the index. Returns the first duplicate row and the earlier row with the same key, or None."""
        while True:
            hashes = self._mixed(self._words)
            order = np.argsort(hashes)
            self._hashes = hashes[order]
            self._order = order.astype(np.int32) if self.rows < 1 << 31 else order
            same = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
            if len(same) == 0:
                return None
            if self._equal(order[same], order[same + 1], self._words):
                return _twice(order, self._hashes, same)
            self._seed += 1  # two keys share a hash: try another hash

    def find(self, packed: Words) -> Ints:
        """The rows of these keys, -1 for unknown keys."""
        n, used = len(packed), len(self._words)
        known = [packed[:, i] for i in range(used)]
        here = slice(self._next, self._next + n)
        if here.stop <= self.rows and all((w[here] == k).all() for w, k in zip(self._words, known, strict=True)):
            found = np.arange(here.start, here.stop)  # both sides in the same order, the usual case
        else:
            hashes = self._mixed(known)
            order = np.argsort(hashes)  # sorted queries access memory in order
            hashes = hashes[order]
            place = np.minimum(np.searchsorted(self._hashes, hashes), self.rows - 1)
            rows = self._order[place].astype(np.int64)
            hit = self._hashes[place] == hashes
            for word, column in zip(self._words, known, strict=True):
                hit &= word[rows] == column[order]
            found = np.empty(n, np.int64)
            found[order] = np.where(hit, rows, -1)
        found[packed[:, used:].any(axis=1)] = -1
        self._next = int(found[-1]) + 1
        return found

    def _mixed(self, words: list[Words]) -> Words:
        """A hash of each row's words; one to one for a single word."""
        mixed = words[0] + np.uint64(self._seed)
        for i in range(len(words)):
            if i:
                mixed += words[i]
            mixed *= np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> np.uint64(32)
        return mixed

    @staticmethod
    def _equal(a: Ints, b: Ints, words: list[Words]) -> bool:
        return all(bool((word[a] == word[b]).all()) for word in words)


def _twice(order: Ints, hashes: Words, same: Ints) -> tuple[int, int]:
    """The first duplicate row and the earlier row with its key; `same`: indices where a hash equals the next one."""
    place = np.union1d(same, same + 1)
    rows, keys = order[place], hashes[place]
    by_key = np.lexsort((rows, keys))
    rows, keys = rows[by_key], keys[by_key]
    again = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    first = again[np.argmin(rows[again])]
    return int(rows[first]), int(rows[first - 1])


def first_again(values: Ints) -> tuple[int, int] | None:
    """The index of the first repeated number and the index of its previous occurrence, or None."""
    order = np.argsort(values, kind="stable")
    again = np.flatnonzero(values[order[1:]] == values[order[:-1]]) + 1
    if len(again) == 0:
        return None
    at = again[np.argmin(order[again])]
    return int(order[at]), int(order[at - 1])
