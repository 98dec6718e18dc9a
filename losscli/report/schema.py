"""The JSON Schema of `losscli.report/1`; strict: keys that it does not list are errors.

Made from a few words rather than kept as a file: it is 3,700 lines of JSON, most of them the rules for nulls beside their reason.
"""

from __future__ import annotations

from typing import Any

from losscli.core.records import fields
from losscli.numerics.histogram import LINEAR, LOG
from losscli.numerics.statistics.interval import METHODS, UNKNOWN
from losscli.report.boxes import LISTS, SHARES, WAYS
from losscli.report.budget_dict import budget_schema
from losscli.report.calibration_dict import calibration_schema
from losscli.report.model import COUNTS, INTERVALS, NORMS, NUMBERS, SCHEMA
from losscli.report.plot_dict import plots_schema
from losscli.report.schema_parts import (
    COUNT,
    FINITE,
    NUMBER,
    ROW,
    SHARE,
    TEXT,
    YES,
    Schema,
    list_of,
    map_of,
    object_of,
    or_null,
    ref,
)
from losscli.spec.matching import IGNORE, PENALIZE, PENALIZE_BOTH, Counts
from losscli.spec.names import FAMILIES

VERDICTS = ("pass", "warn", "fail")


def report_schema() -> Schema:
    """The schema as plain data; `losscli schema report` prints it."""
    word = {"type": ["string", "number", "boolean"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: one evaluation",
        **object_of(
            {
                "schema": {"const": SCHEMA},
                "tool": object_of({"name": {"const": "losscli"}, "version": TEXT}),
                "family": {"enum": list(FAMILIES)},
                "check": TEXT,
                "options": map_of({"anyOf": [word, list_of(word)]}),
                "sample": TEXT,
                "inputs": object_of({"pred": ref("input"), "target": or_null(ref("input"))}),
                "alignment": ref("alignment"),
                "matching": ref("matching"),
                "samples": object_of({"path": TEXT, "sha256": TEXT, "rows": COUNT}),
                "losses": {**list_of(ref("loss")), "minItems": 1},
                "calibration": ref("calibration"),
                "budget": budget_schema(),
                "groups": list_of(ref("group")),
                "worst": list_of(ref("worst")),
                "best": list_of(ref("worst")),
                "baseline": or_null(_baseline()),
                "gates": list_of(ref("gate")),
                "verdict": {"enum": [*VERDICTS, "none"]},
                "warnings": list_of(object_of({"code": TEXT, "message": TEXT, "rows": list_of(ROW)})),
                "plots": plots_schema(),
                "shards": list_of(ref("shard")),
                "state": {**map_of({}), "properties": {"form": TEXT}, "required": ["form"]},
            },
            optional=("check", "options", "matching", "samples", "calibration", "budget", "best", "plots", "shards", "state"),
        ),
        "if": {"properties": {"gates": {"maxItems": 0}}},
        "then": {"properties": {"verdict": {"const": "none"}}},
        "else": {"properties": {"verdict": {"enum": list(VERDICTS)}}},
        "$defs": {
            "input": _input(),
            "alignment": _alignment(),
            "matching": _matching(),
            "loss": _loss(),
            "histogram": _histogram(),
            "gradient": _gradient(),
            "term": object_of({"name": TEXT, "weight": FINITE, "recipe": TEXT, "value": NUMBER}, why=("value",)),
            "interval": interval_schema(),
            "group": object_of(
                {"by": map_of(TEXT), "n": COUNT, "losses": list_of(ref("loss")), "calibration": ref("calibration")},
                optional=("calibration",),
            ),
            "calibration": calibration_schema(),
            "worst": _worst(),
            "comparison": _comparison(),
            "gate": _gate(),
            "shard": _shard(),
        },
    }


def _input() -> Schema:
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    left = list_of(object_of({"column": TEXT, "why": TEXT}))
    hot = {"one_hot": YES}
    return object_of(
        {"path": TEXT, "format": TEXT, "rows": COUNT, "sha256": digest, "roles": map_of(list_of(TEXT)), "left_out": left, **hot},
        optional=tuple(hot),
    )


def _shard() -> Schema:
    """One of the reports that were merged, with its files."""
    file = object_of({"path": TEXT, "sha256": TEXT, "rows": COUNT})
    return object_of({"report": TEXT, "pred": file, "target": file, "baseline": file}, optional=("target", "baseline"))


def _alignment() -> Schema:
    counts = ("pred_rows", "target_rows", "matched", "pred_only", "target_only", "dropped", "evaluated")
    pairing = {"enum": ["position", "key", "list", "gallery", "greedy", "hungarian", "coco"]}
    filtered = {"filter": list_of(TEXT), "filtered": COUNT, "agrees": TEXT}
    found = {"pairing": pairing, "key": list_of(TEXT), **dict.fromkeys(counts, COUNT), "coverage": SHARE, **filtered}
    return object_of(found, optional=tuple(filtered))


def _matching() -> Schema:
    """The boxes of --match: how they were matched, and their counts in total, per label and per image."""
    counts = {**dict.fromkeys((f.name for f in fields(Counts)), COUNT), **dict.fromkeys(SHARES, or_null(SHARE))}
    pair = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}
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
        "columns": object_of(dict.fromkeys(LISTS, pair), optional=tuple(LISTS)),
    }
    ways = {**dict.fromkeys(WAYS, YES), "sigmas": list_of(FINITE)}
    lists = {plural: list_of(object_of({key: TEXT, **counts}, why=SHARES)) for key, plural in LISTS.items()}
    return object_of({**how, **ways, **counts, **lists}, optional=tuple(ways), why=SHARES)


