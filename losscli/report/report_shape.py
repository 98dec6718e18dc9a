"""The shape of the JSON report, `losscli.report/1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.core.records import dataclass, field, replace
from losscli.report.against import Against
from losscli.report.line_shapes import AGAINST, LINE
from losscli.report.measured_shapes import BOXES, BUDGET, CALIBRATION, PLOT
from losscli.report.model import SCHEMA, Group, Line, Report
from losscli.report.part_shapes import ALIGNMENT, BASELINE, GATE, INPUTS, SAMPLES, SHARD, VERDICTS, WARNING, WORST
from losscli.report.schema_parts import COUNT, TEXT, list_of, map_of, object_of, or_null
from losscli.report.shape import (
    WORDS,
    Data,
    Keys,
    Kind,
    Shape,
    always,
    beside,
    constant,
    maybe,
    one_of,
    tuple_of,
    unread,
    within,
)
from losscli.spec.names import FAMILIES


@dataclass(frozen=True)
class Compared:
    """A loss against that of the baseline, of all samples or of a group."""

    loss: str
    against: Against
    by: Mapping[str, str] = field(default_factory=dict)


COMPARISON = Shape(Compared, always("loss", TEXT), maybe("by", WORDS), beside("against", AGAINST), name="comparison")
GROUP = Shape(
    Group,
    always("by", WORDS),
    always("n", COUNT),
    always("losses", tuple_of(LINE.kind)),
    maybe("calibration", CALIBRATION.kind),
    name="group",
)
_COMPARISONS = tuple_of(COMPARISON.kind)


def _baseline(report: Report) -> Data:
    if report.baseline is None:
        return {"baseline": None}
    found = [Compared(x.id, x.against) for x in report.losses if x.against is not None]
    found += [Compared(x.id, x.against, g.by) for g in report.groups for x in g.losses if x.against is not None]
    return {"baseline": {**BASELINE.write(report.baseline), "comparisons": _COMPARISONS.write(found)}}


def _read_baseline(data: Data) -> Data:
    found = data["baseline"]
    return {} if found is None else {"baseline": BASELINE.read(found), "compared": _COMPARISONS.read(found["comparisons"])}


def _report(losses: Sequence[Line], groups: Sequence[Group], compared: Sequence[Compared] = (), **found: Any) -> Report:
    """The report, in which a loss has its comparison."""
    known = {(x.loss, frozenset(x.by.items())): x.against for x in compared}

    def lines(of: Sequence[Line], by: Mapping[str, str]) -> tuple[Line, ...]:
        return tuple(replace(x, against=known.get((x.id, frozenset(by.items())))) for x in of)

    return Report(losses=lines(losses, {}), groups=tuple(replace(g, losses=lines(g.losses, g.by)) for g in groups), **found)


_WORD = {"type": ["string", "number", "boolean"]}
REPORT = Shape(
    _report,
    constant("schema", SCHEMA),
    within("tool", constant("name", "losscli"), always("version", TEXT)),
    always("family", one_of(FAMILIES)),
    maybe("check", TEXT),
    maybe("options", Kind(map_of({"anyOf": [_WORD, list_of(_WORD)]}), dict), when=lambda x: x.options is not None),
    always("sample", TEXT),
    always("inputs", INPUTS),
    always("alignment", ALIGNMENT.kind),
    maybe("matching", BOXES.kind, "boxes"),
    maybe("samples", SAMPLES.kind),
    always("losses", tuple_of(LINE.kind, minItems=1)),
    maybe("calibration", CALIBRATION.kind),
    maybe("budget", BUDGET.kind),
    always("groups", tuple_of(GROUP.kind)),
    always("worst", tuple_of(WORST.kind)),
    maybe("best", tuple_of(WORST.kind)),
    Keys({"baseline": or_null(object_of({**BASELINE.keys.schema, "comparisons": _COMPARISONS.schema}))}, _baseline, _read_baseline),
    always("gates", tuple_of(GATE.kind)),
    unread(always("verdict", one_of((*VERDICTS, "none")))),
    always("warnings", tuple_of(WARNING.kind)),
    maybe("plots", tuple_of(PLOT.kind)),
    maybe("shards", tuple_of(SHARD.kind)),
    maybe("state", Kind({**map_of({}), "properties": {"form": TEXT}, "required": ["form"]}, dict)),
)
