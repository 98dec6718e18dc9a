"""Run-length encoders for tests, from the pixels: COCO's counts, compressed or not, and Kaggle's starts and lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

Mask = np.ndarray[Any, Any]


def counts(mask: Mask) -> list[int]:
    """The lengths of background and object in turn, down the columns."""
    flat = np.asarray(mask, bool).T.ravel()
    edges = np.flatnonzero(np.diff(flat, prepend=False, append=not flat[-1] if flat.size else False))
    return np.diff(edges, prepend=0).tolist() if flat.size else []


def compressed(mask: Mask) -> str:
    """COCO's text of the counts: differences to the last but one, in characters of five bits and one that says that more follow."""
    found, out = counts(mask), []
    for i, n in enumerate(found):
        left = n - found[i - 2] if i > 2 else n
        while True:
            five, left = left & 31, left >> 5
            more = left != (-1 if five & 16 else 0)
            out.append(chr(48 + five + (32 if more else 0)))
            if not more:
                break
    return "".join(out)


def rle(mask: Mask, *, text: bool = True) -> dict[str, Any]:
    """The mask as an annotation has it."""
    return {"size": list(np.shape(mask)), "counts": compressed(mask) if text else counts(mask)}


def starts(mask: Mask, *, by_rows: bool = False) -> str:
    """Kaggle's `start length …`, which counts from 1."""
    flat = np.asarray(mask, bool) if by_rows else np.asarray(mask, bool).T
    edges = np.flatnonzero(np.diff(flat.ravel(), prepend=False, append=False)) + 1
    return " ".join(f"{a} {b - a}" for a, b in edges.reshape(-1, 2))
