"""An inspection as lines for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from losscli.core.errors import LosscliError, visible
from losscli.core.file_names import FILE_STEM
from losscli.report.render.wrap import wrap
from losscli.run.inspection import Inspection
from losscli.run.inspection.columns import MOST_WORDS, Column, File
from losscli.run.inspection.fits import Attempt
from losscli.run.inspection.pairs import Pairs
from losscli.sources.base import shape_words
from losscli.sources.missing import is_missing
from losscli.spec.guards import silenced

SHOWN = 6
"""The most losses of a family, classes and groups that are listed."""
_NUMBERED = re.compile(r"(.*?)_?(\d+)")
_COMMAND = "  losscli "


def text(found: Inspection, width: int | None, notes: bool = True) -> str:
    """The page, no line wider than the terminal except the command, which is kept on one line to be copied."""
    lines = [line for part in _parts(found, notes) for line in part]
    return "".join(f"{part}\n" for line in lines for part in ([line] if line.startswith(_COMMAND) else wrap(line, width)))


def _parts(found: Inspection, notes: bool) -> Iterator[list[str]]:
    for i, file in enumerate(found.files):
        yield [*([""] if i else []), *_file(file, {name: str(x) for name, x in found.readings[file.side].items()})]
    yield ["", "Pairing", *(f"  {line}" for line in pairing_lines(found.pairs))]
    yield ["", "Fits", *(line for a in sorted(found.attempts, key=lambda a: a.trial is None) for line in _fit(a))]
    trial = found.best.trial
    if trial is not None and trial.classes:
        yield ["", f"Classes  {_some([f'{visible(name, 30)}: {n}' for name, n in trial.classes.items()])}"]
    if trial is not None and trial.groups is not None:
        groups = [f"  {', '.join(map(visible, key))}: {n} pairs" for key, n in trial.groups.ordered.items()]
        more = [f"  … and {len(groups) - SHOWN} more"] if len(groups) > SHOWN else []
        yield ["", f"Groups by {', '.join(map(visible, trial.groups.columns))}", *groups[:SHOWN], *more]
    if trial is not None:
        dropped = [f"{trial.dropped} of {trial.ready.inputs.rows} pairs are left out by --nonfinite drop"] if trial.dropped else []
        shown = {f"{visible(file.path)}: {note}" for file in found.files for note in file.notes}
        if notes and (said := [*(note for note in found.notes if note not in shown), *dropped]):
            yield ["", "Notes", *(f"  {visible(note, 1000)}" for note in said)]
        if notes and found.warnings:
            yield ["", "Warnings", *(line for code, message in found.warnings for line in _warning(code, message))]
        yield ["", "Try", f"  {found.command}"]
    elif found.error is not None:
        yield ["", "Refused", f"  {found.command}"]


def _warning(code: str, message: str) -> list[str]:
    allow = silenced(code)
    return [f"  {visible(message, 1000)}", *([f"    {allow}"] if allow else [])]


def _file(file: File, readings: dict[str, str]) -> list[str]:
    count = len(file.columns)
    columns = f", {count} column{'' if count == 1 else 's'}" if file.table else ""
    rows = f"{file.rows} row{'' if file.rows == 1 else 's'}"
    headline = f"{file.side.upper():<6}  {visible(file.path)}: {file.format}, {rows}{columns}"
    return [headline, *(f"  {note}" for note in file.notes), *_aligned(list(_joined(file.columns, readings)))]


def _joined(columns: Sequence[Column], readings: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """(name, kind, contents, reading) per line; numbered columns (`e0`, `e1`, …) that are read alike share one."""
    i = 0
    while i < len(columns):
        run = columns[i : i + _run(columns, i, readings)]
        reading = readings.get(run[0].name, "")
        if len(run) > 2:
            name = f"{visible(run[0].name, 30)} … {visible(run[-1].name, 30)}"
            low, high = min(x.low for x in run), max(x.high for x in run)
            yield name, f"{len(run)} × number", f"{low:.6g} … {high:.6g}", reading
        else:
            for x in run:
                yield visible(x.name, 40) or "array", x.kind, _contents(x), readings.get(x.name, "")
        i += len(run)


def _run(columns: Sequence[Column], start: int, readings: dict[str, str]) -> int:
    """How many columns from here on are numbers that differ in a number at the end of their names only."""
    first = columns[start]
    stem = _NUMBERED.fullmatch(first.name)
    n = 0
    for x in columns[start:] if stem is not None else ():
        found = _NUMBERED.fullmatch(x.name)
        alike = found is not None and stem is not None and found[1] == stem[1] and readings.get(x.name) == readings.get(first.name)
        if not alike or x.text or x.stopped or x.missing or x.shape:
            break
        n += 1
    return max(n, 1)


def _contents(x: Column) -> str:
    if x.stopped:
        return x.stopped
    facts = []
    if x.text and x.words:
        words = [w for w in x.words if not (x.missing and is_missing(str(w)))]
        n = len(words)
        shown = ", ".join(visible(w, 20) for w in words[:3])
        facts.append(f"{shown}{' …' if n > 3 else ''} ({f'more than {MOST_WORDS}' if n > MOST_WORDS else n} different)")
    elif x.ranged:
        facts.append(f"{x.low:.6g} … {x.high:.6g}")
    if x.missing:
        facts.append(f"{x.missing} {'missing' if x.text else 'not finite'}, the first in row {x.first_missing}")
    if x.sums_to_one:
        facts.append("sums to 1 along axis 1")
    return ", ".join(facts)


def _aligned(lines: list[tuple[str, str, str, str]]) -> list[str]:
    wide = [max((len(line[i]) for line in lines), default=0) for i in (0, 1)]
    long = max((len(line[2]) for line in lines if len(line[2]) <= 60), default=0)
    return [f"  {a:<{wide[0]}}  {b:<{wide[1]}}  {c:<{long}}  {d}".rstrip() for a, b, c, d in lines]


def pairing_lines(pairs: Pairs) -> Iterator[str]:
    """How rows pair, a line for each fact."""
    if pairs.how == "file":
        yield "one file contains both sides: each row is a pair"
    elif pairs.how == "position":
        agrees = f" ({visible(pairs.agrees)} agrees)" if pairs.agrees else ""
        yield f"by position{agrees}: {pairs.matched} pairs"
    elif pairs.matching is not None and pairs.books is not None:
        books = pairs.books
        ignored = f", {books.ignored} ignored" if books.ignored else ""
        yield f"by {pairs.matching}: {pairs.matched} pairs, {books.missed} missed, {books.spurious} spurious{ignored}"
        for x in pairs.words:
            lone = (("PRED", x.pred_only, x.first_pred_only), ("TARGET", x.target_only, x.first_target_only))
            only = [f", {n} only in {side}: {_first(words, n)}" for side, n, words in lone if n]
            yield f"{visible(x.column, 40)}: {x.both} in common{''.join(only)}"
    elif pairs.how == "list":
        yield f"by the ids {_names(pairs)} of the list: {pairs.matched} of {pairs.target_rows}"
    elif pairs.how == "gallery":
        yield f"every row of PRED with every row of the gallery: {pairs.matched}"
    elif pairs.how == "key":
        left = f", {pairs.pred_only} predictions and {pairs.target_only} targets left out"
        by = "file name" if pairs.key == (FILE_STEM,) else f"key {_names(pairs)}"
        yield f"by {by}: {pairs.matched} pairs{left if pairs.pred_only or pairs.target_only else ''}"
    elif pairs.matched is not None:
        common = f"{pairs.matched} names of files" if pairs.key == (FILE_STEM,) else f"{_names(pairs)} has {pairs.matched} keys"
        yield f"{common} in common, {pairs.pred_only} only in PRED, {pairs.target_only} only in TARGET"
    else:
        yield "rows do not pair" if pairs.target_rows is not None else "one file"
    if pairs.filter and pairs.matched is not None:
        kept = f"{pairs.matched - pairs.filtered} of {pairs.matched} pairs"
        yield f"filtered by {' and '.join(map(visible, pairs.filter))}: {kept}"
    for side, first, count in (
        ("PRED", pairs.first_pred_only, pairs.pred_only),
        ("TARGET", pairs.first_target_only, pairs.target_only),
    ):
        if first and count:
            yield f"only in {side}: {_first(first, count)}"


def _first(words: Sequence[str], count: int) -> str:
    return f"{', '.join(visible(word, 40) for word in words)}{' …' if count > len(words) else ''}"


def _names(pairs: Pairs) -> str:
    return ", ".join(map(visible, pairs.key))


def _fit(attempt: Attempt) -> list[str]:
    name = attempt.family.name
    if attempt.trial is None:
        assert attempt.error is not None
        return [f"  {name}: no, {_reason(attempt.error)}"]
    names = attempt.losses
    more = f" … and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    switches = "".join(f" with --{s.replace('_', '-')}" for s in attempt.candidate.switches)
    return [f"  {name}{switches}: {', '.join(names[:SHOWN])}{more}", f"    {_filled(attempt)}"]


def _reason(error: LosscliError) -> str:
    return visible(error.what, 200)


def _filled(attempt: Attempt) -> str:
    assert attempt.trial is not None
    parts = []
    for f in attempt.trial.filled:
        shape = " × ".join(shape_words(f.field))
        parts.append(
            f"{'TARGET' if f.side == 'target' else 'PRED'} {attempt.family.role(f.role).key}{_columns(f.field.names)} ({shape})"
        )
    return "; ".join(parts)


def _columns(names: Sequence[str]) -> str:
    shown = [visible(n, 30) for n in names if n]
    return " = " + (", ".join(shown) if len(shown) <= 6 else f"{shown[0]} … {shown[-1]}") if shown else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" … and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
