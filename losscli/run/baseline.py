"""The evaluation of a baseline: other predictions of the same targets, and the comparison with them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import replace
from losscli.engine.evaluate import Evaluation
from losscli.numerics.stable import Words
from losscli.numerics.statistics.interval import LEVEL
from losscli.numerics.statistics.sign_flip import FLIPS
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.reading.aligned import Inputs
from losscli.report.comparisons import DRAWS, Read, Tested, compared
from losscli.report.model import Baseline, Report, Warned
from losscli.report.sample_comparisons import compared_unpaired, compared_with_samples
from losscli.report.state.sums import BaselineSums
from losscli.report.summarise import summarise
from losscli.run.baseline_files import (
    PREDICTIONS,
    REPORT,
    SAMPLES,
    file_digest,
    kind_of,
    sample_losses,
    samples_of,
    spread_of_line,
)
from losscli.run.prepare import prepare
from losscli.run.report_files import saved
from losscli.run.request import Request
from losscli.run.understand import Understood, needing_matching
from losscli.run.work import evaluated


def against_baseline(
    request: Request, asked: Understood, outcome: Evaluation, inputs: Inputs, report: Report, hashed: bool
) -> tuple[Report, BaselineSums | None]:
    """The report with the comparison of every loss and group with the baseline's, and the baseline's sums where it is evaluated."""
    kind = kind_of(request.baseline)
    new = Read.of(outcome, inputs, report)
    how = tested(request)
    if kind == PREDICTIONS:
        return _with_predictions(request, asked, new, how, hashed)
    path = str(request.baseline)
    if kind == REPORT:
        return _with_report(request, new, how, path), None
    return _with_samples(request, new, how, path, SAMPLES, path), None


def tested(request: Request) -> Tested:
    """How the request asks for differences to be tested."""
    flips, exchanges = request.resamples or FLIPS, DRAWS if request.self_test else 0
    return Tested(request.ci or LEVEL, request.test, request.adjust, flips, request.seed, exchanges)


def _with_predictions(request: Request, asked: Understood, new: Read, how: Tested, hashed: bool) -> tuple[Report, BaselineSums]:
    assert request.baseline is not None
    inputs = new.inputs
    _refuse_own_targets(inputs)
    alone = replace(request, per_sample=None, gradients=None, gradients_dtype="pred", loss_map=None, plots=(), grad_stats=False)
    other = replace(alone, pred=request.baseline, worst=0, best=0)
    ready = prepare(needing_matching(other, asked), asked.recipes)
    plan = replace(ready.plan, full=False, intervals=False, paired="unit")
    plan = plan.exactly() if request.state else plan
    with ExitStack() as stack:
        found, digests = evaluated(other, plan, ready.inputs, None, hashed, stack, None)
        theirs = summarise(found, ready.inputs, request.reduction, digests)
    path = visible(ready.inputs.pred.path)
    if ready.inputs.rows != inputs.rows and inputs.target is None:
        what = f"{ready.inputs.rows:,} samples, and PRED has {inputs.rows:,}"
        raise DataError(what, Where(ready.inputs.pred.path), "a baseline is of the same samples")
    done = compared(new, Read.of(found, ready.inputs, theirs), how)
    side = theirs.inputs["pred"]
    line = Baseline(side.path, PREDICTIONS, side.rows, side.sha256, _paired_by(request, inputs))
    return _finished(new, done, line, path), BaselineSums(found, how)


def _with_samples(request: Request, new: Read, how: Tested, path: str, kind: str, named: str) -> Report:
    """The comparison with the samples of a file; kind, named: what the baseline is, and its path."""
    found = sample_losses(path, tuple(x.id for x in new.report.losses if x.std is not None or x.id in new.outcome.tally.paired))
    units = None
    if new.inputs.unit is not None:
        from losscli.engine.units import units_of_targets

        units = units_of_targets(new.inputs)
    _refuse_no_target_of(new, found.targets, path)
    done = compared_with_samples(new, found.targets, found.losses, units, how)
    line = Baseline(named, kind, len(found.targets), file_digest(path), _paired_by(request, new.inputs))
    return _finished(new, done, line, visible(path))


def _refuse_no_target_of(new: Read, targets: Words, path: str) -> None:
    """Raise DataError where the samples of a baseline are of none of the targets."""
    sums = [x.sums for x in new.outcome.tally.paired.values() if isinstance(x.sums, UnitTotals)]
    names = [x.totals()[0] for x in sums]
    if any(len(x) for x in names) and not any(np.isin(x, targets).any() for x in names):
        raise DataError(
            "has no sample of the targets that PRED predicts", Where(path), "give a baseline that predicts the same targets"
        )


def _report_of(path: str) -> dict[str, Any]:
    """A report as plain data. Raises DataError where it is not one."""
    found = saved(path).data
    lines = {line["id"]: line for line in found["losses"]}
    digest = (found["inputs"].get("target") or found["inputs"]["pred"])["sha256"]
    return {**found, "by_id": lines, "target_sha256": digest}


def _with_report(request: Request, new: Read, how: Tested, path: str) -> Report:
    found = _report_of(path)
    _refuse_other_signatures(found, new.report, path)
    if request.unpaired:
        spreads = {id: spread for id, line in found["by_id"].items() if (spread := spread_of_line(line)) is not None}
        done = compared_unpaired(new.report, spreads, how)
        return replace(done, baseline=Baseline(path, REPORT, found["alignment"]["evaluated"], file_digest(path), "nothing"))
    mine = (new.inputs.target or new.inputs.pred).sha256()
    if mine != found["target_sha256"]:
        what = f"the report is of other targets: sha256 {found['target_sha256'][:12]}…, and these are {mine[:12]}…"
        raise DataError(what, Where(path), "compare with a report of the same targets, or without pairs: --unpaired")
    samples, digest = samples_of(found, path)
    if file_digest(samples) != digest:
        raise DataError("the samples have changed since the report was written", Where(samples), "write both again")
    return _with_samples(request, new, how, samples, REPORT, path)


def _refuse_other_signatures(found: dict[str, Any], report: Report, path: str) -> None:
    """Raise DataError where a loss of the report was evaluated in another way."""
    lost = next((line.id for line in report.losses if line.id not in found["by_id"]), None)
    if lost is not None:
        raise DataError(f"no loss {visible(lost)}", Where(path), "write the report again with the same --loss")
    for line in report.losses:
        mine, theirs = line.signature.split("|"), str(found["by_id"][line.id]["signature"]).split("|")
        if mine != theirs:
            parts = [f"{visible(b)} instead of {visible(a)}" for a, b in zip(mine, theirs, strict=False) if a != b]
            differs = "; ".join(parts) or "more settings"
            raise DataError(f"{visible(line.id)} was evaluated with {differs}", Where(path), "write the report again")


def _finished(new: Read, done: Report, baseline: Baseline, path: str) -> Report:
    _refuse_other_targets(done, path, new.inputs.pairing.books is not None)
    return replace(done, baseline=baseline, warnings=(*done.warnings, *unpaired_units(replace(done, baseline=baseline), path)))


def _paired_by(request: Request, inputs: Inputs) -> str:
    return f"unit {request.reading.unit}" if request.reading.unit else "row" if inputs.target is None else "target row"


def _refuse_own_targets(inputs: Inputs) -> None:
    """Raise UsageError where the baseline would bring targets of its own."""
    if inputs.target is None and any(f.side == "target" or f.role in ("target", "label", "mask") for f in inputs.filled):
        what = "--baseline compares predictions of the same targets, and PRED has its own"
        raise UsageError(what, fix="give TARGET as a second file, with PRED and the baseline beside it")


def _refuse_other_targets(report: Report, path: str, matched: bool) -> None:
    """Raise DataError where rows pair with targets, and the two evaluations are of different ones."""
    alone = max((x.against.alone for x in report.losses if x.against is not None), default=0)
    if alone and not matched:
        are = f"{alone:,} targets or units are" if alone > 1 else "1 target or unit is"
        what = f"{are} evaluated with only one of PRED and the baseline"
        raise DataError(what, Where(path), "give a baseline that predicts the same targets")


def unpaired_units(report: Report, path: str = "") -> list[Warned]:
    """The warning of targets or units that one side of a comparison lacks. path: of the baseline, if not that of the report."""
    alone = max((x.against.alone for x in report.losses if x.against is not None), default=0)
    if not alone or report.baseline is None:
        return []
    kind, path = report.baseline.kind, path or visible(report.baseline.path)
    what = "they count in the totals only" if kind == PREDICTIONS else "they are left out of the comparison"
    are = f"{alone:,} boxes or units are" if alone > 1 else "1 box or unit is"
    return [Warned("unpaired-units", f"{are} matched with only one of PRED and {path}: {what}")]
