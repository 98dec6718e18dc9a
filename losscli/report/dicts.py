"""A report as plain data, in the key order of its schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from losscli.core.json_numbers import number
from losscli.core.records import fields
from losscli.report.against import Against
from losscli.report.budget_dict import budget_dict
from losscli.report.calibration_dict import calibration_dict
from losscli.report.interval_dict import interval
from losscli.report.model import (
    INTERVALS,
    NORMS,
    NUMBERS,
    SCHEMA,
    Alignment,
    Baseline,
    GradientLine,
    Group,
    InputLine,
    Line,
    Report,
    Shard,
    TermLine,
    Worst,
)
from losscli.report.plot_dict import histogram_dict, plot_dict
from losscli.report.verdicts import Verdict

W = TypeVar("W", bound="WholeReport")


class WholeReport(Report):
    """A report with its plain data, as programs and formats of other packages get it."""

    @classmethod
    def of(cls: type[W], report: Report) -> W:
        """The same report with these methods."""
        return cls(**{f.name: getattr(report, f.name) for f in fields(report)})

    def as_dict(self) -> dict[str, Any]:
        """The JSON report as plain data."""
        return report_dict(self)


def report_dict(report: Report) -> dict[str, Any]:
    """The report of the published schema, in its fixed key order."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "losscli", "version": report.version},
        "family": report.family,
        **({"check": report.check} if report.check else {}),
        **({} if report.options is None else {"options": dict(report.options)}),
        "sample": report.sample,
        "inputs": {side: _input(report.inputs[side]) if side in report.inputs else None for side in ("pred", "target")},
        "alignment": {**_alignment(report.alignment), **({"agrees": report.agrees} if report.agrees else {})},
        **({} if report.boxes is None else {"matching": report.boxes.as_dict()}),
        **({} if report.samples is None else {"samples": _plain(report.samples)}),
        "losses": [line_dict(x) for x in report.losses],
        **_calibration(report),
        **({} if report.budget is None else {"budget": budget_dict(report.budget)}),
        "groups": [
            {"by": dict(g.by), "n": g.n, "losses": [line_dict(x) for x in g.losses], **_calibration(g)} for g in report.groups
        ],
        "worst": [_worst(w) for w in report.worst],
        **({"best": [_worst(w) for w in report.best]} if report.best else {}),
        "baseline": None if report.baseline is None else _baseline(report.baseline, report),
        "gates": [_gate(g) for g in report.gates],
        "verdict": report.verdict,
        "warnings": [{"code": w.code, "message": w.message, "rows": list(w.rows)} for w in report.warnings],
        **({"plots": [plot_dict(x) for x in report.plots]} if report.plots else {}),
        **({"shards": [_shard(x) for x in report.shards]} if report.shards else {}),
        **({} if report.state is None else {"state": dict(report.state)}),
    }


def _calibration(x: Report | Group) -> dict[str, Any]:
    return {} if x.calibration is None else {"calibration": calibration_dict(x.calibration)}


def _plain(x: Any) -> dict[str, Any]:
    return {f.name: getattr(x, f.name) for f in fields(x)}


def _alignment(x: Alignment) -> dict[str, Any]:
    found = {**_plain(x), "key": list(x.key), "coverage": x.coverage}
    kept, filtered = found.pop("filter"), found.pop("filtered")
    return {**found, "filter": list(kept), "filtered": filtered} if kept else found


def _input(x: InputLine) -> dict[str, Any]:
    left = [{"column": column, "why": why} for column, why in x.left_out]
    found = {**_plain(x), "roles": {k: list(v) for k, v in x.roles.items()}, "left_out": left}
    return found if found.pop("one_hot") is False else {**found, "one_hot": True}


def line_dict(x: Line) -> dict[str, Any]:
    """A loss, of all samples or of a group, without its comparison."""
    out: dict[str, Any] = {k: getattr(x, k) for k in ("id", "recipe", "signature", "direction", "reduction")}
    out |= {"typed": x.label} if x.label != x.id else {}
    for key in NUMBERS:
        out |= number(key, getattr(x, key))
    out["terms"] = _terms(x.terms)
    for key in INTERVALS:
        out |= interval(key, getattr(x, key))
    out["histogram"] = None if x.histogram is None else histogram_dict(x.histogram)
    if x.gradient is not None:
        out["gradient"] = _gradient(x.gradient)
    return out


def _shard(x: Shard) -> dict[str, Any]:
    files = {side: {"path": path, "sha256": digest, "rows": rows} for side, (path, digest, rows) in x.files.items()}
    return {"report": x.report, **files}


def _gradient(x: GradientLine) -> dict[str, Any]:
    norm: dict[str, Any] = {}
    for key in NORMS:
        norm |= number(key, getattr(x, key))
    return {
        "n": x.n,
        "zero": x.zero,
        "zero_share": x.zero_share,
        "nonfinite": x.nonfinite,
        "nonfinite_share": x.nonfinite_share,
        "norm": norm,
    }


def _terms(found: Sequence[TermLine]) -> list[dict[str, Any]]:
    return [{"name": t.name, "weight": t.weight, "recipe": t.recipe, **number("value", t.value)} for t in found]


def _worst(x: Worst) -> dict[str, Any]:
    place: dict[str, Any] = {"key": dict(x.key), "pred_row": x.pred_row, "target_row": x.target_row}
    for side, where in x.where.items():
        found = {"file": where.path, "line": where.line, "entry": where.entry}
        place |= {f"{side}_{name}": fact for name, fact in found.items() if fact}
    by = {"by": dict(x.by)} if x.by else {}
    terms = {"terms": _terms(x.terms)} if x.terms else {}
    return {"loss": x.loss, **by, "rank": x.rank, **number("value", x.value), **terms, **place}


def _gate(x: Verdict) -> dict[str, Any]:
    named: dict[str, Any] = {"id": x.id} if x.id else {}
    if x.where is not None:
        named |= {"file": x.where.path, **({} if x.where.line is None else {"line": x.where.line})}
    named |= {"joined": True} if x.joined else {}
    found = {**named, "expr": x.expr, "level": x.level, **number("observed", x.observed), "limit": x.limit, "verdict": x.verdict}
    judged = interval("ci", x.ci) if x.ci is not None else {}
    return {
        **found,
        **judged,
        **({"counts_as": x.counts, "settled_by": x.settles, "sees": x.sees} if x.verdict == "inconclusive" else {}),
    }


def _baseline(x: Baseline, report: Report) -> dict[str, Any]:
    found = [{"loss": line.id, **against_dict(a)} for line in report.losses if (a := line.against) is not None]
    for g in report.groups:
        found += [{"loss": x.id, "by": dict(g.by), **against_dict(a)} for x in g.losses if (a := x.against) is not None]
    return {"path": x.path, "kind": x.kind, "rows": x.rows, "sha256": x.sha256, "paired_by": x.paired, "comparisons": found}


def against_dict(x: Against) -> dict[str, Any]:
    """A comparison, without the loss that it is of."""
    return {**number("base", x.base), **number("new", x.new), **difference(x)}


def difference(x: Against) -> dict[str, Any]:
    """What is known of a difference."""
    out = {**number("delta", x.delta), **number("rel", x.rel)}
    out |= {**interval("ci", x.delta_ci), **interval("rel_ci", x.rel_ci)}
    out |= {"p_value": x.p, "p_holm": x.p_holm, "test": x.test}
    out |= {"wins": x.wins, "ties": x.ties, "losses": x.losses, "identical": x.identical}
    return {**out, "mde": x.mde, "mde_rel": x.mde_rel, "units": x.units, "unpaired_units": x.alone}
