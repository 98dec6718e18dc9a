"""What a baseline is: other predictions, the losses of single samples that --per-sample wrote, or a report."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from losscli import sources
from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted
from losscli.numerics.stable import Floats, Words
from losscli.numerics.statistics.spread import Spread
from losscli.output.batch import PLACES
from losscli.report.model import PREDICTIONS as PREDICTIONS
from losscli.report.model import REPORT as REPORT
from losscli.report.model import SAMPLES as SAMPLES
from losscli.run.packed_reports import decompressed_head, is_a_report
from losscli.run.sample_file import sample_file
from losscli.sources.files.compression import recognised
from losscli.sources.files.digest import of_blocks

_HEAD, _SPAN = 1 << 12, 1 << 20


def kind_of(given: object) -> str:
    """What a baseline is, by its first bytes."""
    if not isinstance(given, str) or not os.path.isfile(given):
        return PREDICTIONS
    with open_noted(given) as file:
        head = file.read(_HEAD)
    packed = recognised(head) is not None
    if is_a_report(decompressed_head(given, head) if packed else head):
        return REPORT
    if given.lower().endswith(".parquet") or packed:
        return SAMPLES if set(PLACES) <= set(sources.open_source(given).names) else PREDICTIONS
    first = head.split(b"\n")[0].decode("utf-8-sig", "replace").strip()
    if first.startswith("{"):
        return SAMPLES if all(f'"{name}":' in first for name in (*PLACES, "losses")) else PREDICTIONS
    return SAMPLES if set(PLACES) <= {name.strip('"') for name in first.replace("\t", ",").split(",")} else PREDICTIONS


@dataclass(frozen=True)
class SampleLosses:
    """The losses of samples by loss, and the target of each sample, in ascending order, counted from 0."""

    path: str
    targets: Words
    losses: dict[str, Floats]


def sample_losses(path: str, ids: tuple[str, ...]) -> SampleLosses:
    """The losses of a file of --per-sample. Raises DataError where it lacks one, or has a target twice."""
    file = sample_file(path)
    return SampleLosses(path, file.targets, {id: file.losses(id) for id in ids})


def samples_of(report: dict[str, Any], path: str) -> tuple[str, str]:
    """The file of samples that a report names, and its digest. Raises DataError where it names none."""
    named = report.get("samples")
    if not named:
        fix = "write the report together with --per-sample FILE, or compare without pairs: --unpaired"
        raise DataError("the report names no samples, so that nothing can be paired", Where(path), fix)
    return os.path.normpath(os.path.join(os.path.dirname(path), named["path"])), named["sha256"]


def spread_of_line(line: dict[str, Any]) -> Spread | None:
    """What a line of a report says of its mean; None of a value that is not a mean of samples."""
    n, std, value = line.get("n"), line.get("std"), line.get("value")
    if not n or n < 2 or std is None or value is None or value != line.get("mean"):
        return None
    return Spread(n, value, std * (n / (n - 1)) ** 0.5, 0.0)


def file_digest(path: str, *, written: bool = False) -> str:
    """The digest of a file; written: by this run, which does not read it. Raises DataError where it cannot be read."""
    try:
        with open(path, "rb") if written else open_noted(path) as file:
            return of_blocks(iter(partial(file.read, _SPAN), b""))
    except OSError as e:
        raise DataError(f"cannot be read: {e.strerror or e}", Where(path), "write the report and its samples again") from None
