"""The plots of --plot: what is asked for, and the files that show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.records import dataclass
from losscli.pictures.files import check, content
from losscli.spec.plot_kinds import PLOTS, plots_of

if TYPE_CHECKING:
    from losscli.engine.evaluate import Evaluation
    from losscli.output.files import Output
    from losscli.report.model import Report
    from losscli.run.request import Request


@dataclass(frozen=True)
class AskedPlot:
    """A plot and its file; suffix: the kind of picture."""

    kind: str
    path: str
    suffix: str


def plot_file(text: str, family: str) -> AskedPlot:
    """`KIND=FILE` of --plot. Raises UsageError for a kind that the family lacks, and for a suffix whose extra is missing."""
    kind, equals, path = text.partition("=")
    known = plots_of(family)
    if not equals or not path:
        raise UsageError(f"--plot {visible(text)!r} is not KIND=FILE", fix=f"for example --plot {known[0]}={known[0]}.svg")
    if kind not in PLOTS:
        raise UsageError(f"--plot: unknown kind {visible(kind)!r}{nearest(kind, known)}", fix=f"{family} has {', '.join(known)}")
    if kind not in known:
        raise UsageError(f"--plot: {family} has no {kind}, which is of {', '.join(PLOTS[kind])}", fix=f"it has {', '.join(known)}")
    return AskedPlot(kind, path, check(path))


def asked_plots(request: Request) -> tuple[AskedPlot, ...]:
    """The plots of a request. Raises UsageError for what cannot be drawn, as far as it is known before the files are read."""
    found = tuple(plot_file(text, request.family) for text in request.plots)
    if any(x.kind == "groups" for x in found) and not request.groups:
        raise UsageError("--plot groups draws groups, and there are none", fix="add --by COL or --bins COL:EDGE,…")
    return found


def draw(files: Sequence[tuple[AskedPlot, Output]], outcome: Evaluation, report: Report) -> None:
    """Draw every plot into its file."""
    from losscli.report.plots import picture

    for asked, file in files:
        file.write(content(picture(asked.kind, outcome, report), asked.suffix))
