"""The tables of a budget: what the rows carry of each loss and of its gradient, by ease, class and group, losses side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from losscli.core.records import dataclass, replace
from losscli.report.budget import TENTHS, TRUTH, LossBudget, Share
from losscli.report.model import Report
from losscli.report.render.cells import Column, Grid, grid_of
from losscli.report.render.style import Style
from losscli.report.render.words import cell, number, text

EASY = 8
"""The tenths of the sentence."""
_ENDS = {0: "easiest 10 %", TENTHS - 1: "hardest 10 %"}
TENTH_NAMES = [_ENDS.get(k, f"to {100 * (k + 1) // TENTHS} %") for k in range(TENTHS)]
"""From the easiest to the hardest."""
_OF = {"logits": " with respect to the logits", "scores": " with respect to the scores", "predictions": ""}


@dataclass(frozen=True)
class Rows:
    """What the rows of a table are, their names, and their shares by loss."""

    of: str
    names: Sequence[str]
    shares: Sequence[Sequence[Share]]


def budgets(report: Report, style: Style) -> list[Grid]:
    """The tables, each with a title; none without --budget."""
    found = report.budget
    if found is None or not found.losses:
        return []
    labels = {x.id: text(x.label) for x in report.losses}
    named = [labels.get(x.loss, x.loss) for x in found.losses]
    about = f"gradient{_OF[found.slope]}"
    carried = (("gradient", about), ("loss", "loss"))
    grids = [_grid(f"Share of the {what} {r.of}", key, r, named) for r in rows_of(report) for key, what in carried]
    return [g for g in grids if g is not None]


def ease_of(report: Report) -> str:
    """What ease is ranked by, in words."""
    found = report.budget
    if found is None:
        return ""
    return "the probability of the true class" if found.ease == TRUTH else text(report.losses[0].label)


def sentences(report: Report) -> list[str]:
    """What the easiest rows carry of each loss."""
    if report.budget is None:
        return []
    labels = {x.id: text(x.label) for x in report.losses}
    found = [(labels.get(x.loss, x.loss), x.easiest(EASY)) for x in report.budget.losses]
    out = []
    for label, easy in found:
        parts = [
            f"{number(100 * share, 3)} % of the {what}"
            for what, share in (("gradient", easy.gradient), ("loss", easy.loss))
            if share is not None
        ]
        if parts:
            out.append(f"{label}: the easiest {EASY * 100 // TENTHS} % of the rows carry {' and '.join(parts)}")
    return out


def rows_of(report: Report) -> list[Rows]:
    """The tenths, and where there are any the classes and the groups; none without --budget."""
    found = report.budget
    return [] if found is None or not found.losses else list(_rows(found.losses, ease_of(report)))


def _rows(losses: Sequence[LossBudget], ease: str) -> Iterator[Rows]:
    yield Rows(f"by ease, {ease}", TENTH_NAMES, [x.tenths for x in losses])
    first = losses[0]
    if first.classes:
        names = list(dict.fromkeys(name for x in losses for name in x.classes))
        none = Share(0.0, None, None)
        yield Rows("by class", [cell(n) for n in names], [[x.classes.get(n, none) for n in names] for x in losses])
    if first.groups:
        words = [", ".join(map(cell, by.values())) for by, _ in first.groups]
        yield Rows(f"by {text(', '.join(first.groups[0][0]))}", words, [[share for _, share in x.groups] for x in losses])


def _grid(title: str, key: str, rows: Rows, losses: Sequence[str]) -> Grid | None:
    """A row per part of the rows, a column per loss; None where no loss has such shares."""
    if not any(getattr(share, key) is not None for shares in rows.shares for share in shares):
        return None
    weights = [share.weight for share in rows.shares[0]]
    columns = [Column("rows", rows.names, words=True)]
    if not rows.of.startswith("by ease"):
        columns.append(Column("share of rows", [_percent(w) for w in weights]))
    columns += [Column(name, [_percent(getattr(s, key)) for s in shares]) for name, shares in zip(losses, rows.shares, strict=True)]
    return replace(grid_of(*columns), title=title)


def _percent(share: float | None) -> str:
    return number(None, 1) if share is None else f"{number(100 * share, 3)} %"
