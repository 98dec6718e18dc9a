"""The finished run as plain data, and its strict JSON. No clock, no rounding, no files."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.core.errors import Where, visible
from losscli.core.records import dataclass, field
from losscli.core.reports import SCHEMA as SCHEMA
from losscli.core.version import __version__
from losscli.numerics.histogram import Histogram
from losscli.numerics.statistics.interval import Found, Interval
from losscli.report.against import Against
from losscli.report.boxes import Boxes
from losscli.report.budget import Budget
from losscli.report.calibration import Calibration
from losscli.report.plot_data import Plot
from losscli.report.verdicts import Verdict

STATS = ("value", "mean", "sum", "std", "min", "p50", "p95", "max", "n", "nonfinite", "coverage", "low", "high")
"""The statistics of a loss that a gate may limit."""

ENDS = ("low", "high")
"""The ends of the interval of the value."""

AGAINST = ("delta", "rel", "p", "p_holm", "wins", "losses", "mde")
"""Those that need a baseline."""

NUMBERS = ("value", "n", "mean", "sum", "std", "min", "p50", "p95", "max", "nonfinite")
"""The numbers of a line, in the order of the report; None where the loss does not have one."""

NORMS = ("min", "p05", "p25", "p50", "p75", "p95", "max")
"""The quantiles of a gradient's norm, in the order of the report."""

COUNTS = ("n", "nonfinite")
"""Those of them that count samples."""

CLASS = "class"
"""The name of the classes among the values that name a group, with losses per class."""

PREDICTIONS, SAMPLES, REPORT = "predictions", "samples", "report"
BASELINES = (PREDICTIONS, SAMPLES, REPORT)
"""What losses are compared with: other predictions, the losses of their samples, or a report that names these."""

HOLDS: Mapping[str, Callable[[float, float], bool]] = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
"""The comparisons of gates: observed, limit."""


@dataclass(frozen=True)
class TermLine:
    """One term of a recipe or of a composite; the weighted values add up to the line's value."""

    name: str
    weight: float
    recipe: str
    value: float


@dataclass(frozen=True)
class GradientLine:
    """Gradient statistics of a loss: how many samples have a zero or a non-finite gradient, and quantiles of the norms.

    The gradients are those that --gradients writes; the norm is Euclidean, over all of a sample's predictions.
    """

    n: int
    zero: int
    nonfinite: int
    min: float | None
    p05: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None
    max: float | None

    @property
    def zero_share(self) -> float:
        return self.zero / self.n if self.n else 0.0

    @property
    def nonfinite_share(self) -> float:
        return self.nonfinite / self.n if self.n else 0.0


@dataclass(frozen=True)
class Line:
    """One loss: its headline value and the distribution of the samples' losses.

    n counts samples that were evaluated with a weight above zero; mean, std, min, p50, p95 and max are of the samples'
    losses (weighted by sample weights where they are means), None where the loss has no value per sample.
    """

    id: str
    recipe: str
    signature: str
    direction: str
    reduction: str
    value: float
    n: int
    mean: float | None
    sum: float | None
    std: float | None
    min: float | None
    p50: float | None
    p95: float | None
    max: float | None
    nonfinite: int
    terms: tuple[TermLine, ...] = ()
    gradient: GradientLine | None = None
    """None without --grad-stats, or where the loss has no useful gradient."""
    ci: Found | None = None
    """The interval of the value, or why there is none; None where none was asked for."""
    p50_ci: Found | None = None
    p95_ci: Found | None = None
    histogram: Histogram | None = None
    """Of the samples' finite losses, whatever their weights; None without any. Groups have the edges of the loss over all samples,
    where these span their losses."""
    against: Against | None = None
    """The comparison with the baseline; None without one."""
    typed: str = field(default="", compare=False)
    """The loss as the user typed it, for tables; the id where empty."""

    @property
    def label(self) -> str:
        return self.typed or self.id

    @property
    def low(self) -> float | None:
        """The lower end of the interval of the value."""
        return self.ci.low if isinstance(self.ci, Interval) else None

    @property
    def high(self) -> float | None:
        """The upper end of the interval of the value."""
        return self.ci.high if isinstance(self.ci, Interval) else None

    def statistic(self, name: str) -> float | None:
        """A statistic as gates name it; None where there is none."""
        found: float | None = getattr(self.against, name, None) if name in AGAINST else getattr(self, name, None)
        return found


@dataclass(frozen=True)
class Group:
    """The samples that share the values of the --by columns (as text); n of them were evaluated. A loss that leaves out all of
    them has n = 0 and the value NaN."""

    by: Mapping[str, str]
    n: int
    losses: tuple[Line, ...]
    calibration: Calibration | None = None

    def line(self, name: str) -> Line:
        """The loss of that id or recipe, or of that name where only one has it. Raises KeyError."""
        return line_of(self.losses, name)


def group_words(by: Mapping[str, str]) -> str:
    """`site=a, sex=1`."""
    return ", ".join(f"{visible(name)}={visible(value)}" for name, value in by.items())


