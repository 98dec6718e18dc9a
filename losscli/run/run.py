"""The whole flow on one page: a request becomes a report, files and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

import numpy as np

from losscli import sources
from losscli.core.errors import GATE_FAILED, OK, DataError, UsageError, raise_all, visible
from losscli.core.records import dataclass, replace
from losscli.engine.digests import Digests
from losscli.engine.evaluate import Evaluation, evaluate
from losscli.engine.plan import Plan
from losscli.engine.term import BoundTerm, rowed
from losscli.numerics.stable import Floats
from losscli.output.files import Outputs, Stream
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.bind import Bindings, bind
from losscli.reading.roles import some
from losscli.report import gates as gate
from losscli.report import render
from losscli.report.model import Report, Warned
from losscli.report.summarise import summarise
from losscli.run.request import Request, jobs, ways
from losscli.sources.parameter_files import read_array
from losscli.spec import registry
from losscli.spec.family import Conventions, Family
from losscli.spec.recipe import Recipe, Term, parse, parse_all

if TYPE_CHECKING:
    from losscli.output.per_sample import LateSink, SampleSink


@dataclass(frozen=True)
class Result:
    """A judged report, what goes to stdout, and the code earned."""

    report: Report
    text: str
    exit_code: int


class Watched(Protocol):
    """Hears of rows as they are done, and of the end."""

    def add(self, rows: int) -> None: ...

    def clear(self) -> None: ...


def run(request: Request, stdout: Stream | None = None, watch: Callable[[int], Watched] | None = None) -> Result:
    """Evaluate a request. Files are written whole at the end; raises LosscliError and then leaves nothing behind.

    watch: makes, of the number of rows, somebody who wants to hear how far the work is.
    """
    family = adopted(request)
    recipes, gates, files = understand(request, family)
    with Outputs(request.inputs, stdout) as out, ExitStack() as stack, np.errstate(all="ignore"):
        reports = [(fmt, out.open(path)) for fmt, path in files]
        bindings = load(request, family, recipes)
        shown = bindings.inputs.sources if hashed(request, files) else {}
        short = bindings.inputs.rows * bindings.inputs.width <= 1 << 16  # starting a thread would take longer
        how = ways(request, recipes)
        digests = Digests(shown if request.cluster is None else {}, short=short, forks=how["forks"])
        stack.callback(digests.end)
        plan = planned(request, family, recipes, bindings.inputs, bindings.how)
        plan = replace(plan, full=spread_wanted(request, gates), slopes=request.grad_stats)
        inputs = replace(bindings.inputs, filled=used(plan, bindings.inputs))
        samples = sink(request, recipes, plan, inputs, out, stack)
        slopes = out.open(request.gradients) if request.gradients else None
        with watched(watch, inputs.rows) as tell:
            if request.cluster is None:
                sinks = [samples] if samples else []
                outcome = evaluate(plan, inputs, **how, sinks=sinks, tell=tell)
            else:
                outcome, digests = on_cluster(request.cluster, plan, inputs, jobs(request), tuple(shown), tell)
        if samples:
            samples.finish(outcome.wholes)
        if request.grad_stats:
            from losscli.engine import gradients

            outcome = gradients.health(outcome, inputs, jobs(request))
        notes = [Warned("reading", note) for note in bindings.notes]
        report = summarise(outcome, inputs, request.reduction, digests, notes)
        report = replace(report, gates=gate.judge(gates, report), warnings=(*report.warnings, *gate.strange(gates, report)))
        if slopes is not None:
            from losscli.output import gradient_file

            gradient_file.write(outcome, inputs, recipes[0], slopes, jobs(request))
        for fmt, file in reports:
            file.write(render.render(report, fmt, request.style))
        stack.close()
        out.commit()
    text = stdout_text(report, request)
    return Result(report, text, GATE_FAILED if report.verdict == "fail" else OK)


@contextmanager
def watched(watch: Callable[[int], Watched] | None, rows: int) -> Iterator[Callable[[int], None]]:
    """Whom to tell of rows done."""
    if watch is None:
        yield lambda done: None
        return
    told = watch(rows)
    try:
        yield told.add
    finally:
        told.clear()


def on_cluster(
    text: str, plan: Plan, inputs: Inputs, jobs: int, shown: Sequence[str], tell: Callable[[int], None]
) -> tuple[Evaluation, Digests]:
    """The evaluation by the workers of a cluster, and the digests that are `shown`, which they take too."""
    from losscli.cluster import dask
    from losscli.cluster import evaluate as cluster

    outcome, digests = cluster.evaluate(plan, inputs, dask.parse(text), jobs=jobs, hashed=shown, tell=tell)
    return outcome, Digests({}, digests)


def adopted(request: Request) -> Family:
    """The family, with the user's own losses among its own."""
    for spec in request.loss_files:
        from losscli.spec.user_losses import from_file

        from_file(spec, request.family)
    return registry.load(request.family)


