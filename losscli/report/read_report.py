"""Reads a JSON report back: the inverse of `report_dict`. Strict: what the schema does not allow is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from losscli.core.errors import DataError, Where
from losscli.core.json_numbers import read
from losscli.core.records import fields
from losscli.numerics.statistics.interval import NoInterval
from losscli.report.against import Against
from losscli.report.boxes import LISTS, WAYS, Boxes
from losscli.report.budget_dict import read_budget
from losscli.report.calibration import Calibration
from losscli.report.calibration_dict import read_calibration
from losscli.report.interval_dict import read_interval
from losscli.report.model import (
    INTERVALS,
    NORMS,
    NUMBERS,
    Alignment,
    Baseline,
    GradientLine,
    Group,
    InputLine,
    Line,
    Report,
    Samples,
    Shard,
    TermLine,
    Warned,
    Worst,
)
from losscli.report.plot_dict import miscounted, read_histogram, read_plot, undrawable
from losscli.report.schema import report_schema
from losscli.report.schema_check import fault
from losscli.report.verdicts import Verdict
from losscli.spec.matching import Counts, Matching

Data = dict[str, Any]


def read_report(data: Any, path: str) -> Report:
    """The report of plain data. path: of its file, for messages. Raises DataError where the data is not a report.

    How the differences from a baseline vary, which gates are judged by, is not in a report and None.
    """
    found = str(fault(data, report_schema()) or "")
    if not found:
        report = _report(data)
        found = _uncounted(report) or undrawable(report)
        if not found:
            return report
    fix = "write it again with -o FILE.json; `losscli schema report` prints the form"
    raise DataError(f"not a report: {found}", Where(path), fix)


def _report(data: Data) -> Report:
    baseline = data["baseline"]
    compared = {} if baseline is None else {_address(x): _against(x) for x in baseline["comparisons"]}
    matching = data.get("matching")
    return Report(
        family=data["family"],
        sample=data["sample"],
        inputs={side: _input(x) for side, x in data["inputs"].items() if x is not None},
        alignment=_alignment(data["alignment"]),
        losses=_lines(data["losses"], {}, compared),
        worst=tuple(_worst(x) for x in data["worst"]),
        gates=tuple(_gate(x) for x in data["gates"]),
        warnings=tuple(Warned(x["code"], x["message"], tuple(x["rows"])) for x in data["warnings"]),
        groups=tuple(Group(x["by"], x["n"], _lines(x["losses"], x["by"], compared), _calibration(x)) for x in data["groups"]),
        boxes=None if matching is None else _boxes(matching),
        agrees=data["alignment"].get("agrees", ""),
        version=data["tool"]["version"],
        best=tuple(_worst(x) for x in data.get("best", ())),
        baseline=None if baseline is None else _baseline(baseline),
        samples=Samples(**data["samples"]) if "samples" in data else None,
        check=data.get("check", ""),
        options=data.get("options"),
        calibration=_calibration(data),
        budget=read_budget(data["budget"]) if "budget" in data else None,
        shards=tuple(_shard(x) for x in data.get("shards", ())),
        state=data.get("state"),
        plots=tuple(read_plot(x) for x in data.get("plots", ())),
    )


def _calibration(x: Data) -> Calibration | None:
    return read_calibration(x["calibration"]) if "calibration" in x else None


def _input(x: Data) -> InputLine:
    roles = {role: tuple(columns) for role, columns in x["roles"].items()}
    left = tuple((y["column"], y["why"]) for y in x["left_out"])
    return InputLine(x["path"], x["format"], x["rows"], x["sha256"], roles, left, x.get("one_hot", False))


def _alignment(x: Data) -> Alignment:
    found = {f.name: x[f.name] for f in fields(Alignment) if f.name in x}
    return Alignment(**{**found, "key": tuple(x["key"]), "filter": tuple(x.get("filter", ()))})


def _lines(data: list[Data], by: Mapping[str, str], compared: Mapping[Any, Against]) -> tuple[Line, ...]:
    return tuple(_line(x, compared.get(_address({"loss": x["id"], "by": by}))) for x in data)


def _address(x: Data) -> tuple[str, frozenset[tuple[str, str]]]:
    """The loss and the group that a comparison is of."""
    return x["loss"], frozenset(x.get("by", {}).items())


def _line(x: Data, against: Against | None) -> Line:
    words: Data = {key: x[key] for key in ("id", "recipe", "signature", "direction", "reduction")}
    numbers: Data = {key: read(x, key) for key in NUMBERS}
    intervals: Data = {key: read_interval(x, key) for key in INTERVALS}
    return Line(
        **words,
        **numbers,
        **intervals,
        terms=_terms(x["terms"]),
        gradient=_gradient(x["gradient"]) if "gradient" in x else None,
        histogram=None if x["histogram"] is None else read_histogram(x["histogram"]),
        against=against,
        typed=str(x.get("typed", x["id"])),
    )


def _uncounted(report: Report) -> str:
    """The first histogram whose counts are not those of its edges, which a schema cannot say; empty without one."""
    lines = [(f"losses[{i}]", x) for i, x in enumerate(report.losses)]
    lines += [(f"groups[{j}].losses[{i}]", x) for j, g in enumerate(report.groups) for i, x in enumerate(g.losses)]
    faults = ((at, miscounted(line.histogram)) for at, line in lines if line.histogram is not None)
    return next((f"{at}.{what}" for at, what in faults if what), "")


def _shard(x: Data) -> Shard:
    return Shard(x["report"], {side: (y["path"], y["sha256"], y["rows"]) for side, y in x.items() if side != "report"})


def _gradient(x: Data) -> GradientLine:
    return GradientLine(x["n"], x["zero"], x["nonfinite"], **{key: read(x["norm"], key) for key in NORMS})


def _worst(x: Data) -> Worst:
    where = {}
    for side in ("pred", "target"):
        path, line, entry = (x.get(f"{side}_{name}") for name in ("file", "line", "entry"))
        if path or line or entry:
            where[side] = Where(path or "", line=line, entry=entry or "")
    found = {"key": x["key"], "pred_row": x["pred_row"], "target_row": x["target_row"], "by": x.get("by", {})}
    return Worst(x["loss"], x["rank"], read(x, "value"), **found, where=where, terms=_terms(x.get("terms", ())))


def _terms(found: Sequence[Data]) -> tuple[TermLine, ...]:
    return tuple(TermLine(x["name"], x["weight"], x["recipe"], read(x, "value")) for x in found)


def _gate(x: Data) -> Verdict:
    return Verdict(
        x["expr"],
        x["level"],
        read(x, "observed"),
        x["limit"],
        x["verdict"],
        joined=x.get("joined", False),
        id=x.get("id", ""),
        where=Where(x["file"], line=x.get("line")) if "file" in x else None,
        ci=read_interval(x, "ci"),
        inconclusive=x.get("counts_as", "warn"),
        settles=x.get("settled_by"),
        sees=x.get("sees"),
    )


def _baseline(x: Data) -> Baseline:
    return Baseline(x["path"], x["kind"], x["rows"], x["sha256"], x["paired_by"])


def _against(x: Data) -> Against:
    values: Data = {key: read(x, key) for key in ("base", "new", "delta", "rel")}
    same: Data = {key: x[key] for key in ("p_holm", "test", "wins", "ties", "losses", "identical", "mde", "mde_rel", "units")}
    unknown = NoInterval("no-method")
    intervals: Data = {"delta_ci": read_interval(x, "ci") or unknown, "rel_ci": read_interval(x, "rel_ci") or unknown}
    return Against(**values, **same, **intervals, p=x["p_value"], alone=x["unpaired_units"])


def _counts(x: Data) -> Counts:
    return Counts(**{f.name: x[f.name] for f in fields(Counts)})


def _boxes(x: Data) -> Boxes:
    area = x["area"]
    low, high = area or (0.0, inf)
    matching = Matching(
        x["method"],
        x["iou_threshold"],
        x["max_dets"],
        None if area is None else (low, inf if high is None else high),
        read(x, "score_threshold"),
        x["class_agnostic"],
        unmatched=x["unmatched"],
        penalty=x["penalty"],
        sigmas=tuple(x.get("sigmas", ())),
        **{name: x.get(name, False) for name in WAYS},
    )
    columns = {key: (names[0], names[1]) for key, names in x["columns"].items()}
    by = {key: {y[key]: _counts(y) for y in x[LISTS[key]]} for key in columns}
    return Boxes(matching, _counts(x), by, columns, x["penalized"])