def line_of(losses: Sequence[Line], name: str) -> Line:
    """The line of that id or recipe, of what the user typed, or of that loss where only one line is of it.

    Raises KeyError with the ids there are.
    """
    for found in (
        [x for x in losses if x.id == name],
        [x for x in losses if name in (x.recipe, x.label)],
        [x for x in losses if name in (x.recipe.partition(":")[0], x.label.partition(":")[0])],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise KeyError(f"several losses are named {name!r}: {', '.join(x.id for x in found)}")
    raise KeyError(f"no loss {name!r}; the report has {', '.join(x.id for x in losses)}")


@dataclass(frozen=True)
class InputLine:
    """One input file, by the path that the user gave; sha256 is empty where no report shows it."""

    path: str
    format: str
    rows: int
    sha256: str
    roles: Mapping[str, tuple[str, ...]]
    left_out: tuple[tuple[str, str], ...] = ()
    """The columns that fill no role, and why."""
    one_hot: bool = False
    """Whether its labels are one-hot rows or masks."""


@dataclass(frozen=True)
class Alignment:
    """How the rows of the two sides were paired, and how many were left out."""

    pairing: str
    key: tuple[str, ...]
    pred_rows: int
    target_rows: int
    matched: int
    pred_only: int
    target_only: int
    dropped: int
    evaluated: int
    filter: tuple[str, ...] = ()
    """The conditions of --filter; empty without."""
    filtered: int = 0
    """The pairs that do not satisfy them."""
    agrees: str = ""
    """The column that agrees with pairing by position, if there is one."""

    @property
    def targets(self) -> int:
        """The targets that have a prediction."""
        return self.target_rows - self.target_only

    @property
    def coverage(self) -> float:
        """Evaluated samples as a share of the targets; where several share a target, the share of targets that have one. Those that
        --filter leaves out count as evaluated."""
        evaluated = self.evaluated + self.filtered
        found = min(evaluated, self.targets) if self.matched > self.targets else evaluated
        return found / self.target_rows if self.target_rows else 0.0


@dataclass(frozen=True)
class Worst:
    """One of the samples with the highest loss; rows count data rows from 1."""

    loss: str
    rank: int
    value: float
    key: Mapping[str, str]
    pred_row: int | None
    target_row: int | None
    """None for an unmatched box of the other side, or where there is one file."""
    by: Mapping[str, str] = field(default_factory=dict)
    """The group that it is one of the worst of; empty for all samples."""
    where: Mapping[str, Where] = field(default_factory=dict)
    """By side, what the row does not say: the file of a side of several, the line, or the entry of a file without rows."""
    terms: tuple[TermLine, ...] = ()
    """The terms of its loss, under --terms and of a recipe with several."""
    sample: int | None = field(default=None, compare=False)
    """Its number among the pairs of the run, from 0; None in a saved report."""


@dataclass(frozen=True)
class Samples:
    """A file of --per-sample, by its path from the report that names it."""

    path: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Shard:
    """One of the reports that a report was merged from: its path, and the path, digest and rows of its files.

    files: by `pred` and, where it has them, `target` and `baseline`.
    """

    report: str
    files: Mapping[str, tuple[str, str, int]]


@dataclass(frozen=True)
class Baseline:
    """What the losses are compared with: a file of predictions, of samples, or a report. paired: by what the two were paired."""

    path: str
    kind: str
    rows: int
    sha256: str
    paired: str = "target row"


@dataclass(frozen=True)
class Warned:
    """A warning or a note."""

    code: str
    message: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything that renderers, gates and programs read of a run."""

    family: str
    sample: str
    """What one evaluated sample is, with its article."""
    inputs: Mapping[str, InputLine]
    alignment: Alignment
    losses: tuple[Line, ...]
    worst: tuple[Worst, ...] = ()
    gates: tuple[Verdict, ...] = ()
    warnings: tuple[Warned, ...] = ()
    groups: tuple[Group, ...] = ()
    boxes: Boxes | None = None
    """What became of the boxes under --match."""
    version: str = __version__
    best: tuple[Worst, ...] = ()
    """The samples with the lowest losses."""
    baseline: Baseline | None = None
    """What the losses are compared with."""
    samples: Samples | None = None
    """The file with the losses of the samples, where one was written."""
    check: str = ""
    """The name of the check, where it has one."""
    options: Mapping[str, Any] | None = None
    """What was asked for, by the keys of a configuration file; None of data in memory."""
    calibration: Calibration | None = None
    """How far the scores are from what occurred; None without --calibration."""
    budget: Budget | None = None
    """Where the losses spend themselves; None without --budget."""
    shards: tuple[Shard, ...] = ()
    """The reports that it was merged from, in their order."""
    state: Mapping[str, Any] | None = None
    """The exact sums as plain data; None where they were not asked for."""
    plots: tuple[Plot, ...] = ()
    """What the plots that were asked for are drawn from."""

    @property
    def verdict(self) -> str:
        """fail, warn, pass, or none where no gate was given; what an inconclusive gate counts as."""
        found = {g.counts for g in self.gates}
        return next((v for v in ("fail", "warn", "pass") if v in found), "none")

    def line(self, name: str) -> Line:
        """The loss of that id or recipe, or of that name where only one has it. Raises KeyError."""
        return line_of(self.losses, name)

    def group(self, by: Mapping[str, str]) -> Group | None:
        """The group of exactly these values."""
        return next((g for g in self.groups if dict(g.by) == dict(by)), None)
