"""What one tile gave, and a tally of some rows being filled with it, by one thread. Knows no loss and no group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.block import as_index
from losscli.bound import Sums, weighted_totals
from losscli.family import Watch
from losscli.loss import Rows
from losscli.numeric import Bools, Floats, Ints
from losscli.records import dataclass, field
from losscli.slopes import GatheringSlopes
from losscli.spread import Gathering
from losscli.tally import Key, Mean, Tally, Totals, mean_of, present

Cut = Ints | slice


@dataclass(frozen=True)
class Loss:
    """A recipe's losses by row, and which rows count; term: the only one that it is, else empty."""

    values: Floats
    kept: Bools | None
    term: str = ""

    def cut(self, at: Cut) -> Loss:
        return Loss(self.values[at], None if self.kept is None else self.kept[at], self.term)


@dataclass
class Found:
    """What the kernels say of the rows of one tile: rows by term, sums by pooled term, losses and gradients' norms by recipe."""

    samples: Ints | range
    weight: Floats | None
    rows: dict[str, Rows] = field(default_factory=dict)
    sums: dict[str, tuple[Sums, frozenset[str]]] = field(default_factory=dict)
    losses: dict[str, Loss] = field(default_factory=dict)
    norms: dict[str, Floats] = field(default_factory=dict)

    def cut(self, at: Cut) -> Found:
        """Some of the rows."""
        return Found(
            as_index(self.samples)[at],
            None if self.weight is None else self.weight[at],
            {k: _rows(x, at) for k, x in self.rows.items()},
            {k: ({name: v[at] for name, v in sums.items()}, tops) for k, (sums, tops) in self.sums.items()},
            {k: x.cut(at) for k, x in self.losses.items()},
            {k: x[at] for k, x in self.norms.items()},
        )


def _rows(rows: Rows, at: Cut) -> Rows:
    return Rows(
        rows.values[at],
        None if rows.norm is None else rows.norm[at],
        None if rows.kept is None else rows.kept[at],
        {k: (w, x[at]) for k, (w, x) in rows.parts.items()},
        rows.floor,
    )


class Part:
    """A tally being filled. gathered and slopes, by recipe, say which losses and gradients are asked for."""

    def __init__(self, gathered: dict[str, Gathering], slopes: dict[str, GatheringSlopes]) -> None:
        self.gathered, self.slopes = gathered, slopes
        self.rows = 0
        self.means: dict[str, Mean] = {}
        self.totals: dict[str, Totals] = {}

    def add(self, found: Found) -> None:
        """The rows of one tile."""
        weight = found.weight
        self.rows += len(found.samples)
        for key, (sums, tops) in found.sums.items():
            part = Totals.of(weighted_totals(sums, weight, tops), tops)
            self.totals[key] = self.totals[key] + part if key in self.totals else part
        totals = {}
        for key, rows in found.rows.items():
            mean, totals[key] = _mean(rows, weight)
            self.means[key] = self.means[key] + mean if key in self.means else mean
        for key, loss in found.losses.items():
            mask = present(loss.kept, weight)
            self._gather(key, loss, mask, found, totals.get(loss.term))
            if key in found.norms:
                self.slopes[key].add_norms(found.norms[key], mask)

    def _gather(self, key: str, loss: Loss, mask: Bools | None, found: Found, total: float | None) -> None:
        values, weight, samples = loss.values, found.weight, found.samples
        if mask is not None:
            values, weight, samples = values[mask], None if weight is None else weight[mask], as_index(samples)[mask]
        self.gathered[key].add(values, weight, samples, total)

    def tally(self, dropped: int = 0, watch: Watch | None = None, groups: Mapping[Key, Tally] | None = None) -> Tally:
        """What was filled in."""
        spreads = {key: found.spread() for key, found in self.gathered.items()}
        slopes = {key: found.slopes() for key, found in self.slopes.items()}
        return Tally(self.rows, dropped, self.means, spreads, self.totals, watch or Watch(), slopes, groups or {})


def _mean(rows: Rows, weight: Floats | None) -> tuple[Mean, float]:
    mask = present(rows.kept, weight)
    if mask is None:
        return mean_of(rows.values, rows.norm, weight, rows.floor, rows.parts)
    return mean_of(
        rows.values[mask],
        None if rows.norm is None else rows.norm[mask],
        None if weight is None else weight[mask],
        rows.floor,
        {k: (w, x[mask]) for k, (w, x) in rows.parts.items()},
    )


def split(codes: Ints, groups: int) -> tuple[Ints, list[slice]]:
    """The order that puts rows of one group (0…groups-1) together, each group's in their own order, and where each lies then."""
    narrow = codes.astype(np.int16) if groups < 1 << 15 else codes  # sorted by radix
    order = np.argsort(narrow, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=groups)).tolist()
    return order, [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
