"""The shapes of what a JSON report measures besides losses: matched boxes, calibration, budget and the counts of plots."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace
from typing import Any

from losscli.core.records import fields
from losscli.report.boxes import LISTS, SHARES, WAYS, Boxes
from losscli.report.budget import FIRST, SLOPES, TENTHS, TRUTH, Budget, LossBudget, Share
from losscli.report.calibration import BRIER, ERRORS, WHY, Bin, Calibration
from losscli.report.line_shapes import EDGES, HISTOGRAM, REAL, intervals
from losscli.report.plot_data import Grid, Parts, Plot, Series
from losscli.report.schema_parts import COUNT, FINITE, NUMBER, SHARE, TEXT, YES, object_of, or_null
from losscli.report.shape import (
    TEXTS,
    WORDS,
    Data,
    Keys,
    Kind,
    Shape,
    always,
    beside,
    dict_of,
    each,
    maybe,
    numbers,
    one_of,
    pairs_of,
    tuple_of,
    unread,
)
from losscli.spec.matching import IGNORE, PENALIZE, PENALIZE_BOTH, Counts, Matching
from losscli.spec.names import POSITIVE, PREDICTED
from losscli.spec.plot_kinds import PLOTS

COUNTS = Shape(Counts, *each(COUNT, *(f.name for f in fields(Counts))), unread(numbers(*SHARES, schema=or_null(SHARE))))
RANGE = Kind(
    or_null({"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}),
    lambda x: None if x is None else [None if end == inf else end for end in x],
    lambda x: None if x is None else (x[0], inf if x[1] is None else x[1]),
)
_TWO = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}
_COLUMNS = Kind(object_of(dict.fromkeys(LISTS, _TWO), optional=tuple(LISTS)), dict_of(TEXTS).write, dict_of(TEXTS).read)
_LISTS = {key: pairs_of(always(key, TEXT), COUNTS) for key in LISTS}


def _boxes(total: Counts, by: Any, columns: Any, penalized: int, **matching: Any) -> Boxes:
    return Boxes(Matching(**{name.removeprefix("matching."): x for name, x in matching.items()}), total, by, columns, penalized)


BOXES = Shape(
    _boxes,
    always("method", one_of(("greedy", "hungarian", "coco")), "matching.method"),
    always("iou_threshold", SHARE, "matching.threshold"),
    always("score_threshold", NUMBER, "matching.score_threshold"),
    always("max_dets", or_null(COUNT), "matching.max_dets"),
    always("area", RANGE, "matching.area"),
    always("class_agnostic", {"type": "boolean"}, "matching.class_agnostic"),
    always("unmatched", one_of((IGNORE, PENALIZE, PENALIZE_BOTH)), "matching.unmatched"),
    always("penalty", or_null(NUMBER), "matching.penalty"),
    always("penalized", COUNT),
    *(maybe(name, YES, f"matching.{name}") for name in WAYS),
    maybe("sigmas", tuple_of(FINITE), "matching.sigmas"),
    always("columns", _COLUMNS),
    beside("total", COUNTS),
    Keys(
        {LISTS[key]: kind.schema for key, kind in _LISTS.items()},
        lambda x: {LISTS[key]: kind.write(x.by.get(key, {}).items()) for key, kind in _LISTS.items()},
        lambda data: {"by": {key: dict(_LISTS[key].read(data[LISTS[key]])) for key in data["columns"]}},
    ),
    name="matching",
)
"""The boxes of --match: how they were matched, and their counts in total, per label and per image."""

BIN = Shape(
    Bin,
    *each(SHARE, "low", "high"),
    always("n", COUNT),
    always("weight", FINITE),
    numbers("predicted", "observed", schema=or_null(SHARE)),
)
_BRIER: Shape[Data] = Shape(dict, numbers(*BRIER))
CALIBRATION = Shape(
    Calibration,
    always("event", one_of((POSITIVE, PREDICTED))),
    always("n", COUNT),
    numbers(*ERRORS, "chance"),
    always("brier", Kind(_BRIER.schema, lambda x: _BRIER.write(SimpleNamespace(**x)), _BRIER.read)),
    numbers("temperature"),
    maybe("temperature_why", one_of(WHY), "why"),
    intervals("temperature_ci"),
    *each(tuple_of(BIN.kind), "bins", "equal_mass"),
    name="calibration",
)


def _budget_of(by_ease: Any, by_class: Any, **found: Any) -> LossBudget:
    until, tenths = tuple(ease for ease, _ in by_ease), tuple(share for _, share in by_ease)
    return LossBudget(**found, tenths=tenths, until=until, classes=dict(by_class))


SHARE_OF = Shape(Share, always("weight", SHARE), numbers("loss", "gradient", schema=or_null(SHARE)))
_BUDGET_OF_LOSS = Shape(
    _budget_of,
    always("loss", TEXT),
    always("tenths", pairs_of(numbers("until"), SHARE_OF, minItems=TENTHS, maxItems=TENTHS), "by_ease"),
    always("classes", pairs_of(always("class", TEXT), SHARE_OF), "by_class"),
    always("groups", pairs_of(always("by", WORDS), SHARE_OF)),
)
BUDGET = Shape(
    Budget,
    always("ease", one_of((TRUTH, FIRST))),
    always("gradient_of", one_of(SLOPES), "slope"),
    always("losses", tuple_of(_BUDGET_OF_LOSS.kind)),
)

_BESIDE = each(COUNT, "outside", "lost")
_SERIES = Shape(Series, always("name", TEXT), always("histogram", HISTOGRAM.kind), *_BESIDE)
_GRID = Shape(
    Grid,
    always("name", TEXT),
    *each(EDGES, "x_edges", "y_edges"),
    always("counts", tuple_of(tuple_of(COUNT, minItems=1), minItems=1)),
    *_BESIDE,
)
_PARTS = Shape(Parts, always("name", TEXT), always("means", tuple_of(tuple_of(REAL, minItems=1), minItems=1)))
PLOT = Shape(
    Plot,
    always("kind", one_of(tuple(PLOTS))),
    maybe("axis", TEXT),
    *(maybe(name, tuple_of(shape.kind, minItems=1)) for name, shape in (("series", _SERIES), ("grids", _GRID), ("parts", _PARTS))),
)
