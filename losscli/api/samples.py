"""The losses of each sample as a DataFrame, with the keys and source rows that `--per-sample` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.api.evaluation import Data, request_of
from losscli.core.errors import UsageError
from losscli.core.records import replace
from losscli.core.seen_files import watching
from losscli.engine.evaluate import evaluate as evaluate_plan
from losscli.engine.term import rowed
from losscli.output.batch import Batch
from losscli.output.per_sample import LateSink, SampleSink, counts_of
from losscli.run.declared import signature
from losscli.run.options import SCORING
from losscli.run.prepare import adopted, prepare
from losscli.run.understand import understand

if TYPE_CHECKING:
    import pandas


@watching()
def per_sample(pred: Data, target: Data = None, *, family: str, losses: str | Sequence[str], **options: Any) -> pandas.DataFrame:
    """A DataFrame with a row per sample: its keys, the columns of by and bins, its rows in pred and target from 1, its losses.

    options: as of `evaluate`. A sample that was left out has NaN. Raises losscli.UsageError for a loss that has no value
    per sample.
    """
    request = replace(request_of(pred=pred, target=target, family=family, losses=losses, **options), per_sample="samples.csv")
    found = adopted(request)
    recipes = understand(request, found).recipes
    gathered = Gathered()
    with np.errstate(all="ignore"):
        ready = prepare(request, recipes)
        inputs, plan = ready.inputs, replace(ready.plan, full=False)
        late = {r.id: key for r in recipes if (key := rowed(r, plan.terms)) is not None}
        counted = counts_of(inputs, plan.conventions)
        early = SampleSink(gathered, inputs, [r.id for r in recipes], "samples", counted)
        sink = LateSink(early, inputs, late) if late else early
        outcome = evaluate_plan(plan, inputs, jobs=request.jobs or 1, sinks=[sink])
        if found.conclude:
            found.conclude(outcome.tally.watch, plan.conventions)
        sink.finish(outcome.wholes)
    keys = (*inputs.named_by, *(f.role for f in early.by))
    return gathered.frame(keys, [r.id for r in recipes], [count.name for count in counted], paired=inputs.target is not None)


per_sample.__dict__["__signature__"] = signature(per_sample, SCORING)


class Gathered:
    """A writer that keeps the samples in memory."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def put(self, batch: Batch) -> None:
        self.batches.append(batch)

    def finish(self) -> None:
        """Nothing is left to do."""

    def frame(self, keys: Sequence[str], ids: Sequence[str], counts: Sequence[str], paired: bool) -> pandas.DataFrame:
        """All of them. A single table has no rows of a target."""
        from losscli.api.frames import sample_frame

        columns: list[tuple[str, Any]] = [
            (name, [x for b in self.batches for x in (*b.keys, *b.groups)[i]]) for i, name in enumerate(keys)
        ]
        columns.append(("pred_row", [x for b in self.batches for x in b.pred_rows]))
        if paired:
            columns.append(("target_row", [x for b in self.batches for x in b.target_rows]))
        columns += [(name, [x for b in self.batches for x in b.counts[i]]) for i, name in enumerate(counts)]
        values = np.concatenate([b.losses for b in self.batches])
        columns += [(name, values[:, i]) for i, name in enumerate(ids)]
        if len({name for name, _ in columns}) < len(columns):
            raise UsageError("a loss has the name of a key or group column", fix="give the loss another id: losses='other=…'")
        return sample_frame(dict(columns))
