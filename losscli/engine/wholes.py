"""The losses that compare rows with each other: evaluated on all rows at once, and on those of each group alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from losscli.core.errors import DataError
from losscli.core.progress import stage
from losscli.engine.plan import Plan
from losscli.engine.tally import GroupKey
from losscli.numerics.stable import Ints
from losscli.reading.aligned import Inputs
from losscli.spec.family import Watch
from losscli.spec.loss import Whole
from losscli.spec.tile import Block


def wholes_of(plan: Plan, block: Block, watch: Watch) -> dict[str, Whole]:
    """The terms that compare rows with each other, evaluated on these rows; empty without rows."""
    found = {}
    for key in plan.whole if block.rows else ():
        with stage(block.rows):
            found[key] = plan.terms[key].whole(block, watch)
    return found


def wholes_apart(
    plan: Plan, inputs: Inputs, block: Block, wholes: Mapping[str, Whole]
) -> Iterator[tuple[GroupKey, Ints | range, Mapping[str, Whole]]]:
    """The key of each group, its samples, and its losses that compare rows with each other."""
    from losscli.engine.groups import blocks, named

    for key, part in blocks(inputs, block, 0, inputs.rows) if inputs.by else [((), block)]:
        try:
            found = wholes_of(plan, part, Watch()) if inputs.by else wholes
            if plan.classes is None:
                yield key, part.samples, found
                continue
            from losscli.engine.class_losses import wholes as of_classes

            for c, (rows, mine) in of_classes(plan, inputs.family, part, found).items():
                yield (*key, str(c)), range(rows), mine
        except DataError as e:
            raise DataError(f"group {named(inputs, key)}: {e.what}" if key else e.what, e.where, e.fix) from None
