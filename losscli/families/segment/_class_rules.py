"""What the loss of a class is in segmentation: that of its pixels, of its region, or of its channel. Reads no values."""

from __future__ import annotations

from typing import Any

from losscli.families.segment._axes import has_channels
from losscli.families.segment._pixels import Truth
from losscli.families.shared.class_scores import Sigmoid
from losscli.spec.family import ClassRules, Conventions, Shapes, no_class_loss
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block


def _count(block: Block, conventions: Conventions) -> int:
    """The number of classes; a binary image has two, the background and the foreground."""
    scores = block.arrays["scores"]
    return len(conventions.classes) or (int(scores.shape[1]) if has_channels(scores, conventions) else 2)


def _means(loss: Loss, p: Params, shapes: Shapes, conventions: Conventions) -> str:
    why = loss.classless_for(p)
    if not why and loss.by_class == "members" and loss.reads is None:
        why = "it reads whole images"
    if why:
        raise no_class_loss(loss, why)
    if loss.by_class != "members":
        return loss.by_class
    scores, mask, axes = shapes["scores"], shapes["mask"], 3 if conventions.volumes else 2
    wanted = loss.label(p, scores[0] if len(scores) > axes else 1) if callable(loss.label) else loss.label
    return "alone" if wanted == "unit" and axes < len(mask) >= len(scores) else "members"


def _argued(args: tuple[Any, ...], c: int, means: str) -> tuple[Any, ...]:
    return tuple(_channel(x, c) if means == "alone" else x.of_class(c) if isinstance(x, Truth) else x for x in args)


def _channel(x: Sigmoid | Truth, c: int) -> Sigmoid | Truth:
    if isinstance(x, Sigmoid):
        return Sigmoid(x.given[:, c : c + 1], x.from_logits)
    return Truth(x.values[:, c : c + 1], x.kept)


RULES = ClassRules(_count, _means, _argued)