def understand(request: Request, family: Family) -> tuple[list[Recipe], tuple[gate.Gate, ...], list[tuple[str, str]]]:
    """Recipes, gates and outputs, or every mistake in them at once."""
    errors: list[UsageError] = []
    recipes: list[Recipe] = []
    gates: tuple[gate.Gate, ...] = ()
    files: list[tuple[str, str]] = []
    try:
        recipes = parse_all(request.losses, family, request.convention)
    except UsageError as e:
        errors.append(e)
    if not request.losses:
        errors.append(
            UsageError("no loss given", fix=f"--loss NAME (repeatable); `losscli losses --family {family.name}` lists them")
        )
    for text in request.outputs:
        fmt, equals, path = text.partition("=")
        if not equals or not path or fmt not in render.FORMATS:
            errors.append(UsageError(f"--output {visible(text)!r} is no FORMAT=FILE", fix=f"formats: {', '.join(render.FORMATS)}"))
        files.append((fmt, path))
    try:
        if request.per_sample:
            from losscli.output.per_sample import suffix_of

            suffix_of(request.per_sample)
        if request.per_sample == "-" and (request.format or request.score_only or any(path == "-" for _, path in files)):
            raise UsageError("stdout cannot hold samples and a report", fix="-o FORMAT=FILE writes the report beside them")
        if request.gradients and len(request.losses) != 1:
            raise UsageError("--gradients takes one loss", fix="join terms in one recipe: --loss dice+ce")
        if request.gradients and recipes:
            from losscli.engine import gradients

            gradients.refuse(recipes[0], request.gradients)
    except UsageError as e:
        errors.append(e)
    try:
        refuse_on_cluster(request)
    except UsageError as e:
        errors.append(e)
    if recipes:
        ids = [r.id for r in recipes]
        for level, texts in (("fail", request.fail_if), ("warn", request.warn_if)):
            try:
                gates += gate.parse_all(
                    texts, level, ids, lambda text: _canonical(text, family, request.convention), request.reading.by
                )
            except UsageError as e:
                errors.append(e)
    raise_all(errors)
    return recipes, gates, files


def _canonical(text: str, family: Family, convention: str | None) -> str | None:
    """The id of a recipe in any spelling, so that a gate may name a loss as --loss did: aliases, defaults, order."""
    try:
        return parse(text, family, convention).id
    except UsageError:
        return None


def refuse_on_cluster(request: Request) -> None:
    """Raise UsageError for what workers cannot do, or where there is no such cluster."""
    if request.cluster is None:
        return
    from losscli.cluster import dask

    dask.parse(request.cluster)
    option = "--per-sample" if request.per_sample else "--gradients" if request.gradients else ""
    if option:
        raise UsageError(f"{option} writes rows in their order, which is no work for a cluster", fix="leave --cluster away")
    if "-" in (request.pred, request.target):
        raise UsageError("the workers of a cluster cannot read stdin", fix="write it to a file that all of them see")


