"""Evaluates what a saved report says again and compares, number by number. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import copysign
from typing import Any

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.report.dicts import report_dict
from losscli.report.model import Report
from losscli.report.render import strict_json
from losscli.report.render.words import count
from losscli.run.baseline_files import file_digest
from losscli.run.prepare import adopted, opened
from losscli.run.report_files import Saved
from losscli.run.request import Request
from losscli.run.run import run

_BESIDES = ("tool", "options", "samples")
"""The keys that no evaluation decides."""
_SHOWN = 12
"""Digits of a digest in messages."""


@dataclass(frozen=True)
class Verified:
    """What was found equal, in words, and what the comparison leaves out."""

    summary: str
    notes: tuple[str, ...]


def verified(found: Saved, request: Request, allow_code: bool) -> Verified:
    """Compare a report with the evaluation of its request. Raises DataError with the first place that differs."""
    if "-" in (request.pred, request.target):
        raise DataError("the report is of data from stdin", Where(found.name), "evaluate a file, with -o FILE.json")
    if request.loss_files and not allow_code:
        named = visible(", ".join(request.loss_files))
        raise UsageError(f"the report evaluates a loss of {named}, whose code would run", fix="add --allow-code if you trust it")
    _refuse_changed(found, request)
    now = run(replace(request, format="json")).report
    placed = [i for i, gate in enumerate(found.report.gates) if gate.where is not None]
    _refuse_different(found, now, len(placed))
    return Verified(_summary(now), tuple(_notes(found, now, len(placed))))


def _refuse_changed(found: Saved, request: Request) -> None:
    """Raise DataError where a file is not the one that the report is of."""
    adopted(request)
    files = opened(request)
    for side, source in (("pred", files.pred), ("target", files.target)):
        line = found.report.inputs.get(side)
        if source is None or line is None:
            continue
        if (mine := source.sha256()) != line.sha256:
            raise _changed(source.path, line.sha256, mine)
    samples = found.report.samples
    if samples is not None and (mine := file_digest(found.samples)) != samples.sha256:
        raise _changed(found.samples, samples.sha256, mine)


def _changed(path: str, before: str, now: str) -> DataError:
    what = f"has changed since the report was written: sha256 {now[:_SHOWN]}… instead of {before[:_SHOWN]}…"
    return DataError(what, Where(path), "restore the file, or write the report again")


def _refuse_different(found: Saved, now: Report, placed: int) -> None:
    """Raise DataError at the first place where the report differs from the evaluation."""
    theirs, mine = dict(found.data), json.loads(strict_json.dumps(report_dict(now)))
    for data in (theirs, mine):
        for key in _BESIDES:
            data.pop(key, None)
        if placed:
            del data["verdict"]
            data["gates"] = [x for x in data["gates"] if "file" not in x]
    place = next(_differences(theirs, mine, ""), None)
    if place is not None:
        version = found.report.version
        other = f" (the report is of losscli {visible(version)}, this is {now.version})" if version != now.version else ""
        fix = "the files are those of the report: it was edited, or made by other code or on another machine"
        raise DataError(f"{place}{other}", Where(found.name), fix)


def _differences(saved: Any, now: Any, at: str) -> Iterator[str]:
    """The places that differ, in the order of the saved report, each with both values."""
    if isinstance(saved, dict) and isinstance(now, dict):
        for key in (*saved, *(k for k in now if k not in saved)):
            below = f"{at}.{key}" if at else key
            if key not in saved or key not in now:
                yield f"{visible(below)}: is {'not in the report' if key not in saved else 'in the report alone'}"
            else:
                yield from _differences(saved[key], now[key], below)
    elif isinstance(saved, list) and isinstance(now, list):
        for i, (a, b) in enumerate(zip(saved, now, strict=False)):
            name = a.get("id", i) if isinstance(a, dict) else i
            yield from _differences(a, b, f"{at}[{name}]")
        if len(saved) != len(now):
            yield f"{visible(at)}: has {len(saved)} items in the report, and {len(now)} now"
    elif not _equal(saved, now):
        yield f"{visible(at)}: {_spelled(saved)} in the report, {_spelled(now)} now"


def _equal(a: Any, b: Any) -> bool:
    """Whether two plain values are equal, numbers to the bit."""
    numbers = [isinstance(x, (int, float)) and not isinstance(x, bool) for x in (a, b)]
    if all(numbers):
        return bool(a == b) and copysign(1, a) == copysign(1, b)
    return type(a) is type(b) and bool(a == b)


def _spelled(x: Any) -> str:
    return visible(json.dumps(x), 60)


def _summary(now: Report) -> str:
    counts = {"file": len(now.inputs), "sample": now.alignment.evaluated, "loss": len(now.losses), "group": len(now.groups)}
    return ", ".join(count(n, noun) for noun, n in counts.items() if n or noun != "group")


def _notes(found: Saved, now: Report, placed: int) -> Iterator[str]:
    if placed:
        yield f"{placed} comparisons of gates of {visible(found.report.gates[-1].where.path)} are not judged again"  # type: ignore[union-attr]
    if found.report.version != now.version:
        yield f"the report is of losscli {visible(found.report.version)}, this is {now.version}"
