"""The segmentation family: its roles, and how images are read and checked. A sample is an image."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.segment._arranged import arrange, ignored, ignored_note
from losscli.families.segment._axes import as_images, in_order_of_file
from losscli.families.segment._borderless import borderless_notes
from losscli.families.segment._class_rules import RULES
from losscli.families.segment._images import classes_in_scores, read
from losscli.families.segment._pixels import images
from losscli.families.segment._region_sums import Mask, Pixels, overlap
from losscli.families.shared.class_ranges import renumbered
from losscli.families.shared.one_hot_labels import one_hot_labels
from losscli.families.shared.score_guards import refuse_weights, suspicious
from losscli.numerics.stable import Array
from losscli.spec import column_names
from losscli.spec.family import Conventions, Family, Gradients, Role, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block


def regions(
    block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch, *, complement: bool = False
) -> tuple[Pixels, Mask]:
    """Scores and masks (n,C,P) in their original dtypes; kernels widen them span by span.

    complement: read the background of binary images as a class.
    """
    found = block.once("regions", lambda: read(block, conventions, watch, exclusive=not conventions.multilabel))
    n, classes = block.rows, found.classes
    if found.layout == "labels":
        scores = Pixels(found.scores.reshape(n, 1, -1) == np.arange(classes).reshape(1, -1, 1), False, True, kept=found.kept)
    else:
        exclusive = found.layout == "classes" and not conventions.multilabel
        array = found.scores.reshape(n, -1) if found.layout == "binary" else found.scores.reshape(n, classes, -1)
        scores = Pixels(
            array, conventions.from_logits, exclusive, complement and found.layout == "binary", found.kept, conventions.renormalize
        )
    values = found.mask.reshape(n, -1) if found.labelled else found.mask.reshape(n, classes, -1)
    mask = Mask(values, scores.classes, found.pixels, found.kept)
    refuse_weights(p, loss.name, scores.classes)
    if p.get("weights") is not None and p.get("classes") == "pooled":
        raise UsageError(f"{loss.name}: weights cannot be used with classes=pooled, which has one ratio for all classes")
    if p.get("empty") == "error":
        _refuse_empty(block, p, scores, mask)
    return scores, mask


REGIONS: dict[str, Any] = {"scores": "softmax", "label": "distribution", "reads": regions, "by_class": "given"}
"""What losses of an image's regions declare."""
REGION_SUMS = {**REGIONS, "unit": "pool", "by_class": "sums"}
"""What losses computed from sums over regions declare."""
TWO_SIDED = {"reads": partial(regions, complement=True)}
"""What those declare beside, for which the background of a binary image is a class."""


def _refuse_empty(block: Block, p: Params, scores: Pixels, mask: Mask) -> None:
    """Raise DataError at the first image with a class of 0/0, for ratios per image."""
    if p.pool != "image" or p.get("absent", "count") != "count" or p.get("smooth") or p.get("eps"):
        return
    sums = overlap(scores, mask, squared=False, background=p.get("background", True))
    nothing = (sums["both"] == 0) & (sums["apart"] == 0)
    block.reject(
        "mask",
        nothing.all(1) if p.get("classes") == "pooled" else nothing.any(1),
        lambda _: "0/0: a class is empty in both the mask and the prediction",
        "set empty=perfect (loss 0), one, skip or nan",
    )


_ONE_HOT = "TARGET masks are one-hot where a class number per pixel was expected: each pixel is read as the class of its 1"


def conclude(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """How many pixels were ignored, how many regions have no border, and warnings of a likely misreading."""
    notes = [*ignored_note(watch, conventions), *borderless_notes(watch)]
    return [*notes, *renumbered(watch), *suspicious(watch), *classes_in_scores(watch), *one_hot_labels(watch, _ONE_HOT)]


def restore(gradients: Gradients, used: Mapping[str, Array], conventions: Conventions) -> Gradients:
    """The gradient in the shape of PRED."""
    scores = used["scores"]
    if any(g.size != scores.size for g in gradients.values()):
        raise UsageError("PRED contains class labels, for which gradients are not defined", fix="give scores of shape (N,C,H,W)")
    return {name: np.ascontiguousarray(in_order_of_file(g, scores.shape, conventions)) for name, g in gradients.items()}


_SHAPES = "(N,H,W), (N,C,H,W), (N,C,D,H,W), (H,W) for one image, or (n,P) in a table"

FAMILY = Family(
    name="segment",
    summary="predicted masks against true masks",
    sample="an image",
    roles=(
        Role(
            "scores",
            "pred",
            "scores",
            _SHAPES,
            "scores per pixel: one for the foreground, or one per class; or class labels",
            column_names.PIXEL_SCORE,
            "pixels",
            column_names.OBJECTS,
        ),
        Role(
            "mask",
            "target",
            "mask",
            _SHAPES,
            "true masks: class labels, or class probabilities (one-hot or soft); options can ignore pixels",
            column_names.MASK,
            "pixels",
            column_names.OBJECTS,
            whole=True,
        ),
    ),
    reads=images,
    arrange=arrange,
    fields=as_images,
    conclude=conclude,
    ignored=ignored,
    restore=restore,
    classes=RULES,
)
