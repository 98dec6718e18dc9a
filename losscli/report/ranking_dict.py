"""A comparison of models as plain data, `losscli.comparison/1`, and the JSON Schema of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from losscli.report.line_shapes import DIFFERENCE, DIRECTION, INTERVAL, LEVEL, REDUCTION, intervals
from losscli.report.model import BASELINES, Warned
from losscli.report.part_shapes import DIGEST
from losscli.report.ranking import BEST, MARKS, Model, Ranked, Ranking, Standing, Target
from losscli.report.schema_parts import COUNT, ROW, TEXT, Schema, or_null
from losscli.report.shape import (
    TEXTS,
    WORDS,
    Kind,
    Shape,
    always,
    constant,
    each,
    nullable,
    numbers,
    one_of,
    or_empty,
    tuple_of,
    within,
)
from losscli.spec.names import FAMILIES

SCHEMA = "losscli.comparison/1"


class _Placed(NamedTuple):
    """A model's place for one loss, with its number from 1."""

    rank: int
    standing: Standing


STANDING = Shape(
    _Placed,
    always("model", TEXT, "standing.model"),
    always("rank", ROW),
    always("mark", one_of(MARKS), "standing.mark"),
    numbers(value="standing.line.value"),
    always("n", COUNT, "standing.line.n"),
    intervals(ci="standing.line.ci"),
    always("difference", nullable(DIFFERENCE.kind), "standing.against"),
    name="standing",
)
_STANDINGS = tuple_of(STANDING.kind, minItems=2)
LOSS = Shape(
    Ranked,
    always("loss", TEXT, "line.id"),
    always("signature", or_empty(TEXT), "line.signature"),
    always("direction", DIRECTION, "line.direction"),
    always("reduction", REDUCTION, "line.reduction"),
    always("best", or_empty({**TEXT, "description": f"the model marked {BEST}"})),
    always("tied", TEXTS),
    always("standings", Kind(_STANDINGS.schema, lambda xs: _STANDINGS.write(_Placed(i, x) for i, x in enumerate(xs, 1)))),
)
MODEL = Shape(
    Model,
    always("model", TEXT, "name"),
    always("path", TEXT),
    always("kind", one_of(BASELINES)),
    always("rows", COUNT),
    always("sha256", or_empty(DIGEST)),
)
TARGET = Shape(Target, always("path", TEXT), always("sha256", or_empty(DIGEST)))
RANKING = Shape(
    Ranking,
    constant("schema", SCHEMA),
    within("tool", constant("name", "losscli"), always("version", TEXT)),
    always("family", Kind(one_of((*FAMILIES, None)), lambda x: x or None)),
    always("models", tuple_of(MODEL.kind, minItems=2)),
    always("target", Kind(or_null(TARGET.schema), lambda x: TARGET.write(x) if x.path else None)),
    always("paired_by", TEXT, "paired"),
    always("test", one_of(("signflip", "t", "none")), "how.test"),
    always("adjust", one_of(("holm", "bh", "none")), "how.adjust"),
    always("level", LEVEL, "how.level"),
    always("comparisons", COUNT, "tests"),
    always("losses", tuple_of(LOSS.kind)),
    always("groups", tuple_of(Shape(Ranked, always("by", WORDS), *LOSS.parts).kind)),
    always("warnings", tuple_of(Shape(Warned, *each(TEXT, "code", "message")).kind)),
)


def ranking_dict(found: Ranking) -> dict[str, Any]:
    """The data of the published schema, in its fixed key order."""
    return RANKING.write(found)


def ranking_schema() -> Schema:
    """The schema as plain data; `losscli schema comparison` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: models compared on the same targets",
        **RANKING.schema,
        "$defs": {shape.name: shape.schema for shape in (INTERVAL, DIFFERENCE, STANDING)},
    }
