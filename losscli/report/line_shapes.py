"""The shapes of a loss in the JSON report: its numbers, terms, intervals, histogram, gradients, and its comparison."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from losscli.numerics.histogram import LINEAR, LOG, Histogram
from losscli.numerics.statistics.interval import METHODS, UNKNOWN, Interval, NoInterval
from losscli.report.against import Against
from losscli.report.model import COUNTS, NORMS, NUMBERS, GradientLine, Line, TermLine
from losscli.report.schema_parts import COUNT, FINITE, NUMBER, SHARE, TEXT, YES, or_null
from losscli.report.shape import Data, Keys, Kind, Shape, always, each, maybe, nullable, numbers, one_of, tuple_of, unread, within

LEVEL = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
DIRECTION, REDUCTION = one_of(("lower", "higher")), one_of(("mean", "sum"))

INTERVAL = Shape(
    Interval,
    always("level", LEVEL),
    numbers("low", "high"),
    always("method", one_of(METHODS)),
    always("n", COUNT),
    maybe("resamples", COUNT),
    maybe("seed", {"type": "integer"}, when=lambda x: x.resamples),
    maybe("rough", YES),
    name="interval",
)


def intervals(*names: str, sometimes: bool = False, **of: str) -> Keys:
    """Intervals by key; null with the reason in `<key>_is` where nothing is known, and null alone where none was asked for.

    sometimes: the latter are left out. of: keys of fields with other names.
    """
    fields = {**{name: name for name in names}, **of}

    values = {name: attrgetter(field) for name, field in fields.items()}

    def write(x: Any) -> Data:
        out: Data = {}
        for name, value in values.items():
            found = value(x)
            if found is not None or not sometimes:
                out[name] = INTERVAL.write(found) if isinstance(found, Interval) else None
            if isinstance(found, NoInterval):
                out[f"{name}_is"] = found.reason
        return out

    def read(data: Data) -> Data:
        known = {field: INTERVAL.read(data[name]) for name, field in fields.items() if data.get(name) is not None}
        return known | {field: NoInterval(data[f"{name}_is"]) for name, field in fields.items() if f"{name}_is" in data}

    reasons = dict.fromkeys((f"{name}_is" for name in fields), one_of(UNKNOWN))
    optional = (*reasons, *(fields if sometimes else ()))
    return Keys({**dict.fromkeys(fields, or_null(INTERVAL.kind.schema)), **reasons}, write, read, optional)


TERM = Shape(TermLine, always("name", TEXT), always("weight", FINITE), always("recipe", TEXT), numbers("value"), name="term")
TERMS = tuple_of(TERM.kind)

REAL = Kind(FINITE, read=float)
EDGES = tuple_of(REAL, minItems=2)
HISTOGRAM = Shape(
    Histogram,
    always("edges", EDGES),
    always("counts", tuple_of(COUNT, minItems=1)),
    always("scale", one_of((LINEAR, LOG))),
    name="histogram",
)

GRADIENT = Shape(
    GradientLine,
    always("n", COUNT),
    always("zero", COUNT),
    unread(always("zero_share", SHARE)),
    always("nonfinite", COUNT),
    unread(always("nonfinite_share", SHARE)),
    within("norm", numbers(*NORMS)),
    name="gradient",
)

LINE = Shape(
    Line,
    *each(TEXT, "id", "recipe", "signature"),
    always("direction", DIRECTION),
    always("reduction", REDUCTION),
    maybe("typed", TEXT, shown="label", when=lambda x: x.label != x.id),
    *(always(name, COUNT) if name in COUNTS else numbers(name) for name in NUMBERS),
    always("terms", TERMS),
    intervals("ci", "p50_ci", "p95_ci"),
    always("histogram", nullable(HISTOGRAM.kind)),
    maybe("gradient", GRADIENT.kind),
    name="loss",
)
"""A loss, of all samples or of a group, without its comparison."""

DIFFERENCE = Shape(
    Against,
    numbers("delta", "rel"),
    intervals(ci="delta_ci", rel_ci="rel_ci"),
    always("p_value", or_null(SHARE), "p"),
    always("p_holm", or_null(SHARE)),
    always("test", one_of(("signflip", "t", "welch", "none"))),
    *each(or_null(COUNT), "wins", "ties", "losses"),
    always("identical", {"type": "boolean"}),
    *each(NUMBER, "mde", "mde_rel"),
    always("units", COUNT),
    always("unpaired_units", COUNT, "alone"),
    name="difference",
)
"""What is known of a difference."""
AGAINST = Shape(Against, numbers("base", "new"), *DIFFERENCE.parts)
"""A comparison, without the loss that it is of."""
