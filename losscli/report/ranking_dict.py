"""A comparison of models as plain data, `losscli.comparison/1`, and the JSON Schema of it."""

from __future__ import annotations

from typing import Any

from losscli.core.json_numbers import number
from losscli.numerics.statistics.interval import UNKNOWN
from losscli.report.dicts import difference
from losscli.report.interval_dict import interval
from losscli.report.ranking import BEST, KINDS, MARKS, TIED, Ranked, Ranking, Standing
from losscli.report.schema import difference as difference_schema
from losscli.report.schema import interval_schema
from losscli.report.schema_parts import COUNT, NUMBER, ROW, TEXT, Schema, list_of, map_of, object_of, or_null, ref
from losscli.spec.names import FAMILIES

SCHEMA = "losscli.comparison/1"


def ranking_dict(found: Ranking) -> dict[str, Any]:
    """The data of the published schema, in its fixed key order."""
    how, target = found.how, found.target
    return {
        "schema": SCHEMA,
        "tool": {"name": "losscli", "version": found.version},
        "family": found.family or None,
        "models": [
            {"model": x.name, "path": x.path, "kind": x.kind, "rows": x.rows, "sha256": x.sha256 or None} for x in found.models
        ],
        "target": {"path": target.path, "sha256": target.sha256 or None} if target.path else None,
        "paired_by": found.paired,
        "test": how.test,
        "adjust": how.adjust,
        "level": how.level,
        "comparisons": found.tests,
        "losses": [_ranked(x) for x in found.losses],
        "groups": [{"by": dict(x.by), **_ranked(x)} for x in found.groups],
        "warnings": [{"code": w.code, "message": w.message} for w in found.warnings],
    }


def _ranked(x: Ranked) -> dict[str, Any]:
    line = x.line
    return {
        "loss": line.id,
        "signature": line.signature or None,
        "direction": line.direction,
        "reduction": line.reduction,
        "best": x.best or None,
        "tied": list(x.marked(TIED)),
        "standings": [_standing(i, s) for i, s in enumerate(x.standings, 1)],
    }


def _standing(rank: int, x: Standing) -> dict[str, Any]:
    found = {
        "model": x.model,
        "rank": rank,
        "mark": x.mark,
        **number("value", x.line.value),
        "n": x.line.n,
        **interval("ci", x.line.ci),
    }
    return {**found, "difference": None if x.against is None else difference(x.against)}


def ranking_schema() -> Schema:
    """The schema as plain data; `losscli schema comparison` prints it."""
    digest = or_null({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    level = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    found = {
        "schema": {"const": SCHEMA},
        "tool": object_of({"name": {"const": "losscli"}, "version": TEXT}),
        "family": {"enum": [*FAMILIES, None]},
        "models": {
            **list_of(object_of({"model": TEXT, "path": TEXT, "kind": {"enum": list(KINDS)}, "rows": COUNT, "sha256": digest})),
            "minItems": 2,
        },
        "target": or_null(object_of({"path": TEXT, "sha256": digest})),
        "paired_by": TEXT,
        "test": {"enum": ["signflip", "t", "none"]},
        "adjust": {"enum": ["holm", "bh", "none"]},
        "level": level,
        "comparisons": COUNT,
        "losses": list_of(object_of(_loss())),
        "groups": list_of(object_of({"by": map_of(TEXT), **_loss()})),
        "warnings": list_of(object_of({"code": TEXT, "message": TEXT})),
    }
    ends = {"ci": or_null(ref("interval")), "ci_is": {"enum": list(UNKNOWN)}}
    place = {"model": TEXT, "rank": ROW, "mark": {"enum": list(MARKS)}, "value": NUMBER, "n": COUNT, **ends}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: models compared on the same targets",
        **object_of(found),
        "$defs": {
            "interval": interval_schema(),
            "difference": object_of(**difference_schema({})),
            "standing": object_of({**place, "difference": or_null(ref("difference"))}, optional=("ci_is",), why=("value",)),
        },
    }


def _loss() -> Schema:
    return {
        "loss": TEXT,
        "signature": or_null(TEXT),
        "direction": {"enum": ["lower", "higher"]},
        "reduction": {"enum": ["mean", "sum"]},
        "best": or_null({**TEXT, "description": f"the model marked {BEST}"}),
        "tied": list_of(TEXT),
        "standings": {**list_of(ref("standing")), "minItems": 2},
    }
