"""How often the gates of a report fail by chance, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.report.render.cells import Column, Grid, grid_of
from losscli.report.render.style import Style
from losscli.report.render.words import UNDEFINED, number, text
from losscli.report.verdicts import Verdict

BY = {True: "new and baseline exchanged in half of the units", False: "one half of the units against the other"}


def alarms(gates: Sequence[Verdict], style: Style) -> Grid:
    """A row per gate: in how many of the draws it failed and was undecided, and what a draw compares."""
    found = [v.alarms for v in gates if v.alarms is not None]
    return grid_of(
        Column("gate", [text(x.expr) for x in found], words=True),
        Column("draws", [str(x.draws) if x.draws else UNDEFINED for x in found]),
        Column("false alarms", [_share(x.failed, x.draws) for x in found]),
        Column("undecided", [_share(x.undecided, x.draws) for x in found]),
        Column("each draw", [x.why or BY[x.exchanged] for x in found], words=True),
    )


def _share(times: int, draws: int) -> str:
    return f"{number(100 * times / draws, 3)} %" if draws else UNDEFINED