def load(request: Request, family: Family, recipes: Sequence[Recipe]) -> Bindings:
    """Open both files and bind the roles that the recipes may read."""
    if request.pred == "-" and request.target == "-":
        raise UsageError("only one of PRED and TARGET can be stdin")
    pred = sources.open_source(request.pred, delimiter=request.delimiter, header=request.header, jobs=jobs(request))
    target = None
    if request.target is not None:
        target = sources.open_source(request.target, delimiter=request.delimiter, header=request.header, jobs=jobs(request))
    wanted = frozenset(role for r in recipes for _, t in r.terms for form in t.loss.forms for role in form.takes)
    how = replace(request.how, class_weights=_array(request.class_weights), centers=_array(request.centers))
    bindings = bind(family, pred, target, wanted, how, request.reading)
    return replace(bindings, inputs=replace(bindings.inputs, nonfinite=how.nonfinite))


def hashed(request: Request, files: Sequence[tuple[str, str]]) -> bool:
    """Whether any report shows the inputs' digests."""
    shown = set() if request.score_only else {request.format}
    return bool(render.HASHED & (shown | {fmt for fmt, _ in files}))


def spread_wanted(request: Request, gates: Sequence[gate.Gate]) -> bool:
    """Whether anybody will see more than values, sums and counts."""
    asked = {part.stat for g in gates for part in g.parts}
    return (
        not request.score_only
        or bool(request.outputs)
        or request.worst > 0
        or not asked <= {"value", "mean", "sum", "n", "nonfinite", "coverage"}
    )


def _array(given: str | Floats | None) -> Floats | None:
    return read_array(given) if isinstance(given, str) else given


def planned(request: Request, family: Family, recipes: Sequence[Recipe], inputs: Inputs, how: Conventions) -> Plan:
    """Each different term bound once."""
    terms: dict[str, BoundTerm] = {}
    for recipe in recipes:
        for _, term in recipe.terms:
            if term.full() not in terms:
                terms[term.full()] = _bound(term, family, inputs, how)
    whole = next((b for b in terms.values() if b.form.unit == "whole"), None)
    if whole is not None and inputs.weight is not None:
        raise UsageError(
            f"{whole.form.name} compares rows with each other: --weights cannot weigh them",
            fix="leave --weights away for this loss",
        )
    if inputs.by:
        from losscli.engine.groups import refuse_placed

        refuse_placed(terms.values())
    plan = Plan(tuple(recipes), terms, how, request.worst)
    if request.per_sample:
        for recipe in recipes:
            if not plan.per_row(recipe) and rowed(recipe, plan.terms) is None:
                raise UsageError(f"{recipe.id} has no value per sample: --per-sample cannot hold it")
    return plan


def _bound(term: Term, family: Family, inputs: Inputs, how: Conventions) -> BoundTerm:
    """The term bound to what the inputs hold; where they do not hold it, the error says what they do hold."""
    try:
        return BoundTerm.of(term, family, inputs.available(), how)
    except DataError as e:
        held = [f"{visible(s.path)} holds {some([n for n in s.names if n])}" for s in inputs.sources.values() if s.names]
        raise DataError("; ".join([e.what, *held]), e.where, e.fix) from None


def used(plan: Plan, inputs: Inputs) -> tuple[Filled, ...]:
    """The roles that the chosen forms read; no other column is converted."""
    wanted = {role for b in plan.terms.values() for role in b.form.takes}
    return tuple(f for f in inputs.filled if f.role in wanted)


def sink(
    request: Request, recipes: Sequence[Recipe], plan: Plan, inputs: Inputs, out: Outputs, stack: ExitStack
) -> SampleSink | LateSink | None:
    """Where the samples go, if anybody asked for them; late, where a loss knows its rows' only when every row was seen."""
    if not request.per_sample:
        return None
    from losscli.output.per_sample import LateSink, open_sink

    shown = "stdout" if request.per_sample == "-" else request.per_sample
    early = open_sink(request.per_sample, shown, out.open(request.per_sample).part, inputs, [r.id for r in recipes], stack)
    late = {r.id: key for r in recipes if (key := rowed(r, plan.terms)) is not None}
    return LateSink(early, inputs, late) if late else early


def stdout_text(report: Report, request: Request) -> str:
    """What a person or a program gets on stdout."""
    if request.score_only:
        return render.score_only(report, request.score_digits)
    return render.render(report, request.format, request.style) if request.format else ""