def _loss() -> Schema:
    numbers = {k: COUNT if k in COUNTS else NUMBER for k in NUMBERS}
    return object_of(
        {
            "id": TEXT,
            "recipe": TEXT,
            "signature": TEXT,
            "direction": {"enum": ["lower", "higher"]},
            "reduction": {"enum": ["mean", "sum"]},
            "typed": TEXT,
            **numbers,
            "terms": list_of(ref("term")),
            **dict.fromkeys(INTERVALS, or_null(ref("interval"))),
            **{f"{key}_is": {"enum": list(UNKNOWN)} for key in INTERVALS},
            "histogram": or_null(ref("histogram")),
            "gradient": ref("gradient"),
        },
        optional=("typed", "gradient", *(f"{key}_is" for key in INTERVALS)),
        why=[k for k in NUMBERS if k not in COUNTS],
    )


def _histogram() -> Schema:
    """Counts between ascending edges, of which there is one more."""
    edges, counts = {**list_of(FINITE), "minItems": 2}, {**list_of(COUNT), "minItems": 1}
    return object_of({"edges": edges, "counts": counts, "scale": {"enum": [LINEAR, LOG]}})


def _gradient() -> Schema:
    norm = object_of(dict.fromkeys(NORMS, NUMBER), why=NORMS)
    return object_of({"n": COUNT, "zero": COUNT, "zero_share": SHARE, "nonfinite": COUNT, "nonfinite_share": SHARE, "norm": norm})


def interval_schema() -> Schema:
    level = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    drawn = {"resamples": COUNT, "seed": {"type": "integer"}, "rough": YES}
    found = {"level": level, "low": NUMBER, "high": NUMBER, "method": {"enum": list(METHODS)}, "n": COUNT, **drawn}
    return object_of(found, optional=tuple(drawn), why=("low", "high"))


def _worst() -> Schema:
    place = {"key": map_of(TEXT), "pred_row": or_null(ROW), "target_row": or_null(ROW)}
    facts = {"file": TEXT, "line": ROW, "entry": TEXT}
    more = {f"{side}_{name}": kind for side in ("pred", "target") for name, kind in facts.items()}
    found = {"loss": TEXT, "by": map_of(TEXT), "rank": ROW, "value": NUMBER, "terms": list_of(ref("term")), **place, **more}
    return object_of(found, optional=("by", "terms", *more), why=("value",))


def _baseline() -> Schema:
    kinds = {"enum": ["predictions", "samples", "report"]}
    facts = {"path": TEXT, "kind": kinds, "rows": COUNT, "sha256": TEXT, "paired_by": TEXT}
    return object_of({**facts, "comparisons": list_of(ref("comparison"))})


def _comparison() -> Schema:
    named = {"loss": TEXT, "by": map_of(TEXT), "base": NUMBER, "new": NUMBER}
    return object_of(**difference(named, optional=("by",), why=("base", "new")))


def difference(named: Schema, optional: tuple[str, ...] = (), why: tuple[str, ...] = ()) -> dict[str, Any]:
    """What `object_of` takes for an object of these keys and what is known of a difference."""
    ends = {key: or_null(ref("interval")) for key in ("ci", "rel_ci")}
    reasons = {f"{key}_is": {"enum": list(UNKNOWN)} for key in ends}
    tested = {"p_value": or_null(SHARE), "p_holm": or_null(SHARE), "test": {"enum": ["signflip", "t", "welch", "none"]}}
    counted = {**dict.fromkeys(("wins", "ties", "losses"), or_null(COUNT)), "identical": {"type": "boolean"}}
    seen = {"mde": NUMBER, "mde_rel": NUMBER, "units": COUNT, "unpaired_units": COUNT}
    found = {**named, "delta": NUMBER, "rel": NUMBER, **ends, **reasons, **tested, **counted, **seen}
    return {"properties": found, "optional": (*optional, *reasons), "why": (*why, "delta", "rel")}


def _gate() -> Schema:
    placed = {"id": TEXT, "file": TEXT, "line": ROW, "joined": YES}
    asked = {**placed, "expr": TEXT, "level": {"enum": ["fail", "warn"]}}
    found = {**asked, "observed": NUMBER, "limit": FINITE, "verdict": {"enum": [*VERDICTS, "inconclusive"]}}
    judged = {"ci": or_null(ref("interval")), "ci_is": {"enum": list(UNKNOWN)}}
    settled = {"counts_as": {"enum": list(VERDICTS)}, "settled_by": or_null(COUNT), "sees": NUMBER}
    return object_of({**found, **judged, **settled}, optional=(*placed, *judged, *settled), why=("observed",))
