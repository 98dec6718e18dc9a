"""JSON as strict readers take it, and the schemas of the documents that CI reads."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator


def document(text: str) -> Any:
    """The document: no NaN, no key twice, no byte order mark, nothing after it."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(found)) == len(found)
        return dict(found)

    def constant(word: str) -> None:
        raise AssertionError(word)

    assert not text.startswith("\ufeff")
    return json.loads(text, parse_constant=constant, object_pairs_hook=pairs)


def texts(found: Any) -> list[str]:
    """Every text and key of a document."""
    if isinstance(found, dict):
        return [x for key, value in found.items() for x in (key, *texts(value))]
    if isinstance(found, list):
        return [x for value in found for x in texts(value)]
    return [found] if isinstance(found, str) else []


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_TEXT = {"type": "string", "minLength": 1}
_LINE = {"type": "integer", "minimum": 1}
_MESSAGE = _object({"text": _TEXT})
_RELATIVE = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9._~:/%+?@!$&'()*,;=-]+$"}

GITLAB = Draft202012Validator(
    {
        "type": "array",
        "items": _object(
            {
                "description": _TEXT,
                "check_name": _TEXT,
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": _object({"path": _TEXT, "lines": _object({"begin": _LINE})}),
            }
        ),
    }
)
"""GitLab's doc/ci/testing/code_quality.md: the keys that an issue must have, and the severities."""

SARIF = Draft202012Validator(
    _object(
        {
            "$schema": {"const": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"},
            "version": {"const": "2.1.0"},
            "runs": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": _object(
                    {
                        "tool": _object(
                            {
                                "driver": _object(
                                    {
                                        "name": _TEXT,
                                        "version": _TEXT,
                                        "rules": {
                                            "type": "array",
                                            "uniqueItems": True,
                                            "items": _object(
                                                {
                                                    "id": {"type": "string", "minLength": 1, "maxLength": 255},
                                                    "shortDescription": _MESSAGE,
                                                    "fullDescription": _MESSAGE,
                                                    "help": _MESSAGE,
                                                }
                                            ),
                                        },
                                    }
                                )
                            }
                        ),
                        "invocations": {"type": "array", "items": _object({"executionSuccessful": {"type": "boolean"}})},
                        "results": {
                            "type": "array",
                            "items": _object(
                                {
                                    "ruleId": _TEXT,
                                    "ruleIndex": {"type": "integer", "minimum": 0},
                                    "level": {"enum": ["none", "note", "warning", "error"]},
                                    "message": _MESSAGE,
                                    "locations": {
                                        "type": "array",
                                        "minItems": 1,
                                        "items": _object(
                                            {
                                                "physicalLocation": _object(
                                                    {
                                                        "artifactLocation": _object({"uri": _RELATIVE}),
                                                        "region": _object({"startLine": _LINE}),
                                                    }
                                                )
                                            }
                                        ),
                                    },
                                    "partialFingerprints": {"type": "object", "additionalProperties": _TEXT},
                                }
                            ),
                        },
                    }
                ),
            },
        }
    )
)
"""The parts of the SARIF 2.1.0 schema that losscli writes, and what GitHub asks of them (sarif-support-for-code-scanning.md)."""


def gitlab(text: str) -> list[dict[str, Any]]:
    """The issues of a valid report, whose fingerprints are unique."""
    found = document(text)
    GITLAB.validate(found)
    assert len({x["fingerprint"] for x in found}) == len(found)
    return found


def sarif(text: str) -> dict[str, Any]:
    """The only run of a valid log, in which every result refers to its rule."""
    found = document(text)
    SARIF.validate(found)
    (run,) = found["runs"]
    ids = [x["id"] for x in run["tool"]["driver"]["rules"]]
    assert len(set(ids)) == len(ids)
    assert all(ids[x["ruleIndex"]] == x["ruleId"] for x in run["results"])
    prints = [x["partialFingerprints"]["primaryLocationLineHash"] for x in run["results"]]
    assert len(set(prints)) == len(prints)
    return run
