"""`budget`: what share of each loss, and of its gradient, each tenth of the rows carries by ease, and each class or group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import inf, isnan, nan

from losscli.pictures.model import Axis, Intervals, Mark, Panel, Picture, Spans, categories
from losscli.report.budget import TENTHS, LossBudget, Share
from losscli.report.model import Report
from losscli.report.plot_data import Plot
from losscli.report.plots.words import short
from losscli.report.render.budget import TENTH_NAMES, Rows, ease_of, rows_of, sentences

MOST = 40
"""Classes and groups that are drawn: those that carry most of the first loss."""
_CARRIED = ("gradient", "loss")
_BAR, _ROW = 26, 20
"""Pixels per loss, and per class or group."""


def budget(plot: Plot, report: Report) -> Picture:
    """A panel per thing that is carried, of the gradient and then of the loss: bars of tenths, then dots of classes and groups."""
    found = () if report.budget is None else report.budget.losses
    labels = {x.id: short(x.label) for x in report.losses}
    names = [labels.get(x.loss, short(x.loss)) for x in found]
    panels = [*_tenths(found, names)]
    for rows in rows_of(report)[1:]:
        panels += _parts(rows, names)
    return Picture(f"Budget by ease, {ease_of(report)}", ". ".join(sentences(report)) + ".", tuple(panels))


def _tenths(found: Sequence[LossBudget], names: Sequence[str]) -> Iterator[Panel]:
    """A bar per loss, divided into the shares of the tenths, below one of the rows themselves."""
    even = [Share(1 / TENTHS, 1 / TENTHS, 1 / TENTHS)] * TENTHS
    for key in _CARRIED:
        bars = [_known(shares, key) for shares in (even, *(x.tenths for x in found))]
        if not any(bars[1:]):
            continue
        ends = [[0.0, *accumulate(shares)] if shares else [nan] * (TENTHS + 1) for shares in bars]
        marks = tuple(
            Spans([e[k] for e in ends], [e[k + 1] for e in ends], name, shade=(k + 0.5) / TENTHS)
            for k, name in enumerate(TENTH_NAMES)
        )
        y = categories("", ["rows", *names])
        yield Panel(Axis(f"share of the {key}", percent=True), y, marks, _BAR * len(ends) + 8)


def _parts(rows: Rows, names: Sequence[str]) -> Iterator[Panel]:
    """A dot per loss for each class or group, and one for its share of the rows."""
    carried = {key: [[_or_nan(getattr(x, key)) for x in shares] for shares in rows.shares] for key in _CARRIED}
    first = next((shares for found in carried.values() for shares in found if not all(map(isnan, shares))), [])
    order = sorted(range(len(first)), key=lambda i: inf if isnan(first[i]) else -first[i])[:MOST]
    weights = [rows.shares[0][i].weight for i in order]
    left = f"{len(first) - len(order):,} of {len(first):,} left out" if len(order) < len(first) else ""
    label = "; ".join(filter(None, [short(rows.of.removeprefix("by ")), left]))
    for key, found in carried.items():
        if all(isnan(x) for shares in found for x in shares):
            continue
        marks: list[Mark] = [Spans([0.0] * len(order), weights, "share of the rows", -1, shade=0.25)]
        marks += [
            _dots([shares[i] for i in order], name, style) for style, (name, shares) in enumerate(zip(names, found, strict=True))
        ]
        most = max([*weights, *(shares[i] for shares in found for i in order if not isnan(shares[i]))])
        x = Axis(f"share of the {key}", 0.0, most * 1.05 or 1.0, percent=True)
        yield Panel(x, categories(label, [short(rows.names[i]) for i in order]), tuple(marks), _ROW * len(order) + 8)


def _dots(shares: Sequence[float], label: str, style: int) -> Intervals:
    return Intervals(shares, [nan] * len(shares), [nan] * len(shares), label, style)


def _or_nan(share: float | None) -> float:
    return nan if share is None else share


def _known(shares: Sequence[Share], key: str) -> list[float]:
    """The shares, empty where one is not known."""
    found = [getattr(x, key) for x in shares]
    return [] if None in found else found
