"""The report of all rows from reports of parts of them, which carry their sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, fields, replace
from losscli.engine.distribution import Worst as Extremes
from losscli.engine.evaluate import Evaluation
from losscli.engine.groups import ordered
from losscli.engine.tally import GroupKey
from losscli.reading.column_facts import DISTINCT
from losscli.report.boxes import Boxes
from losscli.report.comparisons import Evaluated, compared
from losscli.report.extremes import group_words
from losscli.report.model import Alignment, Baseline, InputLine, Report, Shard, Warned, Worst
from losscli.report.plot_counts import plot_of
from losscli.report.state.joined import places
from losscli.report.state.moved import Place
from losscli.report.state.sums import State, SumsState, concluded, plan_of
from losscli.report.summarise import budget_in, calibration_in, groups_of, line_from
from losscli.report.warned import conclusions, warned
from losscli.sources.files.digest import digest_of
from losscli.spec.family import Family
from losscli.spec.matching import Counts

BASELINE = "baseline"
_SHOWN = 3
"""The most paths in a name of several files."""


@dataclass(frozen=True)
class Part:
    """A report of some of the rows, its path, and its state."""

    path: str
    report: Report
    state: State

    @property
    def shards(self) -> tuple[Shard, ...]:
        """The reports that it was merged from, or itself."""
        files = {side: (x.path, x.sha256, x.rows) for side, x in self.report.inputs.items()}
        if (base := self.report.baseline) is not None:
            files[BASELINE] = (base.path, base.sha256, base.rows)
        return self.report.shards or (Shard(self.path, files),)


def merged(parts: Sequence[Part], state: State, family: Family) -> Report:
    """The report of the joined state, gates not yet judged."""
    first = parts[0].report
    outcome = _evaluation(state.sums, family, state)
    signed = {x.id: x.signature for x in first.losses}
    lines = tuple(line_from(outcome, r, state.reduction, signed[r.id], state.asked) for r in outcome.plan.recipes)
    groups = groups_of(outcome, state.facts, lines, state.asked)
    notes = [Warned(code, message) for code, message in state.notes]
    warnings = dict.fromkeys([*notes, *conclusions(outcome), *warned(outcome, state.facts, lines, groups, state.asked)])
    found = _Extremes.of(parts, outcome, state, family)
    report = Report(
        family.name,
        first.sample,
        {side: _input(parts, side) for side in first.inputs},
        _alignment([x.report.alignment for x in parts]),
        lines,
        tuple(found.listed(best=False)),
        (),
        tuple(w for w in warnings if w.code not in state.allowed),
        groups,
        _boxes(parts),
        best=tuple(found.listed(best=True)),
        calibration=calibration_in(outcome, state.asked),
        budget=budget_in(outcome, state.facts),
        check=first.check if len({x.report.check for x in parts}) == 1 else "",
        shards=tuple(shard for x in parts for shard in x.shards),
    )
    report = with_plots(report, parts, outcome)
    return report if state.baseline is None else _compared(parts, report, outcome, state, family)


def with_plots(report: Report, parts: Sequence[Part], outcome: Evaluation) -> Report:
    """The report with the plots that all parts have, and a note of each that some lack."""
    had = {x.path: {plot.kind for plot in x.report.plots} for x in parts}
    kinds = dict.fromkeys(plot.kind for x in parts for plot in x.report.plots)
    lack = {kind: [path for path, theirs in had.items() if kind not in theirs] for kind in kinds}
    texts = [f"the plot {kind} is left out: {visible(paths[0])} does not have it" for kind, paths in lack.items() if paths]
    plots = tuple(plot_of(kind, outcome, report) for kind, paths in lack.items() if not paths)
    return replace(report, plots=plots, warnings=(*report.warnings, *(Warned("reading", text) for text in texts)))


def _evaluation(sums: SumsState, family: Family, state: State) -> Evaluation:
    return concluded(plan_of(sums.plan, family), sums.tally, bool(state.facts.by))


def _compared(parts: Sequence[Part], report: Report, outcome: Evaluation, state: State, family: Family) -> Report:
    """The report with the comparison of every loss and group with the baseline's."""
    assert state.baseline is not None
    base = _evaluation(state.baseline.sums, family, state)
    lines = tuple(line_from(base, r, state.reduction, "", None) for r in base.plan.recipes)
    theirs = replace(report, losses=lines, groups=groups_of(base, state.facts, lines, None))
    by = state.facts.by
    done = compared(Evaluated(outcome, by, report), Evaluated(base, by, theirs), state.baseline.tested)
    first = next(x.report.baseline for x in parts if x.report.baseline is not None)
    path, digest, rows = _together(parts, BASELINE)
    return replace(done, baseline=Baseline(path, first.kind, rows, digest, first.paired))


def named(paths: Sequence[str]) -> str:
    """What several files are called together."""
    if len(paths) <= _SHOWN:
        return ", ".join(paths)
    return f"{paths[0]}, …, {paths[-1]} ({len(paths):,} files)"


