"""The shapes of the facts of a run in its JSON report: inputs and their pairing, worst samples, gates, warnings and files."""

from __future__ import annotations

from typing import Any

from losscli.core.errors import Where
from losscli.report.line_shapes import TERMS, intervals
from losscli.report.model import BASELINES, Alignment, Baseline, InputLine, Samples, Shard, Warned, Worst
from losscli.report.schema_parts import COUNT, FINITE, NUMBER, ROW, SHARE, TEXT, YES, object_of, or_null
from losscli.report.shape import (
    TEXTS,
    WORDS,
    Data,
    Keys,
    Kind,
    Shape,
    always,
    dict_of,
    each,
    maybe,
    named,
    numbers,
    one_of,
    tuple_of,
    unread,
)
from losscli.report.verdicts import Verdict

SIDES = ("pred", "target")
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
VERDICTS = ("pass", "warn", "fail")


INPUT = Shape(
    InputLine,
    *each(TEXT, "path", "format"),
    always("rows", COUNT),
    always("sha256", DIGEST),
    always("roles", dict_of(TEXTS)),
    always("left_out", tuple_of(named(column=TEXT, why=TEXT))),
    maybe("one_hot", YES),
    name="input",
)
INPUTS = Kind(
    object_of({"pred": INPUT.kind.schema, "target": or_null(INPUT.kind.schema)}),
    lambda found: {side: INPUT.write(found[side]) if side in found else None for side in SIDES},
    lambda data: {side: INPUT.read(x) for side, x in data.items() if x is not None},
)

ALIGNMENT = Shape(
    Alignment,
    always("pairing", one_of(("position", "key", "list", "gallery", "greedy", "hungarian", "coco"))),
    always("key", TEXTS),
    *each(COUNT, "pred_rows", "target_rows", "matched", "pred_only", "target_only", "dropped", "evaluated"),
    unread(always("coverage", SHARE)),
    maybe("filter", TEXTS),
    maybe("filtered", COUNT, when=lambda x: x.filter),
    maybe("agrees", TEXT),
    name="alignment",
)

WARNING = Shape(Warned, *each(TEXT, "code", "message"), always("rows", tuple_of(ROW)))
SAMPLES = Shape(Samples, *each(TEXT, "path", "sha256"), always("rows", COUNT))
BASELINE = Shape(
    Baseline,
    always("path", TEXT),
    always("kind", one_of(BASELINES)),
    always("rows", COUNT),
    always("sha256", TEXT),
    always("paired_by", TEXT, "paired"),
)


def _where_of(side: str) -> Keys:
    """What the row of a sample does not say of its place."""

    def write(x: Worst) -> Data:
        where = x.where.get(side)
        found = {} if where is None else {"file": where.path, "line": where.line, "entry": where.entry}
        return {f"{side}_{name}": fact for name, fact in found.items() if fact}

    def read(data: Data) -> Data:
        path, line, entry = (data.get(name) for name in schema)
        return {side: Where(path or "", line=line, entry=entry or "")} if path or line or entry else {}

    schema = {f"{side}_file": TEXT, f"{side}_line": ROW, f"{side}_entry": TEXT}
    return Keys(schema, write, read, tuple(schema))


def _worst(pred: Where | None = None, target: Where | None = None, **found: Any) -> Worst:
    return Worst(**found, where={side: x for side, x in (("pred", pred), ("target", target)) if x is not None})


WORST = Shape(
    _worst,
    always("loss", TEXT),
    maybe("by", WORDS),
    always("rank", ROW),
    numbers("value"),
    maybe("terms", TERMS),
    always("key", WORDS),
    *each(or_null(ROW), "pred_row", "target_row"),
    *map(_where_of, SIDES),
    name="worst",
)


def _in_configuration(x: Verdict) -> Data:
    if x.where is None:
        return {}
    return {"file": x.where.path} if x.where.line is None else {"file": x.where.path, "line": x.where.line}


def _open(x: Verdict) -> bool:
    return x.verdict == "inconclusive"


GATE = Shape(
    Verdict,
    maybe("id", TEXT),
    Keys(
        {"file": TEXT, "line": ROW},
        _in_configuration,
        lambda data: {"where": Where(data["file"], line=data.get("line"))} if "file" in data else {},
        ("file", "line"),
    ),
    maybe("joined", YES),
    always("expr", TEXT),
    always("level", one_of(("fail", "warn"))),
    numbers("observed"),
    always("limit", FINITE),
    always("verdict", one_of((*VERDICTS, "inconclusive"))),
    intervals("ci", sometimes=True),
    maybe("counts_as", one_of(VERDICTS), "inconclusive", shown="counts", when=_open),
    maybe("settled_by", or_null(COUNT), "settles", when=_open),
    maybe("sees", NUMBER, when=_open),
    name="gate",
)

_FILE = named(path=TEXT, sha256=TEXT, rows=COUNT)
_FILES = ("pred", "target", "baseline")
SHARD = Shape(
    Shard,
    always("report", TEXT),
    Keys(
        dict.fromkeys(_FILES, _FILE.schema),
        lambda x: {side: _FILE.write(file) for side, file in x.files.items()},
        lambda data: {"files": {side: _FILE.read(file) for side, file in data.items() if side in _FILES}},
        _FILES[1:],
    ),
    name="shard",
)
"""One of the reports that were merged, with its files."""
