"""What recipes and options say of how the files are read: keypoints, quantiles and members, boxes. Reads no values but those of
long tables."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import UsageError
from losscli.core.records import replace
from losscli.engine.term import loaded
from losscli.run.file_options import BOXES
from losscli.run.request import Request
from losscli.sources.base import Source
from losscli.spec.family import Family
from losscli.spec.recipe import Recipe


def asking(request: Request, recipes: Sequence[Recipe]) -> Request:
    """The request, with what the recipes say of how rows pair and of the columns that they read."""
    reading = request.reading.with_sigmas(keypoint_sigmas(recipes))
    if request.family != "regress":
        return replace(request, reading=reading)
    from losscli.run.forecasts import forecasts_of

    return replace(request, reading=replace(reading, forecasts=forecasts_of(recipes)))


def spread_out(pred: Source, request: Request, tried: bool = False) -> tuple[Source, Request]:
    """PRED with a row per forecast where it has one per level. tried: whether no loss is known yet."""
    if request.family != "regress" or not pred.is_table:
        return pred, request
    from losscli.reading.long_forecasts import spread

    found, reading = spread(pred, request.reading, tried)
    return found, replace(request, reading=reading)


def with_boxes_described(request: Request, family: Family, pred: Source, target: Source | None) -> Request:
    """The request, with what the options say of boxes."""
    if family.match is None or not any(request.formats.get(name) for name in BOXES):
        return request
    from losscli.reading.pixel_boxes import described  # late: most files of boxes are without options

    return replace(request, reading=replace(request.reading, described=described(request.formats, pred, target)))


def keypoint_sigmas(recipes: Sequence[Recipe]) -> tuple[float, ...]:
    """The sigmas by which keypoints are matched; empty for COCO's. Raises UsageError where two losses differ in them."""
    found = []
    for term, named in ((t, t.loss.keypoint_sigmas) for r in recipes for _, t in r.terms):
        if named is None:
            continue
        own = dict(term.values)["sigmas"]
        given = named[own] if isinstance(own, str) else tuple(map(float, loaded(term.loss.param("sigmas"), own)))
        found.append(given)
    if len(set(found)) > 1:
        raise UsageError("two losses have different sigmas, by which keypoints are matched", fix="evaluate one of them at a time")
    return found[0] if found else ()
