"""Many models on the same targets: sorted, the best of each loss and group, and the models that are not worse by a paired test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, isnan

from losscli.core.records import dataclass, field, replace
from losscli.core.version import __version__
from losscli.numerics.statistics import multiple
from losscli.numerics.statistics.interval import LEVEL
from losscli.report.against import Against
from losscli.report.comparisons import Side, Tested, against, paired
from losscli.report.model import Line, Warned

By = tuple[tuple[str, str], ...]
"""The values that name a group; empty for all samples."""
Address = tuple[By, str]
"""A group, and the id of a loss."""

BEST, TIED, WORSE, UNTESTED = "best", "tied", "worse", "untested"
MARKS = (BEST, TIED, WORSE, UNTESTED)


@dataclass(frozen=True)
class Model:
    """What is compared: predictions, the losses of their samples, or a report that names these. rows: those of the predictions;
    sha256 is empty where no report shows it."""

    name: str
    path: str
    kind: str
    rows: int
    sha256: str = ""


@dataclass(frozen=True)
class Contender:
    """A model with its losses, of all samples and of each group. matched: whether its samples are boxes that were matched."""

    model: Model
    sides: Mapping[Address, Side]
    matched: bool = False


@dataclass(frozen=True)
class Standing:
    """A model's place for one loss. against: its difference from the best; None for the best itself, and where there is none."""

    model: str
    line: Line
    mark: str
    against: Against | None = None


@dataclass(frozen=True)
class Ranked:
    """The models for one loss, best first."""

    by: Mapping[str, str]
    standings: tuple[Standing, ...]

    @property
    def tied(self) -> tuple[str, ...]:
        """The names of the models that are tied with the best."""
        return self.marked(TIED)

    @property
    def line(self) -> Line:
        """The loss, with the numbers of the first model."""
        return self.standings[0].line

    @property
    def best(self) -> str:
        """The name of the best model; empty where none has a finite value."""
        return next(iter(self.marked(BEST)), "")

    def marked(self, mark: str) -> tuple[str, ...]:
        """The names of the models with this mark, best first."""
        return tuple(x.model for x in self.standings if x.mark == mark)


@dataclass(frozen=True)
class Target:
    """What the models predict: a file, or no file where the path is empty."""

    path: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Ranking:
    """Models compared. tests: how many comparisons p is adjusted for; paired: by what samples are paired."""

    models: tuple[Model, ...]
    losses: tuple[Ranked, ...]
    groups: tuple[Ranked, ...] = ()
    how: Tested = field(default_factory=Tested)
    tests: int = 0
    paired: str = "target row"
    family: str = ""
    target: Target = field(default_factory=Target)
    warnings: tuple[Warned, ...] = ()
    version: str = __version__

    @property
    def every(self) -> tuple[Ranked, ...]:
        """Of all samples, then of the groups."""
        return (*self.losses, *self.groups)


def level_of(ci: float | None) -> float:
    """The level of the tests, where --ci says that of the intervals."""
    return LEVEL if ci is None else ci


def ranking(contenders: Sequence[Contender], how: Tested) -> Ranking:
    """The models by loss and group, whatever their order."""
    found = [_ranked(address, contenders, how) for address in _addresses(contenders)]
    tested = [x.against.p for r in found for x in r.standings if x.against is not None and x.against.p is not None]
    known = {"holm": multiple.holm, "bh": multiple.benjamini_hochberg}
    adjusted = iter(known[how.adjust](tested) if how.adjust in known else tested)
    done = [_marked(r, adjusted, 1 - how.level, how.test) for r in found]
    whole, groups = tuple(r for r in done if not r.by), tuple(r for r in done if r.by)
    return Ranking(tuple(x.model for x in contenders), whole, groups, how, len(tested), warnings=_too_few(tested, how))


def _too_few(tested: Sequence[float], how: Tested) -> tuple[Warned, ...]:
    """A warning where so few flips cannot find any of so many models worse."""
    alpha, many = 1 - how.level, len(tested)
    if how.test != "signflip" or how.adjust != "holm" or many / (1 + how.flips) < alpha:
        return ()
    enough = next((n for n in (99_999, 999_999) if many / (1 + n) < alpha / 5), 1_000_000)
    what = f"{how.flips:,} sign flips cannot find a difference among {many:,} comparisons: every model is tied"
    return (Warned("flips-few", f"{what}; --resamples {enough} can, --adjust bh needs fewer"),)


def _addresses(contenders: Sequence[Contender]) -> list[Address]:
    """The losses of all samples, then group by group, as the first model that has them lists them; those of one model alone are not
    compared."""
    every = dict.fromkeys(address for x in contenders for address in x.sides)
    return [address for address in every if sum(address in x.sides for x in contenders) > 1]


def _ranked(address: Address, contenders: Sequence[Contender], how: Tested) -> Ranked:
    """The models with their differences from the best, p not yet adjusted. Models of equal values stay in their order."""
    sides = [(x.model.name, x.sides[address]) for x in contenders if address in x.sides]
    sides.sort(key=lambda found: _cost(found[1].line))
    name, best = sides[0]
    if not isfinite(best.line.value):
        return Ranked(dict(address[0]), tuple(Standing(n, side.line, UNTESTED) for n, side in sides))
    standings = [Standing(name, best.line, BEST)]
    for name, side in sides[1:]:
        standings.append(Standing(name, side.line, UNTESTED, against(paired(side, best), side.line, best.line, how)))
    return Ranked(dict(address[0]), tuple(standings))


def _cost(line: Line) -> tuple[bool, float]:
    """A number that is lower for better values; those that are not numbers come last."""
    return isnan(line.value), -line.value if line.direction == "higher" else line.value


def _marked(found: Ranked, adjusted: Iterator[float], alpha: float, test: str) -> Ranked:
    """The same with adjusted p, and whether each model is tied with the best: p is not below α, or it is identical to it."""
    standings = []
    for x in found.standings:
        if x.against is not None and x.against.p is not None:
            p = next(adjusted)
            x = replace(x, against=x.against.adjusted(p), mark=WORSE if p < alpha else TIED)
        elif x.against is not None and x.against.identical and test != "none":
            x = replace(x, mark=TIED)
        standings.append(x)
    return replace(found, standings=tuple(standings))