def _input(parts: Sequence[Part], side: str) -> InputLine:
    """The files of a side as one input."""
    path, digest, rows = _together(parts, side)
    every = [x.report.inputs[side] for x in parts]
    left: dict[str, str] = {}
    for column, why in (x for line in every for x in line.left_out):
        left[column] = why if left.get(column, DISTINCT) == DISTINCT else left[column]
    return replace(
        every[0], path=path, rows=rows, sha256=digest, left_out=tuple(left.items()), one_hot=any(x.one_hot for x in every)
    )


def _together(parts: Sequence[Part], side: str) -> tuple[str, str, int]:
    """The name, the digest and the rows of the files of a side, as of one input."""
    paths, digests, rows = zip(*(shard.files[side] for x in parts for shard in x.shards), strict=True)
    return named(paths), digests[0] if len(digests) == 1 else digest_of(digests), sum(rows)


def _alignment(every: Sequence[Alignment]) -> Alignment:
    counts = [f.name for f in fields(Alignment) if isinstance(getattr(every[0], f.name), int)]
    agrees = every[0].agrees if len({x.agrees for x in every}) == 1 else ""
    return replace(every[0], agrees=agrees, **{name: sum(getattr(x, name) for x in every) for name in counts})


def _boxes(parts: Sequence[Part]) -> Boxes | None:
    """What became of the boxes of all parts. Raises DataError for an image that is in two of them."""
    every = [(x.path, x.report.boxes) for x in parts if x.report.boxes is not None]
    if not every:
        return None
    seen: dict[str, str] = {}
    for path, boxes in every:
        for image in boxes.by.get("image_id", {}):
            if image in seen:
                what = f"image {visible(image)} is also in {visible(seen[image])}: its boxes were matched apart"
                raise DataError(what, Where(path), "evaluate all boxes of an image in one part")
            seen[image] = path
    first = every[0][1]
    by = {key: _added([boxes.by.get(key, {}) for _, boxes in every]) for key in first.by}
    return replace(first, total=_counts([x.total for _, x in every]), by=by, penalized=sum(x.penalized for _, x in every))


def _added(every: Sequence[Mapping[str, Counts]]) -> dict[str, Counts]:
    words = dict.fromkeys(word for found in every for word in found)
    return {word: _counts([found[word] for found in every if word in found]) for word in words}


def _counts(every: Sequence[Counts]) -> Counts:
    return Counts(*(sum(getattr(x, f.name) for x in every) for f in fields(Counts)))


@dataclass(frozen=True)
class _Extremes:
    """The listed samples of all parts, by list, loss, group and number among all samples."""

    outcome: Evaluation
    state: State
    known: Mapping[tuple[bool, str, tuple[str, ...], int], Worst]

    @classmethod
    def of(cls, parts: Sequence[Part], outcome: Evaluation, state: State, family: Family) -> _Extremes:
        known = {}
        for part, place in zip(parts, places([x.state.sides for x in parts]), strict=True):
            mine = _evaluation(part.state.sums, family, part.state)
            for best in (False, True):
                entries = iter(part.report.best if best else part.report.worst)
                for loss, _, key, rows in _lists(mine, state, best):
                    for value, number in rows:
                        entry = next(entries, None)
                        if entry is None or entry.loss != loss or not (entry.value == value or entry.value != entry.value):
                            raise DataError("its lists of samples are not those of its state", Where(part.path))
                        known[best, loss, key, place.sample(number)] = _placed(entry, place)
        return cls(outcome, state, known)

    def listed(self, best: bool) -> Iterator[Worst]:
        """The worst samples of all, or the best, and then of each group."""
        for loss, by, key, rows in _lists(self.outcome, self.state, best):
            for rank, (value, number) in enumerate(rows, 1):
                yield replace(self.known[best, loss, key, number], rank=rank, value=value, by=by)


Ranked = tuple[str, dict[str, str], GroupKey, Extremes]


def _lists(outcome: Evaluation, state: State, best: bool) -> Iterator[Ranked]:
    """The loss, the group and the samples of each list, in the order of a report."""
    parts: list[tuple[GroupKey, Evaluation]] = [
        ((), outcome),
        *((key, outcome.groups[key]) for key in ordered(list(outcome.groups), state.facts.by)),
    ]
    for key, found in parts:
        by = group_words(outcome, state.facts.by, key) if key else {}
        for recipe in found.plan.recipes:
            spread = found.tally.distributions.get(recipe.id)
            if spread is not None:
                yield recipe.id, by, key, spread.best if best else spread.worst


def _placed(entry: Worst, place: Place) -> Worst:
    """An entry with its rows among those of all parts."""
    pred = None if entry.pred_row is None else entry.pred_row + place.before.pred
    target = None if entry.target_row is None else entry.target_row + place.before.target
    return replace(entry, pred_row=pred, target_row=target)
