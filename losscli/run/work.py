"""The evaluation itself, on this machine or on a cluster, with digests of the inputs and reports of progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from losscli.engine.digests import Digests
from losscli.engine.evaluate import Evaluation, evaluate
from losscli.engine.plan import Plan
from losscli.engine.term import rowed
from losscli.output.files import Outputs
from losscli.reading.aligned import Inputs
from losscli.run.request import Request, jobs, worker_options

if TYPE_CHECKING:
    from losscli.output.per_sample import LateSink, SampleSink

SHORT = 1 << 16
"""Numbers to read below which starting a thread takes longer than hashing after the evaluation."""


class Listener(Protocol):
    """Receives the number of rows as they are done, and a call at the end."""

    def add(self, rows: float) -> None: ...

    def clear(self) -> None: ...


@contextmanager
def watched(watch: Callable[[int], Listener] | None, rows: int, passes: int = 1) -> Iterator[Callable[[int], None]]:
    """The function to call with each number of rows done in a pass; a row counts once all passes have done it."""
    if watch is None:
        yield lambda done: None
        return
    listener = watch(rows)
    try:
        yield lambda done: listener.add(done / passes)
    finally:
        listener.clear()


def passes(plan: Plan, inputs: Inputs) -> int:
    """The number of passes over the rows: once row by row, and once per term that compares rows, again within groups."""
    return int(plan.rowwise) + len(plan.whole) * (2 if inputs.by else 1)


def evaluated(
    request: Request,
    plan: Plan,
    inputs: Inputs,
    samples: SampleSink | LateSink | None,
    hashed: bool,
    stack: ExitStack,
    watch: Callable[[int], Listener] | None,
) -> tuple[Evaluation, Digests]:
    """The outcome of a plan and the digests of its files, where they are wanted."""
    sources = inputs.sources if hashed else {}
    with watched(watch, inputs.rows, passes(plan, inputs)) as tell:
        if request.cluster is not None:
            return _on_cluster(request.cluster, plan, inputs, jobs(request), tuple(sources), tell)
        options = worker_options(request, plan.recipes)
        digests = Digests(sources, short=inputs.rows * inputs.width <= SHORT, **options)
        stack.callback(digests.end)
        return evaluate(plan, inputs, **options, sinks=[samples] if samples else [], tell=tell), digests


def _on_cluster(
    address: str, plan: Plan, inputs: Inputs, jobs: int, hashed: Sequence[str], tell: Callable[[int], None]
) -> tuple[Evaluation, Digests]:
    """The evaluation by the workers of a cluster, which take the digests too."""
    from losscli.cluster import dask
    from losscli.cluster import evaluate as cluster

    outcome, digests = cluster.evaluate(plan, inputs, dask.parse(address), jobs=jobs, hashed=hashed, tell=tell)
    return outcome, Digests({}, digests)


def sample_sink(request: Request, plan: Plan, inputs: Inputs, out: Outputs, stack: ExitStack) -> SampleSink | LateSink | None:
    """The sink of --per-sample; a late one where the values of a loss are known only after all rows."""
    if not request.per_sample:
        return None
    from losscli.output.per_sample import LateSink, open_sink

    name = "stdout" if request.per_sample == "-" else request.per_sample
    early = open_sink(request.per_sample, name, out.open(request.per_sample).part, inputs, plan, stack)
    late = {r.id: key for r in plan.recipes if (key := rowed(r, plan.terms)) is not None}
    return LateSink(early, inputs, late) if late else early
