"""The size of images by which shares became pixels, held against the sizes that the other side has. Evaluates nothing."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.sources.base import Source, declared_of
from losscli.sources.folders.stems import stem_of

SCALED = ("image_width", "image_height")
"""The columns of the size that boxes were multiplied by."""
_WRITTEN = ("width", "height")


def refuse_other_sizes(pred: Source, target: Source) -> None:
    """Raise DataError where --image-size is not the size that the other side has for an image of boxes."""
    for one, other in ((pred, target), (target, pred)):
        stated = declared_of(one).get("image_size")
        if stated is None:
            continue
        for image, size in _sizes(other).items():
            if min(size) > 0 and size != stated:
                shown, own = (f"{w:g} × {h:g}" for w, h in (stated, size))
                what = f"--image-size is {shown}, but {visible(image, 60)} is {own} in {visible(other.path)}"
                raise DataError(what, fix="give the images themselves with --images DIR, which have a size each")


def _sizes(source: Source) -> dict[str, tuple[float, float]]:
    """Width and height by image, of those that have boxes; empty where the format has none."""
    files = [name for name in declared_of(source).get("files", ()) if name in source.names]
    columns = next((names for names in (SCALED, _WRITTEN) if set(names) <= set(source.numeric())), None)
    if columns is None or not files or not source.rows:
        return {}
    found = source.text(files[0]).read(0, source.rows).tolist()
    sizes = np.asarray(source.numbers(columns).read(0, source.rows), np.float64)
    return {stem_of(str(name)): (w, h) for name, (w, h) in zip(found, sizes.tolist(), strict=True)}
