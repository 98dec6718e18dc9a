"""How to read and pair the files, as the user asked, and the result. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from losscli.core.records import dataclass, field, replace

if TYPE_CHECKING:
    from losscli.core.errors import UsageError
    from losscli.reading.aligned import Inputs
    from losscli.reading.described import Described
    from losscli.sources.base import Source
    from losscli.spec.family import Conventions
    from losscli.spec.matching import Matching
    from losscli.spec.slices import Bins, Condition


@dataclass(frozen=True)
class Implied:
    """The matching of files that are sets of boxes, where none was asked for. needed: the error where the files imply none, if an
    option or a gate needs one."""

    matching: Matching
    needed: UsageError | None = None


@dataclass(frozen=True)
class Forecasts:
    """What the losses read of several predictions per target. of: `levels` (quantiles), `members` (of an ensemble), `point` (one
    prediction), or `mixed`; empty where no loss is known. levels: those that a loss states. outside: the share of targets outside
    of the interval that a loss reads. loss: the name of one."""

    of: str = ""
    levels: tuple[float, ...] = ()
    outside: float | None = None
    loss: str = ""

    @property
    def several(self) -> bool:
        """Whether a loss reads more than one prediction."""
        return self.of in ("levels", "members", "mixed") or self.outside is not None


@dataclass(frozen=True)
class Reading:
    """How to read and pair the files, as the user requested."""

    keys: tuple[str, ...] = ()
    missing: str = "error"
    extra: str = "error"
    cols: tuple[str, ...] = ()
    weights: str | Source | None = None
    strict: bool = False
    allowed: frozenset[str] = frozenset()
    """The guards whose likely mistakes are meant."""
    models: tuple[str, ...] = ()
    """Columns of PRED that are each the predictions of a model."""
    matching: Matching | None = None
    implied: Implied | None = None
    """None where the user said how rows pair."""
    by: tuple[str, ...] = ()
    filters: tuple[Condition, ...] = ()
    """The conditions that every evaluated sample satisfies."""
    bins: tuple[Bins, ...] = ()
    """The bins that group the samples, after the columns of `by`."""
    unit: str = ""
    """The column whose values name the units of confidence intervals; empty where every sample is one, or nothing is known."""
    unit_given: bool = False
    """Whether the user said what the units are."""
    many: bool = False
    """Whether several predictions may have the key of one target."""
    key_stem: bool = False
    """Whether keys compare without folder and file suffix."""
    listed: str | Source | None = None
    """A list of pairs or triplets of the rows of PRED, by their ids."""
    gallery: str | Source | None = None
    """Vectors with labels, each of which is compared with every row of PRED."""
    forecasts: Forecasts = Forecasts()
    described: Mapping[str, Described] = field(default_factory=dict)
    """By side, what options say of the boxes of a table."""
    by_position: bool = False
    """Whether the user insists on pairing by position, whatever ids the files have."""

    @property
    def groups(self) -> tuple[str, ...]:
        """What names a group: the model, where there are several, the columns of --by, and the bins."""
        return (*(("model",) if self.models else ()), *self.by, *(b.column for b in self.bins))

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns that --by and --bins may name: `target.site` is `site` of TARGET. One of --filter keeps its role, as a filter
        changes nothing but which pairs are evaluated."""
        names = (*self.by, *(b.column for b in self.bins))
        return tuple(name for text in names for name in (text, text.removeprefix("pred.").removeprefix("target.")))

    @property
    def penalized(self) -> bool:
        """Whether unmatched boxes are samples, if boxes are matched."""
        matching = self.matching or (None if self.implied is None else self.implied.matching)
        return matching is not None and matching.unmatched != "ignore"

    def with_sigmas(self, sigmas: tuple[float, ...]) -> Reading:
        """The same, with these sigmas where sets of keypoints are matched."""
        matching = None if self.matching is None else replace(self.matching, sigmas=sigmas)
        implied = None if self.implied is None else replace(self.implied, matching=replace(self.implied.matching, sigmas=sigmas))
        return replace(self, matching=matching, implied=implied)

    def needing(self, error: UsageError) -> Reading:
        """The same, to be refused with this error where the files imply no matching."""
        if self.implied is None or self.implied.needed is not None:
            return self
        return replace(self, implied=replace(self.implied, needed=error))


@dataclass(frozen=True)
class Bindings:
    """The result of binding: the inputs, the conventions completed from column names, and notes for the user."""

    inputs: Inputs
    conventions: Conventions
    notes: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    """Likely mistakes of pairing, each with the code of its guard."""
