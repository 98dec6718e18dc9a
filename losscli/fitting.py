"""The first pass: sums of which a term's parameters are made, of all rows and, for pooled terms, of each group's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.block import Block, tiles
from losscli.bound import Bound, weighted_totals
from losscli.family import Watch
from losscli.inputs import Inputs
from losscli.tally import Key, Tally, Totals

Terms = Mapping[str, Bound]


def fitted(terms: Terms, inputs: Inputs, start: int, stop: int) -> Tally:
    """The sums of one tile, as totals by term.

    A pooled value of a group is made with the group's own parameters: its definition knows no other rows. Of other terms a
    group's losses are those of the same rows in the whole, so their parameters are the whole's.
    """
    block, _ = inputs.block(start, stop)
    if block.rows == 0:
        return Tally()
    groups = {}
    pooled = {key: bound for key, bound in terms.items() if bound.pooled}
    if inputs.by and pooled:
        from losscli.groups import blocks

        groups = {key: Tally(totals=_sums(pooled, part)) for key, part in blocks(inputs, block, start, stop)}
    return Tally(totals=_sums(terms, block), groups=groups)


def fitted_span(terms: Terms, inputs: Inputs, start: int, stop: int) -> Tally:
    """The same of the rows start…stop-1, whose ends are edges of the grid of tiles."""
    tally = Tally()
    with np.errstate(all="ignore"):
        for low, high in tiles(stop, inputs.width, start):
            tally = tally + fitted(terms, inputs, low, high)
            inputs.release(low, high)
    return tally


def _sums(terms: Terms, block: Block) -> dict[str, Totals]:
    return {k: Totals.of(weighted_totals(b.fit(block, Watch()), block.weight)) for k, b in terms.items()}


def resolved(terms: Terms, tally: Tally) -> tuple[dict[str, Bound], dict[Key, dict[str, Bound]]]:
    """The terms with their parameters, and by group those that have the group's own."""
    whole = {k: b.resolved(tally.totals.get(k, Totals()).arrays()) for k, b in terms.items()}
    own = {key: {k: terms[k].resolved(t.arrays()) for k, t in part.totals.items()} for key, part in tally.groups.items()}
    return whole, own
