"""Whether the samples of several files are of the same targets, and a number for each target that is the same in every file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.engine.units import number_of
from losscli.numerics.stable import Array, Words
from losscli.output.spreadsheet import safe
from losscli.report.contenders import ALLOW
from losscli.report.model import Report, Warned
from losscli.run.sample_file import SampleFile

Samples = tuple[str, SampleFile, Report | None]
"""The path of a model, its samples, and its report."""
_SHOWN = 12
"""Digits of a digest in messages."""


def paired_targets(models: Sequence[Samples], allowed: bool) -> tuple[list[Words], str, list[Warned]]:
    """The number of each sample's target; what they are paired by, where it is keys; and what is in doubt.

    Raises DataError for other targets, unless that is allowed and keys name them: rows of differing targets are never paired by
    their numbers.
    """
    differs = _difference(models)
    if differs is not None:
        if not allowed:
            raise differs
        keys = _unique_keys(models)
        if not keys:
            what = f"{differs.what}, and no key of the samples names each of them once in every file"
            raise DataError(what, differs.where, "evaluate the models against the same targets")
        column = visible(keys[0])
        said = [Warned("different-targets", f"{visible(models[0][0])} and others: paired by {column}, as their targets differ")]
        return [_hashed(file.text(file.column(keys[0]))) for _, file, _ in models], f"key {column}", said
    return [file.targets for _, file, _ in models], "", _doubts(models)


def _difference(models: Sequence[Samples]) -> DataError | None:
    """The first file whose targets are not those of the first one."""
    known = [(path, report) for path, _, report in models if report is not None]
    for path, report in known:
        if "target" not in report.inputs and report.family != "embed":
            what = "its targets are in the file of the predictions, so that nothing shows that others have the same"
            return DataError(what, Where(path), f"evaluate with TARGET as a file of its own, or pair by keys: {ALLOW}")
    for path, report in known[1:]:
        first = known[0][1].inputs.get("target")
        mine = report.inputs.get("target")
        if first is not None and mine is not None and first.sha256 != mine.sha256:
            what = f"is of other targets: sha256 {mine.sha256[:_SHOWN]}…, and {first.sha256[:_SHOWN]}… in {visible(known[0][0])}"
            return DataError(what, Where(path), f"evaluate both against the same targets, or pair by keys: {ALLOW}")
    path, first_file, _ = models[0]
    for other, file, its in models[1:]:
        if (its is None or models[0][2] is None) and (where := _disagreement(first_file, file)):
            what = f"is of other targets than {visible(path)}: {where}"
            return DataError(what, Where(other), f"evaluate both against the same targets, or pair by keys: {ALLOW}")
    return None


def _disagreement(one: SampleFile, other: SampleFile) -> str:
    """Where the words of two files differ at the same target; empty where one column agrees throughout, or they share none."""
    _, a, b = np.intersect1d(one.targets, other.targets, assume_unique=True, return_indices=True)
    found = ""
    for name in (x for x in one.words if x in other.words):
        mine, theirs = one.text(name)[a], other.text(name)[b]
        differ = [i for i in np.flatnonzero(mine != theirs).tolist() if safe(mine[i]) != safe(theirs[i])]
        if not differ:
            return ""
        i = differ[0]
        row = int(one.targets[a[i]]) + 1
        found = found or f"{visible(name)} of target row {row} is {visible(mine[i], 40)} there, {visible(theirs[i], 40)} here"
    return found


def _doubts(models: Sequence[Samples]) -> list[Warned]:
    """A warning where nothing shows that the targets are the same."""
    for path, file, report in models:
        named = report is not None or any(set(file.words) & set(other.words) for p, other, _ in models if p != path)
        if not named:
            what = f"{visible(path)} does not name its samples: they are paired by the row of the target, taken to be the same file"
            return [Warned("targets-not-named", what)]
    return []


def _unique_keys(models: Sequence[Samples]) -> list[str]:
    """The columns of words that name every sample once in each file: keys of the reports first."""
    keys = [name for _, _, report in models if report is not None for name in report.alignment.key]
    found = []
    for name in dict.fromkeys((*keys, *models[0][1].words)):
        columns = [(file, file.column(name)) for _, file, _ in models]
        if all(column and len(np.unique(file.text(column).astype(str))) == len(file.targets) for file, column in columns):
            found.append(name)
    return found


def _hashed(words: Array) -> Words:
    """64 bits of a hash of each word."""
    return np.array([number_of(safe(str(word))) for word in words.tolist()], np.uint64)
