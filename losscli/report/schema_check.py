"""Checks plain data against a JSON Schema made of the words of `schema_parts`; names the first place that differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from losscli.core.errors import visible
from losscli.core.records import dataclass
from losscli.report.schema_parts import Schema


@dataclass(frozen=True)
class Fault:
    """A place, such as `losses[0].value`, and what is wrong with it."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{visible(self.place)}: {self.what}" if self.place else self.what


def fault(data: Any, schema: Schema) -> Fault | None:
    """The first fault of the data; None where it is valid."""
    return next(_faults(data, schema, "", schema.get("$defs", {})), None)


def _faults(data: Any, given: Schema | bool, at: str, known: Schema) -> Iterator[Fault]:
    if isinstance(given, bool):
        if not given:
            yield Fault(at, "must be absent")
        return
    schema: Schema = known[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
    for word, check in _CHECKS.items():
        if word in schema and (what := check(data, schema[word])):
            yield Fault(at, what)
            return
    if "anyOf" in schema:
        found = [next(_faults(data, x, at, known), None) for x in schema["anyOf"]]
        if all(x is not None for x in found):
            yield max((x for x in found if x is not None), key=lambda x: len(x.place))
    if isinstance(data, dict):
        yield from _of_object(data, schema, at, known)
    if isinstance(data, list) and "items" in schema:
        for i, x in enumerate(data):
            yield from _faults(x, schema["items"], f"{at}[{i}]", known)
    for part in schema.get("allOf", ()):
        yield from _faults(data, part, at, known)
    if "if" in schema:
        holds = next(_faults(data, schema["if"], at, known), None) is None
        yield from _faults(data, schema.get("then" if holds else "else", {}), at, known)


def _of_object(data: dict[str, Any], schema: Schema, at: str, known: Schema) -> Iterator[Fault]:
    properties = schema.get("properties", {})
    for key, x in data.items():
        if key in properties:
            yield from _faults(x, properties[key], _below(at, key), known)
        elif (more := schema.get("additionalProperties", True)) is not True:
            if more is False:
                yield Fault(_below(at, key), "is not a key of the schema")
            else:
                yield from _faults(x, more, _below(at, key), known)
    for key in schema.get("required", ()):
        if key not in data:
            yield Fault(_below(at, key), "is missing")


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _is(data: Any, name: str) -> bool:
    if name in ("number", "integer"):
        number = isinstance(data, (int, float)) and not isinstance(data, bool) and isfinite(data)
        return number and (name == "number" or data == int(data))
    return isinstance(data, {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}[name])


def _type(data: Any, names: Any) -> str:
    listed = [names] if isinstance(names, str) else names
    return "" if any(_is(data, name) for name in listed) else f"{_shown(data)} is not {' or '.join(map(_article, listed))}"


def _article(name: str) -> str:
    return name if name == "null" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _shown(data: Any) -> str:
    return visible(repr(data), 40)


def _same(data: Any, allowed: Any) -> bool:
    return type(data) is type(allowed) and bool(data == allowed)


def _limited(word: str, fails: Callable[[float, float], bool]) -> Callable[[Any, Any], str]:
    return lambda data, limit: f"{_shown(data)} is not {word} {limit}" if _is(data, "number") and fails(data, limit) else ""


_CHECKS: dict[str, Callable[[Any, Any], str]] = {
    "type": _type,
    "const": lambda data, x: "" if _same(data, x) else f"{_shown(data)} instead of {x!r}",
    "enum": lambda data, xs: "" if any(_same(data, x) for x in xs) else f"{_shown(data)} is not one of {', '.join(map(str, xs))}",
    "pattern": lambda data, x: f"{_shown(data)} is not of the form {x}" if isinstance(data, str) and not re.search(x, data) else "",
    "minimum": _limited("at least", lambda x, limit: x < limit),
    "maximum": _limited("at most", lambda x, limit: x > limit),
    "exclusiveMinimum": _limited("above", lambda x, limit: x <= limit),
    "exclusiveMaximum": _limited("below", lambda x, limit: x >= limit),
    "minItems": lambda data, n: f"has fewer than {n} items" if isinstance(data, list) and len(data) < n else "",
    "maxItems": lambda data, n: f"has more than {n} items" if isinstance(data, list) and len(data) > n else "",
}
"""By the word of a schema, a function of data and what the word says, which returns what is wrong."""
