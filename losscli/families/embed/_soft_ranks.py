"""Sums of sigmoids of the differences of numbers, Σ_k w_k·σ((s_k - s_j)/τ) for many j, without a term for each pair.

The numbers are put in cells of width 2τ. Between two cells the sigmoid is a polynomial of both positions to within a rounding, for
its nearest pole is π·τ away: so the sums need only the Chebyshev moments of each cell, and cost the same for each number (the
kernel of a fast multipole method, Dutt, Gu and Rokhlin 1996).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, Ints, sigmoid

_DEGREES = 20
"""Polynomials of degree 0…19: the error decreases by the factor 6.4 with each."""
_REACH = 20
"""Cells farther apart differ by more than 38·τ, where the sigmoid is 0 or 1 to within a rounding."""
_FEW = 24
"""Up to this many chosen entries in a row, sums are taken pair by pair."""
_COST = 80
"""The cost of a cell, in pairs."""
_WINDOW = 1 << 18
"""Numbers in the windows of moments that are held at a time."""


def soft_ranks(s: Floats, temperature: float, owner: Ints, place: Ints) -> SoftRanks | PairByPair:
    """The numbers of each row of `s` (b,n); owner, place: rows and columns of the chosen entries, in order."""
    most = int(np.bincount(owner).max(initial=0))
    cells = SoftRanks(s, temperature, owner, place) if most > _FEW and np.isfinite(s).all() else None
    return PairByPair(s, temperature, owner, place) if cells is None or most * s.shape[1] < _COST * cells.cells else cells


@dataclass(frozen=True)
class PairByPair:
    """The sums with a term for each pair, quicker for few chosen entries."""

    s: Floats
    temperature: float
    owner: Ints
    place: Ints

    def source(self, weight: Floats | None = None, chosen: bool = True) -> Any:
        entries = self.owner if chosen else np.zeros(self.s.size)
        return np.ones(len(entries)) if weight is None else weight, chosen

    def sums(self, source: Any, slope: bool = False, chosen: bool = True) -> Floats:
        weight, over_chosen = source
        ends = np.searchsorted(self.owner, np.arange(len(self.s) + 1))
        out = []
        for row, s in enumerate(self.s):
            mine = slice(ends[row], ends[row + 1])
            some = s[self.place[mine]]
            x, w = (some, weight[mine]) if over_chosen else (s, weight[row * len(s) : (row + 1) * len(s)])
            y = some if chosen else s
            out.append(w @ _of((x[:, None] - y) / self.temperature, slope))
        return np.concatenate(out)


class SoftRanks:
    """The sums by cells."""

    def __init__(self, s: Floats, temperature: float, owner: Ints, place: Ints) -> None:
        low = s.min()
        self.cells = int((s.max() - low) / (2.0 * temperature)) + 1
        cell = np.minimum(np.floor((s - low) / (2.0 * temperature)), self.cells - 1.0)
        self.place = ((s - (low + (2.0 * cell + 1.0) * temperature)) / temperature).ravel()
        self.cell = (cell.astype(np.int64) + self.cells * np.arange(len(s))[:, None]).ravel()
        self.rows = len(s)
        self.chosen = owner * s.shape[1] + place

    def _at(self, chosen: bool) -> tuple[Floats, Ints]:
        return (self.place[self.chosen], self.cell[self.chosen]) if chosen else (self.place, self.cell)

    def source(self, weight: Floats | None = None, chosen: bool = True) -> Any:
        """(degrees, b, cells): the Chebyshev moments of the chosen entries, or of all, with weights or 1."""
        place, cell = self._at(chosen)
        size = self.rows * self.cells
        found = [np.bincount(cell, t if weight is None else t * weight, size) for t in _polynomials(place)]
        return np.asarray(found, np.float64).reshape(_DEGREES, self.rows, self.cells)

    def sums(self, source: Any, slope: bool = False, chosen: bool = True) -> Floats:
        """At each chosen entry j, or all: the sum of w_k·σ((s_k - s_j)/τ), or of σ', over the entries k of its row in `source`."""
        place, cell = self._at(chosen)
        out = np.zeros(len(cell))
        for coefficient, t in zip(self._field(source, slope), _polynomials(place), strict=True):
            out += coefficient[cell] * t
        return out

    def _field(self, moments: Floats, slope: bool) -> Floats:
        """(degrees, b·cells): the sums as polynomials of the place in each cell."""
        kernel = _kernel(slope)
        padded = np.zeros((self.rows, self.cells + 2 * _REACH, _DEGREES))
        padded[:, _REACH : _REACH + self.cells] = np.moveaxis(moments, 0, 2)
        windows = np.lib.stride_tricks.sliding_window_view(padded.reshape(self.rows, -1), kernel.shape[0], 1)[:, ::_DEGREES]
        out = np.empty((self.rows, self.cells, _DEGREES))
        step = max(1, _WINDOW // (self.cells * kernel.shape[0]))
        for start in range(0, self.rows, step):
            out[start : start + step] = windows[start : start + step] @ kernel
        if not slope:  # cells beyond the window count in full
            mass = np.cumsum(moments[0][:, ::-1], 1)[:, ::-1]
            out[:, : -_REACH - 1, 0] += mass[:, _REACH + 1 :]
        return np.ascontiguousarray(out.reshape(-1, _DEGREES).T)


def _polynomials(x: Floats) -> Iterator[Floats]:
    """T_0(x), T_1(x), …"""
    before, t = np.ones_like(x), x
    yield before
    yield t
    for _ in range(_DEGREES - 2):
        before, t = t, 2.0 * x * t - before
        yield t


def _of(x: Floats, slope: bool) -> Floats:
    """σ(x), or σ'(x)."""
    return sigmoid(x) * sigmoid(-x) if slope else sigmoid(x)


@cache
def _kernel(slope: bool) -> Floats:
    """(cells·degrees, degrees): from the moments of the cells around one to the polynomial of the sums in it."""
    angle = np.pi * (np.arange(_DEGREES) + 0.5) / _DEGREES
    nodes = np.cos(angle)
    degree = np.arange(_DEGREES)[:, None]
    to_coefficients = np.cos(degree * angle) * np.where(degree == 0, 1.0, 2.0) / _DEGREES
    apart = 2.0 * np.arange(-_REACH, _REACH + 1)[:, None, None] + nodes[:, None] - nodes
    found = to_coefficients @ _of(np.asarray(apart, np.float64), slope) @ to_coefficients.T
    return np.asarray(found, np.float64).reshape(-1, _DEGREES)
