"""Images as every reader is given them: channels on axis 1, masks of class numbers, and ignored pixels made neutral.

An ignored pixel has uniform scores and class 0, so that no check and no loss depends on what stood there; the array `kept` of the
block tells readers to leave it out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import replace
from losscli.families.segment._axes import arranged, has_channels
from losscli.families.segment._mask_values import with_class_numbers
from losscli.numerics.stable import Array, Bools, Ints
from losscli.spec.family import Conventions, NamedImages, PerImage, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block

KEPT = "kept"
"""The array of a block that is False where a pixel is left out, (n,P); absent if none is."""


def arrange(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> Block:
    """The block of a loss's reader. Options leave pixels out of every loss, the parameter ignore_index out of its own."""
    # None for a block that stays as it is: one that is in its own cache would outlive its tile
    found = block.once("arranged", lambda: arranged(block, conventions)) or block
    if "mask" not in block.arrays:
        return found
    ignored = block.once("ignored", lambda: _ignored(found, conventions, watch, "whole" if loss.unit == "whole" else "rows"))
    own = p.get("ignore_index")
    return block.once(("arranged", own), lambda: _without(found, ignored, own, conventions)) or found


def _without(block: Block, ignored: Bools | None, own: int | None, conventions: Conventions) -> Block | None:
    """The block without the ignored pixels and with masks of class numbers; None where it is so already."""
    if own is not None and per_pixel(block, conventions):
        mine = _labelled(block, (own,))
        ignored = mine if ignored is None else ignored | mine
    if ignored is not None and not ignored.any():
        ignored = None
    arrays = with_class_numbers(block, ignored, conventions, labels=per_pixel(block, conventions))
    if ignored is not None:
        arrays = _neutral(arrays, ignored, conventions)
    if all(arrays[k] is block.arrays.get(k) for k in arrays):
        return None
    return replace(block, arrays=arrays, cache={})


def per_pixel(block: Block, conventions: Conventions) -> bool:
    """Whether the mask has one number per pixel, rather than one per pixel and class."""
    return block.arrays["mask"].ndim == _pixel_axes(block, conventions) + 1


def _pixel_axes(block: Block, conventions: Conventions) -> int:
    scores = block.arrays["scores"]
    return scores.ndim - (2 if has_channels(scores, conventions) else 1)


def _labelled(block: Block, labels: tuple[int, ...]) -> Bools:
    """The pixels with one of these labels, (n,P)."""
    return np.asarray(np.isin(block.arrays["mask"].reshape(block.rows, -1), labels))


def _ignored(block: Block, conventions: Conventions, watch: Watch, name: str) -> Bools | None:
    """The pixels that options leave out, (n,P), counted; None without such options."""
    labels, images = conventions.ignore_index, [x for x in (conventions.ignore_mask, conventions.void) if x is not None]
    if not labels and not images:
        return None
    mask = block.arrays["mask"]
    if labels and not per_pixel(block, conventions):
        raise UsageError(
            f"--ignore-index reads one label per pixel, but TARGET has one number per class, shape {mask.shape}",
            fix="mark the pixels to ignore in an array for --ignore-mask FILE",
        )
    pixels = mask.shape[-_pixel_axes(block, conventions) :]
    found = np.zeros((block.rows, int(np.prod(pixels))), bool)
    if labels:
        found |= _labelled(block, labels)
    for image in images:
        found |= _marked(image, block, pixels)
    watch.count(f"pixels of {name}", found.size)
    watch.count(f"ignored of {name}", int(found.sum()))
    return found


def ignored(conventions: Conventions) -> Callable[[Block], Ints] | None:
    """Counts the pixels of each image that options leave out; None without such options."""
    if not conventions.ignore_index and conventions.ignore_mask is None and conventions.void is None:
        return None

    def count(block: Block) -> Ints:
        found = None if "mask" not in block.arrays else _ignored(arranged(block, conventions) or block, conventions, Watch(), "")
        return np.zeros(block.rows, np.int64) if found is None else np.asarray(found.sum(1))

    return count


def _marked(image: PerImage, block: Block, pixels: tuple[int, ...]) -> Bools:
    rows = np.asarray(block.target_rows)
    if isinstance(image, NamedImages):
        image.refuse_other_sizes(rows, pixels)
    given = np.asarray(image[rows])
    if given.shape[1:] not in (pixels, (1, *pixels), (*pixels, 1)):
        what = f"--ignore-mask has images of shape {given.shape[1:]}, but those of TARGET have shape {pixels}"
        raise DataError(what, fix="give images of the size of the masks, nonzero where a pixel is ignored")
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise DataError(
            "--ignore-mask has a missing value or NaN", fix="write a number for every pixel, nonzero where it is ignored"
        )
    return np.asarray(given != 0).reshape(block.rows, -1)


def _neutral(arrays: dict[str, Array], ignored: Bools, conventions: Conventions) -> dict[str, Array]:
    """The arrays with uniform scores and class 0 where a pixel is ignored."""
    scores, mask = arrays["scores"], arrays["mask"]
    whole = scores.dtype.kind in "iub"
    several = has_channels(scores, conventions)
    score = 0.0 if conventions.from_logits or whole else 1.0 / scores.shape[1] if several else 0.5
    filled = {**arrays, "scores": _filled(scores, ignored, score, first=whole and several), KEPT: ~ignored}
    share_per_class = mask.ndim > 2 and mask[0].size != ignored[0].size
    return {**filled, "mask": _filled(mask, ignored, 0.0, first=share_per_class)}


def _filled(array: Array, ignored: Bools, value: float, first: bool) -> Array:
    """A copy with one value at the ignored pixels; first: 1 in the first of the classes on axis 1."""
    n = len(array)
    out = np.array(array, order="C").reshape(n, -1, ignored.shape[1])
    out[np.broadcast_to(ignored[:, None], out.shape)] = value
    if first:
        out[:, 0][ignored] = 1
    return out.reshape(array.shape)


def ignored_note(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """How many pixels options left out."""
    name = "rows" if "pixels of rows" in watch.counts else "whole"
    pixels, ignored = (watch.counts.get(f"{what} of {name}", 0) for what in ("pixels", "ignored"))
    if not pixels:
        return []
    labels = conventions.ignore_index
    causes = [f"label{'s' if len(labels) > 1 else ''} {', '.join(map(str, labels))}"] if labels else []
    causes += ["--ignore-mask"] if conventions.ignore_mask is not None else []
    causes += ["crowds"] if conventions.void is not None else []
    return [("reading", f"{ignored:,} of {pixels:,} pixels ignored ({'; '.join(causes)})")]
