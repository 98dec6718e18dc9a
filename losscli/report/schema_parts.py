"""The words of JSON Schemas: strict objects, lists, and numbers that may be null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ROW: Schema = {"type": "integer", "minimum": 1}
NUMBER: Schema = {"type": ["number", "null"]}
FINITE: Schema = {"type": "number"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
YES: Schema = {"const": True}
WHY: Schema = {"enum": ["inf", "-inf", "nan", "undefined"], "description": "why the number beside it is null"}


def object_of(properties: Schema, *, optional: tuple[str, ...] = (), why: Sequence[str] = ()) -> Schema:
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


def list_of(items: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items}


def map_of(values: Schema) -> Schema:
    """An object with any keys."""
    return {"type": "object", "additionalProperties": values}


def or_null(schema: Schema) -> Schema:
    """This or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """One of the schema's definitions."""
    return {"$ref": f"#/$defs/{name}"}
