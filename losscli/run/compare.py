"""Evaluates many predictions of the same targets, one after the other, and compares them loss by loss and group by group."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import replace
from losscli.numerics.statistics.sign_flip import FLIPS
from losscli.reading.aligned import Inputs
from losscli.report.comparisons import Read, Tested
from losscli.report.contenders import contender, refuse_other_samples, refuse_other_signatures
from losscli.report.model import PREDICTIONS, InputLine, Warned
from losscli.report.ranking import Contender, Model, Ranking, Target, level_of, ranking
from losscli.report.summarise import summarise
from losscli.run.guarded import guarded
from losscli.run.intervals_asked import intervals_asked
from losscli.run.model_names import named
from losscli.run.prepare import adopted, prepare
from losscli.run.request import Request
from losscli.run.understand import Understood, needing_matching, understand
from losscli.run.unused import COMPARING, one_suffix
from losscli.run.work import Listener, evaluated

Watch = Callable[[int], Listener]


def compared_predictions(
    request: Request, paths: Sequence[str], *, allowed: bool = False, hashed: bool = False, watch: Watch | None = None
) -> Ranking:
    """The models of these predictions, by a request whose `pred` is any of them. allowed: whether models may differ in how they are
    evaluated and in their samples; hashed: whether digests are wanted."""
    asked = understand(replace(request, shared=request.shared | COMPARING), adopted(request))
    if not one_suffix(paths):
        request = replace(request, shared=request.shared | frozenset(request.formats))
    _refuse_target(request, paths)
    found: list[Contender] = []
    said: list[tuple[str, Warned]] = []
    inputs: Inputs | None = None
    target = Target()
    for path, name in named(paths):
        mine, done = _evaluated(replace(request, pred=path), asked, name, hashed, watch)
        read = done.inputs
        if inputs is not None and inputs.target is None and inputs.rows != read.rows:
            what = f"{read.rows:,} samples, and {visible(inputs.pred.path)} has {inputs.rows:,}"
            raise DataError(what, Where(path), "compare models of the same samples")
        if inputs is None and (side := done.report.inputs.get("target")) is not None:
            target = Target(side.path, side.sha256)
        inputs = inputs or read
        found.append(mine)
        said += [(path, w) for w in guarded(done.report.warnings, request.reading)]
    warnings = [*_joined(said, len(paths)), *refuse_other_signatures(found, allowed)]
    contenders, more = refuse_other_samples(found, allowed)
    how = Tested(level_of(request.ci), request.test, request.adjust, request.resamples or FLIPS, request.seed)
    unit = request.reading.unit
    ranked = ranking(contenders, how)
    return replace(
        ranked,
        paired=f"unit {unit}" if unit else "target row" if target.path else "row",
        family=request.family,
        target=target,
        warnings=(*warnings, *more, *ranked.warnings),
    )


def _refuse_target(request: Request, paths: Sequence[str]) -> None:
    """Raise UsageError where TARGET is one of the models."""
    target = request.target
    if isinstance(target, str) and any(os.path.realpath(path) == os.path.realpath(target) for path in paths):
        raise UsageError(f"{visible(target)} is TARGET and one of the models", fix="let the pattern match predictions only")


def _evaluated(request: Request, asked: Understood, name: str, hashed: bool, watch: Watch | None) -> tuple[Contender, Read]:
    """One model."""
    with ExitStack() as stack, np.errstate(all="ignore"):
        ready = prepare(needing_matching(request, asked), asked.recipes)
        _refuse_own_targets(ready.inputs)
        plan = replace(ready.plan, intervals=request.ci is not None, resampled=request.ci_method != "skew-t", paired="unit")
        outcome, digests = evaluated(request, plan, ready.inputs, None, hashed, stack, watch)
        notes = [Warned("reading", note) for note in ready.notes] + [Warned(code, message) for code, message in ready.warnings]
        report = summarise(outcome, ready.inputs, request.reduction, digests, notes, intervals_asked(request, ready.inputs))
    side: InputLine = report.inputs["pred"]
    model = Model(name, side.path, PREDICTIONS, side.rows, side.sha256)
    done = Read.of(outcome, ready.inputs, report)
    return contender(model, done), done


def _refuse_own_targets(inputs: Inputs) -> None:
    """Raise UsageError where each model would bring targets of its own."""
    if inputs.target is None and any(f.side == "target" or f.role in ("target", "label", "mask") for f in inputs.filled):
        what = "compare takes predictions of the same targets, and these have their own"
        raise UsageError(what, fix="give TARGET as a file of its own, after the predictions")


def _joined(said: Sequence[tuple[str, Warned]], models: int) -> list[Warned]:
    """The warnings of all models, each once: PRED stands for the files where several have it."""
    found: dict[tuple[str, str], list[tuple[str, Warned]]] = {}
    for path, w in said:
        found.setdefault((w.code, w.message.replace(visible(path), "PRED")), []).append((path, w))
    out = []
    for (code, message), each in found.items():
        (path, w), many = each[0], len({path for path, _ in each})
        about = w.message if visible(path) in w.message else f"{visible(path)}: {w.message}"
        alike = message if many == models else f"{message} ({many} of {models} models)"
        out.append(Warned(code, about if many == 1 else alike))
    return out
