"""The JSON Schema of the configuration file, derived from the options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from losscli.report.schema_parts import Schema, list_of, ref
from losscli.run.config.keys import options
from losscli.run.config.read import GATE, OWN, SCHEMA, TOP
from losscli.run.declared import Slot
from losscli.spec.names import FAMILIES

_LINE: Schema = {"type": "string", "pattern": r"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$"}
"""Text on one line that is not blank."""


def config_schema() -> Schema:
    """The schema; `losscli schema config` prints it."""
    top = {
        "schema": {"const": SCHEMA, "description": "The version of the keys."},
        "required-version": {"type": "string", "description": "The versions of losscli that the file is for: >=0.1,<2."},
        "defaults": {**_object(_refs(options())), "description": "Options of every check whose family has them."},
        "check": {**list_of(_check()), "description": "The evaluations, each with its gates."},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:losscli:config:{SCHEMA}",
        "title": "losscli.toml: the checks of a project",
        **_object({key: top[key] for key in TOP}),
        "$defs": {key: _option(slot) for key, slot in options().items()},
    }


def _object(properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    found = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _refs(known: Iterable[str]) -> Schema:
    return {key: ref(key) for key in known}


def _check() -> Schema:
    gate = _object({key: {"enum": list(words)} if words else _LINE for key, words in GATE.items()}, ("expr",))
    read = {"type": "string", "pattern": r"\S", "not": {"const": "-"}}
    own = {"name": _LINE, "family": {"enum": list(FAMILIES)}, "pred": read, "target": read, "gate": list_of(gate)}
    families = [
        {
            "if": {"properties": {"family": {"const": family}}, "required": ["family"]},
            "then": {"properties": {**dict.fromkeys(OWN, True), **_refs(options(family))}, "additionalProperties": False},
        }
        for family in FAMILIES
    ]
    required = ["name", "family", "pred"]
    return {"type": "object", "properties": {key: own[key] for key in OWN}, "required": required, "allOf": families}


def _option(slot: Slot) -> Schema:
    about = {"description": slot.declared.help}
    if slot.count:
        return {**about, "anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0}]}
    if slot.switch:
        return {**about, "type": "boolean"}
    one = _one(slot)
    if slot.declared.bare:
        return {**about, "anyOf": [{"type": "boolean"}, one]}
    return {**about, "anyOf": [one, list_of(one)]} if slot.many else {**about, **one}


def _one(slot: Slot) -> Schema:
    declared = slot.declared
    if declared.choices:
        return {"enum": list(declared.choices)}
    if slot.number is None:
        return {"type": ["string", "number"]}
    span = {"minimum": declared.low, "maximum": declared.high}
    return {"type": "integer" if slot.number is int else "number", **{k: x for k, x in span.items() if x is not None}}
