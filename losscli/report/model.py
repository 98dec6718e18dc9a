"""The finished run as plain data, and its strict JSON. No clock, no rounding, no files."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.core.errors import Where
from losscli.core.json_numbers import number
from losscli.core.records import dataclass, field, fields
from losscli.core.version import __version__
from losscli.report.boxes import Boxes

SCHEMA = "losscli.report/1"

STATS = ("value", "mean", "sum", "std", "min", "p50", "p95", "max", "n", "nonfinite", "coverage")
"""The statistics of a loss that a gate may limit."""

NUMBERS = ("value", "n", "mean", "sum", "std", "min", "p50", "p95", "max", "nonfinite")
"""The numbers of a line, in the order of the report; None where the loss does not have one."""

COUNTS = ("n", "nonfinite")
"""Those of them that count samples."""

CLASS = "class"
"""The name of the classes among the values that name a group, with losses per class."""

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


NORMS = ("min", "p05", "p25", "p50", "p75", "p95", "max")
"""The quantiles of a gradient's norm, in the order of the report."""


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
    typed: str = field(default="", compare=False)
    """The loss as the user typed it, for tables; the id where empty."""

    @property
    def label(self) -> str:
        return self.typed or self.id


@dataclass(frozen=True)
class Group:
    """The samples that share the values of the --by columns (as text); n of them were evaluated. A loss that leaves out all of
    them has n = 0 and the value NaN."""

    by: Mapping[str, str]
    n: int
    losses: tuple[Line, ...]

    def line(self, name: str) -> Line:
        """The loss of that id or recipe, or of that name where only one has it. Raises KeyError."""
        return line_of(self.losses, name)


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


@dataclass(frozen=True)
class Verdict:
    """One comparison of a gate, with the verdict of the whole gate: pass, warn or fail."""

    expr: str
    level: str
    observed: float | None
    limit: float
    verdict: str
    joined: bool = False
    """Whether it belongs to the same gate as the verdict before it."""
    id: str = ""
    """The gate's name, where a configuration file gives it one."""
    where: Where | None = None
    """The gate's place in a configuration file."""


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
    agrees: str = ""
    """The column that agrees with pairing by position, if there is one."""
    version: str = __version__
    best: tuple[Worst, ...] = ()
    """The samples with the lowest losses."""

    @property
    def verdict(self) -> str:
        """fail, warn, pass, or none where no gate was given."""
        found = {g.verdict for g in self.gates}
        return next((v for v in ("fail", "warn", "pass") if v in found), "none")

    def line(self, name: str) -> Line:
        """The loss of that id or recipe, or of that name where only one has it. Raises KeyError."""
        return line_of(self.losses, name)

    def group(self, by: Mapping[str, str]) -> Group | None:
        """The group of exactly these values."""
        return next((g for g in self.groups if dict(g.by) == dict(by)), None)

    def as_dict(self) -> dict[str, Any]:
        """The report of the published schema, in its fixed key order."""
        return {
            "schema": SCHEMA,
            "tool": {"name": "losscli", "version": self.version},
            "family": self.family,
            "inputs": {side: _input(self.inputs[side]) if side in self.inputs else None for side in ("pred", "target")},
            "alignment": _alignment(self.alignment),
            **({} if self.boxes is None else {"matching": self.boxes.as_dict()}),
            "losses": [_line(x) for x in self.losses],
            "groups": [{"by": dict(g.by), "n": g.n, "losses": [_line(x) for x in g.losses]} for g in self.groups],
            "worst": [_worst(w) for w in self.worst],
            **({"best": [_worst(w) for w in self.best]} if self.best else {}),
            "baseline": None,
            "gates": [_gate(g) for g in self.gates],
            "verdict": self.verdict,
            "warnings": [{"code": w.code, "message": w.message, "rows": list(w.rows)} for w in self.warnings],
        }


def _plain(x: Any) -> dict[str, Any]:
    return {f.name: getattr(x, f.name) for f in fields(x)}


def _alignment(x: Alignment) -> dict[str, Any]:
    found = {**_plain(x), "key": list(x.key), "coverage": x.coverage}
    kept, filtered = found.pop("filter"), found.pop("filtered")
    return {**found, "filter": list(kept), "filtered": filtered} if kept else found


def _input(x: InputLine) -> dict[str, Any]:
    left = [{"column": column, "why": why} for column, why in x.left_out]
    found = {**_plain(x), "roles": {k: list(v) for k, v in x.roles.items()}, "left_out": left}
    del found["one_hot"]  # which a warning says
    return found


def _line(x: Line) -> dict[str, Any]:
    out: dict[str, Any] = {k: getattr(x, k) for k in ("id", "recipe", "signature", "direction", "reduction")}
    for key in NUMBERS:
        out |= number(key, getattr(x, key))
    out["terms"] = [{"name": t.name, "weight": t.weight, "recipe": t.recipe, **number("value", t.value)} for t in x.terms]
    out["ci"] = None
    if x.gradient is not None:
        out["gradient"] = _gradient(x.gradient)
    return out


def _gradient(x: GradientLine) -> dict[str, Any]:
    norm: dict[str, Any] = {}
    for key in NORMS:
        norm |= number(key, getattr(x, key))
    return {
        "n": x.n,
        "zero": x.zero,
        "zero_share": x.zero_share,
        "nonfinite": x.nonfinite,
        "nonfinite_share": x.nonfinite_share,
        "norm": norm,
    }


def _worst(x: Worst) -> dict[str, Any]:
    place: dict[str, Any] = {"key": dict(x.key), "pred_row": x.pred_row, "target_row": x.target_row}
    for side, where in x.where.items():
        found = {"file": where.path, "line": where.line, "entry": where.entry}
        place |= {f"{side}_{name}": fact for name, fact in found.items() if fact}
    by = {"by": dict(x.by)} if x.by else {}
    return {"loss": x.loss, **by, "rank": x.rank, **number("value", x.value), **place}


def _gate(x: Verdict) -> dict[str, Any]:
    named = {"id": x.id} if x.id else {}
    return {**named, "expr": x.expr, "level": x.level, **number("observed", x.observed), "limit": x.limit, "verdict": x.verdict}
