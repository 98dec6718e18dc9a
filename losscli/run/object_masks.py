"""Files of objects with masks, as the request's family reads them: as images, where its samples are images."""

from __future__ import annotations

from losscli.core.records import replace
from losscli.reading.aligned import key_columns
from losscli.reading.instance_images import Wanted, by_image
from losscli.reading.object_classes import Stated
from losscli.run.file_facts import completed
from losscli.run.request import Request
from losscli.sources.base import Source, declared_of
from losscli.sources.images.image_field import ImageRows
from losscli.sources.side_format import SIDES, side_format
from losscli.spec.family import Conventions


def as_images(
    request: Request, pred: Source, target: Source | None, conventions: Conventions
) -> tuple[Source, Source | None, Conventions]:
    """Both sides and the conventions that they complete; unchanged where neither side is of objects with masks."""
    alone, keys = target is None, key_columns(request.reading.keys)
    keys = [("", "")] if request.reading.by_position else keys
    formats = {side: side_format(request.formats, side, alone=alone) for side in SIDES}
    names = {side: how.names for side, how in formats.items()}
    wanted = Wanted(
        formats,
        _columns(request.reading.cols),
        dict(zip(SIDES, keys[0], strict=True)) if len(keys) == 1 else {},
        Stated(conventions.classes, names, conventions.mask_values, conventions.multilabel),
        request.class_agnostic,
        request.score_threshold,
    )
    seen = by_image(wanted, pred, target)
    if seen == (pred, target):
        return pred, target, conventions
    void = declared_of(seen[1]).get("void")
    labels = next((x for source in seen if (x := declared_of(source).get("mask_values"))), conventions.mask_values)
    conventions = replace(conventions, void=None if void is None else ImageRows(void), mask_values=labels)
    return *seen, completed(conventions, *seen)


def _columns(cols: tuple[str, ...]) -> dict[str, str]:
    """By side, the column that --col names for the masks."""
    found = {}
    for text in cols:
        role, _, name = text.partition("=")
        key = role.rpartition(".")[2]
        for side, own in (("pred", "scores"), ("target", "mask")):
            if key == own and role in (own, f"{side}.{own}"):
                found[side] = name
    return found
