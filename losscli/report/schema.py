"""The JSON Schema of `losscli.report/1`; strict: keys that it does not list are errors."""

from __future__ import annotations

from losscli.core.records import fields
from losscli.report.boxes import LISTS, SHARES
from losscli.report.model import COUNTS, NORMS, NUMBERS, SCHEMA
from losscli.report.schema_parts import COUNT, FINITE, NUMBER, ROW, SHARE, TEXT, Schema, list_of, map_of, object_of, or_null, ref
from losscli.spec.matching import IGNORE, PENALIZE, PENALIZE_BOTH, Counts

VERDICTS = ("pass", "warn", "fail")


def report_schema() -> Schema:
    """The schema as plain data; `losscli schema report` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: one evaluation",
        **object_of(
            {
                "schema": {"const": SCHEMA},
                "tool": object_of({"name": {"const": "losscli"}, "version": TEXT}),
                "family": TEXT,
                "inputs": object_of({"pred": ref("input"), "target": or_null(ref("input"))}),
                "alignment": ref("alignment"),
                "matching": ref("matching"),
                "losses": {**list_of(ref("loss")), "minItems": 1},
                "groups": list_of(ref("group")),
                "worst": list_of(ref("worst")),
                "best": list_of(ref("worst")),
                "baseline": or_null(object_of({"comparisons": list_of(ref("comparison"))})),
                "gates": list_of(ref("gate")),
                "verdict": {"enum": [*VERDICTS, "none"]},
                "warnings": list_of(object_of({"code": TEXT, "message": TEXT, "rows": list_of(ROW)})),
            },
            optional=("matching", "best"),
        ),
        "if": {"properties": {"gates": {"maxItems": 0}}},
        "then": {"properties": {"verdict": {"const": "none"}}},
        "else": {"properties": {"verdict": {"enum": list(VERDICTS)}}},
        "$defs": {
            "input": _input(),
            "alignment": _alignment(),
            "matching": _matching(),
            "loss": _loss(),
            "gradient": _gradient(),
            "term": object_of({"name": TEXT, "weight": FINITE, "recipe": TEXT, "value": NUMBER}, why=("value",)),
            "interval": _interval(),
            "group": object_of({"by": map_of(TEXT), "n": COUNT, "losses": list_of(ref("loss"))}),
            "worst": _worst(),
            "comparison": _comparison(),
            "gate": _gate(),
        },
    }


def _input() -> Schema:
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    left = list_of(object_of({"column": TEXT, "why": TEXT}))
    return object_of(
        {"path": TEXT, "format": TEXT, "rows": COUNT, "sha256": digest, "roles": map_of(list_of(TEXT)), "left_out": left}
    )


def _alignment() -> Schema:
    counts = ("pred_rows", "target_rows", "matched", "pred_only", "target_only", "dropped", "evaluated")
    pairing = {"enum": ["position", "key", "list", "gallery", "greedy", "hungarian", "coco"]}
    filtered = {"filter": list_of(TEXT), "filtered": COUNT}
    found = {"pairing": pairing, "key": list_of(TEXT), **dict.fromkeys(counts, COUNT), "coverage": SHARE, **filtered}
    return object_of(found, optional=tuple(filtered))


def _matching() -> Schema:
    """The boxes of --match: how they were matched, and their counts in total, per label and per image."""
    counts = {**dict.fromkeys((f.name for f in fields(Counts)), COUNT), **dict.fromkeys(SHARES, or_null(SHARE))}
    how = {
        "method": {"enum": ["greedy", "hungarian", "coco"]},
        "iou_threshold": SHARE,
        "score_threshold": NUMBER,
        "max_dets": or_null(COUNT),
        "area": or_null({"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}),
        "class_agnostic": {"type": "boolean"},
        "unmatched": {"enum": [IGNORE, PENALIZE, PENALIZE_BOTH]},
        "penalty": or_null(NUMBER),
        "penalized": COUNT,
    }
    lists = {plural: list_of(object_of({key: TEXT, **counts}, why=SHARES)) for key, plural in LISTS.items()}
    return object_of({**how, **counts, **lists}, why=SHARES)


def _loss() -> Schema:
    numbers = {k: COUNT if k in COUNTS else NUMBER for k in NUMBERS}
    return object_of(
        {
            "id": TEXT,
            "recipe": TEXT,
            "signature": TEXT,
            "direction": {"enum": ["lower", "higher"]},
            "reduction": {"enum": ["mean", "sum"]},
            **numbers,
            "terms": list_of(ref("term")),
            "ci": or_null(ref("interval")),
            "gradient": ref("gradient"),
        },
        optional=("gradient",),
        why=[k for k in NUMBERS if k not in COUNTS],
    )


def _gradient() -> Schema:
    norm = object_of(dict.fromkeys(NORMS, NUMBER), why=NORMS)
    return object_of({"n": COUNT, "zero": COUNT, "zero_share": SHARE, "nonfinite": COUNT, "nonfinite_share": SHARE, "norm": norm})


def _interval() -> Schema:
    level = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    found = {"level": level, "low": NUMBER, "high": NUMBER, "method": TEXT, "resamples": COUNT, "seed": {"type": "integer"}}
    return object_of(found, why=("low", "high"))


def _worst() -> Schema:
    place = {"key": map_of(TEXT), "pred_row": or_null(ROW), "target_row": or_null(ROW)}
    facts = {"file": TEXT, "line": ROW, "entry": TEXT}
    more = {f"{side}_{name}": kind for side in ("pred", "target") for name, kind in facts.items()}
    found = {"loss": TEXT, "by": map_of(TEXT), "rank": ROW, "value": NUMBER, **place, **more}
    return object_of(found, optional=("by", *more), why=("value",))


def _comparison() -> Schema:
    numbers = ("base", "new", "delta", "rel")
    tested = {"ci": or_null(ref("interval")), "p_value": or_null(SHARE), "test": or_null(TEXT)}
    counted = {"wins": COUNT, "ties": COUNT, "losses": COUNT, "identical": {"type": "boolean"}}
    return object_of({"loss": TEXT, **dict.fromkeys(numbers, NUMBER), **tested, **counted}, why=numbers)


def _gate() -> Schema:
    asked = {"id": TEXT, "expr": TEXT, "level": {"enum": ["fail", "warn"]}}
    found = {**asked, "observed": NUMBER, "limit": FINITE, "verdict": {"enum": list(VERDICTS)}}
    return object_of(found, optional=("id",), why=("observed",))
