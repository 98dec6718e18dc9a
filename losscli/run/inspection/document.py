"""An inspection as strict JSON, `losscli.inspection/1`, and the schema of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.core.errors import LosscliError
from losscli.core.records import fields
from losscli.report import schema_parts as parts
from losscli.report.measured_shapes import RANGE
from losscli.run.inspection import Inspection
from losscli.run.inspection.columns import Column, File
from losscli.run.inspection.fits import Attempt
from losscli.run.inspection.pairs import Pairs, Words
from losscli.run.inspection.readings import Reading
from losscli.sources.base import VARIES
from losscli.spec.matching import IGNORE, PENALIZE, PENALIZE_BOTH, Counts, Matching
from losscli.spec.names import FAMILIES

SCHEMA = "losscli.inspection/1"


def document(found: Inspection) -> dict[str, Any]:
    """The facts in a fixed order; `try` is null where an evaluation is refused."""
    files = {f.side: _file(f, found.readings[f.side]) for f in found.files}
    trial = found.best.trial
    groups = trial.groups if trial is not None else None
    return {
        "schema": SCHEMA,
        "pred": files["pred"],
        "target": files.get("target"),
        "pairing": _pairing(found.pairs),
        "matching": _matching(found.pairs),
        "evaluated": None if trial is None else trial.evaluated,
        "dropped": None if trial is None else trial.dropped,
        "families": [_family(a) for a in found.attempts],
        "classes": [{"class": name, "count": n} for name, n in (trial.classes if trial is not None else {}).items()],
        "groups": []
        if groups is None
        else [{"by": dict(zip(groups.columns, key, strict=True)), "count": n} for key, n in groups.ordered.items()],
        "notes": list(found.notes),
        "warnings": [{"code": code, "message": message} for code, message in found.warnings],
        "error": None if found.error is None else _error(found.error, found.command),
        "try": found.command if trial is not None else None,
    }


def _file(file: File, readings: Mapping[str, Reading]) -> dict[str, Any]:
    return {
        "path": file.path,
        "format": file.format,
        "rows": file.rows,
        "columns": [_column(x, readings.get(x.name)) for x in file.columns],
        "notes": list(file.notes),
    }


def _column(x: Column, reading: Reading | None) -> dict[str, Any]:
    known = x.ranged and not x.text
    return {
        "name": x.name,
        "kind": "text" if x.text else "whole" if x.whole and x.ranged else "number",
        "dtype": x.dtype,
        "shape": _shape(x.rows, x.shape),
        "role": reading.role or None if reading is not None else None,
        "why": reading.why or None if reading is not None and reading.role else None,
        "left_out": reading.why if reading is not None and not reading.role else None,
        "min": x.low if known else None,
        "max": x.high if known else None,
        "missing": x.missing,
        "first_missing": x.first_missing or None,
        "distinct": x.distinct,
        "error": x.stopped or None,
    }


def _shape(rows: int, shape: Sequence[int]) -> list[int | None]:
    """The shape of all rows; null along an axis that varies."""
    return [rows, *(None if n == VARIES else n for n in shape)]


def _pairing(pairs: Pairs) -> dict[str, Any]:
    return {
        "how": pairs.how or None,
        "key": list(pairs.key),
        "agrees": pairs.agrees or None,
        **{name: getattr(pairs, name) for name in _COUNTED},
        "first_pred_only": list(pairs.first_pred_only),
        "first_target_only": list(pairs.first_target_only),
        **({"filter": list(pairs.filter), "filtered": pairs.filtered} if pairs.filter else {}),
    }


_COUNTED = ("pred_rows", "target_rows", "matched", "pred_only", "target_only")


def _matching(pairs: Pairs) -> dict[str, Any] | None:
    found, books = pairs.matching, pairs.books
    if found is None or books is None:
        return None
    return {
        **{f.name: getattr(found, f.name) for f in fields(Matching)},
        "area": RANGE.write(found.area),
        "sigmas": list(found.sigmas),
        **{f.name: getattr(books, f.name) for f in fields(Counts)},
        "words": {x.key: {f.name: _plain(getattr(x, f.name)) for f in fields(Words) if f.name != "key"} for x in pairs.words},
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _family(a: Attempt) -> dict[str, Any]:
    filled = () if a.trial is None else a.trial.filled
    roles: dict[str, dict[str, Any]] = {}
    for f in filled:
        why = a.columns.chosen[f.side][f.role].why if a.columns is not None and f.role in a.columns.chosen[f.side] else None
        side = roles.setdefault(f.side, {})
        side[a.family.role(f.role).key] = {"columns": list(f.field.names), "shape": _shape(f.field.rows, f.field.shape), "why": why}
    return {
        "family": a.family.name,
        "fits": a.trial is not None,
        "losses": list(a.losses),
        "switches": [f"--{s.replace('_', '-')}" for s in a.candidate.switches] if a.trial is not None else [],
        "roles": roles,
        "reason": None if a.error is None else a.error.what,
    }


def _error(error: LosscliError, command: str) -> dict[str, Any]:
    where = error.where
    place = None if where is None else {name: getattr(where, name) for name in ("path", "row", "line", "column")}
    return {"what": error.what, "where": place, "fix": error.fix, "exit_code": error.exit_code, "command": command}


def schema() -> parts.Schema:
    """The JSON Schema; `losscli schema inspection` prints it."""
    text, count = parts.TEXT, parts.COUNT
    either = parts.or_null
    facts = {"kind": {"enum": ["text", "whole", "number"]}, "dtype": text, "shape": parts.list_of(either(count))}
    read = dict.fromkeys(("role", "why", "left_out"), either(text))
    seen = {
        "min": parts.NUMBER,
        "max": parts.NUMBER,
        "missing": count,
        "first_missing": either(parts.ROW),
        "distinct": either(count),
    }
    column = parts.object_of({"name": text, **facts, **read, **seen, "error": either(text)})
    file = {"path": text, "format": text, "rows": count, "columns": parts.list_of(column), "notes": parts.list_of(text)}
    filled = parts.object_of({"columns": parts.list_of(text), "shape": parts.list_of(either(count)), "why": either(text)})
    fit = {
        "family": {"enum": list(FAMILIES)},
        "fits": {"type": "boolean"},
        "losses": parts.list_of(text),
        "switches": parts.list_of(text),
        "roles": parts.map_of(parts.map_of(filled)),
        "reason": either(text),
    }
    where = parts.object_of({"path": text, "row": either(parts.ROW), "line": either(parts.ROW), "column": either(text)})
    error = {"what": text, "where": either(where), "fix": either(text), "exit_code": {"enum": [2, 3]}, "command": text}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: what would be read and how it would be paired",
        **parts.object_of(
            {
                "schema": {"const": SCHEMA},
                "pred": parts.object_of(file),
                "target": either(parts.object_of(file)),
                "pairing": _pairing_schema(),
                "matching": either(_matching_schema()),
                "evaluated": either(count),
                "dropped": either(count),
                "families": {**parts.list_of(parts.object_of(fit)), "minItems": 1},
                "classes": parts.list_of(parts.object_of({"class": text, "count": count})),
                "groups": parts.list_of(parts.object_of({"by": parts.map_of(text), "count": count})),
                "notes": parts.list_of(text),
                "warnings": parts.list_of(parts.object_of({"code": text, "message": text})),
                "error": either(parts.object_of(error)),
                "try": either(text),
            }
        ),
    }


def _pairing_schema() -> parts.Schema:
    texts, count = parts.list_of(parts.TEXT), parts.or_null(parts.COUNT)
    how = {"enum": ["position", "key", "list", "gallery", "greedy", "hungarian", "coco", "file", None]}
    counts = {**dict.fromkeys(_COUNTED, count), "pred_rows": parts.COUNT}
    firsts = dict.fromkeys(("first_pred_only", "first_target_only"), texts)
    filtered = {"filter": texts, "filtered": parts.COUNT}
    found = {"how": how, "key": texts, "agrees": parts.or_null(parts.TEXT), **counts, **firsts, **filtered}
    return parts.object_of(found, optional=tuple(filtered))


def _matching_schema() -> parts.Schema:
    switch = {"type": "boolean"}
    how = {
        "method": {"enum": ["greedy", "hungarian", "coco"]},
        "threshold": parts.SHARE,
        "max_dets": parts.or_null(parts.COUNT),
        "area": RANGE.schema,
        "score_threshold": parts.NUMBER,
        **dict.fromkeys(("class_agnostic", "one_image", "key_stem", "by_keypoints"), switch),
        "sigmas": parts.list_of(parts.NUMBER),
        "unmatched": {"enum": [IGNORE, PENALIZE, PENALIZE_BOTH]},
        "penalty": parts.or_null(parts.NUMBER),
    }
    firsts = dict.fromkeys(("first_pred_only", "first_target_only"), parts.list_of(parts.TEXT))
    counts = dict.fromkeys(("both", "pred_only", "target_only"), parts.COUNT)
    words = {"words": parts.map_of(parts.object_of({"column": parts.TEXT, **counts, **firsts}))}
    return parts.object_of({**how, **dict.fromkeys((f.name for f in fields(Counts)), parts.COUNT), **words})
