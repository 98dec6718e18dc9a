"""What the plots of a run are drawn from, as part of the report: counts and means, whose size does not depend on the rows."""

from __future__ import annotations

from losscli.core.records import dataclass
from losscli.numerics.histogram import Histogram


@dataclass(frozen=True)
class Series:
    """Points counted along one axis. name: the loss, or what else they are of; outside: points beyond the edges; lost: points that
    are not finite."""

    name: str
    histogram: Histogram
    outside: int = 0
    lost: int = 0

    @property
    def n(self) -> int:
        """The finite points."""
        return sum(self.histogram.counts) + self.outside


@dataclass(frozen=True)
class Grid:
    """Points counted in cells. counts: by cell along y, then along x; the rest as in `Series`."""

    name: str
    x_edges: tuple[float, ...]
    y_edges: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]
    outside: int = 0
    lost: int = 0

    @property
    def n(self) -> int:
        """The finite points."""
        return sum(map(sum, self.counts)) + self.outside


@dataclass(frozen=True)
class Parts:
    """The mean of each term of a loss, over equal parts of the samples from the least loss to the greatest."""

    name: str
    means: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Plot:
    """A plot by its kind. One whose numbers are elsewhere in the report, such as its groups, has none here. axis: the label of the
    axis, where it depends on the run."""

    kind: str
    series: tuple[Series, ...] = ()
    grids: tuple[Grid, ...] = ()
    parts: tuple[Parts, ...] = ()
    axis: str = ""
