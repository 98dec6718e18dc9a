"""The JSON Schema of `losscli.report/1`; strict: keys that it does not list are errors."""

from __future__ import annotations

from losscli.report.line_shapes import GRADIENT, HISTOGRAM, INTERVAL, LINE, TERM
from losscli.report.measured_shapes import BOXES, CALIBRATION
from losscli.report.model import SCHEMA
from losscli.report.part_shapes import ALIGNMENT, GATE, INPUT, SHARD, VERDICTS, WORST
from losscli.report.report_shape import COMPARISON, GROUP, REPORT
from losscli.report.schema_parts import Schema
from losscli.report.shape import one_of


def report_schema() -> Schema:
    """The schema as plain data; `losscli schema report` prints it."""
    parts = (INPUT, ALIGNMENT, BOXES, LINE, HISTOGRAM, GRADIENT, TERM, INTERVAL, GROUP, CALIBRATION, WORST, COMPARISON, GATE, SHARD)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"{SCHEMA}: one evaluation",
        **REPORT.schema,
        "if": {"properties": {"gates": {"maxItems": 0}}},
        "then": {"properties": {"verdict": {"const": "none"}}},
        "else": {"properties": {"verdict": one_of(VERDICTS)}},
        "$defs": {shape.name: shape.schema for shape in parts},
    }
