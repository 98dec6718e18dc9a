"""The masks of a sample as they are drawn on an image: a pair per class, by name."""

from __future__ import annotations

import numpy as np

from losscli.core.records import replace
from losscli.families.segment._arranged import per_pixel
from losscli.families.segment._axes import arranged
from losscli.families.segment._images import Images, shapes
from losscli.families.segment._mask_values import with_class_numbers
from losscli.numerics.stable import Bools
from losscli.spec.family import Conventions
from losscli.spec.tile import Block


def classes(block: Block, conventions: Conventions) -> dict[str, tuple[Bools, Bools]]:
    """By class, the pixels of the first image that PRED and TARGET give it, without the background; empty of other than (H,W)."""
    found = arranged(block, conventions) or block
    kept = replace(found, arrays=with_class_numbers(found, None, conventions, labels=per_pixel(found, conventions)), cache={})
    images = shapes(kept, conventions)
    if len(images.pixels) != 2:
        return {}
    pred, target = _pred(images, conventions), _target(images, conventions)
    names = conventions.classes if len(conventions.classes) == len(pred) else tuple(map(str, range(len(pred))))
    if images.layout == "binary":
        return {conventions.classes[-1] if conventions.classes else "foreground": (pred[0], target[0])}
    first = 0 if conventions.multilabel else 1
    return {name: (p, t) for name, p, t in list(zip(names, pred, target, strict=True))[first:]}


def _pred(images: Images, conventions: Conventions) -> Bools:
    """(C,H,W): where PRED has each class."""
    scores = images.scores[0]
    if images.layout == "labels":
        return np.asarray(scores[None] == np.arange(images.classes)[:, None, None])
    sure = 0.0 if conventions.from_logits else 0.5
    if images.layout == "binary":
        return np.asarray(scores[None] > sure)
    if conventions.multilabel:
        return np.asarray(scores > sure)
    return np.asarray(scores.argmax(0)[None] == np.arange(images.classes)[:, None, None])


def _target(images: Images, conventions: Conventions) -> Bools:
    mask = images.mask[0]
    if images.layout == "binary":
        return np.asarray(mask.reshape(1, *images.pixels) > 0.5)
    if mask.ndim == 2:
        return np.asarray(mask[None] == np.arange(images.classes)[:, None, None])
    if conventions.multilabel:
        return np.asarray(mask > 0.5)
    return np.asarray(mask.argmax(0)[None] == np.arange(images.classes)[:, None, None])
