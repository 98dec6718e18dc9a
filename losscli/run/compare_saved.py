"""Compares models by what earlier runs wrote: reports that name the losses of their samples, or these files. Evaluates nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import isfinite, nan

import numpy as np

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.core.records import dataclass, replace
from losscli.engine.units import number_of
from losscli.numerics.stable import Array, Floats, Ints, Words
from losscli.numerics.statistics.interval import Interval
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.output.spreadsheet import safe
from losscli.report.comparisons import Side, Tested
from losscli.report.contenders import line_of, refuse_other_samples, refuse_other_signatures
from losscli.report.model import REPORT, SAMPLES, Line, Report, Warned
from losscli.report.ranking import Address, By, Contender, Model, Ranking, Target, ranking
from losscli.run.baseline_files import file_digest, kind_of
from losscli.run.common_targets import paired_targets
from losscli.run.model_names import named
from losscli.run.report_files import saved
from losscli.run.sample_file import SampleFile, sample_file
from losscli.run.spelled_again import compare_again, evaluate_again
from losscli.spec.names import FAMILIES

PREDICTIONS_FIX = "to compare predictions, name their family first: losscli compare FAMILY PRED… TARGET --loss …"


@dataclass(frozen=True)
class SavedModel:
    """One file of an earlier run: the samples, and the report that names them, where there is one."""

    model: Model
    file: SampleFile
    report: Report | None

    @property
    def names(self) -> dict[str, str]:
        """The losses by id, with the name of each loss."""
        if self.report is None:
            return {id: id.partition(":")[0] for id in self.file.ids}
        return {x.id: x.recipe.partition(":")[0] for x in self.report.losses}


@dataclass(frozen=True)
class SavedAsked:
    """How files of earlier runs are compared. level: of the intervals, None for none; unit: the column of the samples whose values
    are the units, empty for that of the reports."""

    how: Tested
    level: float | None
    unit: str | None = None
    allowed: bool = False
    hashed: bool = False


def compared_saved(paths: Sequence[str], asked: SavedAsked) -> Ranking:
    """The models of these reports and files of samples. Raises DataError where they cannot be paired."""
    with np.errstate(all="ignore"):
        return _compared([_opened(path, name, asked.hashed) for path, name in named(paths)], asked)


def _compared(found: Sequence[SavedModel], asked: SavedAsked) -> Ranking:
    _refuse_families(found)
    ids, left_out = _same_losses(found)
    targets, by_keys, doubts = paired_targets([(x.model.path, x.file, x.report) for x in found], asked.allowed)
    unit = _unit(found, asked.unit)
    contenders, notes = [], []
    for x, mine, rows in zip(found, ids, targets, strict=True):
        made, said = _contender(x, mine, rows, unit, asked)
        contenders.append(made)
        notes += said
    warnings = [*left_out, *doubts, *dict.fromkeys(notes), *refuse_other_signatures(contenders, asked.allowed)]
    contenders_, more = refuse_other_samples(contenders, asked.allowed)
    reports = [x.report for x in found if x.report is not None]
    ranked = ranking(contenders_, asked.how)
    return replace(
        ranked,
        paired=f"unit {unit}" if unit else by_keys or found[0].file.placed.replace("_", " "),
        family=reports[0].family if reports else "",
        target=_target(reports),
        warnings=(*warnings, *more, *ranked.warnings),
    )


def _opened(path: str, name: str, hashed: bool) -> SavedModel:
    """A report with its samples, or a file of samples. Raises DataError for any other file."""
    if not os.path.isfile(path):
        what = "is a folder" if os.path.isdir(path) else "no such file"
        raise DataError(f"{what}{nearest(path, FAMILIES)}", Where(path), PREDICTIONS_FIX)
    kind, report = kind_of(path), None
    if kind not in (REPORT, SAMPLES):
        raise DataError("is neither a JSON report nor a file of --per-sample", Where(path), PREDICTIONS_FIX)
    samples = path
    if kind == REPORT:
        source = saved(path)
        report, samples = source.report, source.samples
        if report.samples is None:
            raise DataError("the report names no samples, so that nothing can be paired", Where(path), evaluate_again(report, path))
        if file_digest(samples) != report.samples.sha256:
            raise DataError("the samples have changed since the report was written", Where(samples), "write both again")
        if samples.lower().endswith(".npy"):
            raise DataError("samples in .npy do not name their targets", Where(samples), evaluate_again(report, path))
    file = sample_file(samples)
    rows = len(file.targets) if report is None else report.inputs["pred"].rows
    return SavedModel(Model(name, path, kind, rows, file_digest(path) if hashed else ""), file, report)


def _refuse_families(found: Sequence[SavedModel]) -> None:
    known = [(x.model.path, x.report.family) for x in found if x.report is not None]
    for path, family in known[1:]:
        if family != known[0][1]:
            what = f"is a report of {family}, and {visible(known[0][0])} one of {known[0][1]}"
            raise DataError(what, Where(path), "compare models of one family")


def _same_losses(found: Sequence[SavedModel]) -> tuple[list[dict[str, str]], list[Warned]]:
    """For each model the ids of its losses by those of the first model; and what is left out because some lack it.

    A loss is the same by its id, or by its name where every model has one other loss of that name. Raises DataError where no loss
    is common.
    """
    every = [x.names for x in found]
    if not every[0]:
        raise DataError("has no losses", Where(found[0].model.path), "write the samples again with --per-sample and a --loss")
    shared = [id for id in every[0] if all(id in names for names in every)]
    pairs = [{id: id for id in shared} for _ in every]
    rest = [{id: name for id, name in names.items() if id not in shared} for names in every]
    for id, name in rest[0].items():
        alike = [[x for x, y in names.items() if y == name] for names in rest]
        if all(len(x) == 1 for x in alike):
            for mine, (own,) in zip(pairs, alike, strict=True):
                mine[id] = own
    if not pairs[0]:
        i = next(i for i, names in enumerate(every) if not every[0].keys() & names.keys())
        own = f"losses of {_list(every[i])}" if every[i] else "no losses"
        what = f"has {own}, and {visible(found[0].model.path)} of {_list(every[0])}"
        raise DataError(what, Where(found[i].model.path), "evaluate the models with the same --loss")
    lost = list(dict.fromkeys(x for names, mine in zip(every, pairs, strict=True) for x in names if x not in mine.values()))
    said = [Warned("losses-left-out", f"not every model has {_list(lost)}: left out")] if lost else []
    return pairs, said


def _list(names: Mapping[str, str] | Sequence[str]) -> str:
    return visible(", ".join(names))


def _unit(found: Sequence[SavedModel], asked: str | None) -> str:
    """The column whose values are the units; empty where every sample is one. Raises DataError where a file lacks it, or reports
    differ in it."""
    if asked == "none":
        return ""
    name = asked or ""
    if asked is None:
        given = {_unit_of(x.report): x for x in found if x.report is not None}
        if len(given) > 1:
            (one, x), (other, y), *_ = given.items()
            what = f"has the units {visible(other or 'none')}, and {visible(x.model.path)} {visible(one or 'none')}"
            raise DataError(what, Where(y.model.path), "give the column of both with --unit COL, or --unit none")
        name = next(iter(given), "")
    for x in found if name else ():
        if not x.file.column(name):
            there = f"it has {_list(x.file.words)}" if x.file.words else "it has neither keys nor groups"
            raise DataError(f"no column {visible(name)!r} of units: {there}", Where(x.file.path), "give --unit COL, or --unit none")
    return name


def _unit_of(report: Report) -> str:
    found = (report.options or {}).get("unit", "")
    return "" if found == "none" else str(found)


def _contender(
    x: SavedModel, ids: Mapping[str, str], targets: Words, unit: str, asked: SavedAsked
) -> tuple[Contender, list[Warned]]:
    """A model with its losses by the ids of the first model."""
    units = _numbers(x.file.text(x.file.column(unit))) if unit else targets
    groups: dict[By, Ints | None] = {(): np.arange(len(targets))}
    if x.report is not None and x.report.groups:
        members = _members(x.file, tuple(x.report.groups[0].by))
        groups |= {tuple(g.by.items()): members.get(tuple(map(safe, g.by.values()))) for g in x.report.groups}
    losses, weights = {own: x.file.losses(own) for own in ids.values()}, x.file.weights()
    sides: dict[Address, Side] = {}
    for by, rows in groups.items():
        for id, own in ids.items():
            kept = None if rows is None else rows[~np.isnan(losses[own][rows]) & (weights[rows] > 0)]
            sides[by, id] = _side(
                _line(x.report, own, dict(by)), kept, losses[own], weights, units, asked, saved=x.report is not None
            )
            side = sides[by, id]
            if not by and x.report is not None and side.sums is None and isfinite(side.line.value):
                what = f"the value of {visible(own)} is not that of its samples, as with weights of classes"
                raise DataError(what, Where(x.model.path), compare_again(x.report))
    lost = any(side.sums is None and isfinite(side.line.value) for (by, _), side in sides.items() if by)
    said = "groups whose samples do not say that they belong to them are ranked, and not tested"
    matched = x.report is not None and x.report.boxes is not None
    return Contender(x.model, sides, matched), [Warned("groups-not-tested", said)] if lost else []


def _side(line: Line, kept: Ints | None, losses: Floats, weights: Floats, units: Words, asked: SavedAsked, *, saved: bool) -> Side:
    """A line with the totals of its samples; without them where they are not those of the line. saved: whether the line is of a
    report, whose numbers are kept."""
    if kept is None or not len(kept):
        return Side(line)
    w = weights[kept]
    sums = UnitTotals.of(units[kept], np.stack([w * losses[kept], w], 1))
    made = line_of(line, sums, asked.level)
    if not saved:
        return Side(replace(made, n=len(kept)), sums)
    if not _equal(made.value, line.value) or len(kept) != line.n:
        return Side(line)
    known = isinstance(line.ci, Interval) and line.ci.level == asked.level and asked.unit is None
    return Side(replace(line, ci=line.ci if known else made.ci), sums)


def _numbers(words: Array) -> Words:
    """The numbers of units, as an evaluation has them."""
    found, codes = np.unique(words.astype(str), return_inverse=True)
    return np.array([number_of(safe(word)) for word in found.tolist()], np.uint64)[codes]


def _members(file: SampleFile, names: tuple[str, ...]) -> dict[tuple[str, ...], Ints]:
    """The samples of each group by the words that name it; none where the file does not have the columns."""
    columns = [file.column(name) for name in names]
    if not all(columns):
        return {}
    words, codes = [], np.zeros(len(file.targets), np.int64)
    for column in columns:
        found, inverse = np.unique(file.text(column).astype(str), return_inverse=True)
        words.append([safe(x) for x in found.tolist()])
        codes = codes * len(found) + inverse
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    members: dict[tuple[str, ...], Ints] = {}
    for rows in np.split(order, starts[1:]) if len(order) else ():
        code, name = int(codes[rows[0]]), []
        for known in reversed(words):
            code, i = divmod(code, len(known))
            name.append(known[i])
        members[tuple(reversed(name))] = np.sort(rows)
    return members


def _line(report: Report | None, id: str, by: Mapping[str, str]) -> Line:
    """The line of a report, or one of a file of samples, whose losses are such that lower is better."""
    if report is None:
        return Line(id, id, "", "lower", "mean", nan, 0, None, None, None, None, None, None, None, 0)
    if not by:
        return next(x for x in report.losses if x.id == id)
    group = report.group(by)
    assert group is not None
    return next(x for x in group.losses if x.id == id)


def _equal(a: float, b: float) -> bool:
    """Whether two sums of the same numbers are equal but for their rounding."""
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _target(reports: Sequence[Report]) -> Target:
    """What the reports predict, where they have it in a file of its own."""
    found = {(x.path, x.sha256) for report in reports if (x := report.inputs.get("target")) is not None}
    return Target(*found.pop()) if len(found) == 1 else Target()
