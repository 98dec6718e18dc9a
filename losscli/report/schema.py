"""The JSON Schema of `losscli.report/1`; strict: keys that it does not list are errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from losscli.core.records import fields
from losscli.report.boxes import LISTS, SHARES
from losscli.report.model import COUNTS, NORMS, NUMBERS, SCHEMA
from losscli.spec.matching import Counts

Schema = dict[str, Any]

VERDICTS = ("pass", "warn", "fail")
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ROW: Schema = {"type": "integer", "minimum": 1}
NUMBER: Schema = {"type": ["number", "null"]}
FINITE: Schema = {"type": "number"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
WHY: Schema = {"enum": ["inf", "-inf", "nan", "undefined"], "description": "why the number beside it is null"}


def report_schema() -> Schema:
    """The schema as plain data; `losscli schema report` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: one evaluation",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "tool": _object({"name": {"const": "losscli"}, "version": TEXT}),
                "family": TEXT,
                "inputs": _object({"pred": _ref("input"), "target": _or_null(_ref("input"))}),
                "alignment": _ref("alignment"),
                "matching": _ref("matching"),
                "losses": {**_list(_ref("loss")), "minItems": 1},
                "groups": _list(_ref("group")),
                "worst": _list(_ref("worst")),
                "baseline": _or_null(_object({"comparisons": _list(_ref("comparison"))})),
                "gates": _list(_ref("gate")),
                "verdict": {"enum": [*VERDICTS, "none"]},
                "warnings": _list(_object({"code": TEXT, "message": TEXT, "rows": _list(ROW)})),
            },
            optional=("matching",),
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
            "term": _object({"name": TEXT, "weight": FINITE, "recipe": TEXT, "value": NUMBER}, why=("value",)),
            "interval": _interval(),
            "group": _object({"by": _map(TEXT), "n": COUNT, "losses": _list(_ref("loss"))}),
            "worst": _worst(),
            "comparison": _comparison(),
            "gate": _gate(),
        },
    }


def _input() -> Schema:
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    left = _list(_object({"column": TEXT, "why": TEXT}))
    return _object({"path": TEXT, "format": TEXT, "rows": COUNT, "sha256": digest, "roles": _map(_list(TEXT)), "left_out": left})


def _alignment() -> Schema:
    counts = ("pred_rows", "target_rows", "matched", "pred_only", "target_only", "dropped", "evaluated")
    pairing = {"enum": ["position", "key", "greedy", "hungarian", "coco"]}
    return _object({"pairing": pairing, "key": _list(TEXT), **dict.fromkeys(counts, COUNT), "coverage": SHARE})


def _matching() -> Schema:
    """The boxes of --match: how they were matched, and their counts in total, per label and per image."""
    counts = {**dict.fromkeys((f.name for f in fields(Counts)), COUNT), **dict.fromkeys(SHARES, _or_null(SHARE))}
    how = {
        "method": {"enum": ["greedy", "hungarian", "coco"]},
        "iou_threshold": SHARE,
        "score_threshold": NUMBER,
        "max_dets": _or_null(COUNT),
        "area": _or_null({"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}),
        "class_agnostic": {"type": "boolean"},
    }
    lists = {plural: _list(_object({key: TEXT, **counts}, why=SHARES)) for key, plural in LISTS.items()}
    return _object({**how, **counts, **lists}, why=SHARES)


def _loss() -> Schema:
    numbers = {k: COUNT if k in COUNTS else NUMBER for k in NUMBERS}
    return _object(
        {
            "id": TEXT,
            "recipe": TEXT,
            "signature": TEXT,
            "direction": {"enum": ["lower", "higher"]},
            "reduction": {"enum": ["mean", "sum"]},
            **numbers,
            "terms": _list(_ref("term")),
            "ci": _or_null(_ref("interval")),
            "gradient": _ref("gradient"),
        },
        optional=("gradient",),
        why=[k for k in NUMBERS if k not in COUNTS],
    )


def _gradient() -> Schema:
    norm = _object(dict.fromkeys(NORMS, NUMBER), why=NORMS)
    return _object({"n": COUNT, "zero": COUNT, "zero_share": SHARE, "nonfinite": COUNT, "nonfinite_share": SHARE, "norm": norm})


def _interval() -> Schema:
    level = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    found = {"level": level, "low": NUMBER, "high": NUMBER, "method": TEXT, "resamples": COUNT, "seed": {"type": "integer"}}
    return _object(found, why=("low", "high"))


def _worst() -> Schema:
    place = {"key": _map(TEXT), "pred_row": ROW, "target_row": _or_null(ROW)}
    return _object({"loss": TEXT, "rank": ROW, "value": NUMBER, **place}, why=("value",))


def _comparison() -> Schema:
    numbers = ("base", "new", "delta", "rel")
    tested = {"ci": _or_null(_ref("interval")), "p_value": _or_null(SHARE), "test": _or_null(TEXT)}
    counted = {"wins": COUNT, "ties": COUNT, "losses": COUNT, "identical": {"type": "boolean"}}
    return _object({"loss": TEXT, **dict.fromkeys(numbers, NUMBER), **tested, **counted}, why=numbers)


def _gate() -> Schema:
    asked = {"expr": TEXT, "level": {"enum": ["fail", "warn"]}}
    return _object({**asked, "observed": NUMBER, "limit": FINITE, "verdict": {"enum": list(VERDICTS)}}, why=("observed",))


def _object(properties: Schema, *, optional: tuple[str, ...] = (), why: Sequence[str] = ()) -> Schema:
    """An object of exactly these keys; `<key>_is` is required beside a null under a key of `why`, not allowed beside a number."""
    out: Schema = {
        "type": "object",
        "properties": {**properties, **{f"{k}_is": WHY for k in why}},
        "required": [k for k in properties if k not in optional],
        "additionalProperties": False,
    }
    if why:
        out["allOf"] = [_explained(k) for k in why]
    return out


def _explained(key: str) -> Schema:
    null = {"properties": {key: {"type": "null"}}, "required": [key]}
    return {"if": null, "then": {"required": [f"{key}_is"]}, "else": {"properties": {f"{key}_is": False}}}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
