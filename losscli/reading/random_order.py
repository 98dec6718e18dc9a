"""Inputs whose rows are read out of the order of their file, or sparsely: their fields are made random access."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.records import replace
from losscli.reading.aligned import Filled
from losscli.reading.pairing import Pairing

_FEW = 4
"""If fewer than one row in this many is needed, the rows between are not read."""


def looked_up(pairing: Pairing) -> frozenset[str]:
    """The sides whose rows are read out of order, or sparsely."""
    sides = (("pred", pairing.pred_index, pairing.pred_rows), ("target", pairing.target_index, pairing.target_rows))
    return frozenset(
        side
        for side, index, rows in sides
        if index is not None and len(index) and ((index[1:] < index[:-1]).any() or _FEW * len(index) < rows)
    )


def in_any_order(
    filled: Sequence[Filled], weight: Filled | None, by: Sequence[Filled], sides: frozenset[str]
) -> tuple[list[Filled], Filled | None, tuple[Filled, ...]]:
    """The inputs with the fields of these sides made random access."""
    from losscli.sources.random_access import with_random_access  # late: most rows are read in their order

    every = [*filled, *by, *([] if weight is None else [weight])]
    found = [i for i, f in enumerate(every) if f.side in sides and not f.shared]
    for i, field in zip(found, with_random_access([every[i].field for i in found]), strict=True):
        every[i] = replace(every[i], field=field)
    n = len(filled)
    return every[:n], None if weight is None else every[-1], tuple(every[n : n + len(by)])
