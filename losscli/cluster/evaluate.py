"""Evaluation on a Dask cluster: workers tally spans of tiles, and a tree of tasks adds the tallies. Same bits as one process."""

from __future__ import annotations

import pickle
import socket
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING, Any, TypeVar, cast

from losscli.cluster.dask import Place, connected, library
from losscli.core.errors import DataError, Unreadable, Where, visible
from losscli.core.progress import told_to
from losscli.engine.evaluate import Evaluation, concluded, tally_span
from losscli.engine.plan import Plan, fitted_span
from losscli.engine.tally import GroupKey, Tally
from losscli.reading.aligned import Inputs
from losscli.sources.base import Source
from losscli.sources.files.digest import digest_of
from losscli.sources.folders.shards import Shards
from losscli.spec.tile import spans

S = TypeVar("S")
if TYPE_CHECKING:
    from losscli.engine.temperature import Temperature

Span = tuple[int, int]
Context = tuple[Plan, Inputs]

FAN = 8
"""Tallies added by one task."""
MOST_TILES = 256
"""The most tiles in a span, which is the work lost when a worker dies."""
_READABLE = "workers read the files themselves: use a path that all of them can read (NFS, s3://…)"


def evaluate(
    plan: Plan,
    inputs: Inputs,
    place: Place,
    *,
    jobs: int,
    hashed: Sequence[str] = (),
    tell: Callable[[int], None] = lambda rows: None,
) -> tuple[Evaluation, dict[str, str]]:
    """The same as `engine.evaluate`, and the digests of the sides in `hashed`, both computed by the workers."""
    with connected(place, jobs) as client:
        threads = max(1, sum(client.nthreads().values()))
        runs = list(spans(inputs.rows, inputs.width, threads, MOST_TILES))
        plan = _resolved(client, plan, inputs, runs)
        context = _sent(client, plan, inputs)
        waiting = {side: _hashing(client, context, side, inputs.sources[side], 4 * threads) for side in hashed}
        tally = _tallied(client, tally_span, context, runs, tell) if plan.rowwise else Tally()
        found = _temperatures(client, plan, context, runs, tally)
        digests = {side: _digest(inputs.sources[side], client.gather(parts)) for side, parts in waiting.items()}
    with told_to(tell):
        return concluded(plan, inputs, tally, found), digests


# --- on the workers


def _fit(plan: Plan, inputs: Inputs, start: int, stop: int) -> Tally:
    """The sums that data-dependent parameters need from the whole file."""
    return fitted_span(plan.waiting, inputs, start, stop, plan.adding)


def _arrive(parcel: bytes) -> Context:
    """Plan and inputs: one object per worker, unpickled again if that worker dies."""
    context: Context = pickle.loads(parcel)
    return context


def _span(work: Callable[..., S], context: Context, start: int, stop: int) -> S:
    plan, inputs = context
    with _naming_host():
        return work(plan, inputs, start, stop)


def _sum(parts: Sequence[S]) -> S:
    return reduce(add, parts)


def _hash(context: Context, side: str, first: int, end: int) -> list[str]:
    with _naming_host():
        return [file.sha256() for file in _files(context[1].sources[side])[first:end]]


@contextmanager
def _naming_host() -> Iterator[None]:
    """Add the host to read errors: other workers may be able to read the file."""
    try:
        yield
    except Unreadable as e:
        raise DataError(f"{e.what} (on the worker {_host()})", e.where, e.fix) from None
    except OSError as e:
        where = Where(str(e.filename)) if e.filename else None
        raise DataError(f"cannot be read on the worker {_host()}: {e.strerror or visible(e)}", where, _READABLE) from None


def _host() -> str:
    return f"{library().get_worker().address} of host {socket.gethostname()}"


# --- on the client


def _sent(client: Any, plan: Plan, inputs: Inputs) -> Any:
    """Plan and inputs on the workers, as the result of a task."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the size of the message: it contains the index of keyed pairs
        return client.submit(_arrive, pickle.dumps((plan, inputs)), pure=False)


def _tallied(client: Any, work: Callable[..., S], context: Any, runs: Sequence[Span], tell: Callable[[int], None]) -> S:
    """The sum of the spans' results; `tell` is called with the number of rows done.

    If several spans fail, the error of the first one is raised, as in one process.
    """
    starts, stops = zip(*runs, strict=True)
    parts = client.map(partial(_span, work), [context] * len(runs), starts, stops, pure=False)
    tree = parts
    while len(tree) > 1:
        tree = [client.submit(_sum, tree[i : i + FAN], pure=False) for i in range(0, len(tree), FAN)]
    rows = {part.key: stop - start for part, (start, stop) in zip(parts, runs, strict=True)}
    for part in library().as_completed(parts, loop=client.loop):
        if part.status != "finished":
            break
        tell(rows[part.key])
    try:
        return cast(S, tree[0].result())
    except Exception:
        first = next((i for i, part in enumerate(parts) if part.status == "error"), None)
        if first is None:
            raise
        client.cancel(parts[first + 1 :])
        raise next(error for part in parts[: first + 1] if (error := part.exception()) is not None) from None


def _temperatures(client: Any, plan: Plan, context: Any, runs: Sequence[Span], tally: Tally) -> Mapping[GroupKey, Temperature]:
    """The temperatures of all rows and of the groups, with --calibration."""
    if plan.calibrating is None:
        return {}
    from losscli.engine.temperature import temperatures  # late: most runs calibrate nothing

    return temperatures(tally, lambda work: [_tallied(client, work, context, runs, lambda rows: None)])


def _resolved(client: Any, plan: Plan, inputs: Inputs, runs: Sequence[Span]) -> Plan:
    """The plan with its data-dependent parameters computed from the whole file."""
    if not plan.waiting:
        return plan
    return plan.resolved(_tallied(client, _fit, _sent(client, plan, inputs), runs, lambda rows: None))


def _hashing(client: Any, context: Any, side: str, source: Source, parts: int) -> list[Any]:
    """Low-priority tasks that hash the files of a source, in at most `parts` lists."""
    n = len(_files(source))
    edges = sorted({n * i // parts for i in range(parts + 1)})
    return [client.submit(_hash, context, side, a, b, pure=False, priority=-1) for a, b in pairwise(edges)]


def _digest(source: Source, parts: Sequence[Sequence[str]]) -> str:
    digests = [digest for part in parts for digest in part]
    return digest_of(digests) if isinstance(source, Shards) else digests[0]


def _files(source: Source) -> tuple[Source, ...]:
    return source.shards if isinstance(source, Shards) else (source,)
