"""Run-length encoded masks as runs of pixels, and runs as masks. Pixels are counted down the columns, from 0. Reads no file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.numerics.stable import Bools, Ints

_FIRST, _LAST = 48, 111
"""The characters of a compressed string: six bits each, from `0` to `o`."""
_MORE, _SIGN, _BITS = 32, 16, 5
_LONGEST = 7
"""The most characters of one number: 35 bits, more than any image has pixels."""
_HUGE = 1 << 40
_PIXELS_PER_RUN = 16
"""Below this many pixels per run, runs are painted as steps."""
_WRITE = "encode the mask again with pycocotools.mask.encode"


def of_compressed(text: str, pixels: int) -> Ints:
    """The runs of COCO's compressed counts: numbers of five bits per character, from the third on as differences to the last but
    one. Raises DataError where the text is malformed."""
    code = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    strange = (code < _FIRST) | (code > _LAST)
    if strange.any():
        at = int(np.argmax(strange))
        raise DataError(f"counts have the character {visible(text[at])!r} at place {at + 1}", fix=_WRITE)
    code = code - np.uint8(_FIRST)
    ends = np.flatnonzero(code < _MORE)
    if not len(ends) or ends[-1] != len(code) - 1:
        raise DataError("counts end within a number", fix=_WRITE)
    lengths = np.diff(ends, prepend=-1)
    if lengths.max() > _LONGEST:
        raise DataError(f"counts have a number of {int(lengths.max())} characters", fix=_WRITE)
    found = ((code ^ _SIGN).view(np.int8) - np.int8(_SIGN))[ends].astype(np.int64)  # the last character has the sign
    longer = np.flatnonzero(lengths > 1)
    found[longer] <<= _BITS * (lengths[longer] - 1)
    place = 0
    while len(longer):
        first = ends[longer] - lengths[longer] + 1
        found[longer] |= (code[first + place] & _MORE - 1).astype(np.int64) << _BITS * place
        place += 1
        longer = longer[lengths[longer] > place + 1]
    for parity in (1, 2):
        found[parity::2] = np.cumsum(found[parity::2])
    return of_counts(found, pixels)


def of_counts(counts: Any, pixels: int) -> Ints:
    """The runs of lengths of background and object in turn, which add up to all pixels. Raises DataError where they do not."""
    if not isinstance(counts, np.ndarray) and any(abs(n) > _HUGE for n in counts):  # whose sum might overflow
        at = next(i for i, n in enumerate(counts) if abs(n) > _HUGE)
        raise DataError(f"a run of {visible(counts[at], 40)} pixels, the {_ordinal(at)} of the counts", fix=_WRITE)
    found = np.asarray(counts, dtype=np.int64)
    if len(found) and found.min() < 0:
        at = int(np.argmax(found < 0))
        raise DataError(f"a run of {found[at]} pixels, the {_ordinal(at)} of the counts", fix=_WRITE)
    ends = np.cumsum(found)
    total = int(ends[-1]) if len(ends) else 0
    if total != pixels:
        fix = "give the counts and the size of one mask; counts go down the columns"
        raise DataError(f"the counts add up to {total} pixels, the image has {pixels}", fix=fix)
    inner = ends[: len(ends) // 2 * 2].reshape(-1, 2)
    filled = inner[:, 0] < inner[:, 1]
    return inner if filled.all() else inner[filled]


def of_starts(text: str, pixels: int) -> Ints:
    """The runs of `start length start length …`, where starts count from 1. Raises DataError where they are malformed."""
    words = text.split()
    for at, word in enumerate(words):
        if not (word.isascii() and word.isdecimal() and len(word) < 16):
            fix = "write `start length start length …`, whole numbers that count from 1; leave the cell empty for no object"
            raise DataError(f"{visible(word, 40)!r}, the {_ordinal(at)} word of the runs, is not a whole number", fix=fix)
    if len(words) % 2:
        raise DataError(f"{len(words)} numbers, where runs are pairs of a start and a length", fix="write the cell again")
    runs = np.array(words, dtype=np.int64).reshape(-1, 2)
    _refuse_runs(runs, pixels)
    return np.stack([runs[:, 0] - 1, runs.sum(1) - 1], 1)


def _refuse_runs(runs: Ints, pixels: int) -> None:
    last = runs.sum(1) - 1
    outside = (runs[:, 0] < 1) | (runs[:, 1] < 1) | (last > pixels)
    if outside.any():
        at = int(np.argmax(outside))
        start, length = runs[at].tolist()
        if start < 1 or length < 1:
            what, fix = f"start {start}, length {length}", "starts and lengths count from 1"
        else:
            what = f"pixels {start} to {last[at]} of an image of {pixels}"
            fix = "check the size of the images"
        raise DataError(f"the {_ordinal(at)} run has {what}", fix=fix)
    order = np.argsort(runs[:, 0], kind="stable")
    twice = runs[order[1:], 0] <= last[order[:-1]]
    if twice.any():
        one, two = (runs[order[int(np.argmax(twice)) + i]].tolist() for i in (0, 1))
        what = f"the runs {one[0]} {one[1]} and {two[0]} {two[1]} overlap"
        raise DataError(what, fix="a pixel is in one run of its mask")


def painted(objects: Iterable[Ints], size: tuple[int, int], *, by_rows: bool = False) -> Bools:
    """The pixels (H,W) of any of these objects. by_rows: runs go along the rows instead."""
    pixels = size[0] * size[1]
    runs = _joined(np.concatenate([np.empty((0, 2), np.int64), *objects]))
    found = _scattered(runs, pixels) if len(runs) * _PIXELS_PER_RUN > pixels else _repeated(runs, pixels)
    return found.reshape(size) if by_rows else found.reshape(size[::-1]).T


def _repeated(runs: Ints, pixels: int) -> Bools:
    edges = np.concatenate([[0], runs.ravel(), [pixels]])
    return np.repeat(np.arange(len(edges) - 1) % 2 == 1, np.diff(edges))


def _scattered(runs: Ints, pixels: int) -> Bools:
    """As `_repeated`, faster for many short runs: the sum of the steps up to each pixel."""
    steps = np.zeros(pixels + 1, np.int8)
    steps[runs[:, 0]] = 1
    steps[runs[:, 1]] -= 1  # 0 where the next run follows at once
    return np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)


def _joined(runs: Ints) -> Ints:
    """Runs in any order as runs that follow one another without overlap."""
    if len(runs) < 2 or bool((runs[1:, 0] >= runs[:-1, 1]).all()):
        return runs
    runs = runs[np.argsort(runs[:, 0], kind="stable")]
    stops = np.maximum.accumulate(runs[:, 1])
    first = np.concatenate([[True], runs[1:, 0] > stops[:-1]])
    return np.stack([runs[first, 0], stops[np.concatenate([first[1:], [True]])]], 1)


def _ordinal(at: int) -> str:
    n = at + 1
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
